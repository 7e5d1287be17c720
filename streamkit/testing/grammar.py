"""The grammar of every stream, checked: what `streamkit.events` promises to readers.

```python
grammar.check(streamkit.iter_events(chunks, "chat"))
```
"""

from collections.abc import Iterable

from streamkit import evidence
from streamkit.events import (
    AnnotationAdded,
    ArgumentsDelta,
    Event,
    ItemEvent,
    ItemFinished,
    ItemStarted,
    LogprobsAdded,
    MediaAdded,
    PartReplaced,
    ReasoningDelta,
    RefusalDelta,
    ResponseFinished,
    ResponseStarted,
    SignatureReported,
    StreamEnded,
    TextDelta,
    ToolCallDropped,
    ToolCallReady,
)
from streamkit.items import is_client_call

__all__ = ["GrammarChecker", "GrammarError", "check"]

DELTAS = (
    TextDelta,
    RefusalDelta,
    ReasoningDelta,
    SignatureReported,
    ArgumentsDelta,
    AnnotationAdded,
    LogprobsAdded,
    MediaAdded,
    PartReplaced,
)
VERDICTS = (ToolCallReady, ToolCallDropped)
INTERNAL: tuple[type[Event], ...] = tuple(
    kind
    for kind in vars(evidence).values()
    if isinstance(kind, type) and issubclass(kind, Event) and kind.__module__ == evidence.__name__
)
"""Events that must not leave the stages that they are meant for."""


class GrammarError(AssertionError):
    """An event that the grammar does not allow at its place."""

    def __init__(self, position: int, reason: str, event: Event | None = None) -> None:
        super().__init__(position, reason, event)
        self.position = position
        """Index of the event; behind the last one, where something is missing at the end."""
        self.reason = reason
        self.event = event

    def __str__(self) -> str:
        shown = "at the end" if self.event is None else repr(self.event)
        return f"event {self.position}: {self.reason}: {shown}"


class GrammarChecker:
    """A stage that passes everything on and raises `GrammarError` at the first event that stands in a wrong place.

    Put it behind the stages that it shall check. In a pipeline the farewell goes to the last stage only, so `close`
    asks for everything but `StreamEnded`; `check` asks for that too.
    """

    def __init__(self) -> None:
        self.position = 0
        self.ended = False
        self._started = False
        self._finished = False
        self._open: dict[str, str] = {}
        self._awaited: set[str] = set()
        self._known: set[str] = set()

    def feed(self, event: Event) -> Iterable[Event]:
        """The event.

        Raises:
            GrammarError: it must not stand here.
        """
        reason = self._judge(event)
        if reason:
            raise GrammarError(self.position, reason, event)
        self.position += 1
        return (event,)

    def close(self) -> Iterable[Event]:
        """Nothing.

        Raises:
            GrammarError: the stream stops with something open.
        """
        reason = "" if self.ended else self._unfinished()
        if not self._started:
            reason = "no ResponseStarted"
        if reason:
            raise GrammarError(self.position, reason)
        return ()

    def _judge(self, event: Event) -> str:
        """Why the event must not stand here; empty if it may."""
        if isinstance(event, INTERNAL):
            return "an internal event has leaked"
        if self.ended:
            return "an event behind StreamEnded"
        if isinstance(event, ResponseStarted):
            if self._started:
                return "a second ResponseStarted"
            self._started = True
        elif not self._started:
            return "an event before ResponseStarted"
        elif isinstance(event, StreamEnded):
            self.ended = True
            return self._unfinished()
        elif isinstance(event, ResponseFinished):
            if self._finished:
                return "a second ResponseFinished"
            self._finished = True
            return self._unfinished()
        elif isinstance(event, (ItemStarted, ItemFinished, *DELTAS, *VERDICTS)):
            return "behind ResponseFinished" if self._finished else self._judge_item(event)
        return ""

    def _judge_item(self, event: ItemEvent) -> str:
        name = event.item_id
        if isinstance(event, ItemStarted):
            if not name:
                return "an item without id"
            if name in self._known:
                return "a second item with this id"
            self._known.add(name)
            self._open[name] = event.type
        elif isinstance(event, VERDICTS):
            if name not in self._awaited:
                return "a verdict on no finished call, or a second one"
            self._awaited.discard(name)
        elif name not in self._open:
            return "for an item that is not open"
        elif isinstance(event, ItemFinished) and is_client_call(self._open.pop(name)):
            self._awaited.add(name)
        return ""

    def _unfinished(self) -> str:
        if self._open:
            return f"items are still open: {', '.join(self._open)}"
        if self._awaited:
            return f"calls have no verdict: {', '.join(sorted(self._awaited))}"
        return ""


def check(events: Iterable[Event]) -> None:
    """Check a whole stream.

    Raises:
        GrammarError: it breaks the grammar; `position` and `reason` say where and how.
    """
    checker = GrammarChecker()
    for event in events:
        checker.feed(event)
    checker.close()
    if not checker.ended:
        raise GrammarError(checker.position, "no StreamEnded")
