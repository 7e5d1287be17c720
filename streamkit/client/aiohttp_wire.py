"""aiohttp underneath: a third of httpx's cost for each read; asyncio only, with the `aiohttp` extra."""

import inspect
import os
import ssl
from functools import partial
from typing import Any
from urllib.request import getproxies, proxy_bypass

from streamkit.aiohttp_bodies import Lines, unread
from streamkit.client.proxies import by_socks, no_such_proxy
from streamkit.client.read_size import read_less
from streamkit.client.wire import Exchange, Request, fields
from streamkit.errors import UsageError

__all__ = ["AiohttpWire"]

LONGEST_FIELD = 64 * 1024
"""Bytes that the status line, and each header, may have: aiohttp's own 8 KiB lose answers that httpx reads."""

MOST_FIELDS = 500
"""Headers that an answer may have, where aiohttp counts them."""

READ_BUFFER = 64 * 1024
"""Bytes that a connection may hold before its sender has to wait."""


class AiohttpWire:
    """A session of aiohttp: our own, made in the running loop, or the caller's, which is never closed."""

    closed = False

    def __init__(self, *, timeout: float | None, proxy: str | None = None, session: Any = None) -> None:
        import aiohttp  # noqa: PLC0415 - optional

        from streamkit.client.aiohttp_sending import PIECE, Patient  # noqa: PLC0415 - loads aiohttp

        self._at_once = PIECE
        self._patient = Patient
        self._within = timeout
        self.caller_owned = session is not None
        self._client_error: type[Exception] = aiohttp.ClientError
        self._lines = Lines()
        self._proxy = proxy
        self._proxies = {} if session is not None or proxy is not None else getproxies()
        self._ways: dict[tuple[str, str], dict[str, Any]] = {}
        self._timeout: Any = None
        if session is None:
            # `connect` bounds a proxy's answer to CONNECT too; a caller's session may have to wait for room meanwhile
            self._timeout = aiohttp.ClientTimeout(total=None, connect=timeout, sock_connect=timeout, sock_read=None)
            session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, ssl=_trust()),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=self._timeout,
                auto_decompress=False,
                read_bufsize=READ_BUFFER,
                max_line_size=LONGEST_FIELD,
                max_field_size=LONGEST_FIELD,
                **_counted(aiohttp.ClientSession),
            )
        elif timeout is not None:
            self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=timeout, sock_read=None)
        self._session: Any = session

    async def send(self, request: Request) -> Exchange:
        """Send it and wait for the headers."""
        options = self._way(request.url)
        if self._timeout is not None:
            options = options | {"timeout": self._timeout}
        body: Any = request.body
        if len(body) > self._at_once:
            body = self._patient(body, self._within)
        try:
            response = await self._session.post(
                request.url,
                data=body,
                headers=request.headers,
                allow_redirects=False,
                raise_for_status=False,  # a caller's session may want that: what the body says would be lost
                **options,
            )
        except ValueError as exc:
            if isinstance(exc, self._client_error):
                raise
            raise UsageError(f"aiohttp refuses the request: {exc}") from exc
        headers = fields(response.headers.items())
        if self.caller_owned and self._session.auto_decompress:
            headers.pop("content-encoding", None)  # the caller's session has undone it

        content = response.content
        line = self._lines.follow(response)
        if not self.caller_owned and response.connection is not None:
            read_less(response.connection.transport)

        def close() -> None:
            response.close()
            if line is not None:
                line.release(content)

        return Exchange(response.status, headers, str(response.url), content.readany, close, partial(unread, content))

    def _way(self, url: str) -> dict[str, Any]:
        """Options that say through which proxy a host is reached: the caller's, or the environment's (H21).

        aiohttp could ask the environment itself, but does so anew for each request, in a thread, and takes credentials
        from `.netrc`, which clash with the caller's own.
        """
        if self._proxy is not None:
            return {"proxy": self._proxy}
        scheme, _, rest = url.partition("://")
        host = rest.partition("/")[0].rpartition("@")[2]
        place = (scheme.lower(), host)
        if place not in self._ways:
            proxy = self._proxies.get(place[0]) or self._proxies.get("all")
            through = proxy if proxy is None or "://" in proxy else f"http://{proxy}"
            if through is None or proxy_bypass(host):
                self._ways[place] = {}
            elif by_socks(through):
                raise no_such_proxy(through)
            else:
                self._ways[place] = {"proxy": through}
        return self._ways[place]

    def proxied(self, url: str) -> bool:
        """Whether a proxy is named for this address, or for all that a caller's session asks."""
        return bool(self._way(url) or getattr(self._session, "_default_proxy", None))

    async def aclose(self) -> None:
        """Close our own session."""
        self.closed = True
        if not self.caller_owned:
            await self._session.close()


def _counted(session: Any) -> dict[str, Any]:
    """How many headers there may be; aiohttp knows no such bound before 3.14."""
    return {"max_headers": MOST_FIELDS} if "max_headers" in inspect.signature(session).parameters else {}


def _trust() -> ssl.SSLContext:
    """The certificates that are trusted: the ones that the environment names, else the system's and certifi's (H21)."""
    context = ssl.create_default_context()
    if not os.environ.get("SSL_CERT_FILE") and not os.environ.get("SSL_CERT_DIR"):
        try:
            import certifi  # noqa: PLC0415 - comes with httpx
        except ImportError:
            return context
        context.load_verify_locations(certifi.where())
    return context
