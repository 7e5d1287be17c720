import json

import pytest
from hypothesis import given, settings

from streamkit.dialects.base import CERTAIN, LIKELY, NO
from streamkit.dialects.interactions import INTERACTIONS
from streamkit.events import ErrorReported, ProviderEvent, ReasoningDelta
from tests.dialects.driving import assembled, decoded, frame, quirks, spoilt


def event(kind, **members):
    return {"event_type": kind, **members}


def begin(index, kind, **members):
    return event("step.start", index=index, step={"type": kind, **members})


def delta(index, kind, **members):
    return event("step.delta", index=index, delta={"type": kind, **members})


def end(index):
    return event("step.stop", index=index)


def done(status="completed", **members):
    return event("interaction.completed", interaction={"id": "v1", "model": "g", "status": status, **members})


CREATED = event("interaction.created", interaction={"id": "v1", "model": "g", "status": "in_progress"})
UPDATE = event("interaction.status_update", interaction_id="v1", status="in_progress")
USAGE = {
    "total_tokens": 18,
    "total_input_tokens": 5,
    "total_output_tokens": 3,
    "total_thought_tokens": 6,
    "total_tool_use_tokens": 4,
}


def test_media_in_a_steps_own_content_and_in_the_summary_of_a_thought():
    image = {"type": "image", "mime_type": "image/png", "data": "QUJD", "resolution": "low"}
    response = assembled(
        INTERACTIONS,
        CREATED,
        begin(0, "thought", summary=[image]),
        delta(0, "thought_summary", content={"type": "image", "uri": "https://a/b"}),
        end(0),
        begin(1, "model_output", content=[{"type": "text", "text": "c"}, image]),
        end(1),
        done(),
    )
    thought, message = response.items
    shown = {"media_type": "image/png", "data": "QUJD", "resolution": "low"}
    assert thought.media == ({**shown, "thought": True}, {"media_type": "image", "url": "https://a/b", "thought": True})
    assert (message.media, response.text, response.quirks) == ((shown,), "c", ())


def test_a_step_that_failed_says_so():
    response = assembled(
        INTERACTIONS, CREATED, begin(0, "model_output", error={"code": 13, "message": "no capacity"}), end(0)
    )
    assert [error.message for error in response.errors] == ["no capacity"]


def test_running_counts_hold_where_the_stream_is_cut():
    counts = [{"total_input_tokens": 5, "total_output_tokens": number, "total_tokens": 5 + number} for number in (1, 2)]
    beside = {**delta(0, "text", text="a"), "metadata": {"total_usage": counts[0]}}
    begun = (CREATED, begin(0, "model_output"), beside)
    assert assembled(INTERACTIONS, *begun).usage.raw == counts[0]
    assert assembled(INTERACTIONS, *begun, {**end(0), "usage": counts[1]}).usage.raw == counts[1]
    whole = assembled(INTERACTIONS, *begun, {**end(0), "usage": counts[1]}, done(usage=USAGE))
    assert (whole.text, whole.usage.raw, whole.quirks) == ("a", USAGE, ())


@pytest.mark.parametrize("member", ["total_usage", "usage"])
@pytest.mark.parametrize("bearer", [begin(0, "model_output"), end(0), UPDATE, done()])
def test_counts_may_stand_beside_any_event(bearer, member):
    stream = [CREATED, begin(0, "model_output"), delta(0, "text", text="a"), end(0), UPDATE, done()]
    told = [{**each, "metadata": {member: USAGE}} if each == bearer else each for each in stream]
    response = assembled(INTERACTIONS, *told)
    assert (response.text, response.usage.raw, response.finish_reason, response.quirks) == ("a", USAGE, "stop", ())


def test_the_interactions_own_counts_hold_against_running_ones():
    last = {**done(usage=USAGE), "metadata": {"total_usage": {"total_tokens": 1}}}
    assert assembled(INTERACTIONS, CREATED, begin(0, "model_output"), last).usage.total_tokens == 18
    assert assembled(INTERACTIONS, CREATED, {**UPDATE, "metadata": [1]}, done()).usage is None


def test_thought_and_text():
    response = assembled(
        INTERACTIONS,
        CREATED,
        UPDATE,
        begin(0, "thought"),
        delta(0, "thought_summary", content={"type": "text", "text": "a"}),
        delta(0, "thought_summary", content="b"),
        delta(0, "thought_signature", signature="s1"),
        delta(0, "thought_signature"),
        end(0),
        begin(1, "model_output"),
        delta(1, "text", text="c"),
        delta(1, "text", text=""),
        end(1),
        done(usage=USAGE),
    )
    assert [(item.type, item.reasoning, item.text, item.signature) for item in response.items] == [
        ("reasoning", "ab", "", "s1"),
        ("message", "", "c", ""),
    ]
    assert (response.id, response.model, response.terminal_seen) == ("v1", "g", True)
    assert (response.finish_reason, response.raw_finish_reason) == ("stop", "completed")
    assert (response.usage.input_tokens, response.usage.output_tokens, response.usage.raw) == (9, 9, USAGE)
    assert response.quirks == ()


def test_calls():
    response = assembled(
        INTERACTIONS,
        CREATED,
        begin(0, "function_call", id="f1", name="look", signature="s1", arguments={}),
        delta(0, "arguments_delta", arguments='{"a":'),
        delta(0, "arguments_delta", arguments="1}"),
        end(0),
        begin(1, "function_call", id="f2", name="now", arguments={"b": 2}),
        end(1),
        done("requires_action"),
    )
    assert [(call.call_id, call.name, call.input) for call in response.tool_calls] == [
        ("f1", "look", {"a": 1}),
        ("f2", "now", {"b": 2}),
    ]
    assert response.items[0].signature == "s1"
    assert (response.finish_reason, response.raw_finish_reason) == ("tool_calls", "requires_action")


def test_d43_tools_of_the_server():
    response = assembled(
        INTERACTIONS,
        CREATED,
        begin(0, "code_execution_call", id="c1", signature=""),
        delta(0, "code_execution_call", arguments={"code": "1"}, signature="s1"),
        end(0),
        begin(1, "code_execution_result", call_id="c1"),
        delta(1, "code_execution_result", result="1\n"),
        end(1),
        done(),
    )
    call, result = response.items
    assert (call.type, call.details, call.signature) == (
        "code_execution_call",
        {"id": "c1", "arguments": {"code": "1"}},
        "s1",
    )
    assert (result.type, result.details) == ("code_execution_result", {"call_id": "c1", "result": "1\n"})
    assert (response.tool_calls, response.finish_reason) == ((), "stop")


def test_f11_f12_annotations_and_media():
    response = assembled(
        INTERACTIONS,
        CREATED,
        begin(0, "model_output", text="a"),
        delta(0, "text_annotation", annotations=[{"url": "u"}]),
        delta(0, "text_annotation_delta", annotations=[{"url": "v"}]),
        delta(0, "image", data="AA==", mime_type="image/png"),
        delta(0, "audio", uri="https://a.example"),
        end(0),
        done(),
    )
    item = response.items[0]
    assert (item.text, item.annotations) == ("a", ({"url": "u"}, {"url": "v"}))
    assert item.media == (
        {"media_type": "image/png", "data": "AA=="},
        {"media_type": "audio", "url": "https://a.example"},
    )


def test_the_older_events():
    response = assembled(
        INTERACTIONS,
        event("interaction.start", interaction={"id": "v1"}),
        event("content.start", index=0, content={"type": "thought"}),
        event("content.delta", index=0, delta={"type": "thought_summary", "text": "a"}),
        event("content.stop", index=0),
        event("content.start", index=1, content={"type": "function_call"}),
        event(
            "content.delta", index=1, delta={"type": "function_call", "id": "f1", "name": "look", "arguments": {"a": 1}}
        ),
        event("content.stop", index=1),
        event("content.delta", index=2, delta={"type": "function_call", "id": "f2", "name": "now", "arguments": {}}),
        event("interaction.complete", interaction={"id": "v1", "status": "requires_action"}),
    )
    assert response.reasoning == "a"
    assert [(call.name, call.arguments) for call in response.tool_calls] == [("look", '{"a":1}'), ("now", "{}")]


@pytest.mark.parametrize(
    ("status", "finish", "outcome"),
    [
        ("completed", "stop", "completed"),
        ("incomplete", "unknown", "incomplete"),
        ("cancelled", "cancelled", "cancelled"),
        ("failed", "error", "failed"),
    ],
)
def test_how_it_ends(status, finish, outcome):
    response = assembled(INTERACTIONS, CREATED, delta(0, "text", text="a"), done(status))
    assert (response.text, response.finish_reason, response.status) == ("a", finish, outcome)
    assert response.raw_finish_reason == status


def test_an_unknown_status_is_named():
    assert quirks(assembled(INTERACTIONS, CREATED, delta(0, "text", text="a"), done("asleep"))) == ["finish_unknown"]


def test_errors():
    failed = event("error", error={"code": "gateway_timeout", "message": "boom"})
    assert assembled(INTERACTIONS, CREATED, failed).errors[0].message == "boom"
    assert assembled(INTERACTIONS, CREATED, done("failed", error={"message": "why"})).errors[0].message == "why"
    events = decoded(INTERACTIONS, {"error": {"message": "bare"}})
    assert [each.error.message for each in events if isinstance(each, ErrorReported)] == ["bare"]


def test_an_unknown_event_is_passed_on():
    events = decoded(INTERACTIONS, event("step.mood", index=0), frame(b"[DONE]"))
    assert [each.name for each in events if isinstance(each, ProviderEvent)] == ["step.mood"]


def test_a_delta_of_an_unknown_kind_is_passed_on():
    strange = delta(0, "scent", name="pine", strength=3)
    stream = (CREATED, begin(0, "model_output"), delta(0, "text", text="a"), strange, delta(0, "text", text="b"))
    events = decoded(INTERACTIONS, *stream)
    assert [each.data for each in events if isinstance(each, ProviderEvent)] == [strange]
    response = assembled(INTERACTIONS, *stream, end(0), done())
    assert ([item.text for item in response.items], quirks(response)) == (["ab"], ["frame_unrecognised"])


def test_odd_json_types_are_read_and_named():
    odd = {"event_type": "step.delta", "index": "0", "delta": {"type": "text", "text": 5}}
    response = assembled(INTERACTIONS, CREATED, odd, done())
    assert (response.text, quirks(response)) == ("5", ["member_coerced"])


def test_j01_halves_of_a_character_are_joined():
    frames = [
        frame(b'{"event_type":"step.delta","index":0,"delta":{"type":"text","text":"' + half + b'"}}')
        for half in (b"\\ud83d", b"\\ude00", b"\\ud83d")
    ]
    assert assembled(INTERACTIONS, CREATED, *frames, end(0), done()).text == "\U0001f600\ufffd"
    thought = frame(b'{"event_type":"step.delta","index":1,"delta":{"type":"thought_summary","text":"\\ud83d"}}')
    events = decoded(INTERACTIONS, thought)
    assert [each.text for each in events if isinstance(each, ReasoningDelta)] == ["\ufffd"]


@pytest.mark.parametrize(
    ("payload", "sure"),
    [(CREATED, CERTAIN), (UPDATE, CERTAIN), (end(0), LIKELY), ({"event_type": "text-generation"}, NO), (b"[1]", NO)],
)
def test_recognition(payload, sure):
    assert INTERACTIONS.recognise(frame(payload)) == sure


@settings(max_examples=200, deadline=None)
@given(
    spoilt(
        [
            CREATED,
            begin(0, "thought", signature="s"),
            delta(0, "thought_summary", content={"text": "a"}),
            begin(1, "function_call", id="f", name="n", arguments={}),
            delta(1, "arguments_delta", arguments="{}"),
            delta(2, "google_search_call", arguments={"queries": []}),
            delta(3, "image", data="AA==", mime_type="image/png"),
            delta(4, "text_annotation", annotations=[{}]),
            end(1),
            done(usage=USAGE),
        ]
    )
)
def test_nothing_on_the_wire_raises(payloads):
    response = assembled(INTERACTIONS, *payloads)
    json.dumps(response.to_dict())
    (response.text + response.reasoning).encode()


@pytest.mark.parametrize(
    ("status", "reason"), [("budget_exceeded", "length"), ("requires_continuation", "pause"), ("incomplete", "unknown")]
)
def test_an_interaction_that_was_cut(status, reason):
    response = assembled(
        INTERACTIONS, CREATED, begin(0, "model_output"), delta(0, "text", text="a"), end(0), done(status)
    )
    assert (response.finish_reason, response.raw_finish_reason, response.status) == (reason, status, "incomplete")
    assert response.quirks == ()


def test_what_a_tool_of_the_server_was_asked_is_kept_whole():
    asked = {"arguments": {"q": 1}, "name": "find", "server_name": "docs"}
    response = assembled(
        INTERACTIONS,
        CREATED,
        begin(0, "mcp_server_tool_call", id="t1"),
        delta(0, "mcp_server_tool_call", **asked),
        end(0),
        begin(1, "mcp_server_tool_result", call_id="t1"),
        delta(1, "mcp_server_tool_result", result="none", is_error=True),
        end(1),
        done(),
    )
    assert [item.type for item in response.items] == ["mcp_server_tool_call", "mcp_server_tool_result"]
    assert response.items[0].details == {"id": "t1", **asked}
    assert response.items[1].details == {"call_id": "t1", "result": "none", "is_error": True}
    assert (response.tool_calls, response.quirks) == ((), ())


def test_steps_that_come_whole_in_their_start():
    thought = begin(0, "thought", summary=[{"type": "text", "text": "a"}, {"type": "image"}], signature="s")
    output = begin(1, "model_output", content=[{"type": "text", "text": "b"}, {"type": "text", "text": "c"}])
    response = assembled(INTERACTIONS, CREATED, thought, end(0), output, end(1), done())
    assert (response.reasoning, response.text, response.items[0].signature) == ("a", "bc", "s")


def test_counts_in_an_update():
    response = assembled(INTERACTIONS, CREATED, {**UPDATE, "usage": USAGE}, done())
    assert (response.usage.total_tokens, response.usage.output_tokens) == (18, 9)
