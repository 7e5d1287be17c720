"""Tool names with leaked template tokens (D36), and the wrapper tool that holds several calls (D39)."""

import re
from collections.abc import Collection

from streamkit.jsontypes import Json, JsonObject, is_array, is_object
from streamkit.limits import Limits
from streamkit.quirks.registry import Quirk
from streamkit.quirks.tool_arguments import tool_name_cleaned, tool_name_suspect

__all__ = ["clean_name", "wrapped_calls"]

PREFIX = "functions."
COUNTER = re.compile(r":\d+$", re.ASCII)
TOKEN = re.compile(r"<[|｜]|[|｜]>")
WRAPPER = "multi_tool_use.parallel"


def clean_name(name: str, tools: Collection[str] | None) -> tuple[str, Quirk | None]:
    """The tool's name without template tokens, only where that is the name of an offered tool; and the quirk."""
    if tools is not None and name in tools:
        return name, None
    bare = COUNTER.sub("", TOKEN.split(name, maxsplit=1)[0].removeprefix(PREFIX))
    if bare == name:
        return name, None
    if tools is not None and bare in tools:
        return bare, tool_name_cleaned
    return name, tool_name_suspect


def wrapped_calls(
    name: str, arguments: JsonObject, tools: Collection[str] | None, limits: Limits
) -> list[tuple[str, JsonObject]]:
    """Name and arguments of the calls in a parallel wrapper; none where it is not one, or is not well formed."""
    if name != WRAPPER or (tools is not None and name in tools) or arguments.keys() != {"tool_uses"}:
        return []
    uses: Json = arguments["tool_uses"]
    if not is_array(uses) or len(uses) > limits.items:
        return []
    calls: list[tuple[str, JsonObject]] = []
    for use in uses:
        recipient: Json = use.get("recipient_name") if is_object(use) else None
        parameters: Json = use.get("parameters") if is_object(use) else None
        if not isinstance(recipient, str) or not is_object(parameters) or not recipient.removeprefix(PREFIX):
            return []
        calls.append((recipient.removeprefix(PREFIX), parameters))
    return calls
