import gzip
import zlib

import pytest
from answers import DONE, HELLO, chunk, completion
from asking import ask, hello
from loopback import serving

from streamkit import (
    LimitExceeded,
    Limits,
    TransportError,
    WireError,
)

pytestmark = pytest.mark.anyio


async def test_a17_a_json_document_instead_of_a_stream(backend):
    async def handler(connection):
        await connection.answer(body=completion("whole"), kind="application/json")

    async with serving(handler) as server:
        response = await ask(server, backend=backend)
    assert (response.text, response.finish_reason) == ("whole", "stop")


async def test_a18_a_page_of_html(backend):
    async def handler(connection):
        await connection.answer(
            body=b"<!DOCTYPE html><title>Just a moment\xe2\x80\xa6</title>" + b"x" * 900, kind="text/html"
        )

    async with serving(handler) as server:
        with pytest.raises(WireError) as caught:
            await ask(server, backend=backend, base="", retries=3)
    info = caught.value.info
    assert (info.code, info.retryable, info.raw["content_type"], len(info.raw["body"])) == (
        "not_a_stream",
        False,
        "text/html",
        500,
    )
    assert "Just a moment…" in info.message
    assert "/v1" in info.hint
    assert len(server.requests) == 1


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "zstd"])
async def test_a20_a_body_that_is_plain_whatever_its_header_says(backend, encoding):
    if encoding == "zstd":
        pytest.importorskip("zstandard")
    async with serving(hello(headers={"Content-Encoding": encoding})) as server:
        response = await ask(server, backend=backend)
    assert (response.text, response.ending) == ("Hello", "completed")
    assert [(tally.id, tally.detail) for tally in response.quirks] == [
        ("content_encoding", f"{encoding}, but the body is plain")
    ]


async def test_a18_of_a_long_page_no_half_word_is_told(backend):
    async def handler(connection):
        text = "Gone. " + "sk-proj-" + "a" * 3000
        await connection.answer(body=f"<html><p>{text}".encode(), kind="text/html")

    async with serving(handler) as server:
        with pytest.raises(WireError) as caught:
            await ask(server, backend=backend)
    assert caught.value.info.message.removesuffix(" …") == "the answer is a page of HTML, not a stream: Gone."


async def test_a18_a_page_without_a_title_says_what_its_reader_would_see(backend):
    async def handler(connection):
        page = b"\xef\xbb\xbf<html><style>p{}</style><p>Sign in, key sk-proj-abcdefgh12345678</p><script>x()</script>"
        await connection.answer(body=page, kind="text/html")

    async with serving(handler) as server:
        with pytest.raises(WireError) as caught:
            await ask(server, backend=backend)
    assert caught.value.info.message == "the answer is a page of HTML, not a stream: Sign in, key sk-***"


@pytest.mark.parametrize("kind", ["text/plain", "application/json", None])
async def test_a19_another_content_type_is_noted(backend, kind):
    async with serving(hello(kind=kind)) as server:
        response = await ask(server, backend=backend)
    assert response.text == "Hello"
    assert [tally.id for tally in response.quirks] == ["content_type"]


def raw_deflate(data):
    squeezer = zlib.compressobj(wbits=-15)
    return squeezer.compress(data) + squeezer.flush()


@pytest.mark.parametrize(
    ("encoding", "squeeze"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", lambda data: gzip.compress(data[:50]) + gzip.compress(data[50:])),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("deflate, gzip", lambda data: gzip.compress(zlib.compress(data))),
        ("br", lambda data: pytest.importorskip("brotli").compress(data)),
        ("zstd", lambda data: pytest.importorskip("zstandard").compress(data)),
    ],
)
async def test_a20_compressed_bodies(backend, encoding, squeeze):
    data = squeeze(HELLO)

    async def handler(connection):
        await connection.head(headers={"content-encoding": encoding})
        for at in range(0, len(data), 7):
            await connection.chunk(data[at : at + 7])
        await connection.end()

    async with serving(handler) as server:
        response = await ask(server, backend=backend)
    assert response.text == "Hello"
    assert [tally.id for tally in response.quirks] == [
        "compressed",
        *(["deflate_bare"] if squeeze is raw_deflate else []),
    ]


@pytest.mark.parametrize(
    ("encoding", "data", "quirk"),
    [
        ("deflate", raw_deflate(HELLO), "deflate_bare"),
        ("gzip", gzip.compress(HELLO, mtime=0) + bytes(8), "compressed_rest"),
    ],
)
async def test_a20_what_is_odd_about_a_compressed_body_is_told(backend, encoding, data, quirk):
    async with serving(lambda c: c.answer(body=data, headers={"content-encoding": encoding})) as server:
        response = await ask(server, backend=backend)
    assert (response.text, [tally.id for tally in response.quirks]) == ("Hello", ["compressed", quirk])


async def test_a20_a_compressed_tail_that_is_missing_is_a_cut(backend):
    data = gzip.compress(chunk("Hel") + chunk("lo") * 40)

    async with serving(lambda c: c.answer(body=data[:-12], headers={"content-encoding": "gzip"})) as server:
        with pytest.raises(TransportError) as caught:
            await ask(server, backend=backend)
    assert caught.value.partial.text.startswith("Hel")


BROKEN_MEMBER = gzip.compress(DONE)[:10] + b"\xff" * 20


def spoilt(data, at):
    """The same with four other bytes in its tail, where gzip keeps a checksum (8 from the end) and a length (4)."""
    size = len(data)
    return data[: size - at] + bytes(byte ^ 0x55 for byte in data[size - at : size - at + 4]) + data[size - at + 4 :]


@pytest.mark.parametrize("step", [11, 100_000])
@pytest.mark.parametrize(
    ("encoding", "squeeze"),
    [
        ("gzip", lambda data: gzip.compress(data) + BROKEN_MEMBER),
        ("gzip", lambda data: gzip.compress(data) + b"\x1f\x8bno gzip"),
        ("gzip", lambda data: spoilt(gzip.compress(data), 8)),
        ("gzip", lambda data: spoilt(gzip.compress(data), 4)),
        ("deflate", lambda data: spoilt(zlib.compress(data), 4)),
    ],
    ids=["member", "no member", "checksum", "length", "deflate"],
)
async def test_a20_a_compressed_body_with_a_broken_tail_loses_nothing(backend, encoding, squeeze, step):
    def sending(body):
        async def handler(connection):
            await connection.head(headers={"content-encoding": encoding, "connection": "close"})
            for at in range(0, len(body), step):
                await connection.chunk(body[at : at + step])
            await connection.end()
            return False

        return handler

    async with serving(sending(squeeze(HELLO)), sending(squeeze(chunk("Hel") + chunk("lo")))) as server:
        response = await ask(server, backend=backend)
        with pytest.raises(TransportError) as caught:
            await ask(server, backend=backend)
    assert (response.text, response.ending, response.errors) == ("Hello", "completed", ())
    assert [tally.id for tally in response.quirks] == ["compressed", "close_error"]
    assert "cannot be decompressed" in response.quirks[1].detail
    assert (caught.value.info.code, caught.value.info.retryable) == ("bad_encoding", False)
    assert (caught.value.partial.text, caught.value.partial.ending) == ("Hello", "disconnected")


async def test_j08_a_bomb_is_defused(backend):
    bomb = gzip.compress(b": " + b"x" * 20_000_000)

    async with serving(lambda c: c.answer(body=bomb, headers={"content-encoding": "gzip"})) as server:
        with pytest.raises(LimitExceeded) as caught:
            await ask(server, backend=backend, limits=Limits(expansion=100))
        assert caught.value.limit == "expansion"
        with pytest.raises(LimitExceeded) as caught:
            await ask(server, backend=backend, limits=Limits(body=3_000_000, expansion=10_000))
    assert caught.value.limit == "body"
    assert 3_000_000 < caught.value.size < 4_000_000


async def test_an_endless_body_reaches_its_limit(backend):
    async def handler(connection):
        await connection.head()
        while True:
            await connection.chunk(b": " + b"x" * 10_000 + b"\n")

    async with serving(handler) as server:
        with pytest.raises(LimitExceeded) as caught:
            await ask(server, backend=backend, limits=Limits(body=100_000))
    assert caught.value.limit == "body"


@pytest.mark.parametrize(
    ("encoding", "body"), [("gzip", b"\0\1 neither text nor gzip"), ("deflate", HELLO), ("compress", HELLO)]
)
async def test_bodies_that_are_not_what_they_say(backend, encoding, body):
    async with serving(lambda c: c.answer(body=body, headers={"content-encoding": encoding})) as server:
        with pytest.raises(WireError) as caught:
            await ask(server, backend=backend)
    assert caught.value.info.code == "bad_encoding"
