"""AWS event streams (`application/vnd.amazon.eventstream`): binary messages to frames, decoded by botocore (A25)."""

import struct
import zlib
from typing import Any

import msgspec

from streamkit.errors import UsageError
from streamkit.events import Event
from streamkit.frames import Frame
from streamkit.framing.halts import limit_reached, wire_fault
from streamkit.limits import DEFAULT_LIMITS, Limits
from streamkit.quirks.framing import eof_partial

__all__ = ["PRELUDE", "EventStreamFramer", "is_prelude"]

PRELUDE = 12
"""Bytes before the headers: total length, length of the headers, checksum of both."""
SMALLEST = PRELUDE + 4
"""Bytes in a message without headers and payload: the prelude and the checksum of the whole."""

_prelude = struct.Struct(">III")


def is_prelude(data: bytes) -> bool:
    """Whether a message begins here: lengths that can be, and their checksum."""
    if len(data) < PRELUDE:
        return False
    total, headers, checksum = _prelude.unpack_from(data)
    return bool(zlib.crc32(data[:8]) == checksum and SMALLEST + headers <= total)


class EventStreamFramer:
    """Frames of one AWS event stream.

    Raises:
        UsageError: botocore is not installed (at construction).
    """

    handles = (bytes,)

    def __init__(self, limits: Limits = DEFAULT_LIMITS, *, offset: int = 0) -> None:
        try:
            from botocore.eventstream import (  # noqa: PLC0415 - an optional and heavy library
                ChecksumMismatch,
                EventStreamBuffer,
                ParserError,
            )
        except ImportError as exc:
            raise UsageError(
                "AWS event streams are decoded by botocore; install it with: pip install 'streamkit-llm[bedrock]'"
            ) from exc
        self._limits = limits
        self._buffer: Any = EventStreamBuffer()
        self._mismatch: type[Exception] = ChecksumMismatch
        self._faults: tuple[type[Exception], ...] = (ParserError, struct.error, ValueError, LookupError)
        self._at = offset
        self._held = bytearray()
        self._dead = False

    def feed(self, chunk: bytes, /) -> list[Frame | Event]:
        """The messages that this read completes."""
        out: list[Frame | Event] = []
        if self._dead:
            return out
        held = self._held
        held += chunk
        at = 0
        # whole messages only are given to botocore, whose own buffer grows quadratically with the reads
        while len(held) - at >= PRELUDE:
            prelude = bytes(held[at : at + PRELUDE])
            total = int.from_bytes(prelude[:4], "big")
            if not is_prelude(prelude):
                return self._halt(out, "checksum_mismatch", "a message prelude does not match its checksum", at)
            if total > self._limits.frame:
                out.append(limit_reached(self._limits, "frame", self._at + at, size=total))
                self._dead = True
                return out
            if len(held) - at < total:
                break
            try:
                self._buffer.add_data(bytes(held[at : at + total]))
                message = self._buffer.next()
                out.append(_frame(message.headers, message.payload, self._at + at))
            except self._mismatch:
                return self._halt(out, "checksum_mismatch", "a message does not match its checksum", at)
            except self._faults as exc:
                return self._halt(out, "malformed_message", f"a message cannot be decoded: {exc}", at)
            at += total
        del held[:at]
        self._at += at
        return out

    def _halt(self, out: list[Frame | Event], code: str, message: str, at: int) -> list[Frame | Event]:
        offset = self._at + at
        out.append(wire_fault(code, f"AWS event stream: {message} (byte {offset})", offset))
        self._dead = True
        self._held.clear()
        return out

    def close(self) -> list[Frame | Event]:
        """Word of a message that was cut."""
        size = 0 if self._dead else len(self._held)
        self._dead = True
        if not size:
            return []
        return [eof_partial.seen(detail=f"{size} bytes of a message", data={"bytes": size, "offset": self._at})]


def _frame(headers: dict[str, Any], payload: bytes, offset: int) -> Frame:
    """One message as a frame; an error that says everything in its headers gets them as its payload."""

    def text(name: str) -> str:
        value = headers.get(name, "")
        return value if isinstance(value, str) else ""

    kind = text(":message-type") or "event"
    if kind == "error" and not payload:
        payload = msgspec.json.encode({"code": text(":error-code"), "message": text(":error-message")})
    event = text(":event-type") or text(":exception-type") or text(":error-code")
    return Frame(bytes(payload), event, offset, None, None, kind)
