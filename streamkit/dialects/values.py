"""Small readings of untyped JSON values that the tolerant paths of several dialects share."""

from collections.abc import Iterator

from streamkit.dialects.json_text import json_text
from streamkit.jsontypes import Json, is_array, is_object

__all__ = ["as_text", "blocks", "digest", "whole_number"]

DEEPEST = 8
"""Levels of lists and objects that are searched for text; real shapes have three."""

LONGEST = 120
"""Characters of a value that a quirk's detail quotes."""

DIGITS = 9
"""Digits of the longest index that is read from a string."""


def whole_number(value: Json) -> int | None:
    """An index in another JSON type as the number that it is; None for what is no whole number (D10, J13)."""
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) <= DIGITS else None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, float) and value.is_integer() else None


def digest(value: Json) -> str:
    """The beginning of a value, for a quirk's detail."""
    text = json_text(value)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def as_text(value: Json) -> str:
    """A value that should be a string as one: text inside known shapes, else its JSON text."""
    if isinstance(value, str):
        return value
    if is_object(value) or is_array(value):
        return "".join(blocks(value, "text", "content", "refusal", "value"))
    return json_text(value)


def blocks(value: Json, *members: str) -> list[str]:
    """The strings in a value that may be a string, an object with one of these members, or a list of such things."""
    return list(_search(value, members, 0))


def _search(value: Json, members: tuple[str, ...], depth: int) -> Iterator[str]:
    if isinstance(value, str):
        if value:
            yield value
    elif depth > DEEPEST:
        return
    elif is_array(value):
        for element in value:
            yield from _search(element, members, depth + 1)
    elif is_object(value):
        for name in members:
            if value.get(name):
                yield from _search(value[name], members, depth + 1)
                return
