"""A tape: a healthy recording seen as places where faults can be planted.

Edits replace slices of a tape's bytes and compose as long as they do not overlap; that is how failures shrink to the
minimal damage. The tape splits recordings by itself, without the framers that it is used to test.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

import msgspec

from streamkit.jsontypes import Json
from streamkit.quirks.aws_tape import encode_message, messages

__all__ = ["Edit", "Tape", "TapeFrame"]


class Edit(msgspec.Struct, frozen=True):
    """Replace `tape.data[start:end]` by `replacement`."""

    start: int
    end: int
    replacement: bytes
    note: str = ""


class TapeFrame(msgspec.Struct, frozen=True):
    """One frame of a recording: where it stands, and what it says."""

    index: int
    start: int
    end: int
    """Just behind the frame's closing blank line (SSE), line end (NDJSON) or checksum (AWS event stream)."""
    event: str
    data: bytes

    @property
    def json(self) -> Json:
        """The payload as JSON, or None where it is none (`[DONE]`)."""
        try:
            return msgspec.json.decode(self.data)
        except msgspec.DecodeError:
            return None


class Tape:
    """The bytes of a healthy recording in one dialect."""

    def __init__(self, data: bytes, dialect: str = "", framing: str = "sse") -> None:
        self.data = data
        self.dialect = dialect
        self.framing = framing

    @cached_property
    def frames(self) -> tuple[TapeFrame, ...]:
        """The recording's frames, in order; comments and blank lines between them belong to none."""
        match self.framing:
            case "ndjson":
                return tuple(self._lines())
            case "aws-eventstream":
                return tuple(TapeFrame(index, *message) for index, message in enumerate(messages(self.data)))
            case _:
                return tuple(self._events())

    def _lines(self) -> Iterator[TapeFrame]:
        start = 0
        for index, line in enumerate(self.data.splitlines(keepends=True)):
            yield TapeFrame(index, start, start + len(line), "", line.strip())
            start += len(line)

    def _events(self) -> Iterator[TapeFrame]:
        start = position = index = 0
        event = ""
        lines: list[bytes] = []
        for line in self.data.splitlines(keepends=True):
            bare = line.rstrip(b"\r\n")
            if not event and not lines:
                start = position
            position += len(line)
            if not bare:
                if lines:
                    yield TapeFrame(index, start, position, event, b"\n".join(lines))
                    index += 1
                event, lines = "", []
            elif bare.startswith(b"data:"):
                lines.append(bare[5:].removeprefix(b" "))
            elif bare.startswith(b"event:"):
                event = bare[6:].strip().decode()

    def encode(self, payload: Json | bytes, event: str = "") -> bytes:
        """One frame with this payload in the recording's own framing."""
        data = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
        if self.framing == "ndjson":
            return data + b"\n"
        if self.framing == "aws-eventstream":
            return encode_message(event or "relayStatus", data)
        head = f"event: {event}\n".encode() if event else b""
        return head + b"data: " + data + b"\n\n"

    def replace(self, frame: TapeFrame, payload: Json | bytes, note: str = "") -> Edit:
        """Put another payload in a frame's place, under its own event name."""
        return Edit(frame.start, frame.end, self.encode(payload, frame.event), note)

    def insert(self, before: TapeFrame, payload: Json | bytes, event: str = "", note: str = "") -> Edit:
        """Put one more frame in front of `before`."""
        return Edit(before.start, before.start, self.encode(payload, event), note)

    def append(self, payload: Json | bytes, event: str = "", note: str = "") -> Edit:
        """Put one more frame at the end."""
        return Edit(len(self.data), len(self.data), self.encode(payload, event), note)

    def delete(self, frame: TapeFrame, note: str = "") -> Edit:
        """Leave a frame out."""
        return Edit(frame.start, frame.end, b"", note)

    def rewrite(self, change: Callable[[Json], Json | None], note: str = "") -> Iterator[Edit]:
        """One edit for each JSON frame that `change` wants otherwise; it gets a fresh copy, None leaves it alone."""
        for frame in self.frames:
            payload = frame.json
            if payload is not None and (changed := change(payload)) is not None:
                yield self.replace(frame, changed, note)

    def apply(self, edits: Iterable[Edit]) -> bytes:
        """The recording with these edits made. Insertions at one place keep their order.

        Raises:
            ValueError: two edits overlap.
        """
        out: list[bytes] = []
        at = 0
        for edit in sorted(edits, key=lambda e: (e.start, e.end)):
            if edit.start < at:
                raise ValueError("edits overlap")
            out += (self.data[at : edit.start], edit.replacement)
            at = edit.end
        out.append(self.data[at:])
        return b"".join(out)
