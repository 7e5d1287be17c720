"""The tolerant way to read a frame's payload: what the strict typed decode of a dialect refused.

Strategy: a payload is turned into JSON by the most forgiving reader that does not change it (msgspec, then the standard
library), and only if that fails by unwrapping what layers in between have done to it. Each step that helps is a quirk.
"""

import json
import math
import re
from typing import Any

import msgspec

from streamkit.dialects.surrogates import SurrogateJoiner, scrub
from streamkit.events import Event, KeepAlive
from streamkit.frames import Frame
from streamkit.framing.documents import END_MARKER, is_end_marker
from streamkit.jsontypes import Json, JsonObject, is_array, is_object
from streamkit.quirks import payloads as quirks

__all__ = ["Reading", "SurrogateJoiner", "read", "scrub"]

SHOWN = 200
"""Characters of a corrupt payload that its quirk shows (G10)."""
WATCHED = ("type", "choices")
"""Members whose repetition changes what a frame means (J04)."""
QUOTED = tuple(f'"{name}"'.encode() for name in WATCHED)
ENVELOPES = ("data", "result", "response")
CONTENTS = ("choices", "candidates")
"""Members by which the payload inside an envelope is known (A24)."""

_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(?P<half>u[dD][89a-fA-F][\da-fA-F]{2})|.)", re.DOTALL
)
"""One escape, or the two of a pair."""
_FIELD = re.compile(r"(data|event|id|retry):[ ]?")
_untyped = msgspec.json.Decoder().decode


class Reading(msgspec.Struct):
    """What one payload turned out to be."""

    objects: list[JsonObject] = []
    """The JSON objects in it, in order."""
    events: list[Event] = []
    """Quirks and keep-alives."""
    done: bool = False
    """Whether it is (or ends with) the end marker `[DONE]`; whether that proves completion is the dialect's matter."""
    error_text: str = ""
    """The words of an error frame that is no JSON object (G10)."""
    surrogates: bool = False
    """Whether its texts may hold halves of surrogate pairs: pass them through a `SurrogateJoiner` or `scrub` (J01)."""


class _NoJSONError(ValueError):
    """Not one JSON document."""


def read(frame: Frame) -> Reading:
    """The objects of a payload, whatever stands in their place. Never raises."""
    reading = Reading()
    data = frame.data.strip()
    if is_end_marker(data):
        reading.done = True
        if data != END_MARKER:
            reading.events.append(quirks.done_variant.seen(detail=_shown(data)))
        return reading
    try:
        value = _parse(data, reading)
    except _NoJSONError:
        _unwrap(data, frame, reading)
    else:
        _sort(value, frame, reading)
    return reading


def _shown(data: bytes | str) -> str:
    text = data if isinstance(data, str) else data[: 4 * SHOWN].decode("utf-8", "replace")
    return text[:SHOWN]


def _is_error(frame: Frame) -> bool:
    return frame.event == "error" or frame.kind != "event"


# JSON, in the spelling of careless writers


def _parse(data: bytes, reading: Reading) -> Json:
    """The one document in these bytes."""
    if not data:
        return None
    try:
        value = _untyped(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _parse_text(_decode(data, reading), reading)
    except RecursionError:
        raise _NoJSONError from None
    if any(data.count(name) > 1 for name in QUOTED):
        # the standard library alone tells that a member came twice; msgspec has already kept the last one
        _Reader(reading).decode_quietly(data.decode("utf-8"))
    return value


def _decode(data: bytes, reading: Reading) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as exc:
        reading.events.append(quirks.invalid_utf8.seen(detail=f"byte {data[exc.start]:#04x} at {exc.start}"))
        return data.decode("utf-8", "replace")


def _parse_text(text: str, reading: Reading) -> Json:
    reader = _Reader(reading)
    value, end = reader.decode_at(text, 0)
    if text[end:].strip():
        raise _NoJSONError
    reader.report(text)
    return value


class _Reader:
    """The standard library's JSON reader, with an eye on what it lets pass."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._repeated: list[str] = []
        self._odd: list[str] = []
        self._long: list[str] = []
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_constant=self._constant,
            parse_float=self._float,
            parse_int=self._int,
            strict=True,
        )

    def decode_at(self, text: str, at: int) -> tuple[Json, int]:
        """The document that begins at `at`, and where it ends.

        Raises:
            _NoJSONError: there is none, or it is nested too deeply (J05).
        """
        try:
            return self._decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            raise _NoJSONError from None

    def decode_quietly(self, text: str) -> None:
        """Only look for repeated members."""
        try:
            self._decoder.decode(text)
        except (ValueError, RecursionError):
            return
        self._say_repeated()

    def report(self, text: str) -> None:
        """Name what was let pass."""
        events = self._reading.events
        self._say_repeated()
        if self._odd:
            events.append(quirks.non_finite_number.seen(detail=self._odd[0]))
        if self._long:
            events.append(quirks.oversized_number.seen(detail=f"{len(self._long[0])} digits"))
        # every half comes from an escape: UTF-8 has no surrogates
        if not self._reading.surrogates and any(match["half"] for match in _ESCAPE.finditer(text)):
            self._reading.surrogates = True
            events.append(quirks.lone_surrogate.seen())

    def _say_repeated(self) -> None:
        if self._repeated:
            self._reading.events.append(quirks.duplicate_key.seen(detail=self._repeated[0]))

    def _object(self, pairs: list[tuple[str, Any]]) -> JsonObject:
        value = dict(pairs)
        if len(value) < len(pairs):
            names = [name for name, _ in pairs]
            self._repeated += (name for name in WATCHED if names.count(name) > 1)
        return value

    def _constant(self, word: str) -> float:
        self._odd.append(word)
        return float(word.replace("Infinity", "inf"))

    def _float(self, digits: str) -> float:
        value = float(digits)
        if math.isinf(value):
            self._odd.append(digits[:SHOWN])
        return value

    def _int(self, digits: str) -> int | str:
        try:
            return int(digits)
        except ValueError:
            self._long.append(digits)
            return digits


# what is no JSON document


def _unwrap(data: bytes, frame: Frame, reading: Reading) -> None:
    """What layers in between have made of it: a prefix too many, a comment, several documents (A15, A33, A35)."""
    text = data.decode("utf-8", "replace")
    if text.startswith(":"):
        comment = text[1:].strip()
        reading.events += (quirks.comment_as_data.seen(detail=comment), KeepAlive(comment=comment))
        return
    inner = _without_prefix(text)
    if inner is not None and _try_inner(inner, frame, reading):
        return
    if _try_several(text, frame, reading):
        return
    if _is_error(frame):
        reading.error_text = scrub(text)
    else:
        reading.events.append(quirks.corrupt_frame.seen(detail=_shown(text)))


def _without_prefix(text: str) -> str | None:
    """The data of a payload that is itself written as fields of an event; None if it is not."""
    lines: list[str] = []
    for line in text.split("\n"):
        match = _FIELD.match(line)
        if match is None:
            if not lines:
                return None
            lines.append(line)
        elif match[1] == "data":
            lines.append(line[match.end() :])
    return "\n".join(lines) if lines else None


def _try_inner(inner: str, frame: Frame, reading: Reading) -> bool:
    """Take what a doubled prefix hides, if that is JSON or the end marker."""
    data = inner.strip().encode("utf-8", "replace")
    inside = Reading()
    if is_end_marker(data):
        inside.done = True
    else:
        try:
            _sort(_parse(data, inside), frame, inside)
        except _NoJSONError:
            if not inner.strip().startswith(":"):
                return False
            _unwrap(data, frame, inside)
    reading.events += [quirks.double_prefix.seen(), *inside.events]
    reading.objects += inside.objects
    reading.done = inside.done
    reading.error_text = inside.error_text
    reading.surrogates = inside.surrogates
    return True


def _try_several(text: str, frame: Frame, reading: Reading) -> bool:
    """Take documents that follow each other, and name what remains; False if not even the first is whole."""
    reader = _Reader(reading)
    at, size, found = 0, len(text), 0
    while at < size:
        if text[at] not in "{[":
            break
        try:
            value, end = reader.decode_at(text, at)
        except _NoJSONError:
            break
        found += 1
        _sort(value, frame, reading)
        at = _next_document(text, end)
    if not found:
        return False
    reader.report(text[:at])
    rest = text[at:]
    if is_end_marker(rest.encode("utf-8", "replace")):
        reading.done = True
        rest = ""
        found += 1
    if found > 1:
        reading.events.append(quirks.joined_json.seen(detail=f"{found} documents"))
    if rest:
        reading.events.append(quirks.corrupt_frame.seen(detail=_shown(rest)))
    return True


_SEPARATOR = re.compile(r"\s*(?:data:)?\s*")


def _next_document(text: str, at: int) -> int:
    """Over white space, and over the prefix of a line whose end was lost."""
    match = _SEPARATOR.match(text, at)
    return match.end() if match else at


# what is JSON


def _sort(value: Json, frame: Frame, reading: Reading) -> None:
    """Objects to the objects, the rest by name."""
    if is_object(value):
        reading.objects.append(_open_envelope(value, reading))
    elif value is None:
        reading.events.append(quirks.empty_data.seen(detail="null" if frame.data.strip() else "empty"))
    elif isinstance(value, str) and _is_error(frame):
        reading.error_text = value
    else:
        shown = _shown(frame.data.strip())
        reading.events.append(quirks.non_object_data.seen(detail=shown))
        if is_array(value):
            reading.objects += (_open_envelope(element, reading) for element in value if is_object(element))


def _open_envelope(value: JsonObject, reading: Reading) -> JsonObject:
    """The payload inside a gateway's envelope (A24), or the object itself."""
    if value.get("success") is False or value.get("error") or any(name in value for name in CONTENTS):
        return value
    for name in ENVELOPES:
        inner = value.get(name)
        if is_object(inner) and any(isinstance(inner.get(content), list) for content in CONTENTS):
            reading.events.append(quirks.envelope.seen(detail=name))
            return inner
    return value
