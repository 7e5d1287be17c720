"""A Converse answer that came as one JSON document, told as the events of a stream (A17)."""

from collections.abc import Iterator

from streamkit.dialects.json_text import json_text
from streamkit.jsontypes import Json, JsonObject, is_array, is_object

__all__ = ["events_of", "is_document"]

Told = tuple[str, JsonObject]
"""Name and payload of one event."""


def is_document(payload: JsonObject) -> bool:
    """Whether this is what Converse answers without a stream: the message stands under `output`."""
    output = payload.get("output")
    return is_object(output) and is_object(output.get("message"))


def events_of(document: JsonObject) -> Iterator[Told]:
    """The events that a stream would have had."""
    message: JsonObject = document["output"]["message"]
    yield "messageStart", {"role": message.get("role")}
    content = message.get("content")
    blocks = [block for block in content if is_object(block)] if is_array(content) else []
    for index, block in enumerate(blocks):
        for member, value in block.items():
            for name, payload in _block(member, value):
                yield name, {"contentBlockIndex": index, **payload}
        yield "contentBlockStop", {"contentBlockIndex": index}
    fields = document.get("additionalModelResponseFields")
    yield "messageStop", {"stopReason": document.get("stopReason"), "additionalModelResponseFields": fields}
    yield "metadata", {name: document[name] for name in ("usage", "metrics", "trace") if is_object(document.get(name))}


def _block(member: str, value: Json) -> Iterator[Told]:
    if member == "toolUse" and is_object(value):
        given = value.get("input")
        text = given if isinstance(given, str) else "" if given is None else json_text(given)
        yield "contentBlockStart", {"start": {"toolUse": value}}
        yield _piece({"toolUse": {"input": text}})
    elif member == "reasoningContent" and is_object(value):
        thought = value.get("reasoningText")
        said: JsonObject = thought if is_object(thought) else {}
        pieces = {"text": said.get("text"), "signature": said.get("signature")}
        for name, piece in {**pieces, "redactedContent": value.get("redactedContent")}.items():
            if piece:
                yield _piece({"reasoningContent": {name: piece}})
    elif member == "citationsContent" and is_object(value):
        for each in _objects(value.get("content")):
            yield _piece({"text": each.get("text")})
        for each in _objects(value.get("citations")):
            yield _piece({"citation": each})
    else:
        yield _piece({member: value})


def _piece(delta: JsonObject) -> Told:
    return "contentBlockDelta", {"delta": delta}


def _objects(value: Json) -> list[JsonObject]:
    return [each for each in value if is_object(each)] if is_array(value) else []
