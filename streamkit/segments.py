"""The parts of a pipeline around async stages: async generators, each closes what it reads from."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from functools import partial
from typing import Any, cast

from streamkit.events import Event
from streamkit.pipeline import AsyncStage, Pipeline
from streamkit.reading import Reader

__all__ = ["chain_of", "given_out"]


def given_out(segment: Pipeline[Any, Event], call: Callable[[], list[Event]]) -> Iterator[Event]:
    """What a call of `feed` or `close` gives; where a stage failed, what had come out, then what it raised."""
    try:
        out = call()
    except Exception:
        yield from segment.rescued
        raise
    yield from out


def chain_of(
    ahead: Sequence[Pipeline[Any, Any] | AsyncStage], reader: Reader, stopped: Callable[[Exception], bool]
) -> AsyncGenerator[Event, None]:
    """Every segment but the last, as one chain of async generators; `stopped` is asked about what reading raised."""
    first, *others = ahead
    chain = _first(cast("Pipeline[Any, Event]", first), reader, stopped)
    for segment in others:
        if isinstance(segment, Pipeline):
            chain = _segment_of(cast("Pipeline[Any, Event]", segment), chain)
        else:
            chain = _owned(segment, chain)
    return chain


async def _first(
    segment: Pipeline[Any, Event], reader: Reader, stopped: Callable[[Exception], bool]
) -> AsyncGenerator[Event, None]:
    """The push stages that bytes are fed to."""
    while segment.halted is None:
        try:
            chunk = await reader.read()
        except StopAsyncIteration:
            break
        except Exception as cause:
            if not stopped(cause):
                raise
            break
        for event in given_out(segment, partial(reader.feed, chunk)):
            yield event
    for event in given_out(segment, segment.close):
        yield event


async def _segment_of(segment: Pipeline[Any, Event], upstream: AsyncIterator[Event]) -> AsyncGenerator[Event, None]:
    """Push stages behind an async stage; flushed where that one ends."""
    try:
        async for event in upstream:
            for out in given_out(segment, partial(segment.feed, event)):
                yield out
        for out in given_out(segment, segment.close):
            yield out
    finally:
        await _close(upstream)


async def _owned(stage: AsyncStage, upstream: AsyncIterator[Event]) -> AsyncGenerator[Event, None]:
    """A user's generator, closed together with what it reads from."""
    stream = stage(upstream)
    try:
        async for event in stream:
            yield event
    finally:
        try:
            await _close(stream)
        finally:
            await _close(upstream)


async def _close(stream: AsyncIterator[Event]) -> None:
    if isinstance(stream, AsyncGenerator):
        await stream.aclose()
