"""The `ollama` dialect: JSON lines of `/api/chat` and `/api/generate`."""

from collections.abc import Iterable

import msgspec

from streamkit.dialects.base import CERTAIN, LIKELY, NO, POSSIBLE, DecoderOptions, Dialect
from streamkit.dialects.counting import read_usage
from streamkit.dialects.json_text import json_text
from streamkit.dialects.keyed_calls import KeyedCalls
from streamkit.dialects.refused import REFUSED
from streamkit.dialects.reshaping import reshape
from streamkit.dialects.surrogates import scrub_all
from streamkit.dialects.tolerance import Halves, tolerant, unread
from streamkit.dialects.words import finish_word
from streamkit.events import (
    ErrorReported,
    Event,
    LogprobsAdded,
    MediaAdded,
    MetadataReported,
    ReasoningDelta,
    ResponseStarted,
    TextDelta,
    UsageReported,
)
from streamkit.evidence import EndMarker, FinishClaimed
from streamkit.faults import provider_error
from streamkit.frames import Frame
from streamkit.jsontypes import Json, JsonObject, is_object
from streamkit.quirks.chat import finish_unknown
from streamkit.quirks.endings import finish_inferred
from streamkit.quirks.ollama import call_arguments_text

__all__ = ["OLLAMA", "OllamaDecoder"]

Events = Iterable[Event]

COUNTS = ("prompt_eval_count", "eval_count")
TIMES = ("total_duration", "load_duration", "prompt_eval_duration", "eval_duration")
"""Nanoseconds, in the end frame."""


class Function(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: Json = None


class Call(msgspec.Struct, gc=False):
    function: Function | None = None
    id: str | None = None


class Message(msgspec.Struct, gc=False):
    content: str | None = None
    thinking: str | None = None
    tool_calls: list[Call] | None = None
    images: list[str] | None = None


class Line(msgspec.Struct, gc=False):
    """One line: of `/api/chat` with `message`, of `/api/generate` with `response`."""

    model: str | None = None
    message: Message | None = None
    response: str | None = None
    thinking: str | None = None
    done: bool | None = None
    done_reason: str | None = None
    image: str | None = None
    error: Json = None
    logprobs: list[JsonObject] | None = None


LINE = msgspec.json.Decoder(Line)
EMPTY = Message()


class OllamaDecoder:
    """Lines of Ollama's native API to events."""

    handles = (Frame,)

    def __init__(self, options: DecoderOptions) -> None:
        del options
        self._model: str | None = None
        self._calls = KeyedCalls()
        self._halves = Halves()

    def feed(self, frame: Frame) -> Events:
        """What one line means."""
        try:
            line = LINE.decode(frame.data)
        except REFUSED:
            return self._tolerant(frame)
        message = line.message
        if message is not None and line.model == self._model and not line.done and not self._halves.met:
            text = message.content
            plain = message.tool_calls is None and message.images is None and line.logprobs is None
            if plain and line.error is None:
                if not message.thinking:
                    return (TextDelta(text=text),) if text else ()
                if not text:
                    return (ReasoningDelta(text=message.thinking),)
        try:
            payload = msgspec.json.decode(frame.data)
        except REFUSED:
            return self._tolerant(frame)
        return self._line(line, payload)

    def close(self) -> Events:
        """Half a character that was held back."""
        return self._halves.flush()

    def _tolerant(self, frame: Frame) -> Events:
        return tolerant(frame, self._halves, self._odd, proof=True)

    def _odd(self, payload: JsonObject) -> list[Event]:
        line, quirks = reshape(payload, LINE)
        return [*quirks, *(unread(payload) if line is None else self._line(line, payload))]

    def _line(self, line: Line, payload: Json) -> list[Event]:
        out: list[Event] = []
        if line.model and line.model != self._model:
            first, self._model = self._model is None, line.model
            out.append(ResponseStarted(model=line.model) if first else MetadataReported(model=line.model))
        if line.error:
            out.append(ErrorReported(error=provider_error(payload)))
        elif line.message is None and line.response is None and line.done is None and not (line.thinking or line.image):
            return out + unread(payload)
        message = line.message or EMPTY
        thinking = message.thinking or line.thinking
        if thinking:
            out += self._halves.delta(thinking, thought=True)
        text = message.content or line.response
        if text:
            out += self._halves.delta(text)
        if line.logprobs:
            told = scrub_all(line.logprobs) if self._halves.met else line.logprobs
            out.append(LogprobsAdded(logprobs=tuple(told), kind="reasoning" if thinking and not text else "text"))
        for call in message.tool_calls or ():
            self._call(call, out)
        images = [*(message.images or ()), *((line.image,) if line.image else ())]
        out += [MediaAdded(media_type="image", data=image) for image in images]
        if line.done:
            self._done(line, payload, out)
        return out

    def _call(self, call: Call, out: list[Event]) -> None:
        """A call comes whole; its `index` says no more than its order does."""
        function = call.function or Function()
        arguments = function.arguments
        if isinstance(arguments, str):
            out.append(call_arguments_text.seen(detail=function.name or ""))
            text = arguments
        else:
            text = "" if arguments is None else json_text(arguments)
        out += self._calls.whole(0, function.name or "", call.id or "", text)

    def _done(self, line: Line, payload: Json, out: list[Event]) -> None:
        """The end frame: why, the counts, the context of `/api/generate` (F15)."""
        out += self._halves.flush()
        if not is_object(payload):
            return
        counts: JsonObject = {name: payload[name] for name in COUNTS if payload.get(name) is not None}
        usage, quirks = read_usage(counts)
        out += quirks
        if usage is not None:
            out.append(UsageReported(usage=usage))
        told: JsonObject = {name: payload[name] for name in (*TIMES, "context") if payload.get(name) is not None}
        if told:
            out.append(MetadataReported(metadata=told))
        word = finish_word(line.done_reason)
        if word is None:
            out.append(finish_inferred.seen(detail="done without done_reason"))
            out.append(FinishClaimed(finish_reason="stop", neutral=True, inferred=True))
        else:
            if not word.known:
                out.append(finish_unknown.seen(detail=word.raw))
            neutral = word.reason == "stop"
            claim = FinishClaimed(
                finish_reason=word.reason, raw_finish_reason=word.raw, neutral=neutral, retryable=word.retryable
            )
            out.append(claim)
        out.append(EndMarker(name="done"))


class Head(msgspec.Struct, gc=False):
    model: str | None = None
    created_at: str | None = None
    message: msgspec.Raw = msgspec.Raw()
    response: str | None = None
    done: bool | None = None
    error: Json = None


HEAD = msgspec.json.Decoder(Head)


def recognise(frame: Frame) -> int:
    """How sure a line makes it that this is Ollama: `done` beside a message or a response, with a model."""
    try:
        head = HEAD.decode(frame.data)
    except REFUSED:
        return NO
    if head.done is not None and (head.response is not None or bytes(head.message).startswith(b"{")):
        return CERTAIN if head.created_at is not None else LIKELY
    if head.done is not None and head.created_at is not None and head.model is not None:
        return LIKELY  # a picture in the making: how far it is, then the picture itself
    return POSSIBLE if isinstance(head.error, str) and head.model is None else NO


OLLAMA = Dialect(
    name="ollama",
    title="Ollama",
    framing="ndjson",
    decoder=OllamaDecoder,
    recognise=recognise,
    ends=('"done": true',),
)
