import pytest
from anthropic_wire import (
    EVERYTHING,
    START,
    STOP,
    TEXT,
    arguments,
    begin,
    decode,
    end,
    frame,
    of,
    piece,
    quirks,
    stop,
    thought,
    told,
    words,
)

from streamkit.dialects.anthropic import ANTHROPIC
from streamkit.dialects.base import CERTAIN, LIKELY, NO, POSSIBLE, DecoderOptions
from streamkit.events import (
    ErrorReported,
    ItemFinished,
    ItemStarted,
    KeepAlive,
    MetadataReported,
    ProviderEvent,
    ResponseStarted,
    TextDelta,
    UsageReported,
)
from streamkit.evidence import EndMarker, FinishClaimed, Halt
from streamkit.limits import Limits


def finish_of(events):
    (claim,) = of(events, FinishClaimed)
    return claim


def test_a_healthy_stream_in_order_and_without_quirks():
    events = decode(EVERYTHING)
    assert quirks(events) == []
    assert told(events) == {
        0: {
            "type": "reasoning",
            "name": "",
            "call_id": "",
            "reasoning": "Let me see.",
            "signature": "Er1",
            "finished": "completed",
        },
        1: {"type": "message", "name": "", "call_id": "", "text": "I will look.", "finished": "completed"},
        2: {
            "type": "function_call",
            "name": "ls",
            "call_id": "toolu_1",
            "arguments": '{"p": "."}',
            "finished": "completed",
        },
    }
    assert of(events, ResponseStarted) == [ResponseStarted(response_id="msg_1", model="claude-test")]
    assert of(events, KeepAlive) == [KeepAlive(comment="ping")]
    assert finish_of(events) == FinishClaimed(finish_reason="tool_calls", raw_finish_reason="tool_use")
    assert events[-1] == EndMarker(name="message_stop")


def test_frames_without_event_names_mean_the_same():
    assert decode(frame(payload, "") for payload in EVERYTHING) == decode(EVERYTHING)


def test_the_hot_path_gives_a_one_tuple():
    decoder = ANTHROPIC.decoder(DecoderOptions())
    for payload in TEXT[:3]:
        result = decoder.feed(frame(payload))
    assert result == (TextDelta(key=0, text="Hel"),)


def test_empty_deltas_say_nothing():
    events = decode(
        [START, begin(0, "text", text=""), words(0, ""), words(0, "0"), words(0, "\n"), stop(0), end(), STOP]
    )
    assert [event.text for event in of(events, TextDelta)] == ["0", "\n"]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("tool_use", "tool_calls"),
        ("pause_turn", "pause"),
        ("refusal", "refusal"),
    ],
)
def test_c36_stop_reasons(word, reason):
    claim = finish_of(decode([*TEXT[:-2], end(word), STOP]))
    assert (claim.finish_reason, claim.raw_finish_reason, claim.details) == (reason, word, {})


def test_c36_context_window_and_details_of_the_stop():
    last = end("model_context_window_exceeded")
    assert finish_of(decode([*TEXT[:-2], last, STOP])).details == {"code": "context_overflow"}
    last = end("refusal")
    last["delta"]["stop_details"] = {"type": "refusal", "category": "x"}
    assert finish_of(decode([START, last, STOP])).details == {"stop_details": {"type": "refusal", "category": "x"}}
    last = end("stop_sequence")
    last["delta"]["stop_sequence"] = "\n\nEND"
    assert finish_of(decode([START, last, STOP])).details == {"stop_sequence": "\n\nEND"}


def test_an_unknown_stop_reason_is_named():
    events = decode([*TEXT[:-2], end("tired"), STOP])
    assert finish_of(events).finish_reason == "unknown"
    assert quirks(events) == ["finish_unknown"]


def test_a_delta_without_a_stop_reason_claims_nothing():
    events = decode([START, end(None), STOP])
    assert of(events, FinishClaimed) == []


def test_c29_c30_usage_is_merged_and_counts_the_cache():
    events = decode([START, end(output_tokens=50, input_tokens=None), STOP])
    first, last = (event.usage for event in of(events, UsageReported))
    assert (first.input_tokens, first.output_tokens, first.cached_tokens) == (12, 1, 5)
    assert (last.input_tokens, last.output_tokens, last.cached_tokens) == (12, 50, 5)
    assert last.raw == {"input_tokens": 7, "cache_read_input_tokens": 5, "output_tokens": 50}
    assert first.raw["output_tokens"] == 1


def test_c30_zero_does_not_erase_input():
    events = decode([START, end(input_tokens=0, output_tokens=50), STOP])
    assert of(events, UsageReported)[-1].usage.raw["input_tokens"] == 7
    assert quirks(events) == ["usage_zeroed"]


def test_c30_nested_counters_are_kept():
    start = {**START, "message": {**START["message"], "usage": {"server_tool_use": {"a": 1}, "input_tokens": 3}}}
    events = decode([start, end(output_tokens=2, server_tool_use={"b": 2}), STOP])
    assert of(events, UsageReported)[-1].usage.raw["server_tool_use"] == {"a": 1, "b": 2}


def test_c31_no_usage_is_no_event():
    start = {"type": "message_start", "message": {"id": "m"}}
    assert (
        of(decode([start, {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, STOP]), UsageReported) == []
    )


def test_metadata_beside_the_documented_members():
    last = {**end(), "context_management": {"applied_edits": []}}
    last["delta"] = {**last["delta"], "container": {"id": "c"}}
    events = decode([START, last, STOP])
    assert of(events, MetadataReported) == [
        MetadataReported(metadata={"context_management": {"applied_edits": []}, "container": {"id": "c"}})
    ]


def test_bedrock_metrics_count_only_without_usage():
    metrics = {"inputTokenCount": 4, "outputTokenCount": 6}
    last = {"type": "message_stop", "amazon-bedrock-invocationMetrics": metrics}
    events = decode([{"type": "message_start", "message": {"id": "m"}}, last])
    assert [(e.usage.input_tokens, e.usage.output_tokens) for e in of(events, UsageReported)] == [(4, 6)]
    events = decode([START, last])
    assert [e.usage.input_tokens for e in of(events, UsageReported)] == [12]
    assert of(events, MetadataReported)[0].metadata == {"amazon-bedrock-invocationMetrics": metrics}


def test_e22_redacted_thinking_keeps_its_payload():
    events = decode([START, begin(0, "redacted_thinking", data="EpX"), stop(0), end(), STOP])
    item = {"type": "reasoning", "name": "", "call_id": "", "redacted": "EpX", "finished": "completed"}
    assert told(events) == {0: item}


def test_e23_signature_without_thinking_and_e24_thinking_without_signature():
    signed = [begin(0, "thinking", thinking="", signature=""), piece(0, "signature_delta", signature="S"), stop(0)]
    unsigned = [begin(1, "thinking", thinking=""), thought(1, "a"), piece(1, "signature_delta", signature=""), stop(1)]
    items = told(decode([START, *signed, *unsigned, end(), STOP]))
    assert items[0]["signature"] == "S"
    assert "reasoning" not in items[0]
    assert items[1]["reasoning"] == "a"
    assert "signature" not in items[1]


def test_a_signature_in_the_start_is_reported():
    items = told(decode([START, begin(0, "thinking", thinking="", signature="S"), stop(0), end(), STOP]))
    assert items[0]["signature"] == "S"


def test_d43_server_tools_are_items_of_their_own_kind():
    result = {"tool_use_id": "srv_1", "content": [{"type": "web_search_result", "url": "https://a"}]}
    events = decode(
        [
            START,
            begin(0, "server_tool_use", id="srv_1", name="web_search", input={}),
            arguments(0, '{"query":'),
            arguments(0, '"a"}'),
            stop(0),
            begin(1, "web_search_tool_result", **result),
            stop(1),
            end(),
            STOP,
        ]
    )
    use, found = of(events, ItemStarted)
    assert (use.type, use.name, use.call_id) == ("server_tool_use", "web_search", "srv_1")
    assert told(events)[0]["arguments"] == '{"query":"a"}'
    assert (found.type, found.call_id) == ("web_search_tool_result", "srv_1")
    assert found.details == {"type": "web_search_tool_result", **result}
    assert quirks(events) == []


def test_a_compaction_is_kept_whole_and_is_no_text():
    begun = [START, begin(0, "compaction", content=None), piece(0, "compaction_delta", content="sum")]
    events = decode([*begun, piece(0, "compaction_delta", content="mary"), stop(0), end(), STOP])
    assert of(events, ItemFinished) == [ItemFinished(key=0, details={"content": "summary"})]
    assert of(events, TextDelta) == []
    assert of(decode(begun), ItemFinished) == [ItemFinished(key=0, status="incomplete", details={"content": "sum"})]


def test_a_sealed_compaction_is_kept_beside_its_words():
    pieces = [piece(0, "compaction_delta", content="sum", encrypted_content="Q1")]
    pieces.append(piece(0, "compaction_delta", content=None, encrypted_content="Q2"))
    (last,) = of(decode([START, begin(0, "compaction"), *pieces, stop(0), end(), STOP]), ItemFinished)
    assert last.details == {"content": "sum", "encrypted_content": "Q1Q2"}


def test_a_compaction_beyond_the_limit_halts():
    pieces = [piece(0, "compaction_delta", content="x" * 6)] * 2
    (halt,) = of(decode([START, begin(0, "compaction"), *pieces], Limits(item=10)), Halt)
    assert (halt.error.kind, halt.error.limit, halt.error.size) == ("limit", "item", 12)


def test_an_unknown_block_keeps_its_whole_object():
    events = decode([START, begin(0, "hologram", shape="cube"), stop(0), end(), STOP])
    assert of(events, ItemStarted)[0].details == {"type": "hologram", "shape": "cube"}
    assert of(events, ItemStarted)[0].type == "hologram"


def test_citations_of_start_and_deltas():
    cited = piece(0, "citations_delta", citation={"cited_text": "b"})
    payloads = [begin(0, "text", text="", citations=[{"cited_text": "a"}]), words(0, "x"), cited, stop(0)]
    events = decode([START, *payloads, end(), STOP])
    assert told(events)[0]["annotations"] == [{"cited_text": "a"}, {"cited_text": "b"}]
    assert quirks(events) == []


def test_f22_null_citations_are_silent():
    events = decode([START, begin(0, "text", text="", citations=None), words(0, "x"), stop(0), end(), STOP])
    assert quirks(events) == []
    assert "annotations" not in told(events)[0]


def test_b24_start_without_text_or_input_is_silent():
    events = decode(
        [
            START,
            begin(0, "text"),
            words(0, "x"),
            stop(0),
            begin(1, "tool_use", id="t", name="ls", input=None),
            stop(1),
            begin(2, "tool_use", id="u", name="ls"),
            arguments(2, "{}"),
            stop(2),
            end("tool_use"),
            STOP,
        ]
    )
    assert quirks(events) == []
    items = told(events)
    assert "arguments" not in items[1]
    assert items[2]["arguments"] == "{}"


def test_b21_indexes_are_keys():
    events = decode([START, begin(5, "text", text=""), words(5, "a"), begin(2, "text", text=""), words(2, "b"), end()])
    assert quirks(events) == []
    assert list(told(events)) == [5, 2]


def test_blocks_that_close_late_and_out_of_order():
    events = decode(
        [
            START,
            begin(0, "thinking", thinking=""),
            thought(0, "a"),
            begin(1, "text", text=""),
            words(1, "b"),
            begin(2, "tool_use", id="t", name="ls"),
            arguments(2, "{}"),
            piece(0, "signature_delta", signature=""),
            stop(2),
            stop(0),
            stop(1),
            end("tool_use"),
            STOP,
        ]
    )
    assert quirks(events) == []
    assert [event.key for event in of(events, ItemFinished)] == [2, 0, 1]


def test_g08_error_event():
    events = decode([START, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}])
    (error,) = of(events, ErrorReported)
    assert (error.error.code, error.error.status, error.error.retryable) == ("overloaded_error", 529, True)
    assert quirks(events) == []


def test_a16_done_is_a_marker_without_proof_and_silent():
    events = decode([*TEXT, frame(b"[DONE]")])
    assert events[-1] == EndMarker(name="[DONE]", proof=False)
    assert quirks(events) == []


def test_undocumented_frames_and_deltas_are_passed_on():
    odd, delta = {"type": "relay_status", "queue": 1}, piece(0, "smell_delta", smell="tar")
    events = decode([START, odd, begin(0, "text", text=""), delta, words(0, "a"), stop(0), end(), STOP])
    assert of(events, ProviderEvent) == [
        ProviderEvent(name="relay_status", data=odd),
        ProviderEvent(name="content_block_delta", data=delta),
    ]
    assert quirks(events) == ["undocumented_frame", "undocumented_frame"]
    assert told(events)[0]["text"] == "a"


@pytest.mark.parametrize(
    ("payload", "event", "sure"),
    [
        (START, "", CERTAIN),
        (words(0, "x"), "vertex_event", CERTAIN),
        (STOP, "message_stop", CERTAIN),
        ({"index": 0, "delta": {"text": "x"}}, "content_block_delta", LIKELY),
        ({"type": "message", "role": "assistant", "content": [], "stop_reason": "end_turn"}, "", LIKELY),
        ({"type": "ping"}, "ping", POSSIBLE),
        ({"type": "error", "error": {"type": "api_error"}}, "error", POSSIBLE),
        ({"choices": [{"delta": {"content": '"type":"message_start"'}}]}, "", NO),
        ({"type": "message-start"}, "", NO),
        ({"contentBlockDelta": {"delta": {"text": "x"}}}, "contentBlockDelta", NO),
        ({"type": "message", "role": "assistant", "status": "completed", "content": []}, "", NO),
    ],
)
def test_recognise(payload, event, sure):
    assert ANTHROPIC.recognise(frame(payload, event)) == sure


def test_recognise_looks_past_a_large_member():
    assert ANTHROPIC.recognise(frame({"delta": {"text": "x" * 9000}, "type": "content_block_delta"}, "")) == CERTAIN
