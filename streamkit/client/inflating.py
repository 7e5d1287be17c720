"""Compressed bodies, inflated as they arrive, in bounded steps (J08)."""

import importlib
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from streamkit.errors import ErrorInfo, LimitExceeded, WireError, error_from
from streamkit.events import QuirkSeen
from streamkit.framing.layers import Rest
from streamkit.limits import Limits
from streamkit.quirks.framing import deflate_bare

__all__ = ["Inflater", "inflater_for", "no_encodings"]

STEP = 256 * 1024
"""Bytes that one step may give out."""

SLICE = 1024
"""Compressed bytes handed at once to a library, and the grain at which growth is judged."""

FOREIGN = frozenset(
    {"aes128gcm", "bzip2", "compress", "dcb", "dcz", "exi", "lz4", "lzma", "pack200-gzip", "snappy", "x-compress", "xz"}
)
"""Encodings that exist and cannot be undone here. What else stands in the header is none, such as `none` or `utf-8`."""

HEADER = 2
"""Bytes of a zlib header."""

FREE = 1024 * 1024
"""Bytes that may come out before the ratio counts: short texts of spaces compress very well."""


class Decompressor(Protocol):
    """One encoding: compressed bytes in, pieces out."""

    unfinished: bool = False
    """Whether more must come for the body to be complete."""
    bare: bool = False
    """Whether a header is missing that the encoding's name promises."""
    rest: Rest = Rest()
    """What stands behind the body."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What can be given out now."""
        ...


class Zlib(Decompressor):
    """gzip (also several members in a row) and deflate (with its header or, as some servers mean it, without)."""

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._head = b""
        """The first byte of a deflate stream: it takes two to see whether there is a header."""
        self._inner: Any = zlib.decompressobj(wbits=31) if gzip else None
        self._between = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What can be given out now; before an error, all that came in front of the broken place."""
        if self._inner is None:
            data = self._head + data
            self.unfinished = bool(data)
            if len(data) < HEADER:
                self._head = data
                return
            headed = data[0] & 15 == zlib.DEFLATED and int.from_bytes(data[:HEADER]) % 31 == 0  # RFC 1950, section 2.2
            self.bare = not headed
            self._inner = zlib.decompressobj(wbits=15 if headed else -15)
        while data:
            if self._between:
                data = self._behind(data)
                continue
            piece, data = self._step(data)
            self.unfinished = not self._inner.eof
            if piece:
                yield piece
            self._between = self._inner.eof

    def _behind(self, data: bytes) -> bytes:
        """What comes behind a member: another one, of gzip only, or what is no part of the body."""
        data, self.rest = self.rest.take(data, members=self._gzip)
        if data:
            self._between = False
            self._inner = zlib.decompressobj(wbits=31)
        return data

    def _step(self, data: bytes) -> tuple[bytes, bytes]:
        """One piece, and the bytes that are left.

        A call that fails gives out nothing of what it had: then half of its bytes are done again.
        """
        part = data[:SLICE]
        spare = self._inner.copy()
        try:
            piece = self._inner.decompress(part, STEP)
        except zlib.error:
            if len(part) == 1:
                raise
            self._inner = spare
            half = len(part) // 2
            piece, rest = self._step(data[:half])
            return piece, rest + data[half:]
        rest = self._inner.unused_data if self._inner.eof else self._inner.unconsumed_tail
        return piece, rest + data[SLICE:]


class Brotli(Decompressor):
    """br, with the optional `brotli` package."""

    def __init__(self) -> None:
        brotli: Any = importlib.import_module("brotli")
        self._inner: Any = brotli.Decompressor()
        self._bounded = hasattr(self._inner, "can_accept_more_data")

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What can be given out now."""
        for start in range(0, len(data), SLICE):
            part = data[start : start + SLICE]
            if not self._bounded:
                yield self._inner.process(part)
                continue
            yield self._inner.process(part, output_buffer_limit=STEP)
            while not self._inner.can_accept_more_data():
                yield self._inner.process(b"", output_buffer_limit=STEP)
        self.unfinished = not self._inner.is_finished()


class Zstandard(Decompressor):
    """zstd, with the optional `zstandard` package."""

    def __init__(self) -> None:
        zstandard: Any = importlib.import_module("zstandard")
        self._make: Callable[[], Any] = zstandard.ZstdDecompressor().decompressobj
        self._inner: Any = self._make()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What can be given out now."""
        for start in range(0, len(data), SLICE):
            part = data[start : start + SLICE]
            while part:
                yield self._inner.decompress(part)
                part = self._inner.unused_data if self._inner.eof else b""
                if part:
                    self._inner = self._make()
        self.unfinished = not self._inner.eof


_PLAIN = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:(?:data|event|id|retry)?:|[{\[])")

ENCODINGS: dict[str, Callable[[], Decompressor]] = {
    "gzip": lambda: Zlib(gzip=True),
    "x-gzip": lambda: Zlib(gzip=True),
    "deflate": lambda: Zlib(gzip=False),
    "br": Brotli,
    "zstd": Zstandard,
}
"""What undoes each encoding that can be undone."""


class Inflater:
    """Takes a body's compressed bytes, gives its content, keeps the bounds."""

    def __init__(self, chain: list[Decompressor], limits: Limits) -> None:
        self._chain = chain
        self._limits = limits
        self._taken = 0
        self._given = 0

    @property
    def unfinished(self) -> bool:
        """Whether the compressed body was begun and is not complete."""
        return any(each.unfinished for each in self._chain)

    def quirks(self) -> list[QuirkSeen]:
        """What was odd about the compression; complete once the body is read."""
        bare = [deflate_bare.seen()] if any(each.bare for each in self._chain) else []
        return [*bare, *(quirk for each in self._chain for quirk in each.rest.quirks())]

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The pieces that these bytes become.

        Raises:
            LimitExceeded: `Limits.expansion` or `Limits.body` is reached.
            WireError: the bytes are not what the header says.
            TransportError: they were, up to here: the body was damaged on its way. An answer that was over stands.
        """
        try:
            while data:  # at places that no reads decide
                part, data = data[: (room := SLICE - self._taken % SLICE)], data[room:]
                self._taken += len(part)
                yield from self._bounded(part)
        except (LimitExceeded, WireError):
            raise
        except Exception as exc:
            info = ErrorInfo(
                kind="transport" if self._given else "wire",
                code="bad_encoding",
                message=f"the body cannot be decompressed: {exc}",
                offset=self._given,
                retryable=False,
            )
            raise error_from(info) from exc

    def _through(self, data: bytes, at: int) -> Iterator[bytes]:
        if at == len(self._chain):
            yield data
            return
        for piece in self._chain[at].feed(data):
            if piece:
                yield from self._through(piece, at + 1)

    def _bounded(self, data: bytes) -> Iterator[bytes]:
        grains = -(-self._taken // SLICE)
        most = max(FREE, grains * SLICE * self._limits.expansion)
        for piece in self._through(data, 0):
            room = min(self._limits.body, most) - self._given
            self._given += len(piece)
            if len(piece) <= room:
                yield piece
                continue
            yield piece[:room]
            if self._limits.body <= most:
                raise LimitExceeded(exceeded("body", self._given, "bytes after decompression"))
            raise LimitExceeded(exceeded("expansion", self._given // self._taken, "times its compressed size"))


def exceeded(limit: str, size: int, unit: str) -> ErrorInfo:
    """The error of a body that is larger than it may be."""
    return ErrorInfo(
        kind="limit",
        code="limit_exceeded",
        message=f"the body has {size} {unit}, more than Limits.{limit} allows",
        limit=limit,
        size=size,
        retryable=False,
    )


def inflater_for(encoding: str, limits: Limits) -> Inflater | None:
    """What undoes a `Content-Encoding`; None where there is nothing to undo.

    Raises:
        WireError: an encoding that cannot be undone, or whose library is not installed.
    """
    names = [name for name in _named(encoding) if name in ENCODINGS or name in FOREIGN]
    if not names:
        return None
    try:
        return Inflater([ENCODINGS[name]() for name in reversed(names)], limits)
    except (KeyError, ImportError) as exc:
        install = "install 'streamkit-llm[compression]', or " if isinstance(exc, ImportError) else ""
        info = ErrorInfo(
            kind="wire",
            code="bad_encoding",
            message=f"the body is encoded as {encoding!r}, which was not asked for and cannot be undone here",
            hint=f"{install}keep the server, or what stands in between, from compressing",
            retryable=False,
        )
        raise WireError(info) from exc


def is_plain(encoding: str, first: bytes) -> bool:
    """Whether a body that is said to be compressed begins as plain text does, which none of these encodings can."""
    names = _named(encoding)
    return bool(names) and names[-1] in ("gzip", "x-gzip", "zstd") and _PLAIN.match(first) is not None


def no_encodings(encoding: str) -> list[str]:
    """What a `Content-Encoding` names that is no encoding."""
    return [name for name in _named(encoding) if name not in ENCODINGS and name not in FOREIGN]


def _named(encoding: str) -> list[str]:
    return [name for name in (part.strip().lower() for part in encoding.split(",")) if name not in {"", "identity"}]
