"""A stream that one task reads and another one closes: what a button to stop does."""

import anyio
import pytest
from answers import HELLO, chunk
from asking import hang
from loopback import serving

from streamkit import TextDelta
from streamkit.client import Client, Retries

pytestmark = pytest.mark.anyio


async def silent(connection):
    return await hang(connection)


async def headed(connection):
    await connection.head()
    return await hang(connection)


async def begun(connection):
    await connection.head()
    await connection.chunk(chunk("Hel"))
    return await hang(connection)


async def busy(connection):
    """Come back in an hour, which is too long to be waited for by a test."""
    await connection.answer(503, b"{}", {"retry-after": "3600"}, "application/json")


async def passing(events):
    async for event in events:
        yield event


async def closed_while_reading(server, client, stages=(), *, when, upon=None):
    """Close the stream once `when` is set; its response."""
    stream = client.stream("chat", json={}, stages=lambda: stages)
    seen, over = anyio.Event(), anyio.Event()

    async def read():
        async with stream:
            async for event in stream:
                if isinstance(event, TextDelta):
                    seen.set()
        over.set()

    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            group.start_soon(read)
            await (upon or (seen if when == "text" else server.asked)).wait()
            if when == "later":
                await anyio.wait_all_tasks_blocked()
            await stream.aclose()
            await over.wait()
    assert (await stream.result()) == stream.response
    return stream.response


@pytest.mark.parametrize("retries", [0, 1])
@pytest.mark.parametrize(
    ("handler", "when", "text"),
    [(silent, "asked", ""), (headed, "later", ""), (begun, "text", "Hel"), (begun, "later", "Hel")],
)
@pytest.mark.parametrize("stages", [[], [passing]], ids=["", "async stage"])
async def test_h12_the_reading_is_over_and_the_connection_closed(backend, handler, when, text, retries, stages):
    async with serving(handler) as server:
        async with Client(server.url + "/v1", backend=backend, retries=retries) as client:
            response = await closed_while_reading(server, client, stages, when=when)
            with anyio.fail_after(5):
                await server.closed.wait()
        assert (response.ending, response.errors, len(server.requests)) == ("cancelled", (), 1)
        assert when == "later" or response.text == text


async def test_h12_no_attempt_is_made_after_it(backend):
    async def fine(connection):
        await connection.answer(body=HELLO)

    async with serving(busy, fine) as server:
        patient = Retries(longest_retry_after=7200)
        async with Client(server.url + "/v1", backend=backend, retries=patient) as client:
            response = await closed_while_reading(server, client, when="later")
        assert (response.ending, response.text, len(server.requests)) == ("cancelled", "", 1)


async def test_h12_nor_behind_an_attempt_that_was_given_up(backend):
    async def cut(connection):
        await connection.head()
        await connection.end()

    async def second(connection):
        again.set()
        return await hang(connection)

    again = anyio.Event()
    async with serving(cut, second) as server:
        again_soon = Retries(count=2, first_wait=0.01, jitter=0)
        async with Client(server.url + "/v1", backend=backend, retries=again_soon) as client:
            response = await closed_while_reading(server, client, when="asked", upon=again)
        assert (response.ending, response.errors, len(server.requests)) == ("cancelled", (), 2)
