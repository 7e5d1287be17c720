"""Which stages an item visits on its way through a chain.

Strategy: each stage says which event classes it wants (`handles`); for every position in the chain a table maps an
event's class to the lanes of the stages that want it. Tables fill themselves as classes are met.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, Literal

from streamkit.errors import UsageError
from streamkit.events import Event
from streamkit.frames import Frame

__all__ = ["Chain", "Lane", "Routes", "Table", "class_of"]

class_of: Final[Callable[[object], type[object]]] = type
"""The class of an item, in a third of the time of `x.__class__`.

Typed, because checkers cannot tell of what the bare `type` gives the class.
"""

Lane = Callable[[Any], Any]
"""What is called for one item: gives what comes out (one event or frame may stand without a tuple around it), or None
where the item itself goes on, unchanged or marked."""

ITEMS = (Event, Frame)
"""What a lane may give without a tuple around it."""

Table = dict[type, Any]
"""For one position among the stages: class of an item → its `Chain` from there on; False for what only holds items."""

Chain = tuple[Lane, Table, Any] | None
"""The lanes that an item of one class takes, linked: a lane, the table behind its stage, and the rest of the chain."""

READERS = ((bytes,), (Frame,))
"""What framers and decoders handle."""

NO_LANES: Mapping[type, Lane] = {}


Handles = tuple[type, ...] | None
"""What a stage says that it wants to see; None for everything."""


class Ways(dict[type, tuple[int, ...]]):
    """Class of an item → positions of the stages that want it, the last one first.

    Fills itself, and is shared by all pipelines that are alike.
    """

    def __init__(self, handles: tuple[Handles, ...]) -> None:
        super().__init__()
        self._handles = handles

    def __missing__(self, kind: type) -> tuple[int, ...]:
        wanting = (at for at, wanted in enumerate(self._handles) if wanted is None or issubclass(kind, wanted))
        found = self[kind] = tuple(wanting)[::-1]
        return found


ways_through = lru_cache(maxsize=64)(Ways)
"""The ways through stages that declare these `handles`: a process has few kinds of pipelines and many of each."""


class Routes:
    """The tables of one pipeline: one before each stage, and one behind the last.

    Args:
        stages: the pipeline's own list; whoever changes it calls `forget`.
        notices: classes that are taken by the pipeline itself, wherever they come out.
    """

    def __init__(self, stages: list[Any], notices: Mapping[type[Event], Lane]) -> None:
        self._stages = stages
        self._notices = notices
        self._ways: Ways | None = None
        self._chains: dict[type, list[tuple[int, Chain]]] = {}
        """By class: the positions that want it, the last one first, each with the chain from there on."""
        self.tables: list[Table] = [{} for _ in range(len(stages) + 1)]
        self._positions = {id(table): at for at, table in enumerate(self.tables)}

    def of_item(self, table: Table, kind: type) -> Chain:
        """The lanes that items of a class take from a table's position on, for a class that is new to it."""
        chain: Chain = None
        if kind in self._notices:
            chain = (self._notices[kind], table, None)
        else:
            position = self._positions[id(table)]
            chains = self._chains.get(kind)
            for at, here in self._chains_of(kind) if chains is None else chains:
                if at < position:
                    break
                chain = here
        table[kind] = chain
        return chain

    def _chains_of(self, kind: type) -> list[tuple[int, Chain]]:
        if self._ways is None:
            self._ways = ways_through(tuple([getattr(stage, "handles", None) for stage in self._stages]))
        chain: Chain = None
        chains: list[tuple[int, Chain]] = []
        for at in self._ways[kind]:
            chain = (_lane(self._stages[at], kind), self.tables[at + 1], chain)
            chains.append((at, chain))
        self._chains[kind] = chains
        return chains

    def of_result(self, table: Table, kind: type) -> Chain | Literal[False]:
        """Likewise for what a lane gave, which may be an item or hold some."""
        if issubclass(kind, ITEMS):
            return self.of_item(table, kind)
        table[kind] = False
        return False

    def behind_reader(self, table: Table) -> bool:
        """Whether the stage in front of this table is a framer or a decoder."""
        return getattr(self._stages[self._positions[id(table)] - 1], "handles", None) in READERS

    def forget(self, kinds: tuple[type, ...] = ()) -> None:
        """Stages, or their lanes, have changed, for these classes and their subclasses; for all, where none is named.

        Most changes concern a few classes, and to learn all others once more would take longer than what the lanes do.
        """
        self._ways = None
        if not kinds:
            self._chains.clear()
            for table in self.tables:
                table.clear()
            return
        for kind in [known for known in self._chains if issubclass(known, kinds)]:
            del self._chains[kind]
            for table in self.tables:
                table.pop(kind, None)


def _lane(stage: Any, kind: type) -> Lane:
    """What a stage does with items of this class."""
    lanes: Mapping[type, Lane] = getattr(stage, "lanes", NO_LANES)
    try:
        return lanes[kind] if kind in lanes else stage.feed  # noqa: SIM401 - `feed` is only asked for where it is needed
    except AttributeError:
        raise UsageError(f"{stage!r} has no feed(): async stages need open_stream()") from None
