"""Content blocks: what a block object says, and what the decoder remembers of a block while it is streamed.

A block becomes one item. `text` is a message, `thinking` and `redacted_thinking` are reasoning, `tool_use` is a call
for the client; every other type (server-side tools, their results, compaction) keeps its own name and its whole object
in the item's details, so that nothing of it is lost for replay (D43).
"""

from streamkit.dialects.anthropic import wire
from streamkit.dialects.json_text import json_text
from streamkit.dialects.values import blocks
from streamkit.events import (
    AnnotationAdded,
    ArgumentsDelta,
    Event,
    ItemFinished,
    ItemStarted,
    Key,
    ReasoningDelta,
    SignatureReported,
    TextDelta,
)
from streamkit.jsontypes import Json, JsonObject, is_array, is_object, is_same
from streamkit.quirks.anthropic import piece_shape

__all__ = [
    "PIECE_TYPES",
    "BlockState",
    "input_text",
    "item_type",
    "opening",
    "opening_text",
    "spoken_delta",
    "text",
    "whole",
    "words",
]

ITEM_TYPES = {
    "text": "message",
    "thinking": "reasoning",
    "redacted_thinking": "reasoning",
    "tool_use": "function_call",
}
"""Block types whose items have another name."""

PIECE_TYPES: dict[type, str] = {
    wire.TextPiece: "message",
    wire.CitationPiece: "message",
    wire.ThinkingPiece: "reasoning",
    wire.SignaturePiece: "reasoning",
    wire.InputPiece: "function_call",
    wire.CompactionPiece: "compaction",
}
"""The type of item that a delta implies where its block was never started (B19)."""

SPOKEN = {"text": "text", "thinking": "thinking"}
"""Block types with characters of their own, and the member that has them."""

OWN_MEMBERS = {
    "text": ("type", "text", "citations"),
    "thinking": ("type", "thinking", "signature"),
    "redacted_thinking": ("type", "data"),
    "tool_use": ("type", "id", "name", "input"),
}
"""What an item says in its own fields and not in its details."""


class BlockState:
    """A block while it is streamed."""

    __slots__ = (
        "block",
        "closed",
        "held_input",
        "held_text",
        "index",
        "mismatched",
        "pieces",
        "placeholder",
        "plain",
        "spoke",
        "type",
    )

    def __init__(self, index: int, kind: str, block: JsonObject) -> None:
        self.index = index
        self.type = kind
        """The item's type."""
        self.block = block
        """The block's object as it was announced."""
        self.plain = plain_piece(kind)
        """The only kind of delta that needs no further thought here; None: there is none."""
        self.held_text = opening_text(block)
        """Text of the start, held until the next event of this block (B23)."""
        self.held_input: Json = block.get("input") or None
        """Input of the start, held until it is clear that no deltas follow (B25)."""
        self.placeholder = False
        """Whether its input so far is a `{}`, held until it is clear that no other text takes its place (D16)."""
        self.spoke = False
        """Whether anything was given out for it."""
        self.closed = False
        self.pieces: list[tuple[str, str]] = []
        """A compaction so far: member and piece."""
        self.mismatched: dict[str, Key] = {}
        """Keys of the items that took deltas of other kinds, by type (F26)."""

    @property
    def simple(self) -> bool:
        """Whether its plain deltas may pass without further thought."""
        if self.plain is None or self.held_text or self.held_input or self.placeholder:
            return False
        return self.spoke or self.plain is not wire.InputPiece  # the first input may be a placeholder

    def takes(self, piece: wire.Piece) -> bool:
        """Whether a delta of this kind belongs into this block; a block of a foreign type takes any."""
        return self.type not in KNOWN_TYPES or PIECE_TYPES[piece.__class__] == self.type

    def repeats(self, kind: str, block: JsonObject) -> bool:
        """Whether a start announces this very block again (B37)."""
        return not self.closed and self.type == kind and is_same(self.block.get("id"), block.get("id"))


KNOWN_TYPES = frozenset(PIECE_TYPES.values())


def plain_piece(kind: str) -> type | None:
    """The delta class that a block of this item type consists of."""
    if kind == "message":
        return wire.TextPiece
    if kind == "reasoning":
        return wire.ThinkingPiece
    return wire.InputPiece if kind == "function_call" or kind.endswith("tool_use") else None


def text(value: Json) -> str:
    """A string as it is, anything else as no text."""
    return value if isinstance(value, str) else ""


def item_type(block: JsonObject) -> str:
    """The type of the item that a block becomes; a block without a type is what its members say."""
    kind = text(block.get("type"))
    if not kind:
        kind = "tool_use" if "name" in block or "input" in block else "thinking" if "thinking" in block else "text"
    return ITEM_TYPES.get(kind, kind)


def opening_text(block: JsonObject) -> str:
    """The characters that a block's object has itself; missing or null is none (B24)."""
    for member in SPOKEN:
        value = block.get(member)
        if value and block.get("type", member) == member:
            return words(value, member)
    return ""


def words(value: Json, member: str) -> str:
    """The characters of a member: those inside a list or an object, else its JSON text, unless it is empty inside."""
    if isinstance(value, str):
        return value
    if _is_empty(value):
        return ""
    return "".join(blocks(value, member, "text", "value")) or json_text(value)


def _is_empty(value: Json) -> bool:
    """Whether a list or an object holds nothing but empty parts, be they of a type."""
    if not is_object(value) and not is_array(value):
        return False
    for part in value if is_array(value) else [value]:
        told = [each for name, each in part.items() if name != "type"] if is_object(part) else [part]
        if any(told):
            return False
    return True


def _odd_member(block: JsonObject) -> str:
    """The member whose characters are no string, and what it is instead; empty where all is well."""
    for member in SPOKEN:
        value = block.get(member)
        if value and not isinstance(value, str) and block.get("type", member) == member:
            return f"{member}: {type(value).__name__}"
    return ""


def input_text(value: Json) -> str:
    """A tool's input as argument text: an object compactly, a string as it is (B25, D17)."""
    return value if isinstance(value, str) else json_text(value)


def opening(block: JsonObject, key: Key) -> list[Event]:
    """What a block's start says at once: the item, a signature, citations. Text and input are held elsewhere."""
    kind = item_type(block)
    out: list[Event] = [
        ItemStarted(
            key=key,
            type=kind,
            name=text(block.get("name")),
            call_id=text(block.get("id")) or text(block.get("tool_use_id")),
            details=_details(block),
        )
    ]
    if data := text(block.get("data")):
        if kind == "reasoning":
            out.append(SignatureReported(key=key, kind="redacted", signature=data))
    elif kind == "reasoning" and (signature := text(block.get("signature"))):
        out.append(SignatureReported(key=key, signature=signature))
    if kind == "message":
        out += [AnnotationAdded(key=key, annotation=citation) for citation in _citations(block)]
    if odd := _odd_member(block):
        out.append(piece_shape.seen(detail=odd))
    return out


def whole(block: JsonObject, key: Key) -> list[Event]:
    """A block that came whole, as an item from its start to its end."""
    out = opening(block, key)
    if spoken := opening_text(block):
        out.append(spoken_delta(item_type(block), key, spoken))
    elif block.get("input") is not None:
        out.append(ArgumentsDelta(key=key, text=input_text(block["input"])))
    out.append(ItemFinished(key=key))
    return out


def spoken_delta(kind: str, key: Key, characters: str) -> Event:
    """A piece of a block's own characters: reasoning in a thinking block, else text."""
    return ReasoningDelta(key=key, text=characters) if kind == "reasoning" else TextDelta(key=key, text=characters)


def _citations(block: JsonObject) -> list[Json]:
    citations = block.get("citations")
    return citations if is_array(citations) else []


def _details(block: JsonObject) -> JsonObject:
    own = OWN_MEMBERS.get(text(block.get("type")))
    if own is None:
        return block
    kept = {name: value for name, value in block.items() if name not in own}
    if block.get("input") == {}:
        kept["input"] = {}  # an input that may stay as it is: no arguments are none, not a deviation
    return kept
