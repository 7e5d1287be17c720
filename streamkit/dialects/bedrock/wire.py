"""The events of ConverseStream as strict types. An event's name stands in its headers, not in its payload."""

import msgspec

from streamkit.jsontypes import Json

__all__ = [
    "DELTA_MEMBERS",
    "EVENTS",
    "MEMBERS",
    "BlockDelta",
    "BlockStart",
    "BlockStop",
    "Chunk",
    "Members",
    "MessageStart",
    "MessageStop",
    "Metadata",
    "ReasoningDelta",
]


class ToolUseDelta(msgspec.Struct, gc=False):
    input: Json = None


class ReasoningDelta(msgspec.Struct, gc=False, rename="camel"):
    """Reasoning: text, the signature over it, or a redacted payload."""

    text: str | None = None
    signature: str | None = None
    redacted_content: str | None = None


class Delta(msgspec.Struct, gc=False, rename="camel"):
    text: str | None = None
    tool_use: ToolUseDelta | None = None
    reasoning_content: ReasoningDelta | None = None
    citation: Json = None
    tool_result: Json = None
    image: Json = None


DELTA_MEMBERS = frozenset(field.encode_name for field in msgspec.structs.fields(Delta))


class BlockDelta(msgspec.Struct, gc=False, rename="camel"):
    """A piece of a content block."""

    delta: Delta
    content_block_index: int


class ToolUse(msgspec.Struct, gc=False, rename="camel"):
    name: str | None = None
    tool_use_id: str | None = None
    type: str | None = None


class Start(msgspec.Struct, gc=False, rename="camel"):
    tool_use: ToolUse | None = None
    tool_result: Json = None
    image: Json = None


class BlockStart(msgspec.Struct, gc=False, rename="camel"):
    """A content block begins; text blocks have none (B19)."""

    content_block_index: int
    start: Start | None = None


class BlockStop(msgspec.Struct, gc=False, rename="camel"):
    """A content block is over."""

    content_block_index: int


class MessageStart(msgspec.Struct, gc=False):
    """The answer begins."""

    role: str | None = None


class MessageStop(msgspec.Struct, gc=False, rename="camel"):
    """Why the answer stopped."""

    stop_reason: str | None = None
    additional_model_response_fields: Json = None


class Metadata(msgspec.Struct, gc=False, rename="camel"):
    """Counts, timing, the guardrail's trace."""

    usage: Json = None
    metrics: Json = None
    trace: Json = None
    performance_config: Json = None
    service_tier: Json = None


class Members(msgspec.Struct, gc=False, rename="camel", omit_defaults=True):
    """One event as an object with one member: how Nova writes them inside InvokeModel, and how logs do."""

    message_start: MessageStart | None = None
    content_block_start: BlockStart | None = None
    content_block_delta: BlockDelta | None = None
    content_block_stop: BlockStop | None = None
    message_stop: MessageStop | None = None
    metadata: Metadata | None = None


class Chunk(msgspec.Struct, gc=False):
    """A payload of InvokeModelWithResponseStream or of an agent: base64 of what the model or agent says."""

    bytes: bytes


EVENTS: dict[str, type[msgspec.Struct]] = {
    "messageStart": MessageStart,
    "contentBlockStart": BlockStart,
    "contentBlockDelta": BlockDelta,
    "contentBlockStop": BlockStop,
    "messageStop": MessageStop,
    "metadata": Metadata,
}

MEMBERS = msgspec.json.Decoder(Members)
