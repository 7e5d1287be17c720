"""A guard against answers that repeat themselves for ever (J15); off by default."""

from collections.abc import Iterable

from streamkit.errors import ErrorInfo
from streamkit.events import Event, ReasoningDelta, TextDelta
from streamkit.evidence import Halt

__all__ = ["RepetitionGuard"]

STEP = 64
"""Characters between two looks; each look costs `period` comparisons, so that the work is linear."""


class RepetitionGuard:
    """Stops reading where the end of the text is the same few characters again and again. Text is never altered.

    ```python
    streamkit.assemble(chunks, stages=[RepetitionGuard(times=20, period=200)])
    ```

    Args:
        times: how often in a row the same characters must have come.
        period: how many characters they may be, at most.
    """

    handles: tuple[type[Event], ...] = (TextDelta, ReasoningDelta)

    def __init__(self, times: int = 20, period: int = 200) -> None:
        self._times = max(2, times)
        self._period = max(1, period)
        self._ends: dict[tuple[type, int], str] = {}
        self._due: dict[tuple[type, int], int] = {}
        self._stopped = False

    def feed(self, event: TextDelta | ReasoningDelta) -> Iterable[Event]:
        """The event, and a halt behind it where it is the repetition that is too much."""
        if self._stopped:
            return (event,)
        channel = (event.__class__, event.choice)
        end = self._ends.get(channel, "") + event.text
        self._due[channel] = self._due.get(channel, 0) + len(event.text)
        if self._due[channel] < STEP:
            self._ends[channel] = end
            return (event,)
        self._due[channel] = 0
        end = self._ends[channel] = end[-self._times * self._period :]
        repeated = self._repeated(end)
        if not repeated:
            return (event,)
        self._stopped = True
        message = f"the answer repeats {repeated[:40]!r} for ever; reading stopped"
        info = ErrorInfo(kind="limit", code="repetition", limit="repetition", size=self._times, message=message)
        return (event, Halt(error=info))

    def close(self) -> Iterable[Event]:
        """Nothing is held back."""
        return ()

    def _repeated(self, end: str) -> str:
        """What is repeated at the end of the text; empty if nothing is."""
        for period in range(1, self._period + 1):
            size = period * self._times
            if size > len(end):
                return ""
            run = end[-size:]
            if run[period:] == run[:-period] and not run.isspace():
                return run[:period]
        return ""
