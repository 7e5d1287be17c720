"""Group B, order and life of items: what is tolerated in silence, or told by a note alone."""

from piping import chat, chunk, named, response_of, seen, sse

CREATED = {"type": "response.created", "response": {"id": "resp_1", "model": "m"}}


def completed(*items, **members):
    return {
        "type": "response.completed",
        "response": {"id": "resp_1", "status": "completed", "output": list(items), **members},
    }


def added(index, item):
    return {"type": "response.output_item.added", "output_index": index, "item": item}


def done(index, item):
    return {"type": "response.output_item.done", "output_index": index, "item": item}


def text(index, delta, item_id="m1"):
    return {
        "type": "response.output_text.delta",
        "output_index": index,
        "item_id": item_id,
        "content_index": 0,
        "delta": delta,
    }


def message(item_id, words, **members):
    return {
        "id": item_id,
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": words}],
        **members,
    }


def test_b04_reached_limits_end_nothing():
    frame = {"type": "codex.rate_limits", "rate_limits": {"limit_reached": True}}
    data = named(CREATED, frame, added(0, message("m1", "")), text(0, "still talking"), completed())
    response = response_of(data, "responses")
    assert (response.text, response.status, response.errors) == ("still talking", "completed", ())
    (note,) = [quirk for quirk in response.quirks if quirk.id == "rate_limits_frame"]
    assert note.data["rate_limits"] == {"limit_reached": True}


def test_b06_parts_need_no_announcement():
    whole = message("m1", "hi")
    data = named(
        CREATED, added(0, message("m1", "") | {"content": []}), text(0, "hi"), done(0, whole), completed(whole)
    )
    response = response_of(data, "responses")
    assert (response.text, response.quirks) == ("hi", ())


def test_b15_commentary_is_kept_out_of_the_answer():
    remark = message("m1", "Let me look.", phase="commentary")
    answer = message("m2", "Done.", phase="final_answer")
    odd = message("m3", " Really.", phase="epilogue")
    data = named(
        CREATED,
        *[added(at, item | {"content": []}) for at, item in enumerate((remark, answer, odd))],
        text(0, "Let me look.", "m1"),
        text(1, "Done.", "m2"),
        text(2, " Really.", "m3"),
        *[done(at, item) for at, item in enumerate((remark, answer, odd))],
        completed(remark, answer, odd),
    )
    response = response_of(data, "responses")
    assert (response.text, response.quirks) == ("Done. Really.", ())
    assert [(item.phase, item.text) for item in response.items] == [
        ("commentary", "Let me look."),
        ("final_answer", "Done."),
        ("epilogue", " Really."),
    ]


def test_b15_commentary_alone_is_no_answer():
    remark = message("m1", "Let me look.", phase="commentary")
    data = named(
        CREATED, added(0, remark | {"content": []}), text(0, "Let me look."), done(0, remark), completed(remark)
    )
    response = response_of(data, "responses")
    assert (response.text, seen(response)) == ("", ["commentary_only"])


def test_b15_a_phase_that_only_the_end_of_the_item_tells():
    remark = message("m1", "Let me look.", phase="commentary")
    response = response_of(named(CREATED, text(0, "Let me look."), done(0, remark), completed(remark)), "responses")
    assert (response.text, response.items[0].phase) == ("", "commentary")


def test_b05_an_item_that_was_never_announced_keeps_its_own_id():
    response = response_of(named(CREATED, text(0, "hi", "msg_wire"), completed()), "responses")
    assert (response.items[0].id, response.text) == ("msg_wire", "hi")


def test_b26_metadata_in_any_order_is_merged_and_is_no_finish():
    start = b'{"messageStart":{"role":"assistant"}}\n'
    delta = b'{"contentBlockDelta":{"contentBlockIndex":0,"delta":{"text":"hi"}}}\n'
    stop = b'{"messageStop":{"stopReason":"end_turn"}}\n'
    usage = b'{"metadata":{"usage":{"inputTokens":9,"outputTokens":2,"totalTokens":11}}}\n'
    metrics = b'{"metadata":{"metrics":{"latencyMs":900}}}\n'
    for order in ((stop, usage, metrics), (usage, stop, metrics), (metrics, usage, stop)):
        response = response_of(start + delta + b"".join(order), "bedrock")
        assert (response.text, response.finish_reason) == ("hi", "stop")
        assert (response.usage.input_tokens, response.usage.output_tokens) == (9, 2)
    cut = response_of(start + delta + usage + metrics, "bedrock")
    assert (cut.finish_reason, cut.usage.output_tokens) == ("truncated", 2)


def test_b36_two_messages_are_two_items_and_may_be_joined_with_a_blank_line():
    one, two = message("m1", "Part one"), message("m2", "Part two")
    data = named(
        CREATED,
        added(0, one | {"content": []}),
        text(0, "Part one", "m1"),
        done(0, one),
        added(1, two | {"content": []}),
        text(1, "Part two", "m2"),
        done(1, two),
        completed(one, two),
    )
    response = response_of(data, "responses")
    assert [item.text for item in response.items] == ["Part one", "Part two"]
    assert (response.text, response.text_of()) == ("Part onePart two", "Part one\n\nPart two")
    assert response.quirks == ()


def test_b16_text_around_a_call_keeps_its_order():
    call = {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "ls", "arguments": "{}"}}]}
    response = response_of(chat("I'll check", call, "and then explain", finish="tool_calls"), "chat")
    assert [item.type for item in response.items] == ["message", "function_call", "message"]
    assert (response.text, response.quirks) == ("I'll checkand then explain", ())


def test_b30_the_first_finish_does_not_end_the_other_choices():
    data = sse(chunk(index=1, content="B"), chunk("stop", index=1), chunk(content="A"), chunk("length"), done=True)
    response = response_of(data, "chat")
    assert (response.text, response.finish_reason) == ("A", "length")
    assert [(choice.index, choice.text, choice.finish_reason) for choice in response.choices] == [
        (0, "A", "length"),
        (1, "B", "stop"),
    ]


def test_b38_what_comes_behind_the_end_is_kept_beside_the_answer():
    late = {"type": "error", "code": "server_error", "message": "late"}
    data = named(CREATED, text(0, "hi"), completed(), text(0, "more"), late)
    response = response_of(data, "responses")
    assert (response.text, response.status, response.errors) == ("hi", "completed", ())
    notes = {quirk.id: quirk.data for quirk in response.quirks}
    assert notes["after_terminal"] == "more"
    assert notes["error_after_terminal"]["message"] == "late"
