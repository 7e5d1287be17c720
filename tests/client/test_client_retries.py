import logging

import anyio
import pytest
import stamina
from answers import AGAIN, HELLO, chunk, error, frame
from loopback import serving

from streamkit import (
    KeepAlive,
    Overloaded,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    ResponseStarted,
    StallError,
    StreamEnded,
    TextDelta,
    TransportError,
    UsageError,
    Watchdog,
)
from streamkit.client import Client, Retries
from streamkit.client.retrying import worth_another_try
from streamkit.errors import ErrorInfo

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("seconds", [-1, float("nan"), "1", None, True])
@pytest.mark.parametrize("name", ["first_wait", "longest_wait", "jitter", "longest_retry_after"])
def test_a_wait_is_a_number_of_seconds(name, seconds):
    with pytest.raises(UsageError, match=name):
        Retries(**{name: seconds})


AT_ONCE = Retries(count=2, first_wait=0, jitter=0)


async def fine(connection):
    await connection.answer(body=HELLO)


def refusing(status, body=b"", headers=None):
    async def handler(connection):
        await connection.answer(status, body, headers, "application/json")

    return handler


def sending(data):
    async def handler(connection):
        await connection.head(headers={"connection": "close"})
        await connection.chunk(data)
        return False

    return handler


def saying(data):
    async def handler(connection):
        await connection.answer(body=data)

    return handler


async def silent(connection):
    await connection.head()
    await connection.until_closed()
    return False


async def events_of(server, **options):
    asked = {name: options.pop(name) for name in ("stages", "on_error") if name in options}
    options.setdefault("retries", AT_ONCE)
    async with Client(server.url + "/v1", **options) as client, client.stream("chat", json={}, **asked) as stream:
        return [event async for event in stream], stream


@pytest.mark.parametrize(
    "first",
    [
        refusing(429, error("slow", "rate_limit_exceeded")),
        refusing(500),
        refusing(503, b"<html>"),
        refusing(408),
        refusing(409),
        refusing(529),
        sending(b""),
        sending(b": ping\n\n"),
        sending(frame({"error": {"message": "Overloaded", "code": "overloaded_error"}})),
        sending(frame({"error": {"message": "odd"}})),
    ],
)
async def test_h14_another_attempt_while_nothing_was_delivered(backend, first):
    async with serving(first, fine) as server:
        events, stream = await events_of(server, backend=backend)
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == "Hello"
    assert sum(isinstance(e, ResponseStarted) for e in events) == 1
    assert sum(isinstance(e, StreamEnded) for e in events) == 1
    assert not any(isinstance(e, KeepAlive) for e in events)
    assert (len(server.requests), stream.statistics.attempts) == (2, 2)
    assert not stream.response.errors


async def test_h14_a_broken_connection_before_the_headers(backend):
    async def gone(_):
        return False

    async with serving(gone, fine) as server:
        events, _ = await events_of(server, backend=backend)
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == "Hello"


async def test_h15_a_silent_attempt_is_closed_and_its_watchdog_with_it(backend):
    async with serving(silent, silent, fine) as server:
        _, stream = await events_of(server, backend=backend, watchdog=Watchdog(first=0.4, idle=60))
        with anyio.fail_after(1):
            await server.closed.wait()
    assert stream.response.text == "Hello"
    assert len(server.requests) == 3


async def test_h14_no_attempt_after_delivery(backend):
    async with serving(sending(chunk("Hel")), fine) as server:
        with pytest.raises(TransportError) as caught:
            await events_of(server, backend=backend)
    assert caught.value.partial.text == "Hel"
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        (refusing(400, error("bad", "invalid_value")), ProviderError),
        (refusing(401), ProviderError),
        (refusing(429, error("x", "insufficient_quota")), QuotaExceeded),
        (refusing(500, b"", {"x-should-retry": "false"}), Overloaded),
        (refusing(429, b"", {"retry-after": "3600"}), RateLimited),
        (saying(frame({"error": {"message": "no", "code": "invalid_prompt"}})), ProviderError),
    ],
)
async def test_errors_that_another_attempt_does_not_cure(backend, handler, kind):
    async with serving(handler, fine) as server:
        with pytest.raises(kind):
            await events_of(server, backend=backend)
    assert len(server.requests) == 1


async def test_attempts_run_out(backend):
    async with serving(refusing(503, error("x", "server_error"))) as server:
        with pytest.raises(Overloaded) as caught:
            await events_of(server, backend=backend)
    assert len(server.requests) == 3
    assert caught.value.partial is not None


async def test_the_last_silent_attempt_is_told(backend):
    async with serving(silent) as server:
        with pytest.raises(StallError):
            await events_of(
                server, backend=backend, watchdog=Watchdog(first=0.4), retries=Retries(count=1, first_wait=0, jitter=0)
            )
    assert len(server.requests) == 2


async def test_retries_zero_switches_them_off(backend):
    async with serving(refusing(500), fine) as server:
        with pytest.raises(Overloaded):
            await events_of(server, backend=backend, retries=0)
    assert len(server.requests) == 1


async def test_retry_after_is_obeyed(backend):
    async with serving(refusing(429, b"", {"retry-after-ms": "300"}), fine) as server:
        began = anyio.current_time()
        await events_of(server, backend=backend)
        waited = anyio.current_time() - began
    assert 0.3 <= waited < 5


async def test_without_retries_nothing_is_held_back():
    async with serving(silent) as server:
        events, stream = await events_of(server, retries=0, watchdog=Watchdog(first=0.2), on_error="event")
    assert isinstance(events[-1], StreamEnded)
    assert stream.response.errors[0].kind == "stall"


class Counting:
    def __init__(self):
        self.seen = []

    def feed(self, event):
        self.seen.append(event)
        return (event,)

    def close(self):
        return ()


async def test_stage_objects_serve_one_answer_only(backend):
    stage = Counting()
    async with serving(refusing(500), sending(b": x\n\n"), fine) as server:
        with pytest.raises(TransportError):
            await events_of(server, backend=backend, stages=[stage])
    assert len(server.requests) == 2


async def test_stages_made_by_a_function_are_fresh(backend):
    made = []

    def stages():
        made.append(Counting())
        return made[-1:]

    async with serving(sending(b": x\n\n"), fine) as server:
        await events_of(server, backend=backend, stages=stages)
    assert len(made) == 2
    assert "".join(e.text for e in made[1].seen if isinstance(e, TextDelta)) == "Hello"
    assert not any(isinstance(e, TextDelta) for e in made[0].seen)


async def test_result_alone_passes_the_fence(backend):
    async with serving(sending(b""), lambda c: c.answer(body=AGAIN)) as server:
        client = Client(server.url + "/v1", retries=AT_ONCE, backend=backend)
        assert (await client.stream("chat", json={}).result()).text == "Again"
        await client.aclose()


async def test_errors_as_events_after_all_attempts(backend):
    async with serving(refusing(500)) as server:
        events, stream = await events_of(server, backend=backend, on_error="event")
    assert isinstance(events[-1], StreamEnded)
    assert stream.response.status == "failed"
    assert len(server.requests) == 3


async def test_stamina_can_be_switched_off_by_the_application():
    async with serving(refusing(500), fine) as server:
        stamina.set_active(False)
        try:
            with pytest.raises(Overloaded):
                await events_of(server)
        finally:
            stamina.set_active(True)
    assert len(server.requests) == 1


async def test_an_abandoned_attempt_is_told_even_if_stamina_gives_up():
    async with serving(
        sending(frame({"error": {"message": "Overloaded", "code": "overloaded_error"}})), fine
    ) as server:
        with stamina.set_testing(True, attempts=1), pytest.raises(Overloaded):
            await events_of(server)
    assert len(server.requests) == 1


async def test_retries_are_logged_and_nothing_is_printed(capsys, caplog):
    with caplog.at_level(logging.INFO, "streamkit"):
        async with serving(refusing(500), fine) as server:
            await events_of(server)
    assert [(r.message, r.attempt, r.status) for r in caplog.records if r.name == "streamkit"] == [("retrying", 1, 500)]
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "")


async def test_other_peoples_retry_hooks_stay():
    told = []
    before = stamina.instrumentation.get_on_retry_hooks()
    stamina.instrumentation.set_on_retry_hooks([told.append])
    try:
        async with serving(refusing(500), fine) as server:
            await events_of(server)
        assert told == []
        for attempt in stamina.retry_context(on=ValueError, attempts=2, wait_max=0, wait_jitter=0, wait_initial=0):
            with attempt:
                if attempt.num == 1:
                    raise ValueError
        assert len(told) == 1
    finally:
        stamina.instrumentation.set_on_retry_hooks(before)


@pytest.mark.parametrize(
    ("info", "verdict"),
    [
        (ErrorInfo(kind="provider", message="m"), True),
        (ErrorInfo(kind="provider", message="m", retryable=False), False),
        (ErrorInfo(kind="stall", message="m", phase="first"), True),
        (ErrorInfo(kind="stall", message="m", phase="idle"), False),
        (ErrorInfo(kind="transport", message="m", retryable=True), True),
        (ErrorInfo(kind="transport", message="m", retryable=False), False),
        (ErrorInfo(kind="truncated", message="m", code="empty_stream"), True),
        (ErrorInfo(kind="wire", message="m"), False),
        (ErrorInfo(kind="limit", message="m"), False),
    ],
)
def test_g24_what_is_worth_another_try(info, verdict):
    assert worth_another_try(info) is verdict
