"""The claims table: what an item's own snapshot may change, given what its deltas said. One function.

| deltas | snapshot | result |
|---|---|---|
| x | x | x |
| nothing | x | x, given out as one delta |
| a proper prefix of x | x | x, the tail given out |
| x | nothing, null, a prefix of x | x |
| x | y | y, announced by `PartReplaced`; for arguments the one that parses |

What was said of an item before its deltas, and counts where no snapshot comes, is judged alike, but replaces nothing.
"""

from typing import Literal, NamedTuple

import msgspec

from streamkit.items import PartKind
from streamkit.quirks.lifecycle import done_differs, done_extends, done_fills, done_shorter
from streamkit.quirks.registry import Quirk

__all__ = ["Settlement", "parses", "settle"]


class Settlement(NamedTuple):
    """What to do about a claim."""

    action: Literal["keep", "append", "replace"]
    text: str
    quirk: Quirk | None


KEEP = Settlement("keep", "", None)


def settle(kind: PartKind, streamed: str, claim: str | None) -> Settlement:
    """Judge a snapshot's word on a part against what was streamed for it."""
    if claim == streamed or (not claim and not streamed):
        return KEEP
    if not claim or streamed.startswith(claim):
        return Settlement("keep", "", done_shorter)
    if not streamed:
        return Settlement("append", claim, done_fills)
    if claim.startswith(streamed):
        return Settlement("append", claim[len(streamed) :], done_extends)
    if kind == "arguments" and parses(streamed) and not parses(claim):
        return Settlement("keep", "", done_differs)
    return Settlement("replace", claim, done_differs)


def parses(text: str) -> bool:
    """Whether a text is JSON."""
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return False
    return True
