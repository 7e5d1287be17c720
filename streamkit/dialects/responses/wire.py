"""The frames of the Responses API as strict types: only the members that are used, tagged by `type`.

A frame that these types refuse is not wrong yet: it goes to the untyped, tolerant path.
"""

from typing import Literal

import msgspec

from streamkit.jsontypes import Json, JsonObject

__all__ = [
    "FRAME",
    "MEASURED",
    "AnnotationFrame",
    "ArgumentsDeltaFrame",
    "ArgumentsDoneFrame",
    "CreatedFrame",
    "CustomDeltaFrame",
    "CustomDoneFrame",
    "EarlySummaryDeltaFrame",
    "EarlySummaryDoneFrame",
    "ItemAddedFrame",
    "ItemDoneFrame",
    "MeasuredTextFrame",
    "OpenReasoningDeltaFrame",
    "OpenReasoningDoneFrame",
    "PartAddedFrame",
    "PartDoneFrame",
    "PartFrame",
    "ProgressFrame",
    "QueuedFrame",
    "ReasoningDeltaFrame",
    "ReasoningDoneFrame",
    "RefusalDeltaFrame",
    "RefusalDoneFrame",
    "ResponseHead",
    "SummaryDeltaFrame",
    "SummaryDoneFrame",
    "SummaryPartAddedFrame",
    "SummaryPartDoneFrame",
    "TextDeltaFrame",
    "TextDoneFrame",
]


class ResponseHead(msgspec.Struct, gc=False):
    """What a lifecycle frame's response object is read for; null is how some write "not there" (B17)."""

    id: str | None = ""
    model: str | None = None


class LifecycleFrame(msgspec.Struct, gc=False, tag_field="type"):
    response: ResponseHead | None
    sequence_number: int | None = None


class CreatedFrame(LifecycleFrame, gc=False, tag="response.created"):
    """The answer begins."""


class ProgressFrame(LifecycleFrame, gc=False, tag="response.in_progress"):
    """The answer is being worked on."""


class QueuedFrame(LifecycleFrame, gc=False, tag="response.queued"):
    """The request waits (B34)."""


class PieceFrame(msgspec.Struct, gc=False, tag_field="type"):
    item_id: str = ""
    output_index: int = -1
    sequence_number: int | None = None


class TextDeltaFrame(PieceFrame, gc=False, kw_only=True, tag="response.output_text.delta"):
    """A piece of visible text without log probabilities."""

    delta: str
    content_index: int = 0
    logprobs: tuple[()] | None = None


class MeasuredTextFrame(msgspec.Struct, gc=False, kw_only=True):
    """A piece of visible text with the log probabilities of its tokens, where they were asked for."""

    type: Literal["response.output_text.delta"]
    delta: str
    logprobs: list[JsonObject]
    item_id: str = ""
    output_index: int = -1
    sequence_number: int | None = None
    content_index: int = 0


class TextDoneFrame(PieceFrame, gc=False, kw_only=True, tag="response.output_text.done"):
    """A text part's snapshot."""

    text: str | None
    content_index: int = 0
    logprobs: Json = None


class RefusalDeltaFrame(PieceFrame, gc=False, kw_only=True, tag="response.refusal.delta"):
    """A piece of a refusal."""

    delta: str
    content_index: int = 0


class RefusalDoneFrame(PieceFrame, gc=False, kw_only=True, tag="response.refusal.done"):
    """A refusal's snapshot."""

    refusal: str | None
    content_index: int = 0


class ReasoningDeltaFrame(PieceFrame, gc=False, kw_only=True, tag="response.reasoning_text.delta"):
    """A piece of raw reasoning."""

    delta: str
    content_index: int = 0


class ReasoningDoneFrame(PieceFrame, gc=False, kw_only=True, tag="response.reasoning_text.done"):
    """A raw reasoning part's snapshot."""

    text: str | None
    content_index: int = 0


class OpenReasoningDeltaFrame(ReasoningDeltaFrame, gc=False, kw_only=True, tag="response.reasoning.delta"):
    """The same in the words of the Open Responses specification."""


class OpenReasoningDoneFrame(ReasoningDoneFrame, gc=False, kw_only=True, tag="response.reasoning.done"):
    """Likewise the snapshot."""


class SummaryDeltaFrame(PieceFrame, gc=False, kw_only=True, tag="response.reasoning_summary_text.delta"):
    """A piece of a reasoning summary."""

    delta: str
    summary_index: int = 0


class SummaryDoneFrame(PieceFrame, gc=False, kw_only=True, tag="response.reasoning_summary_text.done"):
    """A summary part's snapshot."""

    text: str | None
    summary_index: int = 0


class EarlySummaryDeltaFrame(SummaryDeltaFrame, gc=False, kw_only=True, tag="response.reasoning_summary.delta"):
    """The same as OpenAI's documents first named it."""


class EarlySummaryDoneFrame(SummaryDoneFrame, gc=False, kw_only=True, tag="response.reasoning_summary.done"):
    """Likewise the snapshot."""


class ArgumentsDeltaFrame(PieceFrame, gc=False, kw_only=True, tag="response.function_call_arguments.delta"):
    """A piece of a call's arguments."""

    delta: str


class ArgumentsDoneFrame(PieceFrame, gc=False, kw_only=True, tag="response.function_call_arguments.done"):
    """A call's whole arguments."""

    arguments: str | None


class CustomDeltaFrame(PieceFrame, gc=False, kw_only=True, tag="response.custom_tool_call_input.delta"):
    """A piece of a custom call's free text (D31)."""

    delta: str


class CustomDoneFrame(PieceFrame, gc=False, kw_only=True, tag="response.custom_tool_call_input.done"):
    """A custom call's whole input."""

    input: str | None


class PartFrame(PieceFrame, gc=False, kw_only=True, tag_field="type"):
    """A part as it begins, or as it ended."""

    part: JsonObject
    content_index: int = 0
    summary_index: int = 0


class PartAddedFrame(PartFrame, gc=False, kw_only=True, tag="response.content_part.added"):
    """A content part begins."""


class PartDoneFrame(PartFrame, gc=False, kw_only=True, tag="response.content_part.done"):
    """A content part's snapshot."""


class SummaryPartAddedFrame(PartFrame, gc=False, kw_only=True, tag="response.reasoning_summary_part.added"):
    """A summary part begins."""


class SummaryPartDoneFrame(PartFrame, gc=False, kw_only=True, tag="response.reasoning_summary_part.done"):
    """A summary part's snapshot."""


class AnnotationFrame(PieceFrame, gc=False, kw_only=True, tag="response.output_text.annotation.added"):
    """A citation or another remark."""

    annotation: Json
    content_index: int = 0


class ItemFrame(msgspec.Struct, gc=False, kw_only=True, tag_field="type"):
    item: JsonObject
    output_index: int = -1
    sequence_number: int | None = None


class ItemAddedFrame(ItemFrame, gc=False, kw_only=True, tag="response.output_item.added"):
    """An item begins."""


class ItemDoneFrame(ItemFrame, gc=False, kw_only=True, tag="response.output_item.done"):
    """An item's own snapshot."""


FRAME = msgspec.json.Decoder(
    TextDeltaFrame
    | ArgumentsDeltaFrame
    | SummaryDeltaFrame
    | ReasoningDeltaFrame
    | RefusalDeltaFrame
    | CustomDeltaFrame
    | TextDoneFrame
    | ArgumentsDoneFrame
    | SummaryDoneFrame
    | ReasoningDoneFrame
    | RefusalDoneFrame
    | CustomDoneFrame
    | PartAddedFrame
    | PartDoneFrame
    | SummaryPartAddedFrame
    | SummaryPartDoneFrame
    | AnnotationFrame
    | ItemAddedFrame
    | ItemDoneFrame
    | CreatedFrame
    | ProgressFrame
    | QueuedFrame
    | OpenReasoningDeltaFrame
    | OpenReasoningDoneFrame
    | EarlySummaryDeltaFrame
    | EarlySummaryDoneFrame
)
"""Decodes one frame of the kinds above; raises `msgspec.DecodeError` (or its subclass) for all others."""

MEASURED = msgspec.json.Decoder(MeasuredTextFrame)
"""Decodes a piece of text with log probabilities, which `FRAME` refuses; raises likewise."""
