"""Anthropic Messages: content blocks by index, each started and stopped, then why the turn ended, then its stop."""

from streamkit.jsontypes import JsonObject
from streamkit.testing.encoders.writing import Style, event
from streamkit.testing.transcripts import Ability, Call, Output, Reasoning, Transcript

__all__ = ["ABILITY", "encode"]

ABILITY = Ability(signatures=True, finishes=("stop", "length", "refusal"))

STOPS = {"stop": "end_turn", "tool_calls": "tool_use", "length": "max_tokens", "refusal": "refusal"}


def encode(transcript: Transcript, style: Style) -> list[bytes]:
    """The frames of this answer."""
    usage = transcript.usage
    counted: JsonObject = {}
    if usage is not None:
        cached = usage.cached_tokens or 0
        counted = {"input_tokens": (usage.input_tokens or 0) - cached, "cache_read_input_tokens": cached}
    message: JsonObject = {
        "id": transcript.response_id,
        "type": "message",
        "role": "assistant",
        "model": transcript.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }
    if usage is not None:
        message["usage"] = {**counted, "output_tokens": 1}
    frames: list[JsonObject] = [{"type": "message_start", "message": message}, {"type": "ping"}]
    for index, part in enumerate(transcript.output):
        block, deltas = _block(part)
        frames.append({"type": "content_block_start", "index": index, "content_block": block})
        frames += ({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas)
        frames.append({"type": "content_block_stop", "index": index})
    ending: JsonObject = {"type": "message_delta"}
    ending["delta"] = {"stop_reason": STOPS[transcript.finish], "stop_sequence": None}
    if usage is not None:
        ending["usage"] = {**counted, "output_tokens": usage.output_tokens}
    frames += (ending, {"type": "message_stop"})
    return [event(frame, style, str(frame["type"])) for frame in frames]


def _block(part: Output) -> tuple[JsonObject, list[JsonObject]]:
    """The block as it is announced, and its deltas."""
    if isinstance(part, Call):
        pieces = () if part.text == "{}" else part.pieces
        deltas: list[JsonObject] = [{"type": "input_json_delta", "partial_json": piece} for piece in ("", *pieces)]
        return {"type": "tool_use", "id": part.call_id, "name": part.name, "input": {}}, deltas
    if isinstance(part, Reasoning):
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in part.pieces]
        if part.signature:
            deltas.append({"type": "signature_delta", "signature": part.signature})
        return {"type": "thinking", "thinking": "", "signature": ""}, deltas
    return {"type": "text", "text": ""}, [{"type": "text_delta", "text": piece} for piece in part.pieces]
