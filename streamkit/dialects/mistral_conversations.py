"""The `mistral-conversations` dialect: the event stream of Mistral's conversations and agents."""

from collections.abc import Callable, Iterable
from typing import get_args

import msgspec

from streamkit.dialects.base import CERTAIN, NO, DecoderOptions, Dialect
from streamkit.dialects.counting import read_usage
from streamkit.dialects.json_text import json_text, json_word
from streamkit.dialects.keyed_calls import KeyedCalls
from streamkit.dialects.payloads import scrub
from streamkit.dialects.refused import REFUSED
from streamkit.dialects.reshaping import reshape
from streamkit.dialects.tolerance import Halves, tolerant, unread
from streamkit.events import (
    AnnotationAdded,
    ArgumentsDelta,
    ErrorReported,
    Event,
    ItemFinished,
    ItemStarted,
    Key,
    MediaAdded,
    MetadataReported,
    ProviderEvent,
    ReasoningDelta,
    ResponseStarted,
    SignatureReported,
    TextDelta,
    UsageReported,
)
from streamkit.evidence import FinishClaimed, ItemClaimed
from streamkit.faults import provider_error
from streamkit.frames import Frame
from streamkit.jsontypes import Json, JsonArray, JsonObject, is_array, is_object
from streamkit.quirks.reshaping import frame_unrecognised
from streamkit.quirks.responses import type_from_event

__all__ = ["MISTRAL_CONVERSATIONS", "MistralConversationsDecoder"]

Events = Iterable[Event]


class Started(msgspec.Struct, gc=False, tag="conversation.response.started"):
    conversation_id: str | None = None


class Done(msgspec.Struct, gc=False, tag="conversation.response.done"):
    usage: Json = None


class Failed(msgspec.Struct, gc=False, tag="conversation.response.error"):
    message: Json = None
    code: Json = None


class Output(msgspec.Struct, gc=False, tag="message.output.delta"):
    id: str = ""
    output_index: int = 0
    content_index: int = 0
    content: str | JsonObject | None = None
    model: str | None = None


class Function(msgspec.Struct, gc=False, tag="function.call.delta"):
    id: str = ""
    name: str | None = None
    tool_call_id: str | None = None
    arguments: Json = None
    confirmation_status: str | None = None


class ToolStarted(msgspec.Struct, gc=False, tag="tool.execution.started"):
    id: str = ""
    name: str | None = None
    arguments: Json = None


class ToolDelta(msgspec.Struct, gc=False, tag="tool.execution.delta"):
    id: str = ""
    name: str | None = None
    arguments: Json = None


class ToolDone(msgspec.Struct, gc=False, tag="tool.execution.done"):
    id: str = ""
    name: str | None = None
    info: Json = None


class HandoffStarted(msgspec.Struct, gc=False, tag="agent.handoff.started"):
    id: str = ""
    previous_agent_id: str | None = None
    previous_agent_name: str | None = None


class HandoffDone(msgspec.Struct, gc=False, tag="agent.handoff.done"):
    id: str = ""
    next_agent_id: str | None = None
    next_agent_name: str | None = None


ConversationEvent = (
    Output | Function | Started | Done | Failed | ToolStarted | ToolDelta | ToolDone | HandoffStarted | HandoffDone
)
FRAME: msgspec.json.Decoder[ConversationEvent] = msgspec.json.Decoder(ConversationEvent)


class MistralConversationsDecoder:
    """Events of a conversation to events."""

    handles = (Frame,)

    def __init__(self, options: DecoderOptions) -> None:
        del options
        self._calls = KeyedCalls()
        self._keys: dict[str, Key] = {}
        self._model: str | None = None
        self._halves = Halves()
        self._table: dict[type, Callable[[Json], Events]] = {
            Output: self._output,
            Function: self._function,
            Started: self._started,
            Done: self._done,
            Failed: lambda event: (
                ErrorReported(error=provider_error({"message": event.message, "code": event.code})),
            ),
            ToolStarted: self._tool_started,
            ToolDelta: lambda event: _asked(event.id, event.arguments),
            ToolDone: self._tool_done,
            HandoffStarted: lambda event: [ItemStarted(key=event.id, type="agent.handoff", details=_members(event))],
            HandoffDone: lambda event: [ItemFinished(key=event.id, details=_members(event))],
        }

    def feed(self, frame: Frame) -> Events:
        """What one frame means."""
        try:
            event = FRAME.decode(frame.data)
        except REFUSED:
            return self._tolerant(frame)
        return self._table[event.__class__](event)

    def close(self) -> Events:
        """Half a character that was held back."""
        return self._halves.flush()

    def _tolerant(self, frame: Frame) -> Events:
        return tolerant(frame, self._halves, lambda payload: self._odd(payload, frame.event))

    def _odd(self, payload: JsonObject, name: str) -> list[Event]:
        out: list[Event] = []
        if not payload.get("type") and name:
            payload = {"type": name, **payload}
            out.append(type_from_event.seen(detail=name))
        event, quirks = reshape(payload, FRAME)
        if event is not None:
            return [*out, *quirks, *self._table[event.__class__](event)]
        return out + unread(payload, json_word(payload.get("type")))

    def _started(self, event: Started) -> Events:
        return (ResponseStarted(metadata={"conversation_id": event.conversation_id}),)

    def _output(self, event: Output) -> Events:
        key = event.id or event.output_index
        content = event.content
        if isinstance(content, str) and event.model == self._model and not self._halves.met:
            return (TextDelta(key=key, text=content, index=event.content_index),) if content else ()
        out: list[Event] = []
        if event.model and event.model != self._model:
            self._model = event.model
            out.append(MetadataReported(model=event.model))
        if isinstance(content, str):
            if self._halves.met:
                out += self._halves.delta(content, key=key)
            elif content:
                out.append(TextDelta(key=key, text=content, index=event.content_index))
        elif content is not None:
            out += _part(key, _scrubbed(content) if self._halves.met else content, event.content_index)
        return out

    def _function(self, event: Function) -> Events:
        out: list[Event] = []
        name = event.tool_call_id or event.id
        key = self._keys.get(name)
        if key is None:
            asked = event.confirmation_status
            extra: JsonObject | None = {"confirmation_status": asked} if asked else None
            key = self._keys[name] = self._calls.begin(0, event.name or "", event.tool_call_id or "", extra, out)
        arguments = event.arguments
        text = arguments if isinstance(arguments, str) else "" if arguments is None else json_text(arguments)
        if text:
            out.append(ArgumentsDelta(key=key, text=text))
        return out

    def _tool_started(self, event: ToolStarted) -> Events:
        name = event.name or ""
        return [
            ItemStarted(key=event.id, type="tool.execution", name=name, details={"name": name}),
            *_asked(event.id, event.arguments),
        ]

    def _tool_done(self, event: ToolDone) -> Events:
        return [ItemFinished(key=event.id, details={} if event.info is None else {"info": event.info})]

    def _done(self, event: Done) -> Events:
        out = self._halves.flush()
        usage, quirks = read_usage(event.usage)
        out += quirks
        if usage is not None:
            out.append(UsageReported(usage=usage))
        out.append(FinishClaimed(finish_reason="stop", neutral=True, terminal=True))
        return out


def _part(key: Key, part: JsonObject, index: int) -> list[Event]:
    """A typed piece of content (E30, F11, F12)."""
    match part.get("type"):
        case "text":
            return [TextDelta(key=key, text=text, index=index)] if (text := _text(part.get("text"))) else []
        case "thinking":
            thoughts = part.get("thinking")
            return _thoughts(("thinking", str(key)), thoughts if is_array(thoughts) else [{"text": thoughts}], part)
        case "tool_reference" | "reference" | "document_url":
            return [AnnotationAdded(key=key, annotation=part, index=index)]
        case "image_url" | "tool_file" as kind:
            image = part.get("image_url")
            url = _text(image.get("url") if is_object(image) else image)
            return [MediaAdded(key=key, media_type="image" if kind == "image_url" else "file", url=url, details=part)]
        case _:
            return [frame_unrecognised.seen(data=part), ProviderEvent(name="content", data=part)]


def _thoughts(key: Key, pieces: JsonArray, part: JsonObject) -> list[Event]:
    """Thoughts, what they refer to, and the seal on them."""
    objects = [piece for piece in pieces if is_object(piece)]
    out: list[Event] = []
    if text := "".join(_text(piece.get("text")) for piece in objects):
        out.append(ReasoningDelta(key=key, text=text))
    sources = [piece for piece in objects if piece.get("type") in ("reference", "tool_reference")]
    if sources:
        out.append(ItemClaimed(key=key, type="reasoning", finish=False))
    out += (AnnotationAdded(key=key, annotation=source) for source in sources)
    if signature := _text(part.get("signature")):
        out.append(SignatureReported(key=key, signature=signature))
    return out


def _scrubbed(part: JsonObject) -> JsonObject:
    text = part.get("text")
    return {**part, "text": scrub(text)} if isinstance(text, str) else part


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _asked(key: str, arguments: Json) -> list[Event]:
    text = arguments if isinstance(arguments, str) else "" if arguments is None else json_text(arguments)
    return [ArgumentsDelta(key=key, text=text)] if text else []


def _members(event: msgspec.Struct) -> JsonObject:
    told: JsonObject = msgspec.structs.asdict(event)
    return {name: value for name, value in told.items() if value is not None and name != "id"}


class Head(msgspec.Struct, gc=False):
    type: str | None = None


HEAD = msgspec.json.Decoder(Head)
TYPES = frozenset(str(kind.__struct_config__.tag) for kind in get_args(ConversationEvent))


def recognise(frame: Frame) -> int:
    """How sure a frame makes it that this is a Mistral conversation: by its type."""
    try:
        return CERTAIN if HEAD.decode(frame.data).type in TYPES else NO
    except REFUSED:
        return NO


MISTRAL_CONVERSATIONS = Dialect(
    name="mistral-conversations",
    title="Mistral Conversations",
    framing="sse",
    decoder=MistralConversationsDecoder,
    recognise=recognise,
    ends=("conversation.response.done",),
)
