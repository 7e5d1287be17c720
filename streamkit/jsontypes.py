"""The one place where untyped JSON is named: everything else in streamkit is typed.

`Json` is whatever a JSON document may hold; `JsonObject` is a JSON object. Integers keep any size; objects keep the
order of their members.
"""

from typing import Any, TypeAlias

__all__ = ["Json", "JsonObject"]

Json: TypeAlias = Any
"""Any JSON value: object, array, string, number, boolean or null."""

JsonObject: TypeAlias = dict[str, Any]
"""A JSON object as it came over the wire."""
