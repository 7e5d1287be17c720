"""Halves of characters end here, wherever in an event they stand: joined where both come, else U+FFFD (J01).

Decoders join the halves in the deltas that they know. What they leave (argument text, details, frames that are passed
on) is made whole behind them. Asleep until a payload was read that has halves: healthy streams pass by without a call.
"""

from collections.abc import Iterable
from operator import is_
from typing import Any, TypeGuard, cast

from msgspec import Struct
from msgspec.structs import replace

from streamkit.characters import SurrogateJoiner, scrub
from streamkit.events import (
    ArgumentsDelta,
    ErrorReported,
    Event,
    ItemFinished,
    Key,
    QuirkSeen,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
)
from streamkit.evidence import EndMarker, FinishClaimed, ItemClaimed, NumberPassed, PartClaimed, Rerouted
from streamkit.jsontypes import is_array, is_object, scrub_all
from streamkit.quirks.payloads import lone_surrogate

__all__ = ["WholeCharacters"]

ASLEEP: tuple[type[Event], ...] = (QuirkSeen,)
AWAKE: tuple[type[Event], ...] = (Event,)

Delta = TextDelta | RefusalDelta | ReasoningDelta | ArgumentsDelta
CLOSING = (ItemFinished, ItemClaimed, PartClaimed, FinishClaimed, EndMarker, ErrorReported)
"""Behind these no second half is waited for."""


class WholeCharacters:
    """Stands behind the decoder."""

    handles: tuple[type[Event], ...] = ASLEEP

    def __init__(self) -> None:
        self._joiner = SurrogateJoiner()

    def feed(self, event: Event) -> Iterable[Event]:
        """The event with whole characters."""
        if self.handles is ASLEEP:
            if not isinstance(event, QuirkSeen) or event.quirk != lone_surrogate.id:
                return (event,)
            self.handles = AWAKE
            return (event, Rerouted())
        if isinstance(event, Delta):
            return (self._delta(event),)
        whole = cast("Event", cleaned(event))
        return (*self.close(), whole) if isinstance(event, CLOSING) else (whole,)

    def close(self) -> Iterable[Event]:
        """What no second half came for."""
        return [cast("Event", replace(cast("Delta", delta), text=held)) for delta, held in self._joiner.flush()]

    def _delta(self, event: Delta) -> Event:
        """What can be said of this piece; a number whose piece says nothing yet is accounted for."""
        key: Key = cleaned(event.key)
        text = self._joiner.join(replace(event, key=key, text="", sequence_number=None), event.text)
        if not text:
            return NumberPassed(sequence_number=event.sequence_number)
        return event if text == event.text and key == event.key else replace(event, key=key, text=text)


def cleaned(value: Any) -> Any:
    """The same value without halves: JSON is changed where it stands, however deep, anything else is made anew."""
    if isinstance(value, str):
        return scrub(value)
    if is_object(value) or is_array(value):
        return scrub_all(value)
    if is_tuple(value):
        whole = tuple(map(cleaned, value))
        return value if all(map(is_, whole, value)) else whole
    if isinstance(value, Struct):
        members = {name: getattr(value, name) for name in value.__struct_fields__}
        news = {name: new for name, member in members.items() if (new := cleaned(member)) is not member}
        return replace(value, **news) if news else value
    return value


def is_tuple(value: Any) -> TypeGuard[tuple[Any, ...]]:
    return isinstance(value, tuple)
