"""Several choices (B30, B31): how each of them ends, and what that says of the stream."""

import pytest
from piping import chunk, response_of, sse

import streamkit

TWO = (chunk(content="A"), chunk(index=1, content="B"), chunk("stop"))
"""Two choices, of which only the first has a finish reason."""


def told(response):
    choices = [(choice.index, choice.text, choice.finish_reason) for choice in response.choices]
    return choices, response.ending, response.status, [quirk.id for quirk in response.quirks]


CUT = ([(0, "A", "stop"), (1, "B", "truncated")], "truncated", "incomplete", ["terminal_missing"])


def test_b30_a_cut_in_one_choice_is_not_hidden_by_the_finish_of_another():
    response = response_of(sse(*TWO), "chat")
    assert told(response) == CUT
    assert (response.finish_reason, [item.status for item in response.items]) == (
        "truncated",
        ["completed", "incomplete"],
    )
    assert "choice 1" in response.errors[0].message


def test_b30_nor_is_a_cut_in_the_first_choice_hidden():
    response = response_of(sse(chunk(content="A"), chunk(index=1, content="B"), chunk("stop", index=1)), "chat")
    choices, *rest = told(response)
    assert choices == [(0, "A", "truncated"), (1, "B", "stop")]
    assert rest == ["truncated", "incomplete", ["terminal_missing"]]


def test_b30_a_connection_that_breaks_in_one_choice_is_told():
    def broken():
        yield sse(*TWO)
        raise ConnectionResetError("gone")

    log = list(streamkit.iter_events(broken(), "chat", on_error="event"))
    response = streamkit.Response.from_events(log)
    choices, ending, status, quirks = told(response)
    assert (choices, ending, status, quirks) == (CUT[0], "disconnected", "incomplete", [])
    assert response.errors[0].kind == "transport"


def test_b30_a_call_that_was_cut_in_one_choice_is_not_to_be_run():
    call = {"index": 0, "id": "c", "function": {"name": "ls", "arguments": '{"path": "/'}}
    cut = chunk(index=1, tool_calls=[call])
    response = response_of(sse(chunk(content="A"), chunk(index=1, content="B"), cut, chunk("stop")), "chat")
    assert [(choice.finish_reason, len(choice.tool_calls)) for choice in response.choices] == [
        ("stop", 0),
        ("truncated", 0),
    ]
    assert [item.call.state for item in response.items if item.call] == ["truncated"]


def test_b30_an_end_marker_is_proof_for_every_choice_c08():
    response = response_of(sse(*TWO, done=True), "chat")
    assert told(response) == (
        [(0, "A", "stop"), (1, "B", "stop")],
        "completed",
        "completed",
        ["finish_inferred"],
    )
    assert "choice 1" in response.quirks[0].detail
    assert response.terminal_seen


@pytest.mark.parametrize(("arguments", "finish"), [("{}", "tool_calls"), ('{"a"', "truncated")])
def test_b30_calls_decide_what_an_end_marker_means_for_their_choice_c08(arguments, finish):
    call = chunk(index=1, tool_calls=[{"index": 0, "id": "c", "function": {"name": "ls", "arguments": arguments}}])
    response = response_of(sse(TWO[0], TWO[1], call, TWO[2], done=True), "chat")
    assert [choice.finish_reason for choice in response.choices] == ["stop", finish]
    assert (response.finish_reason, response.tool_calls, response.ending) == ("stop", (), "completed")


def test_b30_choices_without_any_finish_reason_are_all_over_at_the_end_marker():
    response = response_of(sse(*TWO[:2], done=True), "chat")
    assert [choice.finish_reason for choice in response.choices] == ["stop", "stop"]
    assert (response.ending, [quirk.count for quirk in response.quirks]) == ("completed", [2])


def test_b31_one_finish_is_enough_for_a_turn_that_was_split():
    call = chunk(index=1, tool_calls=[{"index": 0, "id": "c", "function": {"name": "ls", "arguments": "{}"}}])
    for done in (True, False):
        response = response_of(sse(chunk(content="On it"), call, chunk("tool_calls", index=1), done=done), "chat")
        assert (response.text, response.finish_reason, response.ending) == ("On it", "tool_calls", "completed")
        assert "split_choices" in [quirk.id for quirk in response.quirks]
        assert response.text_of("") == response.text


def test_b31_the_finish_of_a_choice_that_said_nothing_says_nothing_of_the_others():
    response = response_of(sse(chunk("stop"), chunk(index=1, content="half a sen")), "chat")
    assert (response.ending, response.items[0].text) == ("truncated", "half a sen")


@pytest.mark.parametrize("arguments", ["", "{}", '{"a', '{"a": 1}'])
def test_b31_the_finish_of_the_text_says_nothing_of_calls_that_have_none(arguments):
    call = chunk(index=1, tool_calls=[{"index": 0, "id": "c", "function": {"name": "ls", "arguments": arguments}}])
    response = response_of(sse(chunk(content="On it"), call, chunk("stop")), "chat")
    assert (response.ending, [call.state for call in response.dropped_calls]) == ("truncated", ["truncated"])
