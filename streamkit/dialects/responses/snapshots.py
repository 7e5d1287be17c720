"""What the snapshots of single parts claim: all of a text, of a refusal, of arguments."""

from collections.abc import Callable, Iterable
from typing import Any

from streamkit.dialects.logprobs import entries
from streamkit.dialects.responses import wire
from streamkit.dialects.responses.items import content_claim
from streamkit.dialects.responses.odd_items import mended_part
from streamkit.events import Event, QuirkSeen
from streamkit.evidence import NumberPassed, PartClaim, PartClaimed
from streamkit.items import PartKind
from streamkit.jsontypes import Json

__all__ = ["SNAPSHOTS"]

Events = Iterable[Event]


def text_done(frame: wire.TextDoneFrame) -> Events:
    return done(frame, "message", "text", frame.text, frame.content_index, frame.logprobs)


def refusal_done(frame: wire.RefusalDoneFrame) -> Events:
    return done(frame, "message", "refusal", frame.refusal, frame.content_index)


def reasoning_done(frame: wire.ReasoningDoneFrame) -> Events:
    return done(frame, "reasoning", "reasoning", frame.text, frame.content_index)


def summary_done(frame: wire.SummaryDoneFrame) -> Events:
    return done(frame, "reasoning", "summary", frame.text, frame.summary_index)


def arguments_done(frame: wire.ArgumentsDoneFrame) -> Events:
    return done(frame, "function_call", "arguments", frame.arguments, 0)


def custom_done(frame: wire.CustomDoneFrame) -> Events:
    return done(frame, "custom_tool_call", "arguments", frame.input, 0)


def content_part(frame: wire.PartAddedFrame | wire.PartDoneFrame) -> Events:
    return part(frame, "message", frame.content_index)


def summary_part(frame: wire.SummaryPartAddedFrame | wire.SummaryPartDoneFrame) -> Events:
    return part(frame, "reasoning", frame.summary_index)


def done(
    frame: wire.PieceFrame, item_type: str, kind: PartKind, claim: str | None, index: int, logprobs: Json = None
) -> Events:
    return (
        PartClaimed(
            sequence_number=frame.sequence_number,
            key=("item", frame.output_index, frame.item_id),
            item_type=item_type,
            claim=PartClaim(kind, claim, index, entries(logprobs)),
        ),
    )


def part(frame: wire.PartFrame, item_type: str, index: int) -> Events:
    claim = content_claim(frame.part, index)
    quirks: tuple[QuirkSeen, ...] = ()
    if claim is None:
        noted: list[QuirkSeen] = []
        fixed = mended_part(frame.part, "summary_text" if item_type == "reasoning" else "output_text", noted, [])
        claim = content_claim(fixed, index)
        quirks = tuple(quirk for quirk in noted if quirk.data is None)  # others wait for the item's own snapshot
    if claim is None or not (claim.text or claim.logprobs):
        return (*quirks, NumberPassed(sequence_number=frame.sequence_number))
    if claim.kind == "text" and item_type == "reasoning":
        claim = PartClaim("summary", claim.text, index)
    elif claim.kind in ("reasoning", "summary"):  # raw reasoning comes in content parts too
        item_type = "reasoning"
    key = ("item", frame.output_index, frame.item_id)
    return (*quirks, PartClaimed(sequence_number=frame.sequence_number, key=key, item_type=item_type, claim=claim))


SNAPSHOTS: dict[type, Callable[[Any], Events]] = {
    wire.TextDoneFrame: text_done,
    wire.RefusalDoneFrame: refusal_done,
    wire.ReasoningDoneFrame: reasoning_done,
    wire.OpenReasoningDoneFrame: reasoning_done,
    wire.SummaryDoneFrame: summary_done,
    wire.EarlySummaryDoneFrame: summary_done,
    wire.ArgumentsDoneFrame: arguments_done,
    wire.CustomDoneFrame: custom_done,
    wire.PartAddedFrame: content_part,
    wire.PartDoneFrame: content_part,
    wire.SummaryPartAddedFrame: summary_part,
    wire.SummaryPartDoneFrame: summary_part,
}
"""Type of a frame → what reads its claim."""
