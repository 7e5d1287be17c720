"""Reading for the asynchronous face: deadlines, the consumer's own time, and large chunks in slices.

A chunk that holds a million comments, fed whole, is parsed without a pause. In slices, with a turn for the event loop
between them, deadlines and cancellations are obeyed; chunking never changes the result.
"""

from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from types import TracebackType
from typing import Any

from streamkit.events import Event
from streamkit.pipeline import Pulsed, Timed
from streamkit.session import Expired
from streamkit.sources import Source
from streamkit.statistics import Tally

__all__ = ["SLICE", "Reader"]

SLICE = 64 * 1024
"""Bytes that are fed without a turn for the event loop."""
NOTHING = memoryview(b"")
STEP = 0.1
"""Seconds between two looks at the clock for a timed stage that does not say how short its limits are."""


class NoGuard(nullcontext[None]):
    """Stands where no stage has deadlines."""

    def disarm(self) -> None:
        """Nothing was armed."""


class Reader:
    """Reads a source under the deadlines of those stages that have some."""

    def __init__(
        self,
        source: Source,
        timed: list[Timed[Event]],
        pulsed: list[Pulsed],
        clock: Callable[[], float] | None,
    ) -> None:
        self._source = source
        self.tally = Tally()
        self._timed = timed
        self._pulsed = pulsed
        self._movers: list[Any] = [stage for stage in timed if hasattr(stage, "moved")]
        self._clock = clock
        self._now: Callable[[], float] = float
        self._guard: Any = NoGuard()
        self._paused_at = 0.0
        self._paused = 0.0
        self._rest = NOTHING
        self._sliced = False
        """Whether the chunk at hand is a slice of one that was counted."""
        self._whole: Callable[[], Awaitable[Any]] = source.read
        self.read: Callable[[], Awaitable[Any]] = source.read
        """What takes the next chunk; another one while a large chunk is fed in slices."""
        self.guarded = self._waits = False
        """Whether that is a read of the source in a block of this reader; who makes it himself saves a coroutine."""

    def start(self) -> None:
        """The stream is opened now."""
        from streamkit.deadlines import guard_for, loop_clock  # noqa: PLC0415 - asyncio is no part of `import streamkit`

        clock: Callable[[], float] = self._clock or loop_clock()
        if self._clock is None:
            for timed in self._timed:
                clock = getattr(timed, "clock", None) or clock
        self._now = clock
        self.tally.opened_at = clock()
        self._paused_at = clock()
        for stage in self._pulsed:
            stage.start(self.time)
        if self._timed:
            step = min(getattr(stage, "step", STEP) for stage in self._timed)
            self._guard = guard_for(self._deadline, self.time, step)
        if self._timed or self._pulsed:
            self.read = self._whole = self._read_in_time
            self.guarded = True

    def time(self) -> float:
        """The clock without the time that the consumer took between reads (H19)."""
        return self._now() - self._paused

    def expired(self) -> Event | None:
        """The farewell of the stage whose deadline passed; None where the end is harmless."""
        now = self.time()
        for stage in self._timed:
            when = stage.deadline()
            if when is not None and now >= when:
                farewell = stage.expire(now)
                if farewell is not None:
                    return farewell
        return None

    def stop(self) -> None:
        """No timer may be left behind."""
        self._guard.disarm()

    def feed(self, feed: Callable[[Any], list[Event]], chunk: Any) -> list[Event]:
        """Feed a chunk, or as much of a large one as may be fed at once."""
        if type(chunk) is not bytes:
            return feed(chunk)
        size = len(chunk)
        if self._sliced:
            self._sliced = False
        elif size:
            tally = self.tally
            tally.size += size
            tally.reads += 1
            tally.last_at = self._paused_at if self.guarded else self._now()
            if size > tally.largest:
                tally.largest = size
                if tally.first_at is None:
                    tally.first_at = tally.last_at
        return feed(chunk) if size < SLICE else self.feed_slice(feed, chunk)

    def feed_slice(self, feed: Callable[[Any], list[Event]], chunk: bytes) -> list[Event]:
        """Feed as much of a large chunk as may be fed at once; `read` gives the rest before anything else."""
        if len(chunk) > SLICE:
            self._rest = memoryview(chunk)[SLICE:]
            self._waits, self.guarded = self.guarded, False
            self.read = self._read_slice
            chunk = chunk[:SLICE]
        out = feed(chunk)
        self._paused_at = self._now()  # so long a time of our own is not the consumer's
        return out

    def __enter__(self) -> None:
        """One read of the source begins, under the deadlines: `with reader: chunk = await source.read()`."""
        self._paused += self._now() - self._paused_at
        for stage in self._movers:
            if stage.moved:
                stage.moved = False
                self._guard.disarm()  # to be armed again for what the deadline is now
        self._guard.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        """It is over.

        Raises:
            Expired: a deadline passed first.
        """
        self._paused_at = now = self._now()
        if kind is None:
            now -= self._paused
            for stage in self._pulsed:
                stage.pulse(now)
        done: bool | None = self._guard.__exit__(kind, error, trace)
        return done

    async def _read_in_time(self) -> Any:
        with self:
            return await self._source.read()

    async def _read_slice(self) -> bytes:
        """The next slice of a large chunk, after a turn for the event loop."""
        from anyio.lowlevel import checkpoint  # noqa: PLC0415 - imported where an event loop runs

        self._paused += self._now() - self._paused_at
        try:
            when = self._deadline()
            if when is not None and self.time() >= when:
                raise Expired
            await checkpoint()
        finally:
            self._paused_at = self._now()
        for stage in self._pulsed:
            stage.pulse(self._paused_at - self._paused)
        self._sliced = True
        piece = bytes(self._rest[:SLICE])
        self._rest = self._rest[SLICE:]
        if not self._rest:
            self.read = self._whole
            self.guarded = self._waits
        return piece

    def _deadline(self) -> float | None:
        return min((when for stage in self._timed if (when := stage.deadline()) is not None), default=None)
