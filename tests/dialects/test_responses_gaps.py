"""Responses streams that leave things out: announcements, parts, deltas, ends."""

import pytest
from responses_wire import (
    CREATED,
    added,
    arguments,
    call,
    delta,
    done,
    ended,
    message,
    piece,
    quirks,
    read,
    spoken,
)


def test_no_created_frame_b01():
    response = read({**CREATED, "type": "response.in_progress"}, *spoken("x"), ended([message()]))
    assert (response.id, response.model, response.text, quirks(response)) == ("r1", "m1", "x", ["missing_created"])


def test_no_lifecycle_at_all_takes_id_and_model_from_the_terminal_frame_b01():
    response = read(*spoken("x"), ended([message()]))
    assert (response.id, response.model, quirks(response)) == ("r1", "m1", ["missing_created"])


def test_deltas_without_an_announcement_b05():
    response = read(CREATED, delta("h"), delta("i"), added(message()), done(message("hi")), ended([message()]))
    assert (response.text, len(response.items), quirks(response)) == ("hi", 1, ["implicit_item"])


@pytest.mark.parametrize(
    ("kind", "item_type"),
    [
        ("output_text.delta", "message"),
        ("refusal.delta", "message"),
        ("reasoning_text.delta", "reasoning"),
        ("reasoning_summary_text.delta", "reasoning"),
        ("function_call_arguments.delta", "function_call"),
    ],
)
def test_an_unannounced_item_is_what_its_delta_is_b05(kind, item_type):
    response = read(CREATED, piece(kind, item_id="x1", delta="{}"), ended([{"type": item_type, "id": "x1"}]))
    assert [(item.id, item.type) for item in response.items] == [("x1", item_type)]
    assert "implicit_item" in quirks(response)


def test_no_content_part_frames_b06():
    assert quirks(read(CREATED, added(message()), delta("hi"), done(message("hi")), ended([message()]))) == []


@pytest.mark.parametrize(
    "snapshots",
    [
        [piece("output_text.done", content_index=0, text="hi")],
        [piece("content_part.done", content_index=0, part={"type": "output_text", "text": "hi"})],
        [done(message("hi"))],
        [
            piece("output_text.done", content_index=0, text="hi"),
            piece("content_part.done", content_index=0, part={"type": "output_text", "text": "hi"}),
            done(message("hi")),
        ],
    ],
)
def test_text_that_only_snapshots_have_is_taken_once_b07(snapshots):
    response = read(CREATED, added(message()), *snapshots, ended([message()]))
    assert response.text == "hi"
    assert set(quirks(response)) - {"item_not_closed"} == {"done_fills"}


@pytest.mark.parametrize(
    ("claim", "text", "quirk"),
    [
        ("Hello", "Hello", []),
        ("Hello!", "Hello!", ["done_extends"]),
        ("", "Hello", ["done_shorter"]),
        (None, "Hello", ["done_shorter"]),
        ("Hel", "Hello", ["done_shorter"]),
        ("Bye", "Bye", ["done_differs"]),
    ],
)
def test_the_claims_table_b07(claim, text, quirk):
    response = read(
        CREATED,
        added(message()),
        delta("Hel"),
        delta("lo"),
        piece("output_text.done", content_index=0, text=claim),
        done(message()),
        ended([message()]),
    )
    assert (response.text, quirks(response)) == (text, quirk)


@pytest.mark.parametrize(("streamed", "state"), [("", "complete"), ('{"a":1}', "complete")])
def test_a_call_that_is_not_closed_is_settled_by_the_terminal_frame_b08(streamed, state):
    response = read(CREATED, added(call()), *([arguments(streamed)] if streamed else []), ended([call()]))
    [one] = response.tool_calls
    assert (one.input, one.state) == ({"a": 1} if streamed else {}, state)
    assert "item_not_closed" in quirks(response)


def test_a_call_that_is_not_closed_is_truncated_without_a_terminal_frame_b08():
    response = read(CREATED, added(call()), arguments('{"a":1'))
    assert response.tool_calls == ()
    assert [(one.name, one.state) for one in response.dropped_calls] == [("look", "truncated")]
    assert response.status == "incomplete"


@pytest.mark.parametrize(
    "frames",
    [
        [piece("function_call_arguments.done", item_id="fc1", arguments='{"a":1}'), done(call())],
        [done(call('{"a":1}'))],
        [piece("function_call_arguments.done", item_id="fc1", arguments='{"a":1}'), done(call('{"a":1}'))],
    ],
)
def test_arguments_that_only_snapshots_have_are_taken_once_b09(frames):
    response = read(CREATED, added(call()), *frames, ended([call()]))
    assert [one.arguments for one in response.tool_calls] == ['{"a":1}']
    assert "done_fills" in quirks(response)


def test_a_whole_item_that_only_its_end_has_b05_b14():
    response = read(CREATED, done(call('{"a":1}'), 1), done(message("hi"), 0), ended([message(), call()]))
    assert [item.type for item in response.items] == ["message", "function_call"]
    assert (response.text, response.tool_calls[0].input) == ("hi", {"a": 1})
    assert set(quirks(response)) == {"only_in_done", "done_fills"}
