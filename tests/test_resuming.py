"""A cut Responses stream says after which frame another request would have to begin (B34)."""

import httpx
import pytest

import streamkit
from streamkit.quirks.tape import Tape
from streamkit.testing.fixtures import all_fixtures

pytestmark = pytest.mark.anyio
[CALLS] = [fixture for fixture in all_fixtures(dialect="responses") if fixture.name == "openai-two-calls"]
FRAMES = Tape(CALLS.data).frames
LAST = len(FRAMES) - 1


async def chunks(data, size=64):
    for at in range(0, len(data), size):
        yield data[at : at + size]


async def read(data, **options):
    async with streamkit.open_stream(chunks(data), "responses", on_error="event", **options) as stream:
        return await stream.result(), stream.resume_after


async def test_nothing_was_read_yet():
    async with streamkit.open_stream(chunks(CALLS.data), "responses") as stream:
        assert stream.resume_after is None


async def test_it_goes_with_the_stream():
    numbers = []
    async with streamkit.open_stream((chunks(CALLS.data, 1 << 20)), "responses") as stream:
        async for _ in stream:
            numbers.append(stream.resume_after)  # noqa: PERF401 - it changes while the stream is read
    assert numbers[-1] == LAST == FRAMES[-1].json["sequence_number"]


@pytest.mark.parametrize("at", [3, 9, LAST - 1])
async def test_a_cut_stream_names_the_last_frame_that_was_whole(at):
    cut = FRAMES[at].end + len(FRAMES[at + 1].data) // 2  # in the middle of the next frame
    response, number = await read(CALLS.data[:cut])
    assert response.finish_reason == "truncated"
    assert number == at


async def test_the_rest_of_the_stream_begins_midway():
    _, number = await read(CALLS.data[: FRAMES[9].end])
    rest = b"".join(CALLS.data[f.start : f.end] for f in FRAMES if f.json["sequence_number"] > number)
    response, last = await read(rest)
    assert "resumed_midway" in [quirk.id for quirk in response.quirks]
    assert last == LAST
    assert (response.status, response.terminal_seen) == ("completed", True)


@pytest.mark.parametrize("at", range(LAST))
async def test_cut_behind_any_frame_it_is_that_frames_number(at):
    assert (await read(CALLS.data[: FRAMES[at].end]))[1] == at


async def test_a_wire_without_numbers_has_none():
    chat = next(fixture for fixture in all_fixtures(dialect="chat") if fixture.healthy)
    async with streamkit.open_stream(chunks(chat.data), "chat") as stream:
        await stream.result()
        assert stream.resume_after is None


async def test_with_async_stages_it_is_known_too():
    async def same(events):
        async for event in events:
            yield event

    response, number = await read(CALLS.data, stages=[same])
    assert (response.status, number) == ("completed", LAST)


async def test_a_pipeline_without_a_sequencer_knows_no_number():
    from streamkit.pipeline import Pipeline
    from streamkit.recipe import standard
    from streamkit.sources import source_of
    from streamkit.stages.sequencer import Sequencer

    stages = [stage for stage in standard("responses").stages if not isinstance(stage, Sequencer)]
    stream = streamkit.EventStream(source_of(chunks(CALLS.data)), Pipeline(*stages))
    await stream.result()
    assert stream.resume_after is None


async def test_a_live_stream_says_it_too():
    cut = CALLS.data[: FRAMES[9].end]
    headers = {"content-type": "text/event-stream"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=headers, content=cut))
    async with streamkit.Client("http://test/v1", transport=transport, retries=0) as client:
        stream = client.stream("responses", json={}, on_error="event")
        assert stream.resume_after is None
        async with stream:
            await stream.result()
    assert stream.resume_after == 9
