"""A model's own markup is kept out of visible text: calls that no parser took, harmony channels (D32-D34, D37).

Sits behind `ThinkTags`, which wakes it at the first `<` of a stream: before that it wants nothing, and text passes by
without a call. The rules stand in `leak_scan`.
"""

from collections.abc import Collection, Iterable, Mapping

from msgspec.structs import replace

from streamkit.events import (
    ArgumentsDelta,
    ErrorReported,
    Event,
    ItemEvent,
    ItemFinished,
    ItemStarted,
    Key,
    LogprobsAdded,
    ReasoningDelta,
    TextDelta,
)
from streamkit.evidence import CallFragment, EndMarker, FinishClaimed, ItemClaimed, PartClaimed, Rerouted
from streamkit.limits import DEFAULT_LIMITS, Limits
from streamkit.quirks.leaks import harmony_in_content, leaked_call_recovered, leaked_tool_markup
from streamkit.routing import Lane
from streamkit.stages.leak_families import recovered
from streamkit.stages.leak_scan import LeakScanner, Shred

__all__ = ["LeakedMarkup", "Place"]

Place = tuple[int, Key]
"""A choice and the wire's key of an item in it."""

FAR = 1_000_000
"""Indexes of recovered calls begin here: no wire has as many."""

WHOLE = ("stop", "tool_calls", "unknown")
"""Finish reasons that say no more than that the model ended its turn."""


AWAKE: tuple[type[Event], ...] = (TextDelta, ItemEvent, CallFragment, FinishClaimed, EndMarker, ErrorReported)
"""What is looked at from the first `<` on."""


class LeakedMarkup:
    """Finds markup in visible text, live.

    Args:
        recover: read complete calls to offered tools from the markup; by default nothing is called because of it.
        tools: names of the tools that were offered.
        limits: `text` bounds what may be held back.
    """

    handles: tuple[type[Event], ...] = ()

    def __init__(
        self, *, recover: bool = False, tools: Collection[str] | None = None, limits: Limits = DEFAULT_LIMITS
    ) -> None:
        self._recover = recover
        self._tools = tools
        self._limit = limits.text
        self._scanners: dict[int, dict[Key, LeakScanner]] = {}
        """By choice and key: the runs of text that are open."""
        self._leaked: set[int] = set()
        self._called: set[int] = set()
        self._finished: set[int] = set()
        self._number = 0
        self._asides: dict[int, Key] = {}
        """Per choice, the commentary that is open."""

    def wake(self, histories: dict[Place, str]) -> Iterable[Event]:
        """From now on look at text, which the pipeline is to be told. `histories`: what open runs have given out."""
        self.handles = AWAKE
        for place, history in histories.items():
            choice, key = place
            self._scanners.setdefault(choice, {})[key] = LeakScanner(history, self._limit)
        return (Rerouted(),)

    def feed(self, event: Event) -> Iterable[Event]:
        """The event, or what its text turned out to be."""
        if isinstance(event, TextDelta):
            out = self._text(event)
            return (event,) if out is None else out
        return self._other(event)

    def close(self) -> Iterable[Event]:
        """What was held back."""
        return self._end(self._all())

    def _all(self) -> list[Place]:
        return [place for choice in self._scanners for place in self._of(choice)]

    def _of(self, choice: int) -> list[Place]:
        return [(choice, key) for key in self._scanners.get(choice, ())]

    def _text(self, event: TextDelta) -> Iterable[Event] | None:
        own = self._scanners.get(event.choice)
        if own is None:
            own = self._scanners[event.choice] = {}
        scanner = own.get(event.key)
        if scanner is None:
            scanner = own[event.key] = LeakScanner(limit=self._limit)
        if scanner.plain and "<" not in event.text:
            scanner.fresh.append(event.text)
            return None
        shreds = scanner.feed(event.text)
        if len(shreds) == 1 and shreds[0].channel == "text" and shreds[0].text == event.text:
            return None
        return self._events(shreds, event.choice, event.key, event.index)

    def _beside(self, event: ReasoningDelta | ArgumentsDelta) -> Iterable[Event] | None:
        """Reasoning and arguments where no text is open: nothing to end."""
        return self._other(event) if event.choice in self._scanners else None

    def _other(self, event: Event) -> Iterable[Event]:
        """Other output ends a run of text; the finish of a choice ends all of its runs."""
        if isinstance(event, EndMarker):
            out = self._end(self._all())
            return [*out, *(self._cut() if event.proof else ()), event]
        if isinstance(event, ErrorReported):  # what comes behind an error is no part of the answer
            return [*self._end(self._all()), event]
        if isinstance(event, FinishClaimed):
            out = self._end(self._all() if event.terminal else self._of(event.choice))
            return [*out, self._finish(event)]
        if isinstance(event, CallFragment):
            self._called.add(event.choice)
            return [*self._end([(event.choice, None)]), event]
        if isinstance(event, ItemEvent) and not isinstance(event, PartClaimed | ItemClaimed | LogprobsAdded):
            return [*self._end([(event.choice, None), (event.choice, event.key)]), event]
        return (event,)

    def _end(self, places: Iterable[Place]) -> list[Event]:
        out: list[Event] = []
        for place in dict.fromkeys(places):
            own = self._scanners.get(place[0], {})
            scanner = own.pop(place[1], None)
            if scanner is not None:
                if not own:
                    del self._scanners[place[0]]
                out += self._events(scanner.feed("", final=True), *place, 0)
                out += self._end_aside(place[0])
        return out

    def _end_aside(self, choice: int) -> list[Event]:
        key = self._asides.pop(choice, None)
        return [] if key is None else [ItemFinished(choice=choice, key=key)]

    def _events(self, shreds: list[Shred], choice: int, key: Key, index: int) -> list[Event]:
        out: list[Event] = []
        for shred in shreds:
            if shred.header or shred.channel != "commentary":
                out += self._end_aside(choice)
            if shred.channel == "leak":
                out += self._leak(shred, choice)
            elif shred.header:
                out += self._channel(shred, choice)
            elif shred.channel == "text":
                out.append(TextDelta(choice=choice, key=key, index=index, text=shred.text))
            elif shred.channel == "reasoning":
                own = None if key is None else ("harmony", self._number)
                out.append(ReasoningDelta(choice=choice, key=own, text=shred.text))
            else:
                out.append(TextDelta(choice=choice, key=self._asides[choice], text=shred.text))
        return out

    def _channel(self, shred: Shred, choice: int) -> list[Event]:
        """A channel begins; commentary is a message of its own (B15)."""
        self._number += 1
        out: list[Event] = [harmony_in_content.seen(detail=shred.text)]
        if shred.channel == "commentary":
            own = self._asides[choice] = ("harmony", self._number)
            out.append(ItemStarted(choice=choice, key=own, type="message", phase="commentary"))
        return out

    def _leak(self, shred: Shred, choice: int) -> list[Event]:
        calls = recovered(shred.text, self._tools) if self._recover and shred.complete else []
        if calls:
            self._called.add(choice)
            out: list[Event] = [leaked_call_recovered.seen(detail=f"{shred.family}: {name}") for name, _ in calls]
            for name, text in calls:
                self._number += 1
                index = FAR + self._number
                extra = {"provenance": "text"}
                out.append(CallFragment(choice=choice, index=index, name=name, arguments=text, whole=True, extra=extra))
            return out
        self._leaked.add(choice)
        data = {"family": shred.family, "raw": shred.text}
        return [leaked_tool_markup.seen(detail=f"{shred.family}: {shred.text}", data=data)]

    def _finish(self, event: FinishClaimed) -> FinishClaimed:
        """An answer whose call leaked is not whole, whatever its finish reason says."""
        self._finished.add(event.choice)
        if event.choice not in self._leaked - self._called or event.finish_reason not in WHOLE:
            return event
        return replace(event, finish_reason="truncated", status="incomplete")

    def _cut(self) -> list[Event]:
        """The finish of choices that have none and whose call leaked."""
        return [
            FinishClaimed(choice=choice, finish_reason="truncated", status="incomplete", inferred=True)
            for choice in sorted(self._leaked - self._called - self._finished)
        ]

    lanes: Mapping[type, Lane] = {TextDelta: _text, ReasoningDelta: _beside, ArgumentsDelta: _beside}
