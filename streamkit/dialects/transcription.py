"""The `transcription` dialect: OpenAI speech to text, streamed. The words spoken are the text."""

import msgspec

from streamkit.dialects.base import CERTAIN, NO, Dialect
from streamkit.dialects.counting import read_usage
from streamkit.dialects.logprobs import entries
from streamkit.dialects.plain import Events, PlainDecoder, foreign, words
from streamkit.dialects.refused import REFUSED
from streamkit.dialects.surrogates import scrub, scrub_all
from streamkit.events import AnnotationAdded, Event, LogprobsAdded, MetadataReported, TextDelta, UsageReported
from streamkit.evidence import FinishClaimed, ItemClaimed, PartClaim
from streamkit.frames import Frame
from streamkit.jsontypes import Json, JsonObject

__all__ = ["TRANSCRIPTION", "TranscriptionDecoder"]


class Delta(msgspec.Struct, gc=False, tag_field="type", tag="transcript.text.delta"):
    """A piece of the transcript."""

    delta: str
    logprobs: Json = None


class Done(msgspec.Struct, gc=False, tag_field="type", tag="transcript.text.done"):
    """The whole transcript."""

    text: str
    usage: Json = None
    logprobs: Json = None
    languages: Json = None


class Segment(msgspec.Struct, gc=False, tag_field="type", tag="transcript.text.segment"):
    """Who spoke, and when; only tagged here, its handler reads it untyped."""


FRAME = msgspec.json.Decoder(Delta | Done | Segment)


class TranscriptionDecoder(PlainDecoder):
    """Frames of streamed transcriptions to events."""

    key = 0

    def feed(self, frame: Frame) -> Events:
        """What one frame means."""
        try:
            message = FRAME.decode(frame.data)
        except REFUSED:
            return self.tolerant(frame)
        if type(message) is Delta:
            if message.logprobs or self.joiner.pending:
                return [*self.text(message.delta), *_logprobs(message.logprobs)]
            return (TextDelta(key=0, text=message.delta),) if message.delta else ()
        if isinstance(message, Done):
            return self._done(message)
        try:
            return (AnnotationAdded(key=0, annotation=msgspec.json.decode(frame.data)),)
        except REFUSED:
            return self.tolerant(frame)

    def payload(self, payload: JsonObject, name: str) -> list[Event]:
        """A frame with odd members, or one of another kind."""
        kind = payload.get("type") or name
        notes: list[Event] = []
        if kind == "transcript.text.delta":
            text = words(payload.get("delta"), notes)
            return [*notes, *self.text(text), *_logprobs(scrub_all(payload.get("logprobs")))]
        if kind == "transcript.text.done":
            text = scrub(words(payload.get("text"), notes))
            told = {name: payload.get(name) for name in ("usage", "logprobs", "languages")}
            return notes + self._done(Done(text, **scrub_all(told)))
        if kind == "transcript.text.segment":
            return [AnnotationAdded(key=0, annotation=payload)]
        return foreign(payload, name)

    def _done(self, done: Done) -> list[Event]:
        """The item's own snapshot, what it cost, and the end: seconds of audio where tokens are not counted."""
        counted, quirks = read_usage(done.usage)
        claim = PartClaim("text", done.text, 0, entries(done.logprobs))
        out: list[Event] = [ItemClaimed(key=0, type="message", parts=(claim,) if done.text else ()), *quirks]
        if counted is not None:
            out.append(UsageReported(usage=counted))
        elif done.usage:
            out.append(MetadataReported(metadata={"usage": done.usage}))
        if done.languages:
            out.append(MetadataReported(metadata={"languages": done.languages}))
        return [*out, FinishClaimed(finish_reason="stop", terminal=True)]


def _logprobs(value: Json) -> list[Event]:
    """Log probabilities of the tokens of a piece, where they were asked for."""
    told = entries(value)
    return [LogprobsAdded(key=0, logprobs=told)] if told else []


def recognise(frame: Frame) -> int:
    """How sure a frame makes it that this is a transcription."""
    data = frame.data[:4096]
    named = b'"type":"transcript.text.' in data or b'"type": "transcript.text.' in data
    return CERTAIN if named or frame.event.startswith("transcript.text.") else NO


TRANSCRIPTION = Dialect(
    name="transcription",
    title="OpenAI transcription",
    framing="sse",
    decoder=TranscriptionDecoder,
    recognise=recognise,
    ends=("transcript.text.done",),
)
"""Streamed speech to text."""
