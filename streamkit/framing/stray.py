"""Lines that are no field of an event stream: held until it is known whether anything follows them."""

from typing import Any

from streamkit.faults.connections import cut_phrase
from streamkit.masking import mask
from streamkit.quirks.framing import stray_line

__all__ = ["TAIL", "StrayLines"]

SHOWN = 40
"""Characters of a stray line that a report may show in mid-stream (A34)."""
TAIL = 200
"""Characters that it may show where such lines end the input (G26)."""


class StrayLines:
    """A run of stray lines, of which the beginning is kept."""

    def __init__(self) -> None:
        self._text = ""
        self._count = 0

    def __bool__(self) -> bool:
        return self._count > 0

    def add(self, line: bytes) -> None:
        """One more stray line."""
        self._count += 1
        room = TAIL - len(self._text)
        if room > 0:
            # four bytes a character at most: enough to fill the room, and nothing of a huge line is decoded in vain
            text = line[: 4 * room].decode("utf-8", "replace")
            self._text = f"{self._text}\n{text}"[:TAIL] if self._text else text[:room]

    def flush(self, out: list[Any], *, at_end: bool = False) -> None:
        """Report the run, if there is one; `at_end` says that nothing follows it."""
        if not self._count:
            return
        if at_end:
            data = {"tail": mask(self._text), "lines": self._count}
            if cut_phrase(self._text):
                data["code"] = "upstream_cut"
            out.append(stray_line.seen(detail=self._text, data=data))
        else:
            out.append(stray_line.seen(detail=self._text[:SHOWN]))
        self._text, self._count = "", 0
