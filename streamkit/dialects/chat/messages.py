"""Whole messages where deltas were due: taken only for what was never streamed (A17, F06)."""

from msgspec.structs import replace

from streamkit.dialects.chat.deltas import DeltaReader
from streamkit.dialects.chat.mending import mend_delta
from streamkit.dialects.chat.wire import Delta
from streamkit.events import Event, QuirkSeen
from streamkit.jsontypes import Json, is_object
from streamkit.quirks.chat import message_instead_of_delta

__all__ = ["MessageReader"]

Mark = tuple[str, int]


class MessageReader:
    """Messages to events."""

    def __init__(self, deltas: DeltaReader) -> None:
        self._deltas = deltas
        self._given: dict[Mark, str] = {}
        self._pieces: set[Mark] = set()

    def read(self, message: Json, choice: int, *, document: bool) -> list[Event]:
        """What of a message is news; in a `document`, which is one answer, a message is no deviation."""
        quirks: list[QuirkSeen] = []
        payload = message if is_object(message) else {"content": message}
        delta = self._news(mend_delta(payload, quirks.append, whole=True), choice)
        out = self._deltas.read(delta, choice)
        if not out:
            return []
        noted = [] if document else [message_instead_of_delta.seen()]
        return [*noted, *quirks, *out]

    def _news(self, delta: Delta, choice: int) -> Delta:
        """The delta without what was already said; messages may grow from frame to frame."""
        deltas = self._deltas
        pieces = list(delta.pieces or ())
        name = next(
            (n for n in ("reasoning_content", "reasoning", "reasoning_text", "thinking") if getattr(delta, n)), ""
        )
        if name:
            pieces.insert(0, ("reasoning", getattr(delta, name)))
        kept: list[tuple[str, str]] = []
        for kind, said in (("reasoning", choice in deltas.thought), ("text", choice in deltas.spoken)):
            own = "".join(text for piece, text in pieces if piece == kind)
            fresh = self._fresh((kind, choice), own, said=said)
            if fresh == own and own:
                kept = [*kept, *((piece, text) for piece, text in pieces if piece == kind)]
            elif fresh:
                kept.append((kind, fresh))
        return replace(
            delta,
            pieces=kept,
            reasoning_content=None,
            reasoning=None,
            reasoning_text=None,
            thinking=None,
            reasoning_details=() if choice in deltas.thought or name else delta.reasoning_details,
            tool_calls=() if choice in deltas.called else delta.tool_calls,
            function_call=None if choice in deltas.called else delta.function_call,
            images=() if choice in deltas.shown else delta.images,
            audio=None if choice in deltas.shown else delta.audio,
            refusal=None if choice in deltas.spoken else delta.refusal,
        )

    def _fresh(self, mark: Mark, text: str, *, said: bool) -> str:
        given = self._given.get(mark)
        if given is None:
            if said:
                return ""
            self._given[mark] = text
            return text
        if mark in self._pieces:
            return text
        if text.startswith(given):
            self._given[mark] = text
            return text[len(given) :]
        self._pieces.add(mark)
        return text
