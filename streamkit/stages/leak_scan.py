"""The scanner behind `LeakedMarkup`: which characters of one run of visible text are a model's own markup.

- A call's section, outside code, is kept out of the text from its opener to its closer (or to the end of the run), with
  the white space behind it. Tags that prose may mention (`<tool_call>`) count at the start of a line only. An opener
  that nothing follows that can be a call, or that stands in an indented block of code, is text.
- The header of a harmony channel, outside code, is taken out; what follows it belongs to that channel, up to the next
  control token. A header that names a tool begins a section.
- Held back is the longest suffix that can still become one of these; all else is given out at once.
"""

import re
from typing import Literal

import msgspec

from streamkit.lazy_patterns import LazyPattern
from streamkit.limits import DEFAULT_LIMITS
from streamkit.stages.code_spans import CodeSpans
from streamkit.stages.leak_families import FAMILIES, Family

__all__ = ["LeakScanner", "Shred"]

HARMONY = Family("harmony", (), re.compile(r"<\|(?:call|end|return)\|>"))
HEADER = LazyPattern(
    r"(?:<\|start\|>assistant)?(?P<to> to=[^\s<]+)?"
    r"(?:<\|channel\|>(?P<channel>analysis|commentary|final)(?P<late> to=[^\s<]+)?)?"
    r"\s*(?:<\|constrain\|>\s*\w+\s*)?<\|message\|>"
)
TOKEN = re.compile(r"<\|(?:start|channel|message|end|return|call)\|>")
LONGEST_HEADER = 200
"""Characters after which something that began like a header is none."""

OPENERS = {opener: family for family in reversed(FAMILIES) for opener in family.openers}
CONTROL = ("<|start|>", "<|channel|>", "<|message|>", "<|end|>", "<|return|>", "<|call|>")
MARK = LazyPattern("|".join(map(re.escape, (*OPENERS, "<|start|>", "<|channel|>"))))
MARK_OR_END = LazyPattern(f"{MARK.pattern}|{'|'.join(map(re.escape, CONTROL[3:]))}")
BEGINNINGS = {mark[:length] for mark in (*OPENERS, *CONTROL) for length in range(1, len(mark))}
LONGEST = max(map(len, (*OPENERS, *CONTROL)))
CLOSER_TAIL = 64
"""Characters that are looked at again for a closer: none is longer."""
INDENT = " " * 4

Channel = Literal["text", "reasoning", "commentary", "leak"]


class Shred(msgspec.Struct, frozen=True):
    """Some characters, and where they belong."""

    channel: Channel
    text: str
    family: str = ""
    """For a leak: how it is written."""
    complete: bool = False
    """For a leak: whether its closer came."""
    header: bool = False
    """The harmony header of a channel; `text` is the header itself and belongs nowhere."""


def unfinished(text: str) -> int:
    """Length of the longest suffix of `text` that may still become a marker."""
    start = text.find("<", max(0, len(text) - LONGEST + 1))
    while start >= 0:
        if text[start:] in BEGINNINGS:
            return len(text) - start
        start = text.find("<", start + 1)
    return 0


def _is_code(head: str) -> bool:
    """Whether a line that begins so is indented as far as code is."""
    return head.expandtabs(len(INDENT)).startswith(INDENT)


class LeakScanner:
    """Splits one run of text.

    Args:
        history: what of it was given out before.
        limit: characters of a section that are held back at most; what comes behind them is text again.
    """

    def __init__(self, history: str = "", limit: int = DEFAULT_LIMITS.text) -> None:
        self.fresh: list[str] = [history]
        """What was given out since code was last looked at."""
        self.tail = ""
        """What is held back."""
        self._code = CodeSpans()
        self._heads = ""
        """How the last two lines that were looked at begin."""
        self._channel: Channel = "text"
        self._harmony = False
        self._family: Family | None = None
        self._raw: list[str] = []
        self._size = 0
        self._limit = limit
        self._seam = ""
        self._swallow = False

    @property
    def plain(self) -> bool:
        """Whether text without `<` simply goes on where the text before it went."""
        return not self.tail and not self._swallow and self._channel == "text" and self._family is None

    def feed(self, text: str, *, final: bool = False) -> list[Shred]:
        """What can be said now; with `final` the run is over and nothing stays held back."""
        out: list[Shred] = []
        data, self.tail = self.tail + text, ""
        at = 0
        while at < len(data):
            if self._family is not None:
                at = self._in_section(data, at, out)
            elif self._channel != "text":
                at = self._in_channel(data, at, out, final=final)
            else:
                at = self._in_text(data, at, out, final=final)
        if final and self._family is not None:
            self._end_section(out, complete=False)
        return out

    def _give(self, text: str, out: list[Shred]) -> None:
        if self._swallow:
            text = text.lstrip()
            self._swallow = not text
        if text:
            if self._channel == "text":
                self.fresh.append(text)
            out.append(Shred(self._channel, text))

    def _look(self) -> CodeSpans:
        text = "".join(self.fresh)
        self.fresh.clear()
        self._code.read(text)
        self._heads = "\n".join(line[: len(INDENT)] for line in f"{self._heads}{text}".rsplit("\n", 2)[-2:])
        return self._code

    @property
    def _indented(self) -> bool:
        """Whether the line that was looked at last is one of an indented block of code."""
        before, line_end, line = self._heads.partition("\n")
        return bool(line_end) and _is_code(line) and (_is_code(before) or not before.strip())

    # visible text

    def _in_text(self, data: str, position: int, out: list[Shred], *, final: bool) -> int:
        """Take text up to the next marker; gives the place behind it."""
        while match := (MARK_OR_END if self._harmony else MARK).search(data, position):
            self._give(data[position : match.start()], out)
            position = match.end()
            code = self._look()
            if match[0] in CONTROL[3:] and not code.inside:
                continue  # the end of the channel that the answer stands in
            family = OPENERS.get(match[0])
            if code.inside or (family is not None and family.boundary and not code.blank):
                self._give(match[0], out)
            elif family is not None:
                opens = not self._indented and family.opens(data, position, final=final)
                if opens is None:
                    self.tail = data[match.start() :]
                    return len(data)
                if opens:
                    self._begin_section(family, match[0])
                    return position
                self._give(match[0], out)
            else:
                behind = self._header(data, match.start(), out, final=final)
                if behind is not None:
                    return behind
                self._give(match[0], out)
        return self._rest(data, position, out, final=final)

    def _rest(self, data: str, at: int, out: list[Shred], *, final: bool) -> int:
        rest = data[at:]
        held = 0 if final else unfinished(rest)
        if held:
            self.tail = rest[-held:]
            rest = rest[:-held]
        self._give(rest, out)
        return len(data)

    # calls

    def _begin_section(self, family: Family, opener: str) -> None:
        self._family = family
        self._raw = [opener]
        self._size = len(opener)
        self._seam = ""

    def _in_section(self, data: str, at: int, out: list[Shred]) -> int:
        family, seam = self._family or HARMONY, self._seam
        # what a feed before this one has left stands in front of the data, which is then looked at from its start
        match = family.closer.search(seam + data if seam else data, at)
        end = len(data) if match is None else match.end() - len(seam)
        fits = end - at <= self._limit - self._size
        if not fits:
            end = at + self._limit - self._size
        self._raw.append(data[at:end])
        self._size += end - at
        if match is not None or not fits:
            self._end_section(out, complete=fits)
        else:
            self._seam = (seam + data[max(at, end - CLOSER_TAIL) :])[-CLOSER_TAIL:]
        return end

    def _end_section(self, out: list[Shred], *, complete: bool) -> None:
        name = self._family.name if self._family is not None else ""
        out.append(Shred("leak", "".join(self._raw), name, complete))
        self._family, self._raw, self._seam = None, [], ""
        self._swallow = True
        self._channel = "text"

    # harmony channels

    def _header(self, data: str, start: int, out: list[Shred], *, final: bool) -> int | None:
        """The place behind the header that begins at `start`; None where there is none."""
        match = HEADER.match(data, start)
        if match is None:
            if final or len(data) - start > LONGEST_HEADER or "\n" in data[start:] or "<|message|>" in data[start:]:
                return None
            self.tail = data[start:]
            return len(data)
        if match["to"] or match["late"]:
            self._begin_section(HARMONY, match[0])
        else:
            channels: dict[str, Channel] = {"analysis": "reasoning", "commentary": "commentary"}
            self._channel = channels.get(match["channel"] or "final", "text")
            self._harmony = True
            out.append(Shred(self._channel, match[0], header=True))
        return match.end()

    def _in_channel(self, data: str, at: int, out: list[Shred], *, final: bool) -> int:
        """Take characters of a channel beside the text, up to the next control token."""
        match = TOKEN.search(data, at)
        if match is None:
            return self._rest(data, at, out, final=final)
        self._give(data[at : match.start()], out)
        self._channel = "text"
        return match.end() if match[0] in ("<|end|>", "<|return|>", "<|call|>") else match.start()
