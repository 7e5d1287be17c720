"""The small streams that older models speak inside InvokeModel: text, and at the end a word that says why it ended.

Titan, Llama, Cohere Command, Mistral, Claude before Messages. One strict type has the members of all of them; a frame
of one model has only its own.
"""

from collections.abc import Iterable

import msgspec

from streamkit.dialects.base import DecoderOptions
from streamkit.dialects.refused import REFUSED
from streamkit.dialects.reshaping import reshape
from streamkit.dialects.tolerance import Halves, tolerant, unread
from streamkit.dialects.words import finish_word
from streamkit.events import ErrorReported, Event, MetadataReported
from streamkit.evidence import FinishClaimed
from streamkit.faults import provider_error
from streamkit.frames import Frame
from streamkit.jsontypes import Json, JsonObject
from streamkit.quirks.chat import finish_unknown

__all__ = ["TEXT_MEMBERS", "TextsDecoder"]

Events = Iterable[Event]

TEXT_MEMBERS = frozenset({"outputText", "generation", "completion", "is_finished", "generations", "outputs"})
"""Each of them is in every frame of one family of models."""


class Output(msgspec.Struct, gc=False):
    """Mistral: one alternative."""

    text: str | None = None
    stop_reason: str | None = None


class Generation(msgspec.Struct, gc=False):
    """Cohere Command: one alternative of a whole answer."""

    text: str | None = None
    finish_reason: str | None = None


class Text(msgspec.Struct, gc=False):
    """A frame of any of these models."""

    completion: str | None = None
    generation: str | None = None
    output_text: str | None = msgspec.field(default=None, name="outputText")
    text: str | None = None
    outputs: list[Output] | None = None
    generations: list[Generation] | None = None
    index: int | None = None
    stop: str | None = None
    stop_reason: str | None = None
    finish_reason: str | None = None
    completion_reason: str | None = msgspec.field(default=None, name="completionReason")
    id: str | None = None


TEXT = msgspec.json.Decoder(Text)
NOTHING = Text()
"""What a frame is read as that has no member of these models."""


class TextsDecoder:
    """Frames of plain-text models to events."""

    handles = (Frame,)

    def __init__(self, options: DecoderOptions) -> None:
        del options
        self._spoken: set[int] = set()
        self._halves = Halves()

    def feed(self, frame: Frame) -> Events:
        """What one frame means."""
        try:
            message = TEXT.decode(frame.data)
        except REFUSED:
            return self._tolerant(frame)
        return self._tolerant(frame) if message == NOTHING else self._read(message)

    def close(self) -> Events:
        """Half a character that was held back."""
        return self._halves.flush()

    def _tolerant(self, frame: Frame) -> Events:
        return tolerant(frame, self._halves, self._odd)

    def _odd(self, payload: JsonObject) -> list[Event]:
        message, quirks = reshape(payload, TEXT) if TEXT_MEMBERS & payload.keys() else (None, [])
        return [*quirks, *(unread(payload) if message is None else self._read(message))]

    def _read(self, frame: Text) -> list[Event]:
        out: list[Event] = []
        text = frame.completion or frame.generation or frame.output_text or frame.text
        choice = frame.index or 0
        if text:
            self._say(text, choice, out)
        for number, output in enumerate(frame.outputs or ()):
            if output.text:
                self._say(output.text, number, out)
            self._end(output.stop_reason, (number,), {}, out)
        for number, generation in enumerate(frame.generations or ()):
            # a whole answer, or after streamed pieces the same once more: then it is no news
            if generation.text and number not in self._spoken:
                self._say(generation.text, number, out)
            self._end(generation.finish_reason, (number,), {}, out)
        if frame.id:
            out.append(MetadataReported(response_id=frame.id))
        details: JsonObject = {} if frame.stop is None else {"stop": frame.stop}
        reason: Json = frame.stop_reason or frame.finish_reason or frame.completion_reason
        # a finish without an index is that of all alternatives
        over = sorted(self._spoken) if frame.index is None and self._spoken else (choice,)
        self._end(reason, over, details, out)
        return out

    def _say(self, text: str, choice: int, out: list[Event]) -> None:
        self._spoken.add(choice)
        out += self._halves.delta(text, choice=choice)

    def _end(self, reason: str | None, choices: Iterable[int], details: JsonObject, out: list[Event]) -> None:
        word = finish_word(reason)
        if word is None:
            return
        out += self._halves.flush()
        if not word.known:
            out.append(finish_unknown.seen(detail=word.raw))
        if word.reason == "error":
            told = {"code": word.raw, "message": f"the answer ended with {word.raw}"}
            out.append(ErrorReported(error=provider_error({"error": told})))
        out += (
            FinishClaimed(finish_reason=word.reason, raw_finish_reason=word.raw, choice=choice, details=details)
            for choice in choices
        )
