"""Proxies: which ones can be used, and what it means that one answers no tunnel, or nothing at all."""

import importlib.util
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec

from streamkit.client.headers import must_be_text
from streamkit.client.secrets import masked_address
from streamkit.errors import ErrorInfo, UsageError
from streamkit.masking import mask
from streamkit.quirks.registry import printable

__all__ = ["by_socks", "checked_proxy", "no_such_proxy", "proxy_failure", "proxy_refusal", "wants_httpx"]

EVERYWHERE = frozenset({"http", "https"})
"""Schemes of proxies that both HTTP libraries speak to; aiohttp speaks HTTP to any other, too."""

SOCKS = frozenset({"socks5", "socks5h"})
"""Schemes that httpx knows besides, where the package of its extra is installed."""

CREDENTIALS = 407
"""The status of a proxy that wants to know who is asking."""

PASSING = frozenset({408, 425, 429})
"""Statuses below 500 that may be others next time."""

REACHING = frozenset({"connection_refused", "name_resolution", "connect_error", "connect_timeout"})
"""What a connection dies of before its other end has said anything; that end is the proxy, where there is one."""

LONGEST_CHAIN = 5
"""Exceptions that are looked at."""

LONGEST_REASON = 200
"""Characters of the proxy's own words that are kept."""

_STATUS = re.compile(r"(\d{3})(?: (.*))?", re.DOTALL)


def checked_proxy(proxy: str, *, aiohttp: bool) -> str:
    """The address of a proxy, if requests can go through it.

    Args:
        proxy: what the caller gave.
        aiohttp: whether aiohttp has to use it.

    Raises:
        UsageError: it is no address, or nothing here speaks its protocol.
    """
    must_be_text(proxy, "`proxy`")
    try:
        parts = urlsplit(proxy)
        sound = "://" in proxy and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise UsageError(f"{masked_address(proxy)!r} is no address of a proxy, such as http://127.0.0.1:8080")
    if _scheme(proxy) in EVERYWHERE or (by_socks(proxy) and not aiohttp and _speaks_socks()):
        return proxy
    raise no_such_proxy(proxy)


def no_such_proxy(proxy: str) -> UsageError:
    """What to say of a proxy whose protocol is not spoken here."""
    return UsageError(
        f"no request can go through the proxy {masked_address(proxy)!r}: its scheme must be http or https; "
        "socks5 works with httpx and its `socks` extra: pip install 'httpx[socks]'"
    )


def by_socks(proxy: str | None) -> bool:
    """Whether it is a proxy that httpx alone can use."""
    return proxy is not None and _scheme(proxy) in SOCKS


def wants_httpx(proxy: str | None) -> bool:
    """Whether the caller's proxy, or one that the environment names in place of it, can be used, but by httpx alone."""
    from urllib.request import getproxies  # noqa: PLC0415 - heavy: not before a request is sent

    named = getproxies().values() if proxy is None else (proxy,)
    return any(map(by_socks, named)) and _speaks_socks()


def _speaks_socks() -> bool:
    return importlib.util.find_spec("socksio") is not None


def _scheme(proxy: str) -> str:
    return proxy.partition("://")[0].lower()


def proxy_failure(exc: BaseException, info: ErrorInfo, *, proxied: bool) -> ErrorInfo:
    """The error of a connection that was not made, with the proxy in place of the server where one stood between them.

    Args:
        exc: what the HTTP library raised.
        info: what it means where there is no proxy.
        proxied: whether the way led through a proxy; some exceptions tell it by themselves.
    """
    names = {type(link).__name__ for link in _causes(exc)}
    detail = info.message.partition(": ")[2]
    if "ProxyError" in names:
        code, headline, hint = "proxy_error", "the proxy did not connect to the server", ""
    elif info.code in REACHING and (proxied or "ClientProxyConnectionError" in names):
        code, headline = info.code, "the proxy could not be reached"
        if info.code == "connect_timeout":
            headline += " in time, or made no connection to the server"
        hint = (
            "Check the proxy's address (`proxy`, or HTTPS_PROXY, HTTP_PROXY and ALL_PROXY), and whether it is running."
        )
    else:
        return info
    message = f"{headline}: {detail}" if detail else headline
    return msgspec.structs.replace(info, code=code, message=message, hint=hint, retryable=True)


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
