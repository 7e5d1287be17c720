import base64
import gzip
import json
import os
import subprocess
import sys

import anyio
import httpx
import pytest
from answers import HELLO
from asking import KEY, ask, hello, text_of
from loopback import serving

from streamkit import (
    TextDelta,
    UsageError,
)
from streamkit.client import Client

pytestmark = pytest.mark.anyio


async def test_an_answer_becomes_events_and_a_response(backend):
    async with serving(hello()) as server, Client(server.url + "/v1", backend=backend) as client:
        async with client.stream("chat", json={"model": "m"}) as stream:
            text = "".join([event.text async for event in stream if isinstance(event, TextDelta)])
        response = await stream.result()
    assert (text, response.text, response.finish_reason, response.status) == ("Hello", "Hello", "stop", "completed")
    assert response.quirks == () or not list(response.quirks)


async def test_what_is_sent(backend):
    body = {"model": "m", "temperature": None, "input": "é"}
    async with serving(hello()) as server:
        await ask(server, body=body, backend=backend, headers={"Authorization": f"Bearer {KEY}", "X-Extra": "1"})
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/v1/chat/completions")
    assert json.loads(request.body) == body
    assert "é".encode() in request.body
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["x-extra"] == "1"
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["accept"] == "text/event-stream"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("streamkit/")
    assert body == {"model": "m", "temperature": None, "input": "é"}


@pytest.mark.parametrize(
    ("base", "dialect", "path", "target"),
    [
        ("/v1", "responses", None, "/v1/responses"),
        ("/v1/", "chat", None, "/v1/chat/completions"),
        ("/v1", "anthropic", None, "/v1/messages"),
        ("/v1", "chat", "odd/place", "/v1/odd/place"),
        ("/v1", None, "/x?alt=sse", "/v1/x?alt=sse"),
        ("/openai?api-version=1", "chat", None, "/openai/chat/completions?api-version=1"),
    ],
)
async def test_addresses(base, dialect, path, target):
    async with serving(hello()) as server:
        await ask(server, dialect, base=base, path=path, on_error="event")
    assert server.requests[0].target == target


async def test_a_whole_address_as_path():
    async with serving(hello()) as server:
        assert await text_of(Client("http://elsewhere.invalid/v1"), path=server.url + "/here") == "Hello"
    assert server.requests[0].target == "/here"


async def test_anthropic_gets_its_version_header():
    async with serving(hello()) as server:
        await ask(server, "anthropic", on_error="event")
        await ask(server, "anthropic", on_error="event", headers={"Anthropic-Version": "2099-01-01"})
    assert [r.headers["anthropic-version"] for r in server.requests] == ["2023-06-01", "2099-01-01"]


async def test_j01_half_surrogates_are_cleaned():
    async with serving(hello()) as server:
        await ask(server, body={"a": ["x\ud83d", {"b": "\ud83d\ude00"}]})
    assert json.loads(server.requests[0].body.decode("utf-8")) == {"a": ["x\ufffd", {"b": "😀"}]}


async def test_a_body_without_json_form_is_the_callers_fault():
    async with Client("http://127.0.0.1:1/v1") as client:
        with pytest.raises(UsageError, match="no JSON form"):
            client.stream("chat", json={"a": object()})


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        (
            {"Authorization": "Bearer sk-\u0430bc"},
            ["Authorization", "U+0430", "CYRILLIC SMALL LETTER A", "position 10"],
        ),
        ({"x-api-key": "abc\n"}, ["x-api-key", "U+000A", "position 3"]),
        ({"x-api-key": " abc"}, ["x-api-key", "space"]),
        ({"x api": "abc"}, ["x api"]),
    ],
)
async def test_j03_headers_that_cannot_be_sent(headers, words):
    with pytest.raises(UsageError) as caught:
        Client("http://127.0.0.1:1/v1", headers=headers)
    assert all(word in str(caught.value) for word in words)
    assert "bc" not in str(caught.value).replace("abc", "") or "sk-" not in str(caught.value)


@pytest.mark.parametrize("options", [{"base_url": "ftp://x"}, {"base_url": "nonsense"}, {"backend": "curl"}])
async def test_wrong_options(options):
    with pytest.raises(UsageError):
        Client(**{"base_url": "http://127.0.0.1/v1", **options})


async def test_transport_and_http_client_exclude_each_other():
    with pytest.raises(UsageError):
        Client("http://127.0.0.1/v1", transport=object(), http_client=object())


async def test_a_dialect_without_a_path_needs_one():
    with pytest.raises(UsageError, match="give `path`"):
        Client("http://127.0.0.1/v1").stream("gemini", json={})


async def test_connections_are_used_again(backend):
    async with serving(hello()) as server, Client(server.url + "/v1", backend=backend) as client:
        for _ in range(3):
            async with client.stream("chat", json={}) as stream:
                await stream.result()
    assert (server.connections, len(server.requests)) == (1, 3)


async def test_many_streams_at_once(backend):
    async with serving(hello()) as server, Client(server.url + "/v1", backend=backend) as client:
        texts = []

        async def one():
            async with client.stream("chat", json={}) as stream:
                texts.append((await stream.result()).text)

        async with anyio.create_task_group() as group:
            for _ in range(40):
                group.start_soon(one)
    assert texts == ["Hello"] * 40


async def test_statistics(backend):
    async with (
        serving(hello(headers={"x-request-id": "r1"})) as server,
        Client(server.url + "/v1", backend=backend) as client,
        client.stream("chat", json={}) as stream,
    ):
        assert (stream.statistics.status, stream.statistics.request_id, stream.statistics.bytes) == (200, "r1", 0)
        await stream.result()
    statistics = stream.statistics
    assert (statistics.attempts, statistics.bytes) == (1, len(HELLO))
    assert statistics.opened_at <= statistics.last_read_at


async def test_a_custom_transport():
    def answer(_):
        return httpx.Response(200, content=HELLO, headers={"content-type": "text/event-stream"})

    client = Client("http://example.invalid/v1", transport=httpx.MockTransport(answer))
    assert await text_of(client) == "Hello"


async def test_a_callers_own_httpx_client_stays_open():
    async with serving(hello()) as server, httpx.AsyncClient(headers={"x-own": "1"}) as own:
        assert (await ask(server, http_client=own)).text == "Hello"
        assert not own.is_closed
    assert server.requests[0].headers["x-own"] == "1"


async def test_a_callers_own_httpx2_client():
    httpx2 = pytest.importorskip("httpx2")
    async with serving(hello()) as server, httpx2.AsyncClient() as own:
        assert (await ask(server, http_client=own)).text == "Hello"
        assert not own.is_closed


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.usefixtures("anyio_backend")
async def test_a_callers_own_aiohttp_session():
    aiohttp = pytest.importorskip("aiohttp")

    async def squeezed(connection):
        await connection.answer(body=gzip.compress(HELLO), headers={"content-encoding": "gzip"})

    async with serving(squeezed) as server, aiohttp.ClientSession(headers={"x-own": "1"}) as own:
        assert (await ask(server, http_client=own, timeout=5)).text == "Hello"
        assert not own.closed
    assert server.requests[0].headers["x-own"] == "1"


async def test_h21_proxy_variables_are_honoured(backend, monkeypatch):
    async with serving(hello()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        assert await text_of(Client("http://example.invalid/v1", backend=backend)) == "Hello"
    assert proxy.requests[0].target == "http://example.invalid/v1/chat/completions"


async def test_h21_no_proxy_keeps_a_host_from_the_proxy(backend, monkeypatch):
    async with serving(hello()) as server, serving(hello()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert await text_of(Client(f"{server.url}/v1", backend=backend)) == "Hello"
    assert (len(server.requests), len(proxy.requests)) == (1, 0)


async def test_h21_credentials_in_the_address_of_a_proxy_go_to_the_proxy(backend, monkeypatch):
    async with serving(hello()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("://", "://me:se%40cret@"))
        monkeypatch.setenv("http_proxy", proxy.url.replace("://", "://me:se%40cret@"))
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        assert await text_of(Client("http://example.invalid/v1", backend=backend)) == "Hello"
    expected = base64.b64encode(b"me:se@cret").decode()
    assert proxy.requests[0].headers["proxy-authorization"] == f"Basic {expected}"


async def test_netrc_is_not_read(backend, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password something\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    async with serving(hello()) as server:
        client = Client(f"{server.url}/v1", headers={"Authorization": "Bearer mine"}, backend=backend)
        assert await text_of(client) == "Hello"
    assert server.requests[0].headers["authorization"] == "Bearer mine"


async def test_a_proxy_of_ones_own(backend):
    async with serving(hello()) as proxy:
        assert await text_of(Client("http://example.invalid/v1", backend=backend, proxy=proxy.url)) == "Hello"
    assert proxy.requests[0].headers["host"] == "example.invalid"


def test_h22_one_client_in_two_event_loops():
    async def once(client):
        async with serving(hello()) as server:
            return await text_of(client, path=server.url + "/x")

    client = Client("http://127.0.0.1:1/v1")
    assert [anyio.run(once, client, backend=name) for name in ("asyncio", "asyncio", "trio")] == ["Hello"] * 3


def test_nothing_heavy_is_imported():
    heavy = ("httpx", "aiohttp", "stamina", "structlog", "anyio")
    code = f"import sys, streamkit.client; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.usefixtures("anyio_backend")
@pytest.mark.parametrize("certifi", [True, False])
async def test_h21_without_variables_the_systems_certificates_count(monkeypatch, certifi):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    if not certifi:
        monkeypatch.setitem(sys.modules, "certifi", None)
    async with serving(hello()) as server:
        assert (await ask(server, backend="aiohttp")).text == "Hello"


async def test_a_stream_can_be_entered_late():
    async with serving(hello()) as server, Client(server.url + "/v1") as client:
        stream = client.stream("chat", json={})
        assert stream.response.text == ""
        await anext(stream)
        async with stream:
            assert (await stream.result()).text == "Hello"
