"""Which stages an item visits on its way through a chain.

Strategy: each stage says which event classes it wants (`handles`); for every position in the chain a table maps an
event's class to the lanes of the stages that want it. Tables fill themselves as classes are met.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from streamkit.errors import UsageError
from streamkit.events import Event
from streamkit.frames import Frame

__all__ = ["ITEMS", "Chain", "Lane", "Table", "Ways", "lane_of", "ways_through"]

Lane = Callable[[Any], Any]
"""What is called for one item: gives what comes out (one event or frame may stand without a tuple around it), or None
where the item itself goes on, unchanged or marked."""

ITEMS = (Event, Frame)
"""What a lane may give without a tuple around it."""

Chain = tuple[tuple[Lane, "Table"], ...]
"""The lanes that an item of one class takes, each with the table of what stands behind it."""

NO_LANES: Mapping[type, Lane] = {}


Handles = tuple[type, ...] | None
"""What a stage says that it wants to see; None for everything."""


class Ways(dict[type, tuple[int, ...]]):
    """Class of an item → positions of the stages that want it. Fills itself, shared by all pipelines that are alike."""

    def __init__(self, handles: tuple[Handles, ...]) -> None:
        super().__init__()
        self._handles = handles

    def __missing__(self, kind: type) -> tuple[int, ...]:
        wanting = (at for at, wanted in enumerate(self._handles) if wanted is None or issubclass(kind, wanted))
        found = self[kind] = tuple(wanting)
        return found


ways_through = lru_cache(maxsize=64)(Ways)
"""The ways through stages that declare these `handles`: a process has few kinds of pipelines and many of each."""


class Table(dict[type, Chain]):
    """For one position in the chain of stages: class of an item → the lanes before it. Fills itself."""

    __slots__ = ("_at", "_find")

    def __init__(self, find: Callable[[type, int], Chain], at: int) -> None:
        super().__init__()
        self._find = find
        self._at = at

    def __missing__(self, kind: type) -> Chain:
        """Find the way of a class that is met for the first time."""
        chain = self[kind] = self._find(kind, self._at)
        return chain


def lane_of(stage: Any, kind: type) -> Lane:
    """What a stage does with items of this class."""
    lanes: Mapping[type, Lane] = getattr(stage, "lanes", NO_LANES)
    try:
        return lanes[kind] if kind in lanes else stage.feed  # noqa: SIM401 - `feed` is only asked for where it is needed
    except AttributeError:
        raise UsageError(f"{stage!r} has no feed(): async stages need open_stream()") from None
