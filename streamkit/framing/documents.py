"""What framers and payload readers must know of JSON without reading it: whether it is whole, how deep it stands."""

import json
import re

import msgspec

__all__ = ["END_MARKER", "depth_change", "is_complete", "is_end_marker"]

END_MARKER = b"[DONE]"

_END_MARKER = re.compile(rb'\s*"?\[done\]"?\s*', re.IGNORECASE)
_STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_LITERALS = (b"null", b"true", b"false")
_skim = msgspec.json.Decoder(msgspec.Raw).decode


def is_end_marker(data: bytes) -> bool:
    """Whether this is `[DONE]`, quoted or not, in any case, with white space around it or not (A16)."""
    return _END_MARKER.fullmatch(data) is not None


def is_complete(data: bytes) -> bool:
    """Whether this is one whole JSON document, or the end marker.

    A bare number never counts: nobody knows whether more digits were to come.
    """
    data = data.strip()
    if data[:1] not in (b"{", b"[", b'"'):
        return data in _LITERALS
    try:
        _skim(data)
    except msgspec.DecodeError:
        return is_end_marker(data) or _is_odd_json(data)
    except RecursionError:
        return False
    return True


def _is_odd_json(data: bytes) -> bool:
    """Whether the standard library reads it: NaN and lone surrogates are known only there (J01, J04)."""
    if data[-1:] not in (b"}", b"]", b'"'):
        return False
    try:
        json.loads(data.decode("utf-8", "replace"), parse_int=str)
    except (ValueError, RecursionError):
        return False
    return True


def depth_change(data: bytes) -> int:
    """How many more brackets this piece of JSON opens than it closes; it must not begin or end inside a string."""
    bare = _STRINGS.sub(b"", data)
    return bare.count(b"{") + bare.count(b"[") - bare.count(b"}") - bare.count(b"]")
