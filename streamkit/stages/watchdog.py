"""Deadlines for a stream: two clocks, liveness (bytes) and progress (content), and nothing that sleeps (group H).

The driver calls `start` when the stream is opened, `pulse` once for each read that brought bytes, and wakes the
watchdog at `deadline` with `expire`. Events are dated with their read, and deadlines are computed when they are asked
for.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import msgspec

from streamkit.errors import ErrorInfo, UsageError
from streamkit.events import (
    AnnotationAdded,
    ArgumentsDelta,
    ErrorReported,
    Event,
    ItemEvent,
    ItemFinished,
    ItemStarted,
    KeepAlive,
    LogprobsAdded,
    MediaAdded,
    QuirkSeen,
    ReasoningDelta,
    RefusalDelta,
    SignatureReported,
    StreamEnded,
    TextDelta,
)
from streamkit.evidence import CallFragment, CallText, EndMarker, FinishClaimed, ItemClaimed, PartClaimed
from streamkit.items import is_client_call
from streamkit.quirks.timing import connection_left_open
from streamkit.routing import Lane

__all__ = ["CODES", "REMEDIES", "Phase", "Watchdog"]

CONTENT: frozenset[type[Event]] = frozenset(
    {
        TextDelta,
        ReasoningDelta,
        ArgumentsDelta,
        CallFragment,
        CallText,
        MediaAdded,
        AnnotationAdded,
        LogprobsAdded,
        RefusalDelta,
        SignatureReported,
    }
)
"""Events that prove a working model. Lifecycle frames and pings prove a live socket only (H02, H05)."""

REQUESTS = ("_tool_use",)
"""How the types of server-side items end that ask for work only: their results are items of their own (Anthropic)."""
AWAITED = ("awaited",)
"""Stands for the result of such an item, until the next item begins."""

GRACE = 1.0
"""Seconds without bytes after the wire said that it is over: late usage is still read (C35)."""
LONGEST_GRACE = 10.0
"""Seconds after which not even bytes keep a finished stream open."""

Phase = Literal["first", "idle", "progress", "total", "linger"]
CODES: dict[Phase, str] = {
    "first": "ttfb_timeout",
    "idle": "idle_timeout",
    "progress": "progress_timeout",
    "total": "total_timeout",
}
MISSING: dict[Phase, str] = {
    "first": "no event came",
    "idle": "no byte came",
    "progress": "no content came, though the connection was alive,",
    "total": "the answer was not complete",
}
REMEDIES: dict[Phase, str] = {
    "first": "the server may be overloaded: try again, or raise Watchdog(first=…)",
    "idle": "the connection is probably dead: try again, or raise Watchdog(idle=…)",
    "progress": "the model is probably stuck: try again, or raise Watchdog(progress=…)",
    "total": "ask for less, or raise Watchdog(total=…)",
}


class Due(msgspec.Struct, frozen=True):
    """A limit that runs: when it expires, and since when it has been running."""

    when: float
    phase: Phase
    since: float
    limit: float


class Watchdog:
    """Says when a stream has stalled. All limits in seconds; 0 or None switches one off.

    ```python
    streamkit.Watchdog(first=45, idle=120)
    ```

    Args:
        first: silence before the first event (H01); comments begin it anew (H03).
        idle: silence after it, not one byte (H06). Tools and long thoughts may need 90 and more (H20).
        progress: no content, neither text, reasoning nor arguments, whatever else comes (H02, H05, H07).
        total: the whole stream; of a `Client`'s, from the moment its request is sent.
        linger: after the finish reason, no end marker and nothing else but pings: a harmless end (H09).
        server: takes the place of `progress` while a server-side tool is at work (H23).
        clock: gives seconds; without it the driver's: an event loop's, that no change of the time of day moves (H18).

    Raises:
        UsageError: a limit is no number of seconds, or the clock no function.
    """

    def __init__(
        self,
        first: float | None = 45.0,
        idle: float | None = 120.0,
        progress: float | None = 300.0,
        total: float | None = None,
        linger: float | None = 10.0,
        *,
        server: float | None = 900.0,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.first = _limit("first", first)
        self.idle = _limit("idle", idle)
        self.progress = _limit("progress", progress)
        self.total = _limit("total", total)
        self.linger = _limit("linger", linger)
        self.server = _limit("server", server)
        if not (clock is None or callable(clock)):
            raise UsageError(f"Watchdog(clock={clock!r:.80}) is not allowed: a function that gives seconds, or None")
        self.clock = clock
        """What the driver is to read instead of its own clock; None for that."""
        self.spent = 0.0
        """Seconds of `total` that are gone when the stream is opened."""
        self._reset(None)

    def __repr__(self) -> str:
        names = ("first", "idle", "progress", "total", "linger", "server")
        return f"Watchdog({', '.join(f'{name}={getattr(self, name)}' for name in names)})"

    def renewed(self, *, spent: float = 0.0) -> "Watchdog":
        """A fresh one with the same limits, for another stream or attempt (H11, H15), `spent` seconds into `total`."""
        fresh = Watchdog(
            self.first, self.idle, self.progress, self.total, self.linger, server=self.server, clock=self.clock
        )
        fresh.spent = self.spent + spent
        return fresh

    def _reset(self, now: float | None) -> None:
        self._started = now
        self._byte_at = self._event_at = self._content_at = now or 0.0
        self._over_at: float | None = None
        self.moved = False
        """Whether a limit runs now that is shorter than `step`, `GRACE`; cleared by the driver, which looks."""
        self._seen = self._over = self._failed = self._left_open = False
        self._finished: set[int] = set()
        self._highest = 0
        self._server_items: dict[object, str] = {}
        """By identity: the server-side items that are open, and what a finished one still waits for."""

    # the driver's side

    def start(self, clock: Callable[[], float], /) -> None:
        """The stream is opened now; `clock` is the driver's, or made of the one that was given to the constructor."""
        self._reset(clock())

    def pulse(self, when: float, /) -> None:
        """Bytes have arrived, at this time on the clock, and are fed next."""
        self._byte_at = when

    @property
    def step(self) -> float:
        """The shortest limit in seconds: unless `moved` says so, no deadline comes closer than this by itself."""
        limits = (self.first, self.idle, self.progress, self.total, self.linger, self.server)
        return min((limit for limit in limits if limit), default=GRACE)

    def deadline(self) -> float | None:
        """When to call `expire`, on the clock; None where no limit runs."""
        due = self._due()
        return None if due is None else due.when

    def expire(self, now: float, /) -> StreamEnded | None:
        """The end of a stalled stream; None where the end is harmless, for the answer was complete."""
        due = self._due()
        if due is None or now < due.when:
            return None
        if due.phase == "linger" or self._answered():
            self._left_open = True
            return None
        waited = now - due.since
        message = f"{MISSING[due.phase]} for {waited:g} s (limit {due.phase}={due.limit:g} s): {REMEDIES[due.phase]}"
        return StreamEnded(
            ending="stalled",
            error=ErrorInfo(
                kind="stall",
                message=message,
                code=CODES[due.phase],
                phase=due.phase,
                waited=waited,
                retryable=None if due.phase == "total" else True,
            ),
        )

    # the stream's side

    def feed(self, event: Event) -> Iterable[Event]:
        """The event, as it is."""
        if event.__class__ in CONTENT:
            self._content_came(event)
        else:
            self._note(event)
        return (event,)

    def close(self) -> Iterable[Event]:
        """A notice, if the connection had to be closed from here."""
        return (connection_left_open.seen(),) if self._left_open else ()

    def _content_came(self, event: Any) -> None:
        """Events come with the bytes of the latest read."""
        self._content_at = self._event_at = self._byte_at
        self._seen = True
        if event.choice:
            self._highest = max(self._highest, event.choice)

    def _note(self, event: Event) -> None:
        """An event that is seldom: lifecycle, snapshots, finish."""
        if isinstance(event, KeepAlive | QuirkSeen):
            return
        self._event_at = self._byte_at
        self._seen = True
        content = False
        if isinstance(event, ItemStarted):
            self._server_items.pop(AWAITED, None)
            if event.type not in ("message", "reasoning") and not is_client_call(event.type):
                self._server_items[identity(event)] = event.type
                content = True
        elif isinstance(event, ItemFinished | ItemClaimed):
            over = self._server_items.pop(identity(event), None)
            if over is not None:
                if over.endswith(REQUESTS):
                    self._server_items[AWAITED] = over
                content = True
            if isinstance(event, ItemClaimed) and (event.signature or any(part.text for part in event.parts)):
                content = True
        elif isinstance(event, PartClaimed):
            content = bool(event.claim.text)
        elif isinstance(event, FinishClaimed):
            self._finished.add(event.choice)
            self._highest = max(self._highest, event.choice)
            self._over = self._over or event.terminal
        elif isinstance(event, EndMarker):
            self._over = True
        elif isinstance(event, ErrorReported):
            self._failed = True
        if content:
            self._content_at = self._byte_at
        if self._over and self._over_at is None:
            self._over_at = self._byte_at
            self.moved = True

    def _answered(self) -> bool:
        """Whether every choice that is known has its finish reason."""
        return self._over or len(self._finished) > self._highest

    def _due(self) -> Due | None:
        """The limit that expires first."""
        started = self._started
        if started is None:
            return None
        if self._over_at is not None:
            since = min(self._byte_at, self._over_at + LONGEST_GRACE - GRACE)
            return Due(since + GRACE, "linger", since, GRACE)
        running: list[tuple[Phase, float, float | None]] = [("total", started - self.spent, self.total)]
        if self.linger and (self._failed or self._answered()):
            running.append(("linger", self._event_at, self.linger))
        else:
            running.append(("idle", self._byte_at, self.idle) if self._seen else ("first", self._byte_at, self.first))
            running.append(("progress", self._content_at, self.server if self._server_items else self.progress))
        dues = [Due(since + limit, phase, since, limit) for phase, since, limit in running if limit]
        return min(dues, key=lambda due: due.when, default=None)

    lanes: Mapping[type, Lane] = dict.fromkeys(CONTENT, _content_came)
    """The classes that come by the thousand."""


def _limit(name: str, seconds: Any) -> float | None:
    """A limit as it was given; None for none."""
    given: Any = seconds
    if given is not None and not (isinstance(given, int | float) and given >= 0):  # nan fits nothing either
        raise UsageError(f"Watchdog({name}={given!r}) is not allowed: seconds, or 0 or None to switch it off")
    return seconds or None


def identity(event: ItemEvent) -> object:
    """What tells one server-side item from another."""
    return (event.choice, event.key if event.key is not None else event.item_id)
