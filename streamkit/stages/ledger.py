"""The ledger: keeps the books of every dialect, so that what leaves it obeys the grammar.

Decoders translate and may repeat themselves. Here items are opened and closed (`books`), snapshots are judged
(`claim_books`), usage is merged, and finish reasons wait for the end marker (`closing`). Second starts and second
finishes are notices, nothing more.
"""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from streamkit.events import (
    AnnotationAdded,
    ArgumentsDelta,
    ErrorReported,
    Event,
    ItemEvent,
    ItemFinished,
    ItemStarted,
    LogprobsAdded,
    MediaAdded,
    MetadataReported,
    QuirkSeen,
    ReasoningDelta,
    RefusalDelta,
    ResponseStarted,
    SignatureReported,
    TextDelta,
    UsageReported,
)
from streamkit.evidence import (
    DetailGrown,
    EndMarker,
    FinishClaimed,
    ItemClaimed,
    PartClaimed,
    Rerouted,
    TerminalInventory,
    TextReclassified,
)
from streamkit.items import Status, Usage, is_client_call
from streamkit.jsontypes import is_same
from streamkit.limits import DEFAULT_LIMITS, Limits
from streamkit.quirks.endings import (
    after_terminal,
    content_after_finish,
    end_marker_missing,
    error_after_terminal,
    error_restated,
    usage_after_end,
    usage_zeroed,
)
from streamkit.quirks.framing import eof_partial
from streamkit.quirks.lifecycle import item_not_closed
from streamkit.quirks.registry import shown
from streamkit.stages.books import Events, Passed
from streamkit.stages.claim_books import ClaimBooks
from streamkit.stages.closing import Closing, inventory_quirks, payload_of, restates
from streamkit.stages.known_claims import has, has_all
from streamkit.stages.leak_ends import leaked_messages, reasoned_calls
from streamkit.stages.usage import merge_usage

__all__ = ["Ledger"]

CALLING = (ItemStarted, ArgumentsDelta)
"""What a call consists of."""

RESUMING = (TextDelta, ReasoningDelta, *CALLING)
"""What is not expected after a finish reason."""

CONTENT = (
    ItemStarted,
    TextDelta,
    RefusalDelta,
    ReasoningDelta,
    SignatureReported,
    ArgumentsDelta,
    AnnotationAdded,
    LogprobsAdded,
    MediaAdded,
    DetailGrown,
    PartClaimed,
    ItemClaimed,
    ItemFinished,
    TextReclassified,
)


class Ledger(ClaimBooks):
    """Between decoders, which claim, and readers, who must be able to rely on the grammar.

    Args:
        dialect: name to put on `ResponseStarted`.
        announces: the dialect promises a start before every item; a missing one is a quirk.
        closes: the dialect promises an end behind every item; a missing one is a quirk.
        expects_marker: the dialect promises an end marker behind the finish reason.
        limits: bounds on items, characters in an item, in arguments, and in all.
    """

    def __init__(
        self,
        *,
        dialect: str = "",
        announces: bool = False,
        closes: bool = False,
        expects_marker: bool = False,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        super().__init__(dialect=dialect, announces=announces, limits=limits)
        self.closes = closes
        self.expects_marker = expects_marker
        self.wants_finish = True
        """False for dialects whose complete answers simply end."""
        self._closing = Closing()
        self._usage: Usage | None = None
        self._errors: dict[tuple[str, str], None] = {}
        """Codes and messages of the errors that were told, in order."""
        self._marked = ""  # the end marker that came

    def feed(self, event: Event) -> Events:
        """The same news in grammatical form."""
        lane = self.lanes.get(event.__class__)
        if lane is not None:
            out = () if self._dead else lane(self, event)
            return (event,) if out is None else out
        return (event,) if self._started is not None else [*self._begin(), event]

    def close(self) -> Events:
        """Close what is open; give out the finish that waited for an end marker."""
        out = [] if self._started is not None else list(self._begin())
        if self._closing.finished is not None:
            return out
        usable = any(not entry.empty for entry in self._register.entries)
        if not self.wants_finish and usable and not self._closing.claims and not self._closing.broken:
            self._closing.claim(FinishClaimed(finish_reason="stop", inferred=True, neutral=True))
        if self._closing.claims and not self._errors and not self._dead:
            whole = self._closing.cut_short(self._register.entries)
            if self.expects_marker and whole:
                out.append(end_marker_missing.seen())
            return out + self._finish(terminal=False)
        out += self._close_all("incomplete")
        if self._closing.claims and not self._dead:
            out.append(self._closing.response_finished(terminal=False))
        return out

    def _response_started(self, event: ResponseStarted) -> Events:
        self._named = True
        if self._started is None:
            return self._begin(event)
        return self._metadata(
            MetadataReported(
                response_id=event.response_id,
                model=event.model,
                dialect="" if self._started.dialect else self.dialect,
                metadata=event.metadata,
            )
        )

    def _metadata(self, event: MetadataReported) -> Events:
        started = self._started
        if started is None:
            return [*self._begin(), event]
        known = event.response_id in ("", started.response_id) and event.model in ("", started.model)
        if known and not event.metadata and not event.dialect:
            return ()
        self._started = replace(
            started,
            response_id=event.response_id or started.response_id,
            model=event.model or started.model,
            dialect=started.dialect or event.dialect,
        )
        return (event,)

    def _usage_reported(self, event: UsageReported) -> Events:
        merged, zeroed = merge_usage(self._usage, event.usage, silent=not self._register.entries)
        out: list[Event] = [] if self._started is not None else list(self._begin())
        if zeroed:
            out.append(usage_zeroed.seen(detail=shown(event.usage.raw, 200)))
        if self._usage is None or not is_same(merged, self._usage):
            if self._marked == "[DONE]":
                out.append(usage_after_end.seen(detail=shown(event.usage.raw, 200)))
            self._usage = merged
            out.append(replace(event, usage=merged))
        return out

    def _error(self, event: ErrorReported) -> Events:
        if self._closing.finished is not None:
            return (error_after_terminal.seen(detail=event.error.message, data=event.error.raw),)
        told = (event.error.code, event.error.message)
        if told in self._errors:
            return ()
        if restates(event.error, self._errors):
            return (error_restated.seen(detail=event.error.message, data=event.error.raw),)
        self._errors[told] = None
        self.lanes = self._over
        out: list[Event] = [] if self._started is not None else list(self._begin())
        return [*out, Rerouted(stage=self), event]

    def _finish_claimed(self, event: FinishClaimed) -> Events:
        if self._closing.finished is not None:
            return ()
        out: list[Event] = [] if self._started is not None else list(self._begin())
        out += self._closing.claim(event)
        self._closing.resumed.pop(event.choice, None)
        if event.terminal:
            return out + self._finish(terminal=True)
        if not self._errors:
            self.lanes = self._pausing
            out.append(Rerouted(stage=self))
        return out

    def _resumed(self, event: ItemEvent) -> Events:
        """Content after the finish reason of its own choice: named once. That reason does not speak for it."""
        called = isinstance(event, CALLING)
        own = event.choice in self._closing.claims and (
            not isinstance(event, ItemStarted) or is_client_call(event.type)
        )
        out: list[Event] = []
        if own and self.lanes is self._pausing:
            self.lanes = self._resuming
            out += (Rerouted(stage=self), content_after_finish.seen())
        if own:
            self._closing.resumed[event.choice] = called or self._closing.resumed.get(event.choice, False)
        passed = Ledger.lanes[event.__class__](self, event)
        return [*out, event] if passed is None else [*out, *passed]

    def _end_marker(self, event: EndMarker) -> Events:
        if self._closing.finished is not None:
            return ()
        self._marked = event.name
        entries = self._register.entries
        if event.proof and not self._errors and not all(entry.empty for entry in entries):
            return [*self._closing.infer(event.name, entries), *self._finish(terminal=True)]
        over = bool(self._closing.claims) and (event.proof or not self._closing.unfinished(entries, marked=True))
        return self._finish(terminal=True) if over else ()

    def _finish(self, *, terminal: bool) -> list[Event]:
        """Close what is open, then give out the finish. Content that comes later is kept in a quirk (B38)."""
        self._closing.settle_neutral(self._register.entries)
        out: list[Event] = [*self._rest(), *leaked_messages(self._register.entries, self._closing.claims)]
        out += reasoned_calls(self._register.entries)
        cut = self._closing.cut(self._register.entries, closes=self.closes)
        for entry in self._register.entries:
            if not entry.open:
                continue
            status: Status = "incomplete" if entry.id in cut else "completed"
            client_side = entry.type in ("message", "reasoning") or is_client_call(entry.type)
            if self.closes and entry.announced and client_side and status == "completed":
                out.append(item_not_closed.seen(item_id=entry.id, detail=entry.type))
            out += self._close_entry(entry, status)
        out += self._closing.ended(terminal=terminal, told=bool(self._errors))
        self.lanes = self._over
        out.append(Rerouted(stage=self))
        return out

    def _late(self, event: ItemEvent) -> Events:
        """Content behind the end, or behind an error: named and kept, never part of the answer.

        What a snapshot says that its item has already is no news.
        """
        if isinstance(event, ItemFinished):
            entry, _ = self._register.find(event.key, "", event.choice)
            return self._close_entry(entry, event.status) if entry is not None and entry.open else ()
        entry = None
        if isinstance(event, ItemClaimed):
            entry, _ = self._register.find(event.key, event.type, event.choice)
            if entry is not None and has_all(entry, event):
                return ()
        elif isinstance(event, PartClaimed):
            entry, _ = self._register.find(event.key, event.item_type, event.choice)
            if entry is not None and has(entry, event.claim):
                return ()
        detail = f"{type(event).__name__} {getattr(event, 'text', '')}".strip()
        item_id = "" if entry is None else entry.id
        return (after_terminal.seen(item_id=item_id, detail=detail, data=payload_of(event)),)

    def _quirk(self, event: QuirkSeen) -> Passed:
        self._closing.broken = self._closing.broken or event.quirk == eof_partial.id
        return None if self._started is not None else [*self._begin(), event]

    def _inventory(self, event: TerminalInventory) -> Events:
        return inventory_quirks(event, self._register.entries)

    lanes: Mapping[type[Event], Callable[..., Passed]] = {
        **ClaimBooks.lanes,
        ResponseStarted: _response_started,
        MetadataReported: _metadata,
        UsageReported: _usage_reported,
        FinishClaimed: _finish_claimed,
        EndMarker: _end_marker,
        TerminalInventory: _inventory,
        ErrorReported: _error,
        QuirkSeen: _quirk,
    }
    _pausing: Mapping[type[Event], Callable[..., Passed]] = {**lanes, **dict.fromkeys(RESUMING, _resumed)}
    """Behind a finish reason."""
    _resuming: Mapping[type[Event], Callable[..., Passed]] = {**lanes, **dict.fromkeys(CALLING, _resumed)}
    """Behind content that came after one."""
    _over: Mapping[type[Event], Callable[..., Passed]] = {**lanes, **dict.fromkeys(CONTENT, _late)}
    """Behind the end, or behind an error."""
