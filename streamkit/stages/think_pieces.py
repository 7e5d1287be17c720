"""Pieces of a text that may hold think blocks, and where each of them belongs (group E)."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Literal

import msgspec

from streamkit.events import QuirkSeen

__all__ = ["Found", "Piece", "joined"]


class Piece(msgspec.Struct, frozen=True):
    """What some characters turned out to be."""

    channel: Literal["text", "reasoning", "moved"]
    """`moved`: the last `characters` of the text given out so far were `text`, which is reasoning."""
    text: str
    block: int = 0
    """Number of the block that the reasoning belongs to."""
    characters: int = 0


Found = list[Piece | QuirkSeen]


def joined(pieces: Iterable[Piece | QuirkSeen]) -> Iterator[Piece | QuirkSeen]:
    """The pieces with neighbours of one channel and block made one."""
    for channel, group in groupby(pieces, channel_of):
        if channel is None:
            yield from group
        else:
            yield Piece(channel[0], "".join([piece.text for piece in group if isinstance(piece, Piece)]), channel[1])


def channel_of(piece: Piece | QuirkSeen) -> tuple[Literal["text", "reasoning"], int] | None:
    """What must agree for pieces to be one; None for what stands alone."""
    if isinstance(piece, QuirkSeen) or piece.channel == "moved":
        return None
    return piece.channel, piece.block
