"""Odd frames of the Responses API, mended so that the strict types read them; and whole bodies instead of streams."""

from streamkit.dialects.json_text import json_text
from streamkit.dialects.responses.items import claim_item, start_item, text
from streamkit.dialects.responses.terminal import TERMINALS, read_terminal
from streamkit.events import Event, ResponseStarted
from streamkit.jsontypes import Json, JsonObject, is_array, is_object
from streamkit.quirks.chat import non_stream_body

__all__ = ["REMOTE_DELTAS", "WHOLE_BODY", "mended", "pieces", "whole_body"]

REMOTE_DELTAS = ("response.mcp_call_arguments.delta", "response.mcp_call.arguments.delta")
"""Pieces of the arguments of a call that a remote server runs."""

WHOLE_BODY = ("response", "realtime.response")
"""What `object` says in a body that came whole instead of a stream (A17)."""

NUMBERS = ("output_index", "content_index", "summary_index", "sequence_number")
SNAPSHOTS = ("text", "refusal", "arguments", "input")
OBJECTS = ("item", "part")
DIGITS = 18
"""Digits of the longest index that is read."""


def whole_number(value: Json) -> int | None:
    """A whole number, also where the wire has it as a string; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    written = isinstance(value, str) and len(value) <= DIGITS and value.isascii() and value.isdecimal()
    return int(value) if written else None


def mended(payload: JsonObject, name: str) -> JsonObject | None:
    """A frame of a known type with its members in documented types; None where it says nothing (F14)."""
    fixed = {member: value for member, value in payload.items() if value is not None}
    for member in NUMBERS:
        number = whole_number(fixed.get(member))
        if number is not None:
            fixed[member] = number
        else:
            fixed.pop(member, None)
    if name.endswith(".delta") and not isinstance(fixed.get("delta"), str):
        delta = fixed.get("delta")
        if delta is None:
            return None
        words = delta.get("text") if is_object(delta) else None
        fixed["delta"] = words if isinstance(words, str) else json_text(delta)
    if name.endswith((".done", ".added")):
        for member in SNAPSHOTS:
            if member in fixed and not isinstance(fixed[member], str):
                fixed[member] = json_text(fixed[member])
            fixed.setdefault(member, None)
        for member in OBJECTS:
            if not is_object(fixed.get(member)):
                words = fixed.get(member) if member == "part" else None
                fixed[member] = {} if words is None else {"type": _part_type(name), "text": words}
    if not isinstance(fixed.get("item_id", ""), str):
        fixed["item_id"] = json_text(fixed["item_id"])
    response = fixed.get("response")
    head: JsonObject = response if is_object(response) else {}
    fixed["response"] = {member: head[member] for member in ("id", "model") if text(head.get(member))}
    fixed.setdefault("annotation", None)
    return fixed


def _part_type(name: str) -> str:
    """The type of the parts that a frame brings."""
    return "summary_text" if "summary" in name else "output_text"


def pieces(payload: JsonObject) -> JsonObject:
    """The members of an arguments delta, from a frame of another type that has them."""
    kept = ("delta", "item_id", "output_index", "sequence_number")
    return {member: payload[member] for member in kept if payload.get(member) is not None}


def whole_body(payload: JsonObject) -> list[Event]:
    """A response that came as one JSON document instead of a stream (A17): here its output is the evidence."""
    out: list[Event] = [
        non_stream_body.seen(),
        ResponseStarted(response_id=text(payload.get("id")), model=text(payload.get("model"))),
    ]
    output: Json = payload.get("output")
    items = [item for item in output if is_object(item)] if is_array(output) else []
    for index, item in enumerate(items):
        out.append(start_item(item, index, None))
        out += claim_item(item, index, None)
    name = f"response.{text(payload.get('status'))}"
    return out + read_terminal({"response": payload}, name if name in TERMINALS else "response.done", None)
