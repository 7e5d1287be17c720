"""Frames that differ in one JSON string only: what stands around it is compared, the string alone is decoded.

Strategy: a frame was decoded, and one of its strings is what it said. A later frame that begins and ends with the very
same bytes, and has one valid JSON string between them, says the same with that string in its place: in JSON, one string
may stand wherever another may. What has no escapes outside the string cannot hide a second member of that name.
"""

import re
from typing import Annotated, Final

import msgspec

__all__ = ["Template", "Templates", "words"]

LONGEST = 4096
"""Bytes of the frames that templates are made of: in longer ones, it is the string that costs."""

ATTEMPTS = 8
"""Templates in a row that no frame fitted, after which no more are made."""

_STRING = re.compile(rb'[ \t\n\r]*+:[ \t\n\r]*+("[^"\\]*+(?:\\.[^"\\]*+)*+")', re.DOTALL)

words: Final = msgspec.json.Decoder(Annotated[str, msgspec.Meta(min_length=1)]).decode
"""A JSON string that is not empty; anything else is a ValueError."""

Template = tuple[bytes, bytes]
"""What stands before the string, and what behind it: a frame fits that has `words` when both are taken away."""

NONE: Template = (b"", b"")
"""No template: nothing can be taken away."""


class Templates:
    """Makes templates of the frames of one stream, as long as that is of use."""

    def __init__(self) -> None:
        self.wanted = True
        """Whether making one is still of use."""
        self._left = ATTEMPTS
        self._made_at = 0

    def of(self, data: bytes, member: bytes, text: str, offset: int) -> Template:
        """The template of a frame whose one member of this name holds this text; `NONE` where that is not certain.

        Args:
            data: the frame's payload, valid JSON.
            member: the name with its quotes.
            text: what was decoded.
            offset: where the frame stands in the stream, in bytes.
        """
        self._left = ATTEMPTS if offset - self._made_at > ATTEMPTS * len(data) else self._left - 1
        self._made_at = offset
        self.wanted = self._left > 0
        if len(data) > LONGEST or data.count(member) != 1:
            return NONE
        found = _STRING.match(data, data.index(member) + len(member))
        if found is None:
            return NONE
        lead, tail = data[: found.start(1)], data[found.end(1) :]
        if b"\\" in lead or b"\\" in tail:
            return NONE
        try:
            return (lead, tail) if words(found[1]) == text else NONE
        except ValueError:  # msgspec's errors are ValueErrors; the empty string is one
            return NONE
