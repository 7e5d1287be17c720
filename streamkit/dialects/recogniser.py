"""Which dialect is it? Looks at the first frames, then gives its place to that dialect's decoder.

With an expected dialect it only watches whether the frames clearly speak another one (A29). Without one it holds the
first frames until one dialect alone fits; where several fit it says which, and never guesses silently.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec
from msgspec.structs import replace

from streamkit.dialects.base import CERTAIN, LIKELY, NO, Decoder, DecoderOptions, Dialect
from streamkit.dialects.json_text import json_text
from streamkit.dialects.payloads import is_error_frame, read
from streamkit.errors import ErrorInfo
from streamkit.events import Event
from streamkit.evidence import Halt, Handover, Rerouted
from streamkit.faults import looks_like_error, provider_error
from streamkit.frames import Frame
from streamkit.jsontypes import Json, scrub_all
from streamkit.quirks.recognition import dialect_mismatch
from streamkit.quirks.registry import printable

__all__ = ["Recogniser"]

WATCHED = 8
"""Frames after which an expected dialect is taken for granted."""


class Recogniser:
    """Stands where the decoder will stand.

    Args:
        expected: the dialect that the caller named, or None.
        candidates: gives the dialects to choose from; called only when needed.
        options: for the decoder.
        chosen: told the dialect as soon as it is known, before any of its events.
    """

    handles = (Frame,)

    def __init__(
        self,
        expected: Dialect | None,
        candidates: Callable[[], Sequence[Dialect]],
        options: DecoderOptions,
        chosen: Callable[[Dialect], None],
    ) -> None:
        self._expected = expected
        self._candidates = candidates
        self._options = options
        self._chosen = chosen
        self._decoder: Decoder | None = None
        self._held: list[Frame] = []
        self._size = 0
        self._scores: dict[str, int] = {}
        self._seen = 0
        if expected is not None:
            self._decoder = expected.decoder(options)
            chosen(expected)

    def feed(self, frame: Frame) -> Iterable[Event]:
        """Watch or hold this frame; decode it once it is clear how."""
        if self._expected is not None and self._decoder is not None:
            return self._watch(self._expected, self._decoder, frame)
        self._held.append(frame)
        self._size += len(frame.data)
        if not self._judge(frame):
            for payload in read(frame).objects:  # behind what layers in between did to it (A15, A24, A32, A33)
                self._judge(replace(frame, data=json_text(scrub_all(payload)).encode()))
        best = self._best()
        if len(best) == 1 and self._scores[best[0].name] >= LIKELY:
            return self._choose(best[0])
        if len(self._held) >= self._options.limits.held or self._size >= self._options.limits.frame:
            return self._decide()
        return ()

    def close(self) -> Iterable[Event]:
        """The stream ended before it was clear: the best fit, or an error that says why there is none."""
        out = list(self._decide()) if self._decoder is None and self._held else []
        if self._decoder is not None:
            out += self._decoder.close()
        return out

    def _watch(self, expected: Dialect, decoder: Decoder, frame: Frame) -> Iterable[Event]:
        self._seen += 1
        if expected.recognise(frame) >= LIKELY or self._seen > WATCHED:
            return [Handover(old=self, new=decoder), *decoder.feed(frame)]
        others = [d for d in self._candidates() if d.name != expected.name and d.recognise(frame) == CERTAIN]
        if len(others) == 1 and expected.recognise(frame) == NO:
            other = others[0]
            self._chosen(other)  # which changes what other stages handle
            self._decoder = other.decoder(self._options)
            quirk = dialect_mismatch.seen(detail=f"{expected.name} was expected, the frames are {other.name}")
            return [quirk, Rerouted(), Handover(old=self, new=self._decoder), *self._decoder.feed(frame)]
        return decoder.feed(frame)

    def _judge(self, frame: Frame) -> bool:
        """Let every dialect say how much this frame is its own; gives whether one of them knows it."""
        known = False
        for dialect in self._candidates():
            score = dialect.recognise(frame)
            known = known or score > NO
            if score > self._scores.get(dialect.name, NO):
                self._scores[dialect.name] = score
        return known

    def _best(self) -> list[Dialect]:
        top = max(self._scores.values(), default=NO)
        return [d for d in self._candidates() if top > NO and self._scores.get(d.name, NO) == top]

    def _decide(self) -> Iterable[Event]:
        best = self._best()
        if len(best) == 1:
            return self._choose(best[0])
        for frame in self._held:
            payload = _payload(frame)
            if looks_like_error(payload) or (is_error_frame(frame) and isinstance(payload, str) and payload):
                return [Halt(error=provider_error(payload))]  # said alike in every dialect
        first = printable(self._held[0].data[:200].decode("utf-8", "replace"))
        if best:
            names = " and ".join(dialect.name for dialect in best)
            message = (
                f"the frames fit more than one dialect: {names}; name the one that is meant (first frame: {first})"
            )
        else:
            message = f"the frames fit no known dialect; name one, or check the URL (first frame: {first})"
        error = ErrorInfo(kind="wire", code="unknown_dialect", message=message, offset=self._held[0].offset)
        self._held.clear()
        return [Halt(error=error)]

    def _choose(self, dialect: Dialect) -> Iterable[Event]:
        self._chosen(dialect)
        decoder = self._decoder = dialect.decoder(self._options)
        out: list[Event] = []
        for frame in self._held:
            out += decoder.feed(frame)
        self._held.clear()
        return [Rerouted(), Handover(old=self, new=decoder), *out]


def _payload(frame: Frame) -> Json:
    """What a frame holds; its text where that is no JSON."""
    try:
        return msgspec.json.decode(frame.data)
    except (ValueError, RecursionError):
        reading = read(frame)
        return reading.objects[0] if reading.objects else reading.error_text
