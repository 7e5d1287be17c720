"""The ledger's middle: snapshots are claims, judged against what was streamed (`claims` has the table)."""

from collections.abc import Callable, Mapping
from io import StringIO

from msgspec.structs import replace

from streamkit.events import (
    AnnotationAdded,
    ArgumentsDelta,
    Event,
    ItemFinished,
    LogprobsAdded,
    MediaAdded,
    PartReplaced,
    ReasoningDelta,
    RefusalDelta,
    SignatureReported,
    TextDelta,
)
from streamkit.evidence import ItemClaimed, PartClaimed, TextReclassified
from streamkit.items import PartKind
from streamkit.quirks.lifecycle import call_id_changed, done_differs, done_shorter, item_finished_twice
from streamkit.stages.books import Events, Passed
from streamkit.stages.claims import Settlement, parses, settle
from streamkit.stages.growing import grown
from streamkit.stages.register import Entry
from streamkit.stages.side_books import SideBooks

__all__ = ["ClaimBooks"]


class ClaimBooks(SideBooks):
    """Books that also judge claims."""

    def _part_claimed(self, event: PartClaimed) -> Events:
        claim = event.claim
        found, _ = self._register.find(event.key, event.item_type, event.choice)
        if found is not None and not found.open:
            return ()
        if found is None and not (claim.text or claim.logprobs):
            return ()
        entry, out = self._entry(event, event.item_type)
        if entry is None:
            return out
        out += self._settle(entry, claim.kind, claim.text, claim.index)
        return out + self._unsaid(entry, claim) if claim.logprobs else out

    def _settle(
        self, entry: Entry, kind: PartKind, claim: str | None, index: int, *, final: bool = True
    ) -> list[Event]:
        action, text, quirk = judged(entry, kind, claim, index)
        if action == "replace" and not final:  # said before the deltas: they know better
            return [done_differs.seen(item_id=entry.id, detail=f"{kind} {index}: kept as streamed", data=claim)]
        out: list[Event] = [] if quirk is None else [quirk.seen(item_id=entry.id, detail=f"{kind} {index}")]
        if action == "append":
            out += self._give(entry, kind, text, index)
        elif action == "replace":
            out += self._replace_part(entry, kind, index, text)
        return out

    def _give(self, entry: Entry, kind: PartKind, text: str, index: int) -> list[Event]:
        self._cool()
        size = entry.part(kind, index).write(text)
        entry.room -= size
        self._room -= 0 if kind == "arguments" else size
        if entry.room < 0 or self._room < 0:
            return [self._overflow(entry)]
        return [delta_of(entry, kind, text, index)]

    def _replace_part(self, entry: Entry, kind: PartKind, index: int, text: str) -> list[PartReplaced]:
        self._cool()
        entry.parts.pop((kind, index), None)
        entry.write, entry.sound = None, -1
        entry.part(kind, index).write(text)
        return [PartReplaced(item_id=entry.id, choice=entry.choice, kind=kind, text=text, index=index)]

    def _item_claimed(self, event: ItemClaimed) -> Events:
        if event.only_if_silent and any(e.type == event.type and not e.empty for e in self._register.entries):
            return ()
        found, _ = self._register.find(event.key, event.type, event.choice, event.call_id)
        if found is not None and not found.open:
            return (item_finished_twice.seen(item_id=found.id),) if event.finish else ()
        entry, out = self._entry(
            event, event.type, wire_id=event.wire_id, name=event.name, call_id=event.call_id, phase=event.phase
        )
        if entry is None:
            return out
        kinds: list[PartKind] = list(dict.fromkeys([claim.kind for claim in event.parts]))
        for kind in kinds:
            own = [claim for claim in event.parts if claim.kind == kind]
            if "".join(claim.text or "" for claim in own) != entry.text(kind):
                for claim in own:
                    out += self._settle(entry, kind, claim.text, claim.index, final=event.finish)
            out += self._all_unsaid(entry, kind, own)
        if event.signature and not entry.sealed(event.signature) and not self._dead:
            entry.seal = StringIO()
            entry.seal.write(event.signature)
            out.append(
                SignatureReported(
                    item_id=entry.id,
                    choice=entry.choice,
                    signature=event.signature,
                    kind=event.signature_kind,  # type: ignore[arg-type]  # decoders use the three words
                )
            )
        news = enumerate(event.annotations[entry.annotations :])
        beside: list[AnnotationAdded | MediaAdded] = [AnnotationAdded(annotation=each, index=at) for at, each in news]
        if not self._dead:
            out += self._attached(entry, [*beside, *event.media])
        entry.annotations = max(entry.annotations, len(event.annotations))
        entry.details.update(event.details)
        if entry.growing and event.finish:
            pieces = grown(entry.announced_details, entry.growing)
            entry.details.update((name, value) for name, value in pieces.items() if not entry.details.get(name))
        entry.told.update(event.details)
        if event.finish and not self._dead:
            changed = bool(event.call_id and entry.call_id and event.call_id != entry.call_id)
            if changed:
                out.append(call_id_changed.seen(item_id=entry.id, detail=f"{entry.call_id} became {event.call_id}"))
            self._cool()
            self._register.close(entry)
            out.append(
                ItemFinished(
                    sequence_number=event.sequence_number,
                    item_id=entry.id,
                    choice=entry.choice,
                    status=event.status,
                    details=entry.details,
                    name=event.name if event.name != entry.name else "",
                    call_id=event.call_id if event.call_id != entry.call_id else "",
                    phase=event.phase if event.phase != entry.phase else "",
                )
            )
        return out

    def _reclassified(self, event: TextReclassified) -> Events:
        entry, out = self._entry(event, "message")
        if entry is None:
            return out
        index = max((i for kind, i in entry.parts if kind == "text"), default=0)
        text = entry.text("text", index)
        kept = text[: max(0, len(text) - event.characters)] + event.kept
        stay, gone = self._parted(entry, index, len(kept)) if event.reasoning and entry.tokens else (None, ())
        out += (replace(each, logprobs=stay) for each in self._replace_part(entry, "text", index, kept))
        if entry.anonymous and not kept.strip():
            out += self._close_entry(entry, "completed")  # what comes next is the answer, behind its reasoning
        if event.reasoning:
            key = ("reclassified", entry.id, len(self._register.entries))
            out += self._open(key, "reasoning", event.choice, event.sequence_number)
            if not self._dead:
                delta = ReasoningDelta(key=key, choice=event.choice, text=event.reasoning)
                out += self._place(delta, "reasoning", "reasoning", 0, event.reasoning)
                if gone and not self._dead:
                    out.append(self._told(self._known[key], LogprobsAdded(choice=event.choice, logprobs=gone)))
                out += self._close_entry(self._known[key], "completed")
        return out

    lanes: Mapping[type[Event], Callable[..., Passed]] = {
        **SideBooks.lanes,
        PartClaimed: _part_claimed,
        ItemClaimed: _item_claimed,
        TextReclassified: _reclassified,
    }


def judged(entry: Entry, kind: PartKind, claim: str | None, index: int) -> Settlement:
    """What a claim amounts to. A long text is not read again for every short claim that is held against it."""
    buffer = entry.parts.get((kind, index))
    size = 0 if buffer is None else buffer.tell()
    if size and (not claim or (len(claim) < size and entry.begins(kind, index, claim))):
        return Settlement("keep", "", done_shorter)
    if kind == "arguments" and size and entry.sound == size and len(claim or "") < size and not parses(claim or ""):
        return Settlement("keep", "", done_differs)
    settlement = settle(kind, entry.text(kind, index), claim)
    if kind == "arguments" and settlement.quirk is done_differs and settlement.action == "keep":
        entry.sound = size
    return settlement


def delta_of(entry: Entry, kind: PartKind, text: str, index: int) -> Event:
    """The delta event that gives out a piece of a part of this kind."""
    item_id, choice = entry.id, entry.choice
    match kind:
        case "text":
            return TextDelta(item_id=item_id, choice=choice, text=text, index=index)
        case "refusal":
            return RefusalDelta(item_id=item_id, choice=choice, text=text, index=index)
        case "reasoning" | "summary" | "plan":
            return ReasoningDelta(item_id=item_id, choice=choice, text=text, kind=kind, index=index)
        case "arguments":
            return ArgumentsDelta(item_id=item_id, choice=choice, text=text)
        case "transcript":
            return MediaAdded(item_id=item_id, choice=choice, media_type="audio", transcript=text)
