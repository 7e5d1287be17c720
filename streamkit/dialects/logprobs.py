"""Log probabilities of tokens, in the shapes in which the dialects send them.

Chat has an object of lists, one for each kind of text, with one entry a token. Legacy completions have columns
(`tokens`, `token_logprobs`, `top_logprobs`, `text_offset`); they become one entry a token, `token` and `logprob` named
as in chat, the rest as the wire names it. Anything else is one entry as it came.
"""

from collections.abc import Iterator

from streamkit.events import LogprobsAdded
from streamkit.items import PartKind
from streamkit.jsontypes import Json, JsonObject, is_array, is_object

__all__ = ["are_entries", "entries", "is_blank", "kinds_of_logprobs", "logprob_events"]

KINDS: dict[str, PartKind] = {
    "reasoning_content": "reasoning",
    "reasoning": "reasoning",
    "content": "text",
    "refusal": "refusal",
}
"""Lists of a choice's `logprobs`, in the order in which their texts are given out; DeepSeek has one for reasoning."""

NAMES = {"tokens": "token", "token_logprobs": "logprob"}
"""Columns of legacy completions that chat's entries have under another name."""


def are_entries(value: Json) -> bool:
    """Whether a value is a list of objects, or nothing at all."""
    return value is None or (is_array(value) and all(is_object(entry) for entry in value))


def entries(value: Json) -> tuple[Json, ...]:
    """The entries of what should be a list of them; what is none is one entry, an empty thing is none."""
    if is_array(value):
        return tuple(value)
    return () if is_blank(value) else (value,)


def kinds_of_logprobs(value: Json) -> tuple[dict[PartKind, tuple[Json, ...]], bool]:
    """The entries of a choice's `logprobs` for each kind of text, and whether its shape is one that is known."""
    if not is_object(value):
        found = entries(value)
        return ({"text": found} if found else {}), not found
    out: dict[PartKind, tuple[Json, ...]] = {}
    known = True
    for name, kind in KINDS.items():
        if found := entries(value.get(name)):
            known = known and are_entries(value[name])
            out[kind] = out.get(kind, ()) + found
    rest = {name: member for name, member in value.items() if name not in KINDS and not is_blank(member)}
    if rest:
        columns = _by_token(rest)
        known = known and columns is not None
        out["text"] = out.get("text", ()) + ((rest,) if columns is None else columns)
    return out, known


def logprob_events(value: Json, choice: int) -> tuple[list[LogprobsAdded], bool]:
    """The same as events."""
    found, known = kinds_of_logprobs(value)
    return [LogprobsAdded(choice=choice, logprobs=told, kind=kind) for kind, told in found.items()], known


def _by_token(columns: JsonObject) -> tuple[Json, ...] | None:
    """One entry for each row of a table that came in columns; None for what is no such table."""
    if not is_array(columns.get("tokens")):
        return None
    if not all(is_array(column) and len(column) == len(columns["tokens"]) for column in columns.values()):
        return None
    return tuple(_rows(columns))


def _rows(columns: JsonObject) -> Iterator[JsonObject]:
    names = [NAMES.get(name, name) for name in columns]
    for row in zip(*columns.values(), strict=True):
        yield dict(zip(names, row, strict=True))


def is_blank(value: Json) -> bool:
    """Whether a member says nothing: null, or an empty string, list or object."""
    return value is None or (isinstance(value, (str, list, dict)) and not value)
