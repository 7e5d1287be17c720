"""OpenAI Chat Completions: chunks with a delta, a finish chunk, a usage chunk, `[DONE]`."""

from streamkit.items import Usage
from streamkit.jsontypes import JsonObject
from streamkit.testing.encoders.writing import Style, event
from streamkit.testing.transcripts import Ability, Call, Message, Output, Reasoning, Refusal, Transcript, token_entries

__all__ = ["ABILITY", "encode"]

ABILITY = Ability(ordered=False, refusals=True, reasoning_tokens=True, cut_calls=False, logprobs=("text", "refusal"))

FINISHES = {"refusal": "stop"}
"""Finishes that Chat has no word for."""


def encode(transcript: Transcript, style: Style) -> list[bytes]:
    """The frames of this answer."""
    asked = any(isinstance(part, Message | Refusal) and part.logprobs for part in transcript.output)
    chunks = [_chunk(transcript, {"role": "assistant", "content": ""}, _logprobs("content", []) if asked else None)]
    calls = 0
    for part in transcript.output:
        deltas = _deltas(part, calls)
        told = _told(part)
        chunks += (_chunk(transcript, delta, told[at] if told else None) for at, delta in enumerate(deltas))
        calls += isinstance(part, Call)
    chunks.append(_chunk(transcript, {}, finish=FINISHES.get(transcript.finish, transcript.finish)))
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


def _chunk(
    transcript: Transcript, delta: JsonObject, logprobs: JsonObject | None = None, finish: str | None = None
) -> JsonObject:
    choice: JsonObject = {"index": 0, "delta": delta, "finish_reason": finish}
    if logprobs is not None:
        choice["logprobs"] = logprobs
    return {**_envelope(transcript), "choices": [choice]}


def _told(part: Output) -> list[JsonObject]:
    """The `logprobs` of each delta of a text; none, where it has none."""
    if not isinstance(part, Message | Refusal):
        return []
    kind = "content" if isinstance(part, Message) else "refusal"
    return [_logprobs(kind, [entry]) for entry in token_entries(part)]


def _logprobs(kind: str, entries: list[JsonObject]) -> JsonObject:
    return {"content": None, "refusal": None, kind: entries}


def _usage(usage: Usage) -> JsonObject:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": (usage.input_tokens or 0) + (usage.output_tokens or 0),
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }
