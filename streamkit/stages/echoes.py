"""Repetitions that a profile says are none of the answer: echoes of the prefill, placeholders (E16, F16)."""

from collections.abc import Iterable, Mapping

from streamkit.events import Event, ReasoningDelta, TextDelta
from streamkit.evidence import Rerouted
from streamkit.quirks.options import prefill_echo, reasoning_repeat
from streamkit.routing import Lane

__all__ = ["PrefillEcho", "RepeatedReasoning"]


class PrefillEcho:
    """Leaves out the first piece of text if it is the assistant message that the request ended with (F16).

    Args:
        prefill: that message.
    """

    handles: tuple[type[Event], ...] = (TextDelta,)

    def __init__(self, prefill: str) -> None:
        self._prefill = prefill

    def feed(self, event: TextDelta) -> Iterable[Event]:
        """The event, unless it is the echo."""
        out = self._first(event)
        return (event,) if out is None else out

    def close(self) -> Iterable[Event]:
        """Nothing is held back."""
        return ()

    def _first(self, event: TextDelta) -> Iterable[Event] | None:
        if not event.text:
            return None
        self.handles = ()
        echoed = event.text == self._prefill
        return (Rerouted(), prefill_echo.seen(detail=event.text) if echoed else event)

    lanes: Mapping[type, Lane] = {TextDelta: _first}


class RepeatedReasoning:
    """Leaves out pieces of reasoning that equal the piece before them (E16). Text is never touched (F08)."""

    handles: tuple[type[Event], ...] = (ReasoningDelta,)

    def __init__(self) -> None:
        self._last: dict[int, str] = {}

    def feed(self, event: ReasoningDelta) -> Iterable[Event]:
        """The event, unless it repeats the one before."""
        if event.text and event.text == self._last.get(event.choice):
            return (reasoning_repeat.seen(item_id=event.item_id, detail=event.text),)
        self._last[event.choice] = event.text
        return (event,)

    def close(self) -> Iterable[Event]:
        """Nothing is held back."""
        return ()
