"""Connections for httpx on asyncio: a network backend for httpcore whose reads cost a third of its own.

httpcore reads through anyio, which makes a cancel scope for each read and takes the socket out of the event loop's
selector between two of them. With a thousand streams open, that was a third of what an event cost. Here the transport
goes on reading into a queue; only a full queue stops it.
"""

import asyncio
import os
import re
import socket
import ssl
from collections import deque
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any

import anyio
import httpcore
from aiohappyeyeballs import (
    start_connection,  # pyright: ignore[reportUnknownVariableType]  # addresses are tuples of anything there
)
from anyio.lowlevel import checkpoint

from streamkit.client.read_size import read_less

__all__ = ["AsyncioNetwork"]

MOST_WAITING = 128 * 1024
"""Bytes that may wait in the queue before the transport is stopped."""

MOST_AT_ONCE = 64 * 1024
"""Bytes that are written before it is asked whether the connection takes more."""

NEXT_ADDRESS = 0.25
"""Seconds before the next of a host's addresses is tried beside the first (RFC 8305 section 5)."""

_FAILED = re.compile(r"\[Errno (\d+)\] Connect call failed")


class AsyncioNetwork(httpcore.AsyncNetworkBackend):
    """TCP connections of the asyncio loop that runs."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to a host.

        Raises:
            httpcore.ConnectTimeout: it took more than `timeout` seconds.
            httpcore.ConnectError: there is no such host, or it does not answer.
        """
        loop = asyncio.get_running_loop()
        with _told(httpcore.ConnectTimeout, httpcore.ConnectError), anyio.fail_after(timeout):
            theirs = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            ours = None
            if local_address is not None:
                ours = await loop.getaddrinfo(local_address, 0, type=socket.SOCK_STREAM)
            connected = await start_connection(theirs, local_addr_infos=ours, happy_eyeballs_delay=NEXT_ADDRESS)
            try:
                for option in socket_options or ():
                    connected.setsockopt(*option)
                transport, line = await loop.create_connection(Line, sock=connected)
            except BaseException:
                connected.close()
                raise
        return AsyncioStream(transport, line)

    async def sleep(self, seconds: float) -> None:
        """Wait, between two attempts to connect."""
        await anyio.sleep(seconds)


class Line(asyncio.Protocol):
    """What came over a connection and waits to be read, and who waits for more."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._stopped = False
        self._ready: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self.pieces: deque[bytes] = deque()
        self.size = 0
        """Bytes in `pieces`."""
        self.ended = False
        """Whether nothing more will come."""
        self.failure: Exception | None = None
        """Why not, if it was no proper end."""

    # what the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Bytes may come from now on."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Queue them."""
        self.pieces.append(data)
        self.size += len(data)
        if self.size > MOST_WAITING and not self._stopped and self._transport is not None:
            self._stopped = True
            self._transport.pause_reading()
        if self._ready is not None:
            _wake(self._ready)

    def eof_received(self) -> bool:
        """The other side sends no more. Over plain TCP it may still be written to; TLS ends both ways at once."""
        self.ended = True
        _wake(self._ready)
        return self._transport is not None and self._transport.get_extra_info("ssl_object") is None

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self.ended = True
        self.failure = self.failure or exc
        _wake(self._ready)
        _wake(self._drained)

    def pause_writing(self) -> None:
        """What is written must wait."""
        self._drained = self._drained or asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """It need not wait any more."""
        drained, self._drained = self._drained, None
        _wake(drained)

    # what the stream calls

    def moved(self, transport: Any) -> None:
        """From now on it is this transport that brings the bytes; None while that is being agreed upon."""
        self._transport = transport

    async def ready(self) -> None:
        """Wait for bytes, or for the end."""
        self._ready = asyncio.get_running_loop().create_future()
        try:
            await self._ready
        finally:
            self._ready = None

    async def drained(self) -> None:
        """Wait until more may be written."""
        if self._drained is not None:
            await asyncio.shield(self._drained)

    def taken(self, most: int) -> bytes:
        """What waits, no more than `most` bytes of it."""
        pieces = self.pieces
        data = pieces.popleft() if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        if len(data) > most:
            pieces.append(data[most:])
            data = data[:most]
        self.size -= len(data)
        if self._stopped and self.size <= MOST_WAITING // 2:
            self._stopped = False
            self._transport.resume_reading()
        return data


class AsyncioStream(httpcore.AsyncNetworkStream):
    """One connection as httpcore wants to see it."""

    def __init__(self, transport: Any, line: Line) -> None:
        self._transport = transport
        self._line = line
        self._closed = False
        read_less(transport)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - see above
        """What has come, or comes next; empty at the end.

        Raises:
            httpcore.ReadTimeout: nothing came within `timeout` seconds.
            httpcore.ReadError: the connection broke, or was closed by us.
        """
        line = self._line
        if not line.pieces and not line.ended:
            if timeout is None:
                await line.ready()
            else:
                with _told(httpcore.ReadTimeout, httpcore.ReadError), anyio.fail_after(timeout):
                    await line.ready()
        if line.pieces:
            return line.taken(max_bytes)
        if self._closed:
            raise httpcore.ReadError("the connection was closed")
        if line.failure is not None:
            raise httpcore.ReadError(str(line.failure)) from line.failure
        return b""

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - see above
        """Send bytes; gives control back when the connection can take more.

        Raises:
            httpcore.WriteTimeout: the other side did not take them within `timeout` seconds.
            httpcore.WriteError: the connection broke, or was closed by us.
        """
        if not buffer:
            return
        with _told(httpcore.WriteTimeout, httpcore.WriteError), anyio.fail_after(timeout):
            self._check_open()
            rest = memoryview(buffer)
            while rest:  # of one large piece, the layer that encrypts would take all at once, and nothing would wait
                self._transport.write(rest[:MOST_AT_ONCE])
                rest = rest[MOST_AT_ONCE:]
                await self._line.drained()
                self._check_open()

    def _check_open(self) -> None:
        if self._transport.is_closing():
            raise httpcore.WriteError("the connection is closed") from self._line.failure

    async def aclose(self) -> None:
        """Close it at once; under TLS the other side is told, but not waited for."""
        self._closed = True
        self._transport.close()
        self._transport.abort()
        await checkpoint()  # sockets are closed by the loop's next turn

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - see above
    ) -> httpcore.AsyncNetworkStream:
        """The same connection, encrypted.

        Raises:
            httpcore.ConnectTimeout: it took more than `timeout` seconds.
            httpcore.ConnectError: the other side does not speak TLS, or its certificate is not trusted.
        """
        loop = asyncio.get_running_loop()
        self._line.moved(None)
        try:
            with _told(httpcore.ConnectTimeout, httpcore.ConnectError), anyio.fail_after(timeout):
                transport = await loop.start_tls(
                    self._transport, self._line, ssl_context, server_hostname=server_hostname
                )
        except BaseException:
            self._transport.abort()
            raise
        if transport is None:
            raise httpcore.ConnectError("the connection was closed")
        self._line.moved(transport)
        return AsyncioStream(transport, self._line)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks for: the TLS object, addresses, the socket, whether something waits to be read."""
        if info == "is_readable":
            return bool(self._line.pieces) or self._line.ended or self._transport.is_closing()
        name = {"client_addr": "sockname", "server_addr": "peername"}.get(info, info)
        return self._transport.get_extra_info(name)


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)


@contextmanager
def _told(late: type[Exception], broken: type[Exception]) -> Generator[None]:
    """What fails, in httpcore's own words."""
    try:
        yield
    except TimeoutError as exc:
        raise late(str(exc)) from exc
    except OSError as exc:
        raise broken(_plain(exc)) from exc


def _plain(exc: OSError) -> str:
    """What it says; asyncio's own errors of connecting give the reason as a number alone."""
    number = _FAILED.search(str(exc))
    return str(exc) if number is None else f"{os.strerror(int(number[1]))}: {exc}"
