"""What a client asked for: one HTTP request, read from a socket and kept with its secrets masked."""

import socket

import msgspec

from streamkit.jsontypes import Json
from streamkit.masking import MASK, mask, mask_json, sensitive

__all__ = ["Request", "RequestReader"]

LONGEST_HEAD = 1 << 16
LONGEST_BODY = 64 << 20
PIECE = 1 << 16


class Request(msgspec.Struct, kw_only=True, frozen=True):
    """One request; credentials in headers, address and body are masked."""

    method: str
    target: str
    """Path and query."""
    headers: dict[str, str]
    """By lower-case name."""
    body: bytes = b""

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def json(self) -> Json:
        """The body as JSON, None where it is none."""
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            return None


class RequestReader:
    """Reads requests from one connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._rest = b""

    def read(self) -> Request | None:
        """The next request, None when the client has closed.

        Raises:
            OSError: the connection broke.
            ValueError: this is no HTTP request.
        """
        head = self._until(b"\r\n\r\n")
        if head is None:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _version = first.split(" ", 2)
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if headers.get("expect", "").lower() == "100-continue":
            self._connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self._chunked() if "chunked" in headers.get("transfer-encoding", "").lower() else self._sized(headers)
        return Request(
            method=method,
            target=mask(target),
            headers={name: MASK if sensitive(name) else mask(value) for name, value in headers.items()},
            body=masked_body(body),
        )

    def _sized(self, headers: dict[str, str]) -> bytes:
        return self._exactly(min(int(headers.get("content-length", "0")), LONGEST_BODY))

    def _chunked(self) -> bytes:
        pieces: list[bytes] = []
        while True:
            line = self._until(b"\r\n")
            size = int((line or b"0").partition(b";")[0], 16)
            if not size:
                while self._until(b"\r\n"):
                    pass  # trailers
                return b"".join(pieces)
            pieces.append(self._exactly(size))
            self._exactly(2)

    def _until(self, end: bytes) -> bytes | None:
        while end not in self._rest:
            if len(self._rest) > LONGEST_HEAD:
                raise ValueError("the head of a request does not end")
            piece = self._connection.recv(PIECE)
            if not piece:
                return None
            self._rest += piece
        found, _, self._rest = self._rest.partition(end)
        return found

    def _exactly(self, size: int) -> bytes:
        pieces = [self._rest]
        missing = size - len(self._rest)
        while missing > 0:
            piece = self._connection.recv(PIECE)
            if not piece:
                break
            pieces.append(piece)
            missing -= len(piece)
        whole = b"".join(pieces)
        self._rest = whole[size:]
        return whole[:size]


def masked_body(body: bytes) -> bytes:
    """A request's body without secrets: member by member where it is JSON."""
    try:
        return msgspec.json.encode(mask_json(msgspec.json.decode(body)))
    except msgspec.DecodeError:
        return mask(body.decode("utf-8", "replace")).encode()
