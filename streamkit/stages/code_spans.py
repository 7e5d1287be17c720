"""Where code is in Markdown text, as far as think tags need to know: fences and backticks (E03, E08)."""

import re

__all__ = ["CodeSpans"]

TOKENS = re.compile(r"[\r\n]|`+|~{3,}")


class CodeSpans:
    """Reads text in pieces that do not end within a run of backticks or tildes; each character is read once.

    A fence is a line that begins, behind any white space, with three or more backticks or tildes; as many of them at
    the start of another line end it, whatever follows. A span of backticks ends with the line at the latest.
    """

    __slots__ = ("_fresh_fence", "blank", "fence", "span")

    def __init__(self) -> None:
        self.blank = True
        """Whether the line so far holds white space only."""
        self.fence = ""
        """What opened the fence that is open."""
        self.span = 0
        """How many backticks opened the span that is open."""
        self._fresh_fence = False

    @property
    def inside(self) -> bool:
        """Whether the next character stands in code."""
        return self.fence != "" or self.span != 0

    def resume(self) -> None:
        """Go back to a place in mid-line, outside code."""
        self.blank = self._fresh_fence = False
        self.fence, self.span = "", 0

    def read(self, text: str) -> None:
        """Take more text into account."""
        position = 0
        for match in TOKENS.finditer(text):
            start = match.start()
            if self.blank and start > position and not text[position:start].isspace():
                self.blank = False
            position = match.end()
            self._take(match[0])
        if self.blank and position < len(text) and not text[position:].isspace():
            self.blank = False

    def _take(self, mark: str) -> None:
        if mark in "\r\n":
            self.blank, self.span, self._fresh_fence = True, 0, False
            return
        blank, self.blank = self.blank, False
        if self.fence and not self._fresh_fence:
            if blank and mark.startswith(self.fence):
                self.fence = ""
        elif self._fresh_fence:
            if mark[0] == self.fence[0] == "`":  # a fence's own line holds no backticks: it was a span (CommonMark)
                self.span = 0 if len(mark) == len(self.fence) else len(self.fence)
                self.fence, self._fresh_fence = "", False
        elif blank and len(mark) >= 3:
            self.fence, self._fresh_fence = mark, True
        elif mark[0] == "`":
            if not self.span:
                self.span = len(mark)
            elif self.span == len(mark):
                self.span = 0
