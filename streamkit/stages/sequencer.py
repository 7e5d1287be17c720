"""Restores the order of numbered frames, and distrusts the numbers (B13, B33, B34).

Only a gap upwards is worth waiting for, and only for a few events: what is missing may be on its way. A stream that
left one gap open is not waited for again. Lower, equal and missing numbers pass at once. A number and content that were
seen before are a frame sent twice.

The decoder accounts for each number: a numbered frame that says nothing becomes `NumberPassed`.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from itertools import takewhile

from msgspec.structs import replace

from streamkit.events import (
    ArgumentsDelta,
    Event,
    ItemEvent,
    KeepAlive,
    MetadataReported,
    ProviderEvent,
    QuirkSeen,
    ReasoningDelta,
    ResponseStarted,
    TextDelta,
    UsageReported,
)
from streamkit.jsontypes import is_same
from streamkit.limits import DEFAULT_LIMITS, Limits
from streamkit.quirks.sequence import (
    duplicate_frame,
    resumed_midway,
    sequence_disorder,
    sequence_gap,
    sequence_restored,
)
from streamkit.routing import Lane

__all__ = ["Sequencer"]

REMEMBERED = 1024
"""How many numbered events are remembered, to know one that comes again."""

MOST_ALIKE = 64
"""How many events may have one number: no frame means more, so that beyond it numbers tell nothing."""

ASIDES = (KeepAlive, QuirkSeen, ProviderEvent, MetadataReported, UsageReported)
"""Unnumbered events whose place among others does not matter."""


class Sequencer:
    """Gives out events in the order of their numbers where that costs no trust.

    Args:
        held: how many events are held at most while a number is missing.
        limits: `held` bounds the same, from above.
    """

    handles: tuple[type[Event], ...] = (Event,)

    def __init__(self, held: int = 8, *, limits: Limits = DEFAULT_LIMITS) -> None:
        self._size = min(held, limits.held)
        self._next: int | None = None
        self._last = 0
        self._held: list[Event] = []
        self._recent: deque[Event] = deque(maxlen=REMEMBERED)
        self._headed = False
        self._first = 0
        self._reliable = True
        self._patient = True
        self._remember = self._recent.append

    @property
    def last(self) -> int | None:
        """The highest number that was given out; None where no event had one (B34)."""
        return None if self._next is None else self._next - 1

    def feed(self, event: Event) -> Iterable[Event]:
        """The event, alone or with others that it was missing for."""
        number = event.sequence_number
        if number == self._next and number is not None and not self._held:
            self._next = number + 1
            self._last = number
            self._recent.append(event)
            return (event,)
        return self._judge(event, number)

    def _quick(self, event: Event) -> Iterable[Event] | None:
        """The next number in order passes as it is."""
        number = event.sequence_number
        if number is None or number != self._next or self._held:
            return self.feed(event)
        self._next = number + 1
        self._last = number
        self._remember(event)
        return None

    def close(self) -> Iterable[Event]:
        """What was held."""
        return self._release()

    def _judge(self, event: Event, number: int | None) -> list[Event]:
        if number is None:
            self._headed = self._headed or isinstance(event, ResponseStarted)
            return [event] if not self._held or isinstance(event, ASIDES) else [*self._release(), event]
        if self._next is None:
            return self._begin(event, number)
        out = self._follow() if number != self._next - 1 else []
        if number == self._next:
            return [*out, self._pass(event, number)]
        if number > self._next:
            return out + self._hold(event, number)
        return out + self._again(event, number)

    def _begin(self, event: Event, number: int) -> list[Event]:
        """The first number: any will do."""
        self._next = self._first = number
        resumed = number > 0 and not self._headed and not isinstance(event, ResponseStarted | MetadataReported)
        quirks: list[Event] = [resumed_midway.seen(detail=f"the first number is {number}")] if resumed else []
        return [*quirks, self._pass(event, number)]

    def _pass(self, event: Event, number: int) -> Event:
        self._next = max(self._next or 0, number + 1)
        self._last = number
        self._recent.append(event)
        return event

    def _hold(self, event: Event, number: int) -> list[Event]:
        if is_among(event, self._held):
            return [duplicate_frame.seen(detail=f"number {number}")]
        self._held.append(event)
        return [] if self._patient and len(self._held) <= self._size else self._release()

    def _follow(self) -> list[Event]:
        """Held events whose turn has come."""
        out: list[Event] = []
        while waiting := [event for event in self._held if event.sequence_number == self._next]:
            self._held = [event for event in self._held if event.sequence_number != self._next]
            out += [self._pass(event, event.sequence_number or 0) for event in waiting]
        if out:
            first, last = out[0].sequence_number, out[-1].sequence_number
            return [sequence_restored.seen(detail=f"{first} to {last}" if first != last else f"{first}"), *out]
        return out

    def _release(self) -> list[Event]:
        """Everything held, in the order of the numbers: nothing more is waited for."""
        out = self._follow()
        held, self._held = sorted(self._held, key=lambda event: event.sequence_number or 0), []
        if held:
            self._patient = False
            out.append(sequence_gap.seen(detail=f"{self._next} is followed by {held[0].sequence_number}"))
        return out + [self._pass(event, event.sequence_number or 0) for event in held]

    def _again(self, event: Event, number: int) -> list[Event]:
        """A number that is not higher than all before it."""
        last = self._last
        if self._reliable:
            if number == last:  # of the same frame, or that frame again
                same = list(takewhile(lambda past: past.sequence_number == number, reversed(self._recent)))
            else:
                same = [past for past in self._recent if past.sequence_number == number]
            if number != self._first and is_among(event, same):
                return [duplicate_frame.seen(detail=f"number {number}")]
            self._reliable = len(same) < MOST_ALIKE and (not same or number == last)
        passed = self._pass(event, number)
        return [sequence_disorder.seen(detail=f"{number} after {last}"), passed] if number < last else [passed]

    lanes: Mapping[type, Lane] = {TextDelta: _quick, ArgumentsDelta: _quick, ReasoningDelta: _quick}
    """The classes that come by the thousand."""


def is_among(event: Event, past: Iterable[Event]) -> bool:
    """Whether the same was said before. The ledger has filled in the item ids of what it saw; they do not count."""
    if not isinstance(event, ItemEvent):
        return any(is_same(each, event) for each in past)
    return any(type(each) is type(event) and is_same(replace(each, item_id=event.item_id), event) for each in past)
