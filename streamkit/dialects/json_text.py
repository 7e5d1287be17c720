"""JSON values back to text: what a dialect that sends argument objects makes of them (D17)."""

import json
from collections.abc import Callable

import msgspec

from streamkit.jsontypes import Json, is_array, is_object

__all__ = ["json_text", "json_word"]


def json_text(value: Json, unknown: Callable[[object], Json] | None = None) -> str:
    """A value as compact JSON, the order of its members kept; never raises for what was read from JSON.

    Args:
        value: what to write.
        unknown: gives a JSON value for an object that is none.
    """
    try:
        return msgspec.json.encode(value, enc_hook=unknown).decode()
    except (UnicodeEncodeError, RecursionError):
        return _piecewise(value, unknown)


def json_word(value: Json) -> str:
    """What should be a word: a string as it is, nothing for null and what is empty, else the value's JSON text."""
    if isinstance(value, str):
        return value
    return json_text(value) if value else ""


def _piecewise(value: Json, unknown: Callable[[object], Json] | None) -> str:
    """The same without recursion, for values as deep as can be read (J05); half a character as its escape (J01)."""
    write = json.JSONEncoder(default=unknown).encode
    out: list[str] = []
    waiting: list[tuple[str, Json]] = [("", value)]
    """What is still to be written, the next one last: text, and a value behind it."""
    while waiting:
        text, value = waiting.pop()
        out.append(text)
        if value is _NO_VALUE:
            continue
        if is_object(value):
            out.append("{")
            members = [(f"{write(name)}:", member) for name, member in value.items()]
            waiting += _separated(members, "}")
        elif is_array(value):
            out.append("[")
            waiting += _separated([("", element) for element in value], "]")
        else:
            out.append(write(value))
    return "".join(out)


_NO_VALUE = object()
"""Stands where text is written and no value behind it."""


def _separated(pieces: list[tuple[str, Json]], closer: str) -> list[tuple[str, Json]]:
    """The members of a container and its closer, the last one first."""
    later = [(f",{text}", value) for text, value in pieces[1:]]
    return [(closer, _NO_VALUE), *reversed(later), *pieces[:1]]
