"""Group G, errors in the stream: the cases that need the whole pipeline."""

from piping import chat, chunk, response_of, seen, sse

from streamkit.profile import Profile


def test_g22_nothing_readable_before_the_end_marker():
    response = response_of(sse("<garbage>", "{'choices': []}", done=True), "chat")
    (error,) = response.errors
    assert (error.kind, error.code, response.status) == ("wire", "unreadable_stream", "failed")
    assert "<garbage>" in error.message
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
