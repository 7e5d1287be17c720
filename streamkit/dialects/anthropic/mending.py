"""Frames that the strict types refuse: odd members put right, so that the same typed logic can read them."""

import msgspec

from streamkit.dialects.anthropic import wire
from streamkit.dialects.anthropic.blocks import SPOKEN, input_text, text, words
from streamkit.jsontypes import Json, JsonObject, is_object
from streamkit.quirks.anthropic import block_index_missing, piece_shape, piece_type_missing
from streamkit.quirks.registry import Quirk

__all__ = ["BLOCK_FRAMES", "Mended", "mend", "streams_words"]

BLOCK_FRAMES = ("content_block_start", "content_block_delta", "content_block_stop")

PIECES: dict[str, str] = {
    "text_delta": "text",
    "input_json_delta": "partial_json",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
    "citations_delta": "citation",
    "compaction_delta": "content",
}
"""Types of deltas, and the member that each is about."""

WORDS = ("text", "partial_json", "thinking", "signature", "content")
"""Members that must be strings."""


class Mended(msgspec.Struct):
    """A block frame in its typed form, and what had to be done for it."""

    frame: wire.Block | None = None
    """None: it says nothing, or it is no frame that the types know."""
    quirks: dict[Quirk, str] = {}
    unknown: str = ""
    """The type of a delta that is not known here."""


def mend(payload: JsonObject, latest: int, unused: int) -> Mended:
    """The typed form of a block frame.

    Args:
        payload: an object whose `type` is one of `BLOCK_FRAMES`.
        latest: index of the block started last, for a frame without one.
        unused: an index that no block has, for a start without one.
    """
    quirks: dict[Quirk, str] = {}
    kind: str = payload["type"]
    index = _index(payload.get("index"), quirks)
    if index is None:
        index = unused if kind == "content_block_start" else latest
        quirks[block_index_missing] = kind
    fixed: JsonObject = {"type": kind, "index": index}
    if kind == "content_block_start":
        block = payload.get("content_block")
        if not is_object(block):
            quirks[piece_shape] = "content_block"
            block = {} if block is None else {"type": "text", "text": block}
        elif not text(block.get("type")):
            quirks[piece_type_missing] = "content_block"
        fixed["content_block"] = block
    elif kind == "content_block_delta":
        piece = _piece(payload.get("delta"), quirks)
        if piece is None:
            return Mended(quirks=quirks)
        if piece["type"] not in PIECES:
            return Mended(quirks=quirks, unknown=piece["type"])
        fixed["delta"] = piece
    return Mended(frame=msgspec.convert(fixed, type=BLOCKS), quirks=quirks)


BLOCKS = wire.BlockDelta | wire.BlockStart | wire.BlockStop


def _index(value: Json, quirks: dict[Quirk, str]) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, str) and len(value) < 10 and value.isdecimal():
        quirks[piece_shape] = f"index: {value!r}"
        return int(value)
    if isinstance(value, float) and value.is_integer():
        quirks[piece_shape] = f"index: {value!r}"
        return int(value)
    return None


def _piece(delta: Json, quirks: dict[Quirk, str]) -> JsonObject | None:
    """A delta with its type and with strings where strings belong; None where it says nothing."""
    if isinstance(delta, str):
        quirks[piece_shape] = "delta"
        return {"type": "text_delta", "text": delta}
    if not is_object(delta):
        if delta is not None:
            quirks[piece_shape] = "delta"
        return None
    fixed = dict(delta)
    kind = text(delta.get("type"))
    if not kind:
        kind = next((name for name, member in PIECES.items() if delta.get(member) is not None), "")
        if not kind:
            return None
        quirks[piece_type_missing] = kind
        fixed["type"] = kind
    for member in WORDS:
        value = delta.get(member)
        if isinstance(value, str) or member != PIECES.get(kind):
            continue
        if value is None:
            return None
        fixed[member] = words(value, member) if member in SPOKEN.values() else input_text(value)
        quirks[piece_shape] = f"{member}: {type(value).__name__}"
    if kind == "citations_delta":
        fixed.setdefault("citation", None)
    return fixed


def streams_words(payload: JsonObject) -> bool:
    """Whether a frame brings a piece of running text, whose halves of characters may find each other (J01)."""
    delta = payload.get("delta")
    return is_object(delta) and any(
        isinstance(delta.get(member), str) for member in ("text", "thinking", "partial_json")
    )
