"""Decoder of the `gemini-interactions` dialect. It translates; the ledger keeps the books."""

from collections.abc import Callable, Iterable
from contextlib import suppress

from streamkit.dialects.base import DecoderOptions
from streamkit.dialects.interactions.pieces import (
    ITEM_TYPES,
    MEDIA,
    SHAPE,
    medium,
    members_of,
    opening_events,
    running_usage,
    summary_text,
    usage_events,
)
from streamkit.dialects.interactions.wire import (
    FRAME,
    Completed,
    Created,
    Delta,
    Failed,
    Interaction,
    StatusUpdate,
    StepDelta,
    StepStart,
    StepStop,
)
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
    ReasoningDelta,
    ResponseStarted,
    SignatureReported,
    TextDelta,
)
from streamkit.evidence import FinishClaimed, ItemClaimed
from streamkit.faults import provider_error
from streamkit.frames import Frame
from streamkit.items import FinishReason, Status
from streamkit.jsontypes import Json, JsonObject
from streamkit.quirks.anthropic import block_index_missing
from streamkit.quirks.chat import finish_unknown

__all__ = ["InteractionsDecoder"]

Events = Iterable[Event]

OUTCOMES: dict[str, tuple[FinishReason, Status]] = {
    "completed": ("stop", "completed"),
    "requires_action": ("tool_calls", "completed"),
    "incomplete": ("unknown", "incomplete"),
    "failed": ("error", "failed"),
    "cancelled": ("cancelled", "cancelled"),
    "budget_exceeded": ("length", "incomplete"),
    "requires_continuation": ("pause", "incomplete"),
}
ASKED_AND_FOUND = (
    "arguments",
    "result",
    "content",
    "name",
    "id",
    "call_id",
    "is_error",
    "server_name",
    "retrieval_type",
    "search_type",
)
"""What deltas of a server-side tool say."""

SERVER_SIDE = ("_call", "_result")
"""How the deltas of a server-side tool are called."""


class UnheardError(Exception):
    """A delta of a kind that is not known here."""


class InteractionsDecoder:
    """Events of an interaction to events."""

    handles = (Frame,)

    def __init__(self, options: DecoderOptions) -> None:
        del options
        self._calls = KeyedCalls()
        self._keys: dict[int, Key] = {}
        self._index = -1
        """The index of the step that began last."""
        self._halves = Halves()
        self._table: dict[type, Callable[[Json], Events]] = {
            StepDelta: self._piece,
            StepStart: lambda event: [*running_usage(event.metadata), *self._start(event)],
            StepStop: self._stop,
            Created: self._created,
            Completed: lambda event: [*running_usage(event.metadata), *self._completed(event)],
            StatusUpdate: lambda event: [*running_usage(event.metadata), *usage_events(event.usage)],
            Failed: lambda event: (ErrorReported(error=provider_error({"error": event.error})),),
        }
        for kind in tuple(self._table):
            self._table.update(dict.fromkeys(kind.__subclasses__(), self._table[kind]))

    def feed(self, frame: Frame) -> Events:
        """What one frame means."""
        try:
            event = FRAME.decode(frame.data)
        except REFUSED:
            return self._tolerant(frame)
        try:
            return self._table[event.__class__](event)
        except UnheardError:
            return self._tolerant(frame)

    def close(self) -> Events:
        """Half a character that was held back."""
        return self._halves.flush()

    def _tolerant(self, frame: Frame) -> Events:
        return tolerant(frame, self._halves, self._odd)

    def _odd(self, payload: JsonObject) -> list[Event]:
        event, quirks = reshape(payload, FRAME)
        told = json_word(payload.get("event_type"))
        if event is None and told.startswith(("step.", "content.")):
            if payload.get("index") is None:
                quirks.append(block_index_missing.seen(detail=told))
            event, _ = reshape({**payload, "index": max(0, self._index + told.endswith(".start"))}, FRAME)
        if event is not None:
            with suppress(UnheardError):
                return [*quirks, *self._table[event.__class__](event)]
        return unread(payload, told)

    def _created(self, event: Created) -> Events:
        head = event.interaction or Interaction()
        return (ResponseStarted(response_id=head.id or "", model=head.model or ""),)

    def _start(self, event: StepStart) -> Events:
        index = self._index = event.index
        step = event.step or event.content or {}
        kind = json_word(step.get("type"))
        out: list[Event] = []
        if kind == "function_call":
            if step.get("name"):
                self._begin(index, json_word(step["name"]), json_word(step.get("id")), out)
                out += self._given(index, step.get("arguments"))
        else:
            item_type = ITEM_TYPES.get(kind) or kind or "message"
            details = (
                {} if kind in ITEM_TYPES else {name: value for name, value in step.items() if value and name != "type"}
            )
            out.append(ItemStarted(key=index, type=item_type, details=details))
            out += opening_events(index, step)
            if item_type == "message" and step.get("error"):
                out.append(ErrorReported(error=provider_error({"error": step["error"]})))
        if step.get("signature"):
            out.append(SignatureReported(key=self._keys.get(index, index), signature=json_word(step["signature"])))
        return out

    def _begin(self, index: int, name: str, call_id: str, out: list[Event]) -> None:
        self._keys[index] = self._calls.begin(0, name, call_id, None, out)

    def _given(self, index: int, arguments: Json) -> list[Event]:
        """A piece of argument text, or all arguments as an object; the empty object of a start only announces."""
        if not arguments:
            return []
        text = arguments if isinstance(arguments, str) else json_text(arguments)
        return [ArgumentsDelta(key=self._keys.get(index, index), text=text)]

    def _piece(self, event: StepDelta) -> Events:
        """A piece of a step, and the count of tokens that may stand beside it."""
        if event.metadata is None:
            return self._delta(event.delta, event.index)
        return [*self._delta(event.delta, event.index), *running_usage(event.metadata)]

    def _delta(self, delta: Delta, index: int) -> Events:
        match delta.type:
            case "text":
                if self._halves.met:
                    return self._halves.delta(delta.text or "", key=index)
                return (TextDelta(key=index, text=delta.text),) if delta.text else ()
            case "thought_summary":
                if (shown := medium(index, delta.content, thought=True)) is not None:
                    return (shown,)
                text = scrub(summary_text(delta)) if self._halves.met else summary_text(delta)
                return (ReasoningDelta(key=index, text=text, kind="summary"),) if text else ()
            case "thought_signature":
                return (SignatureReported(key=index, signature=delta.signature),) if delta.signature else ()
            case "arguments_delta":
                return self._given(index, delta.arguments)
            case "function_call":
                return self._called(index, delta)
            case "text_annotation" | "text_annotation_delta":
                return [AnnotationAdded(key=index, annotation=annotation) for annotation in delta.annotations or ()]
            case kind if kind in MEDIA:
                media_type, data, url = delta.mime_type or kind, delta.data or "", delta.uri or ""
                return (
                    MediaAdded(key=index, media_type=media_type, data=data, url=url, details=members_of(delta, SHAPE)),
                )
            case kind if kind.endswith(SERVER_SIDE):
                return self._server_side(index, delta)
            case _:
                raise UnheardError

    def _called(self, index: int, delta: Delta) -> Events:
        """A whole call in one delta, as the older events have it."""
        out: list[Event] = []
        if index not in self._keys:
            self._begin(index, delta.name or "", delta.id or "", out)
        arguments = "{}" if delta.arguments == {} else delta.arguments
        return out + self._given(index, arguments)

    def _server_side(self, index: int, delta: Delta) -> Events:
        """What a tool of the server was asked, or what it found."""
        details = members_of(delta, ASKED_AND_FOUND)
        out: list[Event] = [ItemClaimed(key=index, type=delta.type or "message", details=details, finish=False)]
        if delta.signature:
            out.append(SignatureReported(key=index, signature=delta.signature))
        return out

    def _stop(self, event: StepStop) -> Events:
        finished = ItemFinished(key=self._keys.pop(event.index, event.index))
        return [*self._halves.flush(), finished, *running_usage(event.metadata), *usage_events(event.usage)]

    def _completed(self, event: Completed) -> Events:
        told = event.interaction or Interaction()
        out = self._halves.flush()
        out.append(MetadataReported(response_id=told.id or "", model=told.model or ""))
        out += usage_events(told.usage)
        raw = told.status or ""
        if told.error or raw == "failed":
            out.append(ErrorReported(error=provider_error({"error": told.error or {"message": "interaction failed"}})))
        outcome = OUTCOMES.get(raw)
        if outcome is None:
            out.append(finish_unknown.seen(detail=raw))
        reason, status = outcome or ("unknown", None)
        out.append(
            FinishClaimed(
                finish_reason=reason, raw_finish_reason=raw, status=status, neutral=reason == "stop", terminal=True
            )
        )
        return out
