import httpx
import pytest
from scripted_llm import PATHS, SCRIPTS, request_body

import streamkit

FINISH = {
    "chat": ("stop", "tool_calls"),
    "responses": ("completed", "completed"),
    "anthropic": ("end_turn", "tool_use"),
}

QUIRKS = {"chat": [], "responses": ["index_missing"], "anthropic": []}

pytestmark = pytest.mark.anyio

each_dialect = pytest.mark.parametrize("dialect", sorted(PATHS))
each_script = pytest.mark.parametrize("script", SCRIPTS.values(), ids=lambda script: script.name)


def said(response):
    calls = [(call.name, call.input, call.state) for call in response.tool_calls]
    return response.text, response.reasoning, response.refusal, calls


def scripted(script):
    return script.text, script.reasoning, "", [(name, arguments, "complete") for name, arguments in script.calls]


async def answer(base_url, dialect, script, **more):
    body = request_body(dialect, script, **more)
    async with streamkit.Client(base_url) as client, client.stream(dialect, json=body) as stream:
        return await stream.result()


@each_dialect
@each_script
async def test_what_was_scripted_arrives(base_url, dialect, script):
    response = await answer(base_url, dialect, script)
    assert said(response) == scripted(script)
    assert response.status == "completed"
    assert response.finish_reason == ("tool_calls" if script.calls else "stop")
    assert response.raw_finish_reason == FINISH[dialect][bool(script.calls)]
    assert response.usage.output_tokens == script.tokens
    assert response.usage.input_tokens > 0
    assert response.dropped_calls == ()
    assert response.errors == ()
    assert [quirk.id for quirk in response.quirks] == QUIRKS[dialect]
    assert len({call.call_id for call in response.tool_calls}) == len(script.calls)


@each_dialect
async def test_events_arrive_one_by_one_and_amount_to_the_response(base_url, dialect):
    script = SCRIPTS["everything"]
    body = request_body(dialect, script)
    async with streamkit.Client(base_url) as client, client.stream(dialect, json=body) as stream:
        events = [event async for event in stream]
        response = await stream.result()
    assert streamkit.Response.from_events(events) == response
    assert len([event for event in events if isinstance(event, streamkit.TextDelta)]) > 1
    ready = [event.call.name for event in events if isinstance(event, streamkit.ToolCallReady)]
    assert ready == [name for name, _ in script.calls]


@each_dialect
async def test_the_length_cap_is_told_in_every_dialect(base_url, dialect):
    script = SCRIPTS["text"]
    cap = {"chat": "max_tokens", "responses": "max_output_tokens", "anthropic": "max_tokens"}[dialect]
    response = await answer(base_url, dialect, script, **{cap: 5})
    assert response.text
    assert script.text.startswith(response.text)
    assert response.text != script.text


@each_dialect
async def test_an_early_break_leaves_the_server_usable(base_url, dialect):
    async with streamkit.Client(base_url) as client:
        for script in (SCRIPTS["everything"], SCRIPTS["reasoning"]):
            async with client.stream(dialect, json=request_body(dialect, script)) as stream:
                async for event in stream:
                    if isinstance(event, streamkit.ReasoningDelta):
                        break
        async with client.stream(dialect, json=request_body(dialect, SCRIPTS["text"])) as stream:
            response = await stream.result()
    assert response.text == SCRIPTS["text"].text


@each_dialect
async def test_a_body_read_elsewhere_is_recognised_without_a_name(base_url, dialect):
    script = SCRIPTS["everything"]
    async with httpx.AsyncClient(timeout=60) as http:
        answer = await http.post(base_url + PATHS[dialect], json=request_body(dialect, script))
    response = streamkit.assemble([answer.content])
    assert response.dialect == dialect
    assert said(response) == scripted(script)


@each_dialect
async def test_a_refused_request_is_a_provider_error(base_url, dialect):
    body = request_body(dialect, SCRIPTS["text"])
    body.pop("messages", None)
    body.pop("input", None)
    async with streamkit.Client(base_url) as client:
        with pytest.raises(streamkit.ProviderError) as caught:
            async with client.stream(dialect, json=body) as stream:
                await stream.result()
    assert caught.value.status in (400, 500)
    assert caught.value.info.message
