"""Frames of other routes that turn up on chat URLs, as chunks (F10, F24)."""

from streamkit.dialects.chat.mending import Mended, mend_delta
from streamkit.dialects.chat.wire import Choice, Chunk, Delta
from streamkit.dialects.values import as_text
from streamkit.events import QuirkSeen
from streamkit.jsontypes import Json, JsonObject, is_object
from streamkit.quirks.chat import token_frames, worker_frames

__all__ = ["FOREIGN_MEMBERS", "foreign_frame"]

FOREIGN_MEMBERS = frozenset({"token", "generated_text", "response", "tool_calls", "finish_reason"})
"""Members of such frames that are read here, and are no metadata of the response."""


def foreign_frame(payload: JsonObject, *, silent: bool) -> Mended | None:
    """A frame without choices as a chunk; None where it is no such shape.

    Args:
        payload: the frame.
        silent: nothing was said yet: only then does a text that repeats the whole answer count.
    """
    if is_object(payload.get("token")):
        return _token(payload, silent=silent)
    if "generated_text" in payload and isinstance(payload["generated_text"], str):
        text = payload["generated_text"] if silent else ""
        return _mended(payload, Delta(content=text), _reason(payload), token_frames.seen())
    if "response" in payload and "done" not in payload and not is_object(payload["response"]):
        return _worker(payload)
    return None


def _mended(
    payload: JsonObject, delta: Delta, finish: Json, *quirks: QuirkSeen, usage: Json = None, logprobs: Json = None
) -> Mended:
    usage = payload.get("usage") if usage is None else usage
    choice = Choice(delta=delta, finish_reason=finish, logprobs=logprobs)
    return Mended(Chunk(choices=[choice], usage=usage, error=payload.get("error")), quirks)


def _reason(payload: JsonObject) -> Json:
    details = payload.get("details")
    return details.get("finish_reason") if is_object(details) else None


def _token(payload: JsonObject, *, silent: bool) -> Mended:
    """The native TGI route: one token a frame; the last one repeats the whole text."""
    token = payload["token"]
    text = token.get("text")
    content = as_text(text) if text is not None and not token.get("special") else ""
    if silent and not content and isinstance(payload.get("generated_text"), str):
        content = payload["generated_text"]
    details = payload.get("details")
    usage = (
        {"generated_tokens": details["generated_tokens"]}
        if is_object(details) and "generated_tokens" in details
        else None
    )
    logprobs = {"content": [token]} if token.get("logprob") is not None else None
    return _mended(
        payload, Delta(content=content), _reason(payload), token_frames.seen(), usage=usage, logprobs=logprobs
    )


def _worker(payload: JsonObject) -> Mended:
    """The native Workers AI route."""
    quirks: list[QuirkSeen] = [worker_frames.seen()]
    delta = mend_delta(
        {"content": payload["response"], "tool_calls": payload.get("tool_calls")}, quirks.append, whole=True
    )
    return _mended(payload, delta, payload.get("finish_reason"), *quirks)
