"""Which stages an item visits on its way through a chain.

Strategy: each stage says which classes it wants (`handles`), and may have functions of its own for some (`lanes`). For
every position in the chain a table maps a class to the functions of the stages that want it, and fills itself as
classes are met. Functions take their stage as the first argument: pipelines whose stages are alike share their tables.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from streamkit.errors import UsageError
from streamkit.events import Event
from streamkit.evidence import Halt, Handover, Rerouted
from streamkit.frames import Frame

__all__ = ["Chain", "Lane", "Routes", "Table", "class_of", "routes_after", "routes_through"]

class_of: Final[Callable[[object], type[object]]] = type
"""The class of an item, in a third of the time of `x.__class__`.

Typed, because checkers cannot tell of what the bare `type` gives the class.
"""

Lane = Callable[[Any, Any], Any]
"""What is called for one item, with its stage before it: gives what comes out (one event or frame may stand without a
tuple around it), or None where the item itself goes on, unchanged or marked."""

Table = dict[type, Any]
"""For one position among the stages: class of an item → its `Chain` from there on; False for what only holds items."""

Chain = tuple[Lane, int, Table, Any] | None
"""The lanes that an item of one class takes, linked: a lane, the position of its stage, the table behind that, and the
rest of the chain."""

ITEMS = (Event, Frame)
"""What a lane may give without a tuple around it."""

NOTICES = (Halt, Handover, Rerouted)
"""What is meant for the pipeline itself, wherever it comes out."""

READERS = ((bytes,), (Frame,))
"""What framers and decoders handle."""

NO_LANES: Mapping[type, Lane] = {}

KEPT = 64
"""Kinds of chains whose tables are kept: a process has few, and many pipelines of each."""


class Routes:
    """The tables of all pipelines whose stages are alike: one before each stage, and one behind the last.

    One more stands behind that, for what a pipeline gives out when it has taken a notice: nothing.

    Args:
        traits: of each stage in turn, its class, its `handles`, and its `lanes`.
    """

    def __init__(self, traits: list[Any]) -> None:
        self.traits = traits
        """Held, because the routes are known by the identities of these."""
        self._handles: list[tuple[type, ...] | None] = traits[1::3]
        self._lanes: list[Mapping[type, Lane]] = traits[2::3]
        self.tables: list[Table] = [{} for _ in range(len(self._handles) + 2)]
        self.behind_reader = [False, *(wanted in READERS for wanted in self._handles), False]
        """For each table, whether the stage in front of it is a framer or a decoder."""

    def of_item(self, position: int, kind: type) -> Chain:
        """The lanes that items of a class take from a position on, for a class that is new to its table."""
        chain: Chain = None
        if kind in NOTICES:
            chain = (_by_pipeline, len(self._handles), self.tables[-1], None)
        else:
            for at in range(len(self._handles) - 1, position - 1, -1):
                wanted = self._handles[at]
                if wanted is None or issubclass(kind, wanted):
                    chain = (self._lanes[at].get(kind, _by_feed), at, self.tables[at + 1], chain)
        if not position or issubclass(kind, ITEMS):  # what else a stage gives out, a list perhaps, may hold items
            self.tables[position][kind] = chain
        return chain

    def of_result(self, position: int, kind: type) -> Chain | Literal[False]:
        """Likewise for what a lane gave, which may be an item or hold some."""
        if issubclass(kind, ITEMS):
            return self.of_item(position, kind)
        self.tables[position][kind] = False
        return False


def _by_feed(stage: Any, item: Any) -> Any:
    """What a stage does with an item that it has no lane for."""
    try:
        feed = stage.feed
    except AttributeError:
        raise UsageError(f"{stage!r} has no feed(): async stages need open_stream()") from None
    result = feed(item)
    return () if result is None else result  # as an async stage that yields nothing


def _by_pipeline(pipeline: Any, notice: Any) -> Any:
    """What is no item but a notice: the pipeline stands behind its stages."""
    return pipeline.take_notice(notice)


_known: dict[tuple[int, ...], Routes] = {}

_steps: dict[tuple[int, ...], tuple[Routes, Routes]] = {}
"""From the routes that were known, and what has become of one stage, to the routes that then hold (and the former,
held because they are known by their identity)."""


def routes_through(stages: list[Any]) -> Routes:
    """The routes through these stages as they are now; one that changes what it handles must be looked at again."""
    traits: list[Any] = []
    for stage in stages:
        traits += (type(stage), getattr(stage, "handles", None), getattr(stage, "lanes", NO_LANES))
    return _routes_of(traits)


def routes_after(routes: Routes, at: int, stage: Any) -> Routes:
    """The routes once the stage at one place is this one, or wants to see other items than before."""
    traits: list[Any] = [class_of(stage), getattr(stage, "handles", None), getattr(stage, "lanes", NO_LANES)]
    key = (id(routes), at, *map(id, traits))
    step = _steps.get(key)
    if step is None:
        if len(_steps) >= KEPT:
            _steps.clear()
        step = _steps[key] = (routes, _routes_of([*routes.traits[: 3 * at], *traits, *routes.traits[3 * at + 3 :]]))
    return step[1]


def _routes_of(traits: list[Any]) -> Routes:
    key = tuple(map(id, traits))
    routes = _known.get(key)
    if routes is None:
        if len(_known) >= KEPT:
            _known.clear()
        routes = _known[key] = Routes(traits)
    return routes
