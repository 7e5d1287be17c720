"""What a reader made of a stream, compared with what it must come to, in the words of a fixture's `expected`."""

from streamkit.items import ToolCall
from streamkit.jsontypes import Json, JsonObject, is_array, is_object
from streamkit.response import Response

__all__ = ["differences", "told"]


def told(response: Response, expected: JsonObject) -> JsonObject:
    """The response in the words of `expected`, cut down to the members that it promises."""
    return {member: _member(response, member, promised) for member, promised in expected.items()}


def differences(response: Response, expected: JsonObject) -> dict[str, tuple[Json, Json]]:
    """Members that are not as promised: what was promised, and what was told; empty where all is right."""
    found = told(response, expected)
    return {member: (promised, found[member]) for member, promised in expected.items() if found[member] != promised}


def _member(response: Response, member: str, promised: Json) -> Json:
    match member:
        case "items":
            return [item.type for item in response.items]
        case "logprobs":
            return [entry for item in response.items for entry in item.logprobs]
        case "tool_calls" | "dropped_calls":
            calls: tuple[ToolCall, ...] = getattr(response, member)
            models = promised if is_array(promised) else []
            return [
                _shown(call, models[number] if number < len(models) else {"name": "", "arguments": ""})
                for number, call in enumerate(calls)
            ]
        case "usage":
            if response.usage is None or not is_object(promised):
                return response.usage
            return {count: getattr(response.usage, count) for count in promised}
        case "error":
            return _members(response.errors[0], promised) if response.errors else None
        case "choices":
            models = promised if is_array(promised) else []
            return [_members(choice, model) for choice, model in zip(response.choices, models, strict=False)]
        case _:
            return getattr(response, member)


def _members(value: object, names: Json) -> Json:
    return {name: getattr(value, name) for name in names} if is_object(names) else value


def _shown(call: ToolCall, model: JsonObject) -> JsonObject:
    shown: JsonObject = {name: getattr(call, name) for name in model}
    if is_object(model.get("arguments")):
        shown["arguments"] = call.input
    return shown
