"""What the item objects of the Responses API mean."""

from collections.abc import Iterator

from streamkit.events import Event, ItemStarted, MediaAdded
from streamkit.evidence import ItemClaimed, PartClaim, item_key
from streamkit.items import PartKind, Status, is_client_call
from streamkit.jsontypes import Json, JsonObject, is_array, is_object

__all__ = ["claim_item", "content_claim", "start_item"]

CONTENT_KINDS: dict[str, tuple[PartKind, str]] = {
    "output_text": ("text", "text"),
    "text": ("text", "text"),
    "input_text": ("text", "text"),
    "refusal": ("refusal", "refusal"),
    "reasoning_text": ("reasoning", "text"),
    "summary_text": ("summary", "text"),
}
"""Type of a content part → the kind of its characters, and the member that has them."""

PLAIN = ("message", "reasoning", "function_call", "custom_tool_call")


def text(value: Json) -> str:
    """A string member, or nothing where the wire has another type or none."""
    return value if isinstance(value, str) else ""


def start_item(item: JsonObject, index: int | None, sequence: int | None) -> ItemStarted:
    """The announcement of an item."""
    kind = text(item.get("type")) or "message"
    plain = kind in PLAIN
    return ItemStarted(
        sequence_number=sequence,
        key=item_key(index, text(item.get("id"))),
        item_id=text(item.get("id")),
        type=kind,
        name=text(item.get("name")),
        call_id=text(item.get("call_id")) if is_client_call(kind) else "",
        phase=text(item.get("phase")),
        position=index,
        details={} if plain else item,
    )


def content_claim(part: Json, index: int) -> PartClaim | None:
    """A content part's word, or None for one that has no characters."""
    if not is_object(part):
        return None
    kind, member = CONTENT_KINDS.get(text(part.get("type")), (None, ""))
    value = part.get(member) if kind else None
    return PartClaim(kind, value, index) if kind and isinstance(value, str) else None


def _parts(item: JsonObject, kind: str) -> Iterator[PartClaim]:
    for member in ("summary", "content"):
        parts = item.get(member)
        if isinstance(parts, str) and parts:
            yield PartClaim("summary" if member == "summary" else "text", parts)
        for index, part in enumerate(parts if is_array(parts) else ()):
            claim = content_claim(part, index)
            if claim is not None and kind == "reasoning" and claim.kind == "text":
                claim = PartClaim("reasoning" if member == "content" else "summary", claim.text, index)
            if claim is not None:
                yield claim
    if kind in ("function_call", "custom_tool_call"):
        member = "arguments" if kind == "function_call" else "input"
        if isinstance(item.get(member), str):
            yield PartClaim("arguments", item[member])


def _annotations(item: JsonObject) -> tuple[Json, ...]:
    content = item.get("content")
    parts = [part for part in content if is_object(part)] if is_array(content) else []
    return tuple(note for part in parts if is_array(part.get("annotations")) for note in part["annotations"])


def claim_item(item: JsonObject, index: int | None, sequence: int | None) -> tuple[Event, ...]:
    """An item's own snapshot: what it claims, and that it is over."""
    kind = text(item.get("type")) or "message"
    media: tuple[MediaAdded, ...] = ()
    details: JsonObject = {}
    if kind not in PLAIN:
        details = dict(item)
        if kind == "image_generation_call" and isinstance(item.get("result"), str) and item["result"]:
            details.pop("result")
            media_type = f"image/{text(item.get('output_format')) or 'png'}"
            media = (MediaAdded(media_type=media_type, data=item["result"]),)
    client_side = kind in PLAIN
    status: Status = "incomplete" if client_side and item.get("status") == "incomplete" else "completed"
    return (
        ItemClaimed(
            sequence_number=sequence,
            key=item_key(index, text(item.get("id"))),
            type=kind,
            wire_id=text(item.get("id")),
            name=text(item.get("name")),
            call_id=text(item.get("call_id")) if is_client_call(kind) else "",
            phase=text(item.get("phase")),
            status=status,
            position=index,
            parts=tuple(_parts(item, kind)) if client_side else (),
            signature=text(item.get("encrypted_content")) if client_side else "",
            annotations=_annotations(item),
            media=media,
            details=details,
        ),
    )
