"""Texts that grow inside an item's details, and the details that they amount to."""

from collections.abc import Mapping
from io import StringIO
from itertools import pairwise

from streamkit.characters import scrub
from streamkit.jsontypes import Json, JsonObject, is_array, is_object

__all__ = ["Path", "grown"]

Path = tuple[str | int, ...]

Places = dict[tuple[int, int], int]
"""Identity of a list and a step into it → the place that it leads to."""

LEVELS = 3
"""How deep such texts stand."""


def grown(announced: JsonObject, texts: Mapping[Path, StringIO]) -> JsonObject:
    """The members of an item's details that its texts are in, as they were announced but for these texts."""
    out: JsonObject = {}
    places: Places = {}
    for path in sorted(texts):
        top = str(path[0])
        if top not in out:
            out[top] = _copied(announced.get(top), LEVELS)
        _place(out, path, scrub(texts[path].getvalue()), places)
    return out


def _place(holder: Json, path: Path, text: str, places: Places) -> None:
    """Put a text where its path leads; places in a list close up."""
    for step, following in pairwise(path):
        at = _at(holder, step, places)
        wanted = is_array if isinstance(following, int) else is_object
        if not wanted(holder[at]):
            holder[at] = [] if isinstance(following, int) else {}
        holder = holder[at]
    holder[_at(holder, path[-1], places)] = text


def _at(holder: Json, step: str | int, places: Places) -> str | int:
    """The place that a step leads to, made where there is none; one step into one list always leads to the same."""
    if isinstance(step, str):
        holder.setdefault(step)
        return step
    place = places.setdefault((id(holder), step), max(0, min(step, len(holder))))
    if place == len(holder):
        holder.append(None)
    return place


def _copied(value: Json, levels: int) -> Json:
    if levels and is_object(value):
        return {name: _copied(inner, levels - 1) for name, inner in value.items()}
    if levels and is_array(value):
        return [_copied(inner, levels - 1) for inner in value]
    return value
