"""JSON values back to text: what a dialect that sends argument objects makes of them (D17)."""

import json
from collections.abc import Callable

import msgspec

from streamkit.jsontypes import Json

__all__ = ["json_text"]


def json_text(value: Json, unknown: Callable[[object], Json] | None = None) -> str:
    """A value as compact JSON, the order of its members kept.

    Args:
        value: what to write.
        unknown: gives a JSON value for an object that is none.
    """
    try:
        return msgspec.json.encode(value, enc_hook=unknown).decode()
    except UnicodeEncodeError:  # half a character, which only an escape can write
        return json.dumps(value, default=unknown, separators=(",", ":"))
