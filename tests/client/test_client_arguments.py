"""What callers give the client: options that reach the engine, and mistakes that are told before anything is sent."""

import json
import sys

import httpx
import pytest
from answers import DONE, chunk, error
from asking import ask, hang, hello
from loopback import serving

import streamkit
from streamkit import Profile, RateLimited, StallError, TransportError, UsageError, Watchdog
from streamkit.client import Client
from streamkit.client.libraries import check_client

pytestmark = pytest.mark.anyio
ADDRESS = "http://127.0.0.1:1/v1"


class Shout:
    handles = (streamkit.TextDelta,)

    def feed(self, event):
        yield streamkit.TextDelta(item_id=event.item_id, choice=event.choice, text=event.text.upper())

    def close(self):
        return ()


async def shouting(events):
    async for event in events:
        yield event


async def test_the_profile_and_the_tools_reach_the_engine(backend):
    leak = chunk('Look:\n<tool_call>{"name": "read_tide", "arguments": {"harbour": "Dover"}}</tool_call>')
    body = leak + chunk(finish="stop") + DONE

    async def handler(connection):
        await connection.answer(body=body)

    known = {"profile": Profile(recover_calls=True), "tools": {"read_tide"}}
    async with serving(handler) as server, Client(server.url, backend=backend) as client:
        async with client.stream("chat", json={}, **known) as stream:
            response = await stream.result()
        async with client.stream("chat", json={}) as stream:
            untold = await stream.result()
    assert [(call.name, call.input) for call in response.tool_calls] == [("read_tide", {"harbour": "Dover"})]
    assert untold.tool_calls == ()


async def test_each_attempt_has_the_profile(backend):
    async def busy(connection):
        await connection.answer(503, error("busy", "overloaded"), {"retry-after": "0"}, "application/json")

    async def answer(connection):
        await connection.answer(body=chunk("hm</think>Hello") + chunk(finish="stop") + DONE)

    profile = Profile(starts_in_think=True)
    async with (
        serving(busy, answer) as server,
        Client(server.url, backend=backend) as client,
        client.stream("chat", json={}, profile=profile) as stream,
    ):
        response = await stream.result()
    assert (response.reasoning, response.text) == ("hm", "Hello")
    assert stream.statistics.attempts == 2


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ({"watchdog": 30}, "watchdog=30 is not allowed: a Watchdog"),
        ({"watchdog": Watchdog}, "a Watchdog"),
        ({"limits": {}}, "limits={} is not allowed: a Limits"),
        ({"headers": [("a", "b")]}, "`headers` must be a mapping of names to values, not list"),
        ({"proxy": 8080}, "`proxy` must be a string, not int"),
        ({"proxy": "localhost:8080"}, "'localhost:8080' is no address of a proxy"),
        ({"proxy": "http://127.0.0.1:99999"}, "is no address of a proxy"),
        ({"http_client": "x"}, "`http_client` must be an AsyncClient of httpx or a session of aiohttp, not str"),
        ({"http_client": httpx.AsyncClient}, "not the class AsyncClient"),
        ({"transport": object()}, "`transport` must be an asynchronous transport of httpx, not object"),
        ({"transport": httpx.AsyncHTTPTransport}, "not the class AsyncHTTPTransport"),
    ],
)
def test_a_client_of_wrong_parts_is_not_made(option, told):
    with pytest.raises(UsageError) as caught:
        Client(ADDRESS, **option)
    assert told in str(caught.value)


def test_a_backend_that_is_not_installed_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    with pytest.raises(UsageError, match=r"streamkit-llm\[aiohttp\]"):
        Client(ADDRESS, backend="aiohttp")


def test_synchronous_clients_and_transports_are_not_taken():
    with httpx.Client() as client, pytest.raises(UsageError, match="synchronous, a Client: an AsyncClient is needed"):
        Client(ADDRESS, http_client=client)
    with httpx.HTTPTransport() as transport, pytest.raises(UsageError, match="not HTTPTransport"):
        Client(ADDRESS, transport=transport)


def test_a_secret_in_a_proxys_address_is_not_shown():
    with pytest.raises(UsageError) as caught:
        Client(ADDRESS, proxy="http://user:pw123456@")
    assert "pw123456" not in str(caught.value)


def test_a_session_of_a_class_of_its_own_is_aiohttps():
    session = type("CachedSession", (type("ClientSession", (), {"__module__": "aiohttp.client"}),), {})
    check_client(session())


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ({"watchdog": 5}, "watchdog=5 is not allowed"),
        ({"strict": "yes"}, "strict='yes' is not allowed"),
        ({"on_error": "ignore"}, "on_error='ignore' is not allowed"),
        ({"tools": "look"}, "tools='look' is not allowed"),
        ({"profile": {}}, "profile={} is not allowed"),
        ({"path": 5}, "`path` must be a string, not int"),
        ({"dialect": 5}, "dialect=5 is not allowed"),
        ({"headers": ["a"]}, "`headers` must be a mapping"),
        ({"stages": None}, "stages=None is not allowed"),
        ({"stages": [object()]}, "is no stage"),
        ({"stages": Shout()}, "put this one into a list"),
        ({"stages": Shout}, "put this one into a list"),
        ({"stages": shouting}, "put this one into a list"),
        ({"json": json.dumps({"a": 1})}, "`json` must be the body itself, such as a dict, not str"),
        ({"json": b"{}"}, "not bytes"),
    ],
)
def test_a_request_of_wrong_parts_is_not_sent(option, told):
    client = Client(ADDRESS)
    with pytest.raises(UsageError) as caught:
        client.stream(**({"dialect": "chat", "json": {}} | option))
    assert told in str(caught.value)


@pytest.mark.parametrize("made", [None, Shout(), [object()]])
async def test_a_maker_of_stages_that_makes_none_is_told_so_before_the_request_is_sent(backend, made):
    async with serving(hello()) as server:
        with pytest.raises(UsageError, match=r"is not allowed: a list of stages|is no stage"):
            await ask(server, backend=backend, stages=lambda: made)
    assert server.requests == []


async def test_stages_that_come_from_a_generator_are_all_used(backend):
    async with serving(hello()) as server:
        response = await ask(server, backend=backend, stages=(stage for stage in [Shout()]))
    assert response.text == "HELLO"


async def test_an_error_before_the_stream_is_told_once(backend):
    async def busy(connection):
        await connection.answer(429, error("slow down", "rate_limit_exceeded"), {}, "application/json")

    async with serving(busy) as server:
        with pytest.raises(RateLimited) as caught:
            await ask(server, backend=backend)
    assert caught.value.__cause__ is None
    assert caught.value.partial.status == "failed"


async def test_the_cause_of_a_broken_connection_is_the_librarys_own(backend):
    async with Client(ADDRESS, backend=backend, retries=0) as client, client.stream("chat", json={}) as stream:
        with pytest.raises(TransportError) as caught:
            await stream.result()
    assert type(caught.value.__cause__).__module__.partition(".")[0] == backend


async def test_a_stall_before_the_headers_says_which_limit_it_was(backend):
    async with serving(hang) as server:
        with pytest.raises(
            StallError, match=r"no headers came for 0\.1 s \(limit first=0\.1 s\): .*Watchdog\(first=…\)"
        ):
            await ask(server, backend=backend, watchdog=Watchdog(first=0.1))


async def test_a_library_that_would_not_help_is_not_recommended(backend):
    async with serving(hello(headers={"content-encoding": "snappy"})) as server:
        with pytest.raises(streamkit.WireError) as caught:
            await ask(server, backend=backend)
    assert caught.value.info.hint == "keep the server, or what stands in between, from compressing"
