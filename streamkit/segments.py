"""The parts of a pipeline around async stages: async generators, each closes what it reads from."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

from streamkit.events import Event
from streamkit.pipeline import AsyncStage, Pipeline

__all__ = ["given_out", "owned", "segment_of"]


def given_out(segment: Pipeline[Any, Event], call: Callable[[], list[Event]]) -> Iterator[Event]:
    """What a call of `feed` or `close` gives; where a stage failed, what had come out, then what it raised."""
    try:
        out = call()
    except Exception:
        yield from segment.rescued
        raise
    yield from out


async def segment_of(segment: Pipeline[Any, Event], upstream: AsyncIterator[Event]) -> AsyncGenerator[Event, None]:
    """Push stages behind an async stage; flushed where that one ends."""
    try:
        async for event in upstream:
            for out in given_out(segment, partial(segment.feed, event)):
                yield out
        for out in given_out(segment, segment.close):
            yield out
    finally:
        await _close(upstream)


async def owned(stage: AsyncStage, upstream: AsyncIterator[Event]) -> AsyncGenerator[Event, None]:
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
