"""Decoder of the `responses` dialect. It translates; the ledger keeps the books."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, get_args

import msgspec

from streamkit.dialects.base import DecoderOptions
from streamkit.dialects.logprobs import entries
from streamkit.dialects.payloads import Reading, read
from streamkit.dialects.refused import REFUSED
from streamkit.dialects.responses import wire
from streamkit.dialects.responses.items import AUDIO_DELTAS, claim_item, content_claim, start_item, text
from streamkit.dialects.responses.mending import REMOTE_DELTAS, mended, pieces
from streamkit.dialects.responses.others import other_frame, untyped_frame
from streamkit.dialects.responses.snapshots import SNAPSHOTS
from streamkit.dialects.responses.terminal import TERMINALS, read_terminal
from streamkit.dialects.responses.unclaimed import Unclaimed
from streamkit.dialects.surrogates import scrub_all
from streamkit.events import (
    AnnotationAdded,
    ArgumentsDelta,
    ErrorReported,
    Event,
    Key,
    LogprobsAdded,
    MetadataReported,
    ProviderEvent,
    ReasoningDelta,
    RefusalDelta,
    ResponseStarted,
    TextDelta,
)
from streamkit.evidence import EndMarker, ItemClaimed, NumberPassed, item_key
from streamkit.faults.events import error_events
from streamkit.frames import Frame
from streamkit.jsontypes import Json, JsonObject
from streamkit.quirks.responses import (
    index_missing,
    item_shape,
    type_conflict,
    type_from_event,
    unknown_event,
)
from streamkit.routing import Lane

__all__ = ["ResponsesDecoder"]

Events = Iterable[Event]

TEXT_DELTA = "response.output_text.delta"
decode = wire.FRAME.decode
TextDeltaFrame = wire.TextDeltaFrame
ARGUMENTS_DELTA = "response.function_call_arguments.delta"
ArgumentsDeltaFrame = wire.ArgumentsDeltaFrame
NAMES: dict[type, str] = {kind: str(kind.__struct_config__.tag) for kind in get_args(wire.FRAME.type)}
KNOWN_TYPES = frozenset(NAMES.values())
NO_HEAD = wire.ResponseHead()
UNFIT = (msgspec.ValidationError, UnicodeEncodeError)
"""What msgspec raises of a value that is no such frame; the second where half a character stands for a number."""


class ResponsesDecoder:
    """Frames of the Responses API to events."""

    handles = (Frame,)

    def __init__(self, options: DecoderOptions) -> None:
        self._unnumbered = False
        self._unclaimed = Unclaimed(options.limits.item)
        self._heard = False
        """Whether sound came in pieces."""
        self._item_id, self._item_index = "", -1
        self._item_key: Key = ("item", -1, "")
        """The key of the last item; at first that of a piece which names none."""
        self._typed_key: Key = None
        """The item whose type was said last, without an announcement of the wire's."""

    def feed(self, frame: Frame) -> Events:
        """What one frame means."""
        out = self._quick(frame)
        return (out,) if isinstance(out, Event) else out

    def _quick(self, frame: Frame) -> Event | Events:
        """A piece of text or arguments becomes its event; any other frame goes to what reads its kind."""
        try:
            message = decode(frame.data)
        except REFUSED:
            return self._measured(frame)
        kind = message.__class__
        name = frame.event
        if kind is TextDeltaFrame and (not name or name == TEXT_DELTA):
            if message.item_id != self._item_id or message.output_index != self._item_index:
                self._turn_to(message)
            return TextDelta(
                sequence_number=message.sequence_number,
                key=self._item_key,
                text=message.delta,
                index=message.content_index,
            )
        if kind is ArgumentsDeltaFrame and (not name or name == ARGUMENTS_DELTA):
            if message.item_id != self._item_id or message.output_index != self._item_index:
                self._turn_to(message)
            return ArgumentsDelta(sequence_number=message.sequence_number, key=self._item_key, text=message.delta)
        if name and name != NAMES[kind]:
            return [type_conflict.seen(detail=name), *self._table[kind](self, message)]
        return self._table[kind](self, message)

    def _turn_to(self, frame: wire.PieceFrame) -> None:
        """Remember the item of this frame: its pieces share one key."""
        self._item_id, self._item_index = frame.item_id, frame.output_index
        self._item_key = ("item", frame.output_index, frame.item_id)

    def close(self) -> Events:
        """What no item's snapshot repeated."""
        return self._unclaimed.release()

    # the typed path

    def _text(self, frame: wire.TextDeltaFrame | wire.MeasuredTextFrame) -> Events:
        key = ("item", frame.output_index, frame.item_id)
        return (TextDelta(sequence_number=frame.sequence_number, key=key, text=frame.delta, index=frame.content_index),)

    def _measured(self, frame: Frame) -> Events:
        """A piece of text with log probabilities; any other frame that the strict types refuse is read with care."""
        try:
            message = wire.MEASURED.decode(frame.data)
        except REFUSED:
            return self._tolerant(frame)
        out = [*self._text(message), self._logprobs(message, tuple(message.logprobs))]
        return [type_conflict.seen(detail=frame.event), *out] if frame.event and frame.event != TEXT_DELTA else out

    def _logprobs(self, frame: wire.TextDeltaFrame | wire.MeasuredTextFrame, told: tuple[Json, ...]) -> Event:
        key = ("item", frame.output_index, frame.item_id)
        return LogprobsAdded(sequence_number=frame.sequence_number, key=key, logprobs=told, index=frame.content_index)

    def _arguments(self, frame: wire.ArgumentsDeltaFrame) -> Events:
        key = ("item", frame.output_index, frame.item_id)
        return (ArgumentsDelta(sequence_number=frame.sequence_number, key=key, text=frame.delta),)

    def _custom(self, frame: wire.CustomDeltaFrame) -> Events:
        return self._typed(frame, "custom_tool_call")

    def _typed(self, frame: wire.ArgumentsDeltaFrame | wire.CustomDeltaFrame, item_type: str) -> Events:
        """A piece of arguments that are no function's: the first of an item says so, lest its start was lost (B05)."""
        key, number = ("item", frame.output_index, frame.item_id), frame.sequence_number
        delta = ArgumentsDelta(sequence_number=number, key=key, text=frame.delta)
        if key == self._typed_key:
            return (delta,)
        self._typed_key = key
        return (ItemClaimed(sequence_number=number, key=key, type=item_type, finish=False), delta)

    def _reasoning(self, frame: wire.ReasoningDeltaFrame) -> Events:
        key = ("item", frame.output_index, frame.item_id)
        sequence, index = frame.sequence_number, frame.content_index
        return (ReasoningDelta(sequence_number=sequence, key=key, text=frame.delta, index=index),)

    def _summary(self, frame: wire.SummaryDeltaFrame) -> Events:
        key = ("item", frame.output_index, frame.item_id)
        sequence, index = frame.sequence_number, frame.summary_index
        return (ReasoningDelta(sequence_number=sequence, key=key, text=frame.delta, kind="summary", index=index),)

    def _refusal(self, frame: wire.RefusalDeltaFrame) -> Events:
        key = ("item", frame.output_index, frame.item_id)
        sequence, index = frame.sequence_number, frame.content_index
        return (RefusalDelta(sequence_number=sequence, key=key, text=frame.delta, index=index),)

    def _annotation(self, frame: wire.AnnotationFrame) -> Events:
        key = ("item", frame.output_index, frame.item_id)
        sequence, index = frame.sequence_number, frame.content_index
        return (AnnotationAdded(sequence_number=sequence, key=key, annotation=frame.annotation, index=index),)

    def _added(self, frame: wire.ItemAddedFrame) -> Events:
        index = None if frame.output_index < 0 else frame.output_index
        started = start_item(frame.item, index, frame.sequence_number)
        spilled = self._unclaimed.announce(started.key, frame.item, started.type)
        if index is not None or self._unnumbered:
            return (started, *spilled)
        self._unnumbered = True
        return (index_missing.seen(detail="response.output_item.added"), started, *spilled)

    def _item_done(self, frame: wire.ItemDoneFrame) -> Events:
        index = None if frame.output_index < 0 else frame.output_index
        self._unclaimed.over(item_key(index, text(frame.item.get("id"))))
        return claim_item(frame.item, index, frame.sequence_number, heard=self._heard)

    def _created(self, frame: wire.CreatedFrame) -> Events:
        head = frame.response or NO_HEAD
        number, response_id = frame.sequence_number, head.id or ""
        return (ResponseStarted(sequence_number=number, response_id=response_id, model=head.model or ""),)

    def _progress(self, frame: wire.ProgressFrame | wire.QueuedFrame) -> Events:
        head = frame.response or NO_HEAD
        number, response_id = frame.sequence_number, head.id or ""
        return (MetadataReported(sequence_number=number, response_id=response_id, model=head.model or ""),)

    # the tolerant path

    def _tolerant(self, frame: Frame) -> Events:
        reading: Reading = read(frame)
        out: list[Event] = list(reading.events)
        if reading.error_text:
            out += error_events(reading.error_text)
        for payload in reading.objects:
            out += self._payload(payload, frame, surrogates=reading.surrogates)
        if reading.done:
            out.append(EndMarker(name="[DONE]", proof=False))
        failed = next((at for at, event in enumerate(out) if isinstance(event, ErrorReported)), None)
        if failed is not None:  # what was said before an error is no news behind it
            out[failed:failed] = self._unclaimed.release()
        return out

    def _payload(self, payload: JsonObject, frame: Frame, *, surrogates: bool) -> list[Event]:
        out: list[Event] = []
        name = payload.get("type")
        if not isinstance(name, str) or not name:
            if frame.event and frame.event != "message":
                name = frame.event
                payload["type"] = name
                out.append(type_from_event.seen(detail=name))
            else:
                return out + untyped_frame(payload)
        elif frame.event and frame.event != name:
            out.append(type_conflict.seen(detail=frame.event))
        sequence = payload.get("sequence_number")
        number = sequence if isinstance(sequence, int) and not isinstance(sequence, bool) else None
        if name in TERMINALS:
            return [*out, *self._unclaimed.release(), *read_terminal(payload, name, number)]
        if name == "error":
            return [*out, NumberPassed(sequence_number=number), *error_events(payload)]
        if name in KNOWN_TYPES:
            return out + self._mended(payload, name, surrogates=surrogates)
        return out + self._other(payload, name, number)

    def _mended(self, payload: JsonObject, name: str, *, surrogates: bool) -> list[Event]:
        """A known frame: read as it is where only its dress was odd, else with its members' types mended."""
        with suppress(*UNFIT):
            message: Any = msgspec.convert(payload, type=wire.FRAME.type)
            return list(self._table[message.__class__](self, message))
        fixed = mended(payload, name)
        if fixed is None:
            number = payload.get("sequence_number")
            return [NumberPassed(sequence_number=number if isinstance(number, int) else None)]
        told = entries(fixed.pop("logprobs", None)) if name == TEXT_DELTA else ()
        try:
            message = msgspec.convert(fixed, type=wire.FRAME.type)
        except UNFIT:
            return [unknown_event.seen(detail=name), ProviderEvent(name=name, data=payload)]
        quirks: list[Event] = [] if surrogates else [item_shape.seen(detail=name)]
        out = [*quirks, *self._table[message.__class__](self, message)]
        if told:
            out.append(self._logprobs(message, tuple(scrub_all(list(told))) if surrogates else told))
        return out

    def _other(self, payload: JsonObject, name: str, number: int | None) -> list[Event]:
        """A frame whose type the strict types do not list."""
        if name in REMOTE_DELTAS and isinstance(payload.get("delta"), str):
            told: JsonObject = {"type": ARGUMENTS_DELTA, **pieces(payload)}
            odd: list[Event] = []
            try:
                frame = msgspec.convert(told, type=wire.ArgumentsDeltaFrame)
            except UNFIT:
                frame = msgspec.convert(mended(told, ARGUMENTS_DELTA), type=wire.ArgumentsDeltaFrame)
                odd.append(item_shape.seen(detail=name))
            return [*odd, *self._typed(frame, "mcp_call")]
        self._heard = self._heard or name in AUDIO_DELTAS
        return other_frame(payload, name, number)

    def _snapshot(self, frame: Any) -> Events:
        if isinstance(frame, wire.PartFrame) and content_claim(frame.part, 0) is None:
            key = item_key(frame.output_index, frame.item_id)
            return [*self._unclaimed.part(key, frame.content_index, frame.part), *SNAPSHOTS[frame.__class__](frame)]
        return SNAPSHOTS[frame.__class__](frame)

    lanes: Mapping[type, Lane] = {Frame: _quick}
    """Frames without a tuple around what they mean."""
    _table: Mapping[type, Callable[..., Events]] = {
        wire.TextDeltaFrame: _text,
        wire.ArgumentsDeltaFrame: _arguments,
        wire.CustomDeltaFrame: _custom,
        wire.ReasoningDeltaFrame: _reasoning,
        wire.OpenReasoningDeltaFrame: _reasoning,
        wire.SummaryDeltaFrame: _summary,
        wire.EarlySummaryDeltaFrame: _summary,
        wire.RefusalDeltaFrame: _refusal,
        **dict.fromkeys(SNAPSHOTS, _snapshot),
        wire.AnnotationFrame: _annotation,
        wire.ItemAddedFrame: _added,
        wire.ItemDoneFrame: _item_done,
        wire.CreatedFrame: _created,
        wire.ProgressFrame: _progress,
        wire.QueuedFrame: _progress,
    }
