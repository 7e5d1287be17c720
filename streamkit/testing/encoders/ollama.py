"""Ollama chat: one JSON object a line, calls whole, the last line says `done`."""

from streamkit.jsontypes import JsonObject
from streamkit.testing.encoders.writing import Style, line
from streamkit.testing.transcripts import Ability, Call, Output, Reasoning, Transcript

__all__ = ["ABILITY", "encode"]

ABILITY = Ability(
    ordered=False,
    exact_arguments=False,
    call_ids=False,
    cached_tokens=False,
    cut_calls=False,
    finishes=("stop", "length"),
)


def encode(transcript: Transcript, style: Style) -> list[bytes]:
    """The lines of this answer."""
    lines = [_line(transcript, message) for part in transcript.output for message in _messages(part)]
    last = _line(transcript, {"content": ""})
    last |= {"done": True, "done_reason": "length" if transcript.finish == "length" else "stop"}
    if transcript.usage is not None:
        last |= {"prompt_eval_count": transcript.usage.input_tokens, "eval_count": transcript.usage.output_tokens}
    return [line(payload, style) for payload in (*lines, last)]


def _messages(part: Output) -> list[JsonObject]:
    if isinstance(part, Call):
        return [{"content": "", "tool_calls": [{"function": {"name": part.name, "arguments": part.input}}]}]
    if isinstance(part, Reasoning):
        return [{"content": "", "thinking": piece} for piece in part.pieces]
    return [{"content": piece} for piece in part.pieces]


def _line(transcript: Transcript, message: JsonObject) -> JsonObject:
    return {
        "model": transcript.model,
        "created_at": "2026-01-02T03:04:05.678901Z",
        "message": {"role": "assistant", **message},
        "done": False,
    }
