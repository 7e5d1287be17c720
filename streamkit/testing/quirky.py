"""Quirky wires: faults planted in a healthy wire, and what a tolerant client must still come to."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache

import msgspec

from streamkit.jsontypes import JsonObject
from streamkit.quirks.catalogue import all_quirks
from streamkit.quirks.registry import Quirk
from streamkit.quirks.tape import Edit
from streamkit.testing.playback import CONTENT_TYPES, Playback
from streamkit.testing.wires import Wire

__all__ = ["Planted", "Quirky", "places", "planted", "quirks_of"]


class Planted(msgspec.Struct, frozen=True):
    """One fault in a wire."""

    quirk: str
    """Id of the quirk."""
    place: int
    """Which of its places in the healthy wire, in the order in which the quirk names them."""
    edit: Edit


class Quirky(msgspec.Struct, kw_only=True, frozen=True):
    """A wire with faults in it."""

    wire: Wire
    """The healthy one."""
    faults: tuple[Planted, ...] = ()
    data: bytes
    """The damaged bytes."""

    @property
    def quirks(self) -> tuple[str, ...]:
        """Ids of the quirks planted, each once."""
        return tuple(dict.fromkeys(fault.quirk for fault in self.faults))

    @property
    def expected(self) -> JsonObject:
        """What a tolerant client must come to, in the words of a fixture's `expected`.

        Members that a planted quirk allows to differ are not in it. Where several quirks meet, each of them may hide
        what would have mended the other: then it holds only if all of them are harmless, and else nothing is promised.
        """
        planted_quirks = [_known()[name] for name in self.quirks]
        meeting = len(self.faults) > 1 and any(quirk.effect != "harmless" for quirk in planted_quirks)
        free = {field for quirk in planted_quirks for field in freed(quirk)}
        promised = {} if meeting else self.wire.expected
        return {member: value for member, value in promised.items() if member not in free}

    def playback(self) -> Playback:
        """The answer for a `PlaybackServer`."""
        return Playback(body=self.data, content_type=CONTENT_TYPES[self.wire.framing])


FREED_TOO = {
    "text": ("logprobs",),
    "refusal": ("logprobs",),
    "items": ("logprobs",),
    "errors": ("error",),
    "status": ("error",),
    "tool_calls": ("dropped_calls",),
    "dropped_calls": ("tool_calls",),
}
"""Members of a fixture's `expected` that may differ together with the response's member of the key's name."""


def freed(quirk: Quirk) -> Iterator[str]:
    """The members of `expected` that this quirk allows to differ."""
    for field in quirk.fields:
        yield field
        yield from FREED_TOO.get(field, ())


def quirks_of(dialect: str, only: Iterable[str] | None = None) -> tuple[Quirk, ...]:
    """The quirks that can occur in a dialect, in the order of the catalogue; of those ids only, if given.

    Raises:
        KeyError: an id names no quirk.
    """
    chosen = _known().values() if only is None else [_known()[name] for name in only]
    return tuple(quirk for quirk in chosen if quirk.fits(dialect))


@cache
def _known() -> dict[str, Quirk]:
    return {quirk.id: quirk for quirk in all_quirks()}


def places(wire: Wire, quirk: Quirk) -> tuple[Planted, ...]:
    """Every place in this wire where this quirk can be planted."""
    return tuple(Planted(quirk.id, number, edit) for number, edit in enumerate(quirk.plant(wire.tape())))


def planted(wire: Wire, faults: Sequence[Planted]) -> Quirky:
    """The wire with these faults; a fault that meets an earlier one of the list is left out.

    Faults meet where their slices overlap, and where one rewrites the whole body.
    """
    tape = wire.tape()
    taken: list[Planted] = []
    for fault in faults:
        if all(_apart(fault.edit, other.edit, len(tape.data)) for other in taken):
            taken.append(fault)
    data = tape.apply(fault.edit for fault in taken)
    return Quirky(wire=wire, faults=tuple(taken), data=data)


def _apart(one: Edit, other: Edit, size: int) -> bool:
    if size in (one.end - one.start, other.end - other.start):
        return False
    return one != other and (one.end <= other.start or other.end <= one.start)
