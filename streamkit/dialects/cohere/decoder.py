"""Decoder of the `cohere` dialect: v2 chat streams, and v1's, which is told by its first frame."""

from collections.abc import Callable, Iterable

from streamkit.dialects.base import DecoderOptions
from streamkit.dialects.cohere import wire
from streamkit.dialects.cohere.documents import frames_of, is_document
from streamkit.dialects.cohere.ending import ended
from streamkit.dialects.cohere.version_one import VersionOne
from streamkit.dialects.json_text import json_text, json_word
from streamkit.dialects.keyed_calls import Announced, KeyedCalls
from streamkit.dialects.logprobs import entries
from streamkit.dialects.refused import REFUSED
from streamkit.dialects.reshaping import reshape
from streamkit.dialects.surrogates import scrub_all
from streamkit.dialects.tolerance import Halves, tolerant, unread
from streamkit.dialects.values import blocks
from streamkit.events import (
    AnnotationAdded,
    ArgumentsDelta,
    ErrorReported,
    Event,
    ItemFinished,
    ItemStarted,
    Key,
    LogprobsAdded,
    MetadataReported,
    ReasoningDelta,
    ResponseStarted,
    TextDelta,
)
from streamkit.faults import provider_error
from streamkit.frames import Frame
from streamkit.items import PartKind
from streamkit.jsontypes import Json, JsonObject, is_array, is_object
from streamkit.quirks.anthropic import block_index_missing
from streamkit.quirks.chat import non_stream_body
from streamkit.quirks.responses import type_from_event

__all__ = ["CohereDecoder"]

Events = Iterable[Event]

PLAN: Key = "plan"
"""Key of the item that holds the tool plan (F23)."""

STARTS = ("content-start", "tool-call-start")
"""Frames that begin what later frames of their family name by its index."""


class CohereDecoder:
    """Frames of Cohere's chat streams to events."""

    handles = (Frame,)

    def __init__(self, options: DecoderOptions) -> None:
        del options
        self._calls = KeyedCalls()
        self._announced = Announced()
        self._keys: dict[int, Key] = {}
        self._latest: Key = 0
        self._indexes = {"content": -1, "tool-call": -1}
        """The index that came last, by family of frames."""
        self._planning = False
        self._halves = Halves()
        self._old = VersionOne(self._calls, self._halves)
        self._decode: Callable[[bytes], wire.V1Event | wire.V2Event] = wire.V2.decode
        self._table: dict[type, Callable[[Json], Events]] = {
            wire.ContentDelta: self._content,
            wire.PlanDelta: self._plan,
            wire.CallDelta: self._call_delta,
            wire.MessageStart: self._start,
            wire.ContentStart: self._content_start,
            wire.ContentEnd: self._content_end,
            wire.CallStart: self._call_start,
            wire.CallEnd: self._call_end,
            wire.CitationStart: self._citation,
            wire.CitationEnd: lambda _: (),
            wire.MessageEnd: self._message_end,
            wire.Debug: lambda frame: [MetadataReported(metadata={"prompt": frame.prompt})],
            **self._old.table,
        }

    def feed(self, frame: Frame) -> Events:
        """What one frame means."""
        try:
            message = self._decode(frame.data)
        except REFUSED:
            return self._refused(frame)
        return self._table[message.__class__](message)

    def close(self) -> Events:
        """Half a character that was held back."""
        return self._halves.flush()

    def _refused(self, frame: Frame) -> Events:
        """A frame that is not of the version in force: of the other one, or one to be read with tolerance."""
        one = self._decode == wire.V1.decode
        try:
            message = wire.V2.decode(frame.data) if one else wire.V1.decode(frame.data)
        except REFUSED:
            return self._tolerant(frame)
        self._decode = wire.V2.decode if one else wire.V1.decode
        return self._table[message.__class__](message)

    def _tolerant(self, frame: Frame) -> Events:
        return tolerant(frame, self._halves, lambda payload: self._odd(payload, frame.event), proof=True)

    def _odd(self, payload: JsonObject, name: str) -> list[Event]:
        if is_document(payload):
            parts = [self._odd(frame, "") for frame in frames_of(payload)]
            return [non_stream_body.seen(), *(event for events in parts for event in events)]
        out: list[Event] = []
        if not payload.get("type") and not payload.get("event_type") and name:
            payload = {"type": name, **payload}
            out.append(type_from_event.seen(detail=name))
        one = isinstance(payload.get("event_type"), str)
        message, quirks = reshape(payload, wire.V1) if one else reshape(payload, wire.V2)
        told = json_word(payload.get("type") or payload.get("event_type"))
        family = told.rpartition("-")[0]
        if message is None and family in self._indexes:
            index = self._indexes[family] + (told in STARTS)
            if payload.get("index") is None:
                quirks.append(block_index_missing.seen(detail=told))
            message, _ = reshape({**payload, "index": max(0, index)}, wire.V2)
        if message is not None:
            return [*out, *quirks, *self._table[message.__class__](message)]
        if payload.keys() == {"message"}:
            return [*out, ErrorReported(error=provider_error(payload))]
        return out + unread(payload, told)

    # v2

    def _start(self, frame: wire.MessageStart) -> Events:
        out: list[Event] = [ResponseStarted(response_id=frame.id or "")]
        message = frame.delta.get("message") if is_object(frame.delta) else None
        if not is_object(message):
            return out
        if plan := "".join(blocks(message.get("tool_plan"), "text", "value")):
            out += self._plan(wire.PlanDelta(wire.PlanHolder(wire.PlanMessage(plan))))
        content = message.get("content")
        for at, part in enumerate(content if is_array(content) else [content] if content else []):
            thinking = is_object(part) and (part.get("type") == "thinking" or "thinking" in part)
            if words := "".join(blocks(part, "thinking", "text", "value")):
                key = ("message-start", at)
                out += self._planned()
                out.append(ItemStarted(key=key, type="reasoning" if thinking else "message"))
                out.append(ReasoningDelta(key=key, text=words) if thinking else TextDelta(key=key, text=words))
                out.append(ItemFinished(key=key))
        return out

    def _content(self, frame: wire.ContentDelta | wire.ContentStart) -> Events:
        if frame.logprobs is not None:
            return self._measured(frame)
        delta = frame.delta
        message = delta.message if delta is not None else None
        content = message.content if message is not None else None
        if content is None:
            return ()
        if self._halves.met:
            text = content.text or content.thinking or ""
            return self._halves.delta(text, thought=not content.text, key=frame.index)
        if content.text:
            return (TextDelta(key=frame.index, text=content.text),)
        return (ReasoningDelta(key=frame.index, text=content.thinking),) if content.thinking else ()

    def _measured(self, frame: wire.ContentDelta | wire.ContentStart) -> Events:
        """A piece with log probabilities: `text`, `token_ids` and `logprobs` of its tokens, together one entry."""
        told, frame.logprobs = entries(frame.logprobs), None
        out = list(self._content(frame))
        kind: PartKind = "reasoning" if any(isinstance(event, ReasoningDelta) for event in out) else "text"
        told = tuple(scrub_all(list(told))) if self._halves.met else told
        return [*out, LogprobsAdded(key=frame.index, logprobs=told, kind=kind)] if told else out

    def _content_start(self, frame: wire.ContentStart) -> Events:
        out = self._planned()
        message = frame.delta.message if frame.delta is not None else None
        content = message.content if message is not None else None
        thinking = content is not None and (content.type == "thinking" or content.thinking is not None)
        self._indexes["content"] = frame.index
        if not thinking:
            self._latest = frame.index
        out.append(ItemStarted(key=frame.index, type="reasoning" if thinking else "message"))
        out += self._content(frame)
        return out

    def _content_end(self, frame: wire.ContentEnd) -> Events:
        """A text block stays open for the citations that may follow; the answer's own end closes it."""
        return () if frame.index == self._latest else [*self._halves.flush(), ItemFinished(key=frame.index)]

    def _plan(self, frame: wire.PlanDelta) -> Events:
        delta = frame.delta
        plan = delta.message.tool_plan if delta is not None and delta.message is not None else None
        if not plan:
            return ()
        piece = ReasoningDelta(key=PLAN, text=plan, kind="plan")
        if self._planning:
            return (piece,)
        self._planning = True
        return (ItemStarted(key=PLAN, type="tool_plan"), piece)

    def _planned(self) -> list[Event]:
        """The plan is over where something else begins."""
        if not self._planning:
            return []
        self._planning = False
        return [ItemFinished(key=PLAN)]

    def _call_start(self, frame: wire.CallStart) -> Events:
        out = self._planned()
        call = _call(frame)
        function = call.function or wire.Function()
        self._indexes["tool-call"] = frame.index
        name, call_id, text = function.name or "", call.id or "", _arguments(function)
        if again := self._announced.again(frame.index, self._keys.get(frame.index), name, call_id, text):
            return out + again
        key = self._keys[frame.index] = self._calls.begin(0, name, call_id, None, out)
        if text:
            out.append(ArgumentsDelta(key=key, text=text))
        return out

    def _call_delta(self, frame: wire.CallDelta) -> Events:
        text = _arguments(_call(frame).function)
        if not text:
            return ()
        self._announced.over(frame.index)
        key = self._keys.get(frame.index)
        if key is None:  # its start was lost: what is left of it must not be lost too
            key = self._keys[frame.index] = ("call", "unannounced", frame.index)
        return (ArgumentsDelta(key=key, text=text),)

    def _call_end(self, frame: wire.CallEnd) -> Events:
        self._announced.over(frame.index)
        key = self._keys.pop(frame.index, None)
        return () if key is None else (ItemFinished(key=key),)

    def _citation(self, frame: wire.CitationStart) -> Events:
        message = frame.delta.message if frame.delta is not None else None
        told = message.citations if message is not None else None
        out: list[Event] = []
        for citation in told if is_array(told) else [told]:
            if not is_object(citation):
                continue
            planned = citation.get("type") == "PLAN" and self._planning
            index = citation.get("content_index")
            out.append(
                AnnotationAdded(
                    key=PLAN if planned else index if index == self._latest else self._latest, annotation=citation
                )
            )
        return out

    def _message_end(self, frame: wire.MessageEnd) -> Events:
        delta = frame.delta or wire.EndDelta()
        return [*self._halves.flush(), *self._planned(), *ended(delta.finish_reason, delta.usage, delta.error)]


def _call(frame: wire.CallStart | wire.CallDelta) -> wire.Call:
    message = frame.delta.message if frame.delta is not None else None
    call = message.tool_calls if message is not None else None
    return call or wire.Call()


def _arguments(function: wire.Function | None) -> str:
    if function is None or function.arguments is None:
        return ""
    return function.arguments if isinstance(function.arguments, str) else json_text(function.arguments)
