"""The asynchronous face: `open_stream` and `EventStream`, on asyncio and trio.

The engine starts no task. Back-pressure is the consumer's `anext`: one chunk is read when no event is ready. The
source, every user generator and the watchdog's timer are closed on every way out.
"""

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection, Iterable
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Any, Literal, Self, cast

from streamkit.dialects.base import Dialect
from streamkit.errors import UsageError
from streamkit.events import Event, StreamEnded
from streamkit.limits import DEFAULT_LIMITS, Limits
from streamkit.pipeline import Pipeline
from streamkit.profile import DEFAULT_PROFILE, Profile
from streamkit.recipe import standard
from streamkit.response import Response
from streamkit.segments import owned, segment_of
from streamkit.session import Expired, Session
from streamkit.sources import Source, source_of
from streamkit.stages.sequencer import Sequencer
from streamkit.stages.strict import Strict
from streamkit.stages.watchdog import Watchdog

__all__ = ["EventStream", "open_stream"]

OnError = Literal["raise", "event"]
END: Any = object()
STEP = 0.1
"""Seconds between two looks at the clock for a timed stage that does not say how short its limits are."""
GRACE = 1.0
"""Seconds that closing the source may take."""


def open_stream(
    source: Any,
    dialect: str | Dialect | None = None,
    *,
    watchdog: Watchdog | None = None,
    stages: Iterable[Any] = (),
    limits: Limits = DEFAULT_LIMITS,
    strict: Strict | bool = False,
    charset: str | None = None,
    tools: Collection[str] | None = None,
    profile: Profile = DEFAULT_PROFILE,
    on_error: OnError = "raise",
) -> "EventStream":
    """A stream of events from a source of bytes; an async context manager and an async iterator.

    Args:
        source: an async iterable of bytes, an httpx, httpx2 or aiohttp response, an `httpx_sse.EventSource`, or an
            async iterable of text messages (a WebSocket's, A30).
        dialect: a name, a `Dialect`, or None (or `"auto"`) to recognise it from the first frames.
        watchdog: deadlines; None waits for ever.
        stages: your own stages, push stages or async generator functions.
        limits: every bound.
        strict: refuse tolerances: True, or a `Strict` stage.
        charset: the body's charset, if it is not UTF-8.
        tools: names of the tools that were offered (D36, D39).
        profile: what is known of this endpoint that its bytes do not tell.
        on_error: `"raise"` raises one typed error after the last event; `"event"` leaves it in `response.errors`.

    Raises:
        UnknownDialect: no dialect has that name.
        UsageError: `source` is nothing that bytes can be read from.
    """
    pipeline = standard(
        dialect, *stages, limits=limits, watchdog=watchdog, strict=strict, charset=charset, tools=tools, profile=profile
    )
    return EventStream(source_of(source), pipeline, on_error=on_error)


class EventStream:
    """The events of one stream. Use it as `async with … as stream:` and iterate, or `await stream.result()`."""

    def __init__(
        self,
        source: Source,
        pipeline: Pipeline[Any, Event],
        *,
        on_error: OnError = "raise",
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._source = source
        self._on_error = on_error
        self._clock = clock
        self._timed = pipeline.timed
        self._pulsed = pipeline.pulsed
        self._sequencer = next((stage for stage in pipeline.stages if isinstance(stage, Sequencer)), None)
        segments = pipeline.segments()
        self._ahead = segments[:-1]
        heads: list[Pipeline[Any, Any]] = [segment for segment in self._ahead if isinstance(segment, Pipeline)]
        self._session = Session(cast("Pipeline[Any, Event]", segments[-1]), heads)
        self._last: Callable[[], list[Event]] = self._session.finish
        self._now: Callable[[], float] = float
        self._ready: deque[Event] = deque()
        self._guard: Any = None
        self._chain: AsyncGenerator[Event, None] | None = None
        self._read: Callable[[], Awaitable[Any]] = source.read
        self._next_step: Callable[[], Awaitable[Any]] | None = None
        self._paused_at = 0.0
        self._paused = 0.0
        self._ended = False
        self._closed = False
        self._raised = False

    @property
    def response(self) -> Response:
        """The response so far; readable at any moment, also after a failure."""
        return self._session.response

    @property
    def resume_after(self) -> int | None:
        """Number of the last frame that was taken in, for the `starting_after` of a request that resumes this stream.

        Readable at any moment, also after a failure; None where the wire has no numbers (B34).
        """
        return None if self._sequencer is None else self._sequencer.last

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        ready = self._ready
        while not ready:
            if self._ended:
                self._raise()
                raise StopAsyncIteration
            await self._advance()
        return ready.popleft()

    async def result(self) -> Response:
        """Read to the end, close everything, and give the response.

        Raises:
            StreamError: the stream failed (`on_error="raise"`); `partial` has what arrived.
        """
        while not self._ended:
            await self._advance()
            self._ready.clear()
        self._ready.clear()
        await self.aclose()
        self._raised = False
        self._raise()
        return self.response

    async def aclose(self) -> None:
        """Close the source and every stage; harmless when called again. The response stays readable."""
        if self._closed:
            return
        self._closed = True
        if not self._ended:
            self._ended = True
            self._ready.extend(self._session.finish(ending="cancelled"))
        await self._release()

    async def _abandon(self) -> None:
        """The way out of a cancellation or of a failing stage of the user's: what it raised is what counts."""
        with suppress(Exception):
            await self.aclose()
        await self._release()

    # driving

    async def _advance(self) -> None:
        """Get at least one step further: read one chunk, or end."""
        step: Any = END
        try:
            next_step = self._next_step or self._start()
            try:
                step = await next_step()
            except StopAsyncIteration:
                pass
            except Exception as cause:  # whatever a source raises is a broken connection here
                if self._chain is not None or not self._stopped(cause):
                    raise
            if step is not END:
                self._ready.extend(self._session.feed(step))
            if step is END or self._session.halted:
                self._ready.extend(self._last())
                self._ended = True
        except BaseException:
            await self._abandon()
            raise
        if self._ended:
            await self._release()

    def _start(self) -> Callable[[], Awaitable[Any]]:
        """Get ready to read; gives what takes the next step."""
        from streamkit.deadlines import guard_for, loop_clock  # noqa: PLC0415 - asyncio is no part of `import streamkit`

        clock = self._clock or loop_clock()
        self._now = clock
        self._paused_at = clock()
        for stage in self._pulsed:
            stage.start(self._reading_time)
        if self._timed:
            step = min(getattr(stage, "step", STEP) for stage in self._timed)
            self._guard = guard_for(self._deadline, self._reading_time, step)
        if self._timed or self._pulsed:
            self._read = self._read_in_time
        if self._ahead:
            self._chain = self._chained()
        self._next_step = self._read if self._chain is None else self._chain.__anext__
        return self._next_step

    def _reading_time(self) -> float:
        """The clock without the time that the consumer took between reads (H19)."""
        return self._now() - self._paused

    async def _read_in_time(self) -> Any:
        """The next chunk, under the deadlines of those stages that have some."""
        read, guard, now = self._source.read, self._guard, self._now
        self._paused += now() - self._paused_at
        try:
            chunk = await (read() if guard is None else guard.wait(read))
        finally:
            self._paused_at = now()
        for stage in self._pulsed:
            stage.pulse()
        return chunk

    def _stopped(self, cause: Exception) -> bool:
        """Remember what ended the reading; False where it was the caller's fault."""
        self._last = self._expire if isinstance(cause, Expired) else partial(self._session.broken, cause)
        return not isinstance(cause, UsageError)

    def _deadline(self) -> float | None:
        return min((when for stage in self._timed if (when := stage.deadline()) is not None), default=None)

    def _expire(self) -> list[Event]:
        now = self._reading_time()
        for stage in self._timed:
            when = stage.deadline()
            if when is not None and now >= when:
                farewell = stage.expire(now)
                if isinstance(farewell, StreamEnded):
                    return self._session.finish(ending=farewell.ending, error=farewell.error)
        return self._session.finish()

    def _raise(self) -> None:
        if self._on_error == "raise" and not self._raised:
            self._raised = True
            error = self._session.failure()
            if error is not None:
                raise error

    async def _release(self) -> None:
        """Close chain, timer and source, shielded, within a second."""
        import anyio  # noqa: PLC0415 - imported where an event loop runs, not by `import streamkit`

        if self._guard is not None:
            self._guard.disarm()
        with anyio.move_on_after(GRACE, shield=True):
            if self._chain is not None:
                await self._chain.aclose()
            await self._source.aclose()

    # async stages

    def _chained(self) -> AsyncGenerator[Event, None]:
        """Every segment but the last, as one chain of async generators."""
        chain: AsyncGenerator[Event, None] = self._first_segment(cast("Pipeline[Any, Event]", self._ahead[0]))
        for segment in self._ahead[1:]:
            if isinstance(segment, Pipeline):
                chain = segment_of(cast("Pipeline[Any, Event]", segment), chain)
            else:
                chain = owned(segment, chain)
        return chain

    async def _first_segment(self, segment: Pipeline[Any, Event]) -> AsyncGenerator[Event, None]:
        while segment.halted is None:
            try:
                chunk = await self._read()
            except StopAsyncIteration:
                break
            except Exception as cause:
                if not self._stopped(cause):
                    raise
                break
            for event in segment.feed(chunk):
                yield event
        for event in segment.close():
            yield event
