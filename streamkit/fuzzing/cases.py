"""Cases: one deviation planted at one place of one healthy wire, and what may be asked of a client that reads it."""

from collections.abc import Iterator

import msgspec

from streamkit.dialects.table import dialect_named
from streamkit.fuzzing.judging import Expectation, expectation, healthy_expectation
from streamkit.fuzzing.wires import Wire, read, verbatim
from streamkit.quirks.registry import Quirk
from streamkit.testing.faults import Hang, PrematureClose
from streamkit.testing.playback import CONTENT_TYPES, Playback

__all__ = ["Case", "baseline", "cases_of"]

HELD = 3600.0
"""Seconds that a connection is left open: longer than any client's time limit."""


class Case(msgspec.Struct, kw_only=True, frozen=True):
    """One thing to play to a client."""

    quirk: str
    """Id; empty for a healthy wire."""
    dialect: str
    wire: str
    """Name of the healthy wire."""
    place: int = 0
    """Which of the places in the wire."""
    note: str = ""
    playback: Playback
    expected: Expectation

    @property
    def body(self) -> bytes:
        """The wire's bytes."""
        return b"".join(self.playback.chunks)


def baseline(wire: Wire) -> Case:
    """The healthy wire itself."""
    return Case(
        quirk="",
        dialect=wire.dialect,
        wire=wire.name,
        playback=played(wire.data, wire.framing),
        expected=healthy_expectation(wire.response),
    )


def cases_of(quirk: Quirk, wire: Wire, places: int = 0) -> Iterator[Case]:
    """Every case that this quirk makes of this wire; at most `places` of them, spread over the wire (0: all).

    Places where the quirk's effect does not hold are passed over.
    """
    found = [*_planted(quirk, wire), *_transported(quirk, wire)]
    yield from spread(found, places)


def spread(cases: list[Case], number: int) -> list[Case]:
    """`number` of the cases, evenly spread, the first and the last among them; all, if it is 0."""
    if not number or len(cases) <= number:
        return cases
    if number == 1:
        return cases[:1]
    return [cases[index * (len(cases) - 1) // (number - 1)] for index in range(number)]


def played(body: bytes, framing: str) -> Playback:
    """A body as an honest server sends it: one that is no event stream is not called one."""
    if framing == "sse" and body.startswith((b"{", b"[")):
        framing = "ndjson" if body.count(b"\n") > 1 and body.startswith(b"{") else "json-array"
    return Playback(body=body, content_type=CONTENT_TYPES[framing])


def _planted(quirk: Quirk, wire: Wire) -> Iterator[Case]:
    tape = wire.tape
    for place, edit in enumerate(quirk.plant(tape)):
        data = tape.apply([edit])
        planted, marked_up = read(data, wire.dialect), verbatim(data, wire.dialect)
        asked = expectation(quirk, wire.response, planted, marked_up if marked_up != planted.text else None)
        if asked is not None:
            yield Case(
                quirk=quirk.id,
                dialect=wire.dialect,
                wire=wire.name,
                place=place,
                note=edit.note,
                playback=played(data, wire.framing),
                expected=asked,
            )


def _transported(quirk: Quirk, wire: Wire) -> Iterator[Case]:
    """Deviations that are not in the body: the content type, and the connection's end."""
    honest = played(wire.data, wire.framing)
    ways: dict[str, list[tuple[str, Playback]]] = {
        "content_type": [
            ("the content type is text/plain", msgspec.structs.replace(honest, content_type="text/plain")),
            ("there is no content type", msgspec.structs.replace(honest, content_type="")),
        ],
        "connection_left_open": [
            (
                "the connection stays open",
                msgspec.structs.replace(honest, faults=(Hang(at=len(wire.data), limit=HELD),)),
            )
        ],
        "close_error": [
            ("the last chunk of the transfer is missing", msgspec.structs.replace(honest, faults=(PrematureClose(),)))
        ],
    }
    if quirk.id in ("connection_left_open", "close_error") and not dialect_named(wire.dialect).ends:
        return
    for place, (note, playback) in enumerate(ways.get(quirk.id, ())):
        yield Case(
            quirk=quirk.id,
            dialect=wire.dialect,
            wire=wire.name,
            place=place,
            note=note,
            playback=playback,
            expected=healthy_expectation(wire.response),
        )
