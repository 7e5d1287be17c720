"""The `assistants` dialect: OpenAI's Assistants API, `thread.*` events of a run.

A run has steps; a step makes a message or calls tools. Messages and calls become items. Calls of tools that the server
runs keep the wire's word for them (`code_interpreter`, `file_search`); a `function` that comes with a finished step and
was not called in this stream has been answered before and is none of the client's any more.
"""

from typing import cast

import msgspec

from streamkit.dialects.assistant_parts import Part, call_claim, call_start, message_claim, part_events
from streamkit.dialects.base import CERTAIN, NO, DecoderOptions, Dialect
from streamkit.dialects.counting import read_usage
from streamkit.dialects.plain import Events, PlainDecoder, finish, foreign
from streamkit.dialects.refused import REFUSED
from streamkit.events import (
    AnnotationAdded,
    ArgumentsDelta,
    Event,
    ItemStarted,
    Key,
    MetadataReported,
    ResponseStarted,
    TextDelta,
    UsageReported,
)
from streamkit.evidence import FinishClaimed
from streamkit.faults.events import error_events
from streamkit.frames import Frame
from streamkit.items import FinishReason, Status
from streamkit.jsontypes import Json, JsonObject, is_array, is_object

__all__ = ["ASSISTANTS", "AssistantsDecoder"]


class MessageContent(msgspec.Struct, gc=False):
    """What a message delta brings."""

    content: list[Part]


class MessageDelta(msgspec.Struct, gc=False, tag_field="object", tag="thread.message.delta"):
    """A piece of a message: the frame of which there are many."""

    id: str
    delta: MessageContent


class StepDelta(msgspec.Struct, gc=False, tag_field="object", tag="thread.run.step.delta"):
    """A piece of a step; only tagged here, its handler reads it untyped."""


class Run(msgspec.Struct, gc=False, tag_field="object", tag="thread.run"):
    """The run's state."""


class Step(msgspec.Struct, gc=False, tag_field="object", tag="thread.run.step"):
    """A step's state."""


class Message(msgspec.Struct, gc=False, tag_field="object", tag="thread.message"):
    """A message's state."""


class Thread(msgspec.Struct, gc=False, tag_field="object", tag="thread"):
    """The thread was made."""


FRAME = msgspec.json.Decoder(MessageDelta | StepDelta | Run | Step | Message | Thread)

OPEN = frozenset({"queued", "in_progress", "cancelling"})
ENDS: dict[str, tuple[FinishReason, Status]] = {
    "completed": ("stop", "completed"),
    "requires_action": ("tool_calls", "completed"),
    "cancelled": ("cancelled", "cancelled"),
    "failed": ("error", "failed"),
    "expired": ("error", "failed"),
}
"""What the last state of a run means."""


class AssistantsDecoder(PlainDecoder):
    """Events of an assistant's run to events."""

    def __init__(self, options: DecoderOptions) -> None:
        super().__init__(options)
        self._started = False
        self._messages: set[str] = set()
        self._calls: dict[tuple[str, int], Key] = {}
        """Keys of the calls by step and index, which is all that later pieces of a call name."""

    def feed(self, frame: Frame) -> Events:
        """What one frame means."""
        try:
            message = FRAME.decode(frame.data)
        except REFUSED:
            return self.tolerant(frame)
        if type(message) is not MessageDelta:
            try:
                payload = msgspec.json.decode(frame.data)
            except REFUSED:
                return self.tolerant(frame)
            return self.payload(payload, frame.event)
        parts = message.delta.content
        text = parts[0].text if len(parts) == 1 and not self.joiner.pending else None
        if text is not None and not text.annotations:
            return (TextDelta(key=message.id, text=text.value, index=parts[0].index),) if text.value else ()
        return self._parts(message.id, parts)

    def payload(self, payload: JsonObject, name: str) -> list[Event]:
        """A frame that the types only tag, or that they refuse."""
        match payload.get("object"):
            case "thread":
                return [MetadataReported(metadata={"thread_id": payload.get("id")})]
            case "thread.run":
                return self._run(payload)
            case "thread.run.step":
                return self._step(payload)
            case "thread.run.step.delta":
                return self._step_delta(payload)
            case "thread.message":
                return self._message(payload)
            case "thread.message.delta":
                return self._message_delta(payload)
            case _:
                return foreign(payload, name)

    def _run(self, run: JsonObject) -> list[Event]:
        out: list[Event] = []
        if not self._started:
            self._started = True
            thread = {"thread_id": run["thread_id"]} if run.get("thread_id") else {}
            out.append(
                ResponseStarted(response_id=_text(run.get("id")), model=_text(run.get("model")), metadata=thread)
            )
        status = _text(run.get("status"))
        if status in OPEN:
            return out
        usage, quirks = read_usage(run.get("usage"))
        out += quirks
        if usage is not None:
            out.append(UsageReported(usage=usage))
        if status == "requires_action":
            out += self._wanted(run.get("required_action"))
        if run.get("last_error"):
            out += error_events({"error": run["last_error"]})
        if status == "incomplete":
            return out + self._incomplete(run.get("incomplete_details"))
        if status in ENDS:
            reason, worth = ENDS[status]
            claim = FinishClaimed(finish_reason=reason, raw_finish_reason=status, status=worth, terminal=True)
            return [*out, claim]
        return out + finish(status, terminal=True)

    def _incomplete(self, details: Json) -> list[Event]:
        word = _text(details.get("reason")) if is_object(details) else ""
        reason: FinishReason = "content_filter" if word == "content_filter" else "length"
        raw = f"incomplete:{word}" if word else "incomplete"
        return [FinishClaimed(finish_reason=reason, raw_finish_reason=raw, status="incomplete", terminal=True)]

    def _wanted(self, action: Json) -> list[Event]:
        """The calls that the client is to run, as the run itself lists them."""
        wanted = action.get("submit_tool_outputs") if is_object(action) else None
        calls = wanted.get("tool_calls") if is_object(wanted) else None
        out: list[Event] = []
        for call in calls if is_array(calls) else []:
            if is_object(call):
                out.append(call_claim(call, _call_key(call, "", len(out))))
        return out

    def _step(self, step: JsonObject) -> list[Event]:
        """A finished step's calls, whole; every other state of a step says nothing new."""
        details = step.get("step_details")
        calls = details.get("tool_calls") if is_object(details) else None
        if step.get("status") != "completed" or not is_array(calls):
            return []
        out: list[Event] = []
        for index, call in enumerate(calls):
            if is_object(call):
                place = (_text(step.get("id")), index)
                known = self._calls.get(place)
                key = known if known is not None else _call_key(call, *place)
                out.append(call_claim(call, key, answered=known is None))
        return out

    def _step_delta(self, payload: JsonObject) -> list[Event]:
        delta = payload.get("delta")
        details = delta.get("step_details") if is_object(delta) else None
        calls = details.get("tool_calls") if is_object(details) else None
        out: list[Event] = []
        for slot, call in enumerate(calls if is_array(calls) else []):
            if is_object(call):
                index = call.get("index")
                place = (_text(payload.get("id")), index if isinstance(index, int) else slot)
                out += self._call_piece(call, place)
        return out

    def _call_piece(self, call: JsonObject, place: tuple[str, int]) -> list[Event]:
        out: list[Event] = []
        key = self._calls.get(place)
        if key is None:
            key = self._calls[place] = _call_key(call, *place)
            out.append(call_start(call, key))
        about = call.get(_text(call.get("type")))
        if not is_object(about):
            return out
        text = _text(about.get("arguments")) or _text(about.get("input"))
        if self.joining or self.joiner.pending:
            text = self.joiner.join(("call", *place), text)
        if text:
            out.append(ArgumentsDelta(key=key, text=text))
        outputs = about.get("outputs")
        out += [AnnotationAdded(key=key, annotation=output) for output in (outputs if is_array(outputs) else [])]
        return out

    def _message(self, message: JsonObject) -> list[Event]:
        """A message's state: its start, once, or its own snapshot."""
        key = _text(message.get("id"))
        status = message.get("status")
        if status in ("completed", "incomplete"):
            return message_claim(message, key)
        if key in self._messages:
            return []
        self._messages.add(key)
        return [ItemStarted(key=key, item_id=key, type="message")]

    def _message_delta(self, payload: JsonObject) -> list[Event]:
        """A message delta with odd members."""
        key = _text(payload.get("id"))
        delta = payload.get("delta")
        content = delta.get("content") if is_object(delta) else None
        notes: list[Event] = []
        values: list[Json] = content if is_array(content) else []
        parts = [Part.read(value, slot, notes) for slot, value in enumerate(values)]
        return notes + self._parts(key, parts)

    def _parts(self, key: str, parts: list[Part]) -> list[Event]:
        out: list[Event] = []
        for part in parts:
            if part.text is not None and (self.joining or self.joiner.pending):
                part.text.value = self.joiner.join(("text", key, part.index), part.text.value or "")
            out += part_events(key, part)
        return out

    def close(self) -> Events:
        """Halves of characters that nothing followed."""
        for channel, text in self.joiner.flush():
            kind, name, index = cast("tuple[str, str, int]", channel)  # the channels made above
            if kind == "call":
                yield ArgumentsDelta(key=self._calls[name, index], text=text)
            else:
                yield TextDelta(key=name, text=text, index=index)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _call_key(call: JsonObject, step: str, index: int) -> Key:
    """A call's own id, or its place where it has none."""
    name = _text(call.get("id"))
    return ("call", name) if name else (step, index)


def recognise(frame: Frame) -> int:
    """How sure a frame makes it that this is an assistant's run."""
    data = frame.data[:4096]
    named = b'"object":"thread' in data or b'"object": "thread' in data
    return CERTAIN if named or frame.event.startswith("thread.") else NO


ASSISTANTS = Dialect(
    name="assistants",
    title="OpenAI Assistants",
    framing="sse",
    decoder=AssistantsDecoder,
    recognise=recognise,
    ends=("thread.run.completed", "thread.run.requires_action", "[DONE]"),
)
"""Runs of the Assistants API."""
