"""Wires: a transcript and the bytes that say it in one dialect."""

from collections.abc import Callable

import msgspec

from streamkit.errors import UnknownDialect
from streamkit.jsontypes import JsonObject
from streamkit.quirks.tape import Tape
from streamkit.testing.encoders import anthropic, chat, cohere, gemini, ollama, responses
from streamkit.testing.encoders.writing import Style
from streamkit.testing.playback import CONTENT_TYPES, Playback
from streamkit.testing.transcripts import Ability, Transcript

__all__ = ["DIALECTS", "Wire", "ability_of", "wire"]

Encode = Callable[[Transcript, Style], list[bytes]]

ENCODERS: dict[str, tuple[str, Ability, Encode]] = {
    "responses": ("sse", responses.ABILITY, responses.encode),
    "chat": ("sse", chat.ABILITY, chat.encode),
    "anthropic": ("sse", anthropic.ABILITY, anthropic.encode),
    "gemini": ("sse", gemini.ABILITY, gemini.encode),
    "ollama": ("ndjson", ollama.ABILITY, ollama.encode),
    "cohere": ("sse", cohere.ABILITY, cohere.encode),
}
"""By dialect: its framing, what can be said in it, and how that is written."""

DIALECTS = tuple(ENCODERS)
"""The dialects that transcripts can be written in."""


class Wire(msgspec.Struct, kw_only=True, frozen=True):
    """A healthy answer on the wire."""

    dialect: str
    framing: str
    transcript: Transcript
    frames: tuple[bytes, ...]
    """One frame each, in order."""

    @property
    def data(self) -> bytes:
        """All bytes."""
        return b"".join(self.frames)

    @property
    def expected(self) -> JsonObject:
        """What every reader must come to, in the words of a fixture's `expected`."""
        return self.transcript.expected(ability_of(self.dialect))

    def tape(self) -> Tape:
        """The bytes as ground for planting faults."""
        return Tape(self.data, self.dialect, self.framing)

    def playback(self) -> Playback:
        """The answer for a `PlaybackServer`, a chunk for each frame."""
        return Playback(body=self.frames, content_type=CONTENT_TYPES[self.framing])


def ability_of(dialect: str) -> Ability:
    """What can be said in this dialect.

    Raises:
        UnknownDialect: there is no encoder for it.
    """
    return _encoder(dialect)[1]


def wire(transcript: Transcript, dialect: str, style: Style | None = None) -> Wire:
    """This answer in this dialect; it must hold nothing that the dialect cannot say.

    Raises:
        UnknownDialect: there is no encoder for it.
    """
    framing, _ability, encode = _encoder(dialect)
    frames = tuple(encode(transcript, style or Style()))
    return Wire(dialect=dialect, framing=framing, transcript=transcript, frames=frames)


def _encoder(dialect: str) -> tuple[str, Ability, Encode]:
    if dialect not in ENCODERS:
        raise UnknownDialect(f"no transcript can be written in {dialect!r}; possible are {', '.join(DIALECTS)}")
    return ENCODERS[dialect]
