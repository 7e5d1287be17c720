"""Think blocks in visible text become reasoning (group E). The rules stand in `think_scan`.

Sits before the ledger: what comes in has no item ids yet, and what goes out lets the ledger open reasoning items of
their own. Text moves between channels and none is lost but tags, and white space that nothing visible follows.
"""

from collections.abc import Callable, Iterable, Mapping

from streamkit.events import (
    ErrorReported,
    Event,
    ItemEvent,
    ItemFinished,
    ItemStarted,
    Key,
    MediaAdded,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
)
from streamkit.evidence import (
    CallFragment,
    EndMarker,
    FinishClaimed,
    ItemClaimed,
    PartClaimed,
)
from streamkit.items import is_client_call
from streamkit.limits import DEFAULT_LIMITS, Limits
from streamkit.quirks.thinking import blank_text_dropped
from streamkit.routing import Lane
from streamkit.stages.leaked_markup import LeakedMarkup
from streamkit.stages.think_names import DEFAULT_NAMES, tags_named
from streamkit.stages.think_runs import Run, block_key
from streamkit.stages.think_scan import ThinkScanner
from streamkit.stages.think_texts import filter_item, filter_part

__all__ = ["ThinkTags"]

Place = tuple[int, Key]
"""A choice and the wire's key of an item in it."""


class ThinkTags:
    """Splits think blocks off visible text, live.

    Args:
        names: tag names that hold reasoning, compared without regard to the case of ASCII letters.
        brackets: also tags in square brackets, `[THINK]`.
        starts_in_think: the answer begins inside a block whose opener the server has swallowed (E04).
        limits: `text` bounds what may be held back.
        markup: what is behind this stage and is to be woken at the first `<`.
    """

    handles: tuple[type[Event], ...] = (
        TextDelta,
        ReasoningDelta,
        CallFragment,
        RefusalDelta,
        MediaAdded,
        ItemStarted,
        ItemFinished,
        PartClaimed,
        ItemClaimed,
        FinishClaimed,
        EndMarker,
        ErrorReported,
    )

    def __init__(
        self,
        names: Iterable[str] = DEFAULT_NAMES,
        *,
        brackets: bool = False,
        starts_in_think: bool = False,
        limits: Limits = DEFAULT_LIMITS,
        markup: LeakedMarkup | None = None,
    ) -> None:
        self.markup = markup
        self.enabled = True
        """False: everything passes untouched (dialects whose text never holds tags)."""
        self._tags = tags_named(tuple(names), brackets=brackets)
        self._brackets = brackets
        self._starts_inside = starts_in_think
        self._limit = limits.text
        self._run: Run | None = None
        self._keep: Callable[[str], None] | None = None
        """What remembers plain text of the current run."""
        self._thinking: Run | None = None
        """The current run, where plain text is reasoning."""
        self._choice, self._index = 0, 0
        self._key: Key = None
        self._runs: dict[int, dict[Key, Run]] = {}
        self._blocks: dict[Place, int] = {}
        self._settled: set[int] = set()
        self._beside: set[int] = set()

    def feed(self, event: Event) -> Iterable[Event]:
        """The event, or what its text turned out to be."""
        lane = self.lanes.get(type(event))
        if lane is None:
            return self._other(event) if self.enabled else (event,)
        out = lane(self, event)
        if out is None:
            return (event,)
        return (out,) if isinstance(out, Event) else out

    def _quick_text(self, event: TextDelta) -> ReasoningDelta | Iterable[Event] | None:
        """More of what the text before it was."""
        keep = self._keep
        if keep is not None and event.key == self._key and event.choice == self._choice:
            text = event.text
            if text and "<" not in text and event.index == self._index:
                keep(text)
                run = self._thinking
                return None if run is None else run.reasoning(text, run.scanner.blocks, event.sequence_number)
        return self._text(event)

    def _beside_text(self, event: ReasoningDelta | CallFragment) -> Iterable[Event] | None:
        """Reasoning and calls where no text is open: nothing to end."""
        if not self._runs and event.choice in self._beside:
            return None
        return self._other(event) if self.enabled else (event,)

    def close(self) -> Iterable[Event]:
        """What was held back."""
        return self._close_runs(self._open_runs(), beside=False)

    def _text(self, event: TextDelta) -> Iterable[Event]:
        """Text that is not simply more of the same."""
        if self.markup is not None and self.enabled and "<" in event.text:
            markup, self.markup = self.markup, None
            return (
                *markup.wake({(run.choice, run.key): run.scanner.said for run in self._open_runs()}),
                *self._text(event),
            )
        run = self._run
        out: list[Event] = []
        if run is None or event.key != run.key or event.choice != run.choice or event.index != run.index:
            if not self.enabled or not event.text:
                return (event,)
            run, out = self._switch(event)
        scanner, text = run.scanner, event.text
        if scanner.keeps(text):
            self._keep = None if self._brackets else scanner.fresh.append
            self._thinking = run if scanner.inside else None
            if not scanner.inside:
                return (*out, event)
            return (*out, run.reasoning(text, scanner.blocks, event.sequence_number)) if text else out
        self._keep = None
        out += run.events(scanner.feed(text), event.sequence_number)
        return (event,) if len(out) == 1 and out[0] == event else out

    def _switch(self, event: TextDelta) -> tuple[Run, list[Event]]:
        """The run of text of another place than before, and what ended another one."""
        out: list[Event] = []
        place = (event.choice, event.key)
        run = self._runs.get(event.choice, {}).get(event.key)
        if run is not None and run.index != event.index:
            out = self._close_runs([run], beside=False)
            run = None
        if run is None:
            scanner = ThinkScanner(
                self._tags,
                inside=self._starts_inside and place not in self._blocks and event.choice not in self._beside,
                settled=event.choice in self._settled,
                blocks=self._blocks.get(place, 0),
                limit=self._limit,
            )
            run = self._runs.setdefault(event.choice, {})[event.key] = Run(event, scanner)
            self._blocks[place] = scanner.blocks
        self._run = run
        self._keep = None
        self._choice, self._key, self._index = run.choice, run.key, run.index
        return run, out

    def _other(self, event: Event) -> Iterable[Event]:
        """Other output, and what ends a run of text."""
        if isinstance(event, TextDelta):
            return self._text(event)
        out: list[Event] = []
        if isinstance(event, FinishClaimed):
            ended = self._open_runs() if event.terminal else list(self._runs.get(event.choice, {}).values())
            out = self._close_runs(ended, beside=False)
        elif isinstance(event, EndMarker | ErrorReported):  # what comes behind an error is no part of the answer
            out = self._close_runs(self._open_runs(), beside=False)
        elif isinstance(event, ItemEvent | CallFragment):
            beside = is_beside(event)
            key = None if isinstance(event, CallFragment) else event.key
            own = self._runs.get(event.choice, {})
            ended = [run for each in dict.fromkeys((None, key)) if (run := own.get(each))]
            out = self._close_runs(ended, beside=beside)
            if beside:
                self._beside.add(event.choice)
            if isinstance(event, PartClaimed | ItemClaimed):
                return out + self._claimed(event)
        out.append(event)
        return out

    def _claimed(self, event: PartClaimed | ItemClaimed) -> list[Event]:
        """A snapshot without its blocks; its reasoning counts only where no text came before it."""
        inside = self._starts_inside and event.choice not in self._beside
        key = block_key(event.key, 1)
        if isinstance(event, PartClaimed):
            out = filter_part(self._tags, event, key, inside=inside)
        else:
            out = filter_item(self._tags, event, key, inside=inside)
        return out if (event.choice, event.key) not in self._blocks else out[-1:]

    def _open_runs(self) -> list[Run]:
        return [run for own in self._runs.values() for run in own.values()]

    def _close_runs(self, runs: list[Run], *, beside: bool) -> list[Event]:
        """End these runs; `beside`: reasoning or a call follows."""
        out: list[Event] = []
        for run in runs:
            scanner = run.scanner
            out += run.events(scanner.close(), None)
            blank = scanner.blank
            if blank and scanner.blocks and run.key is None and (beside or run.choice in self._beside):
                out.append(blank_text_dropped.seen(detail=repr(blank)))
            elif blank:
                out.append(run.text(blank, None))
            if scanner.given:
                self._beside.discard(run.choice)
            if scanner.settled:
                self._settled.add(run.choice)
            place = (run.choice, run.key)
            self._blocks[place] = scanner.blocks
            own = self._runs[run.choice]
            del own[run.key]
            if not own:
                del self._runs[run.choice]
            if self._run is run:
                self._run = self._keep = None
        return out

    lanes: Mapping[type, Lane] = {
        TextDelta: _quick_text,
        ReasoningDelta: _beside_text,
        CallFragment: _beside_text,
    }
    """The classes that come by the thousand."""


def is_beside(event: Event) -> bool:
    """Whether white space next to this event is no answer: reasoning or a call of the client's (E09)."""
    if isinstance(event, ItemStarted):
        return event.type == "reasoning" or is_client_call(event.type)
    return isinstance(event, ReasoningDelta | CallFragment)
