"""What one chunk says beyond its deltas: identity, errors, finish reasons, usage, the end (C10, C19-C24, F01, F20)."""

from collections.abc import Iterable

import msgspec

from streamkit.dialects.chat.deltas import DeltaReader
from streamkit.dialects.chat.messages import MessageReader
from streamkit.dialects.chat.shapes import foreign_frame
from streamkit.dialects.chat.wire import Choice, Chunk
from streamkit.dialects.counting import read_usage
from streamkit.dialects.words import FinishWord, finish_word
from streamkit.events import ErrorReported, Event, MetadataReported, ResponseStarted, UsageReported
from streamkit.evidence import EndMarker, FinishClaimed
from streamkit.fault_events import error_events, is_warning, warning_event
from streamkit.faults import looks_like_error, provider_error
from streamkit.frames import Frame
from streamkit.jsontypes import Json, JsonObject, is_array, is_object
from streamkit.quirks.chat import finish_unknown, id_changed, non_stream_body, text_completion, unknown_frame
from streamkit.quirks.lifecycle import finish_inferred

__all__ = ["ChunkReader"]

UNSEEN = "\0"
"""An identity that no wire has, so that the first frame is news."""

CONSUMED = frozenset(
    {
        "id",
        "object",
        "model",
        "choices",
        "usage",
        "error",
        "citations",
        "search_results",
        "warnings",
        "obfuscation",
        "p",
        "base_resp",
        "amazon-bedrock-invocationMetrics",
    }
)
"""Members of a frame that are no metadata: read elsewhere, or padding."""

FINISH_DETAILS = (
    "native_finish_reason",
    "stop_reason",
    "matched_stop",
    "stop_sequence",
    "content_filter_results",
    "content_filter_result",
    "content_filter_offsets",
)


class ChunkReader:
    """Chunks to events; remembers what of a response was already said."""

    def __init__(self) -> None:
        self.deltas = DeltaReader()
        self.messages = MessageReader(self.deltas)
        self.id: str | None = UNSEEN
        self.model: str | None = UNSEEN
        self.attentive = False
        """The next frame must be read member by member, however plain it is."""
        self._started = False
        self._known = {"id": "", "model": ""}
        self._metadata: JsonObject = {}
        self._usage: Json = None
        self._seen: set[int] = set()
        self._finished: set[int] = set()
        self._failed = False
        self._ended = False
        self._closing_usage = False

    def read(self, chunk: Chunk, frame: Frame, payload: JsonObject | None = None) -> list[Event]:
        """The events of one chunk; `payload` is its untyped form where the caller has it."""
        out: list[Event] = []
        if payload is None and self._looks_closer(chunk, frame):
            payload = msgspec.json.decode(frame.data)
        if not chunk.choices:
            payload = payload or {}
            foreign = foreign_frame(payload, silent=self.deltas.silent) if chunk.choices is None else None
            if foreign is not None:
                out += foreign.quirks
                chunk = foreign.chunk
            elif not self._aside(chunk, payload, frame, out):
                return out
        self._identify(chunk, payload, out)
        if chunk.citations or chunk.search_results:
            out += self.deltas.sources.lists(citations=chunk.citations, search_results=chunk.search_results)
        if chunk.warnings:
            out.append(warning_event({"warnings": chunk.warnings}))
        words: list[tuple[int, FinishWord, JsonObject]] = []
        document = self._document(chunk, payload)
        for position, choice in enumerate(chunk.choices or ()):
            self._seen.add(choice.index)
            said = self._choice(choice, document=document, object_=payload)
            out += said
            word = finish_word(choice.finish_reason)
            if word is not None:
                words.append((choice.index, word, _details(payload, position, word)))
                if word.reason == "error" and not self._failed and not _error_of(chunk):
                    out += self._failure(word, said)
        out += self._errors(chunk)
        for index, word, details in words:
            out += self._finish(index, word, details)
        self._count(chunk, payload, out)
        if payload is not None:
            self._report(payload, out)
        if document:
            out += [non_stream_body.seen(), EndMarker(name="chat.completion")]
        self._close_in(chunk, out)
        return out

    def ending(self) -> list[Event]:
        """What must be said before an end marker."""
        self._ended = True
        return [*self.deltas.flush(), *self.deltas.signatures()]

    def close(self) -> list[Event]:
        """What was held back; a finish where a closing usage frame is the only sign of one (C10)."""
        out = self.ending() if not self._ended else self.deltas.flush()
        if self._closing_usage and not self._finished and not self._failed and not self.deltas.silent:
            out.append(finish_inferred.seen(detail="a closing usage frame without a finish reason"))
            out.append(FinishClaimed(finish_reason="stop", inferred=True))
        return out

    # what kind of frame it is

    def _looks_closer(self, chunk: Chunk, frame: Frame) -> bool:
        """Whether members that the types leave out may matter: at the start, at the end, without choices."""
        if not self._started or not chunk.choices or chunk.error or frame.event == "error":
            return True
        return any(choice.finish_reason or choice.delta is None for choice in chunk.choices)

    def _aside(self, chunk: Chunk, payload: JsonObject, frame: Frame, out: list[Event]) -> bool:
        """A frame without choices; False where everything about it has been said."""
        if looks_like_error(payload) or (frame.event == "error" and payload):
            self._failed = True
            out += error_events(payload)
            return bool(chunk.usage)
        if chunk.error or _x_groq(chunk, "error"):
            return True
        if is_warning(payload):
            out.append(warning_event(payload))
            return False
        if "choices" in payload or chunk.usage or chunk.citations or chunk.search_results or chunk.x_groq:
            return True
        if "amazon-bedrock-invocationMetrics" in payload:
            return True
        news = {name: value for name, value in payload.items() if value is not None}
        if news:
            out.append(unknown_frame.seen(detail=", ".join(news)))
            out.append(MetadataReported(metadata=news))
        return False

    def _document(self, chunk: Chunk, payload: JsonObject | None) -> bool:
        """Whether the frame is a whole answer (A17): messages that have finished, and nothing before them."""
        choices = chunk.choices
        if self._started_before or not choices or payload is None:
            return False
        return all(c.delta is None and c.message is not None and finish_word(c.finish_reason) for c in choices)
