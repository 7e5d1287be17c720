"""Pieces of the Assistants API: parts of a message, tool calls, and their snapshots."""

import msgspec

from streamkit.dialects.plain import whole_number, words
from streamkit.events import AnnotationAdded, Event, ItemStarted, Key, MediaAdded, RefusalDelta, TextDelta
from streamkit.evidence import ItemClaimed, PartClaim
from streamkit.items import Status
from streamkit.jsontypes import Json, JsonObject, is_array, is_object

__all__ = ["Part", "PartText", "call_claim", "call_start", "message_claim", "part_events"]

IMAGES = ("image_file", "image_url")


class PartText(msgspec.Struct, gc=False):
    """Visible text."""

    value: str | None = ""
    annotations: list[Json] | None = None


class Part(msgspec.Struct, gc=False):
    """One piece of a message."""

    index: int = 0
    text: PartText | None = None
    refusal: str | None = None
    image_file: JsonObject | None = None
    image_url: JsonObject | None = None

    @classmethod
    def read(cls, value: Json, slot: int, notes: list[Event]) -> "Part":
        """A part as far as its members have the documented types; `slot` stands in for a missing index."""
        if not is_object(value):
            return cls(index=slot)
        index, text, refusal = value.get("index"), value.get("text"), value.get("refusal")
        said = words(text.get("value") if is_object(text) else text, notes)
        remarks = text.get("annotations") if is_object(text) else None
        images = {name: image for name in IMAGES if is_object(image := value.get(name))}
        return cls(
            index=slot if index is None else whole_number(index, notes),
            text=PartText(said, remarks if is_array(remarks) else None),
            refusal=refusal if isinstance(refusal, str) else None,
            **images,
        )


def part_events(key: Key, part: Part) -> list[Event]:
    """What one part of a delta says."""
    out: list[Event] = []
    if part.text is not None:
        if part.text.value:
            out.append(TextDelta(key=key, text=part.text.value, index=part.index))
        notes = part.text.annotations or []
        out += [AnnotationAdded(key=key, annotation=note, index=part.index) for note in notes]
    if part.refusal:
        out.append(RefusalDelta(key=key, text=part.refusal, index=part.index))
    for image in (part.image_file, part.image_url):
        if image is not None:
            url = image.get("url")
            source = url if isinstance(url, str) else ""
            out.append(MediaAdded(key=key, media_type="image", url=source, details=image))
    return out


def message_claim(message: JsonObject, key: Key) -> list[Event]:
    """A message's own snapshot."""
    content = message.get("content")
    claims: list[PartClaim] = []
    remarks: list[Json] = []
    notes: list[Event] = []
    for slot, value in enumerate(content if is_array(content) else []):
        part = Part.read(value, slot, notes)
        if part.text is not None and part.text.value:
            claims.append(PartClaim("text", part.text.value, part.index))
            remarks += part.text.annotations or []
        if part.refusal:
            claims.append(PartClaim("refusal", part.refusal, part.index))
    status: Status = "incomplete" if message.get("status") == "incomplete" else "completed"
    name = str(key) if isinstance(key, str) else ""
    claim = ItemClaimed(
        key=key, type="message", wire_id=name, status=status, parts=tuple(claims), annotations=tuple(remarks)
    )
    return [*notes, claim]


def call_start(call: JsonObject, key: Key) -> ItemStarted:
    """A call's first piece."""
    return ItemStarted(key=key, type=_type(call), name=_name(call), call_id=_text(call.get("id")))


def call_claim(call: JsonObject, key: Key, *, answered: bool = False) -> ItemClaimed:
    """A call's own snapshot; `answered`: it is history, and none that the client is to run."""
    kind = _text(call.get("type"))
    about = call.get(kind)
    arguments = ""
    if is_object(about):
        arguments = _text(about.get("arguments")) or _text(about.get("input"))
    return ItemClaimed(
        key=key,
        type=(kind or "function") if answered else _type(call),
        name=_name(call),
        call_id=_text(call.get("id")),
        parts=(PartClaim("arguments", arguments),) if arguments and not answered else (),
        details={} if kind == "function" and not answered else call,
    )


def _type(call: JsonObject) -> str:
    """A function is the client's to run; other tools keep the wire's word."""
    kind = _text(call.get("type")) or "function"
    return "function_call" if kind == "function" else kind


def _name(call: JsonObject) -> str:
    function = call.get("function")
    return _text(function.get("name")) if is_object(function) else ""


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
