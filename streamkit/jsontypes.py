"""The one place where untyped JSON is named: everything else in streamkit is typed.

`Json` is whatever a JSON document may hold; `JsonObject` is a JSON object. Integers keep any size; objects keep the
order of their members.
"""

import math
from collections.abc import Iterable
from typing import Any, TypeAlias, TypeGuard

from streamkit.characters import scrub

__all__ = ["Json", "JsonArray", "JsonObject", "is_array", "is_object", "is_same", "make_strict", "scrub_all"]

Json: TypeAlias = Any
"""Any JSON value: object, array, string, number, boolean or null."""

JsonObject: TypeAlias = dict[str, Any]
"""A JSON object as it came over the wire."""

JsonArray: TypeAlias = list[Any]
"""A JSON array as it came over the wire."""


CONTAINERS = (dict, list, tuple)


def is_object(value: Json) -> TypeGuard[JsonObject]:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)


def is_array(value: Json) -> TypeGuard[JsonArray]:
    """Whether a JSON value is an array."""
    return isinstance(value, list)


def is_same(one: object, other: object) -> bool:
    """Whether two values (or things that hold such values) are equal; no, where they are too deep to be compared."""
    try:
        return one == other
    except RecursionError:  # read at the very limit of depth (J05)
        return False


def make_strict(plain: JsonObject) -> None:
    """Make plain values such that any JSON writer takes them: tuples become lists, odd numbers words (J04).

    The words are `NaN`, `Infinity` and `-Infinity`: JSON has no numbers for them. Halves of characters become U+FFFD,
    in names too (J01).

    Args:
        plain: changed in place, and so is all that it holds.
    """
    waiting: list[Json] = [plain]
    while waiting:
        container: Json = waiting.pop()
        if is_object(container):
            _rename(container)
        for place, value in _members(container):
            if value.__class__ is str:
                if not value.isascii():
                    container[place] = scrub(value)
            elif value.__class__ is float:
                if not math.isfinite(value):
                    container[place] = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
            elif value.__class__ in CONTAINERS:
                container[place] = list(value) if value.__class__ is tuple else value
                waiting.append(container[place])


def _members(container: Json) -> Iterable[tuple[Any, Json]]:
    if is_object(container):
        return container.items()
    elements: list[Json] = container
    return enumerate(elements)


def scrub_all(value: Json) -> Json:
    """A JSON value without halves of characters (J01); its containers are changed where they stand, however deep."""
    top = [value]
    waiting: list[Json] = [top]
    while waiting:
        holder = waiting.pop()
        if is_object(holder):
            _rename(holder)
        for place, member in _members(holder):
            if isinstance(member, str):
                holder[place] = scrub(member)
            elif is_object(member) or is_array(member):
                waiting.append(member)
    return top[0]


def _rename(holder: JsonObject) -> None:
    """Replace halves in the names of an object, the order of its members kept."""
    names: list[Any] = list(holder)  # a caller's own stage may well have numbers there
    if all(name.__class__ is not str or name.isascii() for name in names):
        return
    members = [(scrub(name) if name.__class__ is str else name, holder[name]) for name in names]
    holder.clear()
    holder.update(members)
