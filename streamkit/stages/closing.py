"""How an answer finishes: finish reasons are claims that wait for the end marker (C08, C12, C18, C35)."""

from collections import Counter
from collections.abc import Iterable
from itertools import islice

from msgspec import Struct
from msgspec.structs import asdict, replace

from streamkit.errors import ErrorInfo
from streamkit.events import ErrorReported, Event, ItemEvent, ResponseFinished
from streamkit.evidence import FinishClaimed, TerminalInventory
from streamkit.faults import FAILED, provider_error
from streamkit.items import FinishReason, Status, is_client_call
from streamkit.jsontypes import Json
from streamkit.quirks.endings import (
    finish_inferred,
    finish_twice,
    terminal_only_items,
    terminal_output_differs,
    terminal_output_null,
)
from streamkit.response import STRENGTH
from streamkit.stages.register import Entry

__all__ = ["Closing", "inventory_quirks", "payload_of", "restates"]

STATUS_OF_FINISH: dict[FinishReason, Status] = {
    "length": "incomplete",
    "content_filter": "incomplete",
    "pause": "incomplete",
    "error": "failed",
    "cancelled": "cancelled",
    "truncated": "incomplete",
}


class Closing:
    """The finish reasons claimed so far, and the finish once it was given out."""

    def __init__(self) -> None:
        self.claims: dict[int, FinishClaimed] = {}
        self.finished: ResponseFinished | None = None
        self.resumed: dict[int, bool] = {}
        """Choices that went on behind their finish reasons, and whether with a call."""
        self.broken = False
        """Whether the stream ended inside a frame."""

    def claim(self, event: FinishClaimed) -> list[Event]:
        """Take in a claim; of two different ones for a choice the stronger stands (C12)."""
        known = self.claims.get(event.choice)
        if known is None:
            self.claims[event.choice] = event
            return []
        if known.raw_finish_reason == event.raw_finish_reason and known.finish_reason == event.finish_reason:
            return []
        if STRENGTH.index(event.finish_reason) < STRENGTH.index(known.finish_reason):
            self.claims[event.choice] = event
        return [finish_twice.seen(detail=f"{known.raw_finish_reason!r} and {event.raw_finish_reason!r}")]

    def cut(self, entries: Iterable[Entry], *, closes: bool) -> set[str]:
        """Ids of the open items that were cut: by a length cap or a filter, the last one of each choice (C37).

        By a failure all of them; and where items have ends of their own (`closes`), any call in free text, which no
        other sign shows to be whole.
        """
        last: dict[int, str] = {}
        out: set[str] = set()
        for entry in entries:
            claim = self.claims.get(entry.choice) if entry.open else None
            status = "completed" if claim is None else self.status(claim)
            if status == "failed" or (status != "completed" and closes and entry.type == "custom_tool_call"):
                out.add(entry.id)
            if status != "completed":
                last[entry.choice] = entry.id
        return out.union(last.values())

    def infer(self, marker: str, entries: Iterable[Entry]) -> list[Event]:
        """What an end marker proves of choices without a finish reason: they are over as well (C08)."""
        entries = list(entries)
        left = self.unfinished(entries, marked=True)
        out: list[Event] = []
        for choice in left or ([] if self.claims else [0]):
            called = any(is_client_call(entry.type) for entry in entries if not left or entry.choice == choice)
            claim = FinishClaimed(finish_reason="unknown" if called else "stop", choice=choice, inferred=True)
            whose = f" of choice {choice}" if len(left) > 1 or self.claims else ""
            out.append(finish_inferred.seen(detail=f"{marker} without a finish reason{whose}"))
            self.claims[choice] = claim
        return out

    def cut_short(self, entries: Iterable[Entry]) -> bool:
        """The stream ended without a marker: choices without a finish reason were cut. Gives whether none was.

        A finish reason does not speak for a call behind it, nor for text behind it that breaks off inside a frame.
        """
        left = self.unfinished(entries, marked=False)
        left += [choice for choice, called in self.resumed.items() if called or self.broken]
        for choice in left:
            self.claims[choice] = FinishClaimed(finish_reason="truncated", choice=choice)
        return all(claim.finish_reason != "truncated" for claim in self.claims.values())

    def unfinished(self, entries: Iterable[Entry], *, marked: bool) -> list[int]:
        """Choices that said something and have no finish reason of their own (B30).

        Of one turn that was split over choices (B31) that of the calls is enough; behind an end marker (`marked`), any.
        """
        said = [entry for entry in entries if not entry.empty or is_client_call(entry.type)]
        left = {entry.choice for entry in said} - self.claims.keys()
        if not left:
            return []
        spoken = {entry.choice for entry in said if any(kind == "text" for kind, _ in entry.parts)}
        calling = {entry.choice for entry in said if is_client_call(entry.type)}
        if len(spoken) <= 1 and len(calling) <= 1 and (spoken | calling) - {0}:
            if marked:
                return []
            if calling and calling <= self.claims.keys():
                left -= spoken
        return sorted(left)

    def settle_neutral(self, entries: Iterable[Entry]) -> None:
        """What a claim amounts to that only says "done": calls come first, then a refusal without text (C38)."""
        called: set[int] = set()
        said: set[tuple[int, str]] = set()
        for entry in entries:
            said.update((entry.choice, kind) for kind, _ in entry.parts)
            if is_client_call(entry.type):
                called.add(entry.choice)
        for choice, claim in self.claims.items():
            if claim.finish_reason != "stop":
                continue
            if choice in called and claim.neutral:
                self.claims[choice] = replace(claim, finish_reason="tool_calls")
            elif choice in called and claim.inferred:  # the verdicts on the calls say what it amounts to (C08, C10)
                self.claims[choice] = replace(claim, finish_reason="unknown")
            elif choice not in called and (choice, "refusal") in said and (choice, "text") not in said:
                self.claims[choice] = replace(claim, finish_reason="refusal")

    @staticmethod
    def status(claim: FinishClaimed) -> Status:
        """The response's status that a claim amounts to."""
        return claim.status or STATUS_OF_FINISH.get(claim.finish_reason, "completed")

    def ended(self, *, terminal: bool, told: bool) -> list[Event]:
        """The finish, and before it the failure that a finish reason reports, where no error was `told` (D38)."""
        failed = next((claim for claim in self.claims.values() if claim.finish_reason == "error"), None)
        finished = self.response_finished(terminal=terminal)
        return [finished] if told or failed is None else [ErrorReported(error=_failure(failed)), finished]

    def response_finished(self, *, terminal: bool) -> ResponseFinished:
        """The finish; choice 0 speaks for the response, or the first one that finished."""
        first = min(self.claims)
        claim = self.claims[first]
        several = len(self.claims) > 1 or first != 0
        self.finished = ResponseFinished(
            sequence_number=claim.sequence_number,
            finish_reason=claim.finish_reason,
            raw_finish_reason=claim.raw_finish_reason,
            status=self.status(claim),
            finishes=tuple((c, self.claims[c].finish_reason, self.claims[c].raw_finish_reason) for c in self.claims)
            if several
            else (),
            terminal=terminal,
            details=claim.details,
        )
        return self.finished


def _failure(claim: FinishClaimed) -> ErrorInfo:
    """The error that a finish reason amounts to which says no more than that there was one."""
    word = claim.raw_finish_reason
    message = f"the provider ended the answer with the finish reason {word!r}" if word else FAILED
    info = provider_error({"error": {"code": claim.details.get("code") or word, "message": message}})
    return info if claim.retryable is None else replace(info, retryable=claim.retryable)


def inventory_quirks(event: TerminalInventory, entries: Iterable[Entry]) -> list[Event]:
    """What the terminal frame's claim about the whole output deviates in; its content is never looked at."""
    entries = list(entries)
    if event.shape != "list":
        return [terminal_output_null.seen(detail=event.shape)]
    wire_ids = {entry.wire_id for entry in entries}
    free = Counter(entry.type for entry in entries)
    missing: list[tuple[str, str]] = []
    for kind, name in event.items:
        if free[kind]:
            free[kind] -= 1
        elif not name or name not in wire_ids:
            missing.append((kind, name))
    out: list[Event] = []
    if missing:
        out.append(terminal_only_items.seen(detail=", ".join(f"{kind} {name}" for kind, name in missing), data=missing))
    if free.total():
        counts = f"{len(event.items)} items claimed, {len(entries)} streamed"
        out.append(terminal_output_differs.seen(detail=counts))
    return out


COMPARED = 8
"""Errors that a later one is held against."""


def restates(error: ErrorInfo, told: Iterable[tuple[str, str]]) -> bool:
    """Whether an error without a code only says again, be it in more words, what one of those said (G09)."""
    if error.code:
        return False
    return any(
        error.message == FAILED or error.message in message or (not code and message in error.message)
        for code, message in islice(told, COMPARED)
    )


PLACE = frozenset(ItemEvent.__struct_fields__)
"""Members of an event that say where it belongs."""

ALONE = ("text", "annotation", "logprobs", "signature")
"""What says all that there is to an event that has it."""


def payload_of(event: ItemEvent) -> Json:
    """What an event brought, for the quirk that names one which came too late: nothing that arrived is lost (B38)."""
    for name in ALONE:
        if value := getattr(event, name, None):
            return value
    return _said(event) or None


def _said(value: Struct) -> Json:
    members = asdict(value).items()
    return {name: _plain(member) for name, member in members if member and member is not True and name not in PLACE}


def _plain(member: Json) -> Json:
    if isinstance(member, Struct):
        return _said(member)
    return [_plain(each) for each in member] if member.__class__ is tuple else member
