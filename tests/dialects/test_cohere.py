import json

import pytest
from hypothesis import given, settings

import streamkit
from streamkit.dialects.base import CERTAIN, LIKELY, NO
from streamkit.dialects.cohere import COHERE
from streamkit.events import ItemFinished, ProviderEvent, ReasoningDelta, TextDelta
from tests.dialects.driving import assembled, decoded, frame, quirks, spoilt


def v2(kind, index=None, **message):
    payload = {"type": kind}
    if index is not None:
        payload["index"] = index
    if message:
        payload["delta"] = {"message": message}
    return payload


def text(index, words):
    return v2("content-delta", index, content={"text": words})


def tool(kind, index, arguments, **members):
    function = {"arguments": arguments} | ({"name": members.pop("name")} if "name" in members else {})
    return v2(kind, index, tool_calls={**members, "function": function})


def end(reason="COMPLETE", **delta):
    return {"type": "message-end", "delta": {"finish_reason": reason, **delta}}


START = {"type": "message-start", "id": "g1", "delta": {"message": {"role": "assistant", "content": []}}}
USAGE = {"billed_units": {"input_tokens": 1, "output_tokens": 2}, "tokens": {"input_tokens": 30, "output_tokens": 4}}


def test_blocks_are_items():
    response = assembled(
        COHERE,
        START,
        v2("content-start", 0, content={"type": "thinking", "thinking": ""}),
        v2("content-delta", 0, content={"thinking": "a"}),
        v2("content-end", 0),
        v2("content-start", 1, content={"type": "text", "text": "b"}),
        text(1, "c"),
        v2("content-end", 1),
        end(usage=USAGE),
    )
    assert [(item.type, item.reasoning, item.text) for item in response.items] == [
        ("reasoning", "a", ""),
        ("message", "", "bc"),
    ]
    assert (response.id, response.finish_reason, response.terminal_seen) == ("g1", "stop", True)
    assert (response.usage.input_tokens, response.usage.output_tokens, response.usage.raw) == (30, 4, USAGE)
    assert response.quirks == ()


def test_text_without_a_start():
    assert assembled(COHERE, text(0, "a"), end()).text == "a"


def test_billed_units_count_where_nothing_else_does():
    usage = assembled(COHERE, START, text(0, "a"), end(usage={"billed_units": {"input_tokens": 1}})).usage
    assert (usage.input_tokens, usage.output_tokens) == (1, None)


def test_f23_the_plan_is_neither_text_nor_reasoning_and_comes_live():
    frames = [START, v2("tool-plan-delta", tool_plan="I "), v2("tool-plan-delta", tool_plan="look.")]
    deltas = [event for event in decoded(COHERE, *frames) if isinstance(event, ReasoningDelta)]
    assert [(event.kind, event.text) for event in deltas] == [("plan", "I "), ("plan", "look.")]
    response = assembled(COHERE, *frames, tool("tool-call-start", 0, "{}", id="c", name="f"), end("TOOL_CALL"))
    assert (response.text, response.reasoning) == ("", "")
    assert (response.items[0].type, response.items[0].text_of("plan")) == ("tool_plan", "I look.")


def test_calls_begin_grow_and_end():
    frames = [
        START,
        tool("tool-call-start", 0, "", id="a1", name="look", type="function"),
        tool("tool-call-delta", 0, '{"n":'),
        tool("tool-call-delta", 0, "1}"),
        v2("tool-call-end", 0),
        tool("tool-call-start", 1, {"n": 2}, id="b2", name="look"),
        v2("tool-call-end", 1),
    ]
    assert len([event for event in decoded(COHERE, *frames) if isinstance(event, ItemFinished)]) == 2
    response = assembled(COHERE, *frames, end("TOOL_CALL"))
    assert [(call.call_id, call.arguments) for call in response.tool_calls] == [("a1", '{"n":1}'), ("b2", '{"n":2}')]
    assert (response.finish_reason, response.quirks) == ("tool_calls", ())


@pytest.mark.parametrize("given", ["", '{"n":1}'])
def test_b37_a_call_that_is_announced_twice_is_one(given):
    start = tool("tool-call-start", 0, given, id="a1", name="look", type="function")
    rest = [] if given else [tool("tool-call-delta", 0, '{"n":1}')]
    response = assembled(COHERE, START, start, start, *rest, v2("tool-call-end", 0), end("TOOL_CALL"))
    assert [(call.call_id, call.arguments) for call in response.tool_calls] == [("a1", '{"n":1}')]
    assert quirks(response) == ["item_reannounced"]
    other = tool("tool-call-start", 0, "{}", id="a2", name="look")
    response = assembled(COHERE, START, start, *rest, other, v2("tool-call-end", 0), end("TOOL_CALL"))
    assert [call.call_id for call in response.tool_calls] == ["a1", "a2"]


def test_d15_a_literal_null_is_an_empty_object():
    response = assembled(COHERE, START, tool("tool-call-start", 0, "null", id="c", name="now"), end("TOOL_CALL"))
    assert [(call.arguments, call.input) for call in response.tool_calls] == [("null", {})]
    assert quirks(response) == ["tool_args_empty"]


def test_d25_a_call_that_was_cut_is_dropped():
    response = assembled(COHERE, START, text(0, "a"), tool("tool-call-start", 0, '{"n":', id="c", name="f"))
    assert response.tool_calls == ()
    assert [(call.name, call.state) for call in response.dropped_calls] == [("f", "truncated")]


def test_arguments_whose_start_was_lost_are_not():
    response = assembled(COHERE, START, tool("tool-call-delta", 3, '{"n":1}'), v2("tool-call-end", 3), end("TOOL_CALL"))
    assert [call.arguments for call in response.dropped_calls] == ['{"n":1}']


def test_f11_citations_belong_to_their_text_and_may_come_late():
    citation = {"start": 0, "end": 1, "text": "a", "sources": [], "type": "TEXT_CONTENT", "content_index": 1}
    response = assembled(
        COHERE,
        START,
        v2("content-start", 1, content={"type": "text", "text": ""}),
        text(1, "a"),
        v2("citation-start", 0, citations=citation),
        v2("citation-end", 0),
        v2("content-end", 1),
        v2("citation-start", 1, citations=[{**citation, "start": 5}]),
        end(),
    )
    assert [[a["start"] for a in item.annotations] for item in response.items] == [[0, 5]]


def test_f11_a_citation_of_the_plan():
    citation = {"start": 0, "end": 1, "text": "I", "sources": [], "type": "PLAN"}
    response = assembled(
        COHERE, START, v2("tool-plan-delta", tool_plan="I look"), v2("citation-start", 0, citations=citation), end()
    )
    assert [(item.type, len(item.annotations)) for item in response.items] == [("tool_plan", 1)]


@pytest.mark.parametrize(
    ("word", "reason"),
    [("COMPLETE", "stop"), ("STOP_SEQUENCE", "stop"), ("MAX_TOKENS", "length"), ("ERROR_TOXIC", "content_filter")],
)
def test_c14_finish_words(word, reason):
    response = assembled(COHERE, START, text(0, "a"), end(word))
    assert (response.finish_reason, response.raw_finish_reason, response.quirks) == (reason, word, ())


def test_c14_an_unknown_word_is_named():
    assert quirks(assembled(COHERE, START, text(0, "a"), end("USER_LEFT"))) == ["finish_unknown"]


@pytest.mark.parametrize(("delta", "message"), [({"error": "boom"}, "boom"), ({}, "the answer ended with ERROR")])
def test_an_error_in_the_end_frame(delta, message):
    response = assembled(COHERE, START, text(0, "a"), end("ERROR", **delta))
    assert (response.text, response.finish_reason, response.errors[0].message) == ("a", "error", message)


@pytest.mark.parametrize("payload", [{"message": "invalid api token"}, {"error": {"message": "invalid api token"}}])
def test_an_error_frame(payload):
    assert assembled(COHERE, payload).errors[0].message == "invalid api token"


def test_an_end_without_a_reason():
    response = assembled(COHERE, START, text(0, "a"), {"type": "message-end", "delta": {}})
    assert (response.finish_reason, quirks(response)) == ("stop", ["finish_inferred"])


def test_a27_the_type_may_stand_in_the_event_name():
    payload = {"index": 0, "delta": {"message": {"content": {"text": "a"}}}}
    events = decoded(COHERE, frame(payload, "content-delta"))
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["a"]
    assert quirks(events) == ["type_from_event"]


def test_the_rendered_prompt_is_metadata():
    response = assembled(COHERE, START, {"type": "debug", "prompt": "<s>"}, text(0, "a"), end())
    assert response.metadata == {"prompt": "<s>"}


def test_an_index_that_is_missing_follows_from_the_order():
    frames = [
        v2("content-start", content={"type": "text", "text": ""}),
        v2("content-delta", content={"text": "a"}),
        v2("content-end"),
        tool("tool-call-start", None, "", id="a1", name="f"),
        tool("tool-call-delta", None, "{}"),
        v2("tool-call-end"),
    ]
    response = assembled(COHERE, START, *frames, end("TOOL_CALL"))
    assert (response.text, [call.arguments for call in response.tool_calls]) == ("a", ["{}"])
    assert quirks(response) == ["block_index_missing"]


def test_an_unknown_frame_is_passed_on():
    events = decoded(COHERE, {"type": "mood-delta", "mood": 1})
    assert [event.name for event in events if isinstance(event, ProviderEvent)] == ["mood-delta"]


def test_odd_json_types_are_read_and_named():
    odd = {"type": "content-delta", "index": "0", "delta": {"message": {"content": {"text": 5, "thinking": []}}}}
    response = assembled(COHERE, START, odd, end())
    assert (response.text, set(quirks(response))) == ("5", {"member_coerced", "member_unreadable"})


def test_j01_halves_of_a_character_are_joined():
    frames = [
        frame(b'{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"' + half + b'"}}}}')
        for half in (b"\\ud83d", b"\\ude00", b"\\ud83d")
    ]
    assert assembled(COHERE, *frames, end()).text == "\U0001f600\ufffd"


def v1(kind, **members):
    return {"event_type": kind, "is_finished": kind == "stream-end", **members}


def v1_end(reason="COMPLETE", **meta):
    return v1("stream-end", finish_reason=reason, response={"response_id": "r", "text": "all", "meta": meta})


V1_START = v1("stream-start", generation_id="g1")


def test_v1_text():
    units = {"input_tokens": 7, "output_tokens": 5}
    response = assembled(
        COHERE,
        V1_START,
        v1("search-queries-generation", search_queries=[{"text": "q"}]),
        v1("search-results", search_results=[{"id": 1}], documents=None),
        v1("text-generation", text="a"),
        v1("text-generation", text="b"),
        v1("citation-generation", citations=[{"start": 0}, {"start": 1}]),
        v1_end(billed_units=units, tokens={"input_tokens": 70}),
    )
    assert (response.id, response.text, response.finish_reason) == ("g1", "ab", "stop")
    assert response.usage.raw == units
    assert len(response.items[0].annotations) == 2
    assert response.metadata == {
        "search_queries": [{"text": "q"}],
        "search_results": [{"id": 1}],
        "response_id": "r",
        "tokens": {"input_tokens": 70},
    }
    assert response.quirks == ()


def test_v1_calls():
    response = assembled(
        COHERE,
        V1_START,
        v1("tool-calls-chunk", text="Plan"),
        v1("tool-calls-chunk", tool_call_delta={"index": 0, "name": "look"}),
        v1("tool-calls-chunk", tool_call_delta={"index": 0, "parameters": '{"n":1}'}),
        v1("tool-calls-generation", tool_calls=[{"name": "look", "parameters": {"n": 1}}, {"name": "now"}]),
        v1_end(),
    )
    assert [(call.name, call.input) for call in response.tool_calls] == [("look", {"n": 1}), ("now", {})]
    assert response.items[0].text_of("plan") == "Plan"
    assert (response.finish_reason, response.raw_finish_reason) == ("tool_calls", "COMPLETE")


def test_v1_a_plan_that_comes_whole():
    calls = v1("tool-calls-generation", text="Plan", tool_calls=[{"name": "f", "parameters": {}}])
    response = assembled(COHERE, V1_START, calls, v1_end())
    assert [item.type for item in response.items] == ["tool_plan", "function_call"]


def test_v1_arguments_whose_start_was_lost_are_not():
    chunk = v1("tool-calls-chunk", tool_call_delta={"index": 0, "parameters": "{}"})
    assert assembled(COHERE, V1_START, v1("tool-calls-chunk"), v1_end()).items == ()
    assert [call.name for call in assembled(COHERE, V1_START, chunk, v1_end()).dropped_calls] == [""]


def test_v1_odd_json_types_are_read_and_named():
    assert quirks(assembled(COHERE, V1_START, v1("text-generation", text=5), v1_end())) == ["member_coerced"]


@pytest.mark.parametrize(
    ("payload", "sure"),
    [
        (START, CERTAIN),
        (text(0, "a"), CERTAIN),
        (end(), CERTAIN),
        (V1_START, CERTAIN),
        (v2("content-end", 0), LIKELY),
        ({"event_type": "step.start"}, NO),
        ({"type": "message_start"}, NO),
        (b"[1]", NO),
    ],
)
def test_recognition(payload, sure):
    assert COHERE.recognise(frame(payload)) == sure


@settings(max_examples=200, deadline=None)
@given(
    spoilt(
        [
            START,
            v2("tool-plan-delta", tool_plan="I "),
            v2("content-start", 0, content={"type": "text", "text": ""}),
            text(0, "a"),
            v2("citation-start", 0, citations={"start": 0, "content_index": 0, "type": "PLAN"}),
            tool("tool-call-start", 0, "", id="a1", name="look"),
            tool("tool-call-delta", 0, "{}"),
            v2("tool-call-end", 0),
            end(usage=USAGE),
        ]
    )
    | spoilt(
        [
            V1_START,
            v1("text-generation", text="a"),
            v1("citation-generation", citations=[{"start": 0}]),
            v1("tool-calls-chunk", tool_call_delta={"index": 0, "name": "look", "parameters": "{}"}),
            v1("tool-calls-generation", text="p", tool_calls=[{"name": "look", "parameters": {"n": 1}}]),
            v1_end(billed_units={"input_tokens": 7}),
        ]
    )
)
def test_nothing_on_the_wire_raises(payloads):
    response = assembled(COHERE, *payloads)
    json.dumps(response.to_dict())
    (response.text + response.reasoning).encode()


def test_an_error_without_a_finish_reason_is_an_error():
    response = assembled(COHERE, START, text(0, "a"), {"type": "message-end", "delta": {"error": "boom"}})
    assert ([error.message for error in response.errors], response.finish_reason, response.text) == (
        ["boom"],
        "error",
        "a",
    )


def test_j01_halves_of_a_character_in_version_one():
    halves = [{"event_type": "text-generation", "text": half} for half in ("\ud83d", "\ude00", "\ud83d")]
    response = assembled(COHERE, V1_START, *halves, v1_end(billed_units={"input_tokens": 7}))
    assert response.text == "😀\ufffd"


def test_the_rendered_prompt_of_version_one():
    frames = [{"event_type": "debug", "prompt": "<p>"}, {"event_type": "text-generation", "text": "a"}]
    response = assembled(
        COHERE, {"event_type": "stream-start"}, *frames, {"event_type": "stream-end", "finish_reason": "COMPLETE"}
    )
    assert (response.metadata["prompt"], response.text, response.quirks) == ("<p>", "a", ())


def test_what_the_message_start_says_already_is_read_f23():
    message = {"role": "assistant", "tool_plan": "PLAN", "content": [{"type": "text", "text": "TEXT"}]}
    start = {"type": "message-start", "id": "g1", "delta": {"message": message}}
    events = decoded(COHERE, start, end())
    assert [(event.kind, event.text) for event in events if isinstance(event, ReasoningDelta)] == [("plan", "PLAN")]
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["TEXT"]
    response = assembled(COHERE, start, v2("tool-plan-delta", tool_plan=" B"), end())
    assert response.text == "TEXT"


def test_j13_pieces_that_come_in_arrays_of_one():
    response = assembled(
        COHERE,
        v2("content-start", 0, content=[{"type": "text", "text": ""}]),
        v2("content-delta", 0, content=[{"text": "a"}]),
        v2("tool-call-start", 0, tool_calls=[{"id": "c1", "function": {"name": "f", "arguments": ""}}]),
        v2("tool-call-delta", 0, tool_calls=[{"function": {"arguments": '{"a":1}'}}]),
        v2("tool-call-end", 0),
        end("TOOL_CALL"),
    )
    assert (response.text, quirks(response)) == ("a", ["member_coerced"])
    assert [(call.call_id, call.name, call.input) for call in response.tool_calls] == [("c1", "f", {"a": 1})]


DOCUMENT = {
    "id": "g1",
    "finish_reason": "TOOL_CALL",
    "message": {
        "role": "assistant",
        "tool_plan": "I look.",
        "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Über it"}],
        "tool_calls": [
            {"id": "t1", "type": "function", "function": {"name": "ls", "arguments": '{"p":1}'}},
            {"id": "t2", "type": "function", "function": {"name": "cat", "arguments": '{"q":2}'}},
        ],
        "citations": [{"start": 0, "end": 4, "text": "Über", "content_index": 1}],
    },
    "usage": USAGE,
}


@pytest.mark.parametrize("dialect", ["cohere", None])
@pytest.mark.parametrize("size", [1, 10_000])
def test_a17_an_answer_that_came_as_one_document(dialect, size):
    body = json.dumps(DOCUMENT, ensure_ascii=False).encode()
    response = streamkit.assemble([body[at : at + size] for at in range(0, len(body), size)], dialect)
    assert (response.id, response.dialect) == ("g1", "cohere")
    assert (response.status, response.finish_reason) == ("completed", "tool_calls")
    assert (response.text, response.reasoning, response.items[0].type) == ("Über it", "Hm.", "tool_plan")
    assert [item.annotations for item in response.items if item.type == "message"] == [
        (DOCUMENT["message"]["citations"][0],)
    ]
    assert [(call.call_id, call.name, call.input, call.state) for call in response.tool_calls] == [
        ("t1", "ls", {"p": 1}, "complete"),
        ("t2", "cat", {"q": 2}, "complete"),
    ]
    assert (response.usage.input_tokens, response.usage.output_tokens) == (30, 4)
    assert [quirk.id for quirk in response.quirks] == ["non_stream_body"]


def test_a17_a_document_whose_content_is_a_string():
    document = {"id": "g1", "finish_reason": "MAX_TOKENS", "message": {"role": "assistant", "content": "hi"}}
    response = streamkit.assemble(json.dumps(document).encode(), "cohere", on_error="event")
    assert (response.text, response.finish_reason, response.usage) == ("hi", "length", None)
