"""Items of the Responses API with members of undocumented JSON types, put right and read like any other."""

from streamkit.dialects.json_text import json_text
from streamkit.dialects.values import blocks
from streamkit.events import MediaAdded, QuirkSeen
from streamkit.items import PartKind
from streamkit.jsontypes import Json, JsonObject, is_array, is_object
from streamkit.quirks.chat_calls import tool_args_object
from streamkit.quirks.registry import shown
from streamkit.quirks.reshaping import member_unreadable
from streamkit.quirks.responses import item_shape

__all__ = ["ARGUMENTS", "CONTENT_KINDS", "MendedItem", "mended_item", "mended_part"]

ARGUMENTS = {"function_call": "arguments", "custom_tool_call": "input"}
"""Types of calls, and the member that has what the tool is given."""

CONTENT_KINDS: dict[str, tuple[PartKind, str]] = {
    "output_text": ("text", "text"),
    "text": ("text", "text"),
    "input_text": ("text", "text"),
    "refusal": ("refusal", "refusal"),
    "reasoning_text": ("reasoning", "text"),
    "summary_text": ("summary", "text"),
}
"""Type of a content part → the kind of its characters, and the member that has them."""

SPEAKING = ("message", "reasoning")
"""Types of items with parts."""

BESIDE = frozenset({"type", "id", "index", "status", "annotations", "logprobs"})
"""Members of a part that are none of its content."""

MEDIA = {"output_image": "image", "image": "image", "output_audio": "audio", "audio": "audio"}
PLACES = ("image_url", "url", "data", "b64_json", "result", "audio")
"""Members of a picture or a sound that say where it is, or have it."""


class MendedItem:
    """An item with its members in documented types, and what had to be done for it."""

    __slots__ = ("item", "media", "quirks")

    def __init__(self, item: JsonObject) -> None:
        self.item = item
        self.quirks: list[QuirkSeen] = []
        self.media: list[MediaAdded] = []


def mended_item(item: JsonObject, kind: str) -> MendedItem:
    """The item, changed only where it is odd."""
    mended = MendedItem(item)
    member = ARGUMENTS.get(kind, "")
    given = item.get(member)
    if given is not None and not isinstance(given, str):
        mended.item = {**item, member: json_text(given)}
        mended.quirks.append(tool_args_object.seen(detail=mended.item[member]))
    if kind in SPEAKING:
        for member in ("summary", "content"):
            _mend_parts(mended, member, "output_text" if kind == "message" else "reasoning_text")
    return mended


def _mend_parts(mended: MendedItem, member: str, usual: str) -> None:
    parts = mended.item.get(member)
    if parts is None or isinstance(parts, str):
        return
    if not is_array(parts):
        mended.quirks.append(item_shape.seen(detail=f"{member}: {type(parts).__name__}"))
        parts = [parts]
    usual = "summary_text" if member == "summary" else usual
    fixed = [mended_part(part, usual, mended.quirks, mended.media) for part in parts]
    if any(new is not old for new, old in zip(fixed, parts, strict=True)) or parts is not mended.item[member]:
        mended.item = {**mended.item, member: fixed}


def mended_part(part: Json, usual: str, quirks: list[QuirkSeen], media: list[MediaAdded]) -> Json:
    """A content part in its documented form.

    Args:
        part: what stands in its place.
        usual: the type of a part that names none.
        quirks: takes what had to be done for it, and what cannot be read, with its payload.
        media: takes a picture or a sound.
    """
    if part is None:
        return part
    if isinstance(part, int | float):
        quirks.append(member_unreadable.seen(detail=f"part: {shown(part)}", data=part))
        return part
    if not is_object(part):
        quirks.append(item_shape.seen(detail=f"part: {type(part).__name__}"))
        return mended_part({"type": usual, "text": part}, usual, [], media)
    kind = part.get("type")
    if not isinstance(kind, str) or not kind:
        if not part.keys() - BESIDE:
            return part
        quirks.append(item_shape.seen(detail=f"part: type {shown(kind)}"))
        part = {**part, "type": "refusal" if "refusal" in part else usual}
        kind = part["type"]
    known = CONTENT_KINDS.get(kind)
    if known is None:
        return _foreign(part, kind, quirks, media)
    value = part.get(known[1])
    if isinstance(value, str):
        return part
    told = {name: each for name, each in part.items() if name not in BESIDE and each}
    if not told and value is None:
        return part
    words = "".join(blocks(value or told, "text", "value", "content", "refusal"))
    if not words and (is_object(value) or is_array(value) or value is None):
        if told:
            quirks.append(member_unreadable.seen(detail=f"{kind}: {shown(part)}", data=part))
        return part
    quirks.append(item_shape.seen(detail=f"{kind}: {type(value).__name__}"))
    return {**part, known[1]: words or json_text(value)}


def _foreign(part: JsonObject, kind: str, quirks: list[QuirkSeen], media: list[MediaAdded]) -> JsonObject:
    """A part of a type without characters of its own: a picture, a sound, or something unknown."""
    told = {name: value for name, value in part.items() if name not in BESIDE and value}
    where = next((part[name] for name in PLACES if part.get(name)), None)
    if is_object(where):
        where = next((where[name] for name in PLACES if where.get(name)), None)
    words = part.get("transcript")
    place = where if isinstance(where, str) else ""
    heard = words if isinstance(words, str) else ""
    if kind in MEDIA and (place or heard):
        away = "://" in place[:16] or place.startswith("data:")
        details = {name: value for name, value in told.items() if name not in (*PLACES, "transcript")}
        media.append(
            MediaAdded(
                media_type=MEDIA[kind],
                url=place if away else "",
                data="" if away else place,
                transcript=heard,
                details=details,
            )
        )
    elif told:
        quirks.append(member_unreadable.seen(detail=f"{kind}: {shown(part)}", data=part))
    return part
