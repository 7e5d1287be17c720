"""The `responses` dialect's constant, and how its frames are recognised."""

from streamkit.dialects.base import CERTAIN, LIKELY, NO, Dialect
from streamkit.dialects.responses.decoder import ResponsesDecoder
from streamkit.frames import Frame

__all__ = ["RESPONSES"]


def recognise(frame: Frame) -> int:
    """How sure a frame makes it that this is the Responses API."""
    data = frame.data[:4096]
    if frame.event.startswith("response.") or b'"type":"response.' in data or b'"type": "response.' in data:
        return CERTAIN
    if b'"codex.' in data or b'"object":"response"' in data or b'"object": "response"' in data:
        return LIKELY
    return NO


RESPONSES = Dialect(
    name="responses",
    title="OpenAI Responses",
    framing="sse",
    decoder=ResponsesDecoder,
    recognise=recognise,
    ends=("response.completed", "response.incomplete", "response.failed"),
    announces_items=True,
    closes_items=True,
    sequenced=True,
)
