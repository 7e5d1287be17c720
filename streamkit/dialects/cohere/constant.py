"""The `cohere` dialect's constant, and how its frames are recognised."""

from typing import get_args

import msgspec

from streamkit.dialects.base import CERTAIN, LIKELY, NO, Dialect
from streamkit.dialects.cohere import wire
from streamkit.dialects.cohere.decoder import CohereDecoder
from streamkit.dialects.refused import REFUSED
from streamkit.frames import Frame

__all__ = ["COHERE"]


class Head(msgspec.Struct, gc=False):
    type: str | None = None
    event_type: str | None = None
    delta: msgspec.Raw = msgspec.Raw()
    message: msgspec.Raw = msgspec.Raw()
    finish_reason: str | None = None


HEAD = msgspec.json.Decoder(Head)
V2_TYPES = frozenset(
    {
        "message-start",
        "content-start",
        "content-delta",
        "content-end",
        "tool-plan-delta",
        "tool-call-start",
        "tool-call-delta",
        "tool-call-end",
        "citation-start",
        "citation-end",
        "message-end",
    }
)
V1_TYPES = frozenset(str(event.__struct_config__.tag) for event in get_args(wire.V1Event))


def recognise(frame: Frame) -> int:
    """How sure a frame makes it that this is Cohere: hyphenated types, with a `delta` where v2 has one."""
    try:
        head = HEAD.decode(frame.data)
    except REFUSED:
        return NO
    if head.event_type in V1_TYPES:
        return CERTAIN
    if head.type is None and head.finish_reason is not None and bytes(head.message).startswith(b"{"):
        return LIKELY  # a whole answer (A17)
    if head.type not in V2_TYPES:
        return NO
    return CERTAIN if b'"message"' in bytes(head.delta) or head.type == "message-end" else LIKELY


COHERE = Dialect(
    name="cohere",
    title="Cohere Chat",
    framing="sse",
    decoder=CohereDecoder,
    recognise=recognise,
    ends=("message-end", "stream-end"),
)
