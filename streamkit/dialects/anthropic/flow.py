"""Blocks in the order of the wire: what a start, a delta and a stop of a block mean, however they come.

What is held back here: text and input that stand in a block's start until the block's next event shows what they are
(B23, B25), whole blocks in `message_start` until a start repeats them, and half a character until its other half.
"""

from collections.abc import Hashable, Iterable
from typing import cast

from streamkit.dialects.anthropic import wire
from streamkit.dialects.anthropic.blocks import (
    PIECE_TYPES,
    BlockState,
    input_text,
    item_type,
    opening,
    opening_text,
    spoken_delta,
    text,
    whole,
)
from streamkit.dialects.payloads import SurrogateJoiner
from streamkit.errors import ErrorInfo
from streamkit.events import AnnotationAdded, ArgumentsDelta, Event, ItemFinished, Key, SignatureReported
from streamkit.evidence import Halt
from streamkit.items import Status
from streamkit.jsontypes import Json, JsonObject, is_object
from streamkit.limits import Limits
from streamkit.quirks.anthropic import block_kind, implicit_block, start_input_replaced, start_text_repeated
from streamkit.quirks.tools import tool_args_placeholder

__all__ = ["BlockFlow"]

LARGEST_INDEX = 2**31
"""Indexes from here on count nothing: what follows them is not one higher."""

EMPTY_OBJECT = "{}"
INPUT = "function_call"
"""Channel of tool input; other channels are named by the type of item that they fill."""


class BlockFlow:
    """The blocks of one message."""

    def __init__(self, limits: Limits) -> None:
        self._bound = self._room = limits.item
        """Characters of a compaction that still fit here."""
        self.plain: dict[int, type] = {}
        """Per index, the class of deltas that need no further thought; the decoder's fast way."""
        self.begun = False
        """Whether any block was seen."""
        self._states: dict[int, BlockState] = {}
        self._holding: dict[int, BlockState] = {}
        """The blocks whose starts may still hold something back."""
        self._highest = -1
        self._joiner = SurrogateJoiner()
        self._prefilled: dict[Hashable, tuple[int, JsonObject]] = {}
        """Blocks in `message_start`, with their places, by id, or by place where they have none."""

    def prefill(self, blocks: Iterable[Json]) -> None:
        """Whole blocks in `message_start` (B25); a start that announces one of them again takes its place."""
        for position, block in enumerate(blocks):
            if is_object(block):
                name: Hashable = text(block.get("id")) or position
                self._prefilled[name if name not in self._prefilled else object()] = (position, block)

    def start(self, index: int, block: JsonObject) -> list[Event]:
        """A block begins."""
        self.begun = True
        block, out = self._matched(index, block)
        kind = item_type(block)
        state = self._states.get(index)
        if state is not None and state.repeats(kind, block):
            if not state.spoke and not state.held_text:
                state.held_text = opening_text(block)
                self._holding[index] = state
                self._pass(state)
            return [*out, opening(block, index)[0]]
        if state is not None and not state.closed:
            out += self._release(state)
        state = self._new(index, kind, block)
        self._pass(state)
        return out + opening(block, index)

    def piece(self, index: int, piece: wire.Piece, *, surrogates: bool = False) -> list[Event]:
        """A delta of a block, on the longer way."""
        self.begun = True
        out: list[Event] = []
        kind = PIECE_TYPES[piece.__class__]
        state = self._states.get(index)
        if state is None:
            out.append(implicit_block.seen(detail=f"{kind} {index}"))
            state = self._new(index, kind, {})
        if not state.takes(piece):
            if kind not in state.mismatched:
                out.append(block_kind.seen(detail=f"{kind} in block {index}, which is {state.type}"))
            key = state.mismatched.setdefault(kind, (index, kind))
            return out + self._give(state, key, piece, surrogates=surrogates)
        if isinstance(piece, wire.CompactionPiece):
            return out + self._compact(state, piece)
        words = characters(piece)
        if isinstance(piece, wire.InputPiece) and words and self._supplants(state, words, out):
            return out
        if words is None or words:
            out += self._decide(state, piece)
            out += self._give(state, index, piece, surrogates=surrogates)
            state.spoke = True
        self._pass(state)
        return out

    def stop(self, index: int) -> list[Event]:
        """A block is over."""
        self.begun = True
        state = self._states.get(index)
        if state is None:
            return [implicit_block.seen(detail=f"stop of block {index}")]
        if state.closed:
            return [ItemFinished(key=index)]
        return self._close(state, "completed")

    def latest(self) -> int:
        """The index of the block that was started last; 0 where there is none."""
        return next(reversed(self._states), 0)

    def unused(self) -> int:
        """An index that no block has."""
        return self._highest + 1

    def settle(self) -> list[Event]:
        """The message is over: give out what is held back; blocks stay open."""
        out = self._unmatched()
        for state in self._holding.values():
            if not state.closed:
                out += self._release(state)
        self._holding.clear()
        return out + self._flush()

    def close(self) -> list[Event]:
        """The stream is over, wherever it stands."""
        out = self.settle()
        for state in self._states.values():
            if state.pieces and not state.closed:
                out += self._close(state, "incomplete")
        return out

    def _new(self, index: int, kind: str, block: JsonObject) -> BlockState:
        """What is remembered of a block that begins."""
        state = self._states[index] = BlockState(index, kind, block)
        if state.held_text or state.held_input:
            self._holding[index] = state
        if index < LARGEST_INDEX:
            self._highest = max(self._highest, index)
        return state

    def _pass(self, state: BlockState) -> None:
        """Let the block's plain deltas take the fast way, or not any more."""
        if state.plain is not None and state.simple and not self._joiner.pending:
            self.plain[state.index] = state.plain
        else:
            self.plain.pop(state.index, None)

    def _matched(self, index: int, block: JsonObject) -> tuple[JsonObject, list[Event]]:
        """The block, with what `message_start` already said of it; other blocks there are given out first."""
        name = text(block.get("id")) or index
        _, known = self._prefilled.get(name, (0, None))
        if known is None or item_type(known) != item_type(block):
            return block, self._unmatched()
        del self._prefilled[name]
        return {**known, **{member: value for member, value in block.items() if value}}, []

    def _unmatched(self) -> list[Event]:
        out: list[Event] = []
        for position, block in self._prefilled.values():
            self.begun = True
            out += whole(block, ("start", position))
        self._prefilled.clear()
        return out

    def _supplants(self, state: BlockState, words: str, out: list[Event]) -> bool:
        """Hold a first `{}` back; drop it where an object follows it (D16). Gives whether `words` are held."""
        if state.placeholder and words.startswith("{"):
            state.placeholder = False
            out.append(tool_args_placeholder.seen(detail=text(state.block.get("name"))))
        elif words == EMPTY_OBJECT and not (state.spoke or state.held_input):
            state.placeholder = state.spoke = True
            self._holding[state.index] = state
            return True
        return False

    def _decide(self, state: BlockState, piece: wire.Piece) -> list[Event]:
        """What becomes of a start's own text and input, now that a delta of the block is here (B23, B25)."""
        out: list[Event] = []
        if state.held_text and piece.__class__ is state.plain and characters(piece) == state.held_text:
            state.held_text = ""
            out.append(start_text_repeated.seen(detail=f"block {state.index}"))
        if state.held_input and isinstance(piece, wire.InputPiece):
            out.append(start_input_replaced.seen(detail=f"block {state.index}", data=state.held_input))
            state.held_input = None
        return out + self._release(state)

    def _release(self, state: BlockState) -> list[Event]:
        """What the start of a block had held back."""
        out: list[Event] = []
        if state.held_text:
            out.append(spoken_delta(state.type, state.index, state.held_text))
        if state.held_input:
            out.append(ArgumentsDelta(key=state.index, text=input_text(state.held_input)))
        if state.placeholder:
            out.append(ArgumentsDelta(key=state.index, text=EMPTY_OBJECT))
        state.held_text, state.held_input, state.placeholder = "", None, False
        return out

    def _give(self, state: BlockState, key: Key, piece: wire.Piece, *, surrogates: bool) -> list[Event]:
        if isinstance(piece, wire.SignaturePiece):
            return [SignatureReported(key=key, signature=piece.signature)] if piece.signature else []
        if isinstance(piece, wire.CitationPiece):
            return [AnnotationAdded(key=key, annotation=piece.citation)]
        kind, words = PIECE_TYPES[piece.__class__], characters(piece) or ""
        if surrogates or self._joiner.pending:
            words = self._joiner.join((key, kind), words)
            self._pass(state)
        return [delta(kind, key, words)] if words else []

    def _compact(self, state: BlockState, piece: wire.CompactionPiece) -> list[Event]:
        """A piece of a compaction: no answer's text, so it goes into the item's details, whole."""
        words = {"content": piece.content or "", "encrypted_content": piece.encrypted_content or ""}
        self._room -= sum(map(len, words.values()))
        if self._room >= 0:
            state.pieces += (pair for pair in words.items() if pair[1])
            return []
        seen = self._bound - self._room
        message = f"a compaction exceeds limits.item ({self._bound}): {seen} characters seen; raise that limit"
        error = ErrorInfo(kind="limit", code="limit_exceeded", limit="item", size=seen, message=message)
        return [Halt(error=error)]

    def _close(self, state: BlockState, status: Status) -> list[Event]:
        out = self._release(state)
        out += self._flush()
        details: JsonObject = {}
        for member, words in state.pieces:
            details.setdefault(member, []).append(words)
        details = {member: "".join(words) for member, words in details.items()}
        for key in (state.index, *state.mismatched.values()):
            out.append(ItemFinished(key=key, status=status, details=details if key == state.index else {}))
        state.closed = True
        return out

    def _flush(self) -> list[Event]:
        """Half a character that nothing followed."""
        out: list[Event] = []
        for channel, words in self._joiner.flush():
            key, kind = cast("tuple[Key, str]", channel)  # the channels that _give made
            out.append(delta(kind, key, words))
        return out


def characters(piece: wire.Piece) -> str | None:
    """What a delta says in characters; None for a delta that is not about characters."""
    if isinstance(piece, wire.TextPiece):
        return piece.text
    if isinstance(piece, wire.ThinkingPiece):
        return piece.thinking
    return piece.partial_json if isinstance(piece, wire.InputPiece) else None


def delta(kind: str, key: Key, words: str) -> Event:
    """These characters as an event of their channel."""
    return ArgumentsDelta(key=key, text=words) if kind == INPUT else spoken_delta(kind, key, words)
