"""How frames are written: event streams and JSON lines, in the spellings that providers use."""

import json

import msgspec

from streamkit.jsontypes import Json

__all__ = ["Style", "event", "line"]


class Style(msgspec.Struct, kw_only=True, frozen=True):
    """Freedoms that a provider has: none of them means anything."""

    escaped: bool = False
    """Whether characters beyond ASCII are written as escapes."""
    spaced: bool = False
    """Whether blanks follow colons and commas."""
    newline: str = "\n"
    """Line end of an event stream."""


def document(payload: Json, style: Style) -> str:
    """The payload as JSON on one line."""
    separators = (", ", ": ") if style.spaced else (",", ":")
    return json.dumps(payload, ensure_ascii=style.escaped, separators=separators)


def event(payload: Json, style: Style, name: str = "") -> bytes:
    """One event of an event stream; a payload that is text goes as it is (`[DONE]`)."""
    data = payload if isinstance(payload, str) else document(payload, style)
    head = f"event: {name}{style.newline}" if name else ""
    return f"{head}data: {data}{style.newline}{style.newline}".encode()


def line(payload: Json, style: Style) -> bytes:
    """One JSON line."""
    return document(payload, style).encode() + b"\n"
