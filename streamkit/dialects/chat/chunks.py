"""What one chunk says: who speaks, deltas, errors, finish reasons, usage, the rest (B32, F01-F03, F20)."""

from collections.abc import Iterable, Iterator

from streamkit.dialects.chat.deltas import DeltaReader
from streamkit.dialects.chat.endings import BEDROCK_METRICS, Endings, finish_details
from streamkit.dialects.chat.messages import MessageReader
from streamkit.dialects.chat.shapes import FOREIGN_MEMBERS, foreign_frame
from streamkit.dialects.chat.tokens import TokenReader
from streamkit.dialects.chat.wire import Choice, Chunk
from streamkit.dialects.logprobs import is_blank
from streamkit.dialects.words import FinishWord, finish_word
from streamkit.events import Event, MetadataReported, QuirkSeen, ResponseStarted
from streamkit.evidence import EndMarker
from streamkit.faults import looks_like_error
from streamkit.faults.events import error_events, is_warning, warning_event
from streamkit.frames import Frame
from streamkit.jsontypes import Json, JsonObject, is_object, is_same
from streamkit.quirks.chat import id_changed, non_stream_body, text_completion, unknown_frame

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
        BEDROCK_METRICS,
    }
)
"""Members of a frame that are no metadata: read elsewhere, or padding."""


class ChunkReader:
    """Chunks to events; remembers what of a response was already said."""

    def __init__(self) -> None:
        self.deltas = DeltaReader()
        self.tokens = TokenReader()
        self.id: str | None = UNSEEN
        """The id of the last frame."""
        self.model: str | None = UNSEEN
        self.attentive = False
        """The next frame must be read member by member, however plain it is."""
        self._messages = MessageReader(self.deltas)
        self._endings = Endings()
        self.seen = self._endings.seen
        """Choices that were announced."""
        self._started = False
        self._id = ""
        self._model = ""
        self._changed = False
        self._noted: set[str] = set()
        self._metadata: JsonObject = {}

    def read(self, chunk: Chunk, frame: Frame, payload: JsonObject | None) -> list[Event]:
        """The events of one chunk; `payload` is its untyped form, None where only its types matter."""
        out: list[Event] = []
        if not chunk.choices:
            foreign = foreign_frame(payload or {}, silent=not self.deltas.said) if chunk.choices is None else None
            if foreign is not None:
                out += self.first(foreign.quirks)
                chunk = foreign.chunk
                payload = {name: value for name, value in (payload or {}).items() if name not in FOREIGN_MEMBERS}
            elif not self._without_choices(chunk, payload or {}, frame, out):
                return out
        document = self._is_document(chunk)
        reported = not self._started  # `ResponseStarted` tells what the first frame has to say of the response
        self._identify(chunk, payload, out)
        if document:
            out.append(non_stream_body.seen())
        self._choices(chunk, payload, out, document=document)
        if chunk.citations or chunk.search_results:
            out += self.deltas.sources.lists(citations=chunk.citations, search_results=chunk.search_results)
        if chunk.warnings:
            out.append(warning_event({"warnings": chunk.warnings}))
        out += self._endings.usage(chunk, payload)
        if payload is not None and not reported:
            self._report(payload, out)
        out += self._endings.mark(chunk)
        if document:
            out.append(EndMarker(name="chat.completion"))
        self.attentive = (
            self._endings.closing_usage
            or bool(chunk.citations or chunk.search_results)
            or bool(self.deltas.joiner.pending)
        )
        return out

    def ending(self) -> list[Event]:
        """What must be said before an end marker."""
        return [*self.deltas.flush(), *self.deltas.sources.rest(), *self.deltas.signatures()]

    def done(self) -> list[Event]:
        """The end marker itself: it proves what a closing usage frame only suggests."""
        self._endings.done()
        return [*self.ending(), EndMarker(name="[DONE]")]

    def count(self, usage: Json) -> list[Event]:
        """A running count of tokens."""
        return self._endings.count(usage) or []

    def first(self, quirks: Iterable[QuirkSeen]) -> Iterator[QuirkSeen]:
        """Quirks as they are to be announced: harmless ones without a payload once a stream, not on every frame."""
        for event in quirks:
            if event.effect != "harmless" or event.data is not None:
                yield event
            elif event.quirk not in self._noted:
                self._noted.add(event.quirk)
                yield event

    def close(self) -> list[Event]:
        """What was held back, and a finish that only a closing usage frame tells."""
        return [*self.ending(), *self._endings.close(self.deltas.said)]

    # what kind of frame it is

    def matters(self, chunk: Chunk, frame: Frame) -> bool:
        """Whether members that the types leave out may be of interest: at the start, at the end, without deltas."""
        if not self._started or not chunk.choices or frame.event == "error":
            return True
        return any(choice.finish_reason or choice.delta is None for choice in chunk.choices)

    def _without_choices(self, chunk: Chunk, payload: JsonObject, frame: Frame, out: list[Event]) -> bool:
        """A frame without choices: an error, a warning, or metadata; True where more is to be read from it."""
        if looks_like_error(payload) or (frame.event == "error" and payload):
            self._endings.failed = True
            out += (*self.ending(), *error_events(payload))
            out += self._endings.usage(chunk, payload)
            return False
        if isinstance(payload.get("type"), str | None) and is_warning(payload):
            out.append(warning_event(payload))
            return False
        if "choices" in payload or chunk.usage or chunk.citations or chunk.search_results:
            return True
        if chunk.x_groq or BEDROCK_METRICS in payload:
            return True
        news = {name: value for name, value in payload.items() if value is not None}
        if news:
            out.append(unknown_frame.seen(detail=", ".join(news)))
            out.append(MetadataReported(metadata=news))
        return False

    def _is_document(self, chunk: Chunk) -> bool:
        """Whether the frame is a whole answer: finished messages, and nothing before them (A17)."""
        if self._started or not chunk.choices:
            return False
        return all(
            choice.delta is None and choice.message is not None and finish_word(choice.finish_reason) is not None
            for choice in chunk.choices
        )

    # the response as a whole

    def _identify(self, chunk: Chunk, payload: JsonObject | None, out: list[Event]) -> None:
        """The first id and model stand; one that was empty may come later (B32)."""
        if chunk.id == self.id and chunk.model == self.model:
            return
        self.id, self.model = chunk.id, chunk.model
        response_id, model = chunk.id or "", chunk.model or ""
        if not self._started:
            self._started = True
            self._id, self._model = response_id, model
            self._metadata = _metadata(payload)
            out.append(ResponseStarted(response_id=response_id, model=model, metadata=dict(self._metadata)))
            return
        if (response_id and not self._id) or (model and not self._model):
            fresh_id = "" if self._id else response_id
            fresh_model = "" if self._model else model
            self._id, self._model = self._id or response_id, self._model or model
            out.append(MetadataReported(response_id=fresh_id, model=fresh_model))
        if self._changed:
            return
        for name, first, now in (("id", self._id, response_id), ("model", self._model, model)):
            if now and now != first:
                self._changed = True
                out.append(id_changed.seen(detail=f"{name} {first} became {now}"))

    def _report(self, payload: JsonObject, out: list[Event]) -> None:
        """Members of the frame that are news about the response."""
        known = self._metadata
        found = _metadata(payload)
        news = {n: v for n, v in found.items() if not is_same(known.get(n), v) and not (n == "created" and n in known)}
        if news:
            known.update(news)
            out.append(MetadataReported(metadata=news))

    # choices

    def _choices(self, chunk: Chunk, payload: JsonObject | None, out: list[Event], *, document: bool) -> None:
        """Deltas of every choice, then errors, then finish reasons: nothing that was said comes behind its end."""
        endings = self._endings
        finishes: list[tuple[int, int, FinishWord]] = []
        failures = endings.errors(chunk)  # what the frame says went wrong, before what its finish words say
        for position, choice in enumerate(chunk.choices or ()):
            said = self._choice(choice, payload, position, document=document)
            if choice.logprobs:
                whole, halves = choice.message is not None, self.deltas.joining
                said, quirks = self.tokens.read(choice.logprobs, choice.index, said, whole=whole, halves=halves)
                out += self.first(quirks)
            out += said
            word = _finish(choice)
            if word is None:
                continue
            finishes.append((choice.index, position, word))
            if word.reason == "error" and not endings.failed:
                failures.append(endings.failure(word, said))
        if finishes or failures:
            out += (*self.ending(), *failures)
        for index, position, word in finishes:
            out += endings.finish(index, word, payload, position)

    def _choice(self, choice: Choice, payload: JsonObject | None, position: int, *, document: bool) -> list[Event]:
        if choice.delta is not None:
            out = self.deltas.read(choice.delta, choice.index)
            if choice.text and not out:
                out += self.first((text_completion.seen(),))
                self.deltas.text(choice.text, choice.index, out)
            if choice.message is not None and finish_word(choice.finish_reason) is not None:
                out += self._messages.read(choice.message, choice.index, document=document)
            return out
        if choice.message is not None:
            return self._messages.read(choice.message, choice.index, document=document)
        if choice.text:
            legacy: list[Event] = [*self.first((text_completion.seen(),))]
            self.deltas.text(choice.text, choice.index, legacy)
            return legacy
        if _finish(choice) is None and (filtered := finish_details(payload, position)):
            return [MetadataReported(metadata=filtered)]
        return []


def _finish(choice: Choice) -> FinishWord | None:
    """Why a choice ended; a `stop_reason` is the word only where neither a delta nor a finish reason can be."""
    word = finish_word(choice.finish_reason)
    if word is None and choice.delta is None:
        word = finish_word(choice.stop_reason)
        return word if word is not None and word.known else None
    return word


def _metadata(payload: JsonObject | None) -> JsonObject:
    """What a frame says of the response besides its content; Groq's wrapper without what is read elsewhere."""
    found: JsonObject = {}
    for name, value in (payload or {}).items():
        if name in CONSUMED or is_blank(value):
            continue
        if name == "x_groq" and is_object(value):
            if inner := {member: v for member, v in value.items() if member not in ("usage", "error")}:
                found[name] = inner
            continue
        found[name] = value
    return found
