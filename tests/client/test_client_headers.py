"""Response headers that are odd, many, or wrong about the body."""

import gzip
import zlib

import httpx
import pytest
from answers import HELLO, error
from asking import ask, hello
from loopback import serving

import streamkit
from streamkit import InvalidRequest, RateLimited, WireError

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "headers",
    [{"content-security-policy": "x" * 20_000}, {f"x-{number}": "y" for number in range(200)}],
    ids=["long", "many"],
)
async def test_long_and_many_headers(backend, headers):
    async with serving(hello(headers=headers)) as server:
        assert (await ask(server, backend=backend)).text == "Hello"


async def test_of_a_header_that_comes_twice_the_last_counts(backend):
    async def handler(connection):
        await connection.send(b"HTTP/1.1 429 X\r\nretry-after: 9\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n")

    async with serving(handler) as server:
        with pytest.raises(RateLimited) as caught:
            await ask(server, backend=backend)
    assert caught.value.retry_after == 7


async def test_a20_encodings_in_two_headers_are_all_undone(backend):
    data = gzip.compress(zlib.compress(HELLO))

    async def handler(connection):
        head = b"HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n" % len(data)
        await connection.send(head + b"content-encoding: deflate\r\ncontent-encoding: gzip\r\n\r\n" + data)

    async with serving(handler) as server:
        response = await ask(server, backend=backend)
    assert (response.text, [tally.id for tally in response.quirks]) == ("Hello", ["compressed"])


@pytest.mark.parametrize("encoding", ["none", "UTF-8", "none, identity"])
async def test_a20_an_encoding_that_is_none_is_told_and_nothing_is_undone(backend, encoding):
    async with serving(hello(headers={"content-encoding": encoding})) as server:
        response = await ask(server, backend=backend)
    (tally,) = response.quirks
    assert (response.text, tally.id, tally.detail) == ("Hello", "content_encoding", encoding.split(",")[0].lower())


async def test_a20_an_encoding_that_is_none_beside_one_that_is():
    headers = {"content-encoding": "utf-8, gzip"}
    async with serving(lambda c: c.answer(body=gzip.compress(HELLO), headers=headers)) as server:
        response = await ask(server)
    assert (response.text, [tally.id for tally in response.quirks]) == ("Hello", ["compressed", "content_encoding"])


@pytest.mark.parametrize(
    ("encoding", "squeeze"),
    [
        ("", gzip.compress),
        ("none", bytes),
        ("gzip", bytes),
        ("br", bytes),
        ("compress", bytes),
        ("deflate, gzip", lambda data: gzip.compress(zlib.compress(data))),
    ],
)
async def test_what_an_error_says_is_read_whatever_its_header_says_of_its_encoding(backend, encoding, squeeze):
    body, headers = squeeze(error("too long", "x")), {"content-encoding": encoding}
    async with serving(lambda c: c.answer(400, body, headers, "application/json")) as server:
        with pytest.raises(InvalidRequest, match="too long"):
            await ask(server, backend=backend)


@pytest.mark.parametrize("encoding", ["gzip", "compress"])
async def test_an_error_that_cannot_be_undone_shows_no_bytes(backend, encoding):
    body, headers = b"\x1f\x9d\x90garbage\x00\x01", {"content-encoding": encoding}
    async with serving(lambda c: c.answer(400, body, headers)) as server:
        with pytest.raises(InvalidRequest, match="without a message"):
            await ask(server, backend=backend)


async def test_j08_a_bomb_for_an_error_is_defused(backend):
    bomb = gzip.compress(b"slow down" + b" " * 20_000_000)
    for headers in ({"content-encoding": "gzip"}, {}):
        async with serving(lambda c, told=headers: c.answer(429, bomb, told, "text/plain")) as server:
            with pytest.raises(RateLimited) as caught:
                await ask(server, backend=backend)
        assert caught.value.info.message == "slow down"


async def test_a_response_of_ones_own_may_be_gzip_without_a_header():
    body = gzip.compress(error("too long", "x"))
    transport = httpx.MockTransport(lambda request: httpx.Response(400, content=body, request=request))
    async with httpx.AsyncClient(transport=transport) as own, own.stream("POST", "http://h/") as response:
        with pytest.raises(InvalidRequest, match="too long"):
            await streamkit.open_stream(response, "chat").result()


async def test_a18_a_page_whose_connection_breaks_is_still_a_page(backend):
    async def handler(connection):
        await connection.head(headers={"content-length": "5000"}, kind="text/html")
        await connection.send(b"<html><title>Log in</title>")
        return False

    async with serving(handler) as server:
        with pytest.raises(WireError, match="Log in") as caught:
            await ask(server, backend=backend, retries=2)
        assert (caught.value.info.code, len(server.requests)) == ("not_a_stream", 1)
