"""The parts of a pipeline around async stages: async generators, each closes what it reads from."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from streamkit.events import Event
from streamkit.pipeline import AsyncStage, Pipeline

__all__ = ["owned", "segment_of"]


async def segment_of(segment: Pipeline[Any, Event], upstream: AsyncIterator[Event]) -> AsyncGenerator[Event, None]:
    """Push stages behind an async stage; flushed where that one ends."""
    try:
        async for event in upstream:
            for out in segment.feed(event):
                yield out
        for out in segment.close():
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
        await _close(stream)
        await _close(upstream)


async def _close(stream: AsyncIterator[Event]) -> None:
    if isinstance(stream, AsyncGenerator):
        await stream.aclose()
