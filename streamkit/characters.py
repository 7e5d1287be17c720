"""Halves of surrogate pairs in text, which no encoder takes: joined where both come, else U+FFFD (J01)."""

import re
from collections.abc import Hashable

__all__ = ["SurrogateJoiner", "scrub"]

MOST_HELD = 1_000
"""First halves that are held back at once, one of each text: no answer has as many texts that grow side by side."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def scrub(text: str) -> str:
    """`text` that any encoder takes: pairs of halves joined, single halves replaced by U+FFFD."""
    if _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class SurrogateJoiner:
    """Joins the halves of a pair that come in two deltas of one channel."""

    def __init__(self) -> None:
        self._held: dict[Hashable, str] = {}

    @property
    def pending(self) -> bool:
        """Whether a first half is held back; then the next delta must go through `join`, however healthy it is."""
        return bool(self._held)

    def join(self, channel: Hashable, text: str) -> str:
        """What can be said now: the text with the half that was held back; a first half at its end is held back.

        Where `MOST_HELD` are held back already, it stays alone.
        """
        text = self._held.pop(channel, "") + text
        if "\ud800" <= text[-1:] <= "\udbff" and len(self._held) < MOST_HELD:
            self._held[channel] = text[-1]
            text = text[:-1]
        return scrub(text)

    def flush(self) -> list[tuple[Hashable, str]]:
        """What no second half came for: each channel with its U+FFFD."""
        out = [(channel, "\ufffd") for channel in self._held]
        self._held.clear()
        return out
