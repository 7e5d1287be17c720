"""Regular expressions that are compiled when they are first used: most streams need none of them."""

import re
from collections.abc import Callable
from functools import cached_property

__all__ = ["LazyPattern"]


class LazyPattern:
    """A pattern over text, compiled on first use.

    Args:
        pattern: the regular expression.
        flags: as for `re.compile`.
    """

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.pattern = pattern
        self._flags = flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The pattern itself."""
        return re.compile(self.pattern, self._flags)

    def search(self, text: str, start: int = 0) -> re.Match[str] | None:
        """See `re.Pattern.search`."""
        return self.compiled.search(text, start)

    def match(self, text: str, start: int = 0) -> re.Match[str] | None:
        """See `re.Pattern.match`."""
        return self.compiled.match(text, start)

    def fullmatch(self, text: str, start: int = 0) -> re.Match[str] | None:
        """See `re.Pattern.fullmatch`."""
        return self.compiled.fullmatch(text, start)

    def findall(self, text: str) -> list[tuple[str, ...]]:
        """See `re.Pattern.findall`; for patterns with several groups."""
        return self.compiled.findall(text)

    def sub(self, replacement: str | Callable[[re.Match[str]], str], text: str) -> str:
        """See `re.Pattern.sub`."""
        return self.compiled.sub(replacement, text)
