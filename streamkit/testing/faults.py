"""What a connection may do to an answer: faults of the transport, as plain values that a `Playback` carries.

Offsets (`at`) count bytes of the body as it goes over the wire, after compression. Of the faults that end a
connection the first one in the body wins.
"""

from typing import ClassVar

import msgspec

__all__ = ["Fault", "Gzip", "HalfChunk", "Hang", "PrematureClose", "Reset", "Trickle", "WrongLength"]


class Fault(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of all faults of the transport."""

    rank: ClassVar[int] = 0
    """Which of several faults at one place comes first."""


class Reset(Fault, frozen=True, kw_only=True, tag="reset"):
    """The connection is reset (RST)."""

    rank: ClassVar[int] = 1
    at: int | None = None
    """Behind this many bytes of the body; None: instead of the headers."""


class Hang(Fault, frozen=True, kw_only=True, tag="hang"):
    """Nothing more comes, until the client goes, `server.release()` is called, the server stops or `limit` is over."""

    at: int | None = None
    """Behind this many bytes of the body (0: right after the headers); None: before the headers."""
    limit: float = 60.0
    """Seconds; then the connection is closed, so that a forgotten client does not wait for ever."""


class PrematureClose(Fault, frozen=True, kw_only=True, tag="premature_close"):
    """The connection is closed in good order, but before its end: no last chunk, or fewer bytes than promised."""

    rank: ClassVar[int] = 1
    at: int | None = None
    """Behind this many bytes of the body; None: behind all of them, where only the end is missing."""


class HalfChunk(Fault, frozen=True, kw_only=True, tag="half_chunk"):
    """A chunk is announced whole, and the connection closed in the middle of it."""

    rank: ClassVar[int] = 1
    at: int = 0
    """How many bytes of the body arrive."""


class Trickle(Fault, frozen=True, kw_only=True, tag="trickle"):
    """The body comes in the smallest pieces, each in a packet of its own."""

    size: int = 1
    """Bytes in one piece."""


class WrongLength(Fault, frozen=True, kw_only=True, tag="wrong_length"):
    """The headers promise another length than the body has, and the connection is closed behind the body."""

    by: int = 1
    """Bytes more than there are; negative: fewer."""


class Gzip(Fault, frozen=True, kw_only=True, tag="gzip"):
    """The body is compressed."""

    announced: bool = True
    """Whether a `content-encoding` header says so (A20)."""
    at: int | None = None
    """How many of the compressed bytes are left; None: all."""
