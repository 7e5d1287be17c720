"""A run of visible text that think blocks are looked for in, and how its pieces are said (group E)."""

from collections.abc import Iterable

from streamkit.events import Event, Key, QuirkSeen, ReasoningDelta, TextDelta
from streamkit.evidence import TextReclassified
from streamkit.stages.think_pieces import Piece, joined
from streamkit.stages.think_scan import ThinkScanner

__all__ = ["Run", "block_key"]


class Run:
    """One run of visible text without other output between: its scanner, and where it belongs."""

    __slots__ = ("_block", "_block_key", "choice", "index", "item_id", "key", "scanner")

    def __init__(self, event: TextDelta, scanner: ThinkScanner) -> None:
        self.choice, self.key, self.index = event.choice, event.key, event.index
        self.item_id = event.item_id
        self.scanner = scanner
        self._block = 0
        self._block_key: Key = None

    def events(self, pieces: Iterable[Piece | QuirkSeen], number: int | None) -> list[Event]:
        """The events that say `pieces`."""
        return [piece if isinstance(piece, QuirkSeen) else self._event(piece, number) for piece in joined(pieces)]

    def _event(self, piece: Piece, number: int | None) -> Event:
        if piece.channel == "text":
            return self.text(piece.text, number)
        if piece.channel == "reasoning":
            return self.reasoning(piece.text, piece.block, number)
        return TextReclassified(
            item_id=self.item_id,
            choice=self.choice,
            key=self.key,
            sequence_number=number,
            characters=piece.characters,
            reasoning=piece.text,
        )

    def text(self, text: str, number: int | None) -> TextDelta:
        """A piece of this run's visible text."""
        return TextDelta(
            item_id=self.item_id,
            choice=self.choice,
            key=self.key,
            index=self.index,
            text=text,
            sequence_number=number,
        )

    def reasoning(self, text: str, block: int, number: int | None) -> ReasoningDelta:
        """A piece of the reasoning in this run; all pieces of a block share one key."""
        if block != self._block:
            self._block, self._block_key = block, block_key(self.key, block)
        return ReasoningDelta(choice=self.choice, key=self._block_key, text=text, sequence_number=number)


def block_key(key: Key, block: int) -> Key:
    """The key of a block's reasoning item, made from the key of the text that it stood in."""
    if key is None:
        return None
    return ("think", *(key if isinstance(key, tuple) else (key,)), block)
