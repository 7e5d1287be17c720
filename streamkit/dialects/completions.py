"""The `completions` dialect: OpenAI's legacy text completions and their clones (vLLM, llama.cpp, KoboldCpp, …)."""

import re

import msgspec

from streamkit.dialects.base import CERTAIN, LIKELY, NO, DecoderOptions, Dialect
from streamkit.dialects.counting import read_usage
from streamkit.dialects.logprobs import logprob_events
from streamkit.dialects.plain import Events, PlainDecoder, finish, foreign, whole_number, words
from streamkit.dialects.refused import REFUSED
from streamkit.dialects.surrogates import scrub_all
from streamkit.events import Event, MetadataReported, ResponseStarted, TextDelta, UsageReported
from streamkit.faults.events import error_events
from streamkit.frames import Frame
from streamkit.jsontypes import Json, JsonObject, is_array, is_object
from streamkit.quirks.chat import logprobs_shape
from streamkit.quirks.registry import shown

__all__ = ["COMPLETIONS", "CompletionsDecoder"]

KNOWN = frozenset({"id", "object", "created", "model", "choices", "usage", "error", "system_fingerprint"})


class Choice(msgspec.Struct, gc=False):
    """A piece of one of the alternative answers."""

    text: str
    index: int = 0
    finish_reason: str | None = None
    stop_reason: int | str | None = None
    """vLLM: the stop string or token that ended it."""
    logprobs: Json = None


class Chunk(msgspec.Struct, gc=False):
    """One frame."""

    choices: list[Choice]
    id: str = ""
    model: str = ""
    usage: JsonObject | None = None
    error: Json = None


FRAME = msgspec.json.Decoder(Chunk)


class CompletionsDecoder(PlainDecoder):
    """Frames of legacy text completions to events."""

    done_proves = True

    def __init__(self, options: DecoderOptions) -> None:
        super().__init__(options)
        self._named = False
        """Whether id and model are known, so that they need no more attention."""
        self._started = False
        self._usage: JsonObject | None = None
        """The latest counts not yet given out: some servers send them on each frame (C22)."""

    def feed(self, frame: Frame) -> Events:
        """What one frame means."""
        try:
            chunk = FRAME.decode(frame.data)
        except REFUSED:
            return self.tolerant(frame)
        if self._named and chunk.usage is None and len(chunk.choices) == 1 and not chunk.error:
            choice = chunk.choices[0]
            if choice.finish_reason is None and not self.joiner.pending and choice.logprobs is None:
                return (TextDelta(choice=choice.index, text=choice.text),) if choice.text else ()
        if chunk.error or not chunk.choices:
            try:
                payload = msgspec.json.decode(frame.data)
            except REFUSED:
                return self.tolerant(frame)
            return self.payload(payload, frame.event)
        return self._chunk(chunk)

    def close(self) -> Events:
        """What was held back: halves of characters, counts."""
        yield from super().close()
        yield from self._counts()

    def done(self) -> list[Event]:
        """The counts that came last, and the end."""
        return [*self._counts(), *super().done()]

    def payload(self, payload: JsonObject, name: str) -> list[Event]:
        """A frame with odd members, an error, or what stands beside the answer."""
        choices = payload.get("choices")
        if payload.get("error"):
            return self._choices(payload) + error_events(payload)
        if choices is None and not is_object(payload.get("usage")):
            return foreign(payload, name)
        if is_array(choices) and choices and not any(is_object(c) and "text" in c for c in choices):
            return foreign(payload, name)
        out = self._choices(payload)
        rest = {member: value for member, value in payload.items() if member not in KNOWN and value is not None}
        if not choices:
            if rest:
                out.append(MetadataReported(metadata=rest))
            out += self._counts()
        return out

    def _chunk(self, chunk: Chunk) -> list[Event]:
        out = self._names(chunk.id, chunk.model)
        self._usage = chunk.usage or self._usage
        ended = False
        for choice in chunk.choices:
            out += self.text(choice.text, choice.index)
            out += self._logprobs(choice.logprobs, choice.index)
            out += finish(choice.finish_reason, choice.index, details={"stop_reason": choice.stop_reason})
            ended = ended or choice.finish_reason is not None
        return out + self._counts() if ended else out

    def _choices(self, payload: JsonObject) -> list[Event]:
        """The same as `_chunk`, member by member, whatever their types."""
        name, model = payload.get("id"), payload.get("model")
        out = self._names(name if isinstance(name, str) else "", model if isinstance(model, str) else "")
        usage = payload.get("usage")
        self._usage = usage if is_object(usage) and usage else self._usage
        choices = payload.get("choices")
        for choice in choices if is_array(choices) else []:
            if is_object(choice):
                index = whole_number(choice.get("index"), out)
                out += self.text(words(choice.get("text"), out), index)
                out += self._logprobs(choice.get("logprobs"), index)
                out += finish(choice.get("finish_reason"), index, details={"stop_reason": choice.get("stop_reason")})
        return out

    def _logprobs(self, value: Json, choice: int) -> list[Event]:
        """The log probabilities of a choice's tokens, behind its text."""
        if value is None:
            return []
        found, known = logprob_events(scrub_all(value) if self.joining else value, choice)
        return [*found, *(() if known else (logprobs_shape.seen(detail=shown(value)),))]

    def _names(self, response_id: str, model: str) -> list[Event]:
        """Id and model as soon as they are known; empty ones in front of them say nothing (B32)."""
        if self._named:
            return []
        self._named = bool(response_id and model)
        if not self._started:
            self._started = True
            return [ResponseStarted(response_id=response_id, model=model)]
        return [MetadataReported(response_id=response_id, model=model)] if response_id or model else []

    def _counts(self) -> list[Event]:
        usage, quirks = read_usage(self._usage)
        self._usage = None
        return [*quirks, UsageReported(usage=usage)] if usage is not None else list(quirks)


OWN_OBJECT = re.compile(rb'"object"\s*:\s*"text_completion')
TEXT_CHOICE = re.compile(rb'"choices"\s*:\s*\[\s*\{[^{}\[\]]*"text"\s*:\s*"')


def recognise(frame: Frame) -> int:
    """How sure a frame makes it that this is a legacy completion."""
    data = frame.data[:4096]
    if OWN_OBJECT.search(data):
        return CERTAIN
    return LIKELY if TEXT_CHOICE.search(data) and b'"delta"' not in data and b'"message"' not in data else NO


COMPLETIONS = Dialect(
    name="completions",
    title="OpenAI text completions",
    framing="sse",
    decoder=CompletionsDecoder,
    recognise=recognise,
    ends=("[DONE]",),
    think_tags=True,
)
"""Legacy text completions."""
