"""Decoder of the `bedrock-invoke` dialect: opens each payload, lets the model's own dialect read what is inside.

Bedrock adds members of its own to the model's frames (`amazon-bedrock-…`): counts, guardrail verdicts, traces. They are
told as metadata; the counts are the usage where the model gave none.
"""

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from streamkit.dialects.base import Decoder, DecoderOptions
from streamkit.dialects.bedrock.exceptions import exception_event, is_exception
from streamkit.dialects.bedrock.inner import inner_decoder
from streamkit.dialects.bedrock.wire import Chunk
from streamkit.dialects.counting import read_usage
from streamkit.dialects.json_text import json_text
from streamkit.dialects.payloads import read
from streamkit.dialects.refused import REFUSED
from streamkit.events import Event, MetadataReported, ProviderEvent, UsageReported
from streamkit.faults import looks_like_error
from streamkit.faults.events import error_events
from streamkit.frames import Frame
from streamkit.jsontypes import Json, JsonObject, is_same
from streamkit.quirks.bedrock import inner_unrecognised

__all__ = ["InvokeDecoder"]

Events = Iterable[Event]

CHUNK = msgspec.json.Decoder(Chunk)
OBJECT: msgspec.json.Decoder[JsonObject] = msgspec.json.Decoder(dict[str, Json])
METRICS = "amazon-bedrock-invocationMetrics"
PREFIX = "amazon-bedrock-"
MARK = PREFIX.encode()


class InvokeDecoder:
    """Payloads of InvokeModelWithResponseStream to events."""

    handles = (Frame,)

    def __init__(self, options: DecoderOptions) -> None:
        self._options = options
        self._inner: Decoder | None = None
        self._counted = False
        self._told: JsonObject = {}

    def feed(self, frame: Frame) -> Events:
        """What one payload means."""
        if is_exception(frame):
            return (exception_event(frame),)
        try:
            data = CHUNK.decode(frame.data).bytes
        except REFUSED:
            return self._tolerant(frame)
        beside = _members_of_bedrock(data) if MARK in data else None
        if beside is None:
            return self._inside(data, frame)
        own, alone = beside
        inside = () if alone else tuple(self._inside(data, frame))
        return [*self._beside(own), *inside]

    def _inside(self, data: bytes, frame: Frame) -> Events:
        """What the model says."""
        inner = self._inner
        if inner is None:
            inner = self._inner = inner_decoder(data, self._options)
            if inner is None:
                return self._unrecognised(data.decode("utf-8", "replace"))
        events = inner.feed(Frame(data=data, offset=frame.offset))
        if self._counted:
            return events
        events = tuple(events)
        for event in events:
            if event.__class__ is UsageReported:
                self._counted = True
        return events

    def close(self) -> Events:
        """What the model's own decoder held back."""
        return () if self._inner is None else self._inner.close()

    def _beside(self, members: JsonObject) -> list[Event]:
        """What Bedrock says beside the model; a finish must not come before the counts that belong to it."""
        out: list[Event] = []
        for name, value in members.items():
            if not is_same(self._told.get(name), value):
                self._told[name] = value
                out.append(MetadataReported(metadata={name: value}))
        if METRICS in members and not self._counted:
            usage, quirks = read_usage(members[METRICS])
            out += quirks
            if usage is not None:
                self._counted = True
                out.append(UsageReported(usage=usage))
        return out

    def _unrecognised(self, text: str) -> list[Event]:
        return [inner_unrecognised.seen(detail=text, data=text), ProviderEvent(name="chunk", data=text)]

    def _tolerant(self, frame: Frame) -> Events:
        """A payload without `bytes`: what it holds is passed on, or read where it is the model's own frame, bare."""
        if self._inner is None:
            self._inner = inner_decoder(frame.data, self._options)
        if self._inner is not None:
            return self._inner.feed(replace(frame, event=""))
        reading = read(frame)
        out: list[Event] = list(reading.events)
        for payload in reading.objects:
            out += error_events(payload) if looks_like_error(payload) else self._unrecognised(json_text(payload))
        return out


def _members_of_bedrock(data: bytes) -> tuple[JsonObject, bool] | None:
    """The members that Bedrock added to a frame, and whether it has no others; None for what is no JSON object."""
    try:
        payload = OBJECT.decode(data)
    except REFUSED:
        return None
    own: JsonObject = {name: value for name, value in payload.items() if name.startswith(PREFIX)}
    return own, len(own) == len(payload)
