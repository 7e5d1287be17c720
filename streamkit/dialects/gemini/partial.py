"""Streamed arguments (D41): pieces with a JSON path each, put together to one value.

Nothing is parsed or joined per piece: strings are kept in pieces, the argument text is made once, at the call's end.
"""

import re
from itertools import pairwise

import msgspec

from streamkit.dialects.gemini.wire import PartialArg
from streamkit.dialects.json_text import json_text
from streamkit.jsontypes import Json, JsonObject, is_array, is_object

__all__ = ["PartialArguments"]

_STEP = re.compile(r"""\.([^.\[\]]+)|\[(\d{1,6})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]""")
_ESCAPE = re.compile(r"\\(.)")

Step = str | int


class Pieces:
    """A string that is still growing."""

    __slots__ = ("parts",)

    def __init__(self, first: str) -> None:
        self.parts = [first]


class PartialArguments:
    """The arguments of one streamed call while they grow.

    Args:
        depth: levels of nesting that are taken in (J05).
    """

    def __init__(self, depth: int) -> None:
        self._root: JsonObject = {}
        self._depth = depth
        self.size = 0
        """Characters taken in so far, paths included."""

    def update(self, members: JsonObject) -> None:
        """Whole arguments that came beside the pieces."""
        self._root.update(members)
        self.size += len(json_text(members))

    def add(self, piece: PartialArg) -> bool:
        """Put a piece in its place; False where its path names none."""
        steps = _steps(piece.json_path)
        if not steps or len(steps) > self._depth or isinstance(steps[0], int):
            return False
        self.size += len(piece.json_path) + len(piece.string_value or "") + 8
        if not _fits(self._root, steps):
            return False
        holder: Json = self._root
        for step, following in pairwise(steps):
            holder = _child(holder, step, [] if isinstance(following, int) else {})
        last = steps[-1]
        if isinstance(last, int) and last == len(holder):
            holder.append(None)
        before = holder[last] if isinstance(last, int) else holder.get(last)
        holder[last] = _grown(before, piece)
        return True

    def text(self, *, whole: bool) -> str:
        """The argument text; without `whole` its closing brackets are left open, as of a text that was cut."""
        text = json_text(self._root, _joined)
        if whole:
            return text
        return text.rstrip("}]") if self._root else ""


def _joined(value: object) -> str:
    if isinstance(value, Pieces):
        value.parts = ["".join(value.parts)]
        return value.parts[0]
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _steps(path: str) -> list[Step]:
    """`$.a[0]['b c']` as `["a", 0, "b c"]`; empty where it is no such path."""
    if not path.startswith("$"):
        return []
    steps: list[Step] = []
    at = 1
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            return []
        plain, number, single, double = match.groups()
        if number is not None:
            steps.append(int(number))
        else:
            steps.append(plain if plain is not None else _ESCAPE.sub(r"\1", single if single is not None else double))
        at = match.end()
    return steps


def _fits(root: JsonObject, steps: list[Step]) -> bool:
    """Whether there is such a place, or can be: a list grows at its end only, and nothing takes a container's place."""
    holder: Json = root
    for step in steps:
        if holder is None:
            fits = not step if isinstance(step, int) else True  # in a container that is not made yet
        elif isinstance(step, int):
            fits = is_array(holder) and step <= len(holder)
            holder = holder[step] if fits and step < len(holder) else None
        else:
            fits = is_object(holder)
            holder = holder.get(step) if fits else None
        if not fits:
            return False
    return not is_array(holder) and not is_object(holder)


def _child(holder: Json, step: Step, fresh: Json) -> Json:
    """The container at a step, made where there is none."""
    if isinstance(step, int):
        if step == len(holder):
            holder.append(fresh)
        elif holder[step] is None:
            holder[step] = fresh
        return holder[step]
    if holder.get(step) is None:
        holder[step] = fresh
    return holder[step]


def _grown(before: Json, piece: PartialArg) -> Json:
    """What stands at a path after this piece: strings grow, other values replace."""
    if piece.string_value is not None:
        if isinstance(before, Pieces):
            before.parts.append(piece.string_value)
            return before
        return Pieces(piece.string_value)
    if piece.number_value is not None:
        return piece.number_value
    if piece.bool_value is not None:
        return piece.bool_value
    return before if piece.null_value is msgspec.UNSET else None
