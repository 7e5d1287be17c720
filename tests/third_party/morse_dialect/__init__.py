"""A dialect of somebody else: one JSON object a line, `{"morse": ".... .."}`, ended by `{"morse": "...-.-"}`."""

from collections.abc import Iterable

import msgspec

from streamkit.dialects.base import CERTAIN, NO, DecoderOptions, Dialect
from streamkit.events import Event, TextDelta
from streamkit.evidence import EndMarker, FinishClaimed
from streamkit.frames import Frame

__all__ = ["MORSE"]

LETTERS = {".-": "A", ".": "E", "....": "H", "..": "I", "-.-": "K", "---": "O", "...": "S", "-": "T", "/": " "}
END = "...-.-"


class Signal(msgspec.Struct):
    """One line of the wire."""

    morse: str


decode = msgspec.json.Decoder(Signal).decode


class MorseDecoder:
    """Signals to text."""

    handles = (Frame,)

    def __init__(self, options: DecoderOptions) -> None:
        self._limits = options.limits

    def feed(self, frame: Frame) -> Iterable[Event]:
        """What one line means."""
        signal = decode(frame.data).morse
        if signal == END:
            return (FinishClaimed(finish_reason="stop", raw_finish_reason="SK"), EndMarker(name="SK"))
        return (TextDelta(text="".join(LETTERS.get(letter, "?") for letter in signal.split())),)

    def close(self) -> Iterable[Event]:
        """Nothing is held back."""
        return ()


def recognise(frame: Frame) -> int:
    """Whether a line is one of ours."""
    return CERTAIN if frame.data.startswith(b'{"morse"') else NO


MORSE = Dialect(
    name="morse",
    title="Morse code",
    framing="ndjson",
    decoder=MorseDecoder,
    recognise=recognise,
    ends=(END,),
)
