"""OpenAI Chat Completions: chunks with a delta, a finish chunk, a usage chunk, `[DONE]`."""

from streamkit.items import Usage
from streamkit.jsontypes import JsonObject
from streamkit.testing.encoders.writing import Style, event
from streamkit.testing.transcripts import Ability, Call, Message, Output, Reasoning, Transcript

__all__ = ["ABILITY", "encode"]

ABILITY = Ability(ordered=False, refusals=True, reasoning_tokens=True, cut_calls=False)

FINISHES = {"refusal": "stop"}
"""Finishes that Chat has no word for."""


def encode(transcript: Transcript, style: Style) -> list[bytes]:
    """The frames of this answer."""
    deltas: list[JsonObject] = [{"role": "assistant", "content": ""}]
    calls = 0
    for part in transcript.output:
        deltas += _deltas(part, calls)
        calls += isinstance(part, Call)
    chunks = [_chunk(transcript, delta, None) for delta in deltas]
    chunks.append(_chunk(transcript, {}, FINISHES.get(transcript.finish, transcript.finish)))
    if transcript.usage is not None:
        chunks.append({**_envelope(transcript), "choices": [], "usage": _usage(transcript.usage)})
    return [*(event(chunk, style) for chunk in chunks), event("[DONE]", style)]


def _deltas(part: Output, index: int) -> list[JsonObject]:
    if isinstance(part, Call):
        head: JsonObject = {"id": part.call_id, "type": "function", "function": {"name": part.name, "arguments": ""}}
        bodies: list[JsonObject] = [{"function": {"arguments": piece}} for piece in part.pieces]
        return [{"tool_calls": [{"index": index, **body}]} for body in (head, *bodies)]
    member = "content" if isinstance(part, Message) else "refusal"
    if isinstance(part, Reasoning):
        member = "reasoning_content"
    return [{member: piece} for piece in part.pieces]


def _envelope(transcript: Transcript) -> JsonObject:
    return {
        "id": transcript.response_id,
        "object": "chat.completion.chunk",
        "created": 1767225600,
        "model": transcript.model,
    }


def _chunk(transcript: Transcript, delta: JsonObject, finish: str | None) -> JsonObject:
    return {**_envelope(transcript), "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def _usage(usage: Usage) -> JsonObject:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": (usage.input_tokens or 0) + (usage.output_tokens or 0),
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }
