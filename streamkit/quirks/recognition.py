"""Deviations in what is spoken at all: another dialect than expected (A29)."""

from collections.abc import Iterator

from streamkit.quirks.registry import quirk
from streamkit.quirks.tape import Edit, Tape

__all__ = ["dialect_mismatch"]


@quirk("any", effect="harmless", catalogue="A29", nowhere="it lies in what the caller asked for, not in the bytes")
def dialect_mismatch(_tape: Tape) -> Iterator[Edit]:
    """The frames speak another dialect than the one that was asked for; they are read in the one that they speak."""
    yield from ()
