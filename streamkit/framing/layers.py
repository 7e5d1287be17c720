"""What may lie over a stream's own bytes: compression (A20, J08) and another charset than UTF-8 (J14, J18)."""

import codecs
import re
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

from streamkit.events import Event, QuirkSeen
from streamkit.frames import Frame
from streamkit.framing.halts import damaged, limit_reached, wire_fault
from streamkit.limits import Limits
from streamkit.quirks.framing import compressed_rest, eof_partial
from streamkit.quirks.payloads import invalid_utf8

__all__ = ["Framer", "Inflating", "Rest", "Transcoding", "charset_of", "compression_of", "known_charset"]

STEP = 1 << 16
"""Bytes that are given out by one step of inflating."""
GRAIN = 1024
"""Compressed bytes that are taken in by one step, and behind which growth is judged: at places that no reads decide."""

SHOWN = 40
"""Bytes behind a compressed body that are shown."""

GZIP = b"\x1f\x8b"
ZLIB = (b"\x78\x01", b"\x78\x9c", b"\x78\xda")

_TEXT_CODECS = re.compile(
    r"iso8859-\d+|cp\d+|gb2312|gbk|gb18030|hz|big5(hkscs)?|euc_\w+|shift_jis\w*|johab|koi8-\w|mac-\w+"
    r"|kz1048|ptcp154|tis-620|hp-roman8|utf-(16|32)-[bl]e"
)
"""Codecs that can be undone bit by bit, whatever comes. Not ISO 2022, whose decoders fail at half an escape sequence;
nor UTF-16 and UTF-32 without a word on the order of bytes: the first bytes tell more than such a header.
"""


class Framer(Protocol):
    """A push stage from bytes to frames."""

    def feed(self, chunk: bytes, /) -> list[Frame | Event]:
        """The frames that this read completes, and what else it says."""
        ...

    def close(self) -> list[Frame | Event]:
        """What was held back."""
        ...


def compression_of(head: bytes) -> str:
    """`gzip` or `zlib`, by the first two bytes; empty for neither."""
    if head[:2] == GZIP:
        return "gzip"
    return "zlib" if head[:2] in ZLIB else ""


def known_charset(name: str | None) -> str:
    """The codec for a declared charset; empty for UTF-8, ASCII and names that mean nothing (J14, J18)."""
    try:
        found = codecs.lookup((name or "").strip("\"' ")).name
    except (LookupError, ValueError):
        return ""
    return found if _TEXT_CODECS.fullmatch(found) else ""


def charset_of(headers: Any) -> str | None:
    """The codec for the charset that a content type names; None for UTF-8, and where none is known (J14)."""
    _, _, options = str(headers.get("content-type", "")).partition(";")
    for option in options.split(";"):
        name, _, value = option.partition("=")
        if name.strip().lower() == "charset":
            return known_charset(value.strip()) or None
    return None


class Rest(NamedTuple):
    """What stands behind a member of a compressed body and is no part of any."""

    zeros: int = 0
    """Bytes of padding."""
    others: int = 0
    """Bytes from the first one on that is neither padding nor the beginning of another member."""
    head: bytes = b""
    """The first of those; while there are none, half the mark of another member."""

    def take(self, data: bytes, *, members: bool = True) -> "tuple[bytes, Rest]":
        """The beginning of another member, if these bytes have one (and there may be any), and what is known now."""
        if self.others:
            return b"", self._replace(others=self.others + len(data), head=(self.head + data)[:SHOWN])
        data = self.head + data
        bare = data.lstrip(b"\0")
        zeros = self.zeros + len(data) - len(bare)
        if members and compression_of(bare) == "gzip":
            return bare, Rest(zeros)
        if not bare or (members and bare == GZIP[:1]):
            return b"", Rest(zeros, head=bare)
        return b"", Rest(zeros, len(bare), bare[:SHOWN])

    def quirks(self) -> list[QuirkSeen]:
        """Word of it, if there is any; asked at the end."""
        count = self.zeros + (self.others or len(self.head))
        if not count:
            return []
        return [compressed_rest.seen(detail=f"{count} bytes, {self.zeros} of them padding: {self.head!r}")]


class Inflating:
    """A framer behind gzip or zlib; what was inflated before a cut or a fault is delivered."""

    handles = (bytes,)

    def __init__(self, inner: Framer, limits: Limits, *, offset: int = 0) -> None:
        self._inner = inner
        self._limits = limits
        self._offset = offset
        self._read = self._taken = self._given = 0
        self._inflate: Any = _decompressor()
        self._rest = Rest()
        self._dead = self._closed = False

    @property
    def last_event_id(self) -> str | None:
        """The SSE `id` in force beneath."""
        return getattr(self._inner, "last_event_id", None)

    def feed(self, chunk: bytes, /) -> list[Frame | Event]:
        """The frames that this read completes."""
        out: list[Frame | Event] = []
        at, size = 0, len(chunk)
        while at < size and not self._dead:
            data = chunk[at : at + GRAIN - self._read % GRAIN]
            at += len(data)
            self._read += len(data)
            self._take(data, out)
            if self._read % GRAIN == 0 and not self._dead and self._given > self._limits.expansion * self._read:
                self._halt("expansion", self._given // self._read, out)
        return out

    def _halt(self, limit: str, size: int, out: list[Frame | Event]) -> None:
        out.append(limit_reached(self._limits, limit, self._given, size=size))
        self._dead = True

    def _take(self, data: bytes, out: list[Frame | Event]) -> None:
        # a call that fails gives nothing of what it had inflated: then the same is done again, byte by byte
        spare: Any = self._inflate.copy() if len(data) > 1 else None
        taken, given, rest = self._taken, self._given, self._rest
        pieces: list[bytes] = []
        try:
            pieces += self._pieces(data)
        except zlib.error:
            if len(data) == 1:
                self._fail(out)
                return
            self._inflate, self._taken, self._given, self._rest = spare, taken, given, rest
            for at in range(len(data)):
                if not self._dead:
                    self._take(data[at : at + 1], out)
            return
        for piece in pieces:
            out += self._inner.feed(piece)
        if self._given > self._limits.body:
            self._given = self._limits.body
            self._halt("body", self._given + 1, out)

    def _fail(self, out: list[Frame | Event]) -> None:
        offset = self._offset + self._taken
        fault = damaged if self._given else wire_fault
        if self._given:
            out += self._inner.close()  # a last frame may lack its end, as before a cut
            self._closed = True
        out.append(fault("corrupt_compression", f"the compressed body is broken at byte {offset}", offset))
        self._dead = True

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        """What the data inflates to, in bounded pieces, until the limit is passed; none of them is beyond it."""
        more = True
        while more:
            if self._inflate.eof:
                data, self._rest = self._rest.take(data)
                if not data:
                    return  # nothing of another member, or not yet known
                self._inflate = _decompressor()
            room = self._limits.body - self._given
            most = min(STEP, room + 1)
            piece = self._inflate.decompress(data, most)
            rest = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
            self._taken += len(data) - len(rest)
            self._given += len(piece)
            data = rest
            if piece:
                yield piece[:room]
            # a full piece may have more behind it inside the decompressor, with nothing left to put in
            more = (bool(rest) or len(piece) == most) and len(piece) <= room

    def close(self) -> list[Frame | Event]:
        """What the framer held back, and word of a cut."""
        if self._closed:
            return []
        self._closed = True
        out: list[Frame | Event] = []
        if not self._dead:
            self._dead = True
            if not self._inflate.eof:
                out.append(eof_partial.seen(detail="the compressed body is cut", data={"bytes": 0}))
            out += self._rest.quirks()
        return self._inner.close() + out


def _decompressor() -> Any:
    return zlib.decompressobj(32 + zlib.MAX_WBITS)  # 32: gzip or zlib, whichever the header says


class Transcoding:
    """A framer behind another charset than UTF-8. Offsets count the bytes after conversion."""

    handles = (bytes,)

    def __init__(self, inner: Framer, charset: str) -> None:
        self._inner = inner
        self._charset = charset
        self._decode = codecs.getincrementaldecoder(charset)("replace").decode
        self._reported = False

    @property
    def last_event_id(self) -> str | None:
        """The SSE `id` in force beneath."""
        return getattr(self._inner, "last_event_id", None)

    def feed(self, chunk: bytes, /) -> list[Frame | Event]:
        """The frames that this read completes."""
        return self._pass_on(self._decode(chunk))

    def _pass_on(self, text: str) -> list[Frame | Event]:
        out: list[Frame | Event] = []
        at = -1 if self._reported else text.find("\ufffd")
        if at >= 0:
            self._reported = True
            out += self._inner.feed(text[:at].encode("utf-8", "replace"))
            out.append(invalid_utf8.seen(detail=f"bytes that are not {self._charset}"))
            text = text[at:]
        out += self._inner.feed(text.encode("utf-8", "replace"))
        return out

    def close(self) -> list[Frame | Event]:
        """What the framer held back; half a character becomes U+FFFD."""
        return self._pass_on(self._decode(b"", final=True)) + self._inner.close()
