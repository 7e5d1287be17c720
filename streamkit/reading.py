"""Reading for the asynchronous face: deadlines, the consumer's own time, and large chunks in slices.

A chunk that holds a million comments, fed whole, is parsed without a pause. In slices, with a turn for the event loop
between them, deadlines and cancellations are obeyed; chunking never changes the result.
"""

from collections.abc import Awaitable, Callable
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


class Reader:
    """Reads a source under the deadlines of those stages that have some, and feeds what it gave."""

    def __init__(
        self,
        source: Source,
        timed: list[Timed[Event]],
        pulsed: list[Pulsed],
        clock: Callable[[], float] | None,
        feed: Callable[[Any], list[Event]],
    ) -> None:
        self._source = source
        self._feed = feed
        self.tally = Tally()
        self._timed = timed
        self._pulsed = tuple(pulsed)
        self._clock = clock
        self._now: Callable[[], float] = float
        self._clocked: Any = None
        """The guard of this stream, if any stage has deadlines or wants to know when bytes come."""
        self._rest = NOTHING
        self._sliced = False
        """Whether the chunk at hand is a slice of one that was counted."""
        self.read: Callable[[], Awaitable[Any]] = source.read
        """What takes the next chunk; another one while a large chunk is fed in slices."""
        self.guard: Any = None
        """The block that a read of the source has to stand in. None where `read` is to be called: for want of
        deadlines, or while a large chunk is fed in slices."""

    def start(self) -> None:
        """The stream is opened now."""
        from streamkit.deadlines import Guard, guard_for, loop_clock  # noqa: PLC0415 - asyncio is no part of the import

        given = self._clock
        if given is None:
            for timed in self._timed:
                given = getattr(timed, "clock", None) or given
        clock = given or loop_clock()
        self._now = clock
        self.tally.opened_at = clock()
        if self._timed:
            step = min(getattr(stage, "step", STEP) for stage in self._timed)
            movers = tuple(stage for stage in self._timed if hasattr(stage, "moved"))
            deadline = self._timed[0].deadline if len(self._timed) == 1 else self._deadline
            self._clocked = guard_for(deadline, clock, step, movers, foreign=given is not None)
        elif self._pulsed:
            self._clocked = Guard(self._deadline, clock)
        for stage in self._pulsed:
            stage.start(self._clocked.time)
        self._whole()

    def _whole(self) -> None:
        """The next read is one of the source."""
        self.guard = self._clocked
        self.read = self._source.read if self.guard is None else self._read_in_time

    def expired(self) -> Event | None:
        """The farewell of the stage whose deadline passed; None where the end is harmless."""
        now = self._clocked.time()
        for stage in self._timed:
            when = stage.deadline()
            if when is not None and now >= when:
                farewell = stage.expire(now)
                if farewell is not None:
                    return farewell
        return None

    def stop(self) -> None:
        """No timer may be left behind."""
        if self._clocked is not None:
            self._clocked.disarm()

    def feed(self, chunk: Any) -> list[Event]:
        """Feed a chunk, or as much of a large one as may be fed at once."""
        for stage in self._pulsed:
            stage.pulse(self._clocked.left_at - self._clocked.paused)
        cuttable = type(chunk) is bytes
        size = len(chunk if cuttable else chunk.data)
        if self._sliced:
            self._sliced = False
        elif size:
            tally = self.tally
            tally.size += size
            tally.reads += 1
            tally.last_at = self._now() if self.guard is None else self.guard.left_at
            if size > tally.largest:
                tally.largest = size
                if tally.first_at is None:
                    tally.first_at = tally.last_at
        return self.feed_slice(chunk) if size >= SLICE and cuttable else self._feed(chunk)

    def feed_slice(self, chunk: bytes) -> list[Event]:
        """Feed as much of a large chunk as may be fed at once; `read` gives the rest before anything else."""
        if len(chunk) > SLICE:
            self._rest = memoryview(chunk)[SLICE:]
            self.guard, self.read = None, self._read_slice
            chunk = chunk[:SLICE]
        out = self._feed(chunk)
        if self._clocked is not None:
            self._clocked.leave()  # so long a time of our own is not the consumer's
        return out

    async def _read_in_time(self) -> Any:
        with self._clocked:
            return await self._source.read()

    async def _read_slice(self) -> bytes:
        """The next slice of a large chunk, after a turn for the event loop."""
        from anyio.lowlevel import checkpoint  # noqa: PLC0415 - imported where an event loop runs

        guard = self._clocked
        if guard is None:
            await checkpoint()
        else:
            guard.resume()
            try:
                when = self._deadline()
                if when is not None and guard.time() >= when:
                    raise Expired
                await checkpoint()
            finally:
                guard.leave()
        self._sliced = True
        piece = bytes(self._rest[:SLICE])
        self._rest = self._rest[SLICE:]
        if not self._rest:
            self._whole()
        return piece

    def _deadline(self) -> float | None:
        return min((when for stage in self._timed if (when := stage.deadline()) is not None), default=None)
