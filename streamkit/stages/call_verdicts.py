"""What the end of an answer means for calls that waited for it, and what the calls mean for the finish reason."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from io import StringIO
from typing import NamedTuple

from msgspec.structs import replace

from streamkit.characters import scrub
from streamkit.events import Event, ItemStarted, QuirkSeen, ResponseFinished
from streamkit.items import CallState, FinishReason, Status
from streamkit.jsontypes import Json, JsonObject, is_object
from streamkit.limits import Limits
from streamkit.quirks.payloads import lone_surrogate
from streamkit.quirks.registry import Quirk
from streamkit.quirks.tool_arguments import (
    finish_corrected,
    tool_args_closed,
    tool_args_double_encoded,
    tool_args_empty,
    tool_args_repaired,
)
from streamkit.stages.arguments import Verdict, halved, judge

__all__ = ["SUSPECT", "Finish", "Tally", "TrackedCall", "compact", "corrected", "settle", "weighed"]

SUSPECT = re.compile(r'<[|｜](?:[\w▁/-]{1,40}|\\")[|｜]>')
"""A model's control token inside argument text (D54)."""

NORMAL: tuple[FinishReason, ...] = ("stop", "tool_calls")
"""The model ended its turn by itself: slips may be repaired."""

UNDECIDED: tuple[FinishReason, ...] = ("unknown", "pause")
"""Nothing says that it was cut, nothing that it was whole: no closers are added."""


ALONE: dict[tuple[str, ...], Quirk] = {
    ("closed",): tool_args_closed,
    ("double-encoded",): tool_args_double_encoded,
}
"""Repairs that have a name of their own when they were all that was needed."""


class Finish(NamedTuple):
    """Why a choice stopped."""

    reason: FinishReason
    raw: str
    cut: bool = False


class Tally:
    """How many calls of a choice may be run, were cut, cannot be understood."""

    def __init__(self) -> None:
        self.usable = 0
        self.truncated = 0
        self.invalid = 0

    def count(self, state: CallState) -> None:
        """One more verdict."""
        if state == "truncated":
            self.truncated += 1
        elif state == "invalid":
            self.invalid += 1
        else:
            self.usable += 1


class TrackedCall:
    """A call from its start to its verdict."""

    __slots__ = (
        "announced",
        "buffer",
        "call_id",
        "choice",
        "custom",
        "cut",
        "empty_announced",
        "extra",
        "id_synthesized",
        "item_id",
        "name",
        "number",
        "split",
        "started_id",
        "started_name",
    )

    def __init__(self, started: ItemStarted, number: int) -> None:
        self.item_id = started.item_id
        self.choice = started.choice
        self.number = number
        """Place among all items."""
        self.custom = started.type == "custom_tool_call"
        self.name = self.announced = self.started_name = started.name
        """Cleaned, as the wire said it last, and as the start said it (D36)."""
        self.call_id = self.started_id = started.call_id
        self.id_synthesized = started.id_synthesized
        extra = started.details.get("extra")
        self.extra: JsonObject = extra if is_object(extra) else {}
        self.empty_announced = started.details.get("input") == {}
        """The start said that the input is an empty object: no arguments are then as documented (Messages)."""
        self.buffer = StringIO()
        self.cut = False
        """Whether its item was marked as incomplete."""
        self.split = False
        """Whether its arguments were found on another call (D05)."""

    @property
    def raw(self) -> str:
        """The argument text, without halves of characters (J01)."""
        text = self.buffer.getvalue()
        return text if text.isascii() else scrub(text)

    def rewrite(self, text: str) -> Callable[[str], int]:
        """Put another text in the place of the one so far; gives the new way to add to it."""
        self.buffer = StringIO()
        self.buffer.write(text)
        return self.buffer.write


def settle(
    call: TrackedCall, finish: Finish, limits: Limits, *, spoken_after: bool, followed: bool = False
) -> tuple[Verdict, QuirkSeen | None]:
    """The verdict on a call that waited, and the quirk that it took.

    A length cap, a filter, an error or a missing end cut the call: nothing is repaired (D20, D26, D42). An empty call
    with text behind it was abandoned (D50). Where no arguments are as documented and the answer went on behind the
    call (`followed`), the cut fell elsewhere.
    """
    if call.cut or finish.cut or finish.reason not in (*NORMAL, *UNDECIDED):
        if followed and call.empty_announced and not call.cut and not call.raw:
            return judge(call.raw, limits=limits), None
        cause = finish.raw or finish.reason
        if call.cut and finish.reason in NORMAL:
            cause = "its item is incomplete"
        elif finish.reason == "truncated":
            cause = "the stream ended"
        return Verdict(state="truncated", reason=cause), None
    verdict = judge(call.raw, limits=limits)
    seen: QuirkSeen | None = None
    if verdict.stages == ("empty",):
        if spoken_after and finish.reason == "stop":
            return Verdict(state="invalid", reason="abandoned"), None
        if not call.empty_announced:
            seen = tool_args_empty.seen(item_id=call.item_id, detail=call.name)
    elif verdict.state == "repaired":
        if "closed" in verdict.stages and finish.reason not in NORMAL:
            return Verdict(state="truncated", reason="no end was seen, and closers are missing"), None
        quirk = ALONE.get(verdict.stages, tool_args_repaired)
        seen = quirk.seen(item_id=call.item_id, detail=f"{call.name}: {verdict.reason}")
    return verdict, seen


def weighed(call: TrackedCall, state: CallState, value: Json, reason: str) -> tuple[CallState, str, list[Event]]:
    """The state of a call and the reason for it, with what else was done to its input; and the quirks of that."""
    if state == "complete" and call.extra.get("provenance") == "text":
        state, reason = "repaired", "read from the text"
    if value is None or not halved(call.raw):
        return state, reason, []
    if state in ("complete", "repaired"):
        state, reason = "repaired", f"{reason}, lone-surrogate" if reason else "lone-surrogate"
    return state, reason, [lone_surrogate.seen(item_id=call.item_id, detail=call.name)]


def corrected(event: ResponseFinished, tallies: Mapping[int, Tally]) -> tuple[ResponseFinished, list[Event]]:
    """The finish in the light of the calls (C08, C13), and the quirks of that."""
    if event.finish_reason == "unknown" and not event.raw_finish_reason and not event.finishes:
        reason = _inferred(tallies.values())
        return replace(event, finish_reason=reason, status=_worth(reason, event)), []
    quirks: list[Event] = []
    chosen = {choice for choice, _, _ in event.finishes}
    spokesman = min(chosen, default=0)
    usable = {choice: tally.usable for choice, tally in tallies.items() if tally.usable}
    # calls of a choice without a finish of its own belong to the one that speaks for the response (B31)
    orphans = any(choice not in chosen for choice in usable)

    def right(choice: int, reason: FinishReason, raw: str) -> FinishReason:
        if reason == "unknown" and not raw:
            return _inferred(tallies[each] for each in (choice,) if each in tallies)
        if reason != "stop" or not (choice in usable or (choice == spokesman and orphans)):
            return reason
        quirks.append(finish_corrected.seen(detail=f"choice {choice}: {raw or reason}"))
        return "tool_calls"

    reasons: dict[int, FinishReason] = {choice: right(choice, reason, raw) for choice, reason, raw in event.finishes}
    finishes = tuple((choice, reasons[choice], raw) for choice, _, raw in event.finishes)
    told = reasons[spokesman] if reasons else right(spokesman, event.finish_reason, event.raw_finish_reason)
    if not quirks and finishes == event.finishes:
        return event, quirks
    return replace(event, finish_reason=told, finishes=finishes, status=_worth(told, event)), quirks


def _inferred(tallies: Iterable[Tally]) -> FinishReason:
    """The finish of an answer without finish reason: whole calls are to be run, a cut one means a cut answer (C08)."""
    counts = list(tallies)
    if any(tally.truncated for tally in counts):
        return "truncated"
    if any(tally.usable for tally in counts):
        return "tool_calls"
    return "stop" if counts else "unknown"


def _worth(reason: FinishReason, event: ResponseFinished) -> Status:
    return "incomplete" if reason == "truncated" else event.status


def compact(value: JsonObject) -> str:
    """A JSON object as compact text, key order kept."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
