"""Connections for httpx on asyncio, spoken to directly."""

import asyncio
import gc
import socket
import ssl
from contextlib import asynccontextmanager

import httpcore
import pytest
import trustme

from streamkit.client import asyncio_network
from streamkit.client.asyncio_network import MOST_WAITING, AsyncioNetwork
from streamkit.client.read_size import READ

pytestmark = pytest.mark.anyio
SOON = 0.02
"""Seconds that a test waits for what does not come."""
LONG = 10
"""Seconds after which a test has failed."""


@pytest.fixture
def anyio_backend():
    return "asyncio"


@asynccontextmanager
async def connected(**options):
    """A stream, and the reader and writer at its other end."""
    other = asyncio.get_running_loop().create_future()
    server = await asyncio.start_server(lambda *both: other.set_result(both), "127.0.0.1", 0, limit=2**24)
    port = server.sockets[0].getsockname()[1]
    stream = await AsyncioNetwork().connect_tcp("127.0.0.1", port, **options)
    reader, writer = await other
    try:
        yield stream, reader, writer
    finally:
        await stream.aclose()
        writer.transport.abort()
        server.close()


async def until(condition):
    async with asyncio.timeout(LONG):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0)


async def test_bytes_go_both_ways():
    async with connected() as (stream, reader, writer):
        await stream.write(b"")
        await stream.write(b"question", timeout=LONG)
        assert await reader.readexactly(8) == b"question"
        writer.write(b"answer")
        assert await stream.read(100) == b"answer"
        writer.write(b"in time")
        assert await stream.read(100, timeout=LONG) == b"in time"


async def test_no_more_is_given_than_was_asked_for():
    async with connected() as (stream, _, writer):
        writer.write(b"0123456789")
        assert [await stream.read(4), await stream.read(4), await stream.read(4)] == [b"0123", b"4567", b"89"]


async def test_what_came_is_read_before_the_end():
    async with connected() as (stream, _, writer):
        writer.write(b"last words")
        writer.write_eof()
        assert await stream.read(100) == b"last words"
        assert await stream.read(100) == b""
        await stream.write(b"still heard")


async def test_what_came_is_read_before_a_reset():
    async with connected() as (stream, reader, writer):
        writer.write(b"last words")
        await until(lambda: stream.get_extra_info("is_readable"))
        await stream.write(b"never read")
        await until(lambda: reader._buffer)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.transport.abort()
        await until(stream._transport.is_closing)
        assert await stream.read(100) == b"last words"
        with pytest.raises(httpcore.ReadError) as caught:
            await stream.read(100)
        assert isinstance(caught.value.__cause__, ConnectionResetError)
        with pytest.raises(httpcore.WriteError):
            await stream.write(b"x")


async def test_silence():
    async with connected() as (stream, _, writer):
        with pytest.raises(httpcore.ReadTimeout):
            await stream.read(100, timeout=SOON)
        writer.write(b"late")
        assert await stream.read(100) == b"late"


async def test_a_cancelled_read_loses_nothing():
    async with connected() as (stream, _, writer):
        reading = asyncio.ensure_future(stream.read(100))
        await asyncio.sleep(0)
        writer.write(b"for somebody")
        await until(lambda: stream.get_extra_info("is_readable"))
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert await stream.read(100) == b"for somebody"


async def test_who_does_not_read_stops_the_sender():
    sent = bytes(range(256)) * 64 * 1024  # 16 MiB: more than the sockets' own buffers hold
    async with connected() as (stream, _, writer):
        writer.write(sent)
        line = stream._line
        await until(lambda: line.size > MOST_WAITING)
        for _ in range(100):
            await asyncio.sleep(0)
        assert line.size <= MOST_WAITING + READ
        read = bytearray()
        while len(read) < len(sent):
            read += await stream.read(64 * 1024)
        assert read == sent


@pytest.mark.parametrize("encrypted", [False, True])
async def test_a_receiver_that_does_not_read_stops_us(encrypted, contexts):
    async with connected() as (stream, reader, writer):
        if encrypted:
            asking = asyncio.ensure_future(writer.start_tls(contexts[0]))
            stream = await stream.start_tls(contexts[1], "127.0.0.1", timeout=LONG)  # noqa: PLW2901 - the same, encrypted
            await asking
        writer.transport.pause_reading()
        writing = asyncio.ensure_future(stream.write(bytes(2**24)))
        await asyncio.sleep(SOON)
        assert not writing.done()
        writer.transport.resume_reading()
        async with asyncio.timeout(LONG):
            assert await reader.readexactly(2**24) == bytes(2**24)
            await writing
        writer.transport.pause_reading()
        with pytest.raises(httpcore.WriteTimeout):
            await stream.write(bytes(2**24), timeout=SOON)
        await stream.aclose()


async def test_closing():
    async with connected() as (stream, reader, _):
        waiting = asyncio.ensure_future(stream.read(100))
        await asyncio.sleep(0)
        await stream.aclose()
        with pytest.raises(httpcore.ReadError):
            await waiting
        with pytest.raises(httpcore.ReadError):
            await stream.read(100)
        with pytest.raises(httpcore.WriteError):
            await stream.write(b"x")
        assert await reader.read() == b""
        await stream.aclose()


async def test_an_idle_connection_is_readable_once_anything_happens():
    async with connected() as (stream, _, writer):
        assert stream.get_extra_info("is_readable") is False
        writer.write(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
        await until(lambda: stream.get_extra_info("is_readable"))
    assert stream.get_extra_info("is_readable")
    async with connected() as (stream, _, writer):
        writer.close()
        await until(lambda: stream.get_extra_info("is_readable"))


async def test_what_is_known_of_a_connection():
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    async with connected(local_address="127.0.0.1", socket_options=options) as (stream, _, writer):
        assert stream.get_extra_info("client_addr") == writer.get_extra_info("peername")
        assert stream.get_extra_info("server_addr") == writer.get_extra_info("sockname")
        assert stream.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert stream.get_extra_info("ssl_object") is None
        assert stream.get_extra_info("what nobody knows") is None


@pytest.fixture
def nobodys_port():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"], ids=["one address", "perhaps several"])
async def test_nobody_listens(host, nobodys_port):
    with pytest.raises(httpcore.ConnectError, match="Connection refused"):
        await AsyncioNetwork().connect_tcp(host, nobodys_port)


async def test_who_gives_up_while_connecting_leaves_no_socket_behind():
    with socket.create_server(("127.0.0.1", 0)) as server:  # which accepts nobody: the system answers for it
        for turns in range(12):
            connecting = asyncio.ensure_future(AsyncioNetwork().connect_tcp(*server.getsockname()))
            for _ in range(turns):
                await asyncio.sleep(0)
            if connecting.cancel():
                with pytest.raises(asyncio.CancelledError):
                    await connecting
            else:
                await (await connecting).aclose()
            del connecting
            gc.collect()  # a socket that is still open would warn, and that is an error here


async def test_connecting_takes_too_long(monkeypatch):
    async def never(*_, **__):
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio_network, "start_connection", never)
    with pytest.raises(httpcore.ConnectTimeout):
        await AsyncioNetwork().connect_tcp("127.0.0.1", 1, timeout=SOON)


# TLS


@pytest.fixture(scope="module")
def contexts():
    """A server's and a client's."""
    authority = trustme.CA()
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    ours = ssl.create_default_context()
    authority.configure_trust(ours)
    return theirs, ours


async def test_tls(contexts):
    theirs, ours = contexts
    async with connected() as (plain, reader, writer):
        asking = asyncio.ensure_future(writer.start_tls(theirs))
        stream = await plain.start_tls(ours, "127.0.0.1", timeout=LONG)
        await asking
        assert stream.get_extra_info("ssl_object").version().startswith("TLS")
        await stream.write(b"question")
        assert await reader.readexactly(8) == b"question"
        writer.write(b"answer")
        assert await stream.read(100) == b"answer"
        writer.close()
        assert await stream.read(100) == b""
        await stream.aclose()


async def test_tls_with_nobody_who_answers(contexts):
    async with connected() as (plain, reader, _):
        with pytest.raises(httpcore.ConnectTimeout):
            await plain.start_tls(contexts[1], "127.0.0.1", timeout=SOON)
        await asyncio.wait_for(reader.read(), LONG)  # to its end: the connection is given up


async def test_tls_with_somebody_who_hangs_up(contexts):
    async with connected() as (plain, _, writer):
        writer.close()
        with pytest.raises(httpcore.ConnectError):
            await plain.start_tls(contexts[1], "127.0.0.1", timeout=LONG)


async def test_tls_with_a_stranger(contexts):
    async with connected() as (plain, _, writer):
        asking = asyncio.ensure_future(writer.start_tls(contexts[0]))
        with pytest.raises(httpcore.ConnectError) as caught:
            await plain.start_tls(ssl.create_default_context(), "127.0.0.1", timeout=LONG)
        assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)
        (refused,) = await asyncio.gather(asking, return_exceptions=True)
        assert isinstance(refused, OSError)
