"""Builds what a response consists of from the events that arrived: the bookkeeping behind `Response`.

Pieces are written into string buffers and joined once, when somebody looks. Nothing here judges the wire: that was the
ledger's work.
"""

from collections.abc import Callable, Mapping
from io import StringIO

import msgspec

from streamkit.drafts import ItemDraft, QuirkTally
from streamkit.errors import ErrorInfo
from streamkit.events import (
    AnnotationAdded,
    ArgumentsDelta,
    ErrorReported,
    Event,
    ItemFinished,
    ItemStarted,
    LogprobsAdded,
    MediaAdded,
    MetadataReported,
    PartReplaced,
    QuirkSeen,
    ReasoningDelta,
    RefusalDelta,
    ResponseFinished,
    ResponseStarted,
    SignatureReported,
    StreamEnded,
    TextDelta,
    ToolCallDropped,
    ToolCallReady,
    UsageReported,
)
from streamkit.items import Item, Usage
from streamkit.jsontypes import JsonObject

__all__ = ["Builder"]

ARGUMENTS, REASONING, SUMMARY = -1, -10, -1_000_000_000
"""Slots of the buffer that was written last, beside the content indexes of text: never negative on a sane wire."""


class Builder:
    """Takes events one by one; its attributes are the response so far."""

    def __init__(self) -> None:
        self.begun = False
        """Whether `ResponseStarted` was seen; the ledger always gives it, a stage of the user's may drop it."""
        self.dialect = ""
        self.response_id = ""
        self.model = ""
        self.metadata: JsonObject = {}
        self.drafts: dict[str, ItemDraft] = {}
        self.usage: Usage | None = None
        self.finished: ResponseFinished | None = None
        self.ended: StreamEnded | None = None
        self.errors: list[ErrorInfo] = []
        self.quirks: dict[str, QuirkTally] = {}
        self._hot_id: str | None = None
        self._hot_index = 0
        self._hot_write: Callable[[str], int] = StringIO().write

    def add(self, event: Event) -> None:
        """Take in one event, one of the caller's own classes as its base; what is not reported is passed over."""
        for kind in type(event).__mro__:
            take = self.takes.get(kind)
            if take is not None:
                take(self, event)
                return

    def _started(self, event: ResponseStarted) -> None:
        self.begun = True
        self.response_id = event.response_id
        self.model = event.model
        self.dialect = event.dialect
        self.metadata.update(event.metadata)

    def _reported(self, event: MetadataReported) -> None:
        self.response_id = event.response_id or self.response_id
        self.model = event.model or self.model
        self.dialect = event.dialect or self.dialect
        self.metadata.update(event.metadata)

    def _item_started(self, event: ItemStarted) -> None:
        self.drafts[event.item_id] = ItemDraft(event)

    def _draft(self, item_id: str, choice: int, kind: str) -> ItemDraft:
        draft = self.drafts.get(item_id)
        if draft is None:  # only a user's stage can do that: what it says is kept all the same
            draft = self.drafts[item_id] = ItemDraft(ItemStarted(item_id=item_id, choice=choice, type=kind))
        return draft

    def _text(self, event: TextDelta) -> None:
        if event.item_id is self._hot_id and event.index == self._hot_index:
            self._hot_write(event.text)
            return
        buffer = self._draft(event.item_id, event.choice, "message").part("text", event.index)
        buffer.write(event.text)
        self._hot_id = event.item_id
        self._hot_index = event.index
        self._hot_write = buffer.write

    def _refusal(self, event: RefusalDelta) -> None:
        self._draft(event.item_id, event.choice, "message").part("refusal", event.index).write(event.text)

    def _reasoning(self, event: ReasoningDelta) -> None:
        slot = REASONING - event.index if event.kind == "reasoning" else SUMMARY - event.index
        if event.item_id is self._hot_id and self._hot_index == slot:
            self._hot_write(event.text)
            return
        buffer = self._draft(event.item_id, event.choice, "reasoning").part(event.kind, event.index)
        buffer.write(event.text)
        self._hot_id = event.item_id
        self._hot_index = slot
        self._hot_write = buffer.write

    def _signature(self, event: SignatureReported) -> None:
        draft = self._draft(event.item_id, event.choice, "reasoning")
        draft.signature.append(event.signature)
        draft.signature_kind = event.kind

    def _arguments(self, event: ArgumentsDelta) -> None:
        if event.item_id is self._hot_id and self._hot_index == ARGUMENTS:
            self._hot_write(event.text)
            return
        buffer = self._draft(event.item_id, event.choice, "function_call").part("arguments", 0)
        buffer.write(event.text)
        self._hot_id = event.item_id
        self._hot_index = ARGUMENTS
        self._hot_write = buffer.write

    def _annotation(self, event: AnnotationAdded) -> None:
        self._draft(event.item_id, event.choice, "message").annotations.append(event.annotation)

    def _logprobs(self, event: LogprobsAdded) -> None:
        self._draft(event.item_id, event.choice, "message").logprobs += event.logprobs

    def _media(self, event: MediaAdded) -> None:
        draft = self._draft(event.item_id, event.choice, "message")
        if event.transcript:
            draft.part("transcript", 0).write(event.transcript)
        media = {"media_type": event.media_type, "data": event.data, "url": event.url, **event.details}
        draft.media.append({name: value for name, value in media.items() if value})

    def _replaced(self, event: PartReplaced) -> None:
        draft = self._draft(event.item_id, event.choice, "message")
        buffer = draft.parts[event.kind, event.index] = StringIO()
        buffer.write(event.text)
        if event.logprobs is not None:
            draft.logprobs = list(event.logprobs)
        self._hot_id = None

    def _item_finished(self, event: ItemFinished) -> None:
        draft = self._draft(event.item_id, event.choice, "message")
        draft.status = event.status
        draft.phase = event.phase or draft.phase
        draft.details.update(event.details)

    def _verdict(self, event: ToolCallReady | ToolCallDropped) -> None:
        draft = self._draft(event.item_id, event.choice, "function_call")
        draft.call = event.call
        draft.parts.pop(("arguments", 0), None)

    def _dropped(self, event: ToolCallDropped) -> None:
        call = event.call
        if call.state in ("complete", "repaired"):  # a stage of the user's drops a call that might be run
            call = msgspec.structs.replace(call, state="invalid", reason=call.reason or "dropped by a stage")
            event = msgspec.structs.replace(event, call=call)
        self._verdict(event)

    def _usage(self, event: UsageReported) -> None:
        self.usage = event.usage

    def _finished(self, event: ResponseFinished) -> None:
        self.finished = event

    def _error(self, event: ErrorReported) -> None:
        self.errors.append(event.error)

    def _quirk(self, event: QuirkSeen) -> None:
        tally = self.quirks.get(event.quirk)
        items = tally.item_ids if tally else ()
        if event.item_id and event.item_id not in items and len(items) < 100:
            items = (*items, event.item_id)
        if tally is None:
            tally = QuirkTally(
                id=event.quirk, effect=event.effect, count=1, detail=event.detail, item_ids=items, data=event.data
            )
        else:
            data = event.data if tally.data is None else tally.data
            tally = msgspec.structs.replace(tally, count=tally.count + 1, item_ids=items, data=data)
        self.quirks[event.quirk] = tally

    def _ended(self, event: StreamEnded) -> None:
        self.ended = event
        if event.error is not None and event.error not in self.errors:
            self.errors.append(event.error)

    def items(self) -> tuple[Item, ...]:
        """All items: in the order of the wire's indexes where every item has one, else as first seen (B14)."""
        drafts = [draft for draft in self.drafts.values() if not draft.hollow]
        if all(draft.position is not None for draft in drafts):
            drafts.sort(key=lambda draft: draft.position or 0)
        return tuple(draft.item() for draft in drafts)

    @property
    def usable(self) -> bool:
        """Whether anything arrived that a caller could use: text, reasoning, a call, media, a payload (C03)."""
        return any(
            draft.call is not None
            or draft.signature
            or draft.media
            or draft.type not in ("message", "reasoning")
            or any(buffer.tell() for buffer in draft.parts.values())
            for draft in self.drafts.values()
        )

    takes: Mapping[type[Event], Callable[..., None]] = {
        ResponseStarted: _started,
        MetadataReported: _reported,
        ItemStarted: _item_started,
        TextDelta: _text,
        RefusalDelta: _refusal,
        ReasoningDelta: _reasoning,
        SignatureReported: _signature,
        ArgumentsDelta: _arguments,
        AnnotationAdded: _annotation,
        LogprobsAdded: _logprobs,
        MediaAdded: _media,
        PartReplaced: _replaced,
        ItemFinished: _item_finished,
        ToolCallReady: _verdict,
        ToolCallDropped: _dropped,
        UsageReported: _usage,
        ResponseFinished: _finished,
        ErrorReported: _error,
        QuirkSeen: _quirk,
        StreamEnded: _ended,
    }
    """By class: what takes an event in."""
