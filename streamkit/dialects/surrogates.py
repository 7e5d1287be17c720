"""Halves of surrogate pairs in payloads: what comes whole is cleaned as a whole (J01)."""

from streamkit.characters import SurrogateJoiner, scrub
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
