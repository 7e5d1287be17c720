"""The client: a request to a provider, its answer as a stream. httpx or aiohttp underneath, loaded when first used."""

import importlib.util
from collections.abc import Collection, Mapping
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urlsplit, urlunsplit

from streamkit.checks import check_on_error, check_options, stages_or_maker
from streamkit.client.bodies import encoded
from streamkit.client.headers import checked, must_be_text, standing
from streamkit.client.libraries import check_client, check_transport, is_aiohttp
from streamkit.client.live import LiveStream, Plan, Stages
from streamkit.client.proxies import checked_proxy, wants_httpx
from streamkit.client.retrying import Retries
from streamkit.client.secrets import addressed, masked_address, secrets_of
from streamkit.client.wire import Request, Wire
from streamkit.deadlines import asyncio_loop
from streamkit.dialects.base import Dialect
from streamkit.dialects.table import dialect_named
from streamkit.errors import UsageError
from streamkit.jsontypes import Json
from streamkit.limits import DEFAULT_LIMITS, Limits
from streamkit.profile import DEFAULT_PROFILE, Profile
from streamkit.stages.strict import Strict
from streamkit.stages.watchdog import Watchdog

__all__ = ["Client"]

Backend = Literal["auto", "httpx", "aiohttp"]

PATHS = {
    "responses": "/responses",
    "chat": "/chat/completions",
    "anthropic": "/messages",
    "completions": "/completions",
}
"""Where a dialect lives under a base address that includes the version (`https://api.openai.com/v1`)."""

AUTO = "auto"
"""Stands for no dialect: it is recognised from the answer."""

TIMEOUT = 30.0
"""Seconds for connecting and for sending the request; how long an answer may take is the watchdog's business."""

PATIENT = Watchdog(first=600, idle=600, progress=None, server=None)
"""Deadlines where none are given: only what is surely dead, or over, is given up."""


class Client:
    """Sends requests and streams their answers.

    ```python
    async with streamkit.Client("https://api.openai.com/v1", headers={"Authorization": f"Bearer {key}"}) as client:
        async with client.stream("responses", json={"model": …, "input": …, "stream": True}) as stream:
            async for event in stream: ...
            response = await stream.result()
    ```

    Args:
        base_url: the address that a dialect's path is appended to; it includes the version (`…/v1`).
        headers: sent with each request; credentials among them never follow a redirect to another host.
        timeout: seconds for connecting, which a proxy's answer is part of, and for sending; None for no bound. A
            caller's own client keeps its own bounds unless this is given.
        watchdog: deadlines for the answer, renewed for each attempt; `first` also covers the wait for the headers, and
            `total` counts from the moment the attempt is sent. By default ten minutes without a byte are too long, and
            a connection that its server leaves open behind the end of the answer is closed. None waits for ever.
        limits: every bound.
        retries: further attempts while nothing was delivered: a number, or `streamkit.client.Retries`. 0 for none.
        transport: an httpx transport of your own. As in httpx, it is then yours to honour proxy variables.
        http_client: a client of httpx or httpx2, or a session of aiohttp, of your own: used as it is, never closed.
        proxy: address of a proxy, http, https, or (httpx with its extra `socks`) socks5; without it the environment's
            variables count.
        backend: `"httpx"`, `"aiohttp"` (asyncio only, the extra `aiohttp`), or `"auto"`: aiohttp where it is installed,
            the event loop is asyncio's and nothing of httpx's is given, nor a proxy that httpx alone can use; at 1,000
            open streams it costs about 0.6.

    A client may be used in several event loops, one after the other: each gets connections of its own (H22).

    Raises:
        UsageError: an argument is none of what it may be.
    """

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = TIMEOUT,
        watchdog: Watchdog | None = PATIENT,
        limits: Limits = DEFAULT_LIMITS,
        retries: int | Retries = 1,
        transport: Any = None,
        http_client: Any = None,
        proxy: str | None = None,
        backend: Backend = "auto",
    ) -> None:
        check_options(None, limits, watchdog, strict=False, tools=None, profile=DEFAULT_PROFILE)
        check_client(http_client)
        check_transport(transport)
        self._base_url = _valid(base_url)
        self._headers = checked(headers or {})
        if timeout is not None and not _number(timeout, above=0):
            raise UsageError(f"`timeout` must be a number of seconds greater than 0, or None, not {timeout!r}")
        self._timeout = timeout
        self._watchdog = watchdog
        self._limits = limits
        self._retries = _retries(retries)
        self._transport = transport
        self._http_client = http_client
        self._proxy = (
            proxy if proxy is None else checked_proxy(proxy, aiohttp=backend == "aiohttp" or is_aiohttp(http_client))
        )
        self._backend = backend
        self._wires: Any = None
        if backend not in {"auto", "httpx", "aiohttp"}:
            raise UsageError(f"{backend!r} is no backend: auto, httpx or aiohttp")
        if backend == "aiohttp" and importlib.util.find_spec("aiohttp") is None:
            raise UsageError("aiohttp is not installed: pip install 'streamkit-llm[aiohttp]', or backend=\"httpx\"")
        if transport is not None and (backend == "aiohttp" or http_client is not None):
            raise UsageError("`transport` is for the httpx backend alone, without `http_client`")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close this event loop's connections; a caller's own client stays open."""
        wire: Wire | None = self._of_this_loop().get(None)
        self._of_this_loop().set(None)
        if wire is not None:
            await wire.aclose()

    def stream(
        self,
        dialect: str | Dialect | None,
        *,
        json: Json,
        path: str | None = None,
        headers: Mapping[str, str] | None = None,
        stages: Stages = (),
        watchdog: Watchdog | None = None,
        strict: Strict | bool = False,
        tools: Collection[str] | None = None,
        profile: Profile = DEFAULT_PROFILE,
        on_error: Literal["raise", "event"] = "raise",
    ) -> LiveStream:
        """A request and the stream of its answer; use it as `async with … as stream:`.

        Args:
            dialect: a name, a `Dialect`, or None (or `"auto"`) to recognise it from the answer.
            json: the body, sent as it is given (`"stream": true` included, members that are None as null); no text
                that was made of it.
            path: appended to the base address, or a whole address; by default the dialect's own.
            headers: for this request alone, over the client's.
            stages: your own stages, or a function that makes them. Stages with state that are given as objects serve
                one answer only: then an attempt is repeated until the headers have come, not after.
            watchdog: instead of the client's.
            strict: refuse tolerances.
            tools: names of the tools that were offered (D36, D39); the body is not looked into for them.
            profile: what is known of this endpoint that its bytes do not tell.
            on_error: `"raise"` raises one typed error after the last event; `"event"` leaves it in `response.errors`.

        Raises:
            UnknownDialect: no dialect has that name.
            UsageError: a header that cannot be sent, a body without a JSON form, no path for this dialect, an option
                that is none of what it may be.
        """
        check_options(dialect, self._limits, watchdog, strict, tools, profile)
        check_on_error(on_error)
        name = dialect.name if isinstance(dialect, Dialect) else dialect
        if isinstance(dialect, str) and dialect != AUTO:
            dialect_named(dialect)  # a name that nobody has is refused before anything is sent
        given = self._headers | checked(headers or {})
        sent = standing(name) | given
        url = self._url(name, path)
        return LiveStream(
            Plan(
                wire=self._wire,
                request=Request(addressed(url, sent), sent, encoded(json)),
                dialect=dialect,
                limits=self._limits,
                retries=self._retries,
                secrets=secrets_of(sent, given, url),
                watchdog=watchdog or self._watchdog,
                stages=stages_or_maker(stages),
                strict=strict,
                tools=tools,
                profile=profile,
                on_error=on_error,
            )
        )

    def _url(self, dialect: str | None, path: str | None) -> str:
        path = PATHS.get(dialect or "") if path is None else path
        if path is None:
            raise UsageError(f"dialect {dialect or 'auto'} has no path of its own; give `path`")
        must_be_text(path, "`path`")
        if "://" in path.partition("?")[0]:
            return _valid(path)
        base = urlsplit(self._base_url)
        tail = urlsplit(path)
        query = "&".join(part for part in (base.query, tail.query) if part)
        joined = base.path.rstrip("/") + "/" + tail.path.lstrip("/") if tail.path else base.path
        return urlunsplit((base.scheme, base.netloc, joined, query, ""))

    def _wire(self) -> Wire:
        """This event loop's connections; nothing is shared between loops (H22)."""
        wire: Wire | None = self._of_this_loop().get(None)
        if wire is None:
            wire = self._new_wire()
            self._of_this_loop().set(wire)
        return wire

    def _of_this_loop(self) -> Any:
        """A variable with a value of its own in each event loop; it is forgotten together with the loop."""
        if self._wires is None:
            from anyio.lowlevel import RunVar  # noqa: PLC0415 - where an event loop runs, not by `import streamkit`

            self._wires = RunVar("streamkit.client")
        return self._wires

    def _new_wire(self) -> Wire:
        from streamkit.client.aiohttp_wire import AiohttpWire  # noqa: PLC0415 - loaded on first use
        from streamkit.client.httpx_wire import HttpxWire, OwnHttpx  # noqa: PLC0415 - loaded on first use

        own = self._http_client
        given = None if self._timeout == TIMEOUT else self._timeout
        if is_aiohttp(own):
            return AiohttpWire(timeout=given, proxy=self._proxy, session=own)
        if own is not None:
            return HttpxWire(own, timeout=given)
        if self._backend == "aiohttp" and asyncio_loop() is None:
            raise UsageError('aiohttp runs on asyncio only: under trio, use backend="httpx", or "auto"')
        either = self._backend == "auto" and self._transport is None and not wants_httpx(self._proxy)
        if self._backend == "aiohttp" or (either and _aiohttp_fits()):
            return AiohttpWire(timeout=self._timeout, proxy=self._proxy)
        return OwnHttpx(timeout=self._timeout, proxy=self._proxy, transport=self._transport)


def _aiohttp_fits() -> bool:
    """Whether aiohttp can be used here: on asyncio, and where it is installed."""
    return asyncio_loop() is not None and importlib.util.find_spec("aiohttp") is not None


def _valid(url: str) -> str:
    must_be_text(url, "an address")
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        shown = masked_address(url)
        raise UsageError(f"{shown!r} is no address of an HTTP server: it begins with http:// or https:// and a host")
    return url


def _retries(given: int | Retries) -> Retries:
    retries = given if isinstance(given, Retries) else Retries(count=given)
    if not _number(retries.count, above=-1) or retries.count % 1:
        raise UsageError(f"`retries` must be a number from 0 on (or Retries), not {retries.count!r}")
    return retries


def _number(given: object, *, above: float) -> bool:
    return isinstance(given, int | float) and given > above
