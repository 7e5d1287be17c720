"""Odd shapes and strange frames on the Responses wire."""

import json

import pytest
from driving import frame, spoilt
from hypothesis import given, settings
from responses_wire import (
    CREATED,
    added,
    arguments,
    call,
    decoded,
    delta,
    done,
    ended,
    message,
    numbered,
    piece,
    quirks,
    read,
    spoken,
    sse,
)

import streamkit
from streamkit.dialects.base import CERTAIN, LIKELY, NO
from streamkit.dialects.responses import RESPONSES
from streamkit.events import KeepAlive, ProviderEvent
from streamkit.evidence import EndMarker, NumberPassed
from streamkit.frames import Frame
from streamkit.testing.grammar import check

# strange frames


def test_rate_limits_are_passed_on_b02_b04():
    limits = {"type": "codex.rate_limits", "rate_limits": {"limit_reached": True}}
    body = sse(limits, CREATED, *spoken("still talking"), ended([message()]))
    events = list(streamkit.iter_events([body], "responses"))
    assert [event.data for event in events if isinstance(event, ProviderEvent)] == [limits]
    response = streamkit.Response.from_events(events)
    assert (response.text, response.status, quirks(response)) == ("still talking", "completed", ["rate_limits_frame"])
    assert response.quirks[0].data == limits


def test_unknown_frames_are_passed_on_and_named_b03():
    strange = {"type": "codex.response.metadata", "value": 1}
    body = sse(CREATED, added(message()), delta("a"), strange, delta("b"), ended([message()]))
    events = list(streamkit.iter_events([body], "responses"))
    assert [(event.name, event.data) for event in events if isinstance(event, ProviderEvent)] == [
        ("codex.response.metadata", strange)
    ]
    response = streamkit.Response.from_events(events)
    assert (response.text, [q.detail for q in response.quirks if q.id == "unknown_event"]) == (
        "ab",
        ["codex.response.metadata"],
    )


@pytest.mark.parametrize("name", ["keepalive", "ping"])
def test_keep_alive_frames_b03(name):
    assert decoded({"type": name, "sequence_number": 7}) == [KeepAlive(sequence_number=7, comment=name)]


def test_documented_frames_without_content_are_no_quirk():
    body = sse(CREATED, piece("web_search_call.searching", 0, "ws1"), *spoken("x"), ended([message()]))
    assert quirks(streamkit.assemble(body, "responses")) == []


def test_a_warning_is_no_error_g25():
    response = read(CREATED, {"type": "warning", "message": "slow"}, *spoken("x"), ended([message()]))
    assert (response.errors, quirks(response)) == ((), ["provider_warning"])


def test_done_marker_behind_the_terminal_frame_a16():
    body = sse(CREATED, *spoken("x"), ended([message()])) + b"data: [DONE]\n\n"
    assert quirks(streamkit.assemble(body, "responses")) == []


def test_done_marker_alone_proves_nothing_a16():
    assert decoded(Frame(b"[DONE]")) == [EndMarker(name="[DONE]", proof=False)]
    body = sse(CREATED, added(message()), delta("half")) + b"data: [DONE]\n\n"
    assert streamkit.assemble(body, "responses", on_error="event").finish_reason == "truncated"


def test_an_untyped_object_is_passed_on():
    [quirk, event] = decoded({"hello": 1, "there": 2})
    assert (quirk.quirk, quirk.detail) == ("unknown_event", "hello, there")
    assert (event.name, event.data) == ("", {"hello": 1, "there": 2})


# type and event name (A27)


@pytest.mark.parametrize("kind", [None, "", 7])
def test_the_type_is_taken_from_the_event_name_a27(kind):
    bare = {name: value for name, value in delta("hi").items() if name != "type"}
    payload = bare if kind is None else {**bare, "type": kind}
    response = read(CREATED, added(message()), ("response.output_text.delta", payload), ended([message()]))
    assert response.text == "hi"
    assert "type_from_event" in quirks(response)


def test_the_payload_wins_over_the_event_name_a27():
    frames = (CREATED, added(message()), ("vertex_event", delta("hi")), done(message("hi")), ended([message()]))
    response = read(*frames)
    assert (response.text, quirks(response)) == ("hi", ["type_conflict"])


def test_the_payload_wins_on_frames_read_tolerantly_too_a27():
    response = read(CREATED, *spoken("x"), ("other", ended([message()])))
    assert (response.status, quirks(response)) == ("completed", ["type_conflict"])


def test_no_event_names_at_all():
    body = "".join(f"data: {json.dumps(p)}\n\n" for p in (CREATED, *spoken("x"), ended([message()]))).encode()
    assert quirks(streamkit.assemble(body, "responses")) == []


# member types (F14, F19)


def test_a_null_delta_says_nothing_f14():
    response = read(CREATED, added(message()), delta(None), delta("hi"), done(message("hi")), ended([message()]))
    assert (response.text, quirks(response)) == ("hi", [])
    assert decoded({**delta(None), "sequence_number": 4}) == [NumberPassed(sequence_number=4)]


def test_a_missing_delta_says_nothing_f14():
    bare = {name: value for name, value in delta("x").items() if name != "delta"}
    assert read(CREATED, added(message()), bare, delta("hi"), done(message("hi")), ended([message()])).text == "hi"


def test_a_delta_that_is_no_string_is_kept_as_json():
    first = {**arguments(""), "delta": {"a": 1}}
    response = read(CREATED, added(call()), first, done(call('{"a":1}')), ended([call()]))
    assert (response.tool_calls[0].input, quirks(response)) == ({"a": 1}, ["item_shape"])


@pytest.mark.parametrize(
    "change",
    [{"content_index": "0"}, {"content_index": None}, {"output_index": "0"}, {"sequence_number": "7"}, {"item_id": 5}],
)
def test_indexes_of_other_types_f19(change):
    response = read(CREATED, added(message()), {**delta("hi"), **change}, done(message("hi")), ended([message()]))
    assert response.text == "hi"
    assert "item_shape" in quirks(response)
    assert len(response.items) == 1


@pytest.mark.parametrize("index", [True, 1.5, "one", "9" * 30, [0]])
def test_an_index_that_is_no_number_is_missing_b11(index):
    response = read(CREATED, added(message()), {**delta("hi"), "output_index": index}, ended([message()]))
    assert (response.text, len(response.items)) == ("hi", 1)


def test_snapshots_of_other_types_f19():
    response = read(
        CREATED,
        added(call()),
        piece("function_call_arguments.done", item_id="fc1", arguments={"a": 1}),
        {"type": "response.output_item.done", "output_index": 0, "item": None},
        ended([call()]),
    )
    assert response.tool_calls[0].input == {"a": 1}


def test_an_item_frame_without_an_item_opens_nothing_but_a_message():
    response = read(CREATED, {"type": "response.output_item.added", "output_index": 0}, delta("x"), ended([message()]))
    assert (response.text, len(response.items)) == ("x", 1)


def test_a_part_that_is_no_object_claims_nothing():
    response = read(
        CREATED,
        added(message()),
        delta("x"),
        piece("content_part.done", content_index=0, part="x"),
        piece("content_part.done", content_index=0, part={"type": "logo", "text": "y"}),
        piece("content_part.done", content_index=0, part={"type": "output_text", "text": 7}),
        done(message("x")),
        ended([message()]),
    )
    assert response.text == "x"


def test_an_item_whose_content_is_a_string():
    item = {**message(), "content": "hi"}
    assert read(CREATED, added(message()), done(item), ended([item])).text == "hi"


def test_content_parts_that_are_no_objects_are_passed_over():
    item = {**message(), "content": [7, None, {"type": "output_text", "text": "hi", "annotations": "none"}]}
    response = read(CREATED, added(message()), done(item), ended([item]))
    assert (response.text, response.items[0].annotations) == ("hi", ())


# halves of characters (J01)


def test_a_character_in_two_halves_is_joined_j01():
    body = (
        sse(CREATED, added(message()))
        + b'data: {"type":"response.output_text.delta","output_index":0,"item_id":"m1","delta":"a\\ud83d"}\n\n'
        + b'data: {"type":"response.output_text.delta","output_index":0,"item_id":"m1","delta":"\\ude00b"}\n\n'
        + sse(done(message("a😀b")), ended([message()]))
    )
    assert streamkit.assemble(body, "responses").text == "a😀b"


def test_half_a_character_at_the_end_is_not_lost_j01():
    half = [CREATED, added(message()), delta("a\ud83d")]
    for end in ([], [ended()], [{"type": "error", "code": "server_error", "message": "m"}], [done(message("a\ufffd"))]):
        response = read(*half, *end)
        assert (response.text, "after_terminal" in quirks(response)) == ("a\ufffd", False)


# recognition


@pytest.mark.parametrize(
    ("payload", "event", "score"),
    [
        (CREATED, "", CERTAIN),
        ({"delta": "x"}, "response.output_text.delta", LIKELY),
        ({"type": "codex.rate_limits"}, "", LIKELY),
        ({"object": "response", "output": []}, "", LIKELY),
        ({"choices": []}, "", NO),
        ({"type": "content_block_delta"}, "", NO),
        ([], "", NO),
        (b"nothing", "", NO),
    ],
)
def test_recognition(payload, event, score):
    found = RESPONSES.recognise(frame(payload, event))
    assert found >= score if score else found == NO


WHOLE = numbered(
    CREATED,
    added(message()),
    delta("a"),
    done(message("a")),
    added(call(), 1),
    arguments("{}", 1),
    done(call("{}"), 1),
    ended([message(), call()]),
)


@settings(max_examples=200, deadline=None)
@given(spoilt(WHOLE))
def test_spoiled_values_raise_nothing_and_keep_the_grammar(payloads):
    body = b"".join(b"data: " + json.dumps(payload).encode() + b"\n\n" for payload in payloads)
    events = list(streamkit.iter_events([body], "responses", on_error="event"))
    check(events)


def test_j01_half_a_character_in_the_name_of_a_member():
    body = sse(CREATED, *spoken("hi"), ended([message("hi")])).replace(b'"delta":', b'"x\\ud83d":1,"delta":')
    response = streamkit.assemble(body, dialect="responses")
    assert response.text == "hi"
    assert [quirk.id for quirk in response.quirks if quirk.effect == "repaired"] == ["lone_surrogate"]


def test_a_remote_calls_piece_with_an_index_in_words():
    name = "response.mcp_call_arguments.delta"
    body = sse(CREATED, {"type": name, "output_index": "2", "item_id": "m", "delta": "{"}, ended([]))
    found = [
        event for event in streamkit.iter_events([body], "responses") if isinstance(event, streamkit.ArgumentsDelta)
    ]
    assert [event.text for event in found] == ["{"]


# what is odd about a frame's dress is not said of its members (A15, A27, A32, A33)


@pytest.mark.parametrize(
    ("dressed", "noted"),
    [
        (lambda payload: f"data: data: {json.dumps(payload)}\n\n", "double_prefix"),
        (lambda payload: f"data: [{json.dumps(payload)}]\n\n", "non_object_data"),
        (
            lambda payload: (
                f"event: {payload['type']}\ndata: {json.dumps({k: v for k, v in payload.items() if k != 'type'})}\n\n"
            ),
            "type_from_event",
        ),
    ],
)
def test_odd_dress_is_no_odd_member(dressed, noted):
    frames = [CREATED, added(message()), delta("h"), delta("i"), done(message("hi")), ended([message("hi")])]
    response = streamkit.assemble("".join(map(dressed, frames)).encode(), "responses")
    assert (response.text, response.status, quirks(response)) == ("hi", "completed", [noted])


@pytest.mark.parametrize("head", [None, {"id": None, "model": None, "usage": None}])
@pytest.mark.parametrize("name", ["response.created", "response.in_progress"])
def test_nulls_in_early_events_are_silent_b17(name, head):
    early = CREATED if name != "response.created" else {"type": name, "response": head}
    late = [{"type": name, "response": head}] if name != "response.created" else []
    response = read(early, *late, added(message()), delta("hi"), done(message("hi")), ended([message("hi")]))
    assert (response.text, quirks(response)) == ("hi", [])


@pytest.mark.parametrize("member", ["output_index", "content_index", "sequence_number", "logprobs"])
@pytest.mark.parametrize("kind", ["response.output_text.delta", "response.mcp_call_arguments.delta"])
def test_half_a_character_in_place_of_a_number_raises_nothing_f14(kind, member):
    piece = {"type": kind, "output_index": 0, "item_id": "msg_1", "content_index": 0, "delta": "ab", member: "\ude00"}
    response = streamkit.assemble([sse(CREATED, piece)], "responses", on_error="event")
    assert "lone_surrogate" in quirks(response)
    assert [item.type for item in response.items] == ["message" if "text" in kind else "mcp_call"]
