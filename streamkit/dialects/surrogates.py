"""Halves of surrogate pairs in text: joined where both come, U+FFFD where one stays alone (J01)."""

from collections.abc import Hashable

from streamkit.characters import scrub
from streamkit.jsontypes import Json, is_array, is_object, scrub_all

__all__ = ["SurrogateJoiner", "scrub", "scrub_all", "scrub_labels"]

LABELS = frozenset(
    {"id", "call_id", "callId", "item_id", "model", "modelVersion", "name", "responseId", "response_id", "tool_call_id"}
)
"""Members that come whole: their halves never find each other."""
VALUES = frozenset({"args", "arguments", "input", "metadata", "parameters", "usage"})
"""Members that are read as a whole where they are objects."""


def scrub_labels(payload: Json) -> None:
    """Replace halves in what never comes in pieces: ids, names, whole objects. Running text is left to a joiner.

    Args:
        payload: changed in place, however deep.
    """
    waiting: list[Json] = [payload]
    while waiting:
        holder = waiting.pop()
        if not is_object(holder):
            waiting += (element for element in holder if is_object(element) or is_array(element))
            continue
        for name, value in holder.items():
            if isinstance(value, str):
                if name in LABELS:
                    holder[name] = scrub(value)
            elif is_object(value) and name in VALUES:
                scrub_all(value)
            elif is_object(value) or is_array(value):
                waiting.append(value)


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
