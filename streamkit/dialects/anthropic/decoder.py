"""Decoder of the `anthropic` dialect. It translates; the ledger keeps the books.

The hot path is one look-up: is this index a block that consists of just this kind of delta? What differs from such a
frame in its text alone is not even parsed (`template`). All else (starts, held text, other kinds, blocks without a
start) takes the longer way below.
"""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from streamkit.dialects.anthropic import wire
from streamkit.dialects.anthropic.flow import BlockFlow
from streamkit.dialects.anthropic.mending import BLOCK_FRAMES, mend, streams_words
from streamkit.dialects.anthropic.messages import METRICS, UsageBook, aside, finish, started
from streamkit.dialects.anthropic.recognition import recognise
from streamkit.dialects.anthropic.wire import MEMBERS, BlockDelta, InputPiece, Piece, TextPiece, ThinkingPiece
from streamkit.dialects.base import DecoderOptions, Dialect
from streamkit.dialects.payloads import read
from streamkit.dialects.refused import REFUSED
from streamkit.dialects.surrogates import scrub_all
from streamkit.dialects.template import NONE, Templates, words
from streamkit.events import (
    ArgumentsDelta,
    Event,
    KeepAlive,
    ProviderEvent,
    ReasoningDelta,
    TextDelta,
)
from streamkit.evidence import EndMarker
from streamkit.faults import looks_like_error
from streamkit.faults.events import error_events, is_warning, warning_event
from streamkit.frames import Frame
from streamkit.jsontypes import Json, JsonObject, is_array, is_object
from streamkit.quirks.anthropic import (
    missing_message_start,
    undocumented_frame,
    whole_message_body,
    whole_message_frame,
)
from streamkit.quirks.responses import type_conflict, type_from_event
from streamkit.routing import Lane

__all__ = ["ANTHROPIC", "AnthropicDecoder"]

Events = Iterable[Event]

UNNAMED = ("", "message")
"""SSE event names that say nothing: `message` is what SSE itself calls an event without a name."""


class AnthropicDecoder:
    """Frames of the Messages API to events."""

    handles = (Frame,)

    def __init__(self, options: DecoderOptions) -> None:
        self._flow = BlockFlow(options.limits)
        self._plain = self._flow.plain
        self._decode = wire.FRAME.decode
        self._templates = Templates()
        self._lead, self._tail = NONE
        """What stands around the one string in which the latest frames differed; no lead where that is not known."""
        self._key = 0
        """The block that such frames continue."""
        self._kind: type = TextPiece
        """What they continue it with."""
        self._usage = UsageBook()
        self._begun = False
        """Whether `message_start` was seen, or its absence noticed."""
        self._stopped = False
        """Whether a stop reason was seen."""
        self._over = False
        """Whether `message_stop` was seen: what begins behind it counts its own tokens."""

    def feed(self, frame: Frame) -> Events:
        """What one frame means."""
        out = self._quick(frame)
        return (out,) if isinstance(out, Event) else out

    def _quick(self, frame: Frame) -> Event | Events:
        """A piece of an open block becomes its event; any other frame goes to what reads its kind."""
        data, name = frame.data, frame.event
        rest = data.removeprefix(self._lead)
        if rest is not data and self._plain.get(self._key) is self._kind:
            string = rest.removesuffix(self._tail)
            if string is not rest and (name == "content_block_delta" or not name):
                try:
                    text = words(string)
                except ValueError:  # msgspec's errors are ValueErrors
                    pass
                else:
                    return TextDelta(key=self._key, text=text) if self._kind is TextPiece else self._alike(text)
        try:
            message = self._decode(data)
        except REFUSED:
            return self._tolerant(frame)
        if type(message) is BlockDelta:
            piece, key = message.delta, message.index
            if self._plain.get(key) is type(piece) and (name == "content_block_delta" or not name):
                if self._templates.wanted:
                    self._expect(frame, piece, key)
                if type(piece) is TextPiece:
                    return TextDelta(key=key, text=piece.text) if piece.text else ()
                if type(piece) is InputPiece:
                    return ArgumentsDelta(key=key, text=piece.partial_json) if piece.partial_json else ()
                if type(piece) is ThinkingPiece:
                    return ReasoningDelta(key=key, text=piece.thinking) if piece.thinking else ()
        return self._typed(message, frame)

    def _expect(self, frame: Frame, piece: Piece, key: int) -> None:
        """More of this piece of this block will probably come in the same dress."""
        kind = type(piece)
        member = MEMBERS.get(kind)
        if member is not None:
            text = getattr(piece, member)
            self._lead, self._tail = self._templates.of(frame.data, b'"%s"' % member.encode(), text, frame.offset)
            self._key, self._kind = key, kind

    def _alike(self, text: str) -> Event:
        """What a frame says that fits the template."""
        if self._kind is InputPiece:
            return ArgumentsDelta(key=self._key, text=text)
        return ReasoningDelta(key=self._key, text=text)

    def close(self) -> Events:
        """What was held back."""
        return self._flow.close()

    # frames that the strict types accept

    def _typed(self, message: wire.Message, frame: Frame) -> list[Event]:
        kind = str(message.__struct_config__.tag)
        out: list[Event] = []
        if frame.event not in UNNAMED and frame.event != kind:
            out.append(type_conflict.seen(detail=frame.event))
        if isinstance(message, wire.Block):
            return out + self._block(message)
        if isinstance(message, wire.Ping):
            return [*out, KeepAlive(comment="ping")]
        try:
            payload = msgspec.json.decode(frame.data)
        except REFUSED:
            return out + self._tolerant(frame)
        return out + self._messages[kind](self, payload)

    def _block(self, message: wire.Block, *, surrogates: bool = False) -> list[Event]:
        out = self._unannounced()
        if isinstance(message, wire.BlockStart):
            return out + self._flow.start(message.index, message.content_block)
        if isinstance(message, wire.BlockStop):
            return out + self._flow.stop(message.index)
        return out + self._flow.piece(message.index, message.delta, surrogates=surrogates)

    def _unannounced(self) -> list[Event]:
        """The note that `message_start` is missing, once (B18, B27)."""
        if self._begun:
            return []
        self._begun = True
        return [missing_message_start.seen()]

    # frames about the message as a whole

    def _message_start(self, payload: JsonObject) -> list[Event]:
        self._begun = True
        message = _object(payload.get("message"))
        content = message.get("content")
        if is_array(content):
            self._flow.prefill(content)
        usage = [] if self._over else self._usage.take(message.get("usage"))
        return [started(message), *usage, *aside(payload)]

    def _message_delta(self, payload: JsonObject) -> list[Event]:
        out = self._unannounced() + self._flow.settle()
        delta = _object(payload.get("delta"))
        usage = payload.get("usage", delta.get("usage"))
        out += self._usage.take(usage)
        out += aside(payload, delta)
        return out + self._claim(delta)

    def _message_stop(self, payload: JsonObject) -> list[Event]:
        out = self._unannounced() + self._flow.settle()
        if not self._usage.raw:
            out += self._usage.take(payload.get(METRICS))
        out += aside(payload)
        self._over = True
        return [*out, EndMarker(name="message_stop")]

    def _claim(self, delta: JsonObject) -> list[Event]:
        claims = finish(delta)
        self._stopped = self._stopped or bool(claims)
        return claims

    def _whole_message(self, payload: JsonObject) -> list[Event]:
        """The whole message in one frame: the answer where nothing was streamed, else old news (A17, B22)."""
        alone = not self._begun
        silent = not self._flow.begun
        self._begun = True
        out: list[Event] = [] if not alone else [started(payload)]
        content = payload.get("content")
        if alone:
            out.insert(0, whole_message_body.seen())
        else:
            out.append(whole_message_frame.seen(detail="taken as the answer" if silent else "nothing taken from it"))
        if silent and is_array(content):
            self._flow.prefill(content)
            out += self._flow.settle()
        out += self._usage.take(payload.get("usage"))
        if not self._stopped:
            out += self._claim(payload)
        return [*out, EndMarker(name="message")] if alone else out

    # frames that they refuse

    def _tolerant(self, frame: Frame) -> list[Event]:
        reading = read(frame)
        out: list[Event] = list(reading.events)
        if reading.error_text:
            out += self._flow.settle() + error_events(reading.error_text)
        for payload in reading.objects:
            whole = payload if not reading.surrogates or streams_words(payload) else scrub_all(payload)
            out += self._payload(whole, frame.event, surrogates=reading.surrogates)
        if reading.done:
            out.append(EndMarker(name="[DONE]", proof=False))
        return out

    def _payload(self, payload: JsonObject, name: str, *, surrogates: bool) -> list[Event]:
        out: list[Event] = []
        kind = payload.get("type")
        if not isinstance(kind, str) or not kind:
            if looks_like_error(payload):
                return self._flow.settle() + error_events(payload)
            kind = "" if name in UNNAMED else name
            if kind:
                payload = {**payload, "type": kind}
                out.append(type_from_event.seen(detail=kind))
        elif name not in UNNAMED and name != kind:
            out.append(type_conflict.seen(detail=name))
        if kind in BLOCK_FRAMES:
            return out + self._mended(payload, kind, surrogates=surrogates)
        if kind == "ping":
            return [*out, KeepAlive(comment="ping")]
        if kind in self._messages:
            return out + self._messages[kind](self, payload)
        if kind == "error" or looks_like_error(payload):
            return out + self._flow.settle() + error_events(payload)
        if is_warning({**payload, "type": kind}):
            return [*out, warning_event(payload)]
        return [
            *out,
            undocumented_frame.seen(detail=kind or ", ".join(payload)),
            ProviderEvent(name=kind, data=payload),
        ]

    def _mended(self, payload: JsonObject, kind: str, *, surrogates: bool) -> list[Event]:
        mended = mend(payload, self._flow.latest(), self._flow.unused())
        out: list[Event] = [quirk.seen(detail=detail) for quirk, detail in mended.quirks.items()]
        if mended.frame is not None:
            return out + self._block(mended.frame, surrogates=surrogates)
        if mended.unknown:
            out += (undocumented_frame.seen(detail=mended.unknown), ProviderEvent(name=kind, data=payload))
        return out

    lanes: Mapping[type, Lane] = {Frame: _quick}
    """Frames without a tuple around what they mean."""
    _messages: Mapping[str, Callable[..., list[Event]]] = {
        "message_start": _message_start,
        "message_delta": _message_delta,
        "message_stop": _message_stop,
        "message": _whole_message,
    }


def _object(value: Json) -> JsonObject:
    return value if is_object(value) else {}


ANTHROPIC = Dialect(
    name="anthropic",
    title="Anthropic Messages",
    framing="sse",
    decoder=AnthropicDecoder,
    recognise=recognise,
    ends=("message_stop",),
    closes_items=True,
)
"""The Messages API and what speaks like it: Vertex, Bedrock's inner payloads, MiniMax, Kimi, GLM, llama.cpp, vLLM."""
