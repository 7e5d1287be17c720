"""Decoder of the `chat` dialect: OpenAI Chat Completions and everything that says it is compatible.

Three ways for a frame, each paid for only when the one before does not fit: plain chunks (`wire.PlainChunk`) become
their event at once; documented ones are read member by member; odd ones are mended first. Plain chunks are taken to be
lean until the server writes out what it does not send. Behind two pieces of one kind the next frame is tried as one
more of that kind before all else (`narrow`), and what differs from such a frame in its text alone is not even parsed
(`template`).
"""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from streamkit.dialects.base import DecoderOptions
from streamkit.dialects.chat.calls import fragments
from streamkit.dialects.chat.chunks import ChunkReader
from streamkit.dialects.chat.mending import mend
from streamkit.dialects.chat.narrow import MEMBERS, More, more_arguments, more_reasoning, more_text
from streamkit.dialects.chat.wire import (
    LeanCall,
    LeanDelta,
    PlainChunk,
    PlainDelta,
    decode_chunk,
    decode_lean,
    decode_measured,
    decode_plain,
)
from streamkit.dialects.payloads import read
from streamkit.dialects.template import NONE, Templates, words
from streamkit.events import Event, LogprobsAdded, ReasoningDelta, TextDelta
from streamkit.evidence import CallFragment, CallText
from streamkit.faults.events import error_events
from streamkit.frames import Frame
from streamkit.routing import Lane

__all__ = ["ChatDecoder"]

DONE = b"[DONE]"

AnyPlainChunk = PlainChunk[LeanDelta] | PlainChunk[PlainDelta]


class ChatDecoder:
    """Frames of chat completions to events."""

    handles = (Frame,)

    def __init__(self, options: DecoderOptions) -> None:
        self._limits = options.limits
        self._chunks = ChunkReader()
        self._deltas = self._chunks.deltas
        self._spoken = self._deltas.spoken
        self._thought = self._deltas.thought
        self._called = self._deltas.called
        self._calling = False
        """Whether the latest output was a piece of a call of choice 0."""
        self._decode: Callable[[bytes], AnyPlainChunk] = decode_lean
        self._more: More | None = None
        """The narrow way that the next frame is tried on; where it leads somewhere, `_plain` leads there as well."""
        self._templates = Templates()
        self._lead, self._tail = NONE
        """What stands around the one string in which the latest frames differed; no lead where that is not known."""
        self._index: int | None = None
        """Which call such frames continue."""
        self._latest: More | None = None
        """The way that would have done for the latest piece that came on another."""
        self._fitting: set[More] = {more_text, more_reasoning, more_arguments}
        """The narrow ways that suit this stream, for all that is known."""

    def feed(self, frame: Frame) -> Iterable[Event]:
        """What this frame means."""
        out = self._quick(frame)
        return (out,) if isinstance(out, Event) else out

    def _quick(self, frame: Frame) -> Event | Iterable[Event]:
        """More of what the frame before it said, or anything else."""
        more, data = self._more, frame.data
        rest = data.removeprefix(self._lead)
        if rest is not data:
            string = rest.removesuffix(self._tail)
            if string is not rest:
                try:
                    text = words(string)
                except ValueError:  # msgspec's errors are ValueErrors
                    pass
                else:
                    return TextDelta(text=text) if more is more_text else self._alike(text)
        if more is None:
            return self._plain(frame)
        chunks = self._chunks
        event = more(data, chunks.id, chunks.model)
        if event is None:
            return self._unexpected(frame, more)
        if self._templates.wanted:
            self._lead, self._tail = self._templates.of(data, MEMBERS[type(event)], event.text, frame.offset)
            self._index = getattr(event, "index", None)
        return event

    def _alike(self, text: str) -> Event:
        """What a frame says that fits the template."""
        return ReasoningDelta(text=text) if self._more is more_reasoning else CallText(index=self._index, text=text)

    def _unexpected(self, frame: Frame, tried: More) -> Event | Iterable[Event]:
        """Something else, or more of the same in another dress (`_expect` tells)."""
        self._lead = b""
        out = self._plain(frame)
        if self._more is tried:
            self._more = None
        return out

    def _expect(self, more: More, choice: int) -> None:
        """The second piece of a kind will probably be followed by more, unless several choices take turns."""
        if choice:
            self._fitting.clear()
        elif more is self._more:  # that way was just tried on this frame, and did not know its dress
            self._fitting.discard(more)
        elif more is self._latest and more in self._fitting:
            self._more = more
        self._latest = more

    def _plain(self, frame: Frame) -> Event | Iterable[Event]:
        """A plain piece becomes its event; any other frame is read member by member."""
        chunks = self._chunks
        if chunks.attentive:
            return self._read(frame)
        try:
            chunk = self._decode(frame.data)
        except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
            return self._wider(frame)
        choices = chunk.choices
        if len(choices) == 1 and chunk.id == chunks.id and chunk.model == chunks.model:
            if chunk.usage is not None:
                return self._counted(chunk) or self._read(frame)
            choice = choices[0]
            delta = choice.delta
            calls = delta.tool_calls
            if delta.reasoning_content or delta.reasoning or delta.reasoning_details:
                self._calling = False
                if not calls and not delta.content and choice.index in self._thought:
                    text = self._thinking(delta)
                    if text:
                        if delta.reasoning_content:
                            self._expect(more_reasoning, choice.index)
                        return ReasoningDelta(text=text, choice=choice.index)
            elif not calls:
                text = delta.content
                if not text:
                    chunks.seen.add(choice.index)  # a role alone (B30)
                    return ()
                self._calling = False
                if choice.index in self._spoken:
                    self._expect(more_text, choice.index)
                    return TextDelta(text=text, choice=choice.index)
            elif not delta.content and choice.index in self._called:
                call = calls[0]
                function = call.function
                if len(calls) == 1 and function and function.arguments:  # most fragments of most calls
                    lean = call.__class__ is LeanCall or not (call.extra_content or call.extra or call.whole)
                    if lean and not (function.name or call.id or call.type):
                        if self._calling and not choice.index:
                            self._expect(more_arguments, choice.index)
                            return CallText(index=call.index, text=function.arguments)
                        self._calling = not choice.index
                        return CallFragment(choice=choice.index, index=call.index, arguments=function.arguments)
                return fragments(calls, choice.index)
        return self._read(frame)

    def _wider(self, frame: Frame) -> Event | Iterable[Event]:
        """A lean chunk was expected. If it is plain all the same, so will be those that follow."""
        if frame.data == DONE:
            return self._read(frame)
        if self._chunks.tokens.any and (told := self._measured(frame)):
            return told
        if self._decode is decode_lean:
            try:
                decode_plain(frame.data)
            except (ValueError, RecursionError):
                return self._read(frame)
            self._decode = decode_plain
            return self._plain(frame)
        return self._read(frame)

    def _measured(self, frame: Frame) -> tuple[Event, ...]:
        """Plain text and the log probabilities of its tokens; nothing where there is more to it."""
        try:
            chunk = decode_measured(frame.data)
        except (ValueError, RecursionError):
            return ()
        (choice,) = chunk.choices
        told = tuple(choice.logprobs.content)
        known = chunk.id == self._chunks.id and chunk.model == self._chunks.model and choice.index in self._spoken
        if not (known and told and choice.delta.content):
            return ()
        self._calling = False
        self._chunks.tokens.note(choice.index, "text", told)
        text = TextDelta(text=choice.delta.content, choice=choice.index)
        return (text, LogprobsAdded(choice=choice.index, logprobs=told))

    def _counted(self, chunk: AnyPlainChunk) -> list[Event]:
        """Plain text with a running count of tokens (C22); nothing where there is more to it."""
        self._calling = False
        choice = chunk.choices[0]
        delta = choice.delta
        if not delta.content or choice.index not in self._spoken or delta.tool_calls:
            return []
        if delta.reasoning_content or delta.reasoning or delta.reasoning_details:
            return []
        return [TextDelta(text=delta.content, choice=choice.index), *self._chunks.count(chunk.usage)]

    def _thinking(self, delta: LeanDelta | PlainDelta) -> str | None:
        """Plain reasoning in the remembered field; nothing where there is more to it."""
        text = delta.reasoning_content
        if text:
            if delta.reasoning or self._deltas.field != "reasoning_content":
                return None
        else:
            text = delta.reasoning
            if self._deltas.field != "reasoning":
                return None
        if delta.reasoning_details:
            for detail in delta.reasoning_details:
                if detail.signature or detail.data:
                    return None
        return text

    def close(self) -> Iterable[Event]:
        """Halves of characters, and what became of choices that have no finish of their own (B30, C10)."""
        return self._chunks.close()

    def _read(self, frame: Frame) -> Iterable[Event]:
        """Every documented member of a frame."""
        self._calling = False
        if frame.data == DONE:
            return self._chunks.done()
        try:
            chunk = decode_chunk(frame.data)
            payload = msgspec.json.decode(frame.data) if self._chunks.matters(chunk, frame) else None
        except (ValueError, RecursionError):
            return self._tolerate(frame)
        if chunk.choices is None:  # an envelope (A24), another route's frame, an error, or none of these
            return self._tolerate(frame)
        return self._chunks.read(chunk, frame, payload)

    def _tolerate(self, frame: Frame) -> list[Event]:
        """What the strict types refuse: no JSON, several documents in one frame, or odd shapes."""
        reading = read(frame)
        out: list[Event] = list(reading.events)
        if reading.error_text:
            out += (*self._chunks.ending(), *error_events(reading.error_text))
        self._deltas.joining = reading.surrogates
        for payload in reading.objects:
            mended = mend(payload)
            out += self._chunks.first(mended.quirks)
            out += self._chunks.read(mended.chunk, frame, payload)
        self._deltas.joining = False
        if reading.done:
            out += self._chunks.done()
        return out

    lanes: Mapping[type, Lane] = {Frame: _quick}
    """Frames without a tuple around what they mean."""
