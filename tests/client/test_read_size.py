import asyncio

import pytest
from answers import DONE, chunk
from loopback import serving

from streamkit.client import Client, aiohttp_wire, asyncio_network
from streamkit.client.read_size import READ, read_less


class Transport:
    def __init__(self, max_size):
        self.max_size = max_size


class Fixed:
    @property
    def max_size(self):
        return 256 * 1024


@pytest.mark.parametrize(("before", "after"), [(256 * 1024, READ), (READ, READ), (1000, 1000)])
def test_less_is_asked_for_never_more(before, after):
    transport = Transport(before)
    read_less(transport)
    assert transport.max_size == after


def test_the_layer_that_decrypts_reads_less_too():
    transport = Transport(256 * 1024)
    transport._ssl_protocol = Transport(256 * 1024)
    read_less(transport)
    assert transport._ssl_protocol.max_size == READ


@pytest.mark.parametrize("strange", [None, object(), Fixed(), Transport(None), Transport("much")])
def test_transports_of_another_make_keep_their_ways(strange):
    before = getattr(strange, "max_size", None)
    read_less(strange)
    assert getattr(strange, "max_size", None) == before


@pytest.fixture
def told(monkeypatch):
    """The transports that were told to read less."""
    seen = []

    def spy(transport):
        seen.append(transport)
        read_less(transport)

    monkeypatch.setattr(aiohttp_wire, "read_less", spy)
    monkeypatch.setattr(asyncio_network, "read_less", spy)
    return seen


async def in_pieces(connection):
    """A text far larger than one read, in one chunk, then the end."""
    await connection.head()
    await connection.chunk(chunk("0123456789" * 50_000))
    await connection.chunk(chunk(finish="stop") + DONE)
    await connection.end()


@pytest.mark.anyio
async def test_the_clients_own_connections_read_less(backend, anyio_backend, told):
    async with (
        serving(in_pieces) as server,
        Client(server.url + "/v1", backend=backend) as client,
        client.stream("chat", json={}) as stream,
    ):
        if anyio_backend == "asyncio":  # trio reads less of its own accord
            assert len(told) == 1
            assert isinstance(told[0], asyncio.Transport)
            assert told[0].max_size == READ
        assert (await stream.result()).text == "0123456789" * 50_000


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("library", ["httpx", "aiohttp"])
async def test_connections_of_the_callers_own_client_are_left_alone(library, told):
    module = pytest.importorskip(library)
    own = module.AsyncClient() if library == "httpx" else module.ClientSession()
    async with (
        serving(in_pieces) as server,
        own,
        Client(server.url + "/v1", http_client=own) as client,
        client.stream("chat", json={}) as stream,
    ):
        await stream.result()
    assert told == []
