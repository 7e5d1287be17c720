import json
import math

import msgspec
import pytest

import streamkit
from streamkit.errors import ErrorInfo
from streamkit.events import (
    ArgumentsDelta,
    ErrorReported,
    ItemFinished,
    ItemStarted,
    LogprobsAdded,
    MediaAdded,
    ReasoningDelta,
    RefusalDelta,
    ResponseFinished,
    ResponseStarted,
    SignatureReported,
    StreamEnded,
    TextDelta,
    ToolCallDropped,
    ToolCallReady,
)
from streamkit.items import ToolCall
from streamkit.response import Response, split_over_choices


def said(text, item_id="m1", choice=0, phase=""):
    return [
        ItemStarted(item_id=item_id, type="message", choice=choice, phase=phase),
        TextDelta(item_id=item_id, choice=choice, text=text),
        ItemFinished(item_id=item_id, choice=choice),
    ]


def reflected(text, item_id, choice=0):
    return [
        ItemStarted(item_id=item_id, type="reasoning", choice=choice),
        ReasoningDelta(item_id=item_id, choice=choice, text=text),
        ItemFinished(item_id=item_id, choice=choice),
    ]


def called(state="complete", item_id="f1", choice=0):
    verdict = ToolCallReady if state in ("complete", "repaired") else ToolCallDropped
    call = ToolCall(call_id=f"c-{item_id}", name="look", arguments="{}", state=state, choice=choice)
    return [
        ItemStarted(item_id=item_id, type="function_call", choice=choice),
        ArgumentsDelta(item_id=item_id, choice=choice, text="{}"),
        ItemFinished(item_id=item_id, choice=choice),
        verdict(item_id=item_id, choice=choice, call=call),
    ]


def thought(text, item_id="r1"):
    return [ItemStarted(item_id=item_id, type="reasoning"), ReasoningDelta(item_id=item_id, text=text)]


def response_of(*events):
    return Response.from_events([ResponseStarted(), *events])


@pytest.mark.parametrize("log", [[{"type": "text"}], ["x"], [None]])
def test_a_log_of_something_else_is_refused(log):
    with pytest.raises(streamkit.UsageError, match="no event"):
        Response.from_events(log)


def test_nothing_yet():
    response = Response.from_events([])
    assert response == Response()
    assert (response.status, response.finish_reason, response.text, response.usage, response.ending) == (
        "in_progress",
        "unknown",
        "",
        None,
        None,
    )


def test_texts_are_joined_and_nothing_is_inserted():
    response = response_of(*said("Part one", "m1"), *called(), *said("Part two", "m2"))
    assert response.text == "Part onePart two"
    assert response.text_of() == "Part one\n\nPart two"  # B36
    assert response.text_of("|") == "Part one|Part two"
    assert [item.type for item in response.items] == ["message", "function_call", "message"]


@pytest.mark.parametrize("phase", ["commentary", "analysis"])
def test_commentary_is_an_item_and_no_answer_b15(phase):
    response = response_of(*said("Let me look.", "m1", phase=phase), *said("Done.", "m2", phase="final_answer"))
    assert (response.text, response.text_of()) == ("Done.", "Done.")
    assert response.items[0].text == "Let me look."


def test_calls_are_sorted_by_whether_they_may_be_run():
    states = ("complete", "truncated", "repaired", "invalid")
    response = response_of(*(event for state in states for event in called(state, f"f-{state}")))
    assert [call.state for call in response.tool_calls] == ["complete", "repaired"]
    assert [call.state for call in response.dropped_calls] == ["truncated", "invalid"]


def test_choices_are_kept_apart_and_the_first_one_speaks_b30():
    finishes = ((0, "stop", "stop"), (1, "length", "max"))
    response = response_of(
        *said("A", "m0", 0),
        *said("B", "m1", 1),
        ResponseFinished(finish_reason="stop", raw_finish_reason="stop", finishes=finishes),
    )
    assert (response.text, response.finish_reason) == ("A", "stop")
    told = [(one.index, one.text, one.finish_reason, one.raw_finish_reason) for one in response.choices]
    assert told == [(0, "A", "stop", "stop"), (1, "B", "length", "max")]


def test_a_single_choice_is_not_listed():
    assert response_of(*said("A")).choices == ()


def test_one_turn_over_several_choices_is_one_answer_b31():
    finishes = ((0, "stop", "stop"), (1, "tool_calls", "tool_calls"))
    response = response_of(
        *said("On it", "m0", 0),
        *called(item_id="f1", choice=1),
        ResponseFinished(finish_reason="stop", finishes=finishes),
    )
    assert (response.text, response.finish_reason, response.raw_finish_reason) == ("On it", "tool_calls", "tool_calls")
    assert [call.call_id for call in response.tool_calls] == ["c-f1"]
    assert response.choices == ()


@pytest.mark.parametrize(
    ("events", "split"),
    [
        (said("a"), False),
        ([*said("a"), *called()], False),
        ([*said("a"), *called(choice=1)], True),
        ([*said("a", "m0"), *said("b", "m1", 1)], False),
        (called(choice=1), True),
        ([*said("a"), *called(choice=1), *called(item_id="f2", choice=2)], False),
        ([*reflected("r", "t0"), *reflected("r", "t1", 1), *said("a", "m1", 1)], False),
        ([*reflected("r", "t0"), *said("a", "m1", 1)], True),
        (reflected("r", "t1", 1), True),
        ([*reflected("r", "t0"), *reflected("r", "t1", 1)], False),
        ([*reflected("r", "t0"), *said("a"), *reflected("r", "t1", 1), *called(choice=1)], True),
    ],
)
def test_what_is_one_turn_over_several_choices_b31(events, split):
    assert split_over_choices(response_of(*events).items) is split


@pytest.mark.parametrize(
    ("ending", "events", "status", "finish"),
    [
        ("completed", said("a"), "completed", "stop"),
        ("incomplete", said("a"), "incomplete", "stop"),
        ("failed", said("a"), "failed", "error"),
        ("refused", said("a"), "failed", "error"),
        ("cancelled", said("a"), "cancelled", "cancelled"),
        ("truncated", said("a"), "incomplete", "truncated"),
        ("stalled", said("a"), "incomplete", "truncated"),
        ("disconnected", said("a"), "incomplete", "truncated"),
        ("truncated", [], "failed", "truncated"),
        ("stalled", [], "failed", "truncated"),
    ],
)
def test_status_and_finish_follow_the_ending(ending, events, status, finish):
    response = response_of(*events, ResponseFinished(finish_reason="stop"), StreamEnded(ending=ending))
    assert (response.status, response.finish_reason, response.ending) == (status, finish, ending)


def test_before_the_end_the_finish_itself_counts():
    response = response_of(*said("a"), ResponseFinished(finish_reason="length", status="incomplete"))
    assert (response.status, response.finish_reason, response.ending) == ("incomplete", "length", None)


@pytest.mark.parametrize(("terminal", "seen"), [(True, True), (False, False)])
def test_whether_the_wire_said_that_it_was_over(terminal, seen):
    assert response_of(ResponseFinished(finish_reason="stop", terminal=terminal)).terminal_seen is seen
    assert response_of().terminal_seen is False


@pytest.mark.parametrize(
    ("events", "empty"),
    [
        ([], True),
        ([ItemStarted(item_id="i", type="message")], True),
        (said("a"), False),
        (thought("hm"), False),
        ([ItemStarted(item_id="i", type="message"), RefusalDelta(item_id="i", text="no")], False),
        (called("invalid"), False),
        ([ItemStarted(item_id="i", type="message"), MediaAdded(item_id="i", media_type="image", url="u")], False),
        ([ItemStarted(item_id="i", type="reasoning"), SignatureReported(item_id="i", signature="A")], False),
        ([ItemStarted(item_id="i", type="web_search_call")], False),
    ],
)
def test_empty_h17(events, empty):
    assert response_of(*events, StreamEnded(ending="completed")).empty is empty


def test_what_failed_or_is_not_over_is_not_empty_h17():
    assert not response_of().empty
    assert not response_of(StreamEnded(ending="failed", error=ErrorInfo(kind="wire", message="odd"))).empty
    told = ErrorReported(error=ErrorInfo(kind="provider", message="no"))
    assert not response_of(told, StreamEnded(ending="completed")).empty


@pytest.mark.parametrize(("text", "visible"), [("", False), (" \n\t", False), ("\u200b\u2060", False), (" a", True)])
def test_visible_c41(text, visible):
    assert response_of(*said(text)).visible is visible


@pytest.mark.parametrize(
    ("events", "finish", "wanted"),
    [
        (said("a"), "pause", True),
        (thought("hm"), "stop", True),
        (thought("hm"), "length", False),
        ([*thought("hm"), *said("a")], "stop", False),
        ([*thought("hm"), *called()], "stop", False),
        ([], "stop", False),
    ],
)
def test_needs_continuation_c07_c36(events, finish, wanted):
    assert response_of(*events, ResponseFinished(finish_reason=finish)).needs_continuation is wanted


def test_as_plain_json():
    response = response_of(*said("ä"), *called(), ResponseFinished(finish_reason="stop", details={"stop": "x"}))
    plain = response.to_dict()
    assert json.loads(json.dumps(plain)) == msgspec.json.decode(msgspec.json.encode(response))
    assert plain["text"] == "ä"
    assert plain["tool_calls"][0]["name"] == "look"
    assert plain["finish_details"] == {"stop": "x"}


def test_a_response_cannot_be_changed():
    with pytest.raises(AttributeError):
        Response().text = "x"  # type: ignore[misc]  # that is what is tested
    assert streamkit.Response is Response


def test_j04_numbers_that_json_has_none_for_are_words_in_plain_json():
    tokens = ({"token": "a", "logprob": -math.inf, "top": [{"b": math.nan}]}, [math.inf, 1.5])
    message = [ItemStarted(item_id="m", type="message"), LogprobsAdded(item_id="m", logprobs=tokens)]
    response = response_of(*message, ResponseFinished(finish_reason="stop", details={"score": math.nan}))
    plain = json.loads(json.dumps(response.to_dict(), allow_nan=False))
    assert plain["items"][0]["logprobs"] == [
        {"token": "a", "logprob": "-Infinity", "top": [{"b": "NaN"}]},
        ["Infinity", 1.5],
    ]
    assert plain["finish_details"] == {"score": "NaN"}
    assert response.to_dict() == response.to_dict()
    assert response.items[0].logprobs[0]["logprob"] == -math.inf


def test_j01_plain_json_has_no_half_of_a_character():
    response = Response(
        id="r\ud83d", metadata={"a\ud83d": ["\ude00", {"b": ("\ud83d\ude00",)}], "c": 1}, finish_details={"\ud83d": 2}
    )
    plain = msgspec.json.decode(msgspec.json.encode(response.to_dict()))
    assert plain["id"] == "r\ufffd"
    assert plain["metadata"] == {"a\ufffd": ["\ufffd", {"b": ["😀"]}], "c": 1}
    assert plain["finish_details"] == {"\ufffd": 2}
    assert response.metadata["a\ud83d"][0] == "\ude00"


def test_names_that_are_no_texts_are_left_as_they_are():
    plain = Response(metadata={1: "a\ud83d", "b\ud83d": {2: 3}}).to_dict()
    assert plain["metadata"] == {1: "a\ufffd", "b\ufffd": {2: 3}}
