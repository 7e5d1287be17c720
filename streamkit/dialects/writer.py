"""The `writer` dialect: Writer's legacy completions, one `{"value": "…"}` a frame and nothing else, not even an end."""

import re

import msgspec

from streamkit.dialects.base import CERTAIN, NO, Dialect
from streamkit.dialects.plain import Events, PlainDecoder, foreign, words
from streamkit.dialects.refused import REFUSED
from streamkit.events import Event, MetadataReported, TextDelta
from streamkit.frames import Frame
from streamkit.jsontypes import JsonObject

__all__ = ["WRITER", "WriterDecoder"]


class Value(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """One frame."""

    value: str


FRAME = msgspec.json.Decoder(Value)


class WriterDecoder(PlainDecoder):
    """Frames of Writer's completions to events."""

    def feed(self, frame: Frame) -> Events:
        """What one frame means."""
        try:
            text = FRAME.decode(frame.data).value
        except REFUSED:
            return self.tolerant(frame)
        if self.joiner.pending:
            return self.text(text)
        return (TextDelta(text=text),) if text else ()

    def payload(self, payload: JsonObject, name: str) -> list[Event]:
        """A frame with odd members, or one of another kind."""
        if "value" not in payload:
            return foreign(payload, name)
        notes: list[Event] = []
        out = self.text(words(payload["value"], notes))
        rest = {member: value for member, value in payload.items() if member != "value" and value is not None}
        if rest:
            out.append(MetadataReported(metadata=rest))
        return notes + out


OWN = re.compile(rb'\s*\{\s*"value"\s*:\s*"(?:[^"\\]|\\.)*"\s*\}\s*\Z')


def recognise(frame: Frame) -> int:
    """How sure a frame makes it that this is Writer's completion: an object with `value` and nothing else."""
    return CERTAIN if not frame.event and len(frame.data) < 4096 and OWN.match(frame.data) else NO


WRITER = Dialect(
    name="writer",
    title="Writer completions",
    framing="sse",
    decoder=WriterDecoder,
    recognise=recognise,
    wants_finish=False,
)
"""Writer's legacy completions; their end is the end of the body."""
