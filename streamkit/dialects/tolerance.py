"""What decoders share on the tolerant path: reading a refused frame, texts with halved characters, unknown frames."""

from collections.abc import Callable, Iterable
from typing import cast

from streamkit.dialects.payloads import SurrogateJoiner, read
from streamkit.events import ErrorReported, Event, Key, ProviderEvent, ReasoningDelta, TextDelta
from streamkit.evidence import EndMarker
from streamkit.faults import looks_like_error, provider_error
from streamkit.frames import Frame
from streamkit.jsontypes import Json, JsonObject
from streamkit.quirks.reshaping import frame_unrecognised

__all__ = ["Halves", "tolerant", "unread"]


class Halves:
    """Text whose characters may come in two halves (J01). Does nothing until a frame shows that they may."""

    def __init__(self) -> None:
        self.met = False
        """Whether a frame was met that may have halves; from then on every text must go through `delta`."""
        self._joiner = SurrogateJoiner()

    def delta(self, text: str, *, thought: bool = False, choice: int = 0, key: Key = None) -> list[Event]:
        """The delta that gives out a text; none for an empty one, and none for the first half of a character."""
        if self.met:
            text = self._joiner.join((thought, choice, key), text)
        if not text:
            return []
        if thought:
            return [ReasoningDelta(choice=choice, key=key, text=text)]
        return [TextDelta(choice=choice, key=key, text=text)]

    def flush(self) -> list[Event]:
        """What no second half came for."""
        out: list[Event] = []
        for channel, held in self._joiner.flush():
            thought, choice, key = cast("tuple[bool, int, Key]", channel)
            kind = ReasoningDelta if thought else TextDelta
            out.append(kind(choice=choice, key=key, text=held))
        return out


def tolerant(
    frame: Frame, halves: Halves, odd: Callable[[JsonObject], Iterable[Event]], *, proof: bool = False
) -> list[Event]:
    """What a frame means that the strict types refused.

    Args:
        frame: the frame.
        halves: told whether texts may have halved characters.
        odd: reads one object of the frame.
        proof: whether `[DONE]` proves completion in this dialect.
    """
    reading = read(frame)
    halves.met = halves.met or reading.surrogates
    out: list[Event] = list(reading.events)
    if reading.error_text:
        out.append(ErrorReported(error=provider_error(reading.error_text)))
    for payload in reading.objects:
        out += odd(payload)
    if reading.done:
        out.append(EndMarker(name="[DONE]", proof=proof))
    return out


def unread(payload: Json, name: str = "") -> list[Event]:
    """A payload that the dialect has no word for: an error in one of its shapes, or passed on as it came."""
    if looks_like_error(payload):
        return [ErrorReported(error=provider_error(payload))]
    return [frame_unrecognised.seen(detail=name, data=payload), ProviderEvent(name=name, data=payload)]
