"""The `gemini` dialect's constant, and how its frames are recognised."""

import msgspec

from streamkit.dialects.base import CERTAIN, LIKELY, NO, POSSIBLE, Dialect
from streamkit.dialects.gemini.decoder import GeminiDecoder
from streamkit.dialects.refused import REFUSED
from streamkit.frames import Frame

__all__ = ["GEMINI"]

ABSENT = msgspec.Raw()


class Head(msgspec.Struct, gc=False, rename="camel"):
    candidates: msgspec.Raw = ABSENT
    usage_metadata: msgspec.Raw = ABSENT
    prompt_feedback: msgspec.Raw = ABSENT
    model_version: msgspec.Raw = ABSENT
    kept_usage: msgspec.Raw = msgspec.field(default=ABSENT, name="usage_metadata")
    kept_feedback: msgspec.Raw = msgspec.field(default=ABSENT, name="prompt_feedback")
    response: msgspec.Raw = ABSENT
    error: msgspec.Raw = ABSENT


HEAD = msgspec.json.Decoder(Head)


def recognise(frame: Frame) -> int:
    """How sure a frame makes it that this is `generateContent`: its member names are spelled as nobody else does."""
    try:
        head = HEAD.decode(frame.data)
        inner = bytes(head.response)
        if inner.startswith(b"{") and not bytes(head.candidates):
            wrapped = HEAD.decode(inner)
            return LIKELY if bytes(wrapped.candidates).startswith(b"[") or bytes(wrapped.usage_metadata) else NO
    except REFUSED:
        return NO
    if bytes(head.candidates).startswith(b"[") or bytes(head.usage_metadata) or bytes(head.prompt_feedback):
        return CERTAIN
    if bytes(head.model_version) or bytes(head.kept_usage) or bytes(head.kept_feedback):
        return LIKELY
    error = bytes(head.error)
    return POSSIBLE if b'"status"' in error and b'"code"' in error else NO


GEMINI = Dialect(
    name="gemini",
    title="Gemini generateContent",
    framing="sse",
    decoder=GeminiDecoder,
    recognise=recognise,
)
