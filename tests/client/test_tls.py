"""Encrypted connections: straight, in a proxy's tunnel, and in a tunnel that is encrypted itself."""

import anyio
import pytest
from asking import hello
from loopback import serving

from streamkit import TransportError
from streamkit.client import Client

pytestmark = pytest.mark.anyio


async def tunnel(connection):
    """What a proxy does for CONNECT: bytes go both ways until one side is done."""
    assert connection.method == "CONNECT"
    host, _, port = connection.target.partition(":")
    async with await anyio.connect_tcp(host, int(port)) as target, anyio.create_task_group() as group:

        async def copy(source, sink):
            try:
                async for data in source:
                    await sink.send(data)
            except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                pass
            group.cancel_scope.cancel()

        await connection.send(b"HTTP/1.1 200 OK\r\n\r\n")
        group.start_soon(copy, connection.stream, target)
        group.start_soon(copy, target, connection.stream)
    return False


async def twice(client):
    """Two answers, one after the other."""
    texts = []
    for _ in range(2):
        async with client.stream("chat", json={}) as stream:
            texts.append((await stream.result()).text)
    return texts


@pytest.mark.usefixtures("trusted")
async def test_an_answer_over_tls_and_the_connection_is_used_again(backend, certified):
    async with (
        serving(hello(), tls=certified) as server,
        Client(server.url + "/v1", backend=backend) as client,
    ):
        assert await twice(client) == ["Hello", "Hello"]
        assert server.connections == 1


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("encrypted", [False, True], ids=["plain proxy", "encrypted proxy"])
async def test_an_answer_over_tls_through_a_proxy(backend, certified, encrypted):
    async with (
        serving(hello(), tls=certified) as server,
        serving(tunnel, tls=certified if encrypted else None) as proxy,
        Client(server.url + "/v1", backend=backend, proxy=proxy.url) as client,
    ):
        assert await twice(client) == ["Hello", "Hello"]
        assert (proxy.connections, server.connections) == (1, 1)


@pytest.mark.usefixtures("trusted")
async def test_the_timeout_of_a_tunnel_is_not_that_of_the_answer(backend, certified):
    async def slow(connection):
        await anyio.sleep(1.2)
        await hello()(connection)

    async with (
        serving(slow, tls=certified) as server,
        serving(tunnel) as proxy,
        Client(server.url + "/v1", backend=backend, proxy=proxy.url, timeout=0.8, retries=0) as client,
        client.stream("chat", json={}) as stream,
    ):
        assert (await stream.result()).text == "Hello"


async def test_a_certificate_that_nobody_vouches_for(backend, certified):
    async with (
        serving(hello(), tls=certified) as server,
        Client(server.url + "/v1", backend=backend) as client,
        client.stream("chat", json={}) as stream,
    ):
        with pytest.raises(TransportError) as caught:
            await stream.result()
    assert caught.value.info.code == "tls_certificate"
    assert not server.requests
