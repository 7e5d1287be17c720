"""Deviations of the Gemini dialects (groups A, C, D, G)."""

import re
from collections.abc import Iterator

import msgspec

from streamkit.jsontypes import Json, JsonObject, is_array, is_object
from streamkit.quirks.registry import quirk
from streamkit.quirks.tape import Edit, Tape

__all__ = [
    "call_args_text",
    "call_not_continued",
    "finish_number",
    "part_unknown",
    "partial_value_unplaced",
    "snake_case",
]

USERS = ("args", "toolCall", "toolResponse", "functionResponse")
"""Members that hold what is the user's."""

NUMBERS = {"STOP": 1, "MAX_TOKENS": 2, "SAFETY": 3}


def _candidate(payload: Json) -> JsonObject | None:
    candidates = payload.get("candidates") if is_object(payload) else None
    return candidates[0] if is_array(candidates) and candidates and is_object(candidates[0]) else None


def _calls(payload: Json) -> list[JsonObject]:
    candidate = _candidate(payload)
    content: Json = candidate.get("content") if candidate is not None else None
    parts: Json = content.get("parts") if is_object(content) else None
    return [part["functionCall"] for part in parts or () if is_object(part.get("functionCall"))]


@quirk(
    "gemini", effect="guessed", catalogue="C14", fields=("raw_finish_reason",), sources=["Gemini with integer enums"]
)
def finish_number(tape: Tape) -> Iterator[Edit]:
    """The finish reason is the number of its word in Google's enumeration; it is read as that word."""

    def change(payload: Json) -> Json | None:
        candidate = _candidate(payload)
        if candidate is None or candidate.get("finishReason") not in NUMBERS:
            return None
        candidate["finishReason"] = NUMBERS[candidate["finishReason"]]
        return payload

    yield from tape.rewrite(change)


@quirk("gemini", effect="repaired", catalogue="D41")
def call_args_text(tape: Tape) -> Iterator[Edit]:
    """A call's arguments are JSON text instead of an object; the text is taken as it is."""

    def change(payload: Json) -> Json | None:
        calls = [call for call in _calls(payload) if is_object(call.get("args"))]
        if not calls:
            return None
        for call in calls:
            call["args"] = msgspec.json.encode(call["args"]).decode()
        return payload

    yield from tape.rewrite(change)


@quirk("gemini", effect="lossy", catalogue="D41", fields=("tool_calls",))
def partial_value_unplaced(tape: Tape) -> Iterator[Edit]:
    """A piece of streamed arguments names a place that cannot be; it is kept here, not in the arguments."""

    def change(payload: Json) -> Json | None:
        pieces: list[JsonObject] = [piece for call in _calls(payload) for piece in call.get("partialArgs") or ()]
        if not pieces:
            return None
        pieces[0]["jsonPath"] = "elsewhere"
        return payload

    yield from tape.rewrite(change)


@quirk(
    "gemini",
    effect="lossy",
    catalogue="D41",
    fields=("tool_calls", "dropped_calls", "finish_reason", "raw_finish_reason", "status", "usage"),
)
def call_not_continued(tape: Tape) -> Iterator[Edit]:
    """A call that was to be continued is not: another call begins, or the answer ends; it counts as cut."""
    for frame in tape.frames:
        calls = _calls(frame.json)
        if len(calls) == 1 and calls[0].get("name") is None and not calls[0].get("willContinue"):
            yield tape.delete(frame)


@quirk("gemini", effect="harmless", catalogue="B03")
def part_unknown(tape: Tape) -> Iterator[Edit]:
    """A part is of a kind that this dialect's documents do not name; it is passed on as it came."""

    def change(payload: Json) -> Json | None:
        candidate = _candidate(payload)
        parts = candidate.get("content", {}).get("parts") if candidate else None
        if not parts:
            return None
        parts.append({"hologram": {"id": 1}})
        return payload

    yield from tape.rewrite(change)


def _kept(value: Json) -> Json:
    """The same with the members of Google's messages in protobuf's own names; `args` are the user's."""
    if is_array(value):
        return [_kept(each) for each in value]
    if not is_object(value):
        return value
    return {
        re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), name): inner if name in USERS else _kept(inner)
        for name, inner in value.items()
    }


@quirk("gemini", effect="repaired", catalogue="F19", sources=["protobuf JSON that keeps its field names"])
def snake_case(tape: Tape) -> Iterator[Edit]:
    """Members are written in snake_case, as protobuf names them; they are read as the ones that are documented."""
    for frame in tape.frames:
        payload = frame.json
        if is_object(payload) and "error" not in payload and (kept := _kept(payload)) != payload:
            yield tape.replace(frame, kept)
