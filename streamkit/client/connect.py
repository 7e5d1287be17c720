"""From a request to an open answer: redirects without credentials, error statuses as typed errors."""

import re
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urljoin, urlsplit

import msgspec

from streamkit.client.bodies import Body, error_payload
from streamkit.client.headers import without_credentials
from streamkit.client.wire import Exchange, Request, Wire, origin
from streamkit.errors import ErrorInfo, ProviderError, StreamError, TransportError, UsageError, error_from
from streamkit.faults import provider_error, transport_error
from streamkit.limits import Limits

__all__ = ["VERSION_HINT", "connect", "lacks_version"]

KEEPING = frozenset({307, 308})
"""Redirects that keep the method and the body."""
CHANGING = frozenset({301, 302, 303})
"""Redirects that turn a POST into a GET, which would not be the same request."""
MOST_REDIRECTS = 5

ERROR_BODY = 256 * 1024
"""Bytes of an error's body that are read."""
ERROR_BODY_TIME = 10.0
"""Seconds that its reading may take."""

VERSION_HINT = "the address has no version segment: is /v1 missing from base_url?"
_VERSION = re.compile(r"/v\d+[a-z0-9]*(?:/|$)")


def lacks_version(url: str) -> bool:
    """Whether the path of this address has no segment such as `/v1` (I20)."""
    return not _VERSION.search(urlsplit(url).path)


async def connect(
    wire: Wire, request: Request, *, limits: Limits, secrets: Iterable[str] = (), within: float | None = None
) -> Exchange:
    """The answer to a request, as soon as its headers say that it is one.

    Raises:
        ProviderError: an error status, with what its body says.
        TransportError: the connection broke, or a redirect leads where the request may not go.
        StallError: no headers `within` seconds.
    """
    import anyio  # noqa: PLC0415 - imported where an event loop runs, not by `import streamkit`

    with anyio.move_on_after(within):
        try:
            return await _followed(wire, request, limits, tuple(secrets))
        except (StreamError, UsageError):
            raise
        except Exception as exc:
            raise TransportError(transport_error(exc)) from exc
    raise error_from(
        ErrorInfo(
            kind="stall",
            code="ttfb_timeout",
            message=f"no answer within {within:g} seconds",
            phase="first",
            waited=within,
            retryable=True,
        )
    )


async def _followed(wire: Wire, request: Request, limits: Limits, secrets: tuple[str, ...]) -> Exchange:
    import anyio  # noqa: PLC0415 - imported where an event loop runs, not by `import streamkit`

    for _ in range(MOST_REDIRECTS + 1):
        exchange = await wire.send(request)
        try:
            target = _target(exchange, request)
            if target is None:
                await _accepted(exchange, request, limits, secrets)
                return exchange
            request = _redirected(wire, request, exchange.status, target)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await exchange.close()
            raise
        await exchange.close()
    raise _refused(f"more than {MOST_REDIRECTS} redirects")


def _target(exchange: Exchange, request: Request) -> str | None:
    location = exchange.headers.get("location")
    if exchange.status not in KEEPING | CHANGING or not location:
        return None
    return urljoin(request.url, location)


def _redirected(wire: Wire, request: Request, status: int, target: str) -> Request:
    """The request as it may be sent to `target`."""
    if status in CHANGING:
        raise _refused(f"the server redirects to {target} with status {status}, which would turn the POST into a GET")
    ours, theirs = origin(request.url), origin(target)
    if theirs[0] not in {"http", "https"}:
        raise _refused(f"the server redirects to {target}, which is no HTTP address")
    if ours == theirs or (ours[1] == theirs[1] and ours[0] == "http" and theirs[0] == "https"):
        return msgspec.structs.replace(request, url=target)
    if wire.caller_owned:
        raise _refused(
            f"the server redirects to another host, {theirs[1]}; your own HTTP client might send credentials there"
        )
    return Request(target, without_credentials(request.headers), request.body)


def _refused(message: str) -> StreamError:
    info = ErrorInfo(
        kind="transport",
        code="redirect_refused",
        message=message,
        hint="use the address that the server names as base_url, if you trust it",
        retryable=False,
    )
    return TransportError(info)


async def _accepted(exchange: Exchange, request: Request, limits: Limits, secrets: tuple[str, ...]) -> None:
    """Raise what an answer with another status than 2xx says."""
    if 200 <= exchange.status < 300:
        return
    payload = error_payload(await _beginning(exchange, limits))
    host = urlsplit(request.url).hostname or ""
    info = provider_error(payload, status=exchange.status, headers=exchange.headers, host=host, secrets=secrets)
    if exchange.status in {404, 405} and not info.hint and lacks_version(request.url):
        info = msgspec.structs.replace(info, hint=VERSION_HINT)
    if exchange.status < 400:
        info = msgspec.structs.replace(info, status=exchange.status, code="unexpected_status", retryable=False)
        raise ProviderError(info)
    raise error_from(info)


async def _beginning(exchange: Exchange, limits: Limits) -> bytes:
    """As much of an error's body as is worth reading; what cannot be read does not hide the status."""
    import anyio  # noqa: PLC0415 - imported where an event loop runs, not by `import streamkit`

    parts: list[bytes] = []
    size = 0
    with anyio.move_on_after(ERROR_BODY_TIME):
        with suppress(Exception):
            body = Body(exchange, limits, page=False)
            while size < ERROR_BODY:
                parts.append(await anext(body))
                size += len(parts[-1])
    return b"".join(parts)[:ERROR_BODY]
