"""The asynchronous face, on asyncio and trio. Time is a clock in the test's hand."""

import gc
import time

import anyio
import pytest

import streamkit
from streamkit.events import KeepAlive, StreamEnded, TextDelta
from streamkit.testing.grammar import check

pytestmark = pytest.mark.anyio


def chat(*texts, finish="stop", done=True):
    out = [
        b'data: {"id":"c1","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"content":"%s"},'
        b'"finish_reason":null}]}\n\n' % text.encode()
        for text in texts
    ]
    if finish:
        out.append(
            b'data: {"id":"c1","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{},'
            b'"finish_reason":"%s"}]}\n\n' % finish.encode()
        )
    if done:
        out.append(b"data: [DONE]\n\n")
    return out


class Source:
    """Chunks from a list; then end, an error, or silence for ever."""

    def __init__(self, chunks, *, after=None, hang=False):
        self.chunks = list(chunks)
        self.after = after
        self.hang = hang
        self.closed = 0

    def __aiter__(self):
        return self

    async def __anext__(self):
        await anyio.lowlevel.checkpoint()
        if self.chunks:
            return self.chunks.pop(0)
        if self.after is not None:
            raise self.after
        if self.hang:
            await anyio.sleep_forever()
        raise StopAsyncIteration

    async def aclose(self):
        self.closed += 1


async def test_events_one_by_one_and_the_result():
    source = Source(chat("a", "b"))
    async with streamkit.open_stream(source, "chat") as stream:
        events = [event async for event in stream]
        response = await stream.result()
    check(events)
    assert response.text == "ab"
    assert response == streamkit.Response.from_events(events)
    assert source.closed


async def test_both_faces_agree():
    chunks = chat("a", "b")
    async with streamkit.open_stream(Source(chunks), "chat") as stream:
        assert await stream.result() == streamkit.assemble(chunks, "chat")


async def test_result_alone_drains():
    async with streamkit.open_stream(Source(chat("a", "b")), "chat") as stream:
        assert (await stream.result()).text == "ab"
        assert (await stream.result()).text == "ab"


async def test_a_cut_stream_delivers_everything_then_raises():
    seen = []
    with pytest.raises(streamkit.TruncatedError) as caught:
        async with streamkit.open_stream(Source(chat("half", finish=None, done=False)), "chat") as stream:
            async for event in stream:
                seen.append(event)  # noqa: PERF401 - the loop raises, and what came before counts
    assert isinstance(seen[-1], StreamEnded)
    assert caught.value.partial.text == "half"
    assert stream.response.finish_reason == "truncated"


async def test_errors_as_events_are_not_raised():
    source = Source(chat("half", finish=None, done=False))
    async with streamkit.open_stream(source, "chat", on_error="event") as stream:
        response = await stream.result()
    assert response.errors[0].kind == "truncated"


async def test_a_broken_connection_is_a_transport_error_with_its_cause():
    cause = ConnectionResetError("gone")
    with pytest.raises(streamkit.TransportError) as caught:
        async with streamkit.open_stream(Source(chat("a", finish=None, done=False), after=cause), "chat") as stream:
            await stream.result()
    assert caught.value.__cause__ is cause
    assert caught.value.partial.text == "a"


async def test_a_connection_that_breaks_after_the_end_is_harmless_h16():
    async with streamkit.open_stream(Source(chat("a"), after=ConnectionResetError()), "chat") as stream:
        response = await stream.result()
    assert response.status == "completed"
    assert [quirk.id for quirk in response.quirks] == ["close_error"]


async def test_early_break_closes_the_source_h12():
    source = Source(chat("a", "b", "c"))
    async with streamkit.open_stream(source, "chat") as stream:
        async for event in stream:
            if isinstance(event, TextDelta):
                break
    assert source.closed
    assert stream.response.text == "a"
    assert stream.response.finish_reason == "cancelled"
    await stream.aclose()


async def test_cancellation_passes_through_and_closes_the_source_h12():
    source = Source(chat("a", finish=None, done=False), hang=True)
    with anyio.CancelScope() as scope:
        async with streamkit.open_stream(source, "chat") as stream:
            async for event in stream:
                if isinstance(event, TextDelta):
                    scope.cancel()
    assert scope.cancelled_caught
    assert source.closed
    assert (stream.response.text, stream.response.finish_reason) == ("a", "cancelled")


@pytest.mark.parametrize(
    ("limits", "phase"),
    [({"first": 0.02}, "first"), ({"first": None, "idle": 0.02}, "idle"), ({"total": 0.02}, "total")],
)
async def test_a_silent_socket_is_a_stall_h01_h06(limits, phase):
    chunks = [] if phase == "first" else chat("a", finish=None, done=False)
    source = Source(chunks, hang=True)
    with pytest.raises(streamkit.StallError) as caught:
        async with streamkit.open_stream(source, "chat", watchdog=streamkit.Watchdog(**limits)) as stream:
            await stream.result()
    assert caught.value.phase == phase
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.partial.text == ("" if phase == "first" else "a")
    assert source.closed


async def test_pings_keep_no_dead_model_alive_h02():
    class Pinging(Source):
        async def __anext__(self):
            await anyio.sleep(0.001)
            return self.chunks.pop(0) if self.chunks else b": ping\n\n"

    source = Pinging(chat("a", finish=None, done=False))
    with pytest.raises(streamkit.StallError) as caught:
        async with streamkit.open_stream(source, "chat", watchdog=streamkit.Watchdog(idle=5, progress=0.05)) as stream:
            events = [event async for event in stream]
            assert any(isinstance(event, KeepAlive) for event in events)
    assert caught.value.phase == "progress"


async def test_lingering_after_the_finish_is_a_harmless_end_h09():
    source = Source(chat("a", done=False), hang=True)
    async with streamkit.open_stream(source, "chat", watchdog=streamkit.Watchdog(linger=0.02)) as stream:
        response = await stream.result()
    assert (response.status, response.text, response.terminal_seen) == ("completed", "a", False)


async def test_a_slow_consumer_is_no_stall_h19():
    source = Source(chat("a", "b"))
    async with streamkit.open_stream(source, "chat", watchdog=streamkit.Watchdog(first=0.03, idle=0.03)) as stream:
        async for _ in stream:
            await anyio.sleep(0.02)
    assert stream.response.text == "ab"


async def test_own_push_and_async_stages_change_what_is_assembled():
    class Upper:
        handles = (TextDelta,)

        def feed(self, event):
            return (TextDelta(item_id=event.item_id, choice=event.choice, text=event.text.upper()),)

        def close(self):
            return ()

    ended = []

    async def exclaim(events):
        try:
            async for event in events:
                yield event
                if isinstance(event, TextDelta):
                    yield TextDelta(item_id=event.item_id, text="!")
        finally:
            ended.append(True)

    async with streamkit.open_stream(Source(chat("a", "b")), "chat", stages=[Upper(), exclaim]) as stream:
        events = [event async for event in stream]
    assert stream.response.text == "A!B!"
    check(events)
    assert ended == [True]


async def test_async_stages_see_the_end_of_a_broken_stream_too():
    async def same(events):
        async for event in events:
            yield event

    source = Source(chat("a", finish=None, done=False), after=OSError("gone"))
    with pytest.raises(streamkit.TransportError) as caught:
        async with streamkit.open_stream(source, "chat", stages=[same]) as stream:
            await stream.result()
    assert caught.value.partial.text == "a"


@pytest.mark.parametrize("kind", ["push", "async"])
async def test_a_failing_stage_of_the_users_raises_its_own_error_and_closes_the_source(kind):
    class Failing:
        def feed(self, _):
            raise RuntimeError("mine")

        def close(self):
            return ()

    ended = []

    async def failing(events):
        try:
            async for _ in events:
                raise RuntimeError("mine")
                yield
        finally:
            ended.append(True)

    source = Source(chat("a", "b"))
    with pytest.raises(RuntimeError, match="mine"):
        async with streamkit.open_stream(source, "chat", stages=[Failing() if kind == "push" else failing]) as stream:
            await stream.result()
    assert source.closed
    assert ended == ([True] if kind == "async" else [])


async def test_breaking_out_closes_async_stages():
    ended = []

    async def same(events):
        try:
            async for event in events:
                yield event
        finally:
            ended.append(True)

    async with streamkit.open_stream(Source(chat("a", "b")), "chat", stages=[same]) as stream:
        async for _ in stream:
            break
    assert ended == [True]
    gc.collect()


def until(kind, *, give=True):
    """An async stage that returns at the first event of this kind."""

    async def stage(events):
        async for event in events:
            if give:
                yield event
            if isinstance(event, kind):
                return

    return stage


async def same(events):
    async for event in events:
        yield event


@pytest.mark.parametrize("around", [(), (same,)])
@pytest.mark.parametrize("more", ["b", None])
async def test_what_a_stage_has_enough_of_was_not_cut_by_the_provider(around, more):
    """Whether more was to come or not, nobody read on."""
    wire = chat("a", more) if more else chat("a", finish=None, done=False)
    source = Source(wire)
    stages = [*around, until(TextDelta), *around]
    async with streamkit.open_stream(source, "chat", stages=stages) as stream:
        events = [event async for event in stream]
        response = await stream.result()
    assert (response.text, response.ending, response.status) == ("a", "cancelled", "cancelled")
    assert (response.errors, response.finish_reason) == ((), "cancelled")
    assert "terminal_missing" not in [quirk.id for quirk in response.quirks]
    assert isinstance(events[-1], StreamEnded)
    assert streamkit.Response.from_events(events) == response
    assert source.closed


async def test_a_stage_that_returns_behind_the_finish_leaves_an_answer():
    stages = [until(streamkit.ResponseFinished)]
    async with streamkit.open_stream(Source(chat("a", "b")), "chat", stages=stages) as stream:
        response = await stream.result()
    assert (response.text, response.ending, response.finish_reason) == ("ab", "completed", "stop")


async def test_a_stage_that_reads_to_the_end_of_a_cut_stream_does_not_hide_the_cut():
    source = Source(chat("a", finish=None, done=False))
    with pytest.raises(streamkit.TruncatedError):
        async with streamkit.open_stream(source, "chat", stages=[same, same]) as stream:
            await stream.result()
    assert stream.response.ending == "truncated"


async def test_an_error_that_a_stage_saw_before_it_returned_stays_one():
    wire = b'data: {"error":{"message":"slow down","code":"rate_limit_exceeded"}}\n\n'
    stages = [until(streamkit.ErrorReported)]
    with pytest.raises(streamkit.RateLimited):
        async with streamkit.open_stream(Source([wire]), "chat", stages=stages) as stream:
            await stream.result()


async def test_a_stage_that_gives_nothing_and_returns_is_told_so():
    stages = [until(TextDelta, give=False)]
    async with streamkit.open_stream(Source(chat("a")), "chat", stages=stages, on_error="event") as stream:
        response = await stream.result()
    assert [error.code for error in response.errors] == ["all_dropped"]


async def test_text_messages_are_frames_a30():
    class Socket(Source):
        pass

    messages = [
        '{"type":"response.created","response":{"id":"r1","model":"m"}}',
        '{"type":"response.output_item.added","output_index":0,"item":{"id":"m1","type":"message","content":[]}}',
        '{"type":"response.output_text.delta","output_index":0,"item_id":"m1","content_index":0,"delta":"hi"}',
    ]
    async with streamkit.open_stream(Socket(messages), "responses", on_error="event") as stream:
        response = await stream.result()
    assert (response.text, response.finish_reason) == ("hi", "truncated")


async def test_a_source_that_cannot_be_read_is_the_callers_fault():
    with pytest.raises(streamkit.UsageError, match="assemble"):
        streamkit.open_stream([b"x"], "chat")
    with pytest.raises(streamkit.UsageError):
        async with streamkit.open_stream(Source([7]), "chat") as stream:
            await stream.result()


async def test_a_limit_stops_reading_and_is_raised_after_delivery():
    source = Source(chat("abc", "defg", "h"))
    with pytest.raises(streamkit.LimitExceeded) as caught:
        async with streamkit.open_stream(source, "chat", limits=streamkit.Limits(text=5)) as stream:
            await stream.result()
    assert (caught.value.limit, caught.value.partial.text) == ("text", "abc")
    assert source.chunks


class FailsAtTheEnd:
    def feed(self, event):
        return (event,)

    def close(self):
        raise RuntimeError("mine")


async def fails_at_the_end(events):
    try:
        async for event in events:
            yield event
    finally:
        raise RuntimeError("mine")


@pytest.mark.parametrize("stage", [FailsAtTheEnd, lambda: fails_at_the_end])
async def test_a_stage_that_fails_when_it_is_left_leaves_no_connection_open(stage):
    source = Source(chat("a", "b"))
    stream = streamkit.open_stream(source, "chat", stages=[stage()])
    with pytest.raises(RuntimeError, match="mine"):
        async with stream:
            async for _ in stream:
                break
    assert source.closed
    assert stream.response.ending == "cancelled"


async def test_what_the_block_raises_counts_more_than_what_closing_raises():
    with pytest.raises(KeyError) as caught:
        async with streamkit.open_stream(Source(chat("a")), "chat", stages=[FailsAtTheEnd()]) as stream:
            async for _ in stream:
                raise KeyError
    assert "mine" in caught.value.__notes__[0]


async def events_and_failure(stream):
    events = []
    try:
        async for event in stream:
            events.append(event)  # noqa: PERF401 - the loop raises, and what came before counts
    except Exception as failure:  # noqa: BLE001 - this is what is looked at
        return events, failure
    return events, None


async def same(events):
    async for event in events:
        yield event


@pytest.mark.parametrize("size", [7, 1 << 20])
@pytest.mark.parametrize("others", [(), (same,)])
async def test_what_came_out_before_a_stage_failed_is_delivered(size, others):
    class Failing:
        count = 0

        def feed(self, event):
            self.count += 1
            if self.count == 4:
                raise RuntimeError("mine")
            return (event,)

        def close(self):
            return ()

    wire = b"".join(chat("a", "b", "c"))
    chunks = [wire[at : at + size] for at in range(0, len(wire), size)]
    for stages in ([Failing(), *others], [*others, Failing()]):
        source = Source(chunks)
        async with streamkit.open_stream(source, "chat", stages=stages) as stream:
            events, failure = await events_and_failure(stream)
        assert events == list(streamkit.iter_events(chunks, "chat"))[:3]
        assert str(failure) == "mine"
        assert source.closed


@pytest.mark.parametrize("stages", [(), (same,)])
async def test_what_a_source_raises_that_is_no_broken_connection_is_raised_as_it_is(stages):
    cause = ValueError("a mistake of the caller's")
    source = Source(chat("a", finish=None, done=False), after=cause)
    async with streamkit.open_stream(source, "chat", stages=stages) as stream:
        events, failure = await events_and_failure(stream)
    assert failure is cause
    assert (stream.response.text, events[-1].ending, source.closed > 0) == ("a", "cancelled", True)


LARGE = b": ping\n\n" * 100_000


@pytest.mark.parametrize("stages", [(), (same,)])
async def test_a_large_chunk_leaves_the_event_loop_its_turns_and_the_deadlines_their_force(stages):
    source = Source([LARGE])
    with pytest.raises(streamkit.StallError) as caught:
        async with streamkit.open_stream(
            source, "chat", stages=stages, watchdog=streamkit.Watchdog(total=0.02)
        ) as stream:
            await stream.result()
    assert caught.value.phase == "total"
    with anyio.move_on_after(0.02) as scope:
        async with streamkit.open_stream(Source([LARGE]), "chat", stages=stages) as stream:
            await stream.result()
    assert scope.cancelled_caught


async def test_a_large_chunk_gives_what_small_ones_give():
    wire = b"".join(chat(*["abc def"] * 2_000))
    async with streamkit.open_stream(Source([wire, b""]), "chat") as stream:
        assert [event async for event in stream] == list(streamkit.iter_events([wire], "chat"))


async def test_a_stage_that_raises_stop_async_iteration_does_not_look_like_the_end():
    class Stopping:
        def feed(self, event):
            if isinstance(event, TextDelta) and event.text == "b":
                raise StopAsyncIteration
            return (event,)

        def close(self):
            return ()

    for chunks, expected in ((chat("b"), []), (chat("a", "b"), ["a"]), ([b"".join(chat("a", "b"))], ["a"])):
        seen = []
        async with streamkit.open_stream(Source(chunks), "chat", stages=[Stopping()]) as stream:
            with pytest.raises(RuntimeError, match="StopAsyncIteration"):
                async for event in stream:
                    seen.append(event)  # noqa: PERF401 - the loop raises
        assert [event.text for event in seen if isinstance(event, TextDelta)] == expected


async def test_a_clock_that_runs_faster_than_the_loops_is_looked_at_at_every_read():
    now, pings = 0.0, 0

    async def pinging():
        nonlocal now, pings
        yield b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
        while pings < 50:
            now += 100
            pings += 1
            yield b": ping\n\n"

    dog = streamkit.Watchdog(progress=300, idle=None, clock=lambda: now)
    async with streamkit.open_stream(pinging(), "chat", watchdog=dog) as stream:
        with pytest.raises(streamkit.StallError) as caught:
            await stream.result()
    assert (caught.value.phase, pings) == ("progress", 3)


async def test_a_watchdog_with_a_clock_of_its_own_is_read_by_it():
    dog = streamkit.Watchdog(first=0.05, clock=lambda: time.monotonic() - 1e6)
    source = Source([], hang=True)
    with pytest.raises(streamkit.StallError) as caught, anyio.fail_after(20):
        async with streamkit.open_stream(source, "chat", watchdog=dog) as stream:
            await stream.result()
    assert caught.value.phase == "first"
    assert 0.05 <= caught.value.info.waited < 10
