"""One answer to play: head, body and faults, and the steps that a server takes to play it.

`steps` is a pure function, so that what goes over a socket can be read without one.
"""

import gzip
from collections.abc import Iterable, Iterator
from typing import Literal, Protocol, TypeAlias, runtime_checkable

import msgspec

from streamkit.testing.faults import Gzip, HalfChunk, Hang, PrematureClose, Reset, Trickle, WrongLength

__all__ = ["CONTENT_TYPES", "Abort", "Finish", "Playable", "Playback", "Send", "Step", "Wait", "as_playback", "steps"]

AnyFault: TypeAlias = Reset | Hang | PrematureClose | HalfChunk | Trickle | WrongLength | Gzip
Cutting: TypeAlias = Reset | Hang | PrematureClose | HalfChunk
"""Faults that happen at a place in the body."""

CONTENT_TYPES = {
    "sse": "text/event-stream; charset=utf-8",
    "ndjson": "application/x-ndjson",
    "json-array": "application/json",
    "aws-eventstream": "application/vnd.amazon.eventstream",
}
"""The content type that belongs to each framing."""


class Playback(msgspec.Struct, kw_only=True, frozen=True):
    """What a server answers. It survives `msgspec.json`, so that a failure can be kept as a file."""

    body: bytes | tuple[bytes, ...] = b""
    """The bytes, or the chunks in which they are sent."""
    content_type: str = CONTENT_TYPES["sse"]
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    """More headers, or others instead of those that are sent anyway."""
    transfer: Literal["chunked", "length", "close"] = "chunked"
    """How the client learns where the body ends: chunks, a content length, or the end of the connection."""
    pauses: tuple[float, ...] = ()
    """Seconds to wait before each chunk; chunks beyond have none."""
    faults: tuple[AnyFault, ...] = ()

    @property
    def chunks(self) -> tuple[bytes, ...]:
        """The body's chunks, without empty ones."""
        pieces = (self.body,) if isinstance(self.body, bytes) else self.body
        return tuple(piece for piece in pieces if piece)


@runtime_checkable
class Playable(Protocol):
    """Something that can be played: a recording, a wire, a quirky variation."""

    def playback(self) -> Playback:
        """The answer to play."""
        ...


def as_playback(answer: "Playback | Playable | bytes | str | Iterable[bytes]", content_type: str = "") -> Playback:
    """`answer` as something to play; bytes, text and chunks count as an event stream unless `content_type` is given."""
    if isinstance(answer, Playback):
        return answer
    if isinstance(answer, Playable):
        return answer.playback()
    if isinstance(answer, str):
        answer = answer.encode()
    body = answer if isinstance(answer, bytes) else tuple(answer)
    return Playback(body=body, content_type=content_type or CONTENT_TYPES["sse"])


class Send(msgspec.Struct, frozen=True):
    """Put these bytes on the wire, in a packet of their own."""

    data: bytes


class Wait(msgspec.Struct, frozen=True):
    """Wait; `held`: until the client goes or somebody releases it, then close if nobody did."""

    seconds: float
    held: bool = False


class Abort(msgspec.Struct, frozen=True):
    """Reset the connection."""


class Finish(msgspec.Struct, frozen=True):
    """The answer is over."""

    reusable: bool = True
    """Whether the connection may serve another request."""


Step: TypeAlias = Send | Wait | Abort | Finish


def steps(playback: Playback) -> Iterator[Step]:
    """What a server does to play this, up to the first step that ends the connection or the answer."""
    chunks, extra = _transformed(playback)
    cutting = sorted(
        (fault for fault in playback.faults if isinstance(fault, Reset | Hang | PrematureClose | HalfChunk)),
        key=_place,
    )
    while cutting and isinstance(cutting[0], Reset | Hang) and cutting[0].at is None:
        fault = cutting.pop(0)
        if isinstance(fault, Hang):
            yield Wait(fault.limit, held=True)
        else:
            yield Abort()
            return
    transfer, length = _length(playback, chunks)
    yield Send(_head(playback, transfer, length, extra))
    sent = 0
    for number, chunk in enumerate(chunks):
        if number < len(playback.pauses) and playback.pauses[number]:
            yield Wait(playback.pauses[number])
        rest = chunk
        while cutting and _offset(cutting[0]) < sent + len(rest):
            fault = cutting.pop(0)
            at = int(_offset(fault)) - sent
            if isinstance(fault, HalfChunk):
                yield Send(_framed(rest, transfer)[: _prefix(rest, transfer) + at])
                yield Finish(reusable=False)
                return
            if at:
                yield Send(_framed(rest[:at], transfer))
            sent, rest = sent + at, rest[at:]
            yield from _cut(fault)
            if not isinstance(fault, Hang):
                return
        yield Send(_framed(rest, transfer))
        sent += len(rest)
    for fault in cutting:
        yield from _cut(fault)
        if not isinstance(fault, Hang):
            return
    if transfer == "chunked":
        yield Send(b"0\r\n\r\n")
    yield Finish(reusable=transfer != "close" and not _short(playback))


def _cut(fault: Cutting) -> Iterator[Step]:
    match fault:
        case Hang():
            yield Wait(fault.limit, held=True)
        case Reset():
            yield Abort()
        case _:
            yield Finish(reusable=False)


def _place(fault: Cutting) -> tuple[float, int]:
    before_headers = isinstance(fault, Reset | Hang) and fault.at is None
    return (-1 if before_headers else _offset(fault)), fault.rank


def _offset(fault: Cutting) -> float:
    return float("inf") if fault.at is None else fault.at


def _transformed(playback: Playback) -> tuple[tuple[bytes, ...], tuple[tuple[str, str], ...]]:
    """The chunks as the faults want them, and headers that belong to them."""
    chunks = playback.chunks
    headers: tuple[tuple[str, str], ...] = ()
    for fault in playback.faults:
        if isinstance(fault, Gzip):
            chunks = (gzip.compress(b"".join(chunks), mtime=0)[: fault.at],)
            headers = (("content-encoding", "gzip"),) if fault.announced else ()
    for fault in playback.faults:
        if isinstance(fault, Trickle):
            body, size = b"".join(chunks), max(1, fault.size)
            chunks = tuple(body[at : at + size] for at in range(0, len(body), size))
    return chunks, headers


def _length(playback: Playback, chunks: tuple[bytes, ...]) -> tuple[str, int]:
    wrong = [fault.by for fault in playback.faults if isinstance(fault, WrongLength)]
    return ("length" if wrong else playback.transfer), max(0, sum(map(len, chunks)) + sum(wrong))


def _short(playback: Playback) -> bool:
    return any(isinstance(fault, WrongLength) for fault in playback.faults)


def _head(playback: Playback, transfer: str, length: int, extra: tuple[tuple[str, str], ...]) -> bytes:
    headers = {"content-type": playback.content_type} if playback.content_type else {}
    headers.update(
        {"chunked": {"transfer-encoding": "chunked"}, "length": {"content-length": str(length)}}.get(transfer, {})
    )
    if transfer == "close":
        headers["connection"] = "close"
    headers.update(extra)
    headers.update({name.lower(): value for name, value in playback.headers})
    lines = [f"HTTP/1.1 {playback.status} {'OK' if playback.status == 200 else 'Played'}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _prefix(chunk: bytes, transfer: str) -> int:
    return len(b"%x\r\n" % len(chunk)) if transfer == "chunked" else 0


def _framed(chunk: bytes, transfer: str) -> bytes:
    return b"%x\r\n%s\r\n" % (len(chunk), chunk) if transfer == "chunked" else chunk
