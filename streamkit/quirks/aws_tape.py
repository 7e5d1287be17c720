"""AWS event streams as a tape sees them: binary messages to name and payload, and back (A25)."""

import zlib
from collections.abc import Iterator

__all__ = ["encode_message", "messages"]

PRELUDE = 12
"""Bytes before the headers: total length, length of the headers, checksum of both."""
STRING = 7
"""The type byte of a header whose value is a string; healthy recordings of models have no other."""


def messages(data: bytes) -> Iterator[tuple[int, int, str, bytes]]:
    """Start, end, event type and payload of every whole message."""
    start = 0
    while start + PRELUDE <= len(data):
        size = int.from_bytes(data[start : start + 4], "big")
        head = int.from_bytes(data[start + 4 : start + 8], "big")
        end = start + size
        if size < PRELUDE + 4 + head or end > len(data):
            return
        behind = start + PRELUDE + head
        headers = dict(_headers(data[start + PRELUDE : behind]))
        yield start, end, headers.get(":event-type", ""), data[behind : end - 4]
        start = end


def _headers(data: bytes) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(data):
        behind = at + 1 + data[at]
        if data[behind] != STRING:
            return
        size = int.from_bytes(data[behind + 1 : behind + 3], "big")
        yield data[at + 1 : behind].decode(), data[behind + 3 : behind + 3 + size].decode()
        at = behind + 3 + size


def encode_message(event: str, payload: bytes) -> bytes:
    """One message with this event type and a JSON payload."""
    named = ((":event-type", event), (":content-type", "application/json"), (":message-type", "event"))
    headers = b"".join(
        bytes((len(name),)) + name.encode() + bytes((STRING,)) + len(value).to_bytes(2, "big") + value.encode()
        for name, value in named
    )
    size = PRELUDE + len(headers) + len(payload) + 4
    lengths = size.to_bytes(4, "big") + len(headers).to_bytes(4, "big")
    body = lengths + zlib.crc32(lengths).to_bytes(4, "big") + headers + payload
    return body + zlib.crc32(body).to_bytes(4, "big")
