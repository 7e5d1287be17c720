"""What the builder keeps while a stream goes on: items that grow, and how often each quirk was seen."""

from io import StringIO

import msgspec

from streamkit.events import ItemStarted
from streamkit.items import Item, Part, PartKind, Status, ToolCall
from streamkit.jsontypes import Json, JsonObject

__all__ = ["ItemDraft", "QuirkTally"]


class QuirkTally(msgspec.Struct, kw_only=True, frozen=True):
    """One quirk as a response reports it."""

    id: str
    effect: str
    count: int
    """How often it was seen."""
    detail: str = ""
    """What the first occurrence said."""
    item_ids: tuple[str, ...] = ()
    """Items concerned, the first hundred."""
    data: Json = None
    """The first payload that was kept with it."""


class ItemDraft:
    """An item while it grows."""

    __slots__ = (
        "annotations",
        "call",
        "choice",
        "details",
        "id",
        "logprobs",
        "media",
        "parts",
        "phase",
        "position",
        "signature",
        "signature_kind",
        "status",
        "type",
    )

    def __init__(self, started: ItemStarted) -> None:
        self.id = started.item_id
        self.type = started.type
        self.choice = started.choice
        self.phase = started.phase
        self.position = started.position
        self.status: Status = "in_progress"
        self.parts: dict[tuple[PartKind, int], StringIO] = {}
        self.annotations: list[Json] = []
        self.logprobs: list[Json] = []
        self.media: list[JsonObject] = []
        self.signature: list[str] = []
        self.signature_kind = ""
        self.details: JsonObject = dict(started.details)
        self.call: ToolCall | None = None

    def part(self, kind: PartKind, index: int) -> StringIO:
        """The buffer of one part."""
        buffer = self.parts.get((kind, index))
        if buffer is None:
            buffer = self.parts[kind, index] = StringIO()
        return buffer

    @property
    def hollow(self) -> bool:
        """Whether all its text turned out to be reasoning, so that nothing of it is left (E04)."""
        parts = self.parts.values()
        return (
            bool(parts)
            and not any(buffer.tell() for buffer in parts)
            and not (self.call or self.signature or self.media or self.annotations or self.logprobs)
        )

    def item(self) -> Item:
        """The item as it is now."""
        return Item(
            id=self.id,
            type=self.type,
            status=self.status,
            choice=self.choice,
            parts=tuple(Part(kind, buffer.getvalue(), index) for (kind, index), buffer in self.parts.items()),
            phase=self.phase,
            call=self.call,
            signature="".join(self.signature),
            signature_kind=self.signature_kind,
            annotations=tuple(self.annotations),
            logprobs=tuple(self.logprobs),
            media=tuple(self.media),
            details=self.details,
        )
