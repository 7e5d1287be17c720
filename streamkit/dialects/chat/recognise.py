"""Whether a frame is of the `chat` dialect."""

import msgspec

from streamkit.dialects.base import CERTAIN, LIKELY, NO, POSSIBLE
from streamkit.frames import Frame
from streamkit.jsontypes import JsonObject, is_array, is_object

__all__ = ["recognise"]


def recognise(frame: Frame) -> int:
    """How sure this frame makes it that the stream is a chat completion."""
    data = frame.data
    if data.strip() == b"[DONE]":
        return POSSIBLE
    try:
        payload = msgspec.json.decode(data)
    except (ValueError, RecursionError):
        return NO
    return _judge(payload) if is_object(payload) else NO


def _judge(payload: JsonObject) -> int:
    if payload.get("object") in ("chat.completion.chunk", "chat.completion"):
        return CERTAIN
    kind = payload.get("type")
    if isinstance(kind, str) and kind not in ("error", "warning"):
        return NO
    choices = payload.get("choices")
    if is_array(choices) and choices:
        members = [choice for choice in choices if is_object(choice)]
        if any(is_object(choice.get("delta")) for choice in members):
            return CERTAIN
        if any("message" in choice for choice in members):
            return LIKELY
        if payload.get("object") == "text_completion" or not any("finish_reason" in choice for choice in members):
            return POSSIBLE if any("text" in choice for choice in members) else NO
        return POSSIBLE
    if "choices" in payload:
        return LIKELY if choices in (None, []) else POSSIBLE
    if is_object(payload.get("token")) and "generated_text" in payload:
        return LIKELY
    if isinstance(payload.get("response"), (str, int, float)) and "done" not in payload:
        return POSSIBLE
    return POSSIBLE if payload.get("error") else NO
