"""Deviations of the Ollama dialect."""

from collections.abc import Iterator

import msgspec

from streamkit.jsontypes import Json, is_object
from streamkit.quirks.registry import quirk
from streamkit.quirks.tape import Edit, Tape

__all__ = ["call_arguments_text"]


@quirk("ollama", effect="repaired", catalogue=("D17", "I15"), sources=["relays that speak Ollama's dialect"])
def call_arguments_text(tape: Tape) -> Iterator[Edit]:
    """A call's arguments are JSON text instead of an object; the text is taken as it is."""

    def change(payload: Json) -> Json | None:
        message = payload.get("message") if is_object(payload) else None
        calls = message.get("tool_calls") if is_object(message) else None
        if not calls:
            return None
        for call in calls:
            call["function"]["arguments"] = msgspec.json.encode(call["function"]["arguments"]).decode()
        return payload

    yield from tape.rewrite(change)
