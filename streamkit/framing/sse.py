"""Server-sent events: bytes to frames, by WHATWG HTML 9.2.6 and the tolerances of group A.

Strategy: two readers over one state. The quick one takes whole frames of the two shapes that healthy streams have
(`data: …`, or `event: …` and `data: …`, closed by a blank line) and lone comments (A07), and only where the state is
clean; the heads it knows are kept in a table. Whatever it does not know at a glance goes to the careful reader, which
is right for any bytes cut anywhere and decides alone what a frame is.
"""

from collections.abc import Mapping

from streamkit.events import Event
from streamkit.frames import Frame
from streamkit.framing.sse_lines import BOM, CR, FIELDS, LF, LineReader, comment
from streamkit.limits import DEFAULT_LIMITS, Limits
from streamkit.routing import Lane

__all__ = ["BOM", "FIELDS", "SSEFramer"]

HEADS = 256
"""Known heads: more different event names than any dialect has."""
HEAD_LENGTH = 128


class SSEFramer(LineReader):
    """Frames of one event stream."""

    def __init__(self, limits: Limits = DEFAULT_LIMITS, *, offset: int = 0) -> None:
        super().__init__(limits, offset=offset)
        self._quick_size = min(limits.line, limits.frame)
        self._names = {b"": ""}
        self._lead, self._name, self._gap = b"data: ", "", b"\n\n"
        self._raw = bytearray()
        """The beginning of a frame that neither reader has looked at yet."""

    def feed(self, chunk: bytes, /) -> list[Frame | Event]:
        """The frames that this read completes, and what else it says."""
        out = self._quick(chunk)
        return [out] if isinstance(out, Frame) else out

    def _quick(self, chunk: bytes) -> Frame | list[Frame | Event]:
        """A read that is one whole frame of the usual shape becomes that frame."""
        size = len(chunk)
        if self._busy or size > self._quick_size:
            return self._resume(chunk)
        data = chunk.removeprefix(self._lead)
        if data is not chunk:
            body = data.removesuffix(self._gap)
            if body is not data and LF not in body and CR not in body:
                at = self._at
                self._at = at + size
                return Frame(body, self._name, at, self._id)
        out: list[Frame | Event] = []
        self._blocks(chunk, out)
        return out

    def _resume(self, chunk: bytes) -> list[Frame | Event]:
        """Finish the frame at hand, then go on quickly."""
        out: list[Frame | Event] = []
        if self._dead:
            return out
        raw = self._raw
        fits = len(chunk) + len(raw) <= self._quick_size
        if self._first and fits and chunk and chunk[0] != BOM[0] and not (raw or self._line):
            self._first = self._busy = False  # nothing is under way, and no mark stands in front
            self._blocks(chunk, out)
            return out
        if raw and fits and LF not in chunk and CR not in chunk:
            raw += chunk
            return out
        gap = b"\r\n\r\n" if CR in chunk else b"\n\n"
        end = chunk.find(gap) + len(gap) if fits else 0
        if raw:
            frame = self._joined(chunk[: end - len(gap)], end) if end >= len(gap) else None
            if frame is not None:
                out.append(frame)
                if len(chunk) > end:
                    self._blocks(chunk[end:], out)
                return out
            piece = bytes(raw)
            raw.clear()
            if end >= len(gap):
                self._busy = False
                self._blocks(piece + chunk, out)
                return out
            self._scan(piece, out)
        if end >= len(gap):
            self._scan(chunk[:end], out)
            chunk = chunk[end:]
            if not self._busy:
                self._blocks(chunk, out)
                return out
        self._scan(chunk, out)
        return out

    def _joined(self, rest: bytes, end: int) -> Frame | None:
        """The frame that waited for this rest of its data, copied once; None for what must be looked at again."""
        raw = self._raw
        mark = raw.find(b"data: ", 0, HEAD_LENGTH)
        name = self._names.get(bytes(raw[:mark])) if mark >= 0 else None
        if name is None or LF in rest or CR in rest:
            return None
        size = len(raw) + end
        raw += rest
        with memoryview(raw) as whole:
            frame = Frame(bytes(whole[mark + 6 :]), name, self._at, self._id)
        raw.clear()
        self._at += size
        self._busy = False
        return frame

    def _blocks(self, chunk: bytes, out: list[Frame | Event]) -> None:
        """The quick reader, from a clean state: blocks between blank lines."""
        crlf = CR in chunk
        gap = b"\r\n\r\n" if crlf else b"\n\n"
        blocks = chunk.split(gap)
        tail = blocks.pop()
        known, width, at, last_id, busy = self._names.get, len(gap), self._at, self._id, False
        name = None
        head = mark = b""
        for block in blocks:
            head, mark, data = block.partition(b"data: ")
            name = known(head)
            if name is None:
                if block[:1] == b":" and not busy and LF not in block and CR not in block:
                    out.append(comment(block))
                    at += len(block) + width
                    continue
                head, mark, data, name = self._learn(block, gap)
            if name is None or busy or not mark or LF in data or (crlf and CR in data):
                self._at = at
                self._scan(block + gap, out)  # reaches no limit: all that is read here is smaller than each
                busy, at, last_id = self._busy, self._at, self._id
            else:
                out.append(Frame(data, name, at, last_id))
                at += len(block) + width
        self._at = at
        if name is not None and mark == b"data: ":
            self._lead, self._name, self._gap = head + mark, name, gap
        if tail and not busy and self._may_wait(tail):
            self._raw += tail
            self._busy = True
        elif tail:
            self._scan(tail, out)

    def _may_wait(self, tail: bytes) -> bool:
        """Whether this beginning of a frame says nothing that could be given out before its next line end."""
        if LF in tail or CR in tail:
            head, mark, tail = tail.partition(b"data: ")
            return bool(mark) and head in self._names and LF not in tail and CR not in tail
        return True

    def _learn(self, block: bytes, gap: bytes) -> tuple[bytes, bytes, bytes, str | None]:
        """A block's head, mark, data, and its name if the head is nothing or one `event:` line."""
        head, mark, data = block.partition(b"data: ")
        end = gap[: len(gap) // 2]
        if not head.startswith(b"event: ") or not head.endswith(end) or len(head) > HEAD_LENGTH:
            # no space behind the colon (A01), unless this is none of the quick shapes at all
            head, mark, data = block.partition(b"data:")
            return head, mark, data, self._names.get(head)
        value = head[7 : -len(end)]
        if LF in value or CR in value:
            return head, mark, data, None
        name = value.decode("utf-8", "replace")
        if len(self._names) < HEADS:
            self._names[head] = name
        return head, mark, data, name

    def close(self) -> list[Frame | Event]:
        """What the careful reader makes of the end."""
        out: list[Frame | Event] = []
        self._scan(bytes(self._raw), out)
        return out + super().close()

    lanes: Mapping[type, Lane] = {bytes: _quick}
    """Reads without a list around the one frame that they are."""
