"""When another attempt is made, and after how long (H14, G13, G24): stamina's back-off, the provider's word first."""

import math
from collections.abc import AsyncIterator, Iterable
from typing import Any

import msgspec

from streamkit.errors import ErrorInfo, UsageError
from streamkit.logs import logger

__all__ = ["Attempts", "Retries", "worth_another_try"]

EMPTY_ENDINGS = frozenset({"empty_stream", "no_terminal"})


class Retries(msgspec.Struct, kw_only=True, frozen=True):
    """How often a request is sent again while nothing of its answer has been delivered. Times in seconds."""

    count: int = 1
    """Further attempts after the first; 0 for none."""
    first_wait: float = 0.5
    """Before the second attempt; doubled for each further one."""
    longest_wait: float = 30.0
    """What doubling may lead to."""
    jitter: float = 0.5
    """Up to this much is added at random."""
    longest_retry_after: float = 60.0
    """The provider's own delay is obeyed up to here; a longer one is not shortened, the error is raised at once."""

    def __post_init__(self) -> None:
        """Refuse what is no time to wait.

        Raises:
            UsageError: a time is no number of seconds, 0 or more.
        """
        for name in ("first_wait", "jitter", "longest_wait", "longest_retry_after"):
            seconds: object = getattr(self, name)
            endless = seconds == math.inf and not name.startswith("longest")
            if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds >= 0 or endless:
                raise UsageError(f"Retries({name}={seconds!r:.80}) is not allowed: seconds, 0 or more")


class AttemptFailed(Exception):
    """One attempt is over and nothing of it was delivered."""

    def __init__(self, info: ErrorInfo) -> None:
        super().__init__(info.message)
        self.info = info


def worth_another_try(info: ErrorInfo) -> bool:
    """Whether the same request may succeed later, given that nothing of this answer was delivered.

    A provider's error of which nothing is known counts as such (G24); wire faults and limits never do.
    """
    if info.kind == "provider":
        return info.retryable is not False
    if info.kind == "stall":
        return info.phase == "first"
    if info.kind == "transport":
        return info.retryable is not False
    if info.kind == "truncated":
        return info.retryable is not False
    return info.retryable is True and info.code in EMPTY_ENDINGS


class Attempts:
    """The attempts of one request."""

    def __init__(self, retries: Retries) -> None:
        self._retries = retries
        self._iterator: AsyncIterator[Any] | None = None
        self._current: Any = None
        self._over = False
        self.number = 1
        """Of the attempt that is running, from 1."""

    def allows(self, info: ErrorInfo) -> bool:
        """Whether another attempt would be made after this failure."""
        return self.remain and self._delay(info) is not False

    @property
    def remain(self) -> bool:
        """Whether there could be another attempt at all."""
        return self.number <= self._retries.count and not self._over

    async def again(self, info: ErrorInfo) -> bool:
        """Wait, and start the next attempt; False where there is to be none."""
        if not self.allows(info):
            return False
        if self._iterator is None:
            self._iterator = await self._begin()
        logger().info("retrying", attempt=self.number, code=info.code, status=info.status, retry_after=info.retry_after)
        _fail(self._current, info)
        return await self._next(self._iterator)

    async def _next(self, iterator: AsyncIterator[Any]) -> bool:
        try:
            self._current = await anext(iterator)
        except AttemptFailed:
            self._over = True  # the application has switched stamina off, or bounded it
            return False
        self.number += 1
        return True

    async def _begin(self) -> AsyncIterator[Any]:
        import stamina  # noqa: PLC0415 - only where something failed

        _keep_from_standard_output()
        retries = self._retries
        context = stamina.retry_context(
            on=self._backoff,
            attempts=retries.count + 1,
            timeout=None,
            wait_initial=retries.first_wait,
            wait_max=retries.longest_wait,
            wait_jitter=retries.jitter,
        )
        iterator = aiter(context)
        self._current = await anext(iterator)
        return iterator

    def _backoff(self, exc: Exception) -> bool | float:
        return isinstance(exc, AttemptFailed) and self._delay(exc.info)

    def _delay(self, info: ErrorInfo) -> bool | float:
        """Seconds to wait as the provider says, True for stamina's back-off, False for no further attempt."""
        if not worth_another_try(info):
            return False
        if info.retry_after is None:
            return True
        return info.retry_after if info.retry_after <= self._retries.longest_retry_after else False


def _fail(attempt: Any, info: ErrorInfo) -> None:
    """Tell stamina's attempt that it failed; it remembers, and raises nothing yet."""
    with attempt:
        raise AttemptFailed(info)


def _keep_from_standard_output() -> None:
    """Stop stamina from telling an unconfigured structlog of our retries: that would print to standard output.

    Hooks stay as they are for everybody else's retries; where the application has configured structlog, for ours too.
    """
    import stamina  # noqa: PLC0415 - see above
    import structlog  # noqa: PLC0415 - see above

    hooks = stamina.instrumentation.get_on_retry_hooks()
    if structlog.is_configured() or all(isinstance(hook, _NotOurs) for hook in hooks):
        return
    stamina.instrumentation.set_on_retry_hooks(_wrapped(hooks))


def _wrapped(hooks: Iterable[Any]) -> list[Any]:
    return [hook if isinstance(hook, _NotOurs) else _NotOurs(hook) for hook in hooks]


class _NotOurs:
    """A retry hook that is not told of streamkit's retries."""

    def __init__(self, hook: Any) -> None:
        self._hook = hook

    def __call__(self, details: Any) -> Any:
        if isinstance(details.caused_by, AttemptFailed):
            return None
        return self._hook(details)
