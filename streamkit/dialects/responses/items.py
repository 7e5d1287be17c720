"""What the item objects of the Responses API mean."""

from collections.abc import Iterator

from streamkit.dialects.logprobs import entries
from streamkit.dialects.responses.odd_items import ARGUMENTS, CONTENT_KINDS, mended_item
from streamkit.events import Event, ItemStarted, MediaAdded
from streamkit.evidence import ItemClaimed, PartClaim, item_key
from streamkit.items import Status, is_client_call
from streamkit.jsontypes import Json, JsonObject, is_array, is_object

__all__ = ["AUDIO_DELTAS", "audio_piece", "claim_item", "content_claim", "item_kind", "start_item"]

OWN_MEMBERS: dict[str, frozenset[str]] = {
    "message": frozenset({"id", "type", "status", "role", "content", "phase"}),
    "reasoning": frozenset({"id", "type", "status", "summary", "content", "encrypted_content"}),
    "function_call": frozenset({"id", "type", "status", "name", "call_id", "arguments"}),
    "custom_tool_call": frozenset({"id", "type", "status", "name", "call_id", "input"}),
}
"""Types of items that have fields of their own here, and the members that go there; all others go to the details."""

STATUSES: dict[str, Status] = {"incomplete": "incomplete", "failed": "failed", "cancelled": "cancelled"}
"""How an item may have ended other than well; a snapshot that says `in_progress` is over all the same."""


X_SEARCH = "xs_call_"
"""How the call ids of xAI's X search begin."""

AUDIO_DELTAS = {"response.audio.delta": "data", "response.audio.transcript.delta": "transcript"}
"""Frames that bring sound, and what of it they bring."""


def text(value: Json) -> str:
    """A string member, or nothing where the wire has another type or none."""
    return value if isinstance(value, str) else ""


def item_kind(item: JsonObject) -> str:
    """The item's type; xAI's own X search, which looks like a custom tool's call, is one of the server's (D43)."""
    kind = text(item.get("type")) or "message"
    searched = kind == "custom_tool_call" and text(item.get("call_id")).startswith(X_SEARCH)
    return "x_search_call" if searched else kind


def start_item(item: JsonObject, index: int | None, sequence: int | None) -> ItemStarted:
    """The announcement of an item."""
    kind = item_kind(item)
    return ItemStarted(
        sequence_number=sequence,
        key=item_key(index, text(item.get("id"))),
        item_id=text(item.get("id")),
        type=kind,
        name=text(item.get("name")),
        call_id=text(item.get("call_id")) if is_client_call(kind) else "",
        phase=text(item.get("phase")),
        position=index,
        details=_details(item, kind),
    )


def _details(item: JsonObject, kind: str) -> JsonObject:
    """What an item says beyond its own fields: all of a server-side item; of a call what goes back with it (D40)."""
    own = OWN_MEMBERS.get(kind)
    if own is None:
        return item
    if own.issuperset(item):  # as nearly always
        return {}
    rest = {member: value for member, value in item.items() if member not in own and value is not None}
    return {"extra": rest} if rest and is_client_call(kind) else rest


def audio_piece(payload: JsonObject, member: str, sequence: int | None) -> MediaAdded:
    """A piece of sound or of its transcript; documented without a name of the item that it belongs to."""
    index, name = payload.get("output_index"), text(payload.get("item_id"))
    named = bool(name) or isinstance(index, int)
    return MediaAdded(
        sequence_number=sequence,
        key=item_key(index if isinstance(index, int) else None, name) if named else None,
        media_type="audio",
        data=text(payload.get("delta")) if member == "data" else "",
        transcript=text(payload.get("delta")) if member == "transcript" else "",
    )


def content_claim(part: Json, index: int) -> PartClaim | None:
    """A content part's word, or None for one that has no characters."""
    if not is_object(part):
        return None
    kind, member = CONTENT_KINDS.get(text(part.get("type")), (None, ""))
    value = part.get(member) if kind else None
    return PartClaim(kind, value, index, entries(part.get("logprobs"))) if kind and isinstance(value, str) else None


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
    member = ARGUMENTS.get(kind, "")
    if isinstance(item.get(member), str):
        yield PartClaim("arguments", item[member])


def _annotations(item: JsonObject) -> tuple[Json, ...]:
    content = item.get("content")
    parts = [part for part in content if is_object(part)] if is_array(content) else []
    return tuple(note for part in parts if is_array(part.get("annotations")) for note in part["annotations"])


def claim_item(item: JsonObject, index: int | None, sequence: int | None, *, heard: bool = False) -> tuple[Event, ...]:
    """An item's own snapshot: what it claims, and that it is over; `heard`: its sound came in pieces already."""
    kind = item_kind(item)
    mended = mended_item(item, kind)
    item = mended.item
    media = tuple(each for each in mended.media if not (heard and each.media_type == "audio"))
    details = _details(item, kind)
    client_side = kind in OWN_MEMBERS
    if not client_side:
        details = dict(item)
        if kind == "image_generation_call" and isinstance(item.get("result"), str) and item["result"]:
            details.pop("result")
            media_type = f"image/{text(item.get('output_format')) or 'png'}"
            media = (MediaAdded(media_type=media_type, data=item["result"]),)
    return (
        *mended.quirks,
        ItemClaimed(
            sequence_number=sequence,
            key=item_key(index, text(item.get("id"))),
            type=kind,
            wire_id=text(item.get("id")),
            name=text(item.get("name")),
            call_id=text(item.get("call_id")) if is_client_call(kind) else "",
            phase=text(item.get("phase")),
            status=STATUSES.get(text(item.get("status")), "completed"),
            position=index,
            parts=tuple(_parts(item, kind)) if client_side else (),
            signature=text(item.get("encrypted_content")) if client_side else "",
            annotations=_annotations(item),
            media=media,
            details=details,
        ),
    )
