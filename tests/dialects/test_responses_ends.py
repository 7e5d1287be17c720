"""How Responses streams end: terminal frames, errors, usage, whole documents."""

import json

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
    quirks,
    read,
    spoken,
    sse,
)

import streamkit
from streamkit.errors import ErrorInfo
from streamkit.items import Usage

ANSWER = (CREATED, *spoken("hi"))


def error_of(response) -> ErrorInfo:
    [error] = response.errors
    return error


# the terminal frame (C01-C06, B35, B38)


@pytest.mark.parametrize("output", [None, [], "hi", {"text": "no"}, 7])
def test_the_terminal_output_is_never_taken_c01_c02(output):
    frame = ended()
    frame["response"]["output"] = output
    response = read(*ANSWER, frame)
    assert (response.text, response.finish_reason, response.usage.output_tokens) == ("hi", "stop", 2)
    assert response.terminal_seen
    assert quirks(response) == ["terminal_output_differs" if output == [] else "terminal_output_null"]


def test_the_terminal_output_left_out_c02():
    frame = ended()
    del frame["response"]["output"]
    response = read(*ANSWER, frame)
    assert (response.text, quirks(response)) == ("hi", ["terminal_output_null"])


def test_other_words_in_the_terminal_output_are_not_even_noticed_c02():
    assert read(*ANSWER, ended([message("something else")])) == read(*ANSWER, ended([message("hi")]))


def test_what_only_the_terminal_output_has_is_named_b35():
    extra = {"type": "mcp_list_tools", "id": "mcpl1", "tools": [{"name": "secret"}]}
    response = read(*ANSWER, ended([extra, message("hi")]))
    assert [item.type for item in response.items] == ["message"]
    [note] = response.quirks
    assert (note.id, note.data) == ("terminal_only_items", [("mcp_list_tools", "mcpl1")])


def test_no_terminal_frame_with_content_c03():
    response = read(CREATED, added(message()), delta("half an ans"))
    assert (response.text, response.status, response.finish_reason) == ("half an ans", "incomplete", "truncated")
    assert not response.terminal_seen
    assert error_of(response).code == "truncated"


def test_no_terminal_frame_and_no_content_c03():
    response = read(CREATED, added(message()))
    assert (response.status, error_of(response).code, error_of(response).retryable) == ("failed", "no_terminal", True)


@pytest.mark.parametrize(
    ("name", "inner", "status", "finish", "noted"),
    [
        ("done", "completed", "completed", "stop", []),
        ("done", "cancelled", "cancelled", "cancelled", []),
        ("done", None, "completed", "stop", []),
        ("done", "", "completed", "stop", []),
        ("cancelled", "cancelled", "cancelled", "cancelled", []),
        ("canceled", None, "cancelled", "cancelled", []),
        ("completed", None, "completed", "stop", []),
        ("completed", "in_progress", "completed", "stop", []),
        ("completed", "finalized", "completed", "unknown", ["status_unknown"]),
        ("done", "finalized", "completed", "unknown", ["status_unknown"]),
        ("incomplete", "finalized", "incomplete", "length", ["status_unknown"]),
        ("incomplete", "completed", "incomplete", "length", ["status_conflict"]),
        ("completed", "cancelled", "cancelled", "cancelled", ["status_conflict"]),
    ],
)
def test_names_and_statuses_c04_c05(name, inner, status, finish, noted):
    details = {"reason": "max_output_tokens"}
    frame = ended([message()], name, status=inner, incomplete_details=details)
    response = read(*ANSWER, frame)
    assert (response.status, response.finish_reason, quirks(response)) == (status, finish, noted)


@pytest.mark.parametrize(
    ("reason", "finish", "raw"),
    [
        ("max_output_tokens", "length", "incomplete:max_output_tokens"),
        ("length", "length", "incomplete:length"),
        ("max_tool_calls", "unknown", "incomplete:max_tool_calls"),
        ("max_tokens", "length", "incomplete:max_tokens"),
        ("content_filter", "content_filter", "incomplete:content_filter"),
        ("steps", "unknown", "incomplete:steps"),
        (None, "unknown", "incomplete"),
    ],
)
def test_why_an_answer_is_incomplete_c05(reason, finish, raw):
    details = {"reason": reason} if reason else None
    response = read(*ANSWER, ended([message()], "incomplete", incomplete_details=details))
    assert (response.status, response.finish_reason, response.raw_finish_reason) == ("incomplete", finish, raw)
    assert response.finish_details == (details or {})
    assert response.errors == ()


def test_completed_with_a_failed_status_is_a_failure_c05():
    response = read(*ANSWER, ended([message()], status="failed", error={"code": "server_error", "message": "boom"}))
    assert (response.status, response.finish_reason, response.text) == ("failed", "error", "hi")
    assert (error_of(response).code, error_of(response).message) == ("server_error", "boom")


def test_a_terminal_frame_whose_response_is_no_object():
    response = read(*ANSWER, {"type": "response.completed", "response": "ok"})
    assert (response.status, response.text, response.usage) == ("completed", "hi", None)


def test_items_of_the_server_never_decide_completion_c06():
    search = {"type": "web_search_call", "id": "ws1", "status": "in_progress"}
    response = read(CREATED, added(search), added(message(), 1), delta("x", 1), done(message("x"), 1), ended())
    assert (response.status, response.finish_reason) == ("completed", "stop")


def test_content_behind_the_end_is_named_and_kept_b38():
    response = read(*ANSWER, ended([message()]), delta("late"))
    [note] = response.quirks
    assert (response.text, note.id, note.data) == ("hi", "after_terminal", "late")


def test_an_error_behind_the_end_is_no_failure_b38():
    response = read(*ANSWER, ended([message()]), {"type": "error", "message": "too late"})
    assert (response.status, response.errors, quirks(response)) == ("completed", (), ["error_after_terminal"])


# usage (C25, C27, J13)


@pytest.mark.parametrize(
    ("raw", "counts", "noted"),
    [
        (
            {
                "input_tokens": 10,
                "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 1},
                "output_tokens": 6,
                "output_tokens_details": {"reasoning_tokens": 5},
                "total_tokens": 16,
            },
            {"input_tokens": 10, "output_tokens": 6, "total_tokens": 16, "cached_tokens": 4, "cache_write_tokens": 1,
             "reasoning_tokens": 5},
            [],
        ),
        (  # C27: the reasoning is not in the output count
            {"input_tokens": 10, "output_tokens": 6, "output_tokens_details": {"reasoning_tokens": 5},
             "total_tokens": 21},
            {"input_tokens": 10, "output_tokens": 11, "total_tokens": 21, "reasoning_tokens": 5},
            ["usage_exclusive_reasoning"],
        ),
        (  # C26: more reasoning than output
            {"input_tokens": 1, "output_tokens": 10, "output_tokens_details": {"reasoning_tokens": 14},
             "total_tokens": 11},
            {"input_tokens": 1, "output_tokens": 10, "total_tokens": 11, "reasoning_tokens": 14},
            ["usage_inconsistent"],
        ),
        (  # C28: no output in a larger total
            {"input_tokens": 20, "output_tokens": 0, "total_tokens": 900},
            {"input_tokens": 20, "output_tokens": 0, "total_tokens": 900},
            ["usage_inconsistent"],
        ),
        ({"input_tokens": "12", "output_tokens": 3.0, "total_tokens": True}, {"input_tokens": 12, "output_tokens": 3},
         ["usage_shape"]),
        ({"input_tokens": "12.0", "output_tokens": " 3 "}, {"input_tokens": 12, "output_tokens": 3}, ["usage_shape"]),
        ({"input_tokens": -1, "output_tokens": 2.5, "total_tokens": "many"}, {}, ["usage_shape"]),
        ({"input_tokens": 3, "input_tokens_details": None, "output_tokens_details": []}, {"input_tokens": 3}, []),
    ],
)  # fmt: skip
def test_usage_j13(raw, counts, noted):
    response = read(*ANSWER, ended([message()], usage=raw))
    assert (response.usage, quirks(response)) == (Usage(**counts, raw=raw), noted)


@pytest.mark.parametrize("raw", [None, {}, [], "none"])
def test_no_usage_is_unknown_not_zero_c31(raw):
    assert read(*ANSWER, ended([message()], usage=raw)).usage is None


def test_usage_beside_the_response_object():
    frame = {**ended([message()], usage=None), "usage": {"input_tokens": 1}}
    assert read(*ANSWER, frame).usage.input_tokens == 1


# errors (G01, G09)

SLOW = {"code": "rate_limit_exceeded", "message": "slow down", "param": None}


@pytest.mark.parametrize("frame", [{"type": "error", **SLOW}, {"type": "error", "error": SLOW}])
@pytest.mark.parametrize("before", [(), (CREATED, added(message()), delta("hi"))])
def test_an_error_frame_g01(frame, before):
    with pytest.raises(streamkit.RateLimited) as caught:
        streamkit.assemble(sse(*before, frame), "responses")
    error = caught.value
    assert (error.code, error.info.message, error.retryable) == ("rate_limit_exceeded", "slow down", True)
    assert (error.partial.text, error.partial.finish_reason) == ("hi" if before else "", "error")


@pytest.mark.parametrize(
    "payload",
    [
        {"error": {"message": "boom", "code": "server_error"}},
        {"detail": "boom"},
        {"code": "server_error", "message": "boom"},
        {"success": False, "errors": [{"code": 7, "message": "boom"}]},
        {"base_resp": {"status_code": 1004, "status_msg": "boom"}},
        {"object": "error", "message": "boom", "type": "BadRequestError", "param": None, "code": 400},
        {"type": "response.error", "error": {"message": "boom"}},
    ],
)
def test_an_error_without_a_type_or_with_its_own_g01(payload):
    response = read(CREATED, ("", payload))
    assert (response.status, error_of(response).message) == ("failed", "boom")


@pytest.mark.parametrize(
    ("first", "second", "told", "noted"),
    [
        ({"message": "boom"}, {"message": "boom", "code": None}, ["boom"], []),
        ({"message": "boom"}, {"message": "upstream: boom"}, ["boom"], ["error_restated"]),
        ({"message": "upstream: boom"}, {"message": "boom"}, ["upstream: boom"], ["error_restated"]),
        ({"message": "boom", "code": "server_error"}, {"message": "boom"}, ["boom"], ["error_restated"]),
        ({"message": "boom"}, None, ["boom"], ["failed_without_error", "error_restated"]),
        ({"message": "boom"}, {"message": "boom", "code": "server_error"}, ["boom", "boom"], []),
        ({"message": "boom", "code": "a"}, {"message": "upstream: boom"}, ["boom", "upstream: boom"], []),
        ({"message": "boom"}, {"message": "bang"}, ["boom", "bang"], []),
    ],
)
def test_an_error_frame_and_a_failed_response_that_say_the_same_are_one_error_g09(first, second, told, noted):
    failed = ended([message()], "failed", error=second)
    response = read(CREATED, added(message()), delta("half"), {"type": "error", **first}, failed)
    assert ([error.message for error in response.errors], response.status) == (told, "failed")
    assert [quirk for quirk in quirks(response) if quirk != "item_not_closed"] == noted


def test_an_error_of_one_item_is_none_of_the_response_d43():
    failed = {"type": "response.mcp_call.failed", "item_id": "x", "output_index": 1, "error": {"message": "boom"}}
    response = read(*ANSWER, failed, ended([message()]))
    assert (response.status, response.errors) == ("completed", ())


def test_an_error_frame_that_is_no_json_g10():
    response = read(*ANSWER, ("error", b"upstream connect error"))
    assert (response.text, error_of(response).message) == ("hi", "upstream connect error")


@pytest.mark.parametrize(
    ("inner", "message_", "noted"),
    [
        ({"error": {"code": "server_error", "message": "boom"}}, "boom", []),
        ({"error": None, "incomplete_details": {"reason": "content_filter"}}, "content_filter",
         ["failed_without_error"]),
        ({"error": None}, "response failed", ["failed_without_error"]),
        ({}, "response failed", ["failed_without_error"]),
    ],
)  # fmt: skip
def test_response_failed_g09(inner, message_, noted):
    response = read(CREATED, added(message()), delta("half"), ended([message()], "failed", error=None) | {
        "response": {"id": "r1", "status": "failed", "output": [message()], **inner}
    })  # fmt: skip
    assert (response.status, response.finish_reason, response.text) == ("failed", "error", "half")
    assert message_ in error_of(response).message
    assert [q for q in quirks(response) if q != "item_not_closed"] == noted


def test_not_even_the_raw_error_of_a_failure_has_the_claimed_output_c02():
    frame = ended([message("claimed")], "failed", error={"code": "server_error", "message": "boom"})
    assert error_of(read(CREATED, frame)).raw["response"] == {
        member: value for member, value in frame["response"].items() if member != "output"
    }


def test_a_failure_drops_the_calls_that_were_open():
    response = read(CREATED, added(call()), arguments('{"a":'), ended([call()], "failed", error={"message": "boom"}))
    assert response.tool_calls == ()
    assert [one.state for one in response.dropped_calls] == ["truncated"]


# a whole document instead of a stream (A17)


def test_a_whole_document_a17():
    reasoning = {"id": "rs1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]}
    body = {
        "object": "response", "id": "r1", "model": "m1", "status": "completed",
        "usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5},
        "output": [reasoning, message("hi"), call('{"a":1}'), 7],
    }  # fmt: skip
    for data in (json.dumps(body).encode(), sse(("", body))):
        response = streamkit.assemble(data, "responses")
        assert (response.id, response.text, response.reasoning) == ("r1", "hi", "Hm.")
        assert [one.input for one in response.tool_calls] == [{"a": 1}]
        assert (response.status, response.finish_reason, response.usage.total_tokens) == ("completed", "tool_calls", 5)
        assert "non_stream_body" in quirks(response)


def test_a_whole_document_that_is_an_error_a17():
    with pytest.raises(streamkit.InvalidRequest, match="bad tool"):
        streamkit.assemble(b'{"error":{"type":"invalid_request_error","message":"bad tool"}}', "responses")


@pytest.mark.parametrize("status", [None, "queued"])
def test_a_whole_document_with_a_strange_status_a17(status):
    body = {"object": "response", "id": "r1", "status": status, "output": None}
    assert streamkit.assemble(json.dumps(body).encode(), "responses", on_error="event").items == ()


@pytest.mark.parametrize(
    ("kind", "ending", "runs"),
    [
        ("custom_tool_call", "failed", False),
        ("function_call", "failed", False),
        ("custom_tool_call", "incomplete", False),  # nothing shows that free text is whole
        ("function_call", "incomplete", True),  # an object that is closed is
        ("custom_tool_call", "completed", True),
    ],
)
def test_a_call_without_an_end_is_run_only_if_it_is_whole(kind, ending, runs):
    item = {"type": kind, "id": "it0", "call_id": "c0", "name": "f"}
    name, text = (
        ("custom_tool_call_input", "rm -rf x") if kind == "custom_tool_call" else ("function_call_arguments", "{}")
    )
    piece = {"type": f"response.{name}.delta", "item_id": "it0", "output_index": 0, "delta": text}
    begun = {"type": "message", "id": "it1", "role": "assistant", "content": []}
    last = {"type": f"response.{ending}", "response": {"id": "r", "status": ending}}
    response = read(CREATED, added(item, 0), piece, added(begun, 1), last)
    assert bool(response.tool_calls) == runs
    assert bool(response.dropped_calls) != runs
