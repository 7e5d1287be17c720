"""Group G, errors in the stream: the cases that need the whole pipeline."""

import json

import pytest
from piping import chat, chunk, response_of, seen, sse

from streamkit.profile import Profile


def test_g22_nothing_readable_before_the_end_marker():
    response = response_of(sse("<garbage>", "{'choices': []}", done=True), "chat")
    (error,) = response.errors
    assert (error.kind, error.code, response.status) == ("wire", "unreadable_stream", "failed")
    assert "<garbage>" in error.message
    assert error.raw == "<garbage>"
    assert seen(response) == ["corrupt_frame"]


def test_g19_more_input_than_the_window_holds_is_named():
    data = chat("x", usage={"prompt_tokens": 210_000, "completion_tokens": 4, "total_tokens": 210_004})
    response = response_of(data, "chat", Profile(context_window=200_000))
    assert (response.status, seen(response)) == ("completed", ["input_exceeds_window"])
    assert response_of(data, "chat", Profile(context_window=210_000)).quirks == ()


def test_g20_calls_that_were_whole_before_an_error_are_kept_and_the_error_told_once():
    item = {"id": "fc", "type": "function_call", "call_id": "c", "name": "ls", "arguments": "{}"}
    data = sse(
        {"type": "response.created", "response": {"id": "r"}},
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "arguments": ""}},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "error", "code": "server_error", "message": "boom"},
        {"type": "error", "code": "server_error", "message": "boom"},
    )
    response = response_of(data, "responses")
    assert (len(response.errors), response.finish_reason) == (1, "error")
    assert [call.name for call in response.tool_calls + response.dropped_calls] == ["ls"]


def test_g26_a_proxys_last_words_are_the_cause_of_the_cut():
    data = sse(chunk(reasoning_content="thinking…")) + b"upstream error: read ECONNRESET"
    response = response_of(data, "chat")
    (error,) = response.errors
    assert (response.reasoning, response.finish_reason) == ("thinking…", "truncated")
    assert (error.code, error.raw) == ("upstream_cut", "upstream error: read ECONNRESET")
    assert seen(response) == ["stray_line", "terminal_missing"]


@pytest.mark.parametrize(("finish", "choices"), [("stop", 1), (None, 0)])
def test_g06_a_status_object_counts_beside_choices_too(finish, choices):
    last = chunk(finish)
    last["choices"] = last["choices"][:choices]
    data = sse(chunk(content="hi"), {**last, "base_resp": {"status_code": 1027, "status_msg": "cut by a filter"}})
    response = response_of(data, "chat")
    (error,) = response.errors
    assert (response.text, response.finish_reason, seen(response)) == ("hi", "error", ["status_object"])
    assert (error.code, error.message) == ("1027", "cut by a filter")


@pytest.mark.parametrize("code", [0, "0", None])
def test_g06_a_status_object_without_a_fault_says_nothing(code):
    last = {**chunk("stop"), "base_resp": {"status_code": code, "status_msg": ""}}
    response = response_of(sse(chunk(content="hi"), last, done=True), "chat")
    assert (response.finish_reason, response.errors, seen(response)) == ("stop", (), [])


def test_g07_json_indented_with_no_break_spaces_is_opened_g23():
    inner = json.dumps({"error": {"message": "no room", "status": "UNAVAILABLE"}}, indent=2).replace(" ", "\u00a0")
    response = response_of(sse({"error": {"message": inner}}), "chat")
    (error,) = response.errors
    assert (error.message, error.code) == ("no room", "UNAVAILABLE")
    assert seen(response) == ["error_wrapped"]


def test_g23_a_message_that_is_no_json_is_not_named_as_such():
    response = response_of(sse({"error": {"message": "no room"}}), "chat")
    assert (response.errors[0].message, seen(response)) == ("no room", [])


@pytest.mark.parametrize("words", ["upstream error: read ECONNRESET", "  connection reset by peer"])
def test_g26_last_words_behind_lines_of_json_too(words):
    line = json.dumps({"model": "q", "message": {"role": "assistant", "content": "hi"}, "done": False})
    response = response_of(f"{line}\n{words}".encode(), "ollama")
    (error,) = response.errors
    assert (response.text, error.code, error.raw) == ("hi", "upstream_cut", words.strip())
    assert seen(response) == ["stray_line", "terminal_missing"]


def test_g26_a_cut_line_that_speaks_of_a_reset_is_still_a_cut_line():
    line = json.dumps({"model": "q", "message": {"role": "assistant", "content": "hi"}, "done": False})
    cut = '{"model": "q", "message": {"content": "upstream error: read ECONNRESET'
    response = response_of(f"{line}\n{cut}".encode(), "ollama")
    assert (response.errors[0].code, seen(response)) == ("truncated", ["eof_partial", "terminal_missing"])


BLANK = (None, "", {}, [])


@pytest.mark.parametrize("blank", BLANK)
@pytest.mark.parametrize("dialect", ["ollama", "gemini", "cohere"])
def test_g17_a_blank_error_is_none_in_any_dialect(dialect, blank):
    said = {"role": "assistant", "content": "hi"}
    start = {"type": "message-start", "id": "m", "delta": {"message": {"role": "assistant"}}}
    told = {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "hi"}}}}
    whole = {
        "ollama": [{"model": "q", "message": said, "error": blank, "done": True, "done_reason": "stop"}],
        "gemini": [{"error": blank, "candidates": [{"content": {"parts": [{"text": "hi"}]}, "finishReason": "STOP"}]}],
        "cohere": [start, told, {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "error": blank}}],
    }[dialect]
    data = "".join(f"{json.dumps(line)}\n" for line in whole).encode() if dialect == "ollama" else sse(*whole)
    response = response_of(data, dialect)
    assert (response.text, response.finish_reason, response.errors) == ("hi", "stop", ())
