"""Gemini generateContent: candidates with parts, thoughts marked, calls whole, the finish reason in the last frame."""

from streamkit.items import Usage
from streamkit.jsontypes import JsonObject
from streamkit.testing.encoders.writing import Style, event
from streamkit.testing.transcripts import Ability, Call, Output, Reasoning, Transcript

__all__ = ["ABILITY", "encode"]

ABILITY = Ability(exact_arguments=False, call_ids=False, reasoning_tokens=True, cut_calls=False)

FINISHES = {"length": "MAX_TOKENS", "content_filter": "SAFETY"}


def encode(transcript: Transcript, style: Style) -> list[bytes]:
    """The frames of this answer."""
    frames = [_frame(transcript, part) for output in transcript.output for part in _parts(output)]
    last = _frame(transcript, {"text": ""})
    last["candidates"][0]["finishReason"] = FINISHES.get(transcript.finish, "STOP")
    if transcript.usage is not None:
        last["usageMetadata"] = _usage(transcript.usage)
    return [event(frame, style) for frame in (*frames, last)]


def _parts(output: Output) -> list[JsonObject]:
    if isinstance(output, Call):
        return [{"functionCall": {"name": output.name, "args": output.input}}]
    mark = {"thought": True} if isinstance(output, Reasoning) else {}
    return [{"text": piece, **mark} for piece in output.pieces]


def _frame(transcript: Transcript, part: JsonObject) -> JsonObject:
    return {
        "candidates": [{"content": {"parts": [part], "role": "model"}, "index": 0}],
        "modelVersion": transcript.model,
        "responseId": transcript.response_id,
    }


def _usage(usage: Usage) -> JsonObject:
    thought = usage.reasoning_tokens or 0
    return {
        "promptTokenCount": usage.input_tokens,
        "cachedContentTokenCount": usage.cached_tokens,
        "candidatesTokenCount": (usage.output_tokens or 0) - thought,
        "thoughtsTokenCount": thought,
        "totalTokenCount": (usage.input_tokens or 0) + (usage.output_tokens or 0),
    }
