"""Reads under a deadline: on plain asyncio, and on trio. Deadlines lie in the past, or so near that no test waits."""

import asyncio
import functools

import anyio
import pytest
import trio

import streamkit
from streamkit.deadlines import ScopeGuard, TimerGuard, asyncio_loop, guard_for, loop_clock
from streamkit.session import Expired

STEP = 0.001
"""Seconds: how often a timer looks at the clock."""


def on_asyncio(test):
    """Run under `asyncio.run`, with no anyio around it."""

    @functools.wraps(test)
    def run(**given):
        asyncio.run(test(**given))

    return run


def on_trio(test):
    @functools.wraps(test)
    def run():
        trio.run(test)

    return run


def guard(when, step=STEP):
    """A guard of the running loop, with a deadline that many seconds from now (None: never)."""
    clock = loop_clock()
    now = clock()
    return guard_for(lambda: None if when is None else now + when, clock, step)


async def wait(guard, read):
    with guard:
        return await read()


async def give(value):
    return value


# asyncio


@on_asyncio
async def test_a_read_in_time_gives_its_result():
    each = guard(3600)
    assert isinstance(each, TimerGuard)
    assert [await wait(each, functools.partial(give, value)) for value in "abc"] == ["a", "b", "c"]
    each.disarm()


@on_asyncio
async def test_a_silent_read_expires_and_is_cancelled():
    each = guard(STEP)
    cancelled = []

    async def silent():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    with pytest.raises(Expired):
        await wait(each, silent)
    assert cancelled == [True]
    assert asyncio.current_task().cancelling() == 0, "the task itself is not cancelled"
    await asyncio.sleep(0)


@on_asyncio
async def test_one_timer_serves_all_reads_until_it_is_disarmed():
    loop = asyncio.get_running_loop()
    made = []
    call_at = loop.call_at
    loop.call_at = lambda *args: made.append(args) or call_at(*args)
    each = guard(3600, step=3600)
    for _ in range(100):
        await wait(each, lambda: give(1))
    assert len(made) == 1
    each.disarm()
    each.disarm()
    assert not [handle for handle in loop._scheduled if not handle.cancelled()]


@on_asyncio
async def test_the_timer_is_armed_again_while_the_deadline_is_not_reached():
    ticks = iter(range(100))
    looked = []

    def clock():
        looked.append(next(ticks))
        return looked[-1]

    with pytest.raises(Expired):
        await wait(guard_for(lambda: 10, clock, STEP), lambda: asyncio.Event().wait())
    # once to begin with, at both ends of the read, to arm it five times, when it fired five times: four times too early
    assert looked == list(range(13))


@pytest.mark.parametrize("far", [None, 3600])
@on_asyncio
async def test_a_deadline_that_appears_or_moves_closer_is_seen_within_a_step(far):
    clock = loop_clock()
    moving = [None if far is None else clock() + far]
    each = guard_for(lambda: moving[0], clock, STEP)

    async def silent():
        moving[0] = clock() - 1
        await asyncio.Event().wait()

    with pytest.raises(Expired):
        async with asyncio.timeout(60):
            await wait(each, silent)


@on_asyncio
async def test_a_timer_between_two_reads_cancels_nothing():
    each = guard(0)
    await wait(each, lambda: give(1))
    while each._handle is not None:  # noqa: ASYNC110 - the deadline has passed: the timer fires in one of the next rounds
        await asyncio.sleep(0)
    assert asyncio.current_task().cancelling() == 0
    with pytest.raises(Expired):  # who waits next is told
        await wait(each, lambda: asyncio.Event().wait())


@on_asyncio
async def test_cancellation_from_outside_is_no_expiry():
    each = guard(3600)
    task = asyncio.ensure_future(wait(each, lambda: asyncio.Event().wait()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    each.disarm()


@on_asyncio
async def test_cancellation_from_outside_wins_over_an_expiry_at_the_same_time():
    each = guard(3600)
    task = asyncio.ensure_future(wait(each, lambda: asyncio.Event().wait()))
    await asyncio.sleep(0)
    task.cancel()
    each._expired = True
    task.cancel()  # as the timer would
    with pytest.raises(asyncio.CancelledError):
        await task
    each.disarm()


@on_asyncio
async def test_what_the_read_raises_passes_through():
    each = guard(3600)

    async def broken():
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await wait(each, broken)
    each.disarm()


@on_asyncio
async def test_it_stands_inside_a_timeout_of_the_callers():
    """`asyncio.timeout` around a stalled read: the outer one is earlier, and it is the one that is raised."""
    each = guard(3600)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(STEP):
            await wait(each, lambda: asyncio.Event().wait())
    each.disarm()


# trio


@on_trio
async def test_on_trio_a_read_in_time_gives_its_result():
    each = guard(3600)
    assert isinstance(each, ScopeGuard)
    assert await wait(each, lambda: give("a")) == "a"
    each.disarm()


@on_trio
async def test_on_trio_a_silent_read_expires():
    with pytest.raises(Expired):
        await wait(guard(STEP), trio.sleep_forever)


@on_trio
async def test_on_trio_a_deadline_in_the_past_expires_at_once():
    with pytest.raises(Expired):
        await wait(guard(-1), trio.sleep_forever)


@on_trio
async def test_on_trio_no_deadline_waits():
    assert await wait(guard(None), lambda: give("a")) == "a"


@on_trio
async def test_on_trio_cancellation_from_outside_is_no_expiry():
    with trio.move_on_after(STEP) as scope:
        await wait(guard(3600), trio.sleep_forever)
    assert scope.cancelled_caught


# whole streams


class Silent:
    """Says one thing, then nothing for ever."""

    def __init__(self, sleep_forever):
        self.first = (
            b'data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
        )
        self.sleep_forever = sleep_forever
        self.closed = False

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.first:
            first, self.first = self.first, b""
            return first
        await self.sleep_forever()
        raise AssertionError("slept for ever, and woke up")

    async def aclose(self):
        self.closed = True


async def stalled(source):
    watchdog = streamkit.Watchdog(first=None, idle=0.01, progress=None)
    with pytest.raises(streamkit.StallError) as caught:
        async with streamkit.open_stream(source, "chat", watchdog=watchdog) as stream:
            await stream.result()
    assert (caught.value.phase, caught.value.partial.text) == ("idle", "a")
    assert caught.value.waited >= 0.01
    assert source.closed


@on_asyncio
async def test_a_watchdog_under_asyncio_run_alone():
    await stalled(Silent(lambda: asyncio.Event().wait()))
    assert asyncio.current_task().cancelling() == 0
    loop = asyncio.get_running_loop()
    assert not [handle for handle in loop._scheduled if not handle.cancelled()], "no timer is left behind"


@on_trio
async def test_a_watchdog_under_trio_run_alone():
    await stalled(Silent(trio.sleep_forever))


@on_asyncio
async def test_a_cancelled_task_is_cancelled_and_not_stalled():
    source = Silent(lambda: asyncio.Event().wait())
    seen = asyncio.Event()
    responses = []

    async def reading():
        async with streamkit.open_stream(source, "chat", watchdog=streamkit.Watchdog(idle=3600)) as stream:
            try:
                async for event in stream:
                    if isinstance(event, streamkit.TextDelta):
                        seen.set()
            finally:
                responses.append(stream.response)

    task = asyncio.ensure_future(reading())
    await seen.wait()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert source.closed
    assert (responses[0].text, responses[0].finish_reason) == ("a", "cancelled")


@on_asyncio
async def test_a_cancel_scope_of_anyio_outside_is_no_stall():
    source = Silent(anyio.sleep_forever)
    with anyio.move_on_after(0.01) as scope:
        async with streamkit.open_stream(source, "chat", watchdog=streamkit.Watchdog(idle=3600)) as stream:
            await stream.result()
    assert scope.cancelled_caught
    assert source.closed


def test_trio_as_a_guest_of_asyncio_is_trio():
    async def host():
        loop, done = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()
        assert asyncio_loop() is loop
        trio.lowlevel.start_guest_run(
            guest, run_sync_soon_threadsafe=loop.call_soon_threadsafe, done_callback=done.set_result
        )
        return (await done).unwrap()

    async def guest():
        assert asyncio_loop() is None
        with pytest.raises(Expired), guard(0):
            await trio.sleep_forever()
        return "expired"

    assert asyncio.run(host()) == "expired"
