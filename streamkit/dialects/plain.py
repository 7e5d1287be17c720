"""What the small text dialects share: the tolerant way of a frame, text that may be cut inside a character, the rest.

A dialect's decoder tries its own strict types first; what they refuse comes here, is read by the common reader and
goes, object by object, to the dialect's `payload`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar

from streamkit.dialects.base import DecoderOptions
from streamkit.dialects.json_text import json_text
from streamkit.dialects.payloads import SurrogateJoiner, read
from streamkit.dialects.words import finish_word
from streamkit.events import Event, ProviderEvent, TextDelta
from streamkit.evidence import EndMarker, FinishClaimed
from streamkit.faults import looks_like_error
from streamkit.faults.events import error_events, is_warning, warning_event
from streamkit.frames import Frame
from streamkit.jsontypes import Json, JsonObject
from streamkit.quirks.chat import finish_unknown
from streamkit.quirks.plain_text import foreign_frame, member_mended
from streamkit.quirks.registry import shown

__all__ = ["Events", "PlainDecoder", "finish", "foreign", "whole_number", "words"]

Events = Iterable[Event]


class PlainDecoder(ABC):
    """A decoder of text that comes in JSON objects, one a frame."""

    handles = (Frame,)
    done_proves: ClassVar[bool] = False
    """Whether `[DONE]` alone proves that the answer is complete."""
    key: ClassVar[int | None] = None
    """Key of the one item of each choice."""

    def __init__(self, options: DecoderOptions) -> None:
        self.limits = options.limits
        self.joiner = SurrogateJoiner()
        self.joining = False
        """Whether the texts of this frame may hold halves of characters (J01)."""

    @abstractmethod
    def feed(self, frame: Frame, /) -> Events:
        """What one frame means."""

    @abstractmethod
    def payload(self, payload: JsonObject, name: str) -> list[Event]:
        """What an object means that the strict types refused; `name` is its SSE event name."""

    def tolerant(self, frame: Frame) -> list[Event]:
        """What a frame means that the strict types refused."""
        reading = read(frame)
        out: list[Event] = list(reading.events)
        if reading.error_text:
            out += error_events(reading.error_text)
        self.joining = reading.surrogates
        for payload in reading.objects:
            out += self.payload(payload, frame.event)
        self.joining = False
        if reading.done:
            out += self.done()
        return out

    def done(self) -> list[Event]:
        """What `[DONE]` means."""
        return [EndMarker(name="[DONE]", proof=self.done_proves)]

    def close(self) -> Events:
        """Halves of characters that nothing followed."""
        for channel, text in self.joiner.flush():
            yield TextDelta(choice=channel if isinstance(channel, int) else 0, key=self.key, text=text)

    def text(self, text: str, choice: int = 0) -> list[Event]:
        """A piece of text as an event; nothing for none."""
        if self.joining or self.joiner.pending:
            text = self.joiner.join(choice, text)
        return [TextDelta(choice=choice, key=self.key, text=text)] if text else []


def finish(word: Json, choice: int = 0, *, details: JsonObject | None = None, terminal: bool = False) -> list[Event]:
    """What a finish word claims; nothing where it says that there is none yet."""
    known = finish_word(word)
    if known is None:
        return []
    said = {name: value for name, value in (details or {}).items() if value is not None}
    if known.code:
        said["code"] = known.code
    claim = FinishClaimed(
        finish_reason=known.reason,
        raw_finish_reason=known.raw,
        choice=choice,
        details=said,
        terminal=terminal,
        retryable=known.retryable,
    )
    return [claim] if known.known else [finish_unknown.seen(detail=known.raw), claim]


def foreign(payload: JsonObject, name: str = "") -> list[Event]:
    """A frame that is none of the dialect's: an error, a warning, or something to pass on."""
    if name == "error" or looks_like_error(payload):
        return error_events(payload)
    kind = payload.get("type")
    kind = kind if isinstance(kind, str) else ""
    if is_warning({**payload, "type": kind}):
        return [warning_event(payload)]
    return [
        foreign_frame.seen(detail=kind or name or ", ".join(payload)),
        ProviderEvent(name=kind or name, data=payload),
    ]


def words(value: Json, notes: list[Event]) -> str:
    """A text as it is; a number or boolean as its JSON text, with a note (F10); null as nothing."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    notes.append(member_mended.seen(detail=f"text: {type(value).__name__}"))
    return json_text(value)


def whole_number(value: Json, notes: list[Event]) -> int:
    """An index as it is; a number in a string with a note; anything else 0."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if value is None:
        return 0
    notes.append(member_mended.seen(detail=f"index: {shown(value)}"))
    return int(value) if isinstance(value, str) and len(value) < 10 and value.isdecimal() else 0
