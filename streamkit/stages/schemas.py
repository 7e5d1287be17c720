"""Verdicts on calls in the light of their tools' schemas, where the caller gives them (D21, D22, D51)."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from streamkit.events import Event, QuirkSeen, ToolCallDropped, ToolCallReady
from streamkit.items import ToolCall
from streamkit.jsontypes import Json, JsonObject, is_array, is_object
from streamkit.limits import DEFAULT_LIMITS
from streamkit.quirks.options import tool_args_missing_required, tool_args_nested_string, tool_args_prefixed
from streamkit.quirks.tool_arguments import tool_call_dropped
from streamkit.stages.argument_scan import deeper_than

__all__ = ["ToolSchemas"]

LOST = '{"'
"""The first bytes of an object's text, which a server has swallowed (D21)."""


class ToolSchemas:
    """Judges calls once more: one of the user's stages, for a caller who knows the schemas.

    - A call that lacks required arguments must not be run (D22).
    - A string that holds JSON is decoded where the schema wants an array or an object, and only there (D51).
    - Arguments whose first two bytes were lost are taken with them, if the whole then fits the schema (D21).

    Args:
        schemas: JSON Schema of the arguments by tool name.
    """

    handles: tuple[type[Event], ...] = (QuirkSeen, ToolCallReady, ToolCallDropped)

    def __init__(self, schemas: Mapping[str, JsonObject]) -> None:
        self._schemas = schemas
        self._noted: list[Event] = []
        """That a call must not be run, while the verdict itself, which comes next, may still become another."""

    def feed(self, event: QuirkSeen | ToolCallReady | ToolCallDropped) -> Iterable[Event]:
        """The verdict, or another one."""
        noted, self._noted = self._noted, []
        if isinstance(event, QuirkSeen):
            if event.quirk != tool_call_dropped.id:
                return (*noted, event)
            self._noted.append(event)
            return noted
        judged = self._judged(event)
        return judged if any(isinstance(each, ToolCallReady) for each in judged) else (*noted, *judged)

    def _judged(self, event: ToolCallReady | ToolCallDropped) -> Sequence[Event]:
        call = event.call
        schema = self._schemas.get(call.name)
        if schema is None or call.kind != "function":
            return (event,)
        if isinstance(event, ToolCallDropped):
            return self._recovered(event, call, schema)
        missing = [name for name in schema.get("required") or () if name not in call.input]
        if missing:
            reason = "missing-required: " + ", ".join(missing)
            dropped = replace(call, state="invalid", reason=reason)
            quirk = tool_args_missing_required.seen(item_id=call.item_id, detail=f"{call.name}: {reason}")
            return (quirk, ToolCallDropped(item_id=event.item_id, choice=event.choice, call=dropped))
        decoded = _decoded(call.input, schema)
        if decoded == call.input:
            return (event,)
        names = [name for name, value in decoded.items() if value != call.input[name]]
        quirk = tool_args_nested_string.seen(item_id=call.item_id, detail=f"{call.name}: {', '.join(names)}")
        return (quirk, replace(event, call=replace(call, input=decoded, state="repaired", reason="nested-string")))

    def close(self) -> Iterable[Event]:
        """What was noted of a verdict that never came."""
        noted, self._noted = self._noted, []
        return noted

    def _recovered(self, event: ToolCallDropped, call: ToolCall, schema: JsonObject) -> Sequence[Event]:
        if call.state != "invalid" or call.arguments.lstrip().startswith("{"):
            return (event,)
        value = _parsed(LOST + call.arguments)
        properties = schema.get("properties")
        if not is_object(value) or not is_object(properties) or not value.keys() <= properties.keys():
            return (event,)
        if any(name not in value for name in schema.get("required") or ()):
            return (event,)
        whole = replace(call, input=value, state="repaired", reason="prefixed")
        quirk = tool_args_prefixed.seen(item_id=call.item_id, detail=f"{call.name}: {call.arguments}")
        return (quirk, ToolCallReady(item_id=event.item_id, choice=event.choice, call=whole))


def _decoded(value: JsonObject, schema: JsonObject) -> JsonObject:
    properties = schema.get("properties")
    if not is_object(properties):
        return value
    return {name: _fitting(inner, properties.get(name)) for name, inner in value.items()}


def _fitting(value: Json, schema: Json) -> Json:
    """What a string holds, if the schema has no place for a string and one for what is in it."""
    wanted = schema.get("type") if is_object(schema) else None
    kinds = wanted if is_array(wanted) else [wanted]
    if not isinstance(value, str) or "string" in kinds:
        return value
    inner = _parsed(value)
    fits = (is_array(inner) and "array" in kinds) or (is_object(inner) and "object" in kinds)
    return inner if fits else value


def _parsed(text: str) -> Json:
    if deeper_than(text, DEFAULT_LIMITS.depth):
        return None
    try:
        return msgspec.json.decode(text.encode())
    except (ValueError, RecursionError):
        return None
