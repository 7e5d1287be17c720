"""What belongs to an item beside its text: signatures, annotations, media."""

from msgspec.structs import replace

from streamkit.events import AnnotationAdded, Event, MediaAdded, SignatureReported
from streamkit.quirks.lifecycle import signature_repeated
from streamkit.stages.books import Books, Events
from streamkit.stages.register import Entry

__all__ = ["SideBooks"]


class SideBooks(Books):
    """The part of the ledger that keeps them. See `Ledger` for the arguments."""

    def _attach(self, event: AnnotationAdded | MediaAdded) -> Events:
        entry, out = self._entry(event, "message")
        if entry is None:
            return out
        if isinstance(event, AnnotationAdded):
            entry.annotations += 1
        elif not self._takes(entry, len(event.data) + len(event.transcript)):
            return [*out, self._overflow(entry)]
        out.append(replace(event, item_id=entry.id))
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
