"""A live stream: attempts in front of a fence, one `EventStream` behind it (H14, H15).

While nothing has been delivered, a failed attempt is abandoned with everything that it had produced, and the next one
gets a fresh connection, pipeline and watchdog. What an attempt produces is held back until its first output item: from
then on it is delivered, and no further attempt is made.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from types import TracebackType
from typing import Any, Literal, Self

import msgspec
from msgspec.structs import asdict

from streamkit.checks import stages_of
from streamkit.client.bodies import Body, Failing
from streamkit.client.connect import connect
from streamkit.client.notes import Notes
from streamkit.client.retrying import Attempts, Retries
from streamkit.client.wire import Request, Wire, give_up
from streamkit.deadlines import loop_clock
from streamkit.dialects.base import Dialect
from streamkit.errors import ErrorInfo, StreamError, error_from
from streamkit.events import ErrorReported, Event, ItemEvent, StreamEnded
from streamkit.faults.answers import VERSION_HINT, lacks_version, request_id
from streamkit.framing.layers import charset_of
from streamkit.limits import Limits
from streamkit.profile import DEFAULT_PROFILE, Profile
from streamkit.response import Response
from streamkit.sources import Source
from streamkit.stages.strict import Strict
from streamkit.stages.watchdog import Watchdog
from streamkit.statistics import StreamStatistics
from streamkit.stream import EventStream, open_stream

__all__ = ["LiveStream", "Plan", "Stages", "Statistics"]

Stages = Sequence[Any] | Callable[[], Iterable[Any]]
"""Stages, or a function that makes them: each attempt needs fresh ones."""


class Statistics(StreamStatistics, kw_only=True, frozen=True):
    """What is known of a live request beside its events; `opened_at` is when its headers had come."""

    attempts: int = 0
    """Attempts made so far."""
    status: int | None = None
    """HTTP status of the last answer."""
    request_id: str = ""
    """The provider's id of the request, for its support."""
    wire_bytes: int = 0
    """Bytes of the body that came over the wire, compressed where it was."""


class Plan(msgspec.Struct, kw_only=True, frozen=True):
    """What one call of `Client.stream` asks for."""

    wire: Callable[[], Wire]
    request: Request
    dialect: str | Dialect | None
    limits: Limits
    retries: Retries
    secrets: tuple[str, ...]
    watchdog: Watchdog | None = None
    stages: Stages = ()
    strict: Strict | bool = False
    tools: Collection[str] | None = None
    profile: Profile = DEFAULT_PROFILE
    on_error: Literal["raise", "event"] = "raise"


class LiveStream:
    """The events of one live request: an async context manager and iterator, like `EventStream`.

    Entering it sends the request and waits for the headers. Whatever goes wrong, before the first event or later, is
    raised by iterating or by `result()`.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._attempts = Attempts(plan.retries)
        self._inner: EventStream | None = None
        self._body: Body | None = None
        self._wire: Wire | None = None
        self._opened_at: float | None = None
        self._held: deque[Event] = deque()
        self._next: Callable[[], Awaitable[Event]] = self._begin
        self._closed = False
        self._scope: Any = None
        self._spent = False
        self._status: int | None = None
        self._request_id = ""

    @property
    def response(self) -> Response:
        """The response so far; readable at any moment, also after a failure."""
        return Response() if self._inner is None else self._inner.response

    @property
    def resume_after(self) -> int | None:
        """Number of the last frame that was taken in; see `EventStream.resume_after` (B34)."""
        return None if self._inner is None else self._inner.resume_after

    @property
    def statistics(self) -> Statistics:
        """Attempts, status, the provider's request id, counts and times."""
        body, inner = self._body, self._inner
        facts = asdict(inner.statistics if inner is not None else StreamStatistics())
        facts["opened_at"] = self._opened_at
        return Statistics(
            **facts,
            attempts=self._attempts.number,
            status=self._status,
            request_id=self._request_id,
            wire_bytes=body.bytes_read if body is not None else 0,
        )

    async def __aenter__(self) -> Self:
        if self._inner is None:
            await self._unless_closed(self._connect)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> "LiveStream":
        return self

    def __anext__(self) -> Awaitable[Event]:
        return self._next()

    async def result(self) -> Response:
        """Read to the end, close everything, and give the response.

        Raises:
            StreamError: the stream failed (`on_error="raise"`); `partial` has what arrived.
        """
        if self._inner is None or self._next == self._begin:
            await self._pass_fence()
        self._held.clear()
        inner = self._opened()
        self._next = inner.__anext__
        return await inner.result()

    async def aclose(self) -> None:
        """Close the connection at once; harmless when called again. The response stays readable.

        Another task may do so: for the one that reads, the stream is then over.
        """
        self._closed = True
        if self._scope is not None:
            self._scope.cancel()
        if self._inner is not None:
            await self._inner.aclose()

    # attempts

    async def _begin(self) -> Event:
        await self._pass_fence()
        return await self._next()

    async def _from_held(self) -> Event:
        event = self._held.popleft()
        if not self._held:
            self._next = self._opened().__anext__
        return event

    async def _pass_fence(self) -> None:
        await self._unless_closed(self._try)
        inner = self._opened()
        self._next = self._from_held if self._held else inner.__anext__

    async def _unless_closed(self, step: Callable[[], Awaitable[None]]) -> None:
        """Do what takes its time before the stream is open, until another task closes it."""
        import anyio  # noqa: PLC0415 - imported where an event loop runs, not by `import streamkit`

        with anyio.CancelScope() as self._scope:
            await step()
        if self._scope.cancelled_caught:
            await self._opened().aclose()
        self._scope = None

    async def _try(self) -> None:
        """Make attempts until one has something to deliver, or none is left."""
        if self._inner is None and not self._closed:
            await self._connect()
        while not self._closed and self._fresh() and self._attempts.remain:
            failure = await self._hold()
            if failure is None:
                break
            self._held.clear()
            await self._opened().aclose()
            if not await self._again(failure):
                self._open(Failing(error_from(failure)), self._made())
                break
            self._inner = None
            await self._connect()

    async def _hold(self) -> ErrorInfo | None:
        """Hold events back until the first of an item; the failure for which this attempt is to be abandoned."""
        limit = self._plan.limits.held
        inner = self._opened()
        while len(self._held) < limit:
            try:
                event = await inner.__anext__()
            except StopAsyncIteration:
                return None
            self._held.append(event)
            if isinstance(event, ItemEvent):
                return None
            if isinstance(event, ErrorReported | StreamEnded):
                return event.error if event.error is not None and self._attempts.allows(event.error) else None
        return None

    async def _connect(self) -> None:
        """Send the request, again where that is allowed, and open the answer's pipeline."""
        stages = self._made()  # before anything is sent: what the caller's function gives may be no stages
        try:
            await self._sent(stages)
        except BaseException:
            if self._inner is None:  # cancelled before there was an answer: that is how this response ended
                self._closed = True
                await self._opened().aclose()
            raise

    async def _sent(self, stages: tuple[Any, ...]) -> None:
        plan = self._plan
        while True:
            self._status, self._request_id = None, ""
            self._body = self._opened_at = None
            try:
                wire = self._wire = plan.wire()
                sent_at = loop_clock()()
                exchange = await connect(
                    wire, plan.request, limits=plan.limits, secrets=plan.secrets, watchdog=plan.watchdog
                )
                self._status, self._request_id = exchange.status, request_id(exchange.headers)
                try:
                    hint = VERSION_HINT if lacks_version(exchange.url) else ""
                    self._body = Body(exchange, plan.limits, hint=hint, secrets=plan.secrets)
                    self._opened_at = loop_clock()()
                except StreamError:
                    await give_up(exchange)
                    raise
            except StreamError as failure:
                self._status = self._status or failure.info.status
                self._request_id = self._request_id or failure.info.request_id
                if await self._again(failure.info):
                    continue
                self._open(Failing(failure), stages)
                return
            self._open(self._body, stages, exchange.headers, spent=self._opened_at - sent_at)
            return

    async def _again(self, failure: ErrorInfo) -> bool:
        """Whether to make another attempt, once it is time for it: none whose connection nobody would close."""
        closed = self._client_closed
        return not closed() and await self._attempts.again(failure) and not closed()

    def _client_closed(self) -> bool:
        return self._wire is not None and self._wire.closed

    def _made(self) -> tuple[Any, ...]:
        given = self._plan.stages
        return stages_of(given() if callable(given) else given)

    def _open(self, source: Any, stages: tuple[Any, ...], headers: Any = None, *, spent: float = 0.0) -> None:
        plan = self._plan
        self._inner = open_stream(
            Source(source),
            plan.dialect,
            watchdog=plan.watchdog.renewed(spent=spent) if plan.watchdog is not None else None,
            stages=(Notes(source, plan.secrets), *stages),
            limits=plan.limits,
            strict=plan.strict,
            charset=charset_of(headers or {}),
            tools=plan.tools,
            profile=plan.profile,
            on_error=plan.on_error,
        )

    def _fresh(self) -> bool:
        """Whether the next attempt's stages would be fresh: made by a function, or free of state."""
        stages = self._plan.stages
        return callable(stages) or not any(hasattr(stage, "feed") for stage in stages)

    def _opened(self) -> EventStream:
        if self._inner is None:
            closed = ErrorInfo(kind="transport", code="closed", message="closed before it was sent")
            self._open(Failing(error_from(closed)), self._made())
        inner = self._inner
        assert inner is not None  # noqa: S101 - `_open` has just set it
        return inner
