"""The `watsonx` dialect: IBM watsonx.ai text generation; its chat endpoint speaks `chat`."""

import re

import msgspec

from streamkit.dialects.base import CERTAIN, NO, DecoderOptions, Dialect
from streamkit.dialects.counting import read_count, read_usage
from streamkit.dialects.plain import Events, PlainDecoder, finish, foreign, words
from streamkit.dialects.refused import REFUSED
from streamkit.events import Event, MetadataReported, ResponseStarted, TextDelta, UsageReported
from streamkit.faults.events import error_events
from streamkit.frames import Frame
from streamkit.jsontypes import Json, JsonObject, is_array, is_object
from streamkit.quirks.plain_text import member_mended
from streamkit.quirks.registry import shown
from streamkit.quirks.reshaping import member_unreadable

__all__ = ["WATSONX", "WatsonxDecoder"]

GOING_ON = "not_finished"
COUNTS = ("input_token_count", "generated_token_count")
RESULT = frozenset({"generated_text", "stop_reason", *COUNTS})
"""Members by which a result is known."""


class Result(msgspec.Struct, gc=False):
    """A piece of one answer."""

    generated_text: str
    stop_reason: str | None = None
    input_token_count: int = 0
    generated_token_count: int = 0


class Generation(msgspec.Struct, gc=False):
    """One frame."""

    results: list[Result]
    model_id: str = ""
    system: JsonObject | None = None
    """Warnings about the model and its use."""


FRAME = msgspec.json.Decoder(Generation)


class WatsonxDecoder(PlainDecoder):
    """Frames of watsonx text generation to events."""

    def __init__(self, options: DecoderOptions) -> None:
        super().__init__(options)
        self._started = False
        self._counts: dict[int, tuple[int, int]] = {}
        """Input and output tokens per answer; frames count upwards and leave the input out later."""
        self._noted: set[str] = set()
        self._latest: Result | None = None
        """The piece of the first answer whose counts were not looked at yet."""

    def feed(self, frame: Frame) -> Events:
        """What one frame means."""
        try:
            message = FRAME.decode(frame.data)
        except REFUSED:
            return self.tolerant(frame)
        if self._started and message.system is None and len(message.results) == 1 and not self.joiner.pending:
            result = message.results[0]
            if result.stop_reason == GOING_ON:
                self._latest = result
                return (TextDelta(text=result.generated_text),) if result.generated_text else ()
        return self._generation(message)

    def close(self) -> Events:
        """What was held back: halves of characters, and the counts of a stream that was cut."""
        yield from super().close()
        yield from self._usage()

    def payload(self, payload: JsonObject, name: str) -> list[Event]:
        """An error, or a generation with odd members."""
        results = payload.get("results")
        if payload.get("errors"):
            return error_events(payload)
        if not is_array(results):
            return foreign(payload, name)
        notes: list[Event] = []
        read = [self._result(result, notes) for result in _unfolded(results, notes)]
        model, system = payload.get("model_id"), payload.get("system")
        generation = Generation(
            results=read,
            model_id=model if isinstance(model, str) else "",
            system=system if is_object(system) else None,
        )
        return notes + self._generation(generation)

    def _result(self, result: JsonObject, notes: list[Event]) -> Result:
        counts: dict[str, int] = {}
        for name in COUNTS:
            value = result.get(name)
            count, quirks = read_count(name, value) if value is not None else (None, ())
            if count is not None:
                counts[name] = count
            if quirks and quirks[0].quirk not in self._noted:  # every frame counts: once is enough
                self._noted.add(quirks[0].quirk)
                notes += quirks
        text = words(result.get("generated_text"), notes)
        return Result(generated_text=text, stop_reason=_word(result.get("stop_reason")), **counts)

    def _generation(self, message: Generation) -> list[Event]:
        out: list[Event] = []
        if not self._started:
            self._started = True
            out.append(ResponseStarted(model=message.model_id))
        if message.system:
            out.append(MetadataReported(metadata={"system": message.system}))
        ended = False
        for choice, result in enumerate(message.results):
            self._count(choice, result.input_token_count, result.generated_token_count)
            out += self.text(result.generated_text, choice)
            claims = finish(result.stop_reason, choice)
            ended = ended or bool(claims)
            out += claims
        return out + self._usage() if ended else out

    def _count(self, choice: int, consumed: int, generated: int) -> None:
        before = self._counts.get(choice, (0, 0))
        self._counts[choice] = max(consumed, before[0]), max(generated, before[1])

    def _usage(self) -> list[Event]:
        """The counts of all answers; none where the wire counts nothing (C31)."""
        if self._latest is not None:
            self._count(0, self._latest.input_token_count, self._latest.generated_token_count)
        consumed = max((count for count, _ in self._counts.values()), default=0)
        generated = sum(count for _, count in self._counts.values())
        if not consumed and not generated:
            return []
        usage, quirks = read_usage(dict(zip(COUNTS, (consumed, generated), strict=True)))
        return [*quirks, UsageReported(usage=usage)] if usage is not None else list(quirks)


def _unfolded(results: Json, notes: list[Event], *, deeper: bool = True) -> list[JsonObject]:
    """The results that a list holds, be they in a list or an object of their own; what is none is named."""
    out: list[JsonObject] = []
    for result in results:
        inner = result.get("data") if is_object(result) and "generated_text" not in result else None
        if deeper and is_array(result):
            notes.append(member_mended.seen(detail="results: a list in the list"))
            out += _unfolded(result, notes, deeper=False)
        elif is_object(inner) and "generated_text" in inner:
            notes.append(member_mended.seen(detail="results: data"))
            out.append(inner)
        elif is_object(result) and (not result or RESULT.intersection(result)):
            out.append(result)
        elif result is not None:
            notes.append(member_unreadable.seen(detail=f"results: {shown(result)}", data=result))
    return out


def _word(reason: Json) -> str | None:
    return reason if isinstance(reason, str) else None


OWN = re.compile(rb'"results"\s*:\s*\[\s*\{[^{}\[\]]*"generated_text"\s*:')


def recognise(frame: Frame) -> int:
    """How sure a frame makes it that this is watsonx."""
    return CERTAIN if OWN.search(frame.data[:4096]) else NO


WATSONX = Dialect(
    name="watsonx",
    title="IBM watsonx.ai text generation",
    framing="sse",
    decoder=WatsonxDecoder,
    recognise=recognise,
    think_tags=True,
)
"""watsonx.ai text generation."""
