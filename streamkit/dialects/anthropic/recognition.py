"""Is this frame one of the Messages API?"""

import re

from streamkit.dialects.base import CERTAIN, LIKELY, NO, POSSIBLE
from streamkit.frames import Frame

__all__ = ["recognise"]

SIGHT = 4096
"""Bytes of a frame that are looked at; the members that tell stand early, or the frame is small."""

EVENTS = frozenset(
    {
        "message_start",
        "message_delta",
        "message_stop",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
    }
)
OWN_TYPE = re.compile(rb'"type"\s*:\s*"(?:message_(?:start|delta|stop)|content_block_(?:start|delta|stop))"')
WHOLE_MESSAGE = re.compile(rb'"type"\s*:\s*"message"')
ASSISTANT = re.compile(rb'"role"\s*:\s*"assistant"')
STOP_REASON = re.compile(rb'"stop_reason"\s*:')
OWN_ERROR = re.compile(rb'^\s*\{\s*"type"\s*:\s*"error"\s*,\s*"error"\s*:\s*\{\s*"type"\s*:')
PING = re.compile(rb'^\s*\{\s*"type"\s*:\s*"ping"')


def recognise(frame: Frame) -> int:
    """How sure a frame makes it that this is the Messages API."""
    data = frame.data[:SIGHT]
    if OWN_TYPE.search(data) or (len(frame.data) > SIGHT and OWN_TYPE.search(frame.data[-SIGHT:])):
        return CERTAIN
    if frame.event in EVENTS:
        return LIKELY
    if WHOLE_MESSAGE.search(data) and ASSISTANT.search(data) and STOP_REASON.search(frame.data):
        return LIKELY
    return POSSIBLE if OWN_ERROR.match(data) or PING.match(data) else NO
