"""httpx underneath: the pool spread over several clients, because its cost grows with the square of open streams.

httpcore looks at every connection of a pool on each change of any of them. With a few dozen streams to a client, each
with its own pool, a thousand streams cost what thirty do, a thousand times. Low-numbered clients are filled first, so
that idle connections are used again. Each client reads proxy and certificate variables by itself (H21).
"""

import math
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

from streamkit.client.secrets import hush
from streamkit.client.wire import Exchange, Request, fields
from streamkit.deadlines import asyncio_loop
from streamkit.errors import ErrorInfo, TransportError, UsageError

__all__ = ["HttpxWire", "OwnHttpx"]

STREAMS_EACH = 16
"""Open streams to one client and its pool."""

MANY = 1_000_000_000
"""The same for a transport that the caller gave: there is only one."""

MOST_LEFT = 10_000
"""Pieces that may still come out of buffers when a response is closed early."""


class HttpxWire:
    """A caller's own client of httpx, or of httpx2: used as it is, never closed."""

    caller_owned = True
    closed = False

    def __init__(self, client: Any, timeout: float | None = None) -> None:
        self._client = client
        self._timeout = timeout
        self._options: dict[str, Any] = {} if timeout is None else {"timeout": (timeout, None, timeout, None)}

    async def send(self, request: Request) -> Exchange:
        """Send it and wait for the headers."""
        return await _send(self._client, request, self._timeout, self._options)

    def proxied(self, url: str) -> bool:
        """Whether the caller's client sends this through a proxy."""
        return _proxied(self._client, url)

    async def aclose(self) -> None:
        """The client is its owner's to close."""
        self.closed = True


class OwnHttpx:
    """Clients of our own: made when they are needed, one set for each event loop."""

    caller_owned = False
    closed = False

    def __init__(self, *, timeout: float | None, proxy: str | None = None, transport: Any = None) -> None:
        import httpx  # noqa: PLC0415 - heavy: not before it is used

        self._httpx = httpx
        self._timeout = timeout
        self._options: dict[str, Any] = {
            "timeout": httpx.Timeout(timeout, read=None, pool=None),
            "limits": httpx.Limits(max_connections=None, max_keepalive_connections=STREAMS_EACH),
            "verify": httpx.create_ssl_context() if transport is None else True,
            "proxy": proxy,
            "transport": transport,
            # one user's session is no other's: who wants cookies sent gives them as a header
            "cookies": CookieJar(DefaultCookiePolicy(allowed_domains=())),
        }
        self._room = MANY if transport is not None else STREAMS_EACH
        self._network = _network() if transport is None else None
        self._shards: list[Shard] = []

    async def send(self, request: Request) -> Exchange:
        """Send it and wait for the headers."""
        shard = self._with_room()
        shard.open += 1
        try:
            exchange = await _send(shard.client, request, self._timeout, {})
        except BaseException:
            shard.open -= 1
            raise
        close = exchange.close
        closed = False

        def close_once() -> Awaitable[None] | None:
            nonlocal closed
            if not closed:
                closed = True
                shard.open -= 1
            return close()

        exchange.close = close_once
        return exchange

    def _with_room(self) -> "Shard":
        for shard in self._shards:
            if shard.open < self._room:
                return shard
        try:
            client = self._httpx.AsyncClient(**self._options)
        except (ImportError, ValueError, self._httpx.InvalidURL) as exc:  # proxies that the environment names
            raise UsageError(f"httpx can send no request as the environment's proxy variables say: {exc}") from exc
        if self._network is not None:
            _connect_through(self._network, client)
        self._shards.append(Shard(client))
        return self._shards[-1]

    def proxied(self, url: str) -> bool:
        """Whether our clients, which are all alike, send this through a proxy."""
        return any(_proxied(shard.client, url) for shard in self._shards[:1])

    async def aclose(self) -> None:
        """Close all of them."""
        self.closed = True
        shards, self._shards = self._shards, []
        for shard in shards:
            await shard.client.aclose()


class Shard:
    """A client with its pool, and how many streams it has open."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.open = 0


def _network() -> Any:
    """The network backend for the event loop that runs; None where httpcore's own is the right one."""
    if asyncio_loop() is None:
        return None
    from streamkit.client.asyncio_network import AsyncioNetwork  # noqa: PLC0415 - loads httpcore

    return AsyncioNetwork()


def _connect_through(network: Any, client: Any) -> None:
    """Have the pools of a client, those for proxies too, make their connections through a network backend.

    httpcore's pools take one, but httpx has no way to hand it on. Where it hides its pools elsewhere, they keep the
    backend that they have.
    """
    transports = (getattr(client, "_transport", None), *getattr(client, "_mounts", {}).values())
    for transport in transports:
        pool: Any = getattr(transport, "_pool", None)
        if hasattr(pool, "_network_backend"):
            pool._network_backend = network  # noqa: SLF001 - see above


def _proxied(client: Any, url: str) -> bool:
    """Whether a client sends this through a proxy; no, where httpx hides its pools elsewhere."""
    with suppress(Exception):
        asked = client.build_request("POST", url).url
        pool = getattr(client._transport_for_url(asked), "_pool", None)  # noqa: SLF001 - as in _connect_through
        return type(pool).__name__.endswith("Proxy")
    return False


async def _send(client: Any, request: Request, within: float | None, options: dict[str, Any]) -> Exchange:
    hush(type(client).__module__.partition(".")[0], request.url)
    built = client.build_request("POST", request.url, content=request.body, headers=request.headers, **options)
    try:
        response = await _answer(client, built, within)
    except Exception as exc:
        hooked = _hooked(exc)
        if hooked is None:
            raise
        return hooked
    chunks: AsyncIterator[bytes] = response.stream.__aiter__()

    async def read() -> bytes:
        async for chunk in chunks:
            if chunk:
                return chunk
        return b""

    async def close() -> None:
        _judge_rest(response)
        await response.aclose()
        await _unwind(chunks)

    return Exchange(response.status_code, fields(response.headers.multi_items()), str(response.url), read, close)


def _judge_rest(response: Any) -> None:
    """Keep a connection from being used again where bytes have come behind the end of its answer.

    httpcore would take them for the beginning of the next one. Where httpx hides its parser elsewhere, so it is.
    """
    with suppress(Exception):
        pooled = response.stream._stream._httpcore_stream  # noqa: SLF001 - as in _connect_through
        parser = pooled._stream._connection._h11_state  # noqa: SLF001 - HTTP/2 has none
        if parser.trailing_data[0]:
            parser.send_failed()  # what is not done cannot be used again


def _hooked(exc: Exception) -> Exchange | None:
    """The answer that a hook of the caller's client made an exception of (`raise_for_status`), with what was read."""
    response: Any = getattr(exc, "response", None)
    status = getattr(response, "status_code", None)
    if not isinstance(status, int) or 200 <= status < 300:
        return None
    parts: list[bytes] = []
    with suppress(Exception):  # it was not read
        parts.append(response.content)

    async def read() -> bytes:
        return parts.pop() if parts else b""

    headers = fields(response.headers.multi_items())
    headers.pop("content-encoding", None)  # undone by who has read it
    return Exchange(status, headers, str(response.url), read, lambda: None)


async def _answer(client: Any, built: Any, within: float | None) -> Any:
    """The response to a request, as soon as its headers have come.

    httpx waits for a proxy's answer to CONNECT as long as for any other, and a model may think long: here that answer
    has to come `within` so many seconds.
    """
    import anyio  # noqa: PLC0415 - imported where an event loop runs, not by `import streamkit`

    if within is None:
        return await client.send(built, stream=True, follow_redirects=False)
    with anyio.CancelScope() as scope:

        async def trace(name: str, info: dict[str, Any]) -> None:
            if name.endswith(".receive_response_headers.started") and info["request"].method == b"CONNECT":
                scope.deadline = anyio.current_time() + within
            elif name.endswith(".receive_response_headers.complete"):
                scope.deadline = math.inf

        built.extensions["trace"] = trace
        return await client.send(built, stream=True, follow_redirects=False)
    raise TransportError(
        ErrorInfo(
            kind="transport",
            code="connect_timeout",
            message=f"the proxy did not answer within {within:g} s whether it connects to the server",
            retryable=True,
        )
    )


async def _unwind(chunks: AsyncIterator[bytes]) -> None:
    """End the generators behind a response that is closed: half a dozen, one inside the other.

    Closing the outermost would leave the inner ones to the garbage collector, which trio warns of and asyncio makes
    tasks for. Reading on from the closed connection fails in the innermost, and that runs through all of them.
    """
    with suppress(Exception):
        for _ in range(MOST_LEFT):
            await anext(chunks)
    stop = getattr(chunks, "aclose", None)
    if stop is not None:
        with suppress(Exception):
            await stop()
