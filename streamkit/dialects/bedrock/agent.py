"""Decoder of the `bedrock-agent` dialect: agents, inline agents, flows, answers out of a knowledge base."""

from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable

import msgspec

from streamkit.dialects.base import DecoderOptions
from streamkit.dialects.bedrock.exceptions import exception_event, exception_in, is_exception
from streamkit.dialects.json_text import json_text, json_word
from streamkit.dialects.keyed_calls import KeyedCalls
from streamkit.dialects.payloads import read
from streamkit.dialects.refused import REFUSED
from streamkit.events import (
    AnnotationAdded,
    Event,
    ItemFinished,
    ItemStarted,
    MediaAdded,
    MetadataReported,
    ProviderEvent,
    TextDelta,
)
from streamkit.evidence import FinishClaimed
from streamkit.faults import looks_like_error
from streamkit.faults.events import error_events
from streamkit.frames import Frame
from streamkit.items import FinishReason
from streamkit.jsontypes import Json, JsonObject, is_array, is_object
from streamkit.quirks.chat import finish_unknown
from streamkit.quirks.reshaping import frame_unrecognised

__all__ = ["AgentDecoder"]

Events = Iterable[Event]

MESSAGE = "message"
"""Key of the one message that an agent speaks."""

TOLD = frozenset({"trace", "flowTraceEvent", "traceEvent", "result", "analyzePromptEvent", "optimizedPromptEvent"})
"""Documented events that are no part of the answer: passed on as they are."""

COMPLETIONS: dict[str, FinishReason] = {"SUCCESS": "stop", "INPUT_REQUIRED": "pause"}
"""How a flow may be over."""


class AgentChunk(msgspec.Struct, gc=False):
    bytes: bytes
    attribution: Json = None


CHUNK = msgspec.json.Decoder(AgentChunk)


class AgentDecoder:
    """Events of an agent's stream to events."""

    handles = (Frame,)

    def __init__(self, options: DecoderOptions) -> None:
        del options
        self._characters = getincrementaldecoder("utf-8")("replace")
        self._calls = KeyedCalls()
        self._nodes = 0
        self._named: dict[str, Callable[[JsonObject], list[Event]]] = {
            "returnControl": self._handed_back,
            "files": _files,
            "output": _spoken,
            "responseEvent": _spoken,
            "citation": lambda payload: [AnnotationAdded(key=MESSAGE, annotation=payload.get("citation") or payload)],
            "guardrail": _guarded,
            "flowOutputEvent": self._flowed,
            "flowMultiTurnInputRequestEvent": self._flowed,
            "flowCompletionEvent": _completed,
        }

    def feed(self, frame: Frame) -> Events:
        """What one event means."""
        if is_exception(frame):
            return (exception_event(frame),)
        if frame.event in ("chunk", ""):
            try:
                return self._chunk(CHUNK.decode(frame.data))
            except REFUSED:
                return self._other(frame)
        return self._other(frame)

    def close(self) -> Events:
        """Half a character that was held back."""
        held = self._characters.decode(b"", final=True)
        return (TextDelta(key=MESSAGE, text=held),) if held else ()

    def _chunk(self, chunk: AgentChunk) -> Events:
        text = self._characters.decode(chunk.bytes)
        out: list[Event] = [TextDelta(key=MESSAGE, text=text)] if text else []
        found = chunk.attribution.get("citations") if is_object(chunk.attribution) else None
        citations = found if is_array(found) else [found] if found else []
        out += [AnnotationAdded(key=MESSAGE, annotation=citation) for citation in citations]
        return out

    def _other(self, frame: Frame) -> Events:
        reading = read(frame)
        out: list[Event] = list(reading.events)
        for payload in reading.objects:
            failed = exception_in(payload)
            if failed is not None:
                out.append(failed)
            elif (named := self._named.get(frame.event)) is not None:
                out += named(payload)
            elif frame.event in TOLD:
                out.append(ProviderEvent(name=frame.event, data=payload))
            elif not frame.event and looks_like_error(payload):
                out += error_events(payload)
            else:
                seen = frame_unrecognised.seen(detail=frame.event, data=payload)
                out += (seen, ProviderEvent(name=frame.event, data=payload))
        return out

    def _flowed(self, payload: JsonObject) -> list[Event]:
        """What a node of a flow gives out, or asks: a message of its own."""
        self._nodes += 1
        key = ("node", self._nodes)
        content = payload.get("content")
        text = json_word(content.get("document") if is_object(content) else content)
        details = {name: value for name, value in payload.items() if name not in ("content", "p")}
        spoken = (TextDelta(key=key, text=text),) if text else ()
        return [ItemStarted(key=key, type="message", details=details), *spoken, ItemFinished(key=key)]

    def _handed_back(self, payload: JsonObject) -> list[Event]:
        """Calls that the agent leaves to the client; they go back together, under the invocation's id."""
        out: list[Event] = []
        inputs = payload.get("invocationInputs")
        for each in inputs if is_array(inputs) else ():
            told = _call_in(each)
            name = json_word(told.get("function") or told.get("apiPath"))
            arguments = {**_body_of(told), **_named_values(told.get("parameters"))}
            extra: JsonObject = {"invocationId": payload.get("invocationId"), "invocationInput": each}
            out += self._calls.whole(0, name, "", json_text(arguments), extra=extra)
        out.append(FinishClaimed(finish_reason="tool_calls", raw_finish_reason="returnControl"))
        return out


def _call_in(each: Json) -> JsonObject:
    """What is inside `functionInvocationInput` or `apiInvocationInput`."""
    for value in each.values() if is_object(each) else ():
        if is_object(value):
            return value
    return {}


def _named_values(told: Json) -> JsonObject:
    return {
        json_word(each.get("name")): each.get("value") for each in (told if is_array(told) else ()) if is_object(each)
    }


def _body_of(told: JsonObject) -> JsonObject:
    """What goes into the body of an API call, by media type in the first place: a call takes one of them."""
    body = told.get("requestBody")
    content = body.get("content") if is_object(body) else None
    for part in content.values() if is_object(content) else ():
        if is_object(part):
            return _named_values(part.get("properties"))
    return {}


def _spoken(payload: JsonObject) -> list[Event]:
    text = json_word(payload.get("text"))
    return [TextDelta(key=MESSAGE, text=text)] if text else []


def _guarded(payload: JsonObject) -> list[Event]:
    """The guardrail's verdict on an answer out of a knowledge base."""
    told = MetadataReported(metadata={"guardrail": payload})
    if payload.get("action") != "INTERVENED":
        return [told]
    return [told, FinishClaimed(finish_reason="content_filter", raw_finish_reason="INTERVENED")]


def _completed(payload: JsonObject) -> list[Event]:
    word = json_word(payload.get("completionReason"))
    reason = COMPLETIONS.get(word)
    quirks: list[Event] = [finish_unknown.seen(detail=word)] if reason is None else []
    claim = FinishClaimed(finish_reason=reason or "unknown", raw_finish_reason=word, terminal=True)
    return [*quirks, claim]


def _files(payload: JsonObject) -> list[Event]:
    files = payload.get("files")
    return [
        MediaAdded(
            media_type=json_word(file.get("type")) or "file",
            data=json_word(file.get("bytes")),
            details={"name": file.get("name")},
        )
        for file in (files if is_array(files) else ())
        if is_object(file)
    ]
