"""A caller's own response of aiohttp, whose connection breaks while it is read."""

import asyncio
from contextlib import asynccontextmanager

import aiohttp
import anyio
import pytest
from answers import HELLO, chunk, error
from loopback import serving

import streamkit
from streamkit import InvalidRequest, TextDelta, TransportError

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


@asynccontextmanager
async def responding(handler):
    async with (
        serving(handler) as server,
        aiohttp.ClientSession() as own,
        own.post(server.url, data=b"{}") as response,
    ):
        yield response


@pytest.mark.parametrize("how", ["reset", "closed", "broken chunk"])
@pytest.mark.parametrize(
    ("body", "text", "ending", "quirks"),
    [(chunk("Hel"), "Hel", "disconnected", []), (HELLO, "Hello", "completed", ["close_error"])],
    ids=["part", "whole"],
)
async def test_what_came_before_the_connection_broke_is_not_lost(how, body, text, ending, quirks):
    headed, arrived = anyio.Event(), anyio.Event()

    async def handler(connection):
        await connection.head()
        await headed.wait()
        await connection.chunk(body)
        await arrived.wait()
        if how == "broken chunk":
            await connection.send(b"zz\r\n")
        if how == "reset":
            connection.reset()
        return False

    async with responding(handler) as response:
        headed.set()
        with anyio.fail_after(5):
            await response.content._wait("a test")  # bytes are there, and stay
        gone = response.connection.protocol.closed
        arrived.set()
        with anyio.fail_after(5):
            await asyncio.wait([gone])
        answer = await streamkit.open_stream(response, "chat", on_error="event").result()
    assert (answer.text, answer.ending, [tally.id for tally in answer.quirks]) == (text, ending, quirks)


async def test_who_waits_while_a_chunk_is_broken_is_told():
    reading = anyio.Event()

    async def handler(connection):
        await connection.head()
        await connection.chunk(chunk("good"))
        await reading.wait()
        await connection.send(b"zz\r\n")
        await connection.until_closed()
        return False

    texts = []
    async with responding(handler) as response:
        with anyio.fail_after(5), pytest.raises(TransportError):
            async with streamkit.open_stream(response, "chat") as stream:
                async for event in stream:
                    if isinstance(event, TextDelta):
                        texts.append(event.text)
                        reading.set()
    assert texts == ["good"]


async def test_an_error_that_breaks_off_is_read_as_far_as_it_came():
    headed = anyio.Event()

    async def handler(connection):
        await connection.head(400, {"content-length": "900"}, "application/json")
        await headed.wait()
        await connection.send(error("too long", "x"))
        return False

    async with responding(handler) as response:
        gone = response.connection.protocol.closed
        headed.set()
        with anyio.fail_after(5):
            await asyncio.wait([gone])
        with pytest.raises(InvalidRequest, match="too long"):
            await streamkit.open_stream(response, "chat").result()


@pytest.mark.parametrize("status", [200, 400])
async def test_a_connection_that_carries_many_bodies_remembers_none_of_them(status):
    headed = anyio.Event()

    async def handler(connection):
        await connection.head(status, {"content-length": str(len(HELLO))})
        await headed.wait()
        await connection.send(HELLO)

    async with responding(handler) as response:
        gone = response.connection.protocol.closed
        before = list(gone._callbacks or ())
        stream = streamkit.open_stream(response, "chat", on_error="event")
        assert len(gone._callbacks) == len(before) + 1
        headed.set()
        await stream.result()
        assert list(gone._callbacks or ()) == before
