"""Proxies that make no tunnel: they refuse, or say nothing."""

import traceback

import anyio
import httpx
import pytest
from asking import hang
from loopback import serving

from streamkit import TransportError
from streamkit.client import Client, Retries
from streamkit.client.proxies import proxy_refusal

pytestmark = pytest.mark.anyio
SECRET = "Zx9SECRETkey77qq"


def refusing(status):
    async def handler(connection):
        assert connection.method == "CONNECT"
        await connection.answer(status, b"<html>no</html>", {"proxy-authenticate": 'Basic realm="x"'}, "text/html")
        return False

    return handler


async def failure_through(proxy, backend, url="https://api.test/v1", **options):
    """What a request through this proxy ends with."""
    retries = Retries(count=1, first_wait=0, jitter=0)
    async with (
        Client(url, backend=backend, proxy=proxy, retries=retries, **options) as client,
        client.stream("chat", json={}) as stream,
    ):
        with pytest.raises(TransportError) as caught:
            await stream.result()
    return caught.value


@pytest.mark.parametrize(
    ("status", "code", "attempts", "hint"),
    [
        (403, "proxy_refused", 1, "NO_PROXY"),
        (407, "proxy_refused", 1, "credentials"),
        (301, "proxy_refused", 1, "NO_PROXY"),
        (429, "proxy_error", 2, ""),
        (502, "proxy_error", 2, ""),
    ],
)
async def test_a_proxy_that_refuses_is_named_with_its_status(backend, status, code, attempts, hint):
    async with serving(refusing(status)) as proxy:
        failure = await failure_through(proxy.url, backend)
    info = failure.info
    assert (info.code, info.status, info.retryable, len(proxy.requests)) == (code, status, attempts == 2, attempts)
    verb = "fails" if hint == "" else "refuses"
    assert info.message == f"the proxy {verb} to connect to the server: status {status} X"
    assert hint in info.hint
    assert bool(info.hint) is bool(hint)
    assert type(failure.__cause__).__module__.partition(".")[0] == backend


async def test_a_proxy_that_refuses_shows_no_secrets(backend):
    async with serving(refusing(403)) as proxy:
        failure = await failure_through(
            proxy.url.replace("//", "//user:pw123456@"), backend, f"https://api.test/v1?key={SECRET}"
        )
    shown = "".join(traceback.format_exception(failure)) + repr(failure.info)
    assert failure.info.code == "proxy_refused"
    assert SECRET not in shown
    assert "pw123456" not in shown


async def test_a_proxy_that_never_answers_is_bounded_by_the_timeout(backend):
    async with serving(hang) as proxy:
        with anyio.fail_after(10):
            failure = await failure_through(proxy.url, backend, timeout=0.5)
            await proxy.closed.wait()
    assert [asked.method for asked in proxy.requests] == ["CONNECT", "CONNECT"]
    assert (failure.info.code, failure.info.retryable) == ("connect_timeout", True)


def test_other_faults_of_proxies_are_no_refusals():
    assert proxy_refusal(httpx.ProxyError("Sorry, the proxy's name is 403")) is None
    assert proxy_refusal(httpx.ConnectError("403 Forbidden")) is None
    told = proxy_refusal(httpx.ProxyError("403"))
    assert told is not None
    assert told.message == "the proxy refuses to connect to the server: status 403"
