import json

import aiohttp
import httpx
import pytest
from asking import KEY, ask, hello
from loopback import serving

import streamkit
from streamkit import ProviderError, TransportError

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("status", [307, 308])
async def test_redirects_on_the_same_host_keep_everything(backend, status):
    async def away(connection):
        await connection.answer(status, headers={"location": "/v2/there"})

    async with serving(away, hello()) as server:
        response = await ask(server, backend=backend, body={"a": 1}, headers={"Authorization": f"Bearer {KEY}"})
    assert response.text == "Hello"
    _, second = server.requests
    assert (second.target, second.headers["authorization"], json.loads(second.body)) == (
        "/v2/there",
        f"Bearer {KEY}",
        {"a": 1},
    )


async def test_redirects_to_another_host_carry_no_credentials(backend):
    secret = {
        "Authorization": f"Bearer {KEY}",
        "Cookie": "a=b",
        "X-Api-Key": KEY,
        "api-key": KEY,
        "x-goog-api-key": KEY,
        "x-team": "t",
    }
    async with serving(hello()) as other:

        async def away(connection):
            await connection.answer(307, headers={"location": f"http://127.0.0.1:{other.port}/there"})

        async with serving(away) as server:
            response = await ask(server, backend=backend, headers=secret)
    assert response.text == "Hello"
    sent = other.requests[0].headers
    assert not {name.lower() for name in secret} & set(sent)
    assert KEY not in str(sent)


@pytest.mark.parametrize("status", [301, 302, 303])
async def test_redirects_that_lose_the_body_are_refused(backend, status):
    async with serving(lambda c: c.answer(status, headers={"location": "/there"})) as server:
        with pytest.raises(TransportError) as caught:
            await ask(server, backend=backend, retries=2)
    assert caught.value.info.code == "redirect_refused"
    assert len(server.requests) == 1


async def test_a_circle_of_redirects_ends(backend):
    async with serving(lambda c: c.answer(307, headers={"location": "/round"})) as server:
        with pytest.raises(TransportError, match="more than 5 redirects"):
            await ask(server, backend=backend)
    assert len(server.requests) == 6


async def test_redirects_to_other_schemes_are_refused(backend):
    async with serving(lambda c: c.answer(307, headers={"location": "file:///etc/passwd"})) as server:
        with pytest.raises(TransportError, match="no HTTP address"):
            await ask(server, backend=backend)


async def test_a_callers_own_client_is_not_redirected_to_another_host():
    async with serving(hello()) as other, serving(lambda c: c.answer(307, headers={"location": other.url})) as server:
        own = httpx.AsyncClient(headers={"authorization": "x"})
        with pytest.raises(TransportError, match="another host"):
            await ask(server, http_client=own)
        await own.aclose()
    assert not other.requests


@pytest.mark.parametrize("place", ["/there", "http://127.0.0.1:{port}/there"])
async def test_redirects_on_the_same_host_keep_the_user_of_the_address(backend, place):
    async def away(connection):
        await connection.answer(307, headers={"location": place.format(port=server.port)})

    async with serving(away, hello()) as server:
        server.url = server.url.replace("//", "//me:pass@")
        assert (await ask(server, backend=backend)).text == "Hello"
    assert [request.headers["authorization"] for request in server.requests] == ["Basic bWU6cGFzcw=="] * 2


@pytest.mark.parametrize("place", ["http://[bad", "http://127.0.0.1:99999/x", "http://127.0.0.1:0/x"])
async def test_a_redirect_to_what_is_no_address_leads_nowhere(place, anyio_backend):
    if anyio_backend == "trio":
        pytest.skip("aiohttp runs on asyncio only")  # httpx refuses such an answer itself
    async with serving(lambda c: c.answer(307, headers={"location": place})) as server, aiohttp.ClientSession() as own:
        with pytest.raises(ProviderError) as theirs:
            await ask(server, backend="aiohttp", retries=2)
        assert (theirs.value.info.code, theirs.value.status, len(server.requests)) == ("unexpected_status", 307, 1)
        async with own.post(server.url + "/v1/chat/completions", allow_redirects=False) as response:
            with pytest.raises(ProviderError) as caught:
                await streamkit.open_stream(response, "chat").result()
    assert caught.value.info == theirs.value.info
