"""From a request to an open answer: redirects without credentials, error statuses as typed errors."""

import math
import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import msgspec

from streamkit.client.bodies import Body
from streamkit.client.headers import without_credentials
from streamkit.client.inflating import inflater_for
from streamkit.client.proxies import proxy_failure, proxy_refusal
from streamkit.client.secrets import addressed, masked_info, telltale, with_userinfo
from streamkit.client.wire import Exchange, Request, Wire, give_up, origin
from streamkit.errors import ErrorInfo, StreamError, TransportError, UsageError, error_from
from streamkit.faults import transport_error
from streamkit.faults.answers import (
    CHANGING,
    ERROR_BODY,
    ERROR_BODY_TIME,
    redirect_refused,
    redirect_target,
    refusal,
    turns_into_get,
)
from streamkit.limits import Limits
from streamkit.stages.watchdog import CODES, REMEDIES, Phase, Watchdog

__all__ = ["connect"]

MOST_REDIRECTS = 5

_TEXT = re.compile(rb"[\t\r\n -~]{20}|[\t\r\n -~]*\Z")
"""How a body begins that is not encoded at all, whatever its header says."""

SHORTEST_BODY_TIME = 0.5
"""Seconds that an error's body may take, however late its headers came; the rest of the time for them is its, too."""


async def connect(
    wire: Wire, request: Request, *, limits: Limits, secrets: Iterable[str] = (), watchdog: Watchdog | None = None
) -> Exchange:
    """The answer to a request, as soon as its headers say that it is one.

    Raises:
        ProviderError: an error status, with what its body says.
        TransportError: the connection broke, a proxy makes none, or a redirect leads where the request may not go.
        StallError: no headers within the watchdog's `first`, or `total`.
    """
    import anyio  # noqa: PLC0415 - imported where an event loop runs, not by `import streamkit`

    known = tuple(secrets)
    asked = [request]
    within, phase = _patience(watchdog)
    failure: Exception | None = None
    with anyio.move_on_after(within) as scope:
        try:
            return await _followed(wire, asked, limits, known, scope)
        except (StreamError, UsageError):
            raise
        except Exception as exc:
            info = proxy_refusal(exc) or proxy_failure(exc, transport_error(exc), proxied=wire.proxied(asked[-1].url))
            if not telltale(exc, known):
                raise TransportError(info) from exc
            failure = error_from(masked_info(info, known))
    if failure is not None:  # raised here, the telltale exception is no context of it
        raise failure
    raise error_from(
        ErrorInfo(
            kind="stall",
            code=CODES[phase],
            message=f"no headers came for {within:g} s (limit {phase}={within:g} s): {REMEDIES[phase]}",
            phase=phase,
            waited=within,
            retryable=True,
        )
    )


def _patience(watchdog: Watchdog | None) -> tuple[float | None, Phase]:
    """How long the headers may take, in seconds, and which limit says so."""
    if watchdog is None:
        return None, "first"
    if watchdog.total is not None and (watchdog.first is None or watchdog.total < watchdog.first):
        return watchdog.total, "total"
    return watchdog.first, "first"


async def _followed(wire: Wire, asked: list[Request], limits: Limits, secrets: tuple[str, ...], scope: Any) -> Exchange:
    """The answer to the last of `asked`, or to the request that redirects lead to, which is the last one then."""
    import anyio  # noqa: PLC0415 - imported where an event loop runs, not by `import streamkit`

    for _ in range(MOST_REDIRECTS + 1):
        request = asked[-1]
        exchange = await wire.send(request)
        try:
            target = redirect_target(exchange.status, exchange.headers, request.url)
            if target is None:
                longest = min(ERROR_BODY_TIME, max(SHORTEST_BODY_TIME, scope.deadline - anyio.current_time()))
                scope.deadline = math.inf  # the status is known; that its body stalls must not hide it
                await _accepted(exchange, request, limits, secrets, longest)
                return exchange
            asked.append(_redirected(wire, request, exchange.status, target, secrets))
        except BaseException:
            with anyio.CancelScope(shield=True):
                await give_up(exchange)
            raise
        await give_up(exchange)
    raise redirect_refused(f"more than {MOST_REDIRECTS} redirects")


def _redirected(wire: Wire, request: Request, status: int, target: str, secrets: tuple[str, ...]) -> Request:
    """The request as it may be sent to `target`."""
    if status in CHANGING:
        raise redirect_refused(turns_into_get(target, status), secrets)
    ours, theirs = origin(request.url), origin(target)
    if theirs[0] not in {"http", "https"}:
        raise redirect_refused(f"the server redirects to {target}, which is no HTTP address", secrets)
    if ours == theirs or (ours[1] == theirs[1] and ours[0] == "http" and theirs[0] == "https"):
        return msgspec.structs.replace(request, url=addressed(with_userinfo(target, request.url), request.headers))
    if wire.caller_owned:
        raise redirect_refused(
            f"the server redirects to another host, {theirs[1]}; your own HTTP client might send credentials there"
        )
    return Request(target, without_credentials(request.headers), request.body)


async def _accepted(
    exchange: Exchange, request: Request, limits: Limits, secrets: tuple[str, ...], longest: float
) -> None:
    """Raise what an answer with another status than 2xx says."""
    if 200 <= exchange.status < 300:
        return
    data, stalled = await _beginning(exchange, limits, longest)
    raise refusal(
        data, status=exchange.status, headers=exchange.headers, url=request.url, secrets=secrets, stalled=stalled
    )


async def _beginning(exchange: Exchange, limits: Limits, longest: float) -> tuple[bytes, bool]:
    """As much of an error's body as is worth reading, and whether the rest did not come in time.

    What cannot be read does not hide the status, and a header that is wrong about the encoding not what was said.
    """
    import anyio  # noqa: PLC0415 - imported where an event loop runs, not by `import streamkit`

    parts: list[bytes] = []
    size = 0
    with anyio.move_on_after(longest) as scope:
        with suppress(Exception):
            body = Body(msgspec.structs.replace(exchange, headers={}), limits, page=False)  # undone below
            while size < ERROR_BODY:
                parts.append(await anext(body))
                size += len(parts[-1])
    data = _undone(b"".join(parts), exchange.headers.get("content-encoding", ""), limits)
    return data[:ERROR_BODY], scope.cancelled_caught


def _undone(data: bytes, encoding: str, limits: Limits) -> bytes:
    """The beginning of an error's body as it was before it was encoded, where it was."""
    parts: list[bytes] = []
    size = 0
    with suppress(StreamError):
        inflater = inflater_for(encoding, limits)
        if inflater is None:
            return data
        for piece in inflater.feed(data):
            parts.append(piece)
            size += len(piece)
            if size >= ERROR_BODY:
                break
    return b"".join(parts) or (data if _TEXT.match(data) else b"")
