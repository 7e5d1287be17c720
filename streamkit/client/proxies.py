"""Proxies that make no tunnel to the server: what they answered, whichever HTTP library tells it."""

import re
from collections.abc import Iterator

from streamkit.errors import ErrorInfo
from streamkit.masking import mask
from streamkit.quirks.registry import printable

__all__ = ["proxy_refusal"]

CREDENTIALS = 407
"""The status of a proxy that wants to know who is asking."""

PASSING = frozenset({408, 425, 429})
"""Statuses below 500 that may be others next time."""

LONGEST_CHAIN = 5
"""Exceptions that are looked at."""

LONGEST_REASON = 200
"""Characters of the proxy's own words that are kept."""

_STATUS = re.compile(r"(\d{3})(?: (.*))?", re.DOTALL)


def proxy_refusal(exc: BaseException) -> ErrorInfo | None:
    """What a proxy said instead of making a tunnel; None where this exception tells of anything else."""
    for link in _causes(exc):
        answer = _answer(link)
        if answer is not None:
            return _told(*answer)
    return None


def _causes(exc: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = exc
    for _ in range(LONGEST_CHAIN):
        if link is None:
            return
        yield link
        link = link.__cause__


def _answer(exc: BaseException) -> tuple[int, str] | None:
    """Status and reason, of aiohttp's exception, or of httpx's (which has them in its text alone)."""
    name = type(exc).__name__
    if name == "ClientHttpProxyError":
        return int(getattr(exc, "status", 0)), str(getattr(exc, "message", ""))
    found = _STATUS.fullmatch(str(exc)) if name == "ProxyError" else None
    return None if found is None else (int(found[1]), found[2] or "")


def _told(status: int, reason: str) -> ErrorInfo:
    words = printable(mask(reason.strip()), LONGEST_REASON)
    final = status < 500 and status not in PASSING
    verb = "refuses" if final else "fails"
    hint = "is the server's host allowed there? NO_PROXY names hosts that are reached without a proxy"
    if status == CREDENTIALS:
        hint = "it wants credentials, or others than these: they stand in its address, http://user:password@host:port"
    return ErrorInfo(
        kind="transport",
        code="proxy_refused" if final else "proxy_error",
        message=f"the proxy {verb} to connect to the server: status {status}{f' {words}' if words else ''}",
        status=status,
        retryable=not final,
        hint=hint if final else "",
    )
