"""Reads a payload whose members have odd JSON types as the strict type that refused it.

Only the tolerant path comes here. The walk follows the strict type: what means the same in another JSON type is
converted, what means nothing is left out, and each of them is named. So the typed code behind it never sees an
undocumented shape, and no dialect needs a second, untyped reading of its frames.
"""

from typing import TypeVar

import msgspec
from msgspec import inspect

from streamkit.events import Event
from streamkit.jsontypes import Json, JsonObject, is_array, is_object
from streamkit.quirks.registry import shown
from streamkit.quirks.reshaping import member_coerced, member_unreadable

__all__ = ["reshape"]

Shape = TypeVar("Shape", bound=msgspec.Struct)

LONGEST_NUMBER = 20
"""Characters of a string that may still be an integer."""

NOTHING = object()
"""What a value becomes that means nothing in its place."""

TRUTHS = {"true": True, "false": False, "True": True, "False": False, "1": True, "0": False, 1: True, 0: False}


def reshape(payload: Json, decoder: msgspec.json.Decoder[Shape]) -> tuple[Shape | None, list[Event]]:
    """The payload as what `decoder` decodes, and the quirks that it took; None where it cannot be read so at all."""
    walk = _Walk()
    fitted = walk.fit(payload, _described(decoder.type), "$")
    if fitted is NOTHING:
        return None, walk.quirks
    try:
        return msgspec.convert(fitted, type=decoder.type), walk.quirks
    except msgspec.ValidationError:
        return None, walk.quirks


def _described(shape: Json) -> inspect.Type:
    known = _DESCRIPTIONS.get(shape)
    if known is None:
        known = _DESCRIPTIONS[shape] = inspect.type_info(shape)
    return known


_DESCRIPTIONS: dict[Json, inspect.Type] = {}


class _Walk:
    """One walk over a payload, and what it met."""

    def __init__(self) -> None:
        self.quirks: list[Event] = []

    def fit(self, value: Json, kind: inspect.Type, path: str) -> Json:
        """The value as this type, or `NOTHING`."""
        match kind:
            case inspect.AnyType():
                return value
            case inspect.UnionType(types=types):
                return self._union(value, types, path)
            case inspect.StructType():
                return self._struct(value, kind, path)
            case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
                return self._array(value, item, path)
            case inspect.DictType():
                return value if is_object(value) else self._left_out(value, path)
            case inspect.NoneType():
                return None if value is None else self._left_out(value, path)
            case _:
                return self._scalar(value, kind, path)

    def _struct(self, value: Json, kind: inspect.StructType, path: str) -> Json:
        value = self._only(value, path)
        if not is_object(value):
            return self._left_out(value, path)
        out: JsonObject = {}
        for field in kind.fields:
            name = field.encode_name
            if name not in value:
                continue
            fitted = self.fit(value[name], field.type, f"{path}.{name}")
            if fitted is not NOTHING:
                out[name] = fitted
        if any(field.required and field.encode_name not in out for field in kind.fields):
            return NOTHING
        if kind.tag_field is not None:
            out[kind.tag_field] = kind.tag
        return out

    def _only(self, value: Json, path: str) -> Json:
        """Where an object is due: the one that an array holds."""
        if not (is_array(value) and len(value) == 1 and is_object(value[0])):
            return value
        self.quirks.append(member_coerced.seen(detail=f"{path}: an array of one instead of an object"))
        return value[0]

    def _array(self, value: Json, item: inspect.Type, path: str) -> Json:
        if is_object(value):
            self.quirks.append(member_coerced.seen(detail=f"{path}: one object instead of an array"))
            value = [value]
        if not is_array(value):
            return self._left_out(value, path)
        fitted = [self.fit(each, item, f"{path}[{at}]") for at, each in enumerate(value)]
        return [each for each in fitted if each is not NOTHING]

    def _union(self, value: Json, types: tuple[inspect.Type, ...], path: str) -> Json:
        if value is None and any(isinstance(each, inspect.NoneType) for each in types):
            return None
        others = [each for each in types if not isinstance(each, inspect.NoneType)]
        structs = [each for each in others if isinstance(each, inspect.StructType)]
        if structs and not any(_is_of(value, each) for each in others):
            value = self._only(value, path)
        if is_object(value) and structs:
            tagged = [each for each in structs if each.tag_field and value.get(each.tag_field) == each.tag]
            chosen = tagged or ([] if structs[0].tag_field else structs)
            return self.fit(value, chosen[0], path) if chosen else self._left_out(value, path)
        exact = [each for each in others if _is_of(value, each)]
        return self.fit(value, (exact or others)[0], path)

    def _scalar(self, value: Json, kind: inspect.Type, path: str) -> Json:
        if _is_of(value, kind):
            return value
        fitted = _converted(value, kind)
        if fitted is NOTHING:
            return self._left_out(value, path)
        self.quirks.append(member_coerced.seen(detail=f"{path}: {shown(value)}"))
        return fitted

    def _left_out(self, value: Json, path: str) -> Json:
        if value is None:  # null is how many write "not there"
            return NOTHING
        self.quirks.append(member_unreadable.seen(detail=f"{path}: {shown(value)}", data=value))
        return NOTHING


def _is_of(value: Json, kind: inspect.Type) -> bool:
    match kind:
        case inspect.StrType():
            return isinstance(value, str)
        case inspect.BoolType():
            return isinstance(value, bool)
        case inspect.IntType():
            return isinstance(value, int) and not isinstance(value, bool)
        case inspect.FloatType():
            return isinstance(value, int | float) and not isinstance(value, bool)
        case inspect.ListType() | inspect.VarTupleType():
            return is_array(value)
        case inspect.DictType():
            return is_object(value)
        case inspect.AnyType():
            return True
        case _:
            return False


def _converted(value: Json, kind: inspect.Type) -> Json:
    """The same in the JSON type that was asked for, where there is no doubt that it is the same."""
    match kind:
        case inspect.BoolType() if isinstance(value, str | int):
            return TRUTHS.get(value, NOTHING)
        case inspect.IntType() if isinstance(value, str) and len(value) <= LONGEST_NUMBER and value.strip().isdecimal():
            return int(value)
        case inspect.IntType() if isinstance(value, float) and value.is_integer():
            return int(value)
        case inspect.StrType() if isinstance(value, int | float) and not isinstance(value, bool):
            return msgspec.json.encode(value).decode()
        case _:
            return NOTHING
