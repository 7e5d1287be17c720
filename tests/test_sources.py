"""Whatever a caller has is read: responses of several HTTP libraries, event sources, plain iterables, text messages."""

import array

import httpx
import httpx_sse
import pytest

import streamkit
from streamkit.errors import UsageError
from streamkit.frames import Frame
from streamkit.sources import Source, source_of

CHAT = (
    b'data: {"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"h\xc3\xa9"}}]}\n\n'
    b'data: {"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    b"data: [DONE]\n\n"
)
CHUNKS = [CHAT[:90], CHAT[90:]]
HEADERS = {"content-type": "text/event-stream"}

pytestmark = pytest.mark.anyio


async def read(source, dialect="chat"):
    async with streamkit.open_stream(source, dialect) as stream:
        return await stream.result()


async def pieces(*chunks):
    for chunk in chunks or CHUNKS:
        yield chunk


class Body:
    """An async iterable that knows whether it was closed."""

    def __init__(self, *chunks):
        self.chunks = list(chunks or CHUNKS)
        self.closed = 0

    def __aiter__(self):
        return self

    async def __anext__(self):
        if not self.chunks:
            raise StopAsyncIteration
        return self.chunks.pop(0)

    async def aclose(self):
        self.closed += 1


def transport(library, body):
    class Stream(library.AsyncByteStream):
        def __aiter__(self):
            return body.__aiter__()

        async def aclose(self):
            await body.aclose()

    return library.MockTransport(lambda _: library.Response(200, headers=HEADERS, stream=Stream()))


@pytest.mark.parametrize("name", ["httpx", "httpx2"])
async def test_responses_of_httpx_and_httpx2(name):
    library = pytest.importorskip(name)
    body = Body()
    async with (
        library.AsyncClient(transport=transport(library, body)) as client,
        client.stream("GET", "http://test/") as response,
    ):
        assert (await read(response)).text == "hé"
        assert body.closed
        assert response.is_closed


@pytest.mark.filterwarnings("ignore:Async generator 'httpx:ResourceWarning")  # httpx leaves its own inner ones to trio
async def test_leaving_early_closes_the_response_of_httpx():
    body = Body()
    async with (
        httpx.AsyncClient(transport=transport(httpx, body)) as client,
        client.stream("GET", "http://test/") as response,
    ):
        async with streamkit.open_stream(response, "chat") as stream:
            await anext(aiter(stream))
        assert response.is_closed


async def test_an_event_source_of_httpx_sse():
    body = Body()
    async with (
        httpx.AsyncClient(transport=transport(httpx, body)) as client,
        httpx_sse.aconnect_sse(client, "GET", "http://test/") as source,
    ):
        assert (await read(source)).text == "hé"
        assert body.closed


async def test_events_of_an_event_source_keep_name_id_and_retry():
    wire = b"data: y\n\n: hi\n\nid: 7\nretry: 5\nevent: ping\ndata: {}\n\ndata: x\n\n"
    async with (
        httpx.AsyncClient(transport=transport(httpx, Body(wire))) as client,
        httpx_sse.aconnect_sse(client, "GET", "http://test/") as events,
    ):
        source = source_of(events)
        plain, first, second = [await source.read() for _ in range(3)]
        assert (plain.data, plain.event, plain.id, plain.retry) == (b"y", "", None, None)
        assert (first.data, first.event, first.id, first.retry) == (b"{}", "ping", "7", 5)
        assert (second.data, second.event, second.id, second.retry) == (b"x", "", "7", None)
        with pytest.raises(StopAsyncIteration):
            await source.read()
        await source.aclose()


class AiohttpLike:
    """What of an aiohttp response is used: `content.iter_any()` and a `close()` that is no coroutine."""

    def __init__(self):
        self.content = self
        self.closed = 0

    def iter_any(self):
        return pieces()

    def close(self):
        self.closed += 1


async def test_a_response_like_aiohttps():
    response = AiohttpLike()
    assert (await read(response)).text == "hé"
    assert response.closed == 1


async def test_a_real_response_of_aiohttp(anyio_backend):
    if anyio_backend != "asyncio":
        pytest.skip("aiohttp speaks asyncio only")
    aiohttp = pytest.importorskip("aiohttp")
    from aiohttp import web

    async def handler(request):
        answer = web.StreamResponse(headers=HEADERS)
        await answer.prepare(request)
        for chunk in CHUNKS:
            await answer.write(chunk)
        return answer

    app = web.Application()
    app.router.add_get("/", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/") as response:
            assert (await read(response)).text == "hé"
    finally:
        await runner.cleanup()


async def test_async_iterables_of_bytes():
    body = Body()
    assert (await read(body)).text == "hé"
    assert body.closed
    assert (await read(pieces())).text == "hé"


async def test_an_iterable_that_is_not_its_own_iterator():
    class Many:
        def __aiter__(self):
            return pieces()

    assert (await read(Many())).text == "hé"


@pytest.mark.parametrize("make", [bytearray, memoryview])
async def test_other_kinds_of_bytes(make):
    assert (await read(Body(*map(make, CHUNKS)))).text == "hé"


async def test_a_view_of_other_items_than_bytes_is_still_its_bytes():
    words = array.array("H", CHAT[: len(CHAT) // 2 * 2])
    source = source_of(Body(memoryview(words)))
    assert await source.read() == words.tobytes()


@pytest.mark.parametrize("size", [25, 26, 40, 1500])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
async def test_decoded_pieces_of_a_body_are_its_text(size, end):
    body = b"".join(CHUNKS).decode().replace("\n", end)
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    assert (await read(Body(*pieces))).text == "hé"


@pytest.mark.parametrize("front", [[""], ["\n"], ["\ufeff"], ["", "\r\n", "\n"]])
@pytest.mark.parametrize("apart", [True, False])
async def test_what_stands_in_front_of_decoded_text_says_nothing_of_it(front, apart):
    body = b"".join(CHUNKS).decode()
    response = await read(Body(*front, body) if apart else Body("".join(front) + body))
    assert (response.text, response.status) == ("hé", "completed")


async def test_decoded_lines_of_a_body_are_its_text():
    response = await read(Body(*("event: x\n" + b"".join(CHUNKS).decode()).split("\n")))
    assert (response.text, response.quirks) == ("hé", ())


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
async def test_text_messages_that_are_whole_events(end):
    frames = b"".join(CHUNKS).decode().strip().split("\n\n")
    response = await read(Body(*(f": here{end or chr(10)}" + frame + end for frame in frames)))
    assert (response.text, response.status) == ("hé", "completed")


async def test_text_messages_are_frames_a30():
    messages = [
        '{"type":"response.created","response":{"id":"r1","model":"m"}}',
        '{"type":"response.output_text.delta","output_index":0,"item_id":"m1","delta":"hé"}',
        '{"type":"response.done","response":{"status":"completed","output":null}}',
    ]
    response = await read(Body(*messages), "responses")
    assert (response.text, response.status) == ("hé", "completed")
    assert (await read(Body(*messages), None)).dialect == "responses"


async def test_a_socket_that_closes_before_the_end_is_a_cut_stream_a30():
    with pytest.raises(streamkit.TruncatedError):
        await read(Body('{"type":"response.output_text.delta","item_id":"m1","delta":"half"}'), "responses")


async def test_frames_are_taken_as_they_are():
    source = source_of(Body(Frame(b"{}", "ping"), "text", "half \ud83d"))
    assert await source.read() == Frame(b"{}", "ping")
    assert await source.read() == Frame(b"text")
    assert (await source.read()).data == b"half \xed\xa0\xbd"


async def test_a_source_is_taken_as_it_is():
    source = Source(Body())
    assert source_of(source) is source
    assert (await read(source)).text == "hé"


async def test_everything_behind_a_source_is_closed_in_order():
    closed = []

    class Owner:
        def __init__(self, name):
            self.name = name

        def close(self):
            closed.append(self.name)

    class Coroutine(Owner):
        async def aclose(self):
            closed.append(self.name)

    source = Source(pieces(), Owner("a"), None, Coroutine("b"), object())
    await source.aclose()
    await source.aclose()
    assert closed == ["a", "b"]


async def test_what_fails_to_close_keeps_nothing_else_open():
    class Broken:
        def close(self):
            raise OSError("broken")

    body = Body()
    source = Source(pieces(), Broken(), body)
    with pytest.raises(OSError, match="broken"):
        await source.aclose()
    await source.aclose()
    assert body.closed == 1


@pytest.mark.parametrize(("origin", "hint"), [([b"x"], "assemble"), (7, "int"), (b"x", "assemble"), (None, "NoneType")])
async def test_what_cannot_be_read(origin, hint):
    with pytest.raises(UsageError, match=hint):
        source_of(origin)


@pytest.mark.parametrize("chunk", [7, None, ["x"]])
async def test_chunks_that_are_no_bytes_are_the_callers_fault(chunk):
    body = Body(chunk)
    with pytest.raises(UsageError, match=type(chunk).__name__):
        await read(body)
    assert body.closed


@pytest.mark.parametrize(
    ("kind", "charset", "text"),
    [
        ("text/event-stream; charset=iso-8859-1", None, "hé"),
        ("text/event-stream; charset=utf-8", "iso-8859-1", "hé"),  # the caller's word counts
        ("text/event-stream", None, "h\ufffd"),
    ],
)
async def test_j14_a_response_says_its_charset_itself(kind, charset, text):
    body = b'data: {"choices":[{"index":0,"delta":{"content":"h\xe9"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    response = httpx.Response(200, headers={"content-type": kind}, content=body)
    async with streamkit.open_stream(response, "chat", charset=charset) as stream:
        assert (await stream.result()).text == text


async def test_a_client_that_is_not_on_asyncio_cannot_use_aiohttp(anyio_backend):
    if anyio_backend != "trio":
        pytest.skip("on asyncio it can")
    async with streamkit.Client("http://127.0.0.1:9/v1", backend="aiohttp") as client:
        with pytest.raises(UsageError, match="asyncio only"):
            async with client.stream("chat", json={}):
                pass
