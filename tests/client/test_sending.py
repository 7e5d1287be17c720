"""Large requests: sent whole, and given up where the other side takes no more of them."""

import json
from contextlib import asynccontextmanager

import anyio
import pytest
from anyio.abc import SocketAttribute
from anyio.streams.tls import TLSListener
from asking import ask, hello
from loopback import Server, serving

from streamkit import InvalidRequest, TransportError

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("trusted")]
LARGE = {"input": "0123456789abcdef" * 2**20}
"""16 MiB: more than the sockets' own buffers hold."""


@asynccontextmanager
async def deaf(tls, answer=b""):
    """A server that reads a request's first bytes and nothing after them."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    server = Server(listener.extra(SocketAttribute.local_port), "https" if tls else "http")

    async def handle(stream):
        async with stream:
            await stream.receive()
            server.asked.set()
            if answer:
                await stream.send(answer)
            await anyio.sleep_forever()

    async with TLSListener(listener, tls) if tls else listener as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, handle)
        yield server
        group.cancel_scope.cancel()


@pytest.mark.filterwarnings("ignore:Async generator 'httpx:ResourceWarning")  # httpx leaves the request's to trio
@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
async def test_a_server_that_stops_reading_is_bounded_by_the_timeout(backend, certified, encrypted):
    async with deaf(certified if encrypted else None) as server:
        with anyio.fail_after(20), pytest.raises(TransportError) as caught:
            await ask(server, backend=backend, body=LARGE, timeout=1)
    assert (caught.value.info.code, caught.value.info.retryable) == ("write_timeout", True)
    assert server.asked.is_set()


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
@pytest.mark.parametrize("size", [2**16 - 14, 2**16, 2**24])
async def test_large_requests_arrive_whole(backend, certified, encrypted, size):
    body = {"input": LARGE["input"][:size]}
    async with serving(hello(), tls=certified if encrypted else None) as server:
        assert (await ask(server, backend=backend, body=body)).text == "Hello"
    (asked,) = server.requests
    assert json.loads(asked.body) == body
    assert asked.headers["content-type"] == "application/json"
    assert int(asked.headers["content-length"]) == len(asked.body)
    assert "transfer-encoding" not in asked.headers


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
async def test_who_answers_before_all_is_sent_is_heard(certified, encrypted, anyio_backend):
    if anyio_backend == "trio":
        pytest.skip("aiohttp runs on asyncio only; httpx sends all before it listens")
    refusal = b"HTTP/1.1 413 Too Large\r\ncontent-length: 8\r\n\r\ntoo long"
    async with deaf(certified if encrypted else None, refusal) as server:
        with anyio.fail_after(20), pytest.raises(InvalidRequest) as caught:
            await ask(server, backend="aiohttp", body=LARGE, timeout=10)
    assert (caught.value.status, caught.value.info.message) == (413, "too long")
