"""The response: one value, built from the events that arrived.

The terminal frame's claim about the whole output is never taken: no event has a field for it.
"""

import re
from collections.abc import Iterable
from typing import cast

import msgspec

from streamkit.builder import Builder
from streamkit.drafts import QuirkTally
from streamkit.errors import ErrorInfo, UsageError
from streamkit.events import Ending, Event, ResponseFinished
from streamkit.items import FinishReason, Item, Status, ToolCall, Usage
from streamkit.jsontypes import JsonObject, make_strict

__all__ = ["Choice", "Response"]

ASIDE_PHASES = frozenset({"commentary", "analysis"})
"""Phases of messages that are not the answer (B15)."""

COMMENT = re.compile(r"<!--.*?(?:-->|$)", re.DOTALL)
"""A comment of HTML, which no reader of rendered text sees (C41)."""

STRENGTH: tuple[FinishReason, ...] = (
    "error",
    "content_filter",
    "length",
    "refusal",
    "pause",
    "tool_calls",
    "stop",
    "truncated",
    "cancelled",
    "unknown",
)
"""Finish reasons, strongest first (C12)."""

STATUS_OF_ENDING: dict[Ending, Status] = {
    "completed": "completed",
    "incomplete": "incomplete",
    "failed": "failed",
    "cancelled": "cancelled",
    "truncated": "incomplete",
    "stalled": "incomplete",
    "disconnected": "incomplete",
    "refused": "failed",
}


class Choice(msgspec.Struct, kw_only=True, frozen=True):
    """One alternative answer (Chat `n`, Gemini candidates; B30)."""

    index: int
    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    dropped_calls: tuple[ToolCall, ...] = ()
    finish_reason: FinishReason = "unknown"
    raw_finish_reason: str = ""


class Response(msgspec.Struct, kw_only=True, frozen=True):
    """What a stream said, as far as it has arrived. Readable at any moment, also after a failure.

    Attributes:
        id: the provider's id of the response.
        model: the model that answered, as the wire names it.
        dialect: the dialect that was read.
        status: `in_progress`, `completed`, `incomplete`, `failed` or `cancelled`.
        finish_reason: why the answer ended, in one vocabulary for all dialects.
        raw_finish_reason: the same in the provider's own word.
        text: the visible answer of choice 0, nothing inserted; commentary is not in it.
        reasoning: readable reasoning of choice 0, nothing inserted.
        refusal: what the model said instead of an answer.
        tool_calls: calls of choice 0 that may be run: `complete` and `repaired`.
        dropped_calls: calls that must not be run: `truncated` and `invalid`, with the reason.
        items: all output items in order, of all choices.
        choices: every choice, where the wire had several; empty for one.
        usage: counts in tokens; None where the provider gave none.
        errors: what went wrong, in order.
        quirks: every tolerance that was needed, with how often it was.
        metadata: what else the provider said of the response, under its own names.
        finish_details: stop sequence, incomplete details, filter results, as the wire says them.
        terminal_seen: whether the wire itself said that the answer was over.
        ending: how the stream ended; None while it runs.
    """

    id: str = ""
    model: str = ""
    dialect: str = ""
    status: Status = "in_progress"
    finish_reason: FinishReason = "unknown"
    raw_finish_reason: str = ""
    """The provider's own word (Responses: the status, with `:reason` when incomplete)."""
    text: str = ""
    """The visible answer of choice 0: text parts joined in order, nothing inserted; commentary is not in it (B15)."""
    reasoning: str = ""
    """Readable reasoning of choice 0, joined in order, nothing inserted."""
    refusal: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    """Calls of choice 0 that may be run: `complete` and `repaired`."""
    dropped_calls: tuple[ToolCall, ...] = ()
    """Calls that must not be run: `truncated` and `invalid`, with the reason."""
    items: tuple[Item, ...] = ()
    """All output items in order, of all choices."""
    choices: tuple[Choice, ...] = ()
    """Every choice, where the wire had several."""
    usage: Usage | None = None
    errors: tuple[ErrorInfo, ...] = ()
    quirks: tuple[QuirkTally, ...] = ()
    """Every tolerance that was needed, in the order of first sight."""
    metadata: JsonObject = {}
    finish_details: JsonObject = {}
    """Stop sequence, incomplete details, filter results, as the wire says them."""
    terminal_seen: bool = False
    """Whether the wire itself said that the answer was over."""
    ending: Ending | None = None
    """How the stream ended; None while it runs."""

    @property
    def empty(self) -> bool:
        """Whether the stream ended well and yet brought nothing at all (H17)."""
        if self.ending != "completed" or self.errors:
            return False
        return not (self.text or self.reasoning or self.refusal or self.tool_calls or self.dropped_calls) and not any(
            item.media or item.signature or item.type not in ("message", "reasoning") for item in self.items
        )

    @property
    def visible(self) -> bool:
        """Whether the text has a character that a reader would see (C41)."""
        return any(c.isprintable() and not c.isspace() for c in COMMENT.sub("", self.text))

    @property
    def thought(self) -> bool:
        """Whether there is reasoning, be it readable or not (E19)."""
        return bool(self.reasoning) or any(item.type == "reasoning" and item.signature for item in self.items)

    @property
    def needs_continuation(self) -> bool:
        """Whether the turn ended with reasoning only, or was paused: the caller has to go on (C07, C36)."""
        silent = not (self.text or self.refusal or self.tool_calls or any(item.media for item in self.items))
        return self.finish_reason == "pause" or (self.finish_reason == "stop" and silent and self.thought)

    def text_of(self, separator: str = "\n\n") -> str:
        """The visible answer with `separator` between message items (B36)."""
        everywhere = split_over_choices(self.items)  # as in `text`
        items = (item for item in self.items if everywhere or item.choice == 0)
        texts = (item.text for item in items if item.phase not in ASIDE_PHASES)
        return separator.join(text for text in texts if text)

    def to_dict(self) -> JsonObject:
        """The response as plain JSON values, numbers that JSON has none for as words (`NaN`; J04), no halves (J01)."""
        plain: JsonObject = msgspec.to_builtins(self)
        make_strict(plain)
        return plain

    @classmethod
    def from_events(cls, events: Iterable[Event]) -> "Response":
        """The response that a log of events amounts to; equal to the stream's own response.

        Raises:
            UsageError: one of them is no event.
        """
        builder = Builder()
        for event in events:
            if not isinstance(cast("object", event), Event):
                raise UsageError(f"{event!r:.80} is no event: a log of events is needed, such as list(iter_events(…))")
            builder.add(event)
        return cls.of(builder)

    @classmethod
    def of(cls, builder: Builder, items: tuple[Item, ...] | None = None) -> "Response":
        """The response as a builder has it now; `items` are its own, where they are known."""
        if items is None:
            items = builder.items()
        choices = _choices(items, builder)
        merged = split_over_choices(items)
        primary = _merge(choices) if merged else next((c for c in choices if c.index == 0), Choice(index=0))
        status, finish_reason = _outcome(builder, primary)
        return cls(
            id=builder.response_id,
            model=builder.model,
            dialect=builder.dialect,
            status=status,
            finish_reason=finish_reason,
            raw_finish_reason=primary.raw_finish_reason,
            text=primary.text,
            reasoning=primary.reasoning,
            refusal=primary.refusal,
            tool_calls=primary.tool_calls,
            dropped_calls=primary.dropped_calls,
            items=items,
            choices=choices if len(choices) > 1 and not merged else (),
            usage=builder.usage,
            errors=tuple(builder.errors),
            quirks=tuple(builder.quirks.values()),
            metadata=builder.metadata,
            finish_details=builder.finished.details if builder.finished else {},
            terminal_seen=builder.finished is not None and builder.finished.terminal,
            ending=builder.ended.ending if builder.ended else None,
        )


def _choices(items: tuple[Item, ...], builder: Builder) -> tuple[Choice, ...]:
    finished = builder.finished
    said = finishes_of(finished) if finished else ()
    finishes: dict[int, tuple[FinishReason, str]] = {choice: (reason, raw) for choice, reason, raw in said}
    out: list[Choice] = []
    cut = builder.ended is not None and builder.ended.ending in ("truncated", "stalled", "disconnected")
    unsaid: FinishReason = "truncated" if cut else "unknown"
    of_choice: dict[int, list[Item]] = {index: [] for index in finishes}
    for item in items:
        of_choice.setdefault(item.choice, []).append(item)
    for index, own in sorted(of_choice.items(), key=lambda pair: pair[0]):
        calls = [item.call for item in own if item.call is not None]
        answer = [item for item in own if item.phase not in ASIDE_PHASES]
        reason, raw = finishes.get(index, (unsaid, ""))
        out.append(
            Choice(
                index=index,
                text="".join(item.text for item in answer),
                reasoning="".join(item.reasoning for item in own),
                refusal="".join(item.text_of("refusal") for item in answer),
                tool_calls=tuple(call for call in calls if call.state in ("complete", "repaired")),
                dropped_calls=tuple(call for call in calls if call.state in ("truncated", "invalid")),
                finish_reason=reason,
                raw_finish_reason=raw,
            )
        )
    return tuple(out)


def finishes_of(finished: ResponseFinished) -> tuple[tuple[int, FinishReason, str], ...]:
    """Per choice: its number, its finish reason, the provider's word."""
    return finished.finishes or ((0, finished.finish_reason, finished.raw_finish_reason),)


def split_over_choices(items: Iterable[Item]) -> bool:
    """Whether one turn was split over several choices: text in one, calls in another, none competing (B31)."""
    items = tuple(items)
    if not any(item.choice for item in items):
        return False
    spoken = {item.choice for item in items if item.text}
    calling = {item.choice for item in items if item.call is not None}
    thinking = {item.choice for item in items if item.reasoning}
    if len(thinking) > 1 and not (spoken and calling):  # each choice has thoughts of its own
        return False
    return len(spoken) <= 1 and len(calling) <= 1 and bool((spoken | calling or thinking) - {0})


def _merge(choices: tuple[Choice, ...]) -> Choice:
    strongest = min(choices, key=lambda choice: STRENGTH.index(choice.finish_reason))
    return Choice(
        index=0,
        text="".join(choice.text for choice in choices),
        reasoning="".join(choice.reasoning for choice in choices),
        refusal="".join(choice.refusal for choice in choices),
        tool_calls=tuple(call for choice in choices for call in choice.tool_calls),
        dropped_calls=tuple(call for choice in choices for call in choice.dropped_calls),
        finish_reason=strongest.finish_reason,
        raw_finish_reason=strongest.raw_finish_reason,
    )


def _outcome(builder: Builder, primary: Choice) -> tuple[Status, FinishReason]:
    ended, finished = builder.ended, builder.finished
    if ended is None:
        return (finished.status if finished else "in_progress"), primary.finish_reason
    status = STATUS_OF_ENDING[ended.ending]
    match ended.ending:
        case "completed" | "incomplete":
            return status, primary.finish_reason
        case "cancelled":
            return status, "cancelled"
        case "failed" | "refused":
            return status, "error"
        case _:
            return (status if builder.usable else "failed"), "truncated"
