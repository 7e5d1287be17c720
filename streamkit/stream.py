"""The asynchronous face: `open_stream` and `EventStream`, on asyncio and trio.

The engine starts no task. Back-pressure is the consumer's `anext`: one chunk is read when no event is ready. The
source, every user generator and the watchdog's timer are closed on every way out.
"""

from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Any, Literal, Self, cast

from streamkit.checks import check_charset, check_on_error, stages_of
from streamkit.dialects.base import Dialect
from streamkit.errors import UsageError
from streamkit.events import Event, StreamEnded
from streamkit.faults import is_transport
from streamkit.limits import DEFAULT_LIMITS, Limits
from streamkit.pipeline import Pipeline
from streamkit.profile import DEFAULT_PROFILE, Profile
from streamkit.reading import Reader
from streamkit.recipe import standard
from streamkit.response import Response
from streamkit.segments import chain_of
from streamkit.session import Expired, Session
from streamkit.sources import Source, source_of
from streamkit.stages.sequencer import Sequencer
from streamkit.stages.strict import Strict
from streamkit.stages.watchdog import Watchdog
from streamkit.statistics import StreamStatistics

__all__ = ["EventStream", "open_stream"]

OnError = Literal["raise", "event"]
END: Any = object()


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
            async iterable of text messages (a WebSocket's, A30). Each text is one whole frame: of a text stream's
            lines, give the bytes instead.
        dialect: a name, a `Dialect`, or None (or `"auto"`) to recognise it from the first frames.
        watchdog: deadlines; None waits for ever.
        stages: your own stages, push stages or async generator functions. What they raise is raised as it is, behind
            the events that came out before; `EventStream.response` keeps what had arrived.
        limits: every bound.
        strict: refuse tolerances: True, or a `Strict` stage.
        charset: the body's charset, if it is not UTF-8; by default what a response's headers say (J14).
        tools: names of the tools that were offered (D36, D39).
        profile: what is known of this endpoint that its bytes do not tell.
        on_error: `"raise"` raises one typed error after the last event; `"event"` leaves it in `response.errors`.

    Raises:
        UnknownDialect: no dialect has that name.
        UsageError: `source` is nothing that bytes can be read from, or an option is none of what it may be.
    """
    check_on_error(on_error)
    check_charset(charset)
    given, origin = stages_of(stages), source_of(source)
    charset = charset or origin.charset
    pipeline = standard(
        dialect, *given, limits=limits, watchdog=watchdog, strict=strict, charset=charset, tools=tools, profile=profile
    )
    return EventStream(origin, pipeline, on_error=on_error)


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
        self._sequencer = next((stage for stage in pipeline.stages if isinstance(stage, Sequencer)), None)
        segments = pipeline.segments()
        self._ahead = segments[:-1]
        heads: list[Pipeline[Any, Any]] = [segment for segment in self._ahead if isinstance(segment, Pipeline)]
        self._session = Session(cast("Pipeline[Any, Event]", segments[-1]), heads)
        first = cast("Pipeline[Any, Event]", segments[0])
        self._reader = Reader(source, pipeline.timed, pipeline.pulsed, clock, first.feed)
        self._tally = self._reader.tally
        self._feed = self._session.feed if self._ahead else self._reader.feed
        self._last: Callable[[], list[Event]] = self._session.finish
        self._ready: deque[Event] = deque()
        self._chain: Any = None  # an async generator
        self._failure: Exception | None = None
        self._started = self._ended = self._closed = self._raised = False

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

    @property
    def statistics(self) -> StreamStatistics:
        """Counts and times so far."""
        session = self._session
        return self._tally.taken(keep_alives=session.keep_alives, last_event_id=session.last_event_id)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self.aclose()
        except Exception as failure:
            if error is None:
                raise
            error.add_note(f"closing the stream failed as well: {failure!r}")  # what the block raised is what counts

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:  # all in one coroutine: each further one costs as much as a stage
        ready, reader, source = self._ready, self._reader, self._source
        while not ready:
            if self._ended:
                self._raise()
                raise StopAsyncIteration
            step: Any = END
            over = False
            try:
                if not self._started:
                    self._start()
                try:
                    if self._chain is not None:
                        step = await self._chain.__anext__()
                    elif reader.guard is not None:
                        with reader.guard:
                            step = await source.read()
                    else:
                        step = await reader.read()
                except StopAsyncIteration:
                    pass
                except Exception as cause:
                    if self._chain is not None or not self._stopped(cause):
                        raise
                over = self._take(step)
            except Exception as failure:  # noqa: BLE001 - raised behind the events that came out before
                ready.extend(self._session.rescued)
                await self._abandon(failure)
                self._failure = no_end(failure)
            except BaseException:  # cancelled: what was held back still reaches the response
                with suppress(Exception):
                    await self.aclose()
                raise
            if over:
                await self._release_at_end()
        return ready.popleft()

    async def result(self) -> Response:
        """Read to the end, close everything, and give the response.

        Raises:
            StreamError: the stream failed (`on_error="raise"`); `partial` has what arrived.
        """
        with suppress(StopAsyncIteration):
            while not self._ended:
                self._ready.clear()
                await self.__anext__()
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
        try:
            if not self._ended:
                self._ended = True
                last, failure = self._session.last(partial(self._session.finish, ending="cancelled"))
                self._ready.extend(last)
                if failure is not None:
                    raise failure
        finally:
            await self._release()

    async def _abandon(self, failure: Exception) -> None:
        """The way out of a failing stage of the caller's: what it raised is what counts."""
        self._closed = self._ended = True
        self._session.abandon(failure)
        with suppress(Exception):
            await self._release()

    def _take(self, step: Any) -> bool:
        """Get what comes out for one chunk, or at the end; whether it is the end."""
        if self._closed:  # by another task, while this one was reading
            return True
        if step is not END:
            out = self._feed(step)
            if self._tally.output_at is None:
                self._tally.came(out)
            self._ready.extend(out)
        if step is END or self._session.halted:
            last, failure = self._session.last(self._last)
            if self._tally.output_at is None:
                self._tally.came(last)
            self._ready.extend(last)
            self._failure = self._failure or failure
            self._ended = True
        return self._ended

    async def _release_at_end(self) -> None:
        try:
            await self._release()
        except Exception as failure:  # noqa: BLE001 - raised behind the last events, if nothing else is
            self._failure = self._failure or (failure if self._session.failure() is None else None)

    def _start(self) -> None:
        self._started = True
        self._reader.start()
        self._chain = chain_of(self._ahead, self._reader, self._stopped) if self._ahead else None

    def _stopped(self, cause: Exception) -> bool:
        """Remember what ended the reading; False where no bytes came that could be read."""
        if self._closed or isinstance(cause, Expired):
            self._last = self._expire
        elif is_transport(cause):
            self._last = partial(self._session.broken, cause)
        else:  # the caller's own
            self._last = partial(self._session.finish, ending="cancelled")
            self._failure = cause
        return not isinstance(cause, UsageError)

    def _expire(self) -> list[Event]:
        if self._source.stalled is not None:
            return self._session.broken(self._source.stalled())
        farewell = self._reader.expired()
        if isinstance(farewell, StreamEnded):
            return self._session.finish(ending=farewell.ending, error=farewell.error)
        return self._session.finish()

    def _raise(self) -> None:
        if self._raised:
            return
        self._raised = True
        if self._failure is not None:
            raise self._failure
        error = self._session.failure()
        if self._on_error == "raise" and error is not None:
            raise error

    async def _release(self) -> None:
        """Close timer, chain and source, shielded, each within a second; the source whatever a stage does."""
        from streamkit.deadlines import within_grace  # noqa: PLC0415 - asyncio is no part of the import

        self._reader.stop()
        try:
            if self._chain is not None and not self._chain.ag_running:
                await within_grace(self._chain.aclose())
        finally:
            closing = self._source.close()
            if closing is not None:
                await within_grace(closing)


def no_end(failure: Exception) -> Exception:
    """What a stage raised; `StopAsyncIteration` would look like the end of the stream (as in PEP 479)."""
    if not isinstance(failure, StopAsyncIteration):
        return failure
    told = RuntimeError("a stage raised StopAsyncIteration")
    told.__cause__ = failure
    return told
