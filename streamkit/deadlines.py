"""Waiting for a read, no longer than a deadline that moves.

On asyncio one timer is re-armed lazily: it looks at the clock when it fires and cancels the waiting task only if the
deadline has really passed. That costs next to nothing a read, where a cancel scope around each read costs several
microseconds. Elsewhere (trio) a cancel scope is made for each read; none ever spans a `yield`.
"""

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol

from streamkit.session import Expired

__all__ = ["Guard", "asyncio_loop", "guard_for", "loop_clock"]

Deadline = Callable[[], float | None]


class Guard(Protocol):
    """A block in which one read waits under a deadline. It is entered again for each read."""

    def __enter__(self) -> object: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        """The read is over.

        Raises:
            Expired: the deadline passed first; the read was cancelled.
        """
        ...

    def disarm(self) -> None:
        """No timer may be left behind."""
        ...


class TimerGuard:
    """For asyncio: one lazily re-armed timer.

    A deadline may also move closer (silence counts for less after the first byte): the timer looks every `step` seconds
    at the latest, which must be no more than the shortest limit.
    """

    def __init__(
        self, deadline: Deadline, clock: Callable[[], float], step: float, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._deadline = deadline
        self._step = step
        self._clock = clock
        self._loop = loop
        self._handle: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[object] | None = None
        self._expired = False
        self._requests = 0

    def __enter__(self) -> None:
        self._task = task = asyncio.current_task(self._loop)
        self._requests = task.cancelling() if task is not None else 0
        if self._handle is None:
            self._arm()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
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
        wait = self._step if when is None else min(self._step, max(0.0, when - self._clock()))
        self._handle = self._loop.call_at(self._loop.time() + wait, self._fire)

    def _fire(self) -> None:
        self._handle = None
        if self._task is None:
            return
        when = self._deadline()
        if when is not None and self._clock() >= when:
            self._expired = True
            self._task.cancel()
        else:
            self._arm()


class ScopeGuard:
    """For any other event loop: a cancel scope around each read."""

    def __init__(self, deadline: Deadline, clock: Callable[[], float]) -> None:
        self._deadline = deadline
        self._clock = clock
        self._scope: Any = None

    def __enter__(self) -> None:
        import anyio  # noqa: PLC0415 - imported where an event loop runs, not by `import streamkit`

        when = self._deadline()
        self._scope = anyio.move_on_after(None if when is None else max(0.0, when - self._clock()))
        self._scope.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        scope, self._scope = self._scope, None
        done: bool | None = scope.__exit__(kind, error, trace)
        if scope.cancelled_caught:
            raise Expired
        return done

    def disarm(self) -> None:
        """See `Guard`."""


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


def guard_for(deadline: Deadline, clock: Callable[[], float], step: float) -> Guard:
    """The guard that fits the running event loop; `step` is the shortest limit behind `deadline`, in seconds."""
    loop = asyncio_loop()
    if loop is None:
        return ScopeGuard(deadline, clock)
    return TimerGuard(deadline, clock, step, loop)
