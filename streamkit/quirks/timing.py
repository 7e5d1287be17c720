"""Deviations that only a clock shows (group H)."""

from collections.abc import Iterable

from streamkit.quirks.registry import quirk
from streamkit.quirks.tape import Edit, Tape

__all__ = ["connection_left_open"]


@quirk(
    "any",
    effect="harmless",
    catalogue=("H09", "C35"),
    sources=("H#90848", "diegosouzapw/OmniRoute#6791", "ozerepo/OrcaRouter-Lite#127"),
    advice="`Watchdog(linger=…)` says how long a finished stream may stay open.",
    nowhere="an open connection is no matter of bytes",
)
def connection_left_open(_tape: Tape) -> Iterable[Edit]:
    """The answer was over and the connection stayed open: it was closed from here, after a grace."""
    return ()
