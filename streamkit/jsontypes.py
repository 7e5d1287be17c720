"""The one place where untyped JSON is named: everything else in streamkit is typed.

`Json` is whatever a JSON document may hold; `JsonObject` is a JSON object. Integers keep any size; objects keep the
order of their members.
"""

from typing import Any, TypeAlias, TypeGuard

__all__ = ["Json", "JsonArray", "JsonObject", "is_array", "is_object", "is_same"]

Json: TypeAlias = Any
"""Any JSON value: object, array, string, number, boolean or null."""

JsonObject: TypeAlias = dict[str, Any]
"""A JSON object as it came over the wire."""

JsonArray: TypeAlias = list[Any]
"""A JSON array as it came over the wire."""


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
