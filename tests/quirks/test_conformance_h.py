"""Group H, time and connections: what the driver and the clocks must do, beside the watchdog's own tests."""

import asyncio

from piping import chat, chunk, response_of, seen, sse

import streamkit
from streamkit.events import TextDelta
from streamkit.stages.watchdog import Watchdog


def test_h04_bytes_count_as_life_although_they_are_no_event():
    now = 0.0
    dog = Watchdog(first=None, idle=120, progress=1000)
    dog.start(lambda: now)
    dog.feed(TextDelta(text="a"))
    dog.pulse(now)
    now = 100.0
    assert dog.deadline() == 120.0
    dog.pulse(now)  # half a comment line: nothing came out of the framing
    assert dog.deadline() == 220.0


def test_h10_a_cut_at_a_fixed_age_is_a_cut_like_any_other():
    response = response_of(sse(chunk(content="half")), "chat")
    assert (response.text, response.finish_reason, response.errors[0].code) == ("half", "truncated", "truncated")
    empty = response_of(b"", "chat")
    assert (empty.errors[0].code, empty.errors[0].retryable) == ("empty_stream", True)


def test_h13_what_stands_behind_the_end_marker_is_read_to_the_end_of_the_body():
    left = [chat("hi"), b": bye\n\n", b": bye again\n\n"]

    async def read():
        async def source():
            while left:
                yield left.pop(0)

        async with streamkit.open_stream(source(), "chat") as stream:
            return await stream.result()

    response = asyncio.run(read())
    assert (response.text, response.status, left) == ("hi", "completed", [])


def test_h13_an_end_that_never_comes_is_waited_for_a_bounded_time():
    closed = []

    async def read():
        async def source():
            try:
                yield chat("hi")
                await asyncio.sleep(3600)
            finally:
                closed.append(True)

        async with streamkit.open_stream(source(), "chat", watchdog=Watchdog(linger=0.05)) as stream:
            return await stream.result()

    response = asyncio.run(asyncio.wait_for(read(), 10))
    assert (response.status, response.terminal_seen, closed) == ("completed", True, [True])
    assert seen(response) == ["connection_left_open"]


def test_h17_clean_but_empty_is_no_error_and_has_a_flag():
    response = response_of(chat({"role": "assistant", "content": ""}), "chat")
    assert (response.status, response.finish_reason, response.text) == ("completed", "stop", "")
    assert (response.empty, response.errors, response.quirks) == (True, (), ())
    assert not response_of(chat("a"), "chat").empty
    assert not response_of(chat({"reasoning_content": "a"}), "chat").empty
    cut = response_of(sse(chunk(role="assistant", content="")), "chat")
    assert (cut.status, cut.errors[0].code) == ("failed", "no_terminal")
