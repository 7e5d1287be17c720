import gzip

import pytest
from answers import error, frame
from asking import KEY, ask, hang, hello, text_of
from loopback import serving

from streamkit import (
    ContextTooLong,
    Entitlement,
    InvalidRequest,
    NoTerminalError,
    Overloaded,
    ProviderError,
    RateLimited,
    StreamError,
    Watchdog,
)
from streamkit.client import Client

pytestmark = pytest.mark.anyio


async def passing(events):
    async for event in events:
        yield event


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (400, error("bad", "invalid_value"), InvalidRequest, "invalid_value"),
        (400, error("prompt is too long: 9 tokens > 8 maximum", "x"), ContextTooLong, "context_overflow"),
        (401, error(f"Incorrect API key provided: {KEY}", "invalid_api_key"), Entitlement, "invalid_api_key"),
        (
            403,
            b'{"code":"no","error":"bad [WKE=unauthenticated:bad-credentials]"}',
            Entitlement,
            "unauthenticated:bad-credentials",
        ),
        (404, b'{"detail":"Not Found"}', InvalidRequest, ""),
        (429, error("slow down", "rate_limit_exceeded"), RateLimited, "rate_limit_exceeded"),
        (500, b"Internal Server Error", Overloaded, ""),
        (502, b"<html><title>502 Bad Gateway</title></html>", Overloaded, ""),
        (503, b"", Overloaded, ""),
        (
            529,
            b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
            Overloaded,
            "overloaded_error",
        ),
        (
            429,
            b'event: error\ndata: {"error":{"message":"slow","code":"rate_limit_exceeded"}}\n\n',
            RateLimited,
            "rate_limit_exceeded",
        ),
    ],
)
async def test_error_statuses_become_typed_errors(backend, status, body, kind, code):
    async def handler(connection):
        await connection.answer(status, body, {"retry-after": "7", "x-request-id": "r1"}, "application/json")

    async with serving(handler) as server:
        with pytest.raises(kind) as caught:
            await ask(server, backend=backend, headers={"Authorization": f"Bearer {KEY}"})
    found = caught.value
    assert (found.status, found.code, found.retry_after) == (status, code, 7.0)
    assert found.info.request_id == "r1"
    assert KEY not in repr(found.info)
    assert found.partial.status == "failed"


async def test_param_is_kept_and_gzip_errors_are_read(backend):
    async def handler(connection):
        await connection.answer(400, gzip.compress(error("bad", "x")), {"content-encoding": "gzip"}, "application/json")

    async with serving(handler) as server:
        with pytest.raises(InvalidRequest) as caught:
            await ask(server, backend=backend)
    assert (caught.value.param, caught.value.info.message) == ("input[0]", "bad")


async def test_an_error_body_that_breaks_off_does_not_hide_the_status(backend):
    async def handler(connection):
        await connection.head(500, {"content-length": "1000"})
        await connection.send(b"part")
        return False

    async with serving(handler) as server:
        with pytest.raises(Overloaded) as caught:
            await ask(server, backend=backend)
    assert (caught.value.status, caught.value.info.message) == (500, "part")


async def test_errors_as_events():
    async def handler(connection):
        await connection.answer(429, error("slow", "rate_limit_exceeded"))

    async with serving(handler) as server:
        response = await ask(server, on_error="event")
    assert (response.status, response.text) == ("failed", "")
    assert [e.code for e in response.errors] == ["rate_limit_exceeded"]


async def test_i20_missing_version_is_suspected():
    async def handler(connection):
        await connection.answer(404, b"404 page not found", kind="text/plain")

    async with serving(handler) as server:
        with pytest.raises(InvalidRequest) as caught:
            await ask(server, base="")
        assert "/v1" in caught.value.info.hint
        with pytest.raises(InvalidRequest) as caught:
            await ask(server, base="/v1")
        assert "/v1" not in caught.value.info.hint


async def test_own_secrets_are_masked_in_band():
    async def handler(connection):
        await connection.answer(body=frame({"error": {"message": "bad key opaque-credential", "code": "x"}}))

    async with serving(handler) as server:
        with pytest.raises(ProviderError) as caught:
            await ask(server, headers={"Authorization": "Bearer opaque-credential"})
    assert "opaque" not in repr(caught.value.info)
    assert caught.value.info.message == "bad key ***"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/html", b"<html><title>no account for opaque-credential</title></html>"),
        ("text/plain", b"bad key opaque-credential"),
        ("text/event-stream", b"bad key opaque-credential\n\n"),
        ("text/event-stream", frame({"error": {"message": "m", "param": "opaque-credential"}})),
        ("text/event-stream", frame({"surprise": "opaque-credential"})),
    ],
)
@pytest.mark.parametrize("stages", [(), (passing,)])
async def test_own_secrets_are_masked_in_what_is_no_answer(backend, content_type, body, stages):
    async def handler(connection):
        await connection.answer(body=body, kind=content_type)

    headers = {"Authorization": "Bearer opaque-credential"}
    async with serving(handler) as server:
        with pytest.raises(StreamError) as caught:
            await ask(server, backend=backend, headers=headers, stages=stages)
        response = await ask(server, backend=backend, headers=headers, stages=stages, on_error="event")
    assert "opaque" not in repr(caught.value.info) + str(caught.value) + repr(response.errors)


async def test_a_stall_before_the_headers_ends_as_one(backend):
    async with serving(hang) as server:
        response = await ask(server, backend=backend, watchdog=Watchdog(first=0.05), on_error="event")
    assert (response.ending, response.errors[0].code) == ("stalled", "ttfb_timeout")


async def test_events_may_be_asked_for_behind_the_result(backend):
    async with (
        serving(hello()) as server,
        Client(server.url + "/v1", backend=backend) as client,
        client.stream("chat", json={}) as stream,
    ):
        assert (await stream.result()).text == "Hello"
        assert [event async for event in stream] == []


async def test_statuses_that_are_neither_answers_nor_errors(backend):
    async with serving(lambda c: c.answer(304)) as server:
        with pytest.raises(ProviderError) as caught:
            await ask(server, backend=backend, retries=2)
    assert (caught.value.status, caught.value.code, caught.value.retryable) == (304, "unexpected_status", False)
    assert caught.value.info.message == "HTTP 304 Not Modified, without a message"
    assert len(server.requests) == 1


async def test_a_redirect_to_nowhere_is_told_with_its_status(backend):
    async with serving(lambda c: c.answer(307)) as server:
        with pytest.raises(ProviderError) as caught:
            await ask(server, backend=backend)
    assert caught.value.info.message == "HTTP 307 Temporary Redirect, without a message"
    assert "without saying where to" in caught.value.info.hint


async def test_g16_an_empty_body(backend):
    async with serving(lambda c: c.answer(200)) as server:
        with pytest.raises(NoTerminalError):
            await ask(server, backend=backend)


async def test_g19_nothing_but_a_status_from_a_host_that_means_overflow(backend):
    async with serving(lambda c: c.answer(400)) as proxy:
        with pytest.raises(ContextTooLong):
            await text_of(Client("http://api.cerebras.ai/v1", backend=backend, proxy=proxy.url))


async def test_secrets_in_the_address_are_masked():
    async def handler(connection):
        await connection.answer(400, b'{"error":{"message":"bad key opaque-value"}}', kind="application/json")

    async with serving(handler) as server:
        with pytest.raises(InvalidRequest) as caught:
            await ask(server, path="/x?key=opaque-value")
    assert caught.value.info.message == "bad key ***"
