"""Members in snake_case: how protobuf writes the same messages when it is told to keep its own names.

A frame is looked at only where it has neither an id nor counts in the usual spelling. What is renamed are the members
of Google's messages; what a tool was given or answered is the user's, and stays as it is.
"""

import re

from msgspec import inspect

from streamkit.dialects.gemini.wire import FRAME
from streamkit.jsontypes import Json, JsonObject, is_array, is_object

__all__ = ["may_be_snake_case", "respelled"]

_MEMBER = re.compile(rb'"[a-z]+(?:_[a-z]+)+"\s*:')
_SNAKE = re.compile(r"[a-z]+(?:_[a-z0-9]+)+")
_SHAPE = inspect.type_info(FRAME.type)

DEEPEST = 16
"""Levels inside a message that are renamed."""

FREE = {"args": 0, "tool_call": 1, "tool_response": 1, "function_response": 1, "error": 0, "response": 0}
"""Members that hold what is no message of Google's, and how many levels of each are."""


def may_be_snake_case(data: bytes) -> bool:
    """Whether any member of a frame is written so, be it only one of a call's arguments."""
    return _MEMBER.search(data) is not None


def respelled(payload: JsonObject) -> tuple[JsonObject, list[str]]:
    """A frame in the usual spelling, and the names that were changed; one that stands there in both stays as it is."""
    found: list[str] = []
    renamed: JsonObject = _typed(payload, _SHAPE, found)
    return renamed, found


def _typed(value: Json, kind: inspect.Type, found: list[str]) -> Json:
    if isinstance(kind, inspect.UnionType):
        kind = next((each for each in kind.types if isinstance(each, inspect.StructType | inspect.ListType)), kind)
    if isinstance(kind, inspect.ListType) and is_array(value):
        return [_typed(each, kind.item_type, found) for each in value]
    if isinstance(kind, inspect.ListType):  # one object instead of an array
        return _typed(value, kind.item_type, found)
    if not isinstance(kind, inspect.StructType) or not is_object(value):
        return value
    fields = {field.name: field for field in kind.fields}
    fields |= {field.encode_name: field for field in kind.fields}
    out: JsonObject = {}
    for name, inner in value.items():
        field = fields.get(name)
        if field is None or (name != field.encode_name and field.encode_name in value):
            out[name] = inner
            continue
        if name != field.encode_name:
            found.append(name)
        free = isinstance(field.type, inspect.AnyType)
        depth = FREE.get(field.name, DEEPEST)
        out[field.encode_name] = _free(inner, depth, found) if free else _typed(inner, field.type, found)
    return out


def _free(value: Json, depth: int, found: list[str]) -> Json:
    if not depth:
        return value
    if is_array(value):
        return [_free(each, depth, found) if is_object(each) else each for each in value]
    if not is_object(value):
        return value
    out: JsonObject = {}
    for name, inner in value.items():
        usual = _camel(name)
        if usual == name or usual in value:
            usual = name
        else:
            found.append(name)
        out[usual] = _free(inner, depth - 1, found)
    return out


def _camel(name: str) -> str:
    if not _SNAKE.fullmatch(name):
        return name
    first, *others = name.split("_")
    return first + "".join(other[:1].upper() + other[1:] for other in others)
