"""Group C, endings and token counts: silent cases, notes on the whole answer, and what a profile adds."""

import asyncio

import pytest
from piping import chat, chunk, events_of, named, response_of, seen, sse

import streamkit
from streamkit.events import UsageReported
from streamkit.profile import Profile

CREATED = {"type": "response.created", "response": {"id": "r"}}


def done(index, item):
    return {"type": "response.output_item.done", "output_index": index, "item": item}


@pytest.mark.parametrize(
    ("inner", "status", "finish"),
    [
        ({"status": "completed"}, "completed", "stop"),
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "incomplete", "length"),
        ({"status": "failed", "error": {"code": "server_error", "message": "boom"}}, "failed", "error"),
        ({"status": "cancelled"}, "cancelled", "cancelled"),
    ],
)
def test_c04_response_done_is_another_name_and_its_status_decides(inner, status, finish):
    item = {"id": "m", "type": "message", "content": [{"type": "output_text", "text": "hi"}]}
    begun = {"type": "response.output_item.added", "output_index": 0, "item": {**item, "content": []}}
    last = {"type": "response.done", "response": {"id": "r", "output": [item], **inner}}
    response = response_of(named(CREATED, begun, done(0, item), last), "responses")
    assert (response.text, response.status, response.finish_reason) == ("hi", status, finish)
    assert response.terminal_seen
    assert set(seen(response)) <= {"done_fills"}


def test_c06_items_at_the_servers_side_never_decide_completion():
    search = {"id": "ws", "type": "web_search_call", "status": "in_progress"}
    item = {"id": "m", "type": "message", "content": [{"type": "output_text", "text": "hi"}]}
    data = named(
        CREATED,
        {"type": "response.output_item.added", "output_index": 0, "item": search},
        {"type": "response.output_item.added", "output_index": 1, "item": {**item, "content": []}},
        {"type": "response.output_text.delta", "output_index": 1, "item_id": "m", "delta": "hi"},
        done(1, item),
        {"type": "response.completed", "response": {"id": "r", "status": "completed", "output": [search, item]}},
    )
    response = response_of(data, "responses")
    assert (response.status, response.finish_reason, response.tool_calls) == ("completed", "stop", ())
    assert response.quirks == ()


def test_c07_reasoning_alone_needs_a_continuation():
    thought = {"id": "rs", "type": "reasoning", "summary": [], "encrypted_content": "gAAA"}
    begun = {"type": "response.output_item.added", "output_index": 0, "item": thought}
    last = {"type": "response.completed", "response": {"id": "r", "status": "completed", "output": [thought]}}
    response = response_of(named(CREATED, begun, done(0, thought), last), "responses")
    assert (response.text, response.finish_reason, seen(response)) == ("", "stop", ["reasoning_only"])
    assert response.needs_continuation
    assert response.items[0].signature == "gAAA"


def test_c07_reasoning_is_never_promoted_and_an_answer_needs_no_continuation():
    alone = response_of(chat({"reasoning_content": "so 4"}), "chat")
    assert (alone.text, alone.reasoning, alone.needs_continuation) == ("", "so 4", True)
    answered = response_of(chat({"reasoning_content": "so 4"}, "4"), "chat")
    assert (answered.text, answered.needs_continuation, answered.quirks) == ("4", False, ())


def test_c32_no_usage_was_asked_for_and_none_is_made_up():
    response = response_of(chat("hi"), "chat")
    assert (response.usage, response.quirks) == (None, ())
    assert not any(isinstance(event, UsageReported) for event in events_of(chat("hi"), "chat"))


def test_c33_a_profile_knows_the_providers_own_end_marker():
    flag = {"choices": [], "lastOne": True}
    profile = Profile(terminal_flag="lastOne")
    finished = response_of(sse(chunk(content="a"), chunk("stop"), flag), "chat", profile)
    assert (finished.finish_reason, finished.terminal_seen, finished.quirks) == ("stop", True, ())
    silent = response_of(sse(chunk(content="a"), flag), "chat", profile)
    assert (silent.finish_reason, seen(silent)) == ("stop", ["finish_inferred"])
    unknown = response_of(sse(chunk(content="a"), flag), "chat")
    assert unknown.finish_reason == "truncated"
    off = response_of(sse(chunk(content="a"), {"choices": [], "lastOne": False}), "chat", profile)
    assert off.finish_reason == "truncated"


def test_c35_usage_behind_the_end_marker_is_taken():
    usage = {"id": "c1", "model": "m", "choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 1}}
    response = response_of(chat("hi") + sse(usage), "chat")
    assert (response.usage.input_tokens, seen(response)) == (5, ["usage_after_end"])


def test_c40_a_cancelled_stream_has_no_usage():
    async def cancelled():
        async def source():
            yield sse(*[chunk(content=f"{number} ") for number in range(40)])
            await asyncio.sleep(60)

        async with streamkit.open_stream(source(), "chat") as stream:
            async for event in stream:
                if isinstance(event, streamkit.TextDelta) and event.text == "39 ":
                    break
        return stream.response

    response = asyncio.run(cancelled())
    assert (response.finish_reason, response.status, response.usage) == ("cancelled", "cancelled", None)
    assert response.text.endswith("39 ")


@pytest.mark.parametrize("text", ["\u200b\n<!-- -->", "\n \t", "<!-- only a remark", "\u2060\ufeff"])
def test_c41_an_invisible_answer_is_kept_and_named(text):
    response = response_of(chat(text), "chat")
    assert (response.text, response.visible, seen(response)) == (text, False, ["invisible_text"])


@pytest.mark.parametrize("text", ["<!-- a --> b", "0", "…"])
def test_c41_a_visible_answer_is_not_named(text):
    response = response_of(chat(text), "chat")
    assert (response.visible, response.quirks) == (True, ())


def test_c41_blanks_beside_a_call_are_no_empty_answer():
    call = {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "ls", "arguments": "{}"}}]}
    assert response_of(chat("  ", call, finish="tool_calls"), "chat").quirks == ()


def test_c42_a_budget_that_went_into_reasoning():
    response = response_of(chat({"reasoning_content": "hm"}, finish="length"), "chat")
    assert (response.text, response.finish_reason, seen(response)) == ("", "length", ["budget_spent_on_reasoning"])
    assert (response.reasoning, response.empty) == ("hm", False)


def test_c43_a_length_below_the_cap_is_suspect_and_stays():
    usage = {"prompt_tokens": 1, "completion_tokens": 40, "total_tokens": 41}
    data = chat("x", finish="length", usage=usage)
    response = response_of(data, "chat", Profile(max_output_tokens=1024))
    assert (response.finish_reason, seen(response)) == ("length", ["length_suspect"])
    assert response.quirks[0].detail == "40 tokens of 1024"
    assert response_of(data, "chat", Profile(max_output_tokens=40)).quirks == ()
    assert response_of(chat("x", usage=usage), "chat", Profile(max_output_tokens=1024)).quirks == ()


def test_c08_an_incomplete_call_before_the_end_marker_is_cut():
    call = {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "ls", "arguments": '{"a":'}}]}
    response = response_of(chat(call, finish=None), "chat")
    assert (response.status, response.finish_reason) == ("incomplete", "truncated")
    assert [call.state for call in response.dropped_calls] == ["truncated"]


def test_c13_a_length_is_never_corrected():
    call = {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "ls", "arguments": "{}"}}]}
    assert response_of(chat(call, finish="length"), "chat").finish_reason == "length"
    assert response_of(chat(call, finish="content_filter"), "chat").finish_reason == "content_filter"


def test_c25_c26_visible_tokens_are_what_is_left_of_the_output():
    def usage(output, reasoning):
        details = {"reasoning_tokens": reasoning}
        counts = {"prompt_tokens": 1000, "completion_tokens": output, "completion_tokens_details": details}
        return response_of(chat("x", usage=counts), "chat").usage

    assert (usage(9000, 8800).visible_tokens, usage(9000, 8800).context_tokens) == (200, 1000)
    assert usage(10, 14).visible_tokens == 0
    assert streamkit.Usage(output_tokens=5).visible_tokens == 5
    assert streamkit.Usage(reasoning_tokens=5).visible_tokens is None


@pytest.mark.parametrize(
    ("dialect", "data"),
    [
        ("chat", chat("hi", finish="tool_calls")),
        ("chat", chat("hi", finish="function_call")),
        (
            "anthropic",
            named(
                {"type": "message_start", "message": {"id": "m1", "role": "assistant", "content": [], "usage": {}}},
                {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
                {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hi"}},
                {"type": "content_block_stop", "index": 0},
                {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 1}},
                {"type": "message_stop"},
            ),
        ),
    ],
)
def test_c13_calls_that_are_promised_and_do_not_come_are_missed(dialect, data):
    response = response_of(data, dialect)
    assert (response.text, response.finish_reason, response.ending) == ("hi", "tool_calls", "completed")
    assert [quirk.id for quirk in response.quirks] == ["calls_missing"]


@pytest.mark.parametrize("arguments", ["{}", '{"a'])
def test_c13_a_call_that_cannot_be_run_is_no_missing_one(arguments):
    call = {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "ls", "arguments": arguments}}]}
    response = response_of(chat(call, finish="tool_calls"), "chat")
    assert "calls_missing" not in [quirk.id for quirk in response.quirks]
