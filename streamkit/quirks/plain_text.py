"""Deviations of the small text dialects: legacy completions, Watsonx, Writer, transcription, Assistants, Replicate."""

from collections.abc import Iterator

from streamkit.jsontypes import Json, is_array, is_object
from streamkit.quirks.registry import quirk
from streamkit.quirks.tape import Edit, Tape

__all__ = ["foreign_frame", "member_mended"]

JSON_DIALECTS = ("completions", "writer", "anthropic-completions", "watsonx", "transcription", "assistants")


@quirk(*JSON_DIALECTS, "replicate", effect="harmless", catalogue=("B03", "F20"), sources=["gateways"])
def foreign_frame(tape: Tape) -> Iterator[Edit]:
    """A frame that is none of this dialect's; it is passed on as it came."""
    for frame in tape.frames[1:]:
        yield tape.insert(frame, {"routing": {"queue": 1}})


@quirk(*JSON_DIALECTS, effect="repaired", catalogue=("F10", "F19"), sources=["gateways"])
def member_mended(tape: Tape) -> Iterator[Edit]:
    """A text or an index has another JSON type than documented; it is read all the same."""

    def change(payload: Json) -> Json | None:
        choices = payload.get("choices") if is_object(payload) else None
        if not is_array(choices) or not choices or not isinstance(choices[0].get("index"), int):
            return None
        choices[0]["index"] = str(choices[0]["index"])
        return payload

    yield from tape.rewrite(change)
