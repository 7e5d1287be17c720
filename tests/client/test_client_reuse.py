"""What one request leaves behind is no part of the next."""

import anyio
import httpx
import httpx2
import pytest
from answers import AGAIN, HELLO
from asking import ask, hello, text_of
from loopback import serving

from streamkit import TransportError
from streamkit.client import Client, Retries

pytestmark = pytest.mark.anyio

REST = b"HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n" % len(AGAIN) + AGAIN


async def too_much(connection):
    """An answer, and behind its end, in the same write, what looks like another."""
    head = b"HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n" % len(HELLO)
    await connection.send(head + HELLO + REST)


async def texts(client, times):
    found = []
    for _ in range(times):
        async with client.stream("chat", json={}) as stream:
            found.append((await stream.result()).text)
    return found


async def test_bytes_behind_an_answer_are_not_the_next_one(backend):
    async with serving(too_much) as server:
        async with Client(server.url + "/v1", backend=backend, retries=0) as client:
            assert await texts(client, 3) == ["Hello", "Hello", "Hello"]
        assert server.connections == 3


@pytest.mark.parametrize("library", [httpx, httpx2])
async def test_bytes_behind_an_answer_are_not_the_next_one_of_a_callers_own_client(library):
    async with (
        serving(too_much) as server,
        library.AsyncClient() as own,
        Client(server.url + "/v1", http_client=own, retries=0) as client,
    ):
        assert await texts(client, 2) == ["Hello", "Hello"]


async def test_bytes_behind_the_last_chunk_are_not_the_next_answer():
    async def handler(connection):
        await connection.head()
        await connection.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(HELLO), HELLO) + REST)

    async with serving(handler) as server, Client(server.url + "/v1", backend="httpx", retries=0) as client:
        assert await texts(client, 2) == ["Hello", "Hello"]


async def test_cookies_of_one_answer_are_sent_with_no_other_request(backend):
    async with serving(hello()) as other:

        async def handler(connection):
            away = {"location": other.url + "/there"} if len(server.requests) == 2 else {}
            await connection.answer(
                307 if away else 200, HELLO if not away else b"", {"set-cookie": "session=one; Path=/"} | away
            )

        async with serving(handler) as server, Client(server.url + "/v1", backend=backend, retries=0) as client:
            assert await texts(client, 3) == ["Hello", "Hello", "Hello"]
    assert [request.headers.get("cookie") for request in server.requests + other.requests] == [None] * 4


async def test_a_cookie_that_the_caller_gives_is_sent(backend):
    async with serving(hello(headers={"set-cookie": "session=one"})) as server:
        await ask(server, backend=backend, headers={"cookie": "session=mine"})
    assert server.requests[0].headers["cookie"] == "session=mine"


async def test_cookies_of_a_callers_own_client_are_its_owners_business():
    async with serving(hello(headers={"set-cookie": "session=one"})) as server, httpx.AsyncClient() as own:
        for _ in range(2):
            await text_of(Client(server.url + "/v1", http_client=own))
    assert [request.headers.get("cookie") for request in server.requests] == [None, "session=one"]


@pytest.mark.parametrize("begun", [False, True])
async def test_h14_a_client_that_is_closed_makes_no_further_attempt(backend, begun):
    async def handler(connection):
        if begun:
            await connection.head()
            await connection.chunk(b": working\n\n")
        await client.aclose()
        await connection.until_closed()
        return False

    async with serving(handler) as server:
        client = Client(server.url + "/v1", backend=backend, retries=Retries(count=3, first_wait=0.01, jitter=0))
        with anyio.fail_after(5), pytest.raises(TransportError):
            async with client.stream("chat", json={}) as stream:
                await stream.result()
        assert (len(server.requests), stream.statistics.attempts) == (1, 1)


async def test_a_client_that_was_closed_may_be_used_again(backend):
    async with serving(hello()) as server:
        client = Client(server.url + "/v1", backend=backend)
        assert [await text_of(client), await text_of(client)] == ["Hello", "Hello"]
