"""How a chat answer ends: finish reasons, failures that are finish words, usage, what counts as an end (C08-C24)."""

from msgspec.structs import replace

from streamkit.dialects.chat.wire import Chunk
from streamkit.dialects.counting import read_usage
from streamkit.dialects.words import FinishWord
from streamkit.errors import ErrorInfo
from streamkit.events import ErrorReported, Event, TextDelta, UsageReported
from streamkit.evidence import EndMarker, FinishClaimed
from streamkit.faults import provider_error
from streamkit.faults.events import error_events
from streamkit.faults.shapes import failing_status
from streamkit.jsontypes import Json, JsonObject, is_array, is_object, is_same
from streamkit.quirks.chat import finish_unknown
from streamkit.quirks.endings import finish_inferred

__all__ = ["Endings"]

FINISH_DETAILS = (
    "native_finish_reason",
    "stop_reason",
    "matched_stop",
    "stop_sequence",
    "content_filter_results",
    "content_filter_result",
    "content_filter_offsets",
)
"""Members of a finishing choice that say more about why it stopped (C39)."""

BEDROCK_METRICS = "amazon-bedrock-invocationMetrics"


class Endings:
    """What was said about the answer's end."""

    def __init__(self) -> None:
        self.failed = False
        """Whether an error was reported."""
        self.closing_usage = False
        """Whether the last frame counted tokens, had no choices, and stood behind a choice without a finish (C10)."""
        self.seen: set[int] = set()
        """Choices that were announced, be it by a role alone (B30)."""
        self._finished: set[int] = set()
        self._usage: Json = None

    def errors(self, chunk: Chunk) -> list[Event]:
        """Errors beside choices: on the frame, in a choice, in Groq's wrapper (C24, G03)."""
        found = [choice.error for choice in chunk.choices or () if choice.error]
        if chunk.error:
            found.insert(0, chunk.error)
        if is_object(chunk.x_groq):
            found.append(chunk.x_groq.get("error"))
        out: list[Event] = []
        for error in found:
            if error:
                self.failed = True
                out += error_events({"error": error})
        if failing_status(chunk.base_resp):  # MiniMax, also beside a finish (G06)
            self.failed = True
            out += error_events({"base_resp": chunk.base_resp})
        return out

    def failure(self, word: FinishWord, said: list[Event]) -> Event:
        """The error that a finish word reports; the text of its chunk is its message (C15, G11)."""
        self.failed = True
        text = "".join(event.text for event in said if isinstance(event, TextDelta)).strip()
        message = text or f"the provider ended the answer with the finish reason {word.raw!r}"
        info: ErrorInfo = provider_error({"error": {"code": word.code, "message": message}})
        if info.retryable is None:
            info = replace(info, retryable=word.retryable)
        return ErrorReported(error=info)

    def finish(self, choice: int, word: FinishWord, payload: JsonObject | None, position: int) -> list[Event]:
        """A choice's finish reason, with what its object says about it."""
        self._finished.add(choice)
        details = finish_details(payload, position)
        if word.code and word.reason != "error":
            details["code"] = word.code
        out: list[Event] = [] if word.known else [finish_unknown.seen(detail=word.raw)]
        out.append(FinishClaimed(finish_reason=word.reason, raw_finish_reason=word.raw, choice=choice, details=details))
        return out

    def usage(self, chunk: Chunk, payload: JsonObject | None) -> list[Event]:
        """The frame's token counts, wherever they stand (C19-C24); the same object again is no news."""
        if chunk.usage is not None and (counted := self.count(chunk.usage)) is not None:
            return counted
        found = [choice.usage for choice in chunk.choices or ()]
        if is_object(chunk.x_groq):
            found.append(chunk.x_groq.get("usage"))
        if payload is not None:
            found.append(payload.get(BEDROCK_METRICS))
        for value in found:
            if value is not None and (counted := self.count(value)) is not None:
                return counted
        return []

    def count(self, value: Json) -> list[Event] | None:
        """One usage object; None where it counts nothing, nothing where it was the last one already."""
        if is_same(value, self._usage):
            return []
        usage, quirks = read_usage(value)
        if usage is None:
            return list(quirks) or None
        self._usage = value
        return [*quirks, UsageReported(usage=usage)]

    def mark(self, chunk: Chunk) -> list[Event]:
        """Whether the frame ends the answer: token counts without choices, behind the finish of every choice (C19)."""
        if chunk.choices:
            self.seen.update(choice.index for choice in chunk.choices)
            self.closing_usage = False
            return []
        counted, whole = bool(chunk.usage), self.seen <= self._finished
        self.closing_usage = counted and not whole
        return [EndMarker(name="usage", proof=False)] if counted and whole and self.seen else []

    def done(self) -> None:
        """The end marker came: whatever a choice lacks, it is over."""
        self._finished |= self.seen
        self.closing_usage = False

    def close(self, said: set[int]) -> list[Event]:
        """A finish where a closing usage frame is the only sign of one (C10), and choices that were only announced.

        Those were cut where others finished (B30); that choices which `said` something were, the ledger sees itself.
        """
        left = sorted(self.seen - self._finished)
        if self.failed or not said:
            return []
        if not self.closing_usage:
            split = len(said) == 1  # one turn, the first choice of which says nothing (B31)
            cut = [choice for choice in left if choice not in said and (choice or not split)]
            return [FinishClaimed(finish_reason="truncated", choice=choice) for choice in cut if self._finished]
        self.closing_usage = False
        claims = [FinishClaimed(finish_reason="stop", choice=c, inferred=True) for c in left if c in said]
        quirk = finish_inferred.seen(detail="a closing usage frame without a finish reason")
        return [quirk, *claims] if claims else []


def finish_details(payload: JsonObject | None, position: int) -> JsonObject:
    """What a choice says besides its finish reason about why it stopped, or about what a filter did (C39, F03)."""
    choices = payload.get("choices") if payload is not None else None
    if is_object(choices):
        choices = [choices]
    if not is_array(choices) or position >= len(choices) or not is_object(choices[position]):
        return {}
    choice = choices[position]
    return {name: choice[name] for name in FINISH_DETAILS if choice.get(name) not in (None, "", {}, [])}
