"""Server-sent events read with care: line by line, right for any bytes cut anywhere (WHATWG HTML 9.2.6 and group A).

This reader alone decides what a frame is; `SSEFramer` is the same with a quick way for what healthy streams have.
"""

from streamkit.events import Event, KeepAlive
from streamkit.evidence import Halt
from streamkit.frames import Frame
from streamkit.framing.documents import depth_change, is_complete
from streamkit.framing.halts import limit_reached
from streamkit.framing.stray import StrayLines
from streamkit.limits import DEFAULT_LIMITS, Limits
from streamkit.quirks.framing import empty_event, eof_flush, eof_partial, missing_blank_line, unprefixed_payload

__all__ = ["BOM", "CR", "FIELDS", "LF", "LineReader", "comment"]

FIELDS = (b"data:", b"event:", b"id:", b"retry:")
"""How a line with a field begins."""

BOM = b"\xef\xbb\xbf"
LF = 10
CR = 13
LONGEST_NUMBER = 20
"""Digits of a `retry` that is believed."""


class LineReader:
    """Frames of one event stream, from lines."""

    handles = (bytes,)

    def __init__(self, limits: Limits = DEFAULT_LIMITS, *, offset: int = 0) -> None:
        self._limits = limits
        self._at = offset
        self._id: str | None = None
        self.last_event_id: str | None = None
        """The `id` of the last event that was complete; None where there was none (A28)."""
        self._retry: int | None = None
        self._line = bytearray()
        self._after_cr = False
        self._first = True
        self._dead = False
        self._strays = StrayLines()
        self._busy = True
        """Whether anything is under way, so that the next bytes cannot be taken for the beginning of a frame."""
        self._clear()

    def _clear(self) -> None:
        self._start: int | None = None
        self._event = ""
        self._late: tuple[str, int] | None = None
        self._data: bytes | bytearray | None = None
        self._depth: int | None = None

    def feed(self, chunk: bytes, /) -> list[Frame | Event]:
        """The frames that this read completes, and what else it says."""
        out: list[Frame | Event] = []
        self._scan(chunk, out)
        return out

    def _scan(self, piece: bytes, out: list[Frame | Event]) -> None:
        if self._dead or not piece:
            return
        if self._after_cr and piece[0] == LF:
            piece = piece[1:]
            self._at += 1
        for line in piece.splitlines(keepends=True):
            bare = line.rstrip(b"\r\n")
            self._at += len(line)
            held = self._line
            start = self._at - len(line) - len(held)
            if len(held) + len(bare) > self._limits.line:
                self._halt("line", start, out)
                return
            if len(bare) == len(line):
                held += bare
                break
            if held:
                bare = bytes(held) + bare
                held.clear()
            self._take(bare, start, out)
            if out and out[-1].__class__ is Halt:
                return
        self._after_cr = piece.endswith(b"\r")
        inside = self._after_cr or self._first or self._start is not None or self._retry is not None
        self._busy = inside or bool(self._line) or bool(self._strays)

    def _take(self, line: bytes, start: int, out: list[Frame | Event]) -> None:
        """One whole line (9.2.6: dispatch, comment, or field)."""
        if self._first:
            self._first = False
            if line.startswith(BOM):
                line, start = line[3:], start + 3
        if line[:5] == b"data:":
            self._append(line[6:] if line[5:6] == b" " else line[5:], start, out)
        elif not line:
            self._close_frame(out)
        elif line[:1] == b":":
            out.append(comment(line))
        else:
            self._other(line, start, out)

    def _other(self, line: bytes, start: int, out: list[Frame | Event]) -> None:
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            name = value.decode("utf-8", "replace")
            if self._data is None:
                self._event = name
            else:
                self._late = (name, start)
        elif field == b"data":
            self._append(value, start, out)
        elif field == b"id":
            if 0 not in value:
                self._id = value.decode("utf-8", "replace")
        elif field == b"retry":
            # handed out with the next frame, which is rarely the one that it stands in
            if value.isdigit() and len(value) < LONGEST_NUMBER:
                self._retry = int(value)
        elif self._data is None and line[:1] in (b"{", b"[") and is_complete(line):
            # a bare payload between two events, as servers write that fail in mid-stream
            out.append(unprefixed_payload.seen(detail=line[:200].decode("utf-8", "replace")))
            self._data, self._start = line, start if self._start is None else self._start
            self._close_frame(out)
            return
        else:
            self._strays.add(line)
            return
        if self._start is None:
            self._start = start

    def _append(self, value: bytes, start: int, out: list[Frame | Event]) -> None:
        """One more data line of the frame at hand, or the first one of a frame that nothing separates from it (A13)."""
        data = self._data
        if self._start is None:
            self._start = start
        if data is not None and value.strip() and self._is_whole():
            out.append(missing_blank_line.seen())
            late = self._late
            name, at = late or (self._event, start)
            self._late = None
            self._close_frame(out)
            self._event, self._start = name, at
            data = None
        if len(value) + (0 if data is None else len(data) + 1) > self._limits.frame:
            self._halt("frame", self._start, out)
            return
        if data is None:
            self._data = value
            return
        if self._depth is not None:
            self._depth += depth_change(value)
        if isinstance(data, bytes):
            data = bytearray(data)
        data += b"\n"
        data += value
        self._data = data

    def _is_whole(self) -> bool:
        """Whether the data so far is one JSON document.

        Asked only when another data line arrives. Brackets are counted line by line, so that the whole is read at most
        once and a frame of many lines stays linear; no depth says that it can never become a document.
        """
        data = self._data or b""
        if isinstance(data, bytes):
            if data[:1] in (b"{", b"[") and is_complete(data):
                return True
            depth = depth_change(data)
            self._depth = depth if depth > 0 else None
        elif self._depth is not None and self._depth <= 0:
            if self._depth == 0 and data.startswith((b"{", b"[")) and is_complete(bytes(data)):
                return True
            self._depth = None
        return False

    def _close_frame(self, out: list[Frame | Event]) -> None:
        """A blank line: dispatch what there is."""
        self.last_event_id = self._id
        name = self._late[0] if self._late else self._event
        if self._data is not None:
            self._strays.flush(out)
            out.append(Frame(bytes(self._data), name, self._start or 0, self._id, self._retry))
            self._retry = None
        elif name:
            out.append(empty_event.seen(detail=name))
        self._clear()

    def _halt(self, limit: str, offset: int, out: list[Frame | Event]) -> None:
        out.append(limit_reached(self._limits, limit, offset))
        self._dead = self._busy = True
        self._line.clear()
        self._clear()

    def close(self) -> list[Frame | Event]:
        """A last frame that nothing closed, if it is whole (A12); otherwise word of what is missing."""
        out: list[Frame | Event] = []
        line = bytes(self._line)
        start = self._at - len(line)
        self._line.clear()
        cut = bool(line) and any(field.startswith(line) or line.startswith(field) for field in FIELDS)
        if line.startswith(b"data:") or not cut:
            if line:
                self._take(line, start, out)
        elif self._start is None:
            self._start = start
        if self._data is not None and is_complete(bytes(self._data)):
            out.append(eof_flush.seen())
            self._close_frame(out)
        elif self._start is not None and (cut or self._data is not None or self._event):
            size = self._at - self._start
            shown = bytes(self._data or line)[:160].decode("utf-8", "replace")
            out.append(eof_partial.seen(detail=f"{size} bytes: {shown}", data={"bytes": size}))
        self._strays.flush(out, at_end=True)
        self._dead = self._busy = True
        self._clear()
        return out


def comment(line: bytes) -> KeepAlive:
    """A line that begins with a colon, as an event (A07)."""
    return KeepAlive(comment=line[1:].removeprefix(b" ").decode("utf-8", "replace"))
