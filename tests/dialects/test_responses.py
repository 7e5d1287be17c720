"""The Responses dialect on streams that keep to its documents, and on streams that leave things out."""

from responses_wire import (
    CREATED,
    USAGE,
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

from streamkit.items import Part


def test_a_message():
    response = read(CREATED, {**CREATED, "type": "response.in_progress"}, *spoken("He", "llo"), ended([message()]))
    assert (response.id, response.model, response.text) == ("r1", "m1", "Hello")
    assert (response.status, response.finish_reason, response.raw_finish_reason) == ("completed", "stop", "completed")
    assert [(item.id, item.type, item.status) for item in response.items] == [("m1", "message", "completed")]
    assert (response.usage.input_tokens, response.usage.output_tokens, response.usage.total_tokens) == (3, 2, 5)
    assert response.usage.raw == USAGE
    assert response.terminal_seen
    assert quirks(response) == []


def test_content_indexes_are_parts_of_one_item():
    response = read(
        CREATED,
        added(message()),
        piece("content_part.added", content_index=0, part={"type": "output_text", "text": ""}),
        delta("a"),
        piece("content_part.added", content_index=1, part={"type": "output_text", "text": ""}),
        {**delta("b"), "content_index": 1},
        piece("content_part.done", content_index=1, part={"type": "output_text", "text": "b"}),
        done({**message("a"), "content": [{"type": "output_text", "text": t} for t in "ab"]}),
        ended([message()]),
    )
    assert response.items[0].parts == (Part("text", "a", 0), Part("text", "b", 1))
    assert (response.text, quirks(response)) == ("ab", [])


def test_a_refusal_c38():
    refusal = {**message(), "content": [{"type": "refusal", "refusal": "No, sorry"}]}
    response = read(
        CREATED,
        added(message()),
        piece("refusal.delta", content_index=0, delta="No, "),
        piece("refusal.delta", content_index=0, delta="sorry"),
        piece("refusal.done", content_index=0, refusal="No, sorry"),
        piece("content_part.done", content_index=0, part={"type": "refusal", "refusal": "No, sorry"}),
        done(refusal),
        ended([refusal]),
    )
    assert (response.refusal, response.text, response.finish_reason) == ("No, sorry", "", "refusal")
    assert quirks(response) == []


def test_reasoning_raw_and_summarised():
    item = {
        "id": "rs1",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "Short."}],
        "content": [{"type": "reasoning_text", "text": "Long."}],
        "encrypted_content": "gAAA",
    }
    part = {"type": "summary_text", "text": ""}
    response = read(
        CREATED,
        added({"id": "rs1", "type": "reasoning", "summary": []}),
        piece("reasoning_summary_part.added", item_id="rs1", summary_index=0, part=part),
        piece("reasoning_summary_text.delta", item_id="rs1", summary_index=0, delta="Sho"),
        piece("reasoning_summary_text.delta", item_id="rs1", summary_index=0, delta="rt."),
        piece("reasoning_summary_text.done", item_id="rs1", summary_index=0, text="Short."),
        piece("reasoning_summary_part.done", item_id="rs1", summary_index=0, part={**part, "text": "Short."}),
        piece("reasoning_text.delta", item_id="rs1", content_index=0, delta="Long."),
        piece("reasoning_text.done", item_id="rs1", content_index=0, text="Long."),
        done(item),
        ended([item]),
    )
    assert response.items[0].parts == (Part("summary", "Short."), Part("reasoning", "Long."))
    assert (response.items[0].signature, response.items[0].signature_kind) == ("gAAA", "encrypted_content")
    assert response.needs_continuation
    assert quirks(response) == ["reasoning_only"]  # C07


def test_reasoning_under_the_other_names_of_its_frames():
    """The Open Responses specification has `response.reasoning.*`, OpenAI's first documents an object in `delta`."""
    raw = {"id": "rs1", "type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "Long."}]}
    short = {"id": "rs2", "type": "reasoning", "summary": [{"type": "summary_text", "text": "Short."}]}
    one = {"item_id": "rs1", "output_index": 0, "content_index": 0}
    two = {"item_id": "rs2", "output_index": 1, "summary_index": 0}
    response = read(
        CREATED,
        added({"id": "rs1", "type": "reasoning", "summary": []}, 0),
        piece("reasoning.delta", delta="Lo", **one),
        piece("reasoning.delta", delta="ng.", **one),
        piece("reasoning.done", text="Long.", **one),
        done(raw, 0),
        added({"id": "rs2", "type": "reasoning", "summary": []}, 1),
        piece("reasoning_summary.delta", delta="Sho", **two),
        piece("reasoning_summary.delta", delta={"text": "rt."}, **two),
        piece("reasoning_summary.done", text="Short.", **two),
        done(short, 1),
        ended([raw, short]),
    )
    parts = [item.parts for item in response.items]
    assert parts == [(Part("reasoning", "Long."),), (Part("summary", "Short."),)]
    assert quirks(response) == ["item_shape", "reasoning_only"]


def test_a_call():
    whole = '{"city":"Oslo"}'
    response = read(
        CREATED,
        added(call()),
        arguments('{"city"'),
        arguments(':"Oslo"}'),
        piece("function_call_arguments.done", item_id="fc1", arguments=whole),
        done(call(whole)),
        ended([call(whole)]),
    )
    [one] = response.tool_calls
    assert (one.call_id, one.name, one.arguments, one.input) == ("c1", "look", whole, {"city": "Oslo"})
    assert (one.state, one.kind, one.item_id, response.finish_reason) == ("complete", "function", "fc1", "tool_calls")
    assert quirks(response) == []


def test_a_custom_call_is_free_text_d31():
    item = {"id": "ctc1", "type": "custom_tool_call", "call_id": "c1", "name": "patch", "input": ""}
    response = read(
        CREATED,
        added(item),
        piece("custom_tool_call_input.delta", item_id="ctc1", delta="*** Begin"),
        piece("custom_tool_call_input.delta", item_id="ctc1", delta=" {"),
        piece("custom_tool_call_input.done", item_id="ctc1", input="*** Begin {"),
        done({**item, "input": "*** Begin {"}),
        ended([item]),
    )
    [one] = response.tool_calls
    assert (one.kind, one.arguments, one.input, one.state) == ("custom", "*** Begin {", None, "complete")
    assert quirks(response) == []


def test_text_before_and_behind_a_call_stays_in_order_b16():
    response = read(
        CREATED,
        *spoken("I'll check"),
        added(call(), 1),
        arguments("{}", 1),
        done(call("{}"), 1),
        added(message(item_id="m2"), 2),
        delta(" and explain", 2, "m2"),
        done(message(" and explain", "m2"), 2),
        ended([message(), call(), message()]),
    )
    assert [item.type for item in response.items] == ["message", "function_call", "message"]
    assert response.text == "I'll check and explain"
    assert quirks(response) == []


def test_interleaved_calls_are_kept_apart_d52():
    response = read(
        CREATED,
        added(call(item_id="a", call_id="c1", name="one"), 0),
        added(call(item_id="b", call_id="c2", name="two"), 1),
        arguments('{"x":', 0, "a"),
        arguments('{"y":', 1, "b"),
        arguments("1}", 0, "a"),
        arguments("2}", 1, "b"),
        done(call('{"y":2}', "b", "c2", "two"), 1),
        done(call('{"x":1}', "a", "c1", "one"), 0),
        ended([call(), call()]),
    )
    assert [(one.name, one.arguments) for one in response.tool_calls] == [("one", '{"x":1}'), ("two", '{"y":2}')]
    assert quirks(response) == []


def test_annotations_streamed_and_in_the_item_are_taken_once_f11():
    first, second = {"type": "url_citation", "url": "https://a"}, {"type": "url_citation", "url": "https://b"}
    item = message("x")
    item["content"][0]["annotations"] = [first, second]
    response = read(
        CREATED,
        added(message()),
        delta("x"),
        piece("output_text.annotation.added", content_index=0, annotation_index=0, annotation=first),
        done(item),
        ended([item]),
    )
    assert response.items[0].annotations == (first, second)
    assert quirks(response) == []


def test_queued_is_lifecycle_b34():
    queued = {"type": "response.queued", "response": {"id": "r1", "status": "queued", "model": None}}
    response = read(queued, CREATED, *spoken("x"), ended([message()]))
    assert (response.id, response.model, response.text, quirks(response)) == ("r1", "m1", "x", [])


def test_nulls_in_early_frames_b17():
    created = {"type": "response.created", "response": {"id": "r1", "model": "m1", "usage": None, "output": None}}
    assert quirks(read(created, *spoken("x"), ended([message()]))) == []


def test_metadata_of_the_terminal_frame_is_kept():
    response = read(CREATED, *spoken("x"), ended([message()], service_tier="priority", created_at=7, background=False))
    assert response.metadata == {"service_tier": "priority", "created_at": 7}


def test_verdicts_and_the_use_of_tools_are_metadata_and_the_echo_of_the_request_is_not():
    told = {
        "tool_usage": {"web_search": {"num_requests": 1}},
        "moderation": {"output": {"type": "moderation_results", "results": []}},
        "content_filters": [{"blocked": False, "source_type": "completion"}],
        "conversation": {"id": "conv_1"},
    }
    response = read(CREATED, *spoken("x"), ended([message()], **told, instructions="Be brief.", tools=[{"type": "x"}]))
    assert response.metadata == told
