"""The tags that hold reasoning: their names, and how they are found in text (E02, E05, E06, E07)."""

import re
from collections.abc import Iterable
from functools import lru_cache

__all__ = ["DEFAULT_NAMES", "FOLD", "Tags", "tags_named"]

DEFAULT_NAMES = (
    "think",
    "thinking",
    "reasoning",
    "thought",
    "reasoning_scratchpad",
    "mm:think",
    "seed:think",
    "思考",
)
"""Names of tags that hold reasoning (E06), compared without regard to the case of ASCII letters (E02)."""

FOLD = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
"""For `str.translate`: the case folding of ASCII letters alone, which keeps every offset (E07)."""


class Tags:
    """The tags that are looked for.

    Args:
        names: tag names without brackets.
        brackets: also `[NAME]` and `[/NAME]` (Magistral).
    """

    def __init__(self, names: Iterable[str] = DEFAULT_NAMES, *, brackets: bool = False) -> None:
        folded = sorted({name.translate(FOLD) for name in names})
        choice = "|".join(map(re.escape, folded)) or "(?!)"
        form = rf"<(/?)({choice})>" + (rf"|\[(/?)({choice})\]" if brackets else "")
        # ASCII keeps the folding to A-Z: offsets stay those of the original, and no other letter folds onto one (E07)
        self.search = re.compile(form, re.IGNORECASE | re.ASCII).search
        self.brackets = brackets
        wrapped = [f"<{slash}{name}>" for name in folded for slash in ("", "/")]
        wrapped += [f"[{slash}{name}]" for name in folded for slash in ("", "/") if brackets]
        self._beginnings = {tag[:length] for tag in wrapped for length in range(1, len(tag))}
        self._longest = max(map(len, wrapped), default=0)

    def unfinished(self, text: str) -> int:
        """Length of the longest suffix of `text` that may still become a tag."""
        low = max(0, len(text) - self._longest + 1)
        start = text.rfind("<", low)
        if self.brackets:
            start = max(start, text.rfind("[", low))
        return len(text) - start if start >= 0 and text[start:].translate(FOLD) in self._beginnings else 0


@lru_cache(maxsize=16)
def tags_named(names: tuple[str, ...], *, brackets: bool = False) -> Tags:
    """The tags of these names: made once, and used by every stream."""
    return Tags(names, brackets=brackets)
