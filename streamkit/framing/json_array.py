"""JSON documents that no line end separates: the elements of one array, or documents one after another.

Strategy: only brackets and strings are looked at, by two expressions that never step back: one runs over everything up
to the next bracket, whole strings included; the other over the inside of a string that a read has cut. Every byte is
seen twice at most.
"""

import re
from typing import cast

from streamkit.events import Event
from streamkit.frames import Frame
from streamkit.framing.halts import limit_reached
from streamkit.framing.stray import StrayLines
from streamkit.limits import DEFAULT_LIMITS, Limits
from streamkit.quirks.framing import eof_partial

__all__ = ["DocumentsFramer", "JSONArrayFramer"]

_OUTSIDE = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
_INSIDE = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_BETWEEN = re.compile(rb"[\s,]*+")
_SCALAR = re.compile(rb"[^\s,\]]*+")

QUOTE = ord('"')
OPENERS = frozenset(b"{[")
CLOSER = ord("]")


class DocumentsFramer:
    """Documents one after another, each over as many lines as it likes (A17), cut out at their closing brackets."""

    handles = (bytes,)
    enclosed = False

    def __init__(self, limits: Limits = DEFAULT_LIMITS, *, offset: int = 0) -> None:
        self._limits = limits
        self._at = offset
        self._held = bytearray()
        self._depth = 0
        self._string = self._escaped = self._scalar = False
        self._inside = not self.enclosed
        """Whether elements may stand here: always, or between the array's brackets."""
        self._strays = StrayLines()
        self._rest = bytearray()
        self._dead = False

    def feed(self, chunk: bytes, /) -> list[Frame | Event]:
        """The documents that this read completes."""
        out: list[Frame | Event] = []
        at, size = 0, len(chunk)
        while at < size and not self._dead:
            if self._rest:
                self._rest += chunk[at : at + 1_000 - len(self._rest)]
                break
            start = at
            if not self._open_element():
                start = at = cast("re.Match[bytes]", _BETWEEN.match(chunk, at)).end()
                if at == size:
                    break
                at = self._enter(chunk, at)
                if not self._open_element():
                    continue
            end = self._leave(chunk, at)
            length = len(self._held) + (size if end < 0 else end) - start
            if length > self._limits.frame:
                out.append(limit_reached(self._limits, "frame", self._at + start - len(self._held)))
                self._dead = True
            elif end < 0:
                self._held += chunk[start:]
                break
            else:
                out.append(Frame(bytes(self._held) + chunk[start:end], "", self._at + start - len(self._held)))
                self._held.clear()
                at = end
        self._at += size
        return out

    def _open_element(self) -> bool:
        return self._depth > 0 or self._string or self._scalar

    def _enter(self, chunk: bytes, at: int) -> int:
        """Step over the byte that begins an element, or the array, or what is neither."""
        byte = chunk[at]
        if self._inside and byte in OPENERS:
            self._depth = 1
        elif self.enclosed and not self._inside and byte == b"["[0]:
            self._inside = True
        elif self.enclosed and self._inside and byte == CLOSER:
            self._inside = False
        elif self.enclosed and self._inside and byte == QUOTE:
            self._string = True
        elif self.enclosed and self._inside:
            self._scalar = True
            return at
        else:
            self._rest += chunk[at : at + 1]
        return at + 1

    def _leave(self, chunk: bytes, at: int) -> int:
        """Where the element at hand ends, just behind its last byte; -1 if not in this read."""
        size = len(chunk)
        if self._scalar:
            end = cast("re.Match[bytes]", _SCALAR.match(chunk, at)).end()
            if end == size:
                return -1
            self._scalar = False
            return end
        while at < size:
            if self._escaped:
                self._escaped = False
                at += 1
            elif self._string:
                at = cast("re.Match[bytes]", _INSIDE.match(chunk, at)).end()
                if at == size:
                    break
                self._string = chunk[at] != QUOTE
                self._escaped = self._string
                at += 1
                if not self._string and self._depth == 0:
                    return at
            else:
                at = cast("re.Match[bytes]", _OUTSIDE.match(chunk, at)).end()
                if at == size:
                    break
                byte = chunk[at]
                at += 1
                if byte == QUOTE:
                    self._string = True
                else:
                    self._depth += 1 if byte in OPENERS else -1
                    if self._depth == 0:
                        return at
        return -1

    def close(self) -> list[Frame | Event]:
        """Word of what is missing: half an element, or the end of the array."""
        out: list[Frame | Event] = []
        size = len(self._held)
        if self._dead:
            return out
        self._dead = True
        if size:
            start = self._at - size
            shown = bytes(self._held[:160]).decode("utf-8", "replace")
            out.append(eof_partial.seen(detail=f"{size} bytes: {shown}", data={"bytes": size, "offset": start}))
        elif self.enclosed and self._inside:
            out.append(eof_partial.seen(detail="the array is not closed", data={"bytes": 0, "offset": self._at}))
        if self._rest:
            self._strays.add(bytes(self._rest))
            self._strays.flush(out, at_end=True)
        return out


class JSONArrayFramer(DocumentsFramer):
    """The elements of one top-level array, each as soon as it is whole (A14)."""

    enclosed = True
