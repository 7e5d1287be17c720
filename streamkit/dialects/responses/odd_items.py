"""Items of the Responses API with members of undocumented JSON types, put right and read like any other."""

from streamkit.dialects.json_text import json_text
from streamkit.events import QuirkSeen
from streamkit.jsontypes import JsonObject
from streamkit.quirks.chat_calls import tool_args_object

__all__ = ["ARGUMENTS", "mended_item"]

ARGUMENTS = {"function_call": "arguments", "custom_tool_call": "input"}
"""Types of calls, and the member that has what the tool is given."""


def mended_item(item: JsonObject, kind: str) -> tuple[JsonObject, list[QuirkSeen]]:
    """The item with its members in documented types, and what had to be done for it."""
    quirks: list[QuirkSeen] = []
    member = ARGUMENTS.get(kind, "")
    given = item.get(member)
    if given is not None and not isinstance(given, str):
        item = {**item, member: json_text(given)}
        quirks.append(tool_args_object.seen(detail=item[member]))
    return item, quirks
