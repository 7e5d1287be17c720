"""Whether a payload is an error at all (G17, G25): only known shapes are, and null, {} and "" never.

The shapes that name what they are (`error`, `error_type`, a modelled exception) are errors wherever they stand. The
others are documents of web frameworks, gateways and RFC 9457, made of words that content has too: they are errors
only where nothing else stands beside them that could be content.
"""

from streamkit.faults.words import compact
from streamkit.jsontypes import Json, JsonObject, is_array, is_object

__all__ = ["exception_named", "failing_status", "looks_like_error"]

_WARNINGS = frozenset({"warning", "warnings", "notice", "info", "deprecation"})
_CONTENT = ("choices", "candidates", "delta", "output", "content", "item", "part", "text")
_SAID = ("message", "detail", "msg", "error_msg")
_CODES = ("code", "status", "status_code", "statusCode", "error_code", "errorCode")
_STATUSES = ("status", "status_code", "statusCode")
_IDS = ("id", "requestid", "traceid", "correlationid", "transactionid", "cfray")
_REQUEST = frozenset((*_IDS, "timestamp", "time", "path", "method", "url", "instance", "documentationurl"))
"""What an error document may tell of the request besides its message, in lower case and without separators."""


def looks_like_error(payload: Json) -> bool:
    """Whether a payload has one of the shapes by which providers report errors (A24, G01-G09, G14).

    `error` as null, {}, [] or "" is none (G17); warnings are none (G25); text is none: only its frame's event name can
    make it one.
    """
    if is_array(payload):
        return bool(payload) and is_object(payload[0]) and looks_like_error(payload[0])
    if not is_object(payload):
        return False
    members = payload
    kind = members.get("type")
    word = compact(kind) if isinstance(kind, str) else ""
    if word in _WARNINGS:
        return False
    if members.get("error") or word in {"error", "responsefailed", "responseerror"} or members.get("object") == "error":
        return True
    named = members.get("error_type") or members.get("error_message") or members.get("errorMessage")
    if named or members.get("success") is False:
        return True
    if failing_status(members.get("base_resp")):
        return True
    response = members.get("response")
    if (is_object(response) and response.get("error")) or exception_named(members):
        return True
    if any(members.get(name) is not None for name in _CONTENT):
        return False
    return _problem(members) or (not word and (_flat(members) or _listed(members)))


def failing_status(status: Json) -> bool:
    """Whether MiniMax's status object reports a failure: its code is not zero, be it a number or a text (G06)."""
    return is_object(status) and bool(status.get("status_code")) and status["status_code"] != "0"


def exception_named(members: JsonObject) -> str:
    """The name of a modelled exception that is the object's only member (G14)."""
    if len(members) == 1:
        (name,) = members
        if name.endswith(("Exception", "exception")) and isinstance(members[name], (dict, str)):
            return name
    return ""


def _flat(members: JsonObject) -> bool:
    """A bare `message` or `detail`: with a code, or with nothing but what names the request (G04)."""
    said = [name for name in _SAID if members.get(name) and isinstance(members[name], (str, list))]
    if not said:
        return False
    if any(_is_code(members.get(name)) for name in _CODES):
        return True
    return all(name in said or compact(name) in _REQUEST or members[name] is None for name in members)


def _problem(members: JsonObject) -> bool:
    """A title or a message beside an HTTP status of an error, of whatever type (RFC 9457)."""
    said = any(members.get(name) and isinstance(members[name], str) for name in ("title", *_SAID))
    return said and any(_is_failure(members.get(name)) for name in _STATUSES)


def _listed(members: JsonObject) -> bool:
    """Several errors, each a text or an object that says something, and no data that they only go with."""
    errors = members.get("errors")
    if not is_array(errors) or not errors or members.get("data"):
        return False
    return all(
        (isinstance(each, str) and each)
        or (is_object(each) and any(each.get(name) for name in ("title", "code", "error", "reason", *_SAID)))
        for each in errors
    )


def _is_code(value: Json) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value.__class__ in (int, float)


def _is_failure(value: Json) -> bool:
    return value.__class__ is int and 400 <= value < 600
