"""What a terminal frame of the Responses API is read for: status, id, usage, error, incomplete details. Never output.

The claimed output is looked at for the types and ids of its items only, so that a quirk can name what differs.
"""

from streamkit.dialects.counting import whole_count
from streamkit.dialects.responses.items import item_kind, text
from streamkit.dialects.words import finish_word
from streamkit.events import Event, MetadataReported, QuirkSeen, UsageReported
from streamkit.evidence import FinishClaimed, TerminalInventory
from streamkit.faults.events import error_events
from streamkit.items import FinishReason, Status, Usage
from streamkit.jsontypes import Json, JsonObject, is_array, is_object
from streamkit.quirks.counting import usage_exclusive_reasoning, usage_inconsistent
from streamkit.quirks.registry import shown
from streamkit.quirks.responses import status_conflict, status_unknown, usage_shape

__all__ = ["TERMINALS", "read_terminal"]

TERMINALS: dict[str, Status | None] = {
    "response.completed": "completed",
    "response.done": None,
    "response.incomplete": "incomplete",
    "response.failed": "failed",
    "response.cancelled": "cancelled",
    "response.canceled": "cancelled",
}
"""Terminal frame → the status that its name says; `response.done` says none (C04)."""

SEVERITY: tuple[Status, ...] = ("completed", "cancelled", "incomplete", "failed")
"""Statuses, the worse the later (C05)."""

KEPT = (
    "service_tier",
    "created_at",
    "background",
    "previous_response_id",
    "conversation",
    "metadata",
    "safety_identifier",
    "tool_usage",
    "moderation",
    "content_filters",
)
"""What else a terminal frame says of the response itself: all of its other members echo the request."""


def _usage_events(raw: Json, sequence: int | None) -> list[Event]:
    """The token counts of a Responses usage object, behind what is odd about them; nothing where there is none."""
    if not is_object(raw) or not raw:
        return []
    out: list[Event] = [usage_shape.seen(detail=shown(raw, 200))] if _odd_counts(raw) else []
    inner = raw.get("input_tokens_details")
    outer = raw.get("output_tokens_details")
    inputs: JsonObject = inner if is_object(inner) else {}
    outputs: JsonObject = outer if is_object(outer) else {}
    output, reasoning = whole_count(raw.get("output_tokens")), whole_count(outputs.get("reasoning_tokens"))
    given, total = whole_count(raw.get("input_tokens")), whole_count(raw.get("total_tokens"))
    if output is not None and reasoning and given is not None and total == given + output + reasoning:
        out.append(usage_exclusive_reasoning.seen(detail=f"{output} + {reasoning} = {total} - {given}"))
        output += reasoning  # C27: not contained in the output count
    elif output is not None and reasoning and reasoning > output:
        out.append(usage_inconsistent.seen(detail=f"{reasoning} reasoning tokens in {output} output tokens"))
    elif output == 0 and total and given is not None and total > given:
        out.append(usage_inconsistent.seen(detail=f"no output tokens in a total of {total}"))
    usage = Usage(
        input_tokens=given,
        output_tokens=output,
        total_tokens=total,
        cached_tokens=whole_count(inputs.get("cached_tokens")),
        cache_write_tokens=whole_count(inputs.get("cache_write_tokens")),
        reasoning_tokens=reasoning,
        raw=raw,
    )
    return [*out, UsageReported(sequence_number=sequence, usage=usage)]


def _odd_counts(raw: Json) -> bool:
    return any(
        not isinstance(raw.get(name), int) or isinstance(raw.get(name), bool)
        for name in ("input_tokens", "output_tokens", "total_tokens")
        if name in raw
    )


def _status(name: str, inner: Json) -> tuple[Status, list[QuirkSeen]]:
    said = TERMINALS.get(name)
    if inner is None or inner == "":
        return (said or "completed"), []
    known: Status | None = next((status for status in SEVERITY if status == inner), None)
    if known is None:
        quirk = status_unknown.seen(detail=inner if isinstance(inner, str) else shown(inner))
        return (said or "completed"), ([] if inner == "in_progress" else [quirk])
    if said is None or said == known:
        return known, []
    worse = SEVERITY[max(SEVERITY.index(said), SEVERITY.index(known))]
    return worse, [status_conflict.seen(detail=f"{name} with status {inner}")]


def _cut(reason: str) -> FinishReason:
    """What an incomplete response lacks, also in a word that other dialects have for it (C14)."""
    word = finish_word(reason)
    return word.reason if word is not None and word.reason in ("length", "content_filter") else "unknown"


def _inventory(response: JsonObject, sequence: int | None) -> TerminalInventory:
    output = response.get("output")
    if not is_array(output):
        shape = ("null" if output is None else type(output).__name__) if "output" in response else "absent"
        return TerminalInventory(sequence_number=sequence, shape=shape)
    items = [item for item in output if is_object(item)]
    return TerminalInventory(
        sequence_number=sequence,
        shape="list",
        items=tuple((item_kind(item) if text(item.get("type")) else "", text(item.get("id"))) for item in items),
    )


def read_terminal(payload: JsonObject, name: str, sequence: int | None) -> list[Event]:
    """Everything that a terminal frame means, in the order in which it is to be taken."""
    inner = payload.get("response")
    response: JsonObject = inner if is_object(inner) else {}
    out: list[Event] = []
    status, quirks = _status(name, response.get("status"))
    out += quirks
    metadata = {member: response[member] for member in KEPT if response.get(member)}
    out.append(
        MetadataReported(
            sequence_number=sequence,
            response_id=text(response.get("id")),
            model=text(response.get("model")),
            metadata=metadata,
        )
    )
    out += _usage_events(response.get("usage") or payload.get("usage"), sequence)
    out.append(_inventory(response, sequence))
    details = response.get("incomplete_details")
    reason = text(details.get("reason")) if is_object(details) else ""
    finish: FinishReason = "stop"
    word: str = status
    match status:
        case "incomplete":
            finish = _cut(reason)
        case "failed":
            finish = "error"
            told = {member: value for member, value in response.items() if member != "output"}
            out += error_events({**payload, "type": "response.failed", "response": told})
        case "cancelled":
            finish = "cancelled"
        case _ if any(quirk.quirk == status_unknown.id for quirk in quirks):
            finish, word = "unknown", shown(response["status"]).strip("'")  # nothing says that it stopped by itself
        case _:
            pass
    out.append(
        FinishClaimed(
            sequence_number=sequence,
            finish_reason=finish,
            raw_finish_reason=f"{word}:{reason}" if reason and status == "incomplete" else word,
            status=status,
            details=details if is_object(details) else {},
            terminal=True,
            neutral=status == "completed",
        )
    )
    return out
