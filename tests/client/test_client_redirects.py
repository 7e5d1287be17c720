import json

import httpx
import pytest
from asking import KEY, ask, hello
from loopback import serving

from streamkit import TransportError

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
