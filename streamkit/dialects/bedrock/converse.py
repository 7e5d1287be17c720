"""Decoder of the `bedrock` dialect: ConverseStream events. It translates; the ledger keeps the books."""

from collections.abc import Callable, Iterable

import msgspec

from streamkit.dialects.base import DecoderOptions
from streamkit.dialects.bedrock import wire
from streamkit.dialects.bedrock.documents import events_of, is_document
from streamkit.dialects.bedrock.ending import metadata_events, stop_events
from streamkit.dialects.bedrock.exceptions import exception_event, exception_in, is_exception
from streamkit.dialects.json_text import json_text, json_word
from streamkit.dialects.keyed_calls import Announced, KeyedCalls
from streamkit.dialects.refused import REFUSED
from streamkit.dialects.reshaping import reshape
from streamkit.dialects.tolerance import Halves, tolerant, unread
from streamkit.events import (
    AnnotationAdded,
    ArgumentsDelta,
    Event,
    ItemFinished,
    ItemStarted,
    Key,
    MediaAdded,
    ReasoningDelta,
    ResponseStarted,
    SignatureReported,
    TextDelta,
)
from streamkit.evidence import ItemClaimed
from streamkit.frames import Frame
from streamkit.jsontypes import Json, JsonObject, is_array, is_object
from streamkit.quirks.anthropic import block_index_missing
from streamkit.quirks.bedrock import converse_start_missing, member_carriage
from streamkit.quirks.chat import non_stream_body
from streamkit.quirks.registry import shown
from streamkit.quirks.reshaping import member_unreadable

__all__ = ["ConverseDecoder"]

Events = Iterable[Event]

DELTA = msgspec.json.Decoder(wire.BlockDelta)
BLOCK = "contentBlock"
"""How the names of the events about one block begin."""
PIECES = {
    "toolUse": frozenset({"input"}),
    "reasoningContent": frozenset(field.encode_name for field in msgspec.structs.fields(wire.ReasoningDelta)),
}
"""Deltas that are objects, and their documented members."""
DECODERS = {name: msgspec.json.Decoder(shape) for name, shape in wire.EVENTS.items()}


class ConverseDecoder:
    """ConverseStream events to events.

    Args:
        options: as for every decoder.
        as_members: events come as JSON objects with one member each, as Nova writes them inside InvokeModel. There
            every piece of text is a block of its own, so blocks of text are not kept apart.
    """

    handles = (Frame,)

    def __init__(self, options: DecoderOptions, *, as_members: bool = False) -> None:
        del options
        self._as_members = as_members
        self._carried = as_members
        self._started = False
        self._calls = KeyedCalls()
        self._announced = Announced()
        self._keys: dict[int, Key] = {}
        self._results: dict[int, list[Json]] = {}
        self._halves = Halves()
        self._block, self._touched = 0, False
        """The block that an event without an index belongs to, and whether anything was said in it."""
        self._table: dict[type, Callable[[Json], Events]] = {
            wire.BlockDelta: self._delta,
            wire.MessageStart: self._message_start,
            wire.BlockStart: self._block_start,
            wire.BlockStop: self._block_stop,
            wire.MessageStop: self._message_stop,
            wire.Metadata: metadata_events,
        }

    def feed(self, frame: Frame) -> Events:
        """What one event means."""
        if frame.event == "contentBlockDelta" and self._started:
            try:
                return self._delta(DELTA.decode(frame.data)) or _wordless(frame)
            except REFUSED:
                return self._tolerant(frame)
        if is_exception(frame):
            return (exception_event(frame),)
        decoder = DECODERS.get(frame.event)
        if decoder is None:
            return self._carried_as_member(frame)
        try:
            return self._understood(decoder.decode(frame.data))
        except REFUSED:
            return self._tolerant(frame)

    def close(self) -> Events:
        """Results of server-side tools whose blocks were not closed (B20), half a character."""
        out: list[Event] = []
        for index in tuple(self._results):
            out += self._result_over(index, finish=False)
        return out + self._halves.flush()

    def _understood(self, event: msgspec.Struct) -> Events:
        if self._started:
            return self._table[event.__class__](event)
        self._started = True
        if isinstance(event, wire.MessageStart):
            return self._message_start(event)
        return [converse_start_missing.seen(), *self._table[event.__class__](event)]

    def _carried_as_member(self, frame: Frame) -> Events:
        """An event without a name of its own: `{"contentBlockDelta": {…}}`."""
        try:
            members = wire.MEMBERS.decode(frame.data)
        except REFUSED:
            return self._tolerant(frame)
        known = _only(members)
        if known is None:
            return self._tolerant(frame)
        if self._carried:
            return self._understood(known)
        self._carried = True
        return [member_carriage.seen(), *self._understood(known)]

    def _tolerant(self, frame: Frame) -> Events:
        return tolerant(frame, self._halves, lambda payload: self._odd(payload, frame.event))

    def _odd(self, payload: JsonObject, name: str) -> list[Event]:
        failed = exception_in(payload)
        if failed is not None:
            return [failed]
        known = DECODERS.get(name)
        if known is not None:
            event, quirks = reshape(payload, known)
            if event is None and name.startswith(BLOCK) and payload.get("contentBlockIndex") is None:
                event, _ = reshape({**payload, "contentBlockIndex": self._placed(name)}, known)
                quirks.append(block_index_missing.seen(detail=name))
            return [*quirks, *(self._understood(event) if event is not None else unread(payload, name))]
        if is_document(payload) and not self._started:
            told = [self._odd(inner, event_name) for event_name, inner in events_of(payload)]
            return [non_stream_body.seen(), *(event for events in told for event in events)]
        for member, inner in payload.items():
            named = member in DECODERS and member.startswith(BLOCK)
            if named and is_object(inner) and inner.get("contentBlockIndex") is None:
                return self._odd(inner, member)
        members, quirks = reshape(payload, wire.MEMBERS)
        inside = _only(members) if members is not None else None
        if inside is not None:
            return [*quirks, *self._understood(inside)]
        return [*quirks, *unread(payload, name or next(iter(payload), ""))]

    def _placed(self, name: str) -> int:
        """The block of an event that names none: a start means a new one, anything else the one that is open."""
        if name == "contentBlockStart" and self._touched:
            self._block += 1
        self._touched = True
        return self._block

    def _message_start(self, event: wire.MessageStart) -> Events:
        del event
        return (ResponseStarted(),)

    def _message_stop(self, event: wire.MessageStop) -> Events:
        return [*self.close(), *stop_events(event.stop_reason, event.additional_model_response_fields)]

    def _delta(self, event: wire.BlockDelta) -> Events:
        delta = event.delta
        index = event.content_block_index
        text = delta.text
        if text is not None:
            key = None if self._as_members else index
            if self._halves.met:
                return self._halves.delta(text, key=key)
            return (TextDelta(key=key, text=text),) if text else ()
        if delta.tool_use is not None:
            self._announced.over(index)
            given = delta.tool_use.input
            arguments = given if isinstance(given, str) else "" if given is None else json_text(given)
            return (ArgumentsDelta(key=self._keys.get(index, index), text=arguments),) if arguments else ()
        if delta.reasoning_content is not None:
            return self._reasoning(delta.reasoning_content, index)
        return self._aside(delta, index)

    def _reasoning(self, delta: wire.ReasoningDelta, index: int) -> Events:
        if delta.text:
            if self._halves.met:
                return self._halves.delta(delta.text, thought=True, key=index)
            return (ReasoningDelta(key=index, text=delta.text),)
        if delta.signature:
            return (SignatureReported(key=index, signature=delta.signature),)
        if delta.redacted_content:
            return (SignatureReported(key=index, signature=delta.redacted_content, kind="redacted"),)
        return ()

    def _aside(self, delta: wire.Delta, index: int) -> Events:
        if delta.citation is not None:
            return (AnnotationAdded(key=None if self._as_members else index, annotation=delta.citation),)
        if delta.tool_result is not None:
            pieces = delta.tool_result if is_array(delta.tool_result) else [delta.tool_result]
            self._results.setdefault(index, []).extend(pieces)
            return ()
        if is_object(delta.image):
            given = delta.image.get("source")
            source: JsonObject = given if is_object(given) else {}
            place = source.get("s3Location")
            data, url = json_word(source.get("bytes")), json_word(place.get("uri")) if is_object(place) else ""
            rest = {**_rest(delta.image), **({"s3Location": place} if place else {})}
            return (MediaAdded(key=index, media_type="image", data=data, url=url, details=rest),)
        return ()

    def _block_start(self, event: wire.BlockStart) -> Events:
        index, start = event.content_block_index, event.start
        self._block, self._touched = index, True
        out: list[Event] = []
        if start is None:
            return out
        if start.tool_use is not None:
            tool = start.tool_use
            name, call_id = tool.name or "", tool.tool_use_id or ""
            if tool.type == "server_tool_use":
                out.append(
                    ItemStarted(key=index, type=tool.type, name=name, call_id=call_id, details=_tool(name, call_id))
                )
            elif again := self._announced.again(index, self._keys.get(index), name, call_id):
                out += again
            else:
                self._keys[index] = self._calls.begin(0, name, call_id, None, out)
        elif start.tool_result is not None:
            details: JsonObject = start.tool_result if is_object(start.tool_result) else {}
            kind = details.get("type")
            out.append(ItemStarted(key=index, type=kind if isinstance(kind, str) else "tool_result", details=details))
            self._results[index] = []
        elif start.image is not None:
            details = start.image if is_object(start.image) else {}
            out.append(ItemStarted(key=index, type="media", details=details))
        return out

    def _block_stop(self, event: wire.BlockStop) -> Events:
        index = event.content_block_index
        self._block, self._touched = index + 1, False
        self._announced.over(index)
        if index in self._results:
            return self._result_over(index, finish=True)
        finished = ItemFinished(key=self._keys.pop(index, index))
        return [*self._halves.flush(), finished] if self._halves.met else (finished,)

    def _result_over(self, index: int, *, finish: bool) -> list[Event]:
        content = self._results.pop(index)
        details: JsonObject = {"content": content}
        if finish:
            return [ItemFinished(key=index, details=details)]
        return [ItemClaimed(key=index, type="tool_result", details=details, finish=False)]


def _wordless(frame: Frame) -> Events:
    """A delta that said nothing: empty, of a kind that is not known here, which is passed on, or a piece unread."""
    payload: JsonObject = msgspec.json.decode(frame.data)
    delta = payload["delta"]
    for name, documented in PIECES.items():
        piece = delta.get(name)
        if piece and not documented.intersection(piece):  # what it says stands where no document says
            return (member_unreadable.seen(detail=f"delta.{name}: {shown(piece)}", data=piece),)
    told = [name for name, value in delta.items() if value is not None]
    return unread(payload, frame.event) if told and not wire.DELTA_MEMBERS.intersection(told) else ()


def _only(members: wire.Members) -> msgspec.Struct | None:
    """The one member that an event has."""
    if members.content_block_delta is not None:
        return members.content_block_delta
    for name in wire.Members.__struct_fields__:
        value: msgspec.Struct | None = getattr(members, name)
        if value is not None:
            return value
    return None


def _tool(name: str, call_id: str) -> JsonObject:
    return {"name": name, "toolUseId": call_id}


def _rest(image: JsonObject) -> JsonObject:
    return {name: value for name, value in image.items() if name != "source"}
