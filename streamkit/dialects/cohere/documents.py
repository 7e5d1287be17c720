"""A Cohere v2 answer that came as one JSON document, told as the frames of a stream (A17)."""

from collections.abc import Iterator

from streamkit.jsontypes import Json, JsonObject, is_array, is_object

__all__ = ["frames_of", "is_document"]


def is_document(payload: JsonObject) -> bool:
    """Whether this is what v2 answers without a stream: the message beside why it is over."""
    return is_object(payload.get("message")) and "finish_reason" in payload and "type" not in payload


def frames_of(document: JsonObject) -> Iterator[JsonObject]:
    """The frames that a stream would have had."""
    message: JsonObject = document["message"]
    yield {"type": "message-start", "id": document.get("id"), "delta": {"message": {"role": message.get("role")}}}
    if plan := message.get("tool_plan"):
        yield _frame("tool-plan-delta", {"tool_plan": plan})
    content = message.get("content")
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else _objects(content)
    for index, part in enumerate(parts):
        yield _frame("content-start", {"content": part}, index)
        yield {"type": "content-end", "index": index}
    for index, call in enumerate(_objects(message.get("tool_calls"))):
        yield _frame("tool-call-start", {"tool_calls": call}, index)
        yield {"type": "tool-call-end", "index": index}
    for index, citation in enumerate(_objects(message.get("citations"))):
        yield _frame("citation-start", {"citations": citation}, index)
    told = {name: document.get(name) for name in ("finish_reason", "usage")}
    yield {"type": "message-end", "id": document.get("id"), "delta": told}


def _frame(kind: str, message: JsonObject, index: int | None = None) -> JsonObject:
    placed = {} if index is None else {"index": index}
    return {"type": kind, **placed, "delta": {"message": message}}


def _objects(value: Json) -> list[JsonObject]:
    return [each for each in value if is_object(each)] if is_array(value) else []
