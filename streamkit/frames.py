"""A frame: one payload cut out of the byte stream, not yet understood.

Framing turns bytes into frames (zone one), dialects turn frames into events (zone two).
"""

import msgspec

__all__ = ["Frame"]


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One payload with what its framing says about it."""

    data: bytes
    """The payload; for SSE the data lines joined by LF (WHATWG 9.2.6)."""
    event: str = ""
    """SSE event name, or the `:event-type` / `:exception-type` of an AWS message; empty where there is none."""
    offset: int = 0
    """Byte offset of the frame's first byte in the (decompressed) stream."""
    id: str | None = None
    """SSE `id` in force at this frame."""
    retry: int | None = None
    """SSE `retry` in milliseconds, where this frame had one; never acted upon (A28)."""
    kind: str = "event"
    """`event`, or the AWS `:message-type` `exception` / `error` (A25)."""
