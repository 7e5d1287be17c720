"""Deviations of the Messages dialect, and of dialects with blocks like its own (groups A, B, F)."""

from collections.abc import Iterator

import msgspec

from streamkit.jsontypes import Json, JsonObject, is_object
from streamkit.quirks.registry import quirk
from streamkit.quirks.tape import Edit, Tape, TapeFrame

__all__ = [
    "block_index_missing",
    "block_kind",
    "implicit_block",
    "missing_message_start",
    "piece_shape",
    "piece_type_missing",
    "start_input_replaced",
    "start_text_repeated",
    "undocumented_frame",
    "whole_message_body",
    "whole_message_frame",
]


def _typed(frame: TapeFrame, kind: str) -> JsonObject | None:
    """The frame's payload if it is of this type."""
    payload = frame.json
    return payload if is_object(payload) and payload.get("type") == kind else None


def _starts(tape: Tape, *kinds: str) -> Iterator[tuple[TapeFrame, JsonObject]]:
    """The starts of blocks of these types."""
    for frame in tape.frames:
        payload = _typed(frame, "content_block_start")
        if payload is not None and payload["content_block"].get("type") in kinds:
            yield frame, payload


def _deltas(tape: Tape, kind: str, after: int = 0) -> Iterator[tuple[TapeFrame, JsonObject]]:
    """The deltas of this kind from one frame on."""
    for frame in tape.frames[after:]:
        payload = _typed(frame, "content_block_delta")
        if payload is not None and payload["delta"].get("type") == kind:
            yield frame, payload


@quirk(
    "anthropic",
    effect="lossy",
    fields=("id", "model", "usage"),
    catalogue=("B18", "B27"),
    sources=["bridges from other dialects", "Bedrock", "MiniMax"],
)
def missing_message_start(tape: Tape) -> Iterator[Edit]:
    """The stream has no `message_start` before its first content or its stop; what it would have said is unknown."""
    for frame in tape.frames:
        if _typed(frame, "message_start") is not None:
            yield tape.delete(frame)


@quirk("anthropic", effect="repaired", catalogue="B19", sources=["bridges"])
def implicit_block(tape: Tape) -> Iterator[Edit]:
    """A block's delta or stop comes without a start; the block is what its delta is."""
    for frame, payload in _starts(tape, "text", "thinking"):
        block = payload["content_block"]
        own = [f for f in tape.frames if is_object(f.json) and f.json.get("index") == payload["index"]]
        kind = f"{block['type']}_delta"
        first = own[own.index(frame) + 1] if own[-1] is not frame else None
        delta = first.json.get("delta") if first is not None else None
        if not block.get(block["type"]) and is_object(delta) and delta.get("type") == kind and delta.get(block["type"]):
            yield tape.delete(frame)


@quirk("anthropic", effect="harmless", catalogue="B22", sources=["MiniMax"])
def whole_message_frame(tape: Tape) -> Iterator[Edit]:
    """A frame holds the whole message; its content counts only where nothing was streamed."""
    for frame in tape.frames:
        if _typed(frame, "message_delta") is not None and any(_deltas(tape, "text_delta")):
            content = [{"type": "text", "text": "the same again"}]
            whole = {"type": "message", "role": "assistant", "content": content, "stop_reason": None}
            yield tape.insert(frame, whole)


@quirk("anthropic", effect="repaired", catalogue="A17", sources=["gateways with a cache", "Bedrock"])
def whole_message_body(tape: Tape) -> Iterator[Edit]:
    """The answer is one JSON document instead of a stream; it becomes the same response."""
    blocks: list[JsonObject] = []
    message: JsonObject = {}
    for frame in tape.frames:
        payload = frame.json
        match payload.get("type") if is_object(payload) else None:
            case "message_start":
                message = payload["message"]
            case "content_block_start" if payload["content_block"].get("type") == "text":
                blocks.append({"type": "text", "text": ""})
            case "content_block_delta" if payload["delta"].get("type") == "text_delta" and blocks:
                blocks[-1]["text"] += payload["delta"]["text"]
            case "message_delta":
                usage: JsonObject = {**(message.get("usage") or {}), **(payload.get("usage") or {})}
                message |= {**payload["delta"], "usage": usage, "content": blocks}
            case "content_block_stop" | "message_stop" | "ping":
                pass
            case _:  # more than text: other shapes would have to be rebuilt
                return
    if message and blocks:
        yield Edit(0, len(tape.data), msgspec.json.encode(message))


@quirk("anthropic", effect="repaired", catalogue="B23", sources=["MiniMax"])
def start_text_repeated(tape: Tape) -> Iterator[Edit]:
    """A block's start carries text that its first delta repeats; it is taken once."""
    for frame, payload in _starts(tape, "text", "thinking"):
        block = payload["content_block"]
        kind: str = block["type"]
        behind = (f.json for f in tape.frames[frame.index + 1 :] if is_object(f.json))
        nothing: JsonObject = {}
        own = next((p for p in behind if p.get("index") == payload["index"]), nothing)
        first = own["delta"].get(kind) if is_object(own.get("delta")) else ""
        if first and not block.get(kind):
            block[kind] = first
            yield tape.replace(frame, payload)


@quirk("anthropic", effect="guessed", catalogue="B25", fields=("items",), sources=["bridges"])
def start_input_replaced(tape: Tape) -> Iterator[Edit]:
    """A tool's input stands in the block's start and comes in deltas too; the deltas stand."""
    for frame, payload in _starts(tape, "tool_use", "server_tool_use"):
        pieces = (p for _, p in _deltas(tape, "input_json_delta", frame.index) if p["index"] == payload["index"])
        arguments = "".join(p["delta"]["partial_json"] for p in pieces)
        if arguments:
            payload["content_block"]["input"] = msgspec.json.decode(arguments)
            yield tape.replace(frame, payload)


@quirk(
    "anthropic",
    effect="guessed",
    catalogue="F26",
    fields=("text", "reasoning", "items"),
    sources=["bridges"],
    known_in=(),
)
def block_kind(tape: Tape) -> Iterator[Edit]:
    """A delta is of another kind than its block; it goes to an item of its own kind, the block's text stays clean."""
    for frame, payload in _deltas(tape, "text_delta"):
        payload["delta"] = {"type": "thinking_delta", "thinking": payload["delta"]["text"]}
        yield tape.replace(frame, payload)


@quirk("anthropic", effect="repaired", catalogue="A27", sources=["bridges"], known_in=())
def piece_type_missing(tape: Tape) -> Iterator[Edit]:
    """A delta or a block has no `type`; its members say what it is."""
    for kind in ("text_delta", "thinking_delta", "input_json_delta"):
        for frame, payload in _deltas(tape, kind):
            del payload["delta"]["type"]
            yield tape.replace(frame, payload)


@quirk("anthropic", effect="repaired", catalogue=("D17", "F10", "F19"), sources=["bridges"], known_in=())
def piece_shape(tape: Tape) -> Iterator[Edit]:
    """A member of a frame has another JSON type than documented; it is read all the same."""

    def change(payload: Json) -> Json | None:
        if not is_object(payload) or not isinstance(payload.get("index"), int):
            return None
        return {**payload, "index": str(payload["index"])}

    yield from tape.rewrite(change)


@quirk(
    "anthropic",
    "bedrock",
    "cohere",
    "gemini-interactions",
    effect="repaired",
    catalogue=("B11", "B21"),
    sources=["bridges"],
    known_in=(),
)
def block_index_missing(tape: Tape) -> Iterator[Edit]:
    """A block frame has no `index`: a start means a new block, anything else the block started last."""
    if tape.dialect == "bedrock":
        yield from _without_block_index(tape)
        return
    last: Json = None
    for frame in tape.frames:
        payload = frame.json
        kind = payload.get("type") or payload.get("event_type") if is_object(payload) else None
        if not is_object(payload) or "index" not in payload or str(kind).startswith("citation-"):
            continue
        if kind in ("content_block_start", "content-start", "tool-call-start", "step.start", "content.start"):
            last = payload["index"]
        elif payload["index"] == last:
            del payload["index"]
            yield tape.replace(frame, payload)


def _without_block_index(tape: Tape) -> Iterator[Edit]:
    """The same in ConverseStream, where a block of text has no start: behind a stop, the next block is meant."""
    at: Json = 0
    for frame in tape.frames:
        payload = frame.json
        if not is_object(payload) or not isinstance(index := payload.pop("contentBlockIndex", None), int):
            continue
        if index == at:
            yield tape.replace(frame, payload)
        if frame.event != "contentBlockDelta":
            at = index + (frame.event == "contentBlockStop")


@quirk("anthropic", effect="harmless", catalogue=("B03", "F20"), sources=["relays"])
def undocumented_frame(tape: Tape) -> Iterator[Edit]:
    """A frame or a delta of a type that is not known here; it is passed on as it came."""
    for frame in tape.frames[1:]:
        yield tape.insert(frame, {"type": "relay_status", "queue": 1}, "relay_status")
