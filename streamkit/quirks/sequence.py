"""Deviations of `sequence_number` (B13, B33, B34)."""

from collections.abc import Iterator
from itertools import pairwise

from streamkit.jsontypes import Json
from streamkit.quirks.registry import quirk
from streamkit.quirks.tape import Edit, Tape, TapeFrame

__all__ = ["duplicate_frame", "resumed_midway", "sequence_disorder", "sequence_gap", "sequence_restored"]

NUMBER = "sequence_number"
CONTENT = ("text", "reasoning", "tool_calls", "items")


def numbered(tape: Tape) -> list[tuple[TapeFrame, Json]]:
    """The frames that have a number, and their payloads."""
    payloads = [(frame, frame.json) for frame in tape.frames]
    return [(frame, payload) for frame, payload in payloads if number_of(payload) is not None]


def number_of(payload: Json) -> int | None:
    """The number of a payload; None where it has none."""
    try:
        number: Json = payload[NUMBER]
    except (LookupError, TypeError):
        return None
    return number if isinstance(number, int) else None


def is_delta(payload: Json) -> bool:
    """Whether a payload is a piece of content."""
    return str(payload.get("type")).endswith(".delta")


def renumbered(tape: Tape, frames: list[tuple[TapeFrame, Json]], first: int, note: str) -> Edit:
    """The edit that numbers these frames, the last ones of the recording, from `first` on."""
    parts: list[bytes] = []
    at = frames[0][0].start
    for number, (frame, payload) in enumerate(frames, first):
        parts += (tape.data[at : frame.start], tape.encode({**payload, NUMBER: number}, frame.event))
        at = frame.end
    return Edit(frames[0][0].start, at, b"".join(parts), note)


@quirk(
    "responses",
    effect="guessed",
    fields=CONTENT,
    catalogue="B13",
    sources=("Soju06/codex-lb#1974",),
)
def sequence_gap(tape: Tape) -> Iterator[Edit]:
    """Numbers are left out; frames may be missing. What followed was held for a few events, then given out."""
    frames = numbered(tape)
    for at in range(1, len(frames)):
        yield renumbered(tape, frames[at:], (number_of(frames[at][1]) or 0) + 3, "three numbers left out")


@quirk(
    "responses",
    effect="repaired",
    catalogue="B13",
    sources=("Soju06/codex-lb#1974",),
    known_in=(),
)
def sequence_restored(tape: Tape) -> Iterator[Edit]:
    """Frames came a little out of order and were given out in the order of their numbers."""
    frames = numbered(tape)
    for (first, _), (second, _) in pairwise(frames[1:]):
        between = tape.data[first.end : second.start]
        swapped = tape.data[second.start : second.end] + between + tape.data[first.start : first.end]
        yield Edit(first.start, second.end, swapped, "two neighbours swapped")


@quirk(
    "responses",
    effect="guessed",
    fields=CONTENT,
    catalogue="B13",
    sources=("Soju06/codex-lb#1974",),
    known_in=(),
)
def sequence_disorder(tape: Tape) -> Iterator[Edit]:
    """A number is lower than the one before, too late or without sense; the order of arrival was kept."""
    frames = numbered(tape)
    for at in range(2, len(frames)):
        yield renumbered(tape, frames[at:], 0, "numbers begin anew")


@quirk(
    "responses",
    effect="repaired",
    catalogue="B33",
    sources=("Soju06/codex-lb#1974",),
    known_in=(),
)
def duplicate_frame(tape: Tape) -> Iterator[Edit]:
    """A frame came twice, with the same number and the same content; the second one was dropped."""
    frames = numbered(tape)
    for (frame, payload), (behind, _) in pairwise(frames[1:]):
        if is_delta(payload):
            again = tape.data[frame.start : frame.end]
            yield Edit(behind.start, behind.start, again, "the same frame again")


@quirk(
    "responses",
    effect="lossy",
    fields=("id", "model", "dropped_calls", "finish_reason", "refusal", "metadata", *CONTENT),
    catalogue="B34",
    sources=("PA models/openai.py",),
)
def resumed_midway(tape: Tape) -> Iterator[Edit]:
    """The stream begins in the middle, as a resumed one does: what came before its first number is not in it."""
    frames = numbered(tape)
    for frame, payload in frames[1:]:
        if is_delta(payload):
            yield Edit(frames[0][0].start, frame.start, b"", "the beginning left out")
