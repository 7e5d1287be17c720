"""One JSON document a line: bytes to frames."""

from streamkit.events import Event
from streamkit.faults.connections import cut_phrase
from streamkit.frames import Frame
from streamkit.framing.documents import is_complete
from streamkit.framing.halts import limit_reached
from streamkit.framing.stray import TAIL, StrayLines
from streamkit.limits import DEFAULT_LIMITS, Limits
from streamkit.quirks.framing import eof_flush, eof_partial

__all__ = ["NDJSONFramer"]


class NDJSONFramer:
    """Frames of a body with one document a line; blank lines are skipped."""

    handles = (bytes,)

    def __init__(self, limits: Limits = DEFAULT_LIMITS, *, offset: int = 0) -> None:
        self._limits = limits
        self._at = offset
        self._held = bytearray()
        self._dead = False

    def feed(self, chunk: bytes, /) -> list[Frame | Event]:
        """The lines that this read completes."""
        out: list[Frame | Event] = []
        if self._dead:
            return out
        lines = chunk.split(b"\n")
        tail = lines.pop()
        at, held, longest = self._at, self._held, self._limits.line
        if held and lines:
            if len(held) + len(lines[0]) <= longest:
                lines[0] = bytes(held) + lines[0]
                at -= len(held)
                held.clear()
            else:
                return self._halt("line", at - len(held), out)
        for line in lines:
            if len(line) > longest:
                return self._halt("line", at, out)
            data = line.strip()
            if data:
                if len(data) > self._limits.frame:
                    return self._halt("frame", at, out)
                out.append(Frame(data, "", at))
            at += len(line) + 1
        held += tail
        self._at = at + len(tail) if lines else at + len(chunk)
        if len(held) > longest:
            return self._halt("line", self._at - len(held), out)
        return out

    def _halt(self, limit: str, offset: int, out: list[Frame | Event]) -> list[Frame | Event]:
        out.append(limit_reached(self._limits, limit, offset))
        self._dead = True
        self._held.clear()
        return out

    def close(self) -> list[Frame | Event]:
        """A last line without its end, if it is a whole document (A12); otherwise word of what is missing."""
        data = bytes(self._held).strip()
        start = self._at - len(self._held)
        self._held.clear()
        self._dead = True
        if not data:
            return []
        if len(data) > self._limits.frame:
            return [limit_reached(self._limits, "frame", start)]
        if is_complete(data):
            return [eof_flush.seen(), Frame(data, "", start)]
        if data[:1] not in b'{["' and cut_phrase(data[: 4 * TAIL].decode("utf-8", "replace")[:TAIL]):
            # a proxy's last words (G26)
            out: list[Frame | Event] = []
            stray = StrayLines()
            stray.add(data)
            stray.flush(out, at_end=True)
            return out
        shown = data[:160].decode("utf-8", "replace")
        return [eof_partial.seen(detail=f"{len(data)} bytes: {shown}", data={"bytes": len(data), "offset": start})]
