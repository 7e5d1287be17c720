"""What a stranger ran into: connections that break oddly, secrets in odd places, arguments that cannot be."""

import logging
import traceback
from contextlib import asynccontextmanager

import aiohttp
import anyio
import httpx
import pytest
from answers import HELLO, chunk, error
from asking import ask, hang, hello
from loopback import serving

import streamkit
from streamkit import InvalidRequest, RateLimited, TransportError, UnknownDialect, UsageError, Watchdog
from streamkit.client import Client
from streamkit.client.secrets import masked_address, secrets_of

pytestmark = pytest.mark.anyio
SECRET = "Zx9SECRETkey77qq"


async def broken_chunk(connection):
    await connection.head()
    await connection.chunk(chunk("good"))
    await anyio.sleep(0.05)
    await connection.send(b"zz\r\nhello")
    return False


async def test_a_broken_chunk_header_ends_the_stream_and_keeps_what_came(backend):
    async with serving(broken_chunk) as server:
        with anyio.fail_after(5), pytest.raises(TransportError) as caught:
            await ask(server, backend=backend)
    assert caught.value.partial.text == "good"
    assert "400" not in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_a_status_is_known_although_its_body_stalls(backend):
    async def handler(connection):
        await connection.head(400, {"content-length": "100"}, "application/json")
        await connection.send(b'{"er')
        return await hang(connection)

    async with serving(handler) as server:
        with anyio.fail_after(5), pytest.raises(InvalidRequest) as caught:
            await ask(server, backend=backend, retries=2, watchdog=Watchdog(first=0.3))
    assert (caught.value.status, caught.value.info.message) == (400, '{"er')
    assert "stalled" in caught.value.info.hint
    assert len(server.requests) == 1


async def test_the_log_of_httpx_has_no_secret(caplog):
    caplog.set_level(logging.INFO, "httpx")
    async with serving(hello()) as server:
        await ask(server, base=f"/v1?key={SECRET}", backend="httpx")
    assert "HTTP Request: POST" in caplog.text
    assert SECRET not in caplog.text


async def test_no_cause_shows_a_secret(backend):
    async def handler(connection):
        await connection.send(f"BAD {connection.headers['x-corp-id']}\r\n\r\n".encode())
        return False

    async with serving(handler) as server:
        with pytest.raises(TransportError) as caught:
            await ask(server, backend=backend, headers={"X-Corp-Id": SECRET})
    assert SECRET not in "".join(traceback.format_exception(caught.value))


async def test_values_of_all_headers_are_masked(backend):
    async def handler(connection):
        await connection.answer(400, error(f"bad {connection.headers['x-corp-id']}", "x"), kind="application/json")

    async with serving(handler) as server:
        with pytest.raises(InvalidRequest) as caught:
            await ask(server, backend=backend, headers={"X-Corp-Id": SECRET})
    assert caught.value.info.message == "bad ***"


def test_ordinary_words_are_no_secrets():
    given = {"x-a": "application/json; charset=utf-8", "x-b": "prompt-caching-2024-07-31", "x-c": SECRET}
    assert secrets_of(given, given, "http://h/v1?api-version=2024-10-21") == (SECRET,)


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("localhost:8000/v1?key=S", "localhost:8000/v1?key=***"),
        ("ftp://u:p@h/x?a=1&b=2", "ftp://***@h/x?a=***&b=***"),
        ("u:p@h", "***@h"),
    ],
)
def test_refused_addresses_are_shown_masked(address, masked):
    assert masked_address(address) == masked
    with pytest.raises(UsageError) as caught:
        Client(address)
    assert repr(masked) in str(caught.value)


@pytest.mark.parametrize("options", [{"retries": -1}, {"timeout": -3}, {"headers": {"a": b"x"}}])
def test_arguments_that_cannot_be(options):
    with pytest.raises(UsageError):
        Client("http://h/v1", **options)


def test_unknown_dialects_and_broken_addresses():
    with pytest.raises(UnknownDialect):
        Client("http://h/v1").stream("nonsense", json={})
    with pytest.raises(UsageError):
        Client("http://[bad/v1")


async def test_an_authorization_header_goes_before_userinfo(backend):
    async with serving(hello()) as server:
        server.url = server.url.replace("//", "//user:password@")
        await ask(server, backend=backend, headers={"Authorization": "Bearer mine-own"})
    assert server.requests[0].headers["authorization"] == "Bearer mine-own"


async def test_cancelled_before_the_headers(backend):
    async with serving(hang) as server, Client(server.url, backend=backend) as client:
        stream = client.stream("chat", json={})
        with anyio.move_on_after(0.1):
            async with stream:
                pass
    assert (stream.response.status, stream.response.ending) == ("cancelled", "cancelled")


async def passing_on(events):
    async for event in events:
        yield event


@asynccontextmanager
async def response_of_httpx(url):
    async with httpx.AsyncClient() as own, own.stream("POST", url) as response:
        yield response


@asynccontextmanager
async def response_of_aiohttp(url):
    async with aiohttp.ClientSession() as own, own.post(url) as response:
        yield response


@pytest.fixture
def library(backend):
    return {"httpx": response_of_httpx, "aiohttp": response_of_aiohttp}[backend]


def refusing(status, body, headers=None):
    return httpx.MockTransport(lambda request: httpx.Response(status, content=body, headers=headers, request=request))


@pytest.mark.parametrize(
    ("status", "body", "headers", "kind"),
    [
        (429, error("slow", "x"), {"Retry-After": "7"}, RateLimited),
        (429, b"<html>slow</html>", {"Retry-After": "7"}, RateLimited),
        (401, b"", {}, streamkit.Entitlement),
        (302, b"", {"Location": "/login"}, TransportError),
    ],
)
async def test_a_response_of_ones_own_gives_the_clients_error(status, body, headers, kind):
    transport = refusing(status, body, headers)
    with pytest.raises(kind) as theirs:
        async with (
            Client("http://h/v1", transport=transport, retries=0) as client,
            client.stream("chat", json={}) as stream,
        ):
            await stream.result()
    async with (
        httpx.AsyncClient(transport=transport) as own,
        own.stream("POST", "http://h/v1/chat/completions") as response,
    ):
        with pytest.raises(kind) as caught:
            await streamkit.open_stream(response, "chat").result()
    assert caught.value.info == theirs.value.info


@pytest.mark.parametrize("read", [False, True])
async def test_a_hook_that_raises_for_the_status_hides_no_error(read):
    async def hook(response):
        if read:
            await response.aread()
        response.raise_for_status()

    answer = error("slow", "x")
    async with (
        serving(lambda c: c.answer(429, answer, {"retry-after": "7"}, "application/json")) as server,
        httpx.AsyncClient(event_hooks={"response": [hook]}) as own,
    ):
        with pytest.raises(RateLimited) as caught:
            await ask(server, http_client=own)
    assert (caught.value.status, caught.value.retry_after) == (429, 7)
    assert ("slow" in caught.value.info.message) is read


async def test_what_else_a_hook_raises_is_raised_as_ever():
    async def hook(response):
        raise httpx.ReadError("hook")

    async with httpx.AsyncClient(transport=refusing(429, b""), event_hooks={"response": [hook]}) as own:
        with pytest.raises(TransportError, match="hook"):
            async with Client("http://h/v1", http_client=own, retries=0).stream("chat", json={}) as stream:
                await stream.result()


async def test_a_session_that_raises_for_the_status_hides_no_error(anyio_backend):
    if anyio_backend == "trio":
        pytest.skip("aiohttp runs on asyncio only")
    answer = error("slow", "x")
    async with (
        serving(lambda c: c.answer(429, answer, {"retry-after": "7"}, "application/json")) as server,
        aiohttp.ClientSession(raise_for_status=True) as own,
    ):
        with pytest.raises(RateLimited, match="slow") as caught:
            await ask(server, http_client=own)
    assert caught.value.retry_after == 7


@pytest.mark.parametrize("limit", ["first", "total"])
@pytest.mark.parametrize("stages", [[], [passing_on]], ids=["", "async stage"])
async def test_a_watchdog_does_not_hide_the_status_of_a_response_of_ones_own(library, limit, stages):
    async def handler(connection):
        await connection.head(429, {"content-length": "100", "retry-after": "7"}, "application/json")
        await connection.send(b"slow")
        return await hang(connection)

    async with serving(handler) as server, library(server.url) as response:
        stream = streamkit.open_stream(response, "chat", stages=stages, watchdog=Watchdog(**{limit: 0.3}))
        with anyio.fail_after(5), pytest.raises(RateLimited) as caught:
            await stream.result()
        with anyio.fail_after(5):
            await server.closed.wait()
    info = caught.value.info
    assert (info.status, info.message, info.retry_after) == (429, "slow", 7)
    assert "stalled" in info.hint
    assert (stream.response.ending, stream.response.errors) == ("failed", (info,))


async def test_who_cancels_while_a_body_stalls_is_obeyed(library):
    async def handler(connection):
        await connection.head(429, {"content-length": "100"})
        return await hang(connection)

    async with serving(handler) as server, library(server.url) as response:
        stream = streamkit.open_stream(response, "chat", watchdog=Watchdog())
        with anyio.move_on_after(0.2) as scope:
            await stream.result()
    assert scope.cancelled_caught
    assert stream.response.ending == "cancelled"


def test_a_synchronous_response_is_refused():
    with (
        httpx.Client(transport=refusing(200, HELLO)) as client,
        client.stream("GET", "http://h/") as response,
        pytest.raises(UsageError, match="iter_events"),
    ):
        streamkit.open_stream(response, "chat")
