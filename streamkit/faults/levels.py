"""An error payload opened level by level: what each wrapping says, from the outermost to the deepest (G04-G09, G23)."""

import re
from collections.abc import Iterable

import msgspec

from streamkit.faults.pages import words_of_page
from streamkit.faults.shapes import exception_named, looks_like_error
from streamkit.faults.words import GENERIC_TYPES, compact
from streamkit.jsontypes import Json, JsonObject, is_array, is_object

__all__ = ["Level", "unfold"]

MOST_OPENED = 5
"""How many times JSON inside a string is opened (G23)."""

DEEPEST = 16
"""Wrappings that are looked through."""

LONGEST_LITERAL = 20_000
"""Characters of a printed Python dictionary that are read (G10); JSON has no such bound."""

_MESSAGES = (
    "message",
    "error",
    "detail",
    "msg",
    "error_message",
    "errorMessage",
    "error_msg",
    "status_msg",
    "error_description",
    "title",
    "reason",
)
_CODES = ("code", "type", "error_type", "error_code", "errorCode", "status", "status_code", "statusCode", "__type")
_STATUSES = (
    "status",
    "status_code",
    "statusCode",
    "http_status",
    "http_code",
    "code",
    "error_code",
    "originalStatusCode",
)
_INNER = (
    "error",
    "response",
    "base_resp",
    "errors",
    "exception",
    "detail",
    "message",
    "value",
    "body",
    "cause",
    "metadata",
    "raw",
)
_NESTED_TEXT = ("message", "error_message", "error", "detail", "msg", "raw", "body", "value")


class Level(msgspec.Struct):
    """What one wrapping of an error says."""

    value: Json
    message: str = ""
    code: str = ""
    words: tuple[str, ...] = ()
    """Everything here that may be a code."""
    param: str = ""
    status: int | None = None
    failed: bool = False
    """A failed response (G09): it may have no message at all."""


def unfold(payload: Json) -> list[Level]:
    """The wrappings of an error payload, outermost first. Never empty, never raises."""
    levels: list[Level] = []
    opened = 0
    name = ""
    while len(levels) < DEEPEST:
        if isinstance(payload, (bytes, bytearray)):
            payload = bytes(payload).decode("utf-8", "replace")
        if isinstance(payload, str):
            inner = _opened(payload) if opened < MOST_OPENED else None
            if inner is None:
                levels.append(Level(payload, message=_prose(payload), words=(name,) if name else (), code=name))
                break
            opened += 1
            payload = inner[1]
            continue
        if is_array(payload):
            payload = _one_of(payload)
            continue
        if not is_object(payload):
            levels.append(Level(payload))
            break
        members = payload
        if exception := exception_named(members):
            name, payload = exception, members[exception]
            continue
        level, following = _read(members, name)
        name = ""
        levels.append(level)
        if following is None:
            break
        payload = following
    return levels or [Level(payload)]


def _read(members: JsonObject, name: str) -> tuple[Level, Json | None]:
    """What this object says itself, and the wrapping inside it that says more."""
    following, used = _inside(members)
    words = [name] if name else []
    words += [_scalar(members[key]) for key in _CODES if _scalar(members.get(key))]
    numeric = {
        _scalar(members[key]) for key in ("status", "status_code", "statusCode") if isinstance(members.get(key), int)
    }
    level = Level(
        members,
        message=next((text for key in _MESSAGES if key != used and (text := _prose(members.get(key)))), ""),
        words=tuple(words),
        code=next(
            (word for word in _preferred(members, words) if compact(word) not in GENERIC_TYPES and word not in numeric),
            "",
        ),
        param=_param(members),
        status=next((status for key in _STATUSES if (status := _http(members.get(key))) is not None), None),
        failed=compact(_scalar(members.get("type"))) == "responsefailed" or members.get("status") == "failed",
    )
    base = members.get("status_code")
    if not level.code and isinstance(base, int) and level.status is None and base:
        level.code = str(base)  # MiniMax: a number of its own (G06)
    if level.failed and not level.message and following is None:
        details = members.get("incomplete_details")
        reason = details.get("reason") if is_object(details) else None
        if isinstance(reason, str):
            level.message = reason
    return level, following


def _preferred(members: JsonObject, words: list[str]) -> Iterable[str]:
    """The order in which words are taken for the code: Google's word comes before a code that repeats the status."""
    word = members.get("status")
    if isinstance(word, str) and _http(members.get("code")) is not None and re.fullmatch(r"[A-Z_]{3,}", word):
        yield word
    yield from words


def _inside(members: JsonObject) -> tuple[Json | None, str]:
    for key in _INNER:
        value = members.get(key)
        if is_object(value) and value and (key not in {"metadata", "response"} or _speaks(value)):
            return value, key
        if is_array(value) and value and key != "raw":
            return value, key
    for key in _NESTED_TEXT:
        value = members.get(key)
        if isinstance(value, str) and (inner := _opened(value)) is not None and isinstance(inner[1], (dict, list)):
            return value, "" if inner[0] else key
    return None, ""


def _speaks(value: JsonObject) -> bool:
    told = value.get("raw") or value.get("error") or value.get("status") == "failed"
    return bool(told) or isinstance(value.get("message"), str)


def _one_of(elements: list[Json]) -> Json:
    """The element that stands for a list: an object (Google), or a validator's remarks joined (FastAPI)."""
    remarks = [e for e in elements if is_object(e) and isinstance(e.get("msg"), str)]
    if remarks:
        joined: JsonObject = dict(remarks[0])
        joined["msg"] = "; ".join(remark["msg"] for remark in remarks)
        return joined
    if objects := [e for e in elements if is_object(e) and e]:
        return next((e for e in objects if looks_like_error(e)), objects[0])
    return "; ".join(e for e in elements if isinstance(e, str))


def _prose(text: Json) -> str:
    """A message without odd spaces (G07); of an HTML page what it says; empty where it is no text."""
    if not isinstance(text, str):
        return ""
    words = words_of_page(text)
    if words is not None:
        return f"an HTML page: {words}" if words else "an HTML page"
    return _plainly_spaced(text).strip()


def _plainly_spaced(text: str) -> str:
    """Text with common spaces in place of those that Google indents its JSON with (G07)."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def _param(members: JsonObject) -> str:
    value = members.get("param")
    if isinstance(value, str) and value:
        return value
    place = members.get("loc")
    return ".".join(step for step in map(_scalar, place) if step) if is_array(place) else ""


def _scalar(value: Json) -> str:
    """A code as text: strings as they are, integers in digits, nothing else (G12)."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _http(value: Json) -> int | None:
    """An HTTP error status, where the value looks like one."""
    text = _scalar(value)
    return int(text) if re.fullmatch(r"[45]\d\d", text) else None


def _opened(text: str) -> tuple[str, Json] | None:
    """What stands in front of the JSON in a string, and the JSON (G23); also of a printed Python dictionary (G10)."""
    start = min((at for at in (text.find("{"), text.find("[")) if at >= 0), default=-1)
    quoted = text.lstrip()[:1] == '"'
    if start < 0 and not quoted:
        return None
    head, body = ("", text.strip()) if quoted else (text[:start].strip(), text[start:].strip())
    if not quoted and body[-1] not in "}]":
        return None
    try:
        value = msgspec.json.decode(_plainly_spaced(body))
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        value = _literal(body)
    if (is_object(value) or is_array(value)) and value:
        return head, value
    return (head, value) if isinstance(value, str) and value and quoted else None


def _literal(body: str) -> Json:
    if len(body) > LONGEST_LITERAL or body[0] != "{":
        return None
    from ast import literal_eval  # noqa: PLC0415 - heavy, and seldom needed

    try:
        return msgspec.json.decode(msgspec.json.encode(literal_eval(body)))
    except (msgspec.MsgspecError, ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None
