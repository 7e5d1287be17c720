"""Proxies that make no tunnel: they refuse, or say nothing."""

import importlib.util
import socket
import sys
import traceback

import anyio
import httpx
import pytest
from asking import hang
from loopback import serving

from streamkit import ErrorInfo, TransportError, UsageError
from streamkit.client import Client, Retries
from streamkit.client.proxies import proxy_failure, proxy_refusal
from streamkit.faults import transport_error

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


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@pytest.mark.parametrize("url", ["http://api.test/v1", "https://api.test/v1"])
async def test_a_dead_proxy_is_named_not_the_server(backend, url):
    info = (await failure_through(f"http://127.0.0.1:{free_port()}", backend, url)).info
    assert (info.code, info.retryable) == ("connection_refused", True)
    assert info.message.startswith("the proxy could not be reached: ")
    assert "Connect call failed" in info.message or "refused" in info.message
    assert "proxy's address" in info.hint


async def test_a_dead_proxy_of_the_environment_is_named_too(backend, monkeypatch):
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert (await failure_through(None, backend)).info.message.startswith("the proxy could not be reached: ")


async def test_a_dead_proxy_of_a_callers_own_client_is_named_too():
    async with httpx.AsyncClient(proxy=f"http://127.0.0.1:{free_port()}") as own:
        info = (await failure_through(None, "auto", http_client=own)).info
    assert info.message.startswith("the proxy could not be reached: ")


async def test_a_dead_server_is_no_dead_proxy(backend):
    async with serving(refusing(403)) as proxy:
        address = f"http://127.0.0.1:{free_port()}"
        told = proxy_failure(OSError(), ErrorInfo(kind="transport", message="m", code="read_error"), proxied=True)
        info = (await failure_through(None, backend, address)).info
    assert info.message.startswith("nothing listens at this address: ")
    assert (told.message, proxy.requests) == ("m", [])


def test_what_a_proxy_cannot_reach_is_not_the_proxy():
    lost = httpx.ProxyError("Proxy Server could not connect: Connection refused.")
    told = proxy_failure(lost, transport_error(lost), proxied=True)
    assert told.message == (
        "the proxy did not connect to the server: Proxy Server could not connect: Connection refused. (ProxyError)"
    )
    assert (told.code, told.hint) == ("proxy_error", "")


@pytest.mark.parametrize(
    "options",
    [
        {"proxy": "foo://x:1"},
        {"proxy": "socks4://x:1"},
        {"proxy": "socks5://x:1", "backend": "aiohttp"},
        {"proxy": "socks5://x:1", "backend": "httpx"},  # without its extra
        {"proxy": "socks5://x:1"},
    ],
)
def test_a_proxy_that_nothing_here_speaks_to_is_refused_when_the_client_is_made(options, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        UsageError, match=r"scheme must be http or https; socks5 works with httpx and its `socks` extra"
    ):
        Client("https://api.test/v1", **options)


def test_a_socks_proxy_is_for_httpx_where_its_extra_is_there(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    for backend in ("auto", "httpx"):
        Client("https://api.test/v1", proxy="SOCKS5://x:1", backend=backend)
    with pytest.raises(UsageError, match="socks5 works with httpx"):
        Client("https://api.test/v1", proxy="socks5://user:pw123456@x:1", backend="aiohttp")


async def test_aiohttp_speaks_no_http_to_a_socks_proxy_of_the_environment(monkeypatch, anyio_backend):
    if anyio_backend == "trio":
        pytest.skip("aiohttp runs on asyncio only")
    for name in ("https_proxy", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("all_proxy", "socks5://user:pw123456@127.0.0.1:1")
    async with Client("https://api.test/v1", backend="aiohttp") as client:
        with pytest.raises(UsageError, match="socks5 works with httpx") as caught:
            async with client.stream("chat", json={}) as stream:
                await stream.result()
    assert "pw123456" not in str(caught.value)


async def test_with_a_socks_proxy_of_the_environment_requests_go_through_httpx_if_it_can(monkeypatch):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name if name == "socksio" else find_spec(name))
    for name in ("https_proxy", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "socksio", None)  # httpx is asked, and says itself that it has not got it
    async with Client("https://api.test/v1") as client:
        with pytest.raises(UsageError, match=r"httpx can send no request .*socksio"):
            async with client.stream("chat", json={}) as stream:
                await stream.result()


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "socks4://127.0.0.1:1"])
async def test_a_proxy_of_the_environment_that_httpx_cannot_use_is_no_broken_connection(monkeypatch, proxy):
    monkeypatch.setitem(sys.modules, "socksio", None)
    for name in ("https_proxy", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("all_proxy", proxy)
    async with Client("https://api.test/v1", backend="httpx") as client:
        with pytest.raises(UsageError, match=r"proxy variables say: .*(SOCKS|socks)"):
            async with client.stream("chat", json={}) as stream:
                await stream.result()


def test_other_faults_of_proxies_are_no_refusals():
    assert proxy_refusal(httpx.ProxyError("Sorry, the proxy's name is 403")) is None
    assert proxy_refusal(httpx.ConnectError("403 Forbidden")) is None
    told = proxy_refusal(httpx.ProxyError("403"))
    assert told is not None
    assert told.message == "the proxy refuses to connect to the server: status 403"
