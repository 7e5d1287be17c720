"""The `anthropic-completions` dialect: Anthropic's legacy text completions, also inside Bedrock."""

import re

import msgspec

from streamkit.dialects.base import CERTAIN, NO, DecoderOptions, Dialect
from streamkit.dialects.counting import read_usage
from streamkit.dialects.plain import Events, PlainDecoder, finish, foreign, words
from streamkit.dialects.refused import REFUSED
from streamkit.events import Event, KeepAlive, MetadataReported, ResponseStarted, TextDelta, UsageReported
from streamkit.frames import Frame
from streamkit.jsontypes import Json, JsonObject

__all__ = ["ANTHROPIC_COMPLETIONS", "AnthropicCompletionsDecoder"]

METRICS = "amazon-bedrock-invocationMetrics"


class Completion(msgspec.Struct, gc=False):
    """One frame; inside Bedrock it has no `type`."""

    completion: str
    id: str = ""
    model: str = ""
    stop_reason: str | None = None
    stop: str | None = None
    """The stop sequence that was met."""
    metrics: Json = msgspec.field(name=METRICS, default=None)


FRAME = msgspec.json.Decoder(Completion)


class AnthropicCompletionsDecoder(PlainDecoder):
    """Frames of Anthropic's text completions to events."""

    key = 0

    def __init__(self, options: DecoderOptions) -> None:
        super().__init__(options)
        self._started = False

    def feed(self, frame: Frame) -> Events:
        """What one frame means."""
        try:
            piece = FRAME.decode(frame.data)
        except REFUSED:
            return self.tolerant(frame)
        if self._started and piece.stop_reason is None and piece.metrics is None and not self.joiner.pending:
            return (TextDelta(key=0, text=piece.completion),) if piece.completion else ()
        return self._piece(piece)

    def payload(self, payload: JsonObject, name: str) -> list[Event]:
        """A ping, an error, or a completion with odd members."""
        if payload.get("type", name) == "ping":
            return [KeepAlive(comment="ping")]
        if "completion" not in payload:
            return foreign(payload, name)
        notes: list[Event] = []
        text = words(payload["completion"], notes)
        strings = {
            member: value
            for member in ("id", "model", "stop_reason", "stop")
            if isinstance(value := payload.get(member), str)
        }
        return notes + self._piece(Completion(completion=text, metrics=payload.get(METRICS), **strings))

    def _piece(self, piece: Completion) -> list[Event]:
        out: list[Event] = []
        if not self._started:
            self._started = True
            out.append(ResponseStarted(response_id=piece.id, model=piece.model))
        out += self.text(piece.completion)
        if piece.metrics:
            usage, quirks = read_usage(piece.metrics)
            out += quirks
            out.append(MetadataReported(metadata={METRICS: piece.metrics}))
            if usage is not None:
                out.append(UsageReported(usage=usage))
        return out + finish(piece.stop_reason, details={"stop_sequence": piece.stop})


OWN_TYPE = re.compile(rb'"type"\s*:\s*"completion"')
OWN_MEMBER = re.compile(rb'"completion"\s*:\s*"')


def recognise(frame: Frame) -> int:
    """How sure a frame makes it that this is an Anthropic text completion."""
    data = frame.data[:4096]
    both = OWN_MEMBER.search(data) and (OWN_TYPE.search(data) or b'"stop_reason"' in frame.data)
    return CERTAIN if both else NO


ANTHROPIC_COMPLETIONS = Dialect(
    name="anthropic-completions",
    title="Anthropic text completions",
    framing="sse",
    decoder=AnthropicCompletionsDecoder,
    recognise=recognise,
)
"""Anthropic's legacy text completions."""
