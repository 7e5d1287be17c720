"""Call fragments: typed calls to evidence, and odd ones made readable first (D07, D10, D13, D17, D30, D31, D40, D44).

Which call a fragment belongs to is not decided here; empty members are absent, and a fragment without any is none.
"""

from collections.abc import Callable, Sequence

from streamkit.dialects.chat.wire import Call, Custom, Function, LeanCall
from streamkit.dialects.json_text import json_text
from streamkit.dialects.values import digest, whole_number
from streamkit.events import Event, QuirkSeen
from streamkit.evidence import CallFragment
from streamkit.jsontypes import Json, JsonObject, is_object
from streamkit.quirks.chat_calls import tool_args_object, tool_field_type, tool_shape, tool_type_unknown

__all__ = ["block_call", "fragments", "mend_call"]

Note = Callable[[QuirkSeen], None]

KNOWN_TYPES = frozenset({"", "function", "custom"})
MEMBERS = frozenset({"index", "id", "type", "function", "custom", "extra_content"})
FLAT_MEMBERS = frozenset({"name", "arguments", "parameters", "input"})


def fragments(calls: Sequence[Call | LeanCall], choice: int) -> list[Event]:
    """The fragments of one chunk, in order."""
    out: list[Event] = []
    for slot, call in enumerate(calls):
        function = call.function
        extra = call.extra
        if call.extra_content:
            extra = {"extra_content": call.extra_content, **(extra or {})}
        if call.type is not None and call.type not in KNOWN_TYPES:
            out.append(tool_type_unknown.seen(detail=call.type))
        if function is None:
            custom = call.custom
            if custom is None:
                name, text = "", ""
            else:
                name, text = custom.name or "", custom.input or ""
        else:
            custom = None
            name, text = function.name or "", function.arguments or ""
        if not (name or text or call.id or extra):
            continue
        out.append(
            CallFragment(
                choice=choice,
                index=call.index,
                slot=slot,
                call_id=call.id or "",
                name=name,
                arguments=text,
                custom=custom is not None,
                whole=call.whole,
                extra=extra,
            )
        )
    return out


def mend_call(payload: JsonObject, note: Note, *, position: int | None = None, whole: bool = False) -> Call:
    """A call of any shape; `position` is its index where it has none, `whole` says that its arguments are complete."""
    function, custom = payload.get("function"), payload.get("custom")
    extra = {name: value for name, value in payload.items() if name not in MEMBERS and value is not None}
    if function is None and custom is None and FLAT_MEMBERS & extra.keys():
        function = {name: extra.pop(name) for name in list(extra) if name in FLAT_MEMBERS}
        function.setdefault("arguments", function.pop("parameters", function.pop("input", None)))
        note(tool_shape.seen(detail=digest(function)))
    kind = payload.get("type")
    call_id = _string(payload.get("id"), "id", note)
    arguments: str | None = None
    if is_object(custom):
        read = Custom(_string(custom.get("name"), "name", note), _string(custom.get("input"), "input", note))
        extra.update(_unknown("custom", custom, {"name", "input"}))
        return Call(
            index=_index(payload, position, note),
            id=call_id,
            type="custom",
            custom=read,
            extra=extra or None,
            whole=whole,
        )
    name: str | None = None
    if is_object(function):
        name = _string(function.get("name"), "name", note)
        given = function.get("arguments")
        if given is None or isinstance(given, str):
            arguments = given
        else:
            arguments, whole = json_text(given), True
            note(tool_args_object.seen(detail=arguments))
        extra.update(_unknown("function", function, {"name", "arguments"}))
    elif function is not None:
        extra["function"] = function
    extra_content = payload.get("extra_content")
    if extra_content is not None and not is_object(extra_content):
        extra["extra_content"], extra_content = extra_content, None
    return Call(
        index=_index(payload, position, note),
        id=call_id,
        type=kind if isinstance(kind, str) else None,
        function=Function(name=name, arguments=arguments),
        extra_content=extra_content,
        whole=whole,
        extra=extra or None,
    )


def _unknown(name: str, payload: JsonObject, known: set[str]) -> JsonObject:
    """Members of a call's inner object that no document names, kept under the object's name (D40)."""
    odd = {member: value for member, value in payload.items() if member not in known and value is not None}
    return {name: odd} if odd else {}


def _index(payload: JsonObject, position: int | None, note: Note) -> int | None:
    value = payload.get("index")
    if value is None:
        return position
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    note(tool_field_type.seen(detail=f"index: {digest(value)}"))
    number = whole_number(value)
    return position if number is None else number


def _string(value: Json, name: str, note: Note) -> str | None:
    if value is None or isinstance(value, str):
        return value
    note(tool_field_type.seen(detail=f"{name}: {digest(value)}"))
    return json_text(value)


def block_call(block: JsonObject) -> Call | None:
    """A call's start or a piece of its input in `content_list`; only a start has an id and a name."""
    name, call_id, text = block.get("name"), block.get("tool_use_id") or block.get("id"), block.get("input")
    if not isinstance(name, str) and not isinstance(text, (str, dict)):
        return None
    whole = is_object(text)
    arguments = json_text(text) if whole else text if isinstance(text, str) else None
    return Call(
        id=call_id if isinstance(call_id, str) else None,
        function=Function(name=name if isinstance(name, str) else None, arguments=arguments),
        whole=whole,
        index=None,
    )
