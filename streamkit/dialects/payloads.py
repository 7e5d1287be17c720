"""The tolerant way to read a frame's payload: what the strict typed decode of a dialect refused.

Strategy: a payload is turned into JSON by the most forgiving reader that does not change it (msgspec, then the standard
library), and only if that fails by unwrapping what layers in between have done to it. Each step that helps is a quirk.
"""

import re

import msgspec

from streamkit.dialects.lenient_json import LenientJSON, NoJSONError
from streamkit.dialects.surrogates import SurrogateJoiner, scrub, scrub_labels
from streamkit.events import Event, KeepAlive
from streamkit.frames import Frame
from streamkit.framing.documents import END_MARKER, is_end_marker
from streamkit.jsontypes import Json, JsonObject, is_array, is_object
from streamkit.quirks import payloads as quirks
from streamkit.quirks.errors import error_in_array

__all__ = ["Reading", "SurrogateJoiner", "is_error_frame", "read", "scrub"]

SHOWN = 200
"""Characters of a corrupt payload that its quirk shows (G10)."""
ENVELOPES = ("data", "result", "response")
CONTENTS = ("choices", "candidates")
"""Members by which the payload inside an envelope is known (A24)."""

_FIELD = re.compile(r"(data|event|id|retry):[ ]?")


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


def read(frame: Frame) -> Reading:
    """The objects of a payload, whatever stands in their place. Never raises."""
    reading = Reading()
    data = frame.data.strip()
    if is_end_marker(data):
        reading.done = True
        if data != END_MARKER:
            reading.events.append(quirks.done_variant.seen(detail=_shown(data)))
        return reading
    if not _read_document(data, frame, reading):
        _unwrap(data, frame, reading)
    if reading.surrogates:
        for payload in reading.objects:
            scrub_labels(payload)
    return reading


def _read_document(data: bytes, frame: Frame, reading: Reading) -> bool:
    """Take the one JSON document that this is; False if it is none."""
    reader = LenientJSON()
    try:
        value = reader.parse(data)
    except NoJSONError:
        reading.events += reader.events
        return False
    reading.events += reader.events
    reading.surrogates |= reader.surrogates
    _sort(value, frame, reading)
    return True


def _shown(data: bytes | str) -> str:
    text = data if isinstance(data, str) else data[: 4 * SHOWN].decode("utf-8", "replace")
    return text[:SHOWN]


def is_error_frame(frame: Frame) -> bool:
    """Whether what carries a payload says that it is an error, whatever the payload is (G10, A25)."""
    return frame.event == "error" or frame.kind != "event"


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
    if is_error_frame(frame):
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
    elif not _read_document(data, frame, inside):
        if not data.startswith(b":"):
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
    reader = LenientJSON()
    at, size, found = 0, len(text), 0
    while at < size:
        if text[at] not in "{[":
            break
        try:
            value, end = reader.document_at(text, at)
        except NoJSONError:
            break
        found += 1
        _sort(value, frame, reading)
        at = _next_document(text, end)
    if not found:
        return False
    reader.report(text[:at])
    reading.events += reader.events
    reading.surrogates |= reader.surrogates
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
    elif isinstance(value, str) and is_error_frame(frame):
        reading.error_text = scrub(value)
    elif isinstance(value, str) and (inner := _written_inside(value, reading)) is not None:
        reading.events.append(quirks.payload_double_encoded.seen(detail=_shown(value)))
        reading.objects.append(_open_envelope(inner, reading))
    else:
        failed = is_array(value) and any(is_object(element) and element.get("error") for element in value)
        seen = error_in_array if failed else quirks.non_object_data
        reading.events.append(seen.seen(detail=_shown(frame.data.strip())))
        if is_array(value):
            reading.objects += (_open_envelope(element, reading) for element in value if is_object(element))


def _written_inside(text: str, reading: Reading) -> JsonObject | None:
    """The object whose JSON text a string is; None for any other string."""
    if not text.lstrip().startswith("{"):
        return None
    reader = LenientJSON()
    try:
        value = reader.parse(text.encode("utf-8", "surrogatepass"))
    except (NoJSONError, UnicodeError):
        return None
    if not is_object(value):
        return None
    reading.events += reader.events
    reading.surrogates |= reader.surrogates
    return value


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
