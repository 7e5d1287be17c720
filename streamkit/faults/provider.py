"""What an error is: any payload, status and headers of a provider, or a broken connection's exception, as `ErrorInfo`.

The plan for a payload (group G): open it level by level, from the outermost object to the deepest, JSON inside strings
included (G23); take the message and the code from the deepest level that has one; run the tables on all levels; find
the delay in headers, members or prose; mask secrets last. Nothing here raises because of what came over the wire.
"""

import re
import time
from collections.abc import Callable, Iterable, Mapping

import msgspec

from streamkit.characters import scrub
from streamkit.errors import Category, ErrorInfo
from streamkit.faults.connections import cut_phrase, transport_error
from streamkit.faults.delays import from_fields, from_headers, from_prose, should_retry
from streamkit.faults.levels import Level, unfold
from streamkit.faults.patterns import (
    BLANK_OVERFLOW_HOSTS,
    BLANK_OVERFLOW_STATUSES,
    CONTENT_PATTERNS,
    LATE_PATTERNS,
    NOT_OVERFLOW_PATTERNS,
    OVERFLOW_PATTERNS,
    QUOTA_PATTERNS,
    TEMPLATE_PATTERNS,
)
from streamkit.faults.shapes import looks_like_error
from streamkit.faults.words import (
    CATEGORY_RETRYABLE,
    GENERIC_CODES,
    GENERIC_TYPES,
    OVERFLOW_CODES,
    SPECIFIC_CODES,
    STATUS_BY_CODE,
    STATUS_CATEGORIES,
    compact,
)
from streamkit.jsontypes import Json, scrub_all
from streamkit.lazy_patterns import LazyPattern
from streamkit.masking import mask, mask_json
from streamkit.quirks.registry import printable

__all__ = ["ENTITLEMENT_HINT", "FAILED", "cut_phrase", "looks_like_error", "provider_error", "transport_error"]

LONGEST_MESSAGE = 4_000
"""Characters of a message that are kept in `ErrorInfo.message`; `raw` has it whole."""

LONGEST_READ = 20_000
"""Characters of a message that are looked through for what it means."""

LONGEST_CODE = 200
"""Characters of a code that are kept: some providers put a sentence there (G12)."""

ENTITLEMENT_HINT = "not entitled on this endpoint; it may still work on another, and a new login will not help"

FAILED = "response failed"
"""The message of a failed response that says no more than that (G09)."""

_TAG = re.compile(r"\[WKE=([^\]\s]{1,100})\]")


class _Verdict(msgspec.Struct, frozen=True):
    category: Category
    retryable: bool | None
    code: str
    hint: str = ""


def provider_error(
    payload: Json,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    host: str = "",
    secrets: Iterable[str] = (),
    now: Callable[[], float] = time.time,
) -> ErrorInfo:
    """What a provider's error payload says, whatever its shape (G01-G09, G12-G15, G18, G19, G21, G23, G24).

    Args:
        payload: anything: an object, a list (Google), a string of JSON, HTML or prose, None where there was no body.
        status: HTTP status of the response; None or 2xx for an error that came in-band.
        headers: the response's headers, for `Retry-After` and its relatives.
        host: who answered, for the hosts that say an overflow with an empty body (G19).
        secrets: the caller's own credentials, masked wherever they are echoed (J10).
        now: wall clock in seconds since 1970; asked only where the provider names an absolute time.
    """
    levels = unfold(payload)
    texts = [level.message[:LONGEST_READ] for level in levels if level.message]
    answered = status if status is not None and status >= 300 else None
    if status is not None and status < 400:
        status = None
    code = _code(levels)
    status = _status(levels, code) if status is None else status
    verdict = _judge(levels, texts, code, status, host)
    known = headers or {}
    secrets = tuple(secrets)
    word = should_retry(known)
    limited = verdict.category in {"rate_limited", "quota_exceeded", "overloaded"}
    delays = (
        from_headers(known, now, limited=limited),
        from_fields([level.value for level in levels], now),
        from_prose(reversed(texts)),
    )
    message = texts[-1] if texts else _fallback(levels, status or answered)

    def safe(text: str, length: int = LONGEST_MESSAGE) -> str:
        return printable(mask(scrub(text[:LONGEST_READ]), secrets), length)

    return ErrorInfo(
        kind="provider",
        message=safe(message),
        code=safe(verdict.code, LONGEST_CODE),
        category=verdict.category,
        param=next((safe(level.param, LONGEST_CODE) for level in reversed(levels) if level.param), None),
        status=status,
        retryable=verdict.retryable if word is None else word,
        retry_after=next((delay for delay in delays if delay is not None), None),
        chain=tuple(safe(text) for text in dict.fromkeys(texts[:-1]) if text != message),
        raw=scrub_all(mask_json(payload, secrets)),
        hint=verdict.hint,
    )


def _code(levels: list[Level]) -> str:
    """The code of the deepest level that has a message and a code, else the deepest code at all (G12)."""
    spoken = [level.code for level in levels if level.code and level.message]
    codes = spoken or [level.code for level in levels if level.code]
    return codes[-1] if codes else ""


def _status(levels: list[Level], code: str) -> int | None:
    """The HTTP status that an in-band error gives itself, or that its provider documents for its code (G07, G08)."""
    given = [level.status for level in levels if level.status is not None]
    return given[-1] if given else STATUS_BY_CODE.get(compact(code))


def _judge(levels: list[Level], texts: list[str], code: str, status: int | None, host: str) -> _Verdict:
    everything = "\n".join((*texts, *(word for level in levels for word in level.words)))
    words = [word for level in reversed(levels) for word in map(compact, level.words) if word not in GENERIC_TYPES]
    if tag := _TAG.search(everything):
        return _Verdict("entitlement", False, tag[1], ENTITLEMENT_HINT)
    if _overflows(words, texts, status, host):
        return _Verdict("context_too_long", False, "context_overflow")
    if any(TEMPLATE_PATTERNS.search(text) for text in texts):
        return _Verdict("invalid_request", False, "template_error")
    category, retryable = _categorise(words, texts, status)
    return _Verdict(category, CATEGORY_RETRYABLE[category] if retryable is None else retryable, code)


def _overflows(words: list[str], texts: list[str], status: int | None, host: str) -> bool:
    if any(word in OVERFLOW_CODES for word in words):
        return True
    if not texts and not words and status in BLANK_OVERFLOW_STATUSES:
        return any(host == known or host.endswith("." + known) for known in BLANK_OVERFLOW_HOSTS)
    if status == 429 or any(SPECIFIC_CODES.get(word, ("",))[0] == "rate_limited" for word in words):
        return False
    return any(OVERFLOW_PATTERNS.search(text) for text in texts) and not any(
        NOT_OVERFLOW_PATTERNS.search(text) for text in texts
    )


def _categorise(words: list[str], texts: list[str], status: int | None) -> tuple[Category, bool | None]:
    """Precise codes first, then prose that providers file under vague codes, then vague codes, status, weak prose."""
    specific = [SPECIFIC_CODES[word] for word in words if word in SPECIFIC_CODES]
    if specific and specific[0][0] not in {"overloaded", "rate_limited", "invalid_request"}:
        return specific[0]
    for pattern, category in _STRONG:
        if any(pattern.search(text) for text in texts):
            return category, None
    if specific:
        return specific[0]
    for word in words:
        if word in GENERIC_CODES:
            return GENERIC_CODES[word]
    if status is not None:
        return STATUS_CATEGORIES.get(status, ("overloaded", None) if status >= 500 else ("", False))
    for late, verdict in LATE_PATTERNS:
        if any(late.search(text) for text in texts):
            return verdict
    return "", None


_STRONG: tuple[tuple[LazyPattern, Category], ...] = (
    (QUOTA_PATTERNS, "quota_exceeded"),
    (CONTENT_PATTERNS, "content_blocked"),
)


def _fallback(levels: list[Level], status: int | None) -> str:
    if any(level.failed for level in levels):
        return FAILED
    if status is None:
        return "the provider reported an error without a message"
    from http import HTTPStatus  # noqa: PLC0415 - heavy, and seldom needed

    try:
        phrase = " " + HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return f"HTTP {status}{phrase}, without a message"
