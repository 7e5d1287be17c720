"""How long to wait before the next try, from wherever a provider says it (G13): headers, members, prose. In seconds."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime

from streamkit.jsontypes import Json, is_array, is_object
from streamkit.lazy_patterns import LazyPattern

__all__ = ["from_fields", "from_headers", "from_prose", "parse_duration", "should_retry"]

_UNITS = {
    "ms": 0.001,
    "msec": 0.001,
    "msecs": 0.001,
    "millisecond": 0.001,
    "milliseconds": 0.001,
    "s": 1.0,
    "sec": 1.0,
    "secs": 1.0,
    "second": 1.0,
    "seconds": 1.0,
    "m": 60.0,
    "min": 60.0,
    "mins": 60.0,
    "minute": 60.0,
    "minutes": 60.0,
    "h": 3600.0,
    "hr": 3600.0,
    "hrs": 3600.0,
    "hour": 3600.0,
    "hours": 3600.0,
    "d": 86400.0,
    "day": 86400.0,
    "days": 86400.0,
}
_NAMES = "|".join(sorted(_UNITS, key=len, reverse=True))
_PIECE = rf"\d{{1,12}}(?:\.\d{{1,9}})?\s?(?:{_NAMES})(?![a-z])"
_PIECES = LazyPattern(rf"(\d{{1,12}}(?:\.\d{{1,9}})?)\s?({_NAMES})(?![a-z])", re.IGNORECASE)
_DURATION = LazyPattern(rf"(?:{_PIECE},?(?:\s?and)?\s?)+", re.IGNORECASE)
_ADJACENT = LazyPattern(rf"(?<=\d)({_NAMES})(?=\d)", re.IGNORECASE)
_NUMBER = LazyPattern(r"[-+]?\d{1,15}(?:\.\d{1,9})?")
_PROSE = LazyPattern(
    r"(?:try(?:ing)? again|retry(?:ing)?|wait|available again|available|resets?|reset)"
    r"\s+(?:(?:for|in|after|at least|about|again|your request|the request)\s+)*"
    rf"(?P<delay>(?:{_PIECE},?(?:\s?and)?\s?)+)",
    re.IGNORECASE,
)

_RELATIVE = {
    "retryafter": 1.0,
    "retryafterseconds": 1.0,
    "retryafterms": 0.001,
    "retrydelay": 1.0,
    "resetsinseconds": 1.0,
    "resetinseconds": 1.0,
    "resetafter": 1.0,
    "resetafterseconds": 1.0,
    "secondsuntilreset": 1.0,
    "waitseconds": 1.0,
}
_ABSOLUTE = frozenset({"resetsat", "resetat", "retryat", "resettime"})

_RESET_HEADERS = LazyPattern(
    r"^(?:x-ratelimit|ratelimit|anthropic-ratelimit)(?:-(?P<kind>[a-z0-9-]+?))?-(?:reset|(?P<late>reset-[a-z0-9-]+))$"
)

LONGEST_HEADER = 100
"""Characters of a header's name that may tell of a reset."""

LONGEST_DATE = 100
"""Characters of a text that may be a date."""

EPOCH = 1e9
"""Numbers from here on are seconds since 1970, from a thousand times here on milliseconds."""

DEEPEST = 12
"""Levels of nesting that are searched."""


def from_headers(headers: Mapping[str, str], now: Callable[[], float], *, limited: bool = True) -> float | None:
    """The delay that the headers name; `now` is the wall clock, asked only where the server gives no `Date`.

    `retry-after-ms`, then `Retry-After` (seconds, a duration or an HTTP date), then, where a limit was hit, its reset.
    """
    lower = {str(name).lower(): str(value) for name, value in headers.items()}

    def clock() -> float:
        date = _http_date(lower.get("date", ""))
        return now() if date is None else date

    milliseconds = _number(lower.get("retry-after-ms", ""))
    if milliseconds is not None:
        return _sane(milliseconds / 1000)
    if (value := lower.get("retry-after", "").strip()) and (seconds := _moment_or_span(value, clock)) is not None:
        return seconds
    return _reset(lower, clock) if limited else None


def should_retry(headers: Mapping[str, str]) -> bool | None:
    """The server's own word on whether to try again (`x-should-retry`), or None."""
    for name, value in headers.items():
        if str(name).lower() == "x-should-retry":
            return {"true": True, "false": False}.get(str(value).strip().lower())
    return None


def from_fields(payload: Json, now: Callable[[], float]) -> float | None:
    """The delay that a member of the error names: `retry_after`, `resets_in_seconds`, `resets_at`."""
    for name, value in _members(payload, 0):
        word = re.sub(r"[^a-z]", "", name.lower())
        if (factor := _RELATIVE.get(word)) is not None:
            seconds = _moment_or_span(value, now)
            if seconds is not None:
                return _sane(seconds * factor)
        elif word in _ABSOLUTE and (seconds := _moment_or_span(value, now)) is not None:
            return seconds
        elif word == "headers" and is_object(value):
            told = {each: str(text) for each, text in value.items() if isinstance(text, str | int | float)}
            seconds = from_headers(told, now)
            if seconds is not None:
                return seconds
    return None


def from_prose(texts: Iterable[str]) -> float | None:
    """The delay that a message names: `try again in 1.898s`, `retry after 7m12s`, `wait 2 minutes`."""
    for text in texts:
        found = _PROSE.search(_spaced(text))
        if found and (seconds := parse_duration(found["delay"])) is not None:
            return seconds
    return None


def parse_duration(text: str) -> float | None:
    """Seconds in `20ms`, `7s`, `7m12s`, `1 hour 5 minutes`; None where the text is no duration."""
    text = _spaced(text.strip())
    if not _DURATION.fullmatch(text):
        return None
    return _sane(math.fsum(float(number) * _UNITS[unit.lower()] for number, unit in _PIECES.findall(text)))


def _spaced(text: str) -> str:
    """`7m12s` as `7m 12s`."""
    return _ADJACENT.sub(r"\1 ", text)


def _reset(lower: Mapping[str, str], now: Callable[[], float]) -> float | None:
    found: list[tuple[bool, float]] = []
    for name, value in lower.items():
        match = _RESET_HEADERS.match(name) if len(name) <= LONGEST_HEADER else None
        seconds = _moment_or_span(value.strip(), now) if match else None
        if seconds is None:
            continue
        remaining = lower.get(name.replace("-reset", "-remaining"))
        if remaining is None or (left := _number(remaining)) is None or left <= 0:
            found.append((remaining is not None, seconds))
    certain = [seconds for known, seconds in found if known]
    return max(certain or [seconds for _, seconds in found], default=None)


def _moment_or_span(value: Json, now: Callable[[], float]) -> float | None:
    """Seconds from now: of a number (a span, or an epoch time when it is too large for one), a duration or a date."""
    if isinstance(value, bool) or value is None:
        return None
    number = float(value) if isinstance(value, (int, float)) and abs(value) < 1e16 else None
    if isinstance(value, str):
        number = _number(value)
        if number is None:
            if (seconds := parse_duration(value)) is not None:
                return seconds
            moment = _http_date(value)
            moment = _iso_date(value) if moment is None else moment
            return None if moment is None else _sane(moment - now())
    if number is None:
        return None
    if number >= EPOCH * 1000:
        return _sane(number / 1000 - now())
    return _sane(number - now()) if number >= EPOCH else _sane(number)


def _members(value: Json, depth: int) -> Iterator[tuple[str, Json]]:
    if depth > DEEPEST:
        return
    if is_object(value):
        for name, member in value.items():
            yield str(name), member
        for member in value.values():
            yield from _members(member, depth + 1)
    elif is_array(value):
        for element in value:
            yield from _members(element, depth + 1)


def _number(text: str) -> float | None:
    text = text.strip()
    return float(text) if _NUMBER.fullmatch(text) else None


def _http_date(text: str) -> float | None:
    if len(text) > LONGEST_DATE:
        return None
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - heavy, and seldom needed

    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _iso_date(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _sane(seconds: float) -> float | None:
    if not math.isfinite(seconds):
        return None
    return round(max(0.0, seconds), 6)
