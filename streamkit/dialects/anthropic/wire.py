"""The frames of the Messages API as strict types: only the members that are used, tagged by `type`.

A frame that these types refuse is not wrong yet: it goes to the untyped, tolerant path. Frames that come once in a
stream are only tagged here; their handlers read the payload untyped, members that no document names included.
"""

from typing import Final, TypeAlias

import msgspec

from streamkit.jsontypes import Json, JsonObject

__all__ = [
    "FRAME",
    "MEMBERS",
    "Block",
    "BlockDelta",
    "BlockStart",
    "BlockStop",
    "CitationPiece",
    "CompactionPiece",
    "InputPiece",
    "Message",
    "MessageDelta",
    "MessageStart",
    "MessageStop",
    "Piece",
    "Ping",
    "SignaturePiece",
    "TextPiece",
    "ThinkingPiece",
]


class TextPiece(msgspec.Struct, gc=False, tag_field="type", tag="text_delta"):
    """A piece of visible text."""

    text: str


class InputPiece(msgspec.Struct, gc=False, tag_field="type", tag="input_json_delta"):
    """A piece of a tool's input."""

    partial_json: str


class ThinkingPiece(msgspec.Struct, gc=False, tag_field="type", tag="thinking_delta"):
    """A piece of readable reasoning."""

    thinking: str


class SignaturePiece(msgspec.Struct, gc=False, tag_field="type", tag="signature_delta"):
    """The proof of a thinking block."""

    signature: str


class CitationPiece(msgspec.Struct, gc=False, tag_field="type", tag="citations_delta"):
    """A citation of a text block."""

    citation: Json


class CompactionPiece(msgspec.Struct, gc=False, tag_field="type", tag="compaction_delta"):
    """The summary that replaces the conversation so far."""

    content: str | None = None
    encrypted_content: str | None = None


Piece: TypeAlias = TextPiece | InputPiece | ThinkingPiece | SignaturePiece | CitationPiece | CompactionPiece
"""What a block delta holds."""

MEMBERS: Final[dict[type[Piece], str]] = {TextPiece: "text", InputPiece: "partial_json", ThinkingPiece: "thinking"}
"""Where the pieces that come by the thousand hold their text."""


class BlockDelta(msgspec.Struct, gc=False, tag_field="type", tag="content_block_delta"):
    """A piece of a block."""

    index: int
    delta: Piece


class BlockStart(msgspec.Struct, gc=False, tag_field="type", tag="content_block_start"):
    """A block begins."""

    index: int
    content_block: JsonObject


class BlockStop(msgspec.Struct, gc=False, tag_field="type", tag="content_block_stop"):
    """A block is over."""

    index: int


class MessageStart(msgspec.Struct, gc=False, tag_field="type", tag="message_start"):
    """The answer begins."""


class MessageDelta(msgspec.Struct, gc=False, tag_field="type", tag="message_delta"):
    """Why the answer stopped, and what it cost."""


class MessageStop(msgspec.Struct, gc=False, tag_field="type", tag="message_stop"):
    """The answer is over."""


class Ping(msgspec.Struct, gc=False, tag_field="type", tag="ping"):
    """The socket is alive."""


Block: TypeAlias = BlockDelta | BlockStart | BlockStop

Message: TypeAlias = Block | MessageStart | MessageDelta | MessageStop | Ping

FRAME = msgspec.json.Decoder(Message)
"""Decodes one frame of the kinds above; raises `msgspec.DecodeError` (or its subclass) for all others."""
