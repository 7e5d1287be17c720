"""Pieces of text that hold the whole text so far: noticed by default, undone where a profile asks for it (F07, F08)."""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from streamkit.events import Event, ReasoningDelta, TextDelta
from streamkit.evidence import Rerouted
from streamkit.quirks.options import cumulative_content
from streamkit.quirks.remarks import cumulative_suspected
from streamkit.routing import Lane

__all__ = ["Cumulative", "CumulativeWatch"]

Channel = tuple[object, ...]

ENOUGH = 3
"""Pieces in a row that each extend the one before."""
LONG = 16
"""Characters that the last of them must have: short ones repeat each other by chance."""


class CumulativeWatch:
    """Looks at the first pieces of text, and withdraws as soon as one does not extend the one before (F07)."""

    handles: tuple[type[Event], ...] = (TextDelta,)

    def __init__(self) -> None:
        self._last = ""
        self._run = 0

    def feed(self, event: TextDelta) -> Iterable[Event]:
        """The event, and the note where it is due."""
        out = self._look(event)
        return (event,) if out is None else out

    def close(self) -> Iterable[Event]:
        """Nothing is held back."""
        return ()

    def _look(self, event: TextDelta) -> Iterable[Event] | None:
        text, last = event.text, self._last
        if not text:
            return None
        if last and not (len(text) > len(last) and text.startswith(last)):
            return self._withdraw(event)
        self._last = text
        self._run += 1
        if self._run < ENOUGH or len(text) < LONG:
            return None
        return (cumulative_suspected.seen(detail=f"{self._run} pieces"), *self._withdraw(event))

    def _withdraw(self, event: Event) -> tuple[Event, ...]:
        self.handles = ()
        return (Rerouted(), event)

    lanes: Mapping[type, Lane] = {TextDelta: _look}


class Cumulative:
    """Gives out what is new in pieces that hold the whole text so far, in each channel by itself (F07).

    A piece that does not extend the one before is given out as it is: text that repeats itself is legal (F08). Only a
    long one that says the same once more is left out: it is the whole text, told again with the finish reason.
    """

    handles: tuple[type[Event], ...] = (TextDelta, ReasoningDelta)

    def __init__(self) -> None:
        self._known: dict[Channel, str] = {}

    def feed(self, event: TextDelta | ReasoningDelta) -> Iterable[Event]:
        """The event with what is new in it."""
        kind = event.kind if isinstance(event, ReasoningDelta) else "text"
        channel = (event.choice, event.key, event.item_id, kind, event.index)
        known = self._known.get(channel, "")
        text = self._known[channel] = event.text
        if not known or not text.startswith(known) or (text == known and len(text) < LONG):
            return (event,)
        quirk = cumulative_content.seen(item_id=event.item_id)
        return (quirk, replace(event, text=text[len(known) :])) if len(text) > len(known) else (quirk,)

    def close(self) -> Iterable[Event]:
        """Nothing is held back."""
        return ()
