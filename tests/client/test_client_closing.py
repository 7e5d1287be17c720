import anyio
import pytest
from answers import HELLO, chunk
from asking import ask, hang, hello
from loopback import serving

from streamkit import StallError, TextDelta, TransportError, Watchdog
from streamkit.client import Client
from streamkit.stages import watchdog

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("watchdog", "phase", "code"),
    [
        (Watchdog(first=0.5), "first", "ttfb_timeout"),
        (Watchdog(first=0.5, total=60), "first", "ttfb_timeout"),
        (Watchdog(first=None, total=0.5), "total", "total_timeout"),
        (Watchdog(first=60, total=0.5), "total", "total_timeout"),
    ],
)
async def test_h01_silence_before_the_headers(backend, watchdog, phase, code):
    async with serving(hang) as server:
        with pytest.raises(StallError) as caught:
            await ask(server, backend=backend, watchdog=watchdog)
        with anyio.fail_after(1):
            await server.closed.wait()
    assert (caught.value.phase, caught.value.info.code, caught.value.waited) == (phase, code, 0.5)


async def test_h01_silence_after_the_headers(backend):
    async def handler(connection):
        await connection.head()
        await connection.until_closed()
        return False

    async with serving(handler) as server:
        with pytest.raises(StallError) as caught:
            await ask(server, backend=backend, watchdog=Watchdog(first=0.5))
        with anyio.fail_after(1):
            await server.closed.wait()
    assert caught.value.phase == "first"


async def test_total_has_one_clock_from_the_request_on(backend):
    began = None

    async def handler(connection):
        nonlocal began
        began = anyio.current_time()
        await anyio.sleep(0.7)
        await connection.head()
        await connection.until_closed()
        return False

    async with serving(handler) as server:
        with pytest.raises(StallError) as caught:
            await ask(server, backend=backend, watchdog=Watchdog(first=None, total=1.2))
        took = anyio.current_time() - began
    assert (caught.value.phase, caught.value.waited) == ("total", pytest.approx(1.2, abs=0.3))
    assert took < 1.7


async def test_h06_silence_in_the_middle(backend):
    async def handler(connection):
        await connection.head()
        await connection.chunk(chunk("Hel"))
        await connection.until_closed()
        return False

    async with serving(handler) as server:
        with pytest.raises(StallError) as caught:
            await ask(server, backend=backend, watchdog=Watchdog(first=5, idle=0.1))
        with anyio.fail_after(1):
            await server.closed.wait()
    assert (caught.value.phase, caught.value.partial.text) == ("idle", "Hel")


async def test_h09_a_connection_left_open_behind_the_end_is_closed_by_default(backend, monkeypatch):
    monkeypatch.setattr(watchdog, "GRACE", 0.05)

    async def handler(connection):
        await connection.head()
        await connection.chunk(HELLO)
        await connection.until_closed()
        return False

    async with serving(handler) as server:
        with anyio.fail_after(5):
            response = await ask(server, backend=backend)
            await server.closed.wait()
    assert (response.text, response.finish_reason, response.ending) == ("Hello", "stop", "completed")
    assert [quirk.id for quirk in response.quirks] == ["connection_left_open"]


async def test_h08_reset(backend):
    async def handler(connection):
        await connection.head()
        await connection.chunk(chunk("Hel"))
        await anyio.sleep(0.05)
        connection.reset()
        return False

    async with serving(handler) as server:
        with pytest.raises(TransportError) as caught:
            await ask(server, backend=backend)
    assert caught.value.partial.text == "Hel"
    assert caught.value.__cause__ is not None
    assert caught.value.info.retryable is True


async def test_h08_half_a_chunk(backend):
    async def handler(connection):
        await connection.head()
        await connection.chunk(chunk("Hel"))
        await connection.send(b"ff\r\ndata: {")
        return False

    async with serving(handler) as server:
        with pytest.raises(TransportError) as caught:
            await ask(server, backend=backend)
    assert (caught.value.info.code, caught.value.partial.text) == ("incomplete_read", "Hel")


async def test_h08_nobody_listens(backend):
    async with serving(hello()) as server:
        pass
    with pytest.raises(TransportError) as caught:
        await ask(server, backend=backend)
    assert caught.value.info.code == "connection_refused"


async def endless(connection):
    await connection.head()
    await connection.chunk(chunk("Hel"))
    await connection.until_closed()
    return False


async def test_h12_break_closes_the_connection(backend):
    async with serving(endless) as server, Client(server.url + "/v1", backend=backend) as client:
        async with client.stream("chat", json={}) as stream:
            async for event in stream:
                if isinstance(event, TextDelta):
                    break
        with anyio.fail_after(1):
            await server.closed.wait()
    assert (stream.response.text, stream.response.finish_reason) == ("Hel", "cancelled")


async def test_h12_aclose_twice(backend):
    async with serving(endless) as server, Client(server.url + "/v1", backend=backend) as client:
        stream = client.stream("chat", json={})
        async for event in stream:
            if isinstance(event, TextDelta):
                break
        await stream.aclose()
        await stream.aclose()
        with anyio.fail_after(1):
            await server.closed.wait()


async def test_h12_cancellation(backend):
    async with serving(endless) as server, Client(server.url + "/v1", backend=backend) as client:
        stream = client.stream("chat", json={})
        seen = anyio.Event()

        async def read():
            async for event in stream:
                if isinstance(event, TextDelta):
                    seen.set()

        async with anyio.create_task_group() as group:
            group.start_soon(read)
            await seen.wait()
            group.cancel_scope.cancel()
        with anyio.fail_after(1):
            await server.closed.wait()
    assert (stream.response.text, stream.response.finish_reason) == ("Hel", "cancelled")


async def test_h12_cancellation_before_the_headers(backend):
    async with serving(hang) as server, Client(server.url + "/v1", backend=backend) as client:
        async with anyio.create_task_group() as group:
            group.start_soon(client.stream("chat", json={}).result)
            await server.asked.wait()
            group.cancel_scope.cancel()
        with anyio.fail_after(1):
            await server.closed.wait()


async def test_a_stage_that_fails_closes_the_connection(backend):
    class Failing:
        def feed(self, event):
            if isinstance(event, TextDelta):
                raise ZeroDivisionError
            return (event,)

        def close(self):
            return ()

    async with serving(endless) as server, Client(server.url + "/v1", backend=backend) as client:
        with pytest.raises(ZeroDivisionError):
            async with client.stream("chat", json={}, stages=[Failing()]) as stream:
                await stream.result()
        with anyio.fail_after(1):
            await server.closed.wait()


async def test_closed_before_it_was_sent():
    stream = Client("http://127.0.0.1:1/v1").stream("chat", json={})
    await stream.aclose()
    with pytest.raises(TransportError, match="closed before"):
        await stream.result()


async def test_a_client_closed_before_its_stream(backend):
    async with serving(endless) as server:
        client = Client(server.url + "/v1", backend=backend)
        stream = client.stream("chat", json={})
        async for event in stream:
            if isinstance(event, TextDelta):
                break
        await client.aclose()
        await stream.aclose()
        with anyio.fail_after(1):
            await server.closed.wait()
    assert stream.response.text == "Hel"
