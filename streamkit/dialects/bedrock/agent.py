"""Decoder of the `bedrock-agent` dialect: InvokeAgent, InvokeInlineAgent, InvokeFlow's text. Plain text in chunks."""

from codecs import getincrementaldecoder
from collections.abc import Iterable

import msgspec

from streamkit.dialects.base import DecoderOptions
from streamkit.dialects.bedrock.exceptions import exception_event, exception_in
from streamkit.dialects.json_text import json_text
from streamkit.dialects.keyed_calls import KeyedCalls
from streamkit.dialects.payloads import read
from streamkit.dialects.refused import REFUSED
from streamkit.events import AnnotationAdded, Event, MediaAdded, ProviderEvent, TextDelta
from streamkit.evidence import FinishClaimed
from streamkit.frames import Frame
from streamkit.jsontypes import Json, JsonObject, is_array, is_object
from streamkit.quirks.reshaping import frame_unrecognised

__all__ = ["AgentDecoder"]

Events = Iterable[Event]

MESSAGE = "message"
"""Key of the one message that an agent speaks."""


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

    def feed(self, frame: Frame) -> Events:
        """What one event means."""
        if frame.kind != "event":
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
        citations = chunk.attribution.get("citations") if is_object(chunk.attribution) else None
        out += [AnnotationAdded(key=MESSAGE, annotation=citation) for citation in citations or ()]
        return out

    def _other(self, frame: Frame) -> Events:
        reading = read(frame)
        out: list[Event] = list(reading.events)
        for payload in reading.objects:
            failed = exception_in(payload)
            if failed is not None:
                out.append(failed)
            elif frame.event == "returnControl" and is_object(payload):
                out += self._handed_back(payload)
            elif frame.event == "files" and is_object(payload):
                out += _files(payload)
            elif frame.event == "trace":
                out.append(ProviderEvent(name=frame.event, data=payload))
            else:
                seen = frame_unrecognised.seen(detail=frame.event, data=payload)
                out += (seen, ProviderEvent(name=frame.event, data=payload))
        return out

    def _handed_back(self, payload: JsonObject) -> list[Event]:
        """Calls that the agent leaves to the client; they go back together, under the invocation's id."""
        out: list[Event] = []
        inputs = payload.get("invocationInputs")
        for each in inputs if is_array(inputs) else ():
            told = _call_in(each)
            name = told.get("function") or told.get("apiPath") or ""
            parameters = told.get("parameters")
            arguments = {
                str(parameter.get("name")): parameter.get("value")
                for parameter in (parameters if is_array(parameters) else ())
                if is_object(parameter)
            }
            extra: JsonObject = {"invocationId": payload.get("invocationId"), "invocationInput": each}
            out += self._calls.whole(0, str(name), "", json_text(arguments), extra=extra)
        out.append(FinishClaimed(finish_reason="tool_calls", raw_finish_reason="returnControl"))
        return out


def _call_in(each: Json) -> JsonObject:
    """What is inside `functionInvocationInput` or `apiInvocationInput`."""
    for value in each.values() if is_object(each) else ():
        if is_object(value):
            return value
    return {}


def _files(payload: JsonObject) -> list[Event]:
    files = payload.get("files")
    return [
        MediaAdded(
            media_type=str(file.get("type") or "file"),
            data=str(file.get("bytes") or ""),
            details={"name": file.get("name")},
        )
        for file in (files if is_array(files) else ())
        if is_object(file)
    ]
