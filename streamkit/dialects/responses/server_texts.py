"""Texts of tools that the server runs, piece by piece: code, commands and what they print, patches (D43).

Their item's own snapshot has them whole. The pieces matter where that never comes.
"""

from collections.abc import Iterator

from streamkit.dialects.responses.items import text
from streamkit.events import Event
from streamkit.evidence import DetailGrown, item_key
from streamkit.jsontypes import Json, JsonObject, is_array, is_object

__all__ = ["SERVER_TEXTS", "server_text"]

SERVER_TEXTS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "response.code_interpreter_call_code.delta": ("code_interpreter_call", ("code",), "delta"),
    "response.code_interpreter_call_code.done": ("code_interpreter_call", ("code",), "code"),
    "response.apply_patch_call_operation_diff.delta": ("apply_patch_call", ("operation", "diff"), "delta"),
    "response.apply_patch_call_operation_diff.done": ("apply_patch_call", ("operation", "diff"), "diff"),
    "response.shell_call_command.added": ("shell_call", ("action", "commands"), "command"),
    "response.shell_call_command.delta": ("shell_call", ("action", "commands"), "delta"),
    "response.shell_call_command.done": ("shell_call", ("action", "commands"), "command"),
    "response.shell_call_output_content.delta": ("shell_call_output", ("output",), "delta"),
    "response.shell_call_output_content.done": ("shell_call_output", ("output",), "output"),
}
"""Type of a frame → type of its item, where in that item the text stands, and the frame's member that has it."""

LISTED = ("shell_call", "shell_call_output")
"""Types of items with a text, or two, for each command."""


def server_text(payload: JsonObject, name: str, number: int | None) -> Iterator[Event]:
    """What a frame adds to its item's details, or says that they are."""
    item_type, path, member = SERVER_TEXTS[name]
    index, command = payload.get("output_index"), payload.get("command_index")
    key = item_key(index if isinstance(index, int) else None, text(payload.get("item_id")))
    place = (command if isinstance(command, int) else 0,) if item_type in LISTED else ()
    told = payload.get(member)
    texts = _printed(told) if item_type == "shell_call_output" else (((), text(told)),)
    for stream, words in texts:
        if not words:
            continue
        yield DetailGrown(
            sequence_number=number,
            key=key,
            item_type=item_type,
            path=(*path, *place, *stream),
            text=words,
            whole=name.endswith(".done"),
        )


def _printed(told: Json) -> Iterator[tuple[tuple[str, ...], str]]:
    """What a command printed to either stream; a bare text was printed to the first."""
    outputs = told if is_array(told) else [{"stdout": told} if isinstance(told, str) else told]
    for stream in ("stdout", "stderr"):
        yield (stream,), "".join(text(each.get(stream)) for each in outputs if is_object(each))
