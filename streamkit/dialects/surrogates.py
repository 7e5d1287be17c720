"""Halves of surrogate pairs in text: joined where both come, U+FFFD where one stays alone (J01)."""

import re
from collections.abc import Hashable

from streamkit.jsontypes import Json, is_array, is_object

__all__ = ["SurrogateJoiner", "scrub", "scrub_all"]

_SURROGATE = re.compile("[\ud800-\udfff]")


def scrub(text: str) -> str:
    """`text` that any encoder takes: pairs of halves joined, single halves replaced by U+FFFD."""
    if _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def scrub_all(value: Json) -> Json:
    """A JSON value without halves of characters; its containers are changed where they stand, however deep."""
    top = [value]
    waiting: list[Json] = [top]
    while waiting:
        holder = waiting.pop()
        if is_object(holder):
            members = list(holder.items())
            holder.clear()
            holder.update((scrub(name), _scrubbed(member, waiting)) for name, member in members)
        else:
            holder[:] = [_scrubbed(element, waiting) for element in holder]
    return top[0]


def _scrubbed(value: Json, waiting: list[Json]) -> Json:
    """A text scrubbed; a container as it is, to be gone through later."""
    if isinstance(value, str):
        return scrub(value)
    if is_object(value) or is_array(value):
        waiting.append(value)
    return value


class SurrogateJoiner:
    """Joins the halves of a pair that come in two deltas of one channel."""

    def __init__(self) -> None:
        self._held: dict[Hashable, str] = {}

    @property
    def pending(self) -> bool:
        """Whether a first half is held back; then the next delta must go through `join`, however healthy it is."""
        return bool(self._held)

    def join(self, channel: Hashable, text: str) -> str:
        """What can be said now: the text with the half that was held back; a first half at its end is held back."""
        text = self._held.pop(channel, "") + text
        if "\ud800" <= text[-1:] <= "\udbff":
            self._held[channel] = text[-1]
            text = text[:-1]
        return scrub(text)

    def flush(self) -> list[tuple[Hashable, str]]:
        """What no second half came for: each channel with its U+FFFD."""
        out = [(channel, "\ufffd") for channel in self._held]
        self._held.clear()
        return out
