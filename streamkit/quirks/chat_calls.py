"""Deviations in how a chat frame writes a call; which call a piece belongs to is judged elsewhere (group D)."""

from collections.abc import Iterator

import msgspec

from streamkit.jsontypes import Json, JsonObject, is_array, is_object
from streamkit.quirks.chat import choice_of
from streamkit.quirks.registry import quirk
from streamkit.quirks.tape import Edit, Tape, TapeFrame

__all__ = ["legacy_function_call", "tool_args_object", "tool_field_type", "tool_shape", "tool_type_unknown"]


def call_frames(tape: Tape) -> Iterator[tuple[TapeFrame, JsonObject, JsonObject]]:
    """Frames with exactly one call fragment: the frame, a fresh payload, the call."""
    for frame in tape.frames:
        payload = frame.json
        choice = choice_of(payload)
        calls = choice["delta"].get("tool_calls") if choice is not None else None
        if is_array(calls) and len(calls) == 1 and is_object(calls[0]):
            yield frame, payload, calls[0]


@quirk("chat", "responses", effect="repaired", catalogue="D17", sources=["llama.cpp", "LiteLLM"])
def tool_args_object(tape: Tape) -> Iterator[Edit]:
    """Arguments came as an object instead of its text; they are written out compactly, key order kept."""
    if tape.dialect == "responses":
        yield from _items_with_objects(tape)
        return
    for frame, payload, call in call_frames(tape):
        function = call.get("function")
        if not is_object(function) or not isinstance(function.get("arguments"), str) or not function.get("name"):
            continue
        try:
            arguments = msgspec.json.decode(function["arguments"])
        except msgspec.DecodeError:
            continue
        if is_object(arguments) and msgspec.json.encode(arguments).decode() == function["arguments"]:
            function["arguments"] = arguments
            yield tape.replace(frame, payload)


def _items_with_objects(tape: Tape) -> Iterator[Edit]:
    """The snapshots of calls with their arguments as an object."""

    def change(payload: Json) -> Json | None:
        item = (
            payload.get("item") if is_object(payload) and payload.get("type") == "response.output_item.done" else None
        )
        text = item.get("arguments") if is_object(item) else None
        if not is_object(item) or item.get("type") != "function_call" or not isinstance(text, str):
            return None
        try:
            arguments = msgspec.json.decode(text)
        except msgspec.DecodeError:
            return None
        if not is_object(arguments) or msgspec.json.encode(arguments).decode() != text:
            return None
        item["arguments"] = arguments
        return payload

    yield from tape.rewrite(change)


@quirk("chat", effect="repaired", catalogue="D10", sources=["Poolside", "relays"])
def tool_field_type(tape: Tape) -> Iterator[Edit]:
    """A call's index is a string, or its id or name a number; they are read as what they should be."""
    for frame, payload, call in call_frames(tape):
        if isinstance(call.get("index"), int):
            call["index"] = str(call["index"])
            yield tape.replace(frame, payload)


@quirk("chat", effect="harmless", catalogue="D44", sources=["Gemini through its compatible endpoint", "Mistral"])
def tool_type_unknown(tape: Tape) -> Iterator[Edit]:
    """A call has a `type` that is not known; what it holds decides."""
    for frame, payload, call in call_frames(tape):
        if call.get("type") == "function":
            call["type"] = "tool"
            yield tape.replace(frame, payload)


@quirk("chat", effect="repaired", catalogue=("D10", "F10"), sources=["Cloudflare Workers AI"], known_in=())
def tool_shape(tape: Tape) -> Iterator[Edit]:
    """A call's name and arguments stand in the call itself, or the calls are one object instead of a list."""
    for frame, payload, call in call_frames(tape):
        function = call.get("function")
        if is_object(function) and set(function) <= {"name", "arguments"} and "function" in call:
            call.update(call.pop("function"))
            yield tape.replace(frame, payload)


@quirk(
    "chat",
    effect="guessed",
    catalogue="D30",
    fields=("tool_calls", "items"),
    sources=["servers from before tool calls"],
)
def legacy_function_call(tape: Tape) -> Iterator[Edit]:
    """A call comes as `function_call` instead of `tool_calls`; it has no id."""
    frames = list(call_frames(tape))
    if not frames or any(call.get("index") for _, _, call in frames):
        return
    changed: list[bytes] = []
    for frame, payload, call in frames:
        payload["choices"][0]["delta"] = {"function_call": call.get("function")}
        changed.append(tape.encode(payload, frame.event))
    first, last = frames[0][0], frames[-1][0]
    if last.index - first.index + 1 == len(frames):
        yield Edit(first.start, last.end, b"".join(changed))
