"""What a stream tells beside its events. Time is a clock in the test's hand."""

import gzip

import anyio
import pytest

import streamkit
from streamkit.sources import Source
from streamkit.statistics import StreamStatistics
from streamkit.stream import EventStream

pytestmark = pytest.mark.anyio

HELLO = b'data: {"id":"c1","model":"m","choices":[{"index":0,"delta":{"content":"hello"},"finish_reason":"stop"}]}\n\n'
DONE = b"data: [DONE]\n\n"


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


async def timed(clock, portions):
    """Portions of a body, each a number of seconds behind the one before."""
    for seconds, portion in portions:
        await anyio.lowlevel.checkpoint()
        clock.now += seconds
        yield portion


def opened(clock, portions, *stages):
    source = Source(timed(clock, portions))
    return EventStream(source, streamkit.standard("chat", *stages), clock=clock)


async def passing(events):
    async for event in events:
        yield event


@pytest.mark.parametrize("stages", [(), (passing,)])
async def test_counts_and_times(stages):
    clock = Clock()
    comment, numbered = b": ping\n\n", b"id: 42\n" + HELLO
    portions = [(3, comment), (1, comment + b"id: 41\n\n"), (2, numbered), (5, DONE)]
    async with opened(clock, portions, *stages) as stream:
        assert stream.statistics == StreamStatistics()
        await stream.result()
    assert stream.statistics == StreamStatistics(
        bytes=sum(len(portion) for _, portion in portions),
        reads=4,
        largest_read=len(numbered),
        keep_alives=2,
        last_event_id="42",
        opened_at=100.0,
        first_read_at=103.0,
        first_output_at=106.0,
        last_read_at=111.0,
    )


async def test_a21_a_buffer_on_the_way_shows():
    clock = Clock()
    async with opened(clock, [(30, HELLO * 400 + DONE)]) as stream:
        await stream.result()
    assert (stream.statistics.burst, stream.statistics.first_output_at) == (1.0, 130.0)
    async with opened(clock, [(1, HELLO), (1, HELLO), (1, HELLO), (1, HELLO)]) as stream:
        await stream.result()
    assert stream.statistics.burst == 0.25
    assert StreamStatistics().burst == 0.0


async def test_a_large_portion_that_is_fed_in_slices_counts_once():
    clock = Clock()
    large = HELLO.replace(b"hello", b"x" * 300_000)
    async with opened(clock, [(1, large), (1, DONE)]) as stream:
        await stream.result()
    assert (stream.statistics.reads, stream.statistics.largest_read) == (2, len(large))
    assert stream.statistics.bytes == len(large) + len(DONE)


@pytest.mark.parametrize("cover", [gzip.compress, lambda body: body.decode().encode("utf-16")])
async def test_a28_the_last_id_is_known_under_every_layer(cover):
    clock = Clock()
    async with opened(clock, [(1, cover(b"id: 7\n" + HELLO + DONE))]) as stream:
        assert (await stream.result()).text == "hello"
    assert stream.statistics.last_event_id == "7"


async def test_text_messages_count_as_the_bytes_that_they_are():
    first = HELLO.decode().removeprefix("data: ").replace("hello", "h\u00e9llo")

    async def messages():
        yield first
        yield "[DONE]"

    async with streamkit.open_stream(messages(), "chat") as stream:
        assert (await stream.result()).text == "h\u00e9llo"
    told = stream.statistics
    assert (told.reads, told.bytes, told.largest_read) == (2, len(HELLO) - len("data: ") + 1 + 6, len(HELLO) - 5)
    assert told.first_output_at is not None


async def test_an_id_counts_once_its_event_is_complete():
    clock = Clock()
    async with opened(clock, [(1, b"id: 7\n" + HELLO), (1, b'id: 9\ndata: {"cho')]) as stream:
        await stream.result()
    assert stream.statistics.last_event_id == "7"


async def test_output_that_was_held_back_to_the_end_counts():
    clock = Clock()
    held = HELLO.replace(b"hello", b"<think").replace(b'"stop"', b"null")
    async with opened(clock, [(1, held), (2, b"")]) as stream:
        with pytest.raises(streamkit.TruncatedError):
            await stream.result()
    assert (stream.response.text, stream.statistics.first_output_at) == ("<think", 101.0)
    assert (stream.statistics.reads, stream.statistics.last_read_at) == (1, 101.0)


async def test_a_clock_may_begin_at_nought():
    clock = Clock()
    clock.now = 0.0
    async with opened(clock, [(0, HELLO), (5, HELLO * 3), (1, DONE)]) as stream:
        await stream.result()
    assert (stream.statistics.first_read_at, stream.statistics.first_output_at) == (0.0, 0.0)
    assert (stream.statistics.opened_at, stream.statistics.last_read_at) == (0.0, 6.0)
