"""Cohere v2 chat: content and calls by index, each started and ended, then the message's end."""

from streamkit.jsontypes import Json, JsonObject
from streamkit.testing.encoders.writing import Style, event
from streamkit.testing.transcripts import Ability, Call, Output, Reasoning, Transcript

__all__ = ["ABILITY", "encode"]

ABILITY = Ability(ordered=False, cut_calls=False, finishes=("stop", "length"))

FINISHES = {"stop": "COMPLETE", "length": "MAX_TOKENS", "tool_calls": "TOOL_CALL"}


def encode(transcript: Transcript, style: Style) -> list[bytes]:
    """The frames of this answer."""
    message: JsonObject = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    frames: list[JsonObject] = [
        {"type": "message-start", "id": transcript.response_id, "delta": {"message": message}},
    ]
    contents = calls = 0
    for part in transcript.output:
        if isinstance(part, Call):
            frames += _call(part, calls)
            calls += 1
        else:
            frames += _content(part, contents)
            contents += 1
    delta: JsonObject = {"finish_reason": FINISHES[transcript.finish]}
    if transcript.usage is not None:
        usage = transcript.usage
        delta["usage"] = {
            "billed_units": {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens},
            "tokens": {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens},
            "cached_tokens": usage.cached_tokens,
        }
    frames.append({"type": "message-end", "delta": delta})
    return [event(frame, style, str(frame["type"])) for frame in frames]


def _frame(kind: str, index: int, message: Json) -> JsonObject:
    return {"type": kind, "index": index, "delta": {"message": message}}


def _content(part: Output, index: int) -> list[JsonObject]:
    kind = "thinking" if isinstance(part, Reasoning) else "text"
    return [
        _frame("content-start", index, {"content": {"type": kind, kind: ""}}),
        *(_frame("content-delta", index, {"content": {kind: piece}}) for piece in part.pieces),
        {"type": "content-end", "index": index},
    ]


def _call(call: Call, index: int) -> list[JsonObject]:
    head = {"id": call.call_id, "type": "function", "function": {"name": call.name, "arguments": ""}}
    return [
        _frame("tool-call-start", index, {"tool_calls": head}),
        *(
            _frame("tool-call-delta", index, {"tool_calls": {"function": {"arguments": piece}}})
            for piece in call.pieces
        ),
        {"type": "tool-call-end", "index": index},
    ]
