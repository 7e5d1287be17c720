"""What a call's argument text amounts to: parsed strictly, else repaired in stages that invent nothing (D23, D24).

Strategy: the strict parser is always asked first and always has the last word (J17). Only what it refuses is scanned,
once; the scan says which closers are missing or too many and which commas are too many, and cuts or adds nothing else.
"""

import json
import math
import re
from collections.abc import Callable

import msgspec

from streamkit.items import CallState
from streamkit.jsontypes import Json, is_object, scrub_all
from streamkit.limits import DEFAULT_LIMITS, Limits
from streamkit.stages.argument_scan import deeper_than, scan

__all__ = ["Verdict", "halved", "judge", "objects_in", "parse_strictly"]

NO_ARGUMENTS = ("", "null")
"""What stands for no arguments at all (D15)."""

MOST_EXCESS = 50
"""Excess closers that are trimmed at most (D23)."""


class Verdict(msgspec.Struct, kw_only=True, frozen=True):
    """What an argument text amounts to, given that its call ended normally."""

    state: CallState
    input: Json = None
    """The parsed value: an object for `complete` and `repaired`; what was parsed instead for `not-an-object`."""
    reason: str = ""
    """Why the state is not `complete`: the repair stages, or what is wrong."""
    stages: tuple[str, ...] = ()
    """Repairs that were needed, in order: `empty` (alone, of a `complete` text), `none-literal`, `double-encoded`,
    `control-chars`, `non-finite`, `trailing-commas`, `closed`, `trimmed`."""


def _refuse(word: str) -> Json:
    raise ValueError(f"{word} is not JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError(f"{digits} is beyond the range of a double")
    return value


_STRICT: Callable[[str], Json] = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite).decode
_CONTROL: Callable[[str], Json] = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite, strict=False).decode
_FINITE: Callable[[str], Json] = json.JSONDecoder().decode
_LENIENT: Callable[[str], Json] = json.JSONDecoder(strict=False).decode
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(?P<half>u[dD][89a-fA-F][\da-fA-F]{2})|.)", re.DOTALL
)
"""One escape, or the two of a pair."""
_PREFIX = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)

LEVELS: tuple[tuple[Callable[[str], Json], tuple[str, ...]], ...] = (
    (_STRICT, ()),
    (_CONTROL, ("control-chars",)),
    (_FINITE, ("non-finite",)),
    (_LENIENT, ("control-chars", "non-finite")),
)
"""Parsers from strict to lenient, with the repairs that each amounts to (D46, J04)."""


def halved(raw: str) -> bool:
    """Whether an escape in this text stands for half a character (J01)."""
    return _may_halve(raw) and any(match["half"] for match in _ESCAPE.finditer(raw))


def _may_halve(raw: str) -> bool:
    return "\\ud" in raw or "\\uD" in raw


def _whole(raw: str, value: Json) -> Json:
    """The value read from `raw`, with U+FFFD for halves of characters."""
    return scrub_all(value) if _may_halve(raw) else value


def parse_strictly(raw: str, *, limits: Limits = DEFAULT_LIMITS) -> tuple[bool, Json]:
    """Whether `raw` is JSON within the depth limit, and its value. Integers keep every digit."""
    if deeper_than(raw, limits.depth):
        return False, None
    try:
        return True, _whole(raw, _STRICT(raw))
    except (ValueError, RecursionError):
        return False, None


def judge(raw: str, *, limits: Limits = DEFAULT_LIMITS) -> Verdict:
    """The verdict on the whole argument text of a call that ended normally. Linear in its length.

    A string, number, literal or key that the text breaks off in is never completed: that is `truncated` (D24).
    Duplicate keys: the last one holds (J04).
    """
    bare = raw.strip(" \t\r\n")
    if bare in NO_ARGUMENTS:
        return Verdict(state="complete", input={}, stages=("empty",))
    if bare == "None":
        return _repaired({}, ("none-literal",))
    if deeper_than(raw, limits.depth):
        return Verdict(state="invalid", reason="too-deep")
    parsed = _parse(raw)
    if parsed is not None:
        return _weigh(*parsed, limits)
    return _mend(raw, limits)


def _parse(text: str) -> tuple[Json, tuple[str, ...]] | None:
    """The value by the strictest parser that reads it, with the repairs that this amounts to."""
    for decode, stages in LEVELS:
        try:
            return _whole(text, decode(text)), stages
        except (ValueError, RecursionError):
            continue
    return None


def _weigh(value: Json, stages: tuple[str, ...], limits: Limits) -> Verdict:
    if is_object(value):
        return _repaired(value, stages) if stages else Verdict(state="complete", input=value)
    if isinstance(value, str) and value.lstrip().startswith("{"):
        whole, inner = parse_strictly(value, limits=limits)
        if whole and is_object(inner):
            return _repaired(inner, (*stages, "double-encoded"))
    return Verdict(state="invalid", input=value, reason="not-an-object")


def _mend(raw: str, limits: Limits) -> Verdict:
    found = scan(raw)
    if found.broken_at is not None:
        return Verdict(state="invalid", reason=f"malformed at character {found.broken_at}")
    if found.unfinished:
        return Verdict(state="truncated", reason=f"ends inside {found.unfinished}")
    if found.excess > MOST_EXCESS:
        return Verdict(state="invalid", reason=f"{found.excess} excess closers")
    pieces: list[str] = []
    at = 0
    for comma in found.commas:
        pieces.append(raw[at:comma])
        at = comma + 1
    pieces += (raw[at : found.end], found.missing)
    parsed = _parse("".join(pieces))
    if parsed is None:
        return Verdict(state="invalid", reason="malformed")
    value, stages = parsed
    made = [
        name
        for name, needed in (("trailing-commas", found.commas), ("closed", found.missing), ("trimmed", found.excess))
        if needed
    ]
    return _weigh(value, (*stages, *made), limits)


def _repaired(value: Json, stages: tuple[str, ...]) -> Verdict:
    return Verdict(state="repaired", input=value, reason=", ".join(stages), stages=stages)


def objects_in(raw: str, *, limits: Limits = DEFAULT_LIMITS) -> list[tuple[str, Json]]:
    """The complete JSON objects that `raw` consists of, text and value each; empty where it is anything else (D05)."""
    if deeper_than(raw, limits.depth):
        return []
    out: list[tuple[str, Json]] = []
    at, end = 0, len(raw)
    while True:
        while at < end and raw[at] in " \t\r\n":
            at += 1
        if at == end:
            return out
        try:
            value, until = _PREFIX.raw_decode(raw, at)
        except (ValueError, RecursionError):
            return []
        if not is_object(value) or len(out) == limits.items:
            return []
        out.append((raw[at:until], _whole(raw, value)))
        at = until
