"""What belongs to an item beside its text: signatures, annotations, log probabilities, media."""

from collections.abc import Callable, Iterable, Mapping
from io import StringIO

import msgspec
from msgspec.structs import replace

from streamkit.events import AnnotationAdded, Event, ItemStarted, Key, LogprobsAdded, MediaAdded, SignatureReported
from streamkit.evidence import DetailGrown, NumberPassed, PartClaim
from streamkit.items import PartKind, Status
from streamkit.jsontypes import Json, is_array, is_object
from streamkit.limits import DEFAULT_LIMITS, Limits
from streamkit.quirks.lifecycle import signature_repeated
from streamkit.stages.books import Books, Events, Passed
from streamkit.stages.register import Entry

__all__ = ["SideBooks"]


class SideBooks(Books):
    """The part of the ledger that keeps them. See `Ledger` for the arguments."""

    def __init__(self, *, dialect: str = "", announces: bool = False, limits: Limits = DEFAULT_LIMITS) -> None:
        super().__init__(dialect=dialect, announces=announces, limits=limits)
        self._unplaced: dict[int, list[LogprobsAdded]] = {}
        """Per choice, the log probabilities that came before the item that they are of: its text is held back."""

    def _attach(self, event: AnnotationAdded | MediaAdded) -> Events:
        entry, out = self._entry(event, "message")
        if entry is None:
            return out
        if isinstance(event, AnnotationAdded):
            entry.annotations += 1
        out += self._attached(entry, [event])
        return out

    def _attached(self, entry: Entry, events: Iterable[AnnotationAdded | MediaAdded]) -> list[Event]:
        """These, as far as they still fit into the item."""
        out: list[Event] = []
        for event in events:
            if isinstance(event, AnnotationAdded):
                size = written((event.annotation,))
            else:
                size = len(event.data) + len(event.transcript)
            if not self._takes(entry, size):
                return [*out, self._overflow(entry)]
            out.append(replace(event, item_id=entry.id, choice=entry.choice))
        return out

    def _takes(self, entry: Entry, size: int) -> bool:
        """Whether so many characters beside the text still fit into an item."""
        self._cool()
        entry.room -= size
        return entry.room >= 0

    def _signature(self, event: SignatureReported) -> Events:
        out: list[Event] = []
        entry = self._flow.get(event.choice) if event.key is None else None
        if entry is None:
            entry, out = self._entry(event, "reasoning")
        if entry is None:
            return out
        if entry.sealed(event.signature):
            return [*out, signature_repeated.seen(item_id=entry.id)]
        if not self._takes(entry, entry.seal.write(event.signature)):
            return [*out, self._overflow(entry)]
        out.append(replace(event, item_id=entry.id))
        return out

    def _detailed(self, event: DetailGrown) -> Events:
        """A text inside an item's details: kept until the item is over, told with its end; then it says nothing new."""
        found, _ = self._register.find(event.key, event.item_type, event.choice)
        if found is not None and not found.open:
            return ()
        entry, out = self._entry(event, event.item_type)
        if entry is None:
            return out
        text = entry.growing.get(event.path)
        size = 0 if text is None else text.tell()
        if text is None or event.whole:
            text = entry.growing[event.path] = StringIO()
        grown = text.write(event.text) - (size if event.whole else 0)
        return out if self._takes(entry, grown) else [*out, self._overflow(entry)]

    def _silent(self, _: NumberPassed) -> Events:
        """What says nothing of any item."""
        return ()

    # log probabilities

    def _logprobs(self, event: LogprobsAdded) -> Events:
        """Tokens are of the item that they are said of. Without identity they open none: what is open has them.

        That is where their text went, whatever it turned out to be: reasoning between tags, a call.
        """
        if not event.logprobs:
            return ()
        if event.key is not None:
            entry, out = self._entry(event, "reasoning" if event.kind == "reasoning" else "message")
            return out if entry is None else [*out, self._told(entry, event)]
        entry = self._flow.get(event.choice) or self._latest_of(event.choice)
        if entry is not None:
            return (self._told(entry, event),)
        waiting = self._unplaced.setdefault(event.choice, [])
        waiting.append(event)
        full = len(waiting) > self._limits.held
        return self._open(None, "message", event.choice, event.sequence_number) if full else ()

    def _latest_of(self, choice: int) -> Entry | None:
        """The item that was opened last, if it is open and of this choice."""
        entries = self._register.entries
        return entries[-1] if entries and entries[-1].open and entries[-1].choice == choice else None

    def _parted(self, entry: Entry, index: int, kept: int) -> tuple[tuple[Json, ...], tuple[Json, ...]]:
        """The log probabilities that stay with an item of whose text so many characters stay, and the others."""
        stay: list[Json] = []
        go: list[Json] = []
        at = 0
        for event in entry.tokens:
            for each in event.logprobs:
                token: Json = each.get("token") if is_object(each) else None
                own = (event.kind, event.index) == ("text", index)
                known = isinstance(token, str)
                (go if own and (at >= kept if known else not kept) else stay).append(each)
                at += len(token) if own and known else 0
        entry.tokens = [LogprobsAdded(logprobs=tuple(stay))]
        return tuple(stay), tuple(go)

    def _told(self, entry: Entry, event: LogprobsAdded) -> Event:
        place = (event.kind, event.index)
        entry.logprobs[place] = entry.logprobs.get(place, 0) + len(event.logprobs)
        if not self._takes(entry, written(event.logprobs)):
            return self._overflow(entry)
        event = replace(event, item_id=entry.id)
        entry.tokens.append(event)
        return event

    def _unsaid(self, entry: Entry, claim: PartClaim) -> list[Event]:
        """The log probabilities that only a part's snapshot has."""
        news = claim.logprobs[entry.logprobs.get((claim.kind, claim.index), 0) :]
        if not news or self._dead:
            return []
        event = LogprobsAdded(choice=entry.choice, logprobs=news, kind=claim.kind, index=claim.index)
        return [self._told(entry, event)]

    def _all_unsaid(self, entry: Entry, kind: PartKind, claims: Iterable[PartClaim]) -> list[Event]:
        """The same for all parts of one kind, whatever indexes they were streamed under."""
        own = [claim for claim in claims if claim.logprobs]
        streamed = sum(count for (known, _), count in entry.logprobs.items() if known == kind)
        if sum(len(claim.logprobs) for claim in own) <= streamed:
            return []
        return [event for claim in own for event in self._unsaid(entry, claim)]

    def _placed(self, choice: int) -> list[Event]:
        """What waited for the item that was just opened."""
        waiting = self._unplaced.pop(choice, ())
        return [self._told(self._register.entries[-1], event) for event in waiting if not self._dead]

    def _rest(self) -> list[Event]:
        """What still waits, although nothing more comes: a message has it."""
        out: list[Event] = []
        for choice in () if self._dead else list(self._unplaced):
            out += self._open(None, "message", choice, None)
        return out

    def _item_started(self, event: ItemStarted) -> Events:
        out = super()._item_started(event)
        if not self._unplaced:
            return out
        opened = list(out)
        return [*opened, *self._placed(event.choice)] if opened and isinstance(opened[-1], ItemStarted) else opened

    def _open(self, key: Key, item_type: str, choice: int, sequence: int | None, **names: str) -> list[Event]:
        out = super()._open(key, item_type, choice, sequence, **names)
        return [*out, *self._placed(choice)] if self._unplaced else out

    def _close_all(self, status: Status) -> list[Event]:
        return [*self._rest(), *super()._close_all(status)]

    lanes: Mapping[type[Event], Callable[..., Passed]] = {
        **Books.lanes,
        ItemStarted: _item_started,
        SignatureReported: _signature,
        AnnotationAdded: _attach,
        LogprobsAdded: _logprobs,
        MediaAdded: _attach,
        DetailGrown: _detailed,
        NumberPassed: _silent,
    }


def written(values: tuple[Json, ...]) -> int:
    """About how many characters these values take."""
    try:
        return len(msgspec.json.encode(values))
    except (UnicodeEncodeError, RecursionError):  # as deep as can just be read (J05)
        size, waiting = 0, list(values)
        while waiting:
            value = waiting.pop()
            size += 1
            if isinstance(value, str):
                size += len(value)
            elif is_array(value):
                waiting += value
            elif is_object(value):
                size += sum(map(len, value))
                waiting += value.values()
        return size
