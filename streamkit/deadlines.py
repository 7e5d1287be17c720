"""Waiting for a read, no longer than a deadline that moves.

On asyncio one timer is re-armed lazily: it looks at the clock when it fires and cancels the waiting task only if the
deadline has really passed. That costs next to nothing a read, where a cancel scope around each read costs several
microseconds. Elsewhere (trio) a cancel scope is made for each read; none ever spans a `yield`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any

from streamkit.session import Expired

__all__ = ["Guard", "asyncio_loop", "guard_for", "loop_clock", "within_grace"]

Deadline = Callable[[], float | None]

GRACE = 1.0
"""Seconds that closing what stands behind a stream may take."""


class Guard:
    """A block in which one read waits under a deadline, entered again for each read; and the clock of those reads.

    Args:
        deadline: when to give up, on this guard's own clock (`time`); None for never.
        now: the clock underneath, in seconds.
    """

    def __init__(self, deadline: Deadline, now: Callable[[], float]) -> None:
        self._deadline = deadline
        self._now = now
        self.paused = 0.0
        """Seconds between reads so far."""
        self.left_at = now()
        """When the latest read was over, on the clock underneath."""

    def time(self) -> float:
        """The clock without the time between reads: that is the consumer's own (H19)."""
        return self._now() - self.paused

    def resume(self) -> None:
        """The consumer's time is over."""
        self.paused += self._now() - self.left_at

    def leave(self) -> None:
        """The consumer's time begins."""
        self.left_at = self._now()

    def __enter__(self) -> None:
        self.resume()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        """The read is over.

        Raises:
            Expired: the deadline passed first; the read was cancelled.
        """
        self.leave()
        return None

    def disarm(self) -> None:
        """No timer may be left behind."""


class TimerGuard(Guard):
    """For asyncio: one lazily re-armed timer.

    A deadline may also move closer (silence counts for less after the first byte): the timer looks every `step` seconds
    at the latest, which must be no more than the shortest limit, and is armed again where a stage in `movers` says that
    it has `moved`.
    """

    def __init__(
        self,
        deadline: Deadline,
        now: Callable[[], float],
        step: float,
        loop: asyncio.AbstractEventLoop,
        movers: tuple[Any, ...] = (),
    ) -> None:
        super().__init__(deadline, now)
        self._step = step
        self._loop = loop
        self._movers = movers
        self._handle: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[object] | None = None
        self._expired = False
        self._requests = 0

    def __enter__(self) -> None:
        self.paused += self._now() - self.left_at  # `resume`, without the call
        for stage in self._movers:
            if stage.moved:
                stage.moved = False
                self.disarm()
        self._task = task = asyncio.current_task(self._loop)
        self._requests = task.cancelling() if task is not None else 0
        if self._handle is None:
            self._arm()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.left_at = self._now()  # `leave`
        task, self._task = self._task, None
        if kind is None or not self._expired or task is None or not isinstance(error, asyncio.CancelledError):
            return
        if task.uncancel() <= self._requests:
            raise Expired from None

    def disarm(self) -> None:
        """See `Guard`."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _arm(self) -> None:
        when = self._deadline()
        wait = self._step if when is None else min(self._step, max(0.0, when - self.time()))
        self._handle = self._loop.call_at(self._loop.time() + wait, self._fire)

    def _fire(self) -> None:
        self._handle = None
        if self._task is None:
            return
        when = self._deadline()
        if when is not None and self.time() >= when:
            self._expired = True
            self._task.cancel()
        else:
            self._arm()


class ScopeGuard(Guard):
    """For any other event loop, or a clock that is not the loop's: a cancel scope around each read."""

    def __init__(self, deadline: Deadline, now: Callable[[], float]) -> None:
        super().__init__(deadline, now)
        self._scope: Any = None

    def __enter__(self) -> None:
        import anyio  # noqa: PLC0415 - imported where an event loop runs, not by `import streamkit`

        self.resume()
        when = self._deadline()
        wait = None if when is None else when - self.time()
        if wait is not None and wait <= 0:  # a scope would only see that where the read has to wait
            self.leave()
            raise Expired
        self._scope = anyio.move_on_after(wait)
        self._scope.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        self.leave()
        scope, self._scope = self._scope, None
        done: bool | None = scope.__exit__(kind, error, trace)
        if scope.cancelled_caught:
            raise Expired
        return done


async def within_grace(closing: Awaitable[Any]) -> None:
    """Wait for something to be closed, whoever is cancelled meanwhile, but no longer than `GRACE`."""
    import anyio  # noqa: PLC0415 - imported where an event loop runs, not by `import streamkit`

    with anyio.move_on_after(GRACE, shield=True):
        await closing


def asyncio_loop() -> asyncio.AbstractEventLoop | None:
    """The asyncio loop that runs the caller; None under trio, also where trio is a guest of an asyncio loop."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return None
    return None if task is None else asyncio.get_running_loop()


def loop_clock() -> Callable[[], float]:
    """The clock of the event loop that is running, in seconds; may be read from its callbacks too (H18)."""
    loop = asyncio_loop()
    if loop is None:
        import anyio  # noqa: PLC0415 - imported where an event loop runs, not by `import streamkit`

        return anyio.current_time
    if type(loop).time is asyncio.BaseEventLoop.time and "time" not in vars(loop):
        return time.monotonic  # the very same, without a call of a method around it
    return loop.time


def guard_for(
    deadline: Deadline, now: Callable[[], float], step: float, movers: tuple[Any, ...] = (), *, foreign: bool = False
) -> Guard:
    """The guard that fits the running event loop.

    Args:
        deadline: when to give up, on the guard's clock; None for never.
        now: gives seconds.
        step: the shortest limit behind `deadline`, in seconds.
        movers: stages whose `moved` says that the deadline may have come closer than that; it is cleared.
        foreign: the clock is none of the event loop's, which therefore cannot say when to look at it again.
    """
    loop = None if foreign else asyncio_loop()
    if loop is None:
        return ScopeGuard(deadline, now)
    return TimerGuard(deadline, now, step, loop, movers)
