import json

import pytest
from hypothesis import given, settings

import streamkit
from streamkit.dialects.base import CERTAIN, LIKELY, NO, POSSIBLE, DecoderOptions
from streamkit.dialects.bedrock import BEDROCK
from streamkit.events import ArgumentsDelta, ErrorReported, ProviderEvent, TextDelta
from streamkit.frames import Frame
from streamkit.quirks.bedrock import converse_start_missing, inner_unrecognised, member_carriage
from streamkit.quirks.reshaping import frame_unrecognised
from streamkit.quirks.tape import Tape
from streamkit.testing.fixtures import all_fixtures
from tests.dialects.driving import assembled, decoded, frame, quirks, spoilt

START = frame({"role": "assistant", "p": "abc"}, "messageStart")


def delta(index, **members):
    return frame({"contentBlockIndex": index, "delta": members, "p": "ab"}, "contentBlockDelta")


def begin(index, **members):
    return frame({"contentBlockIndex": index, "start": members}, "contentBlockStart")


def end(index):
    return frame({"contentBlockIndex": index}, "contentBlockStop")


def stop(reason, **members):
    return frame({"stopReason": reason, **members}, "messageStop")


def metadata(**members):
    return frame(members, "metadata")


def failure(name, payload, kind="exception"):
    return frame(payload, name, kind)


USAGE = {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}


def test_b19_text_blocks_open_themselves():
    response = assembled(
        BEDROCK, START, delta(0, text="a"), delta(0, text=""), end(0), delta(1, text="b"), stop("end_turn")
    )
    assert [(item.type, item.text) for item in response.items] == [("message", "a"), ("message", "b")]
    assert (response.finish_reason, response.terminal_seen, response.quirks) == ("stop", True, ())


def test_e22_e23_reasoning():
    response = assembled(
        BEDROCK,
        START,
        delta(0, reasoningContent={"text": "a"}),
        delta(0, reasoningContent={"signature": "s1"}),
        delta(0, reasoningContent={"signature": "s2"}),
        delta(0, reasoningContent={}),
        end(0),
        delta(1, reasoningContent={"redactedContent": "xx"}),
        end(1),
        delta(2, text="b"),
        stop("end_turn"),
    )
    assert [(item.type, item.reasoning, item.signature, item.signature_kind) for item in response.items] == [
        ("reasoning", "a", "s1s2", "signature"),
        ("reasoning", "", "xx", "redacted"),
        ("message", "", "", ""),
    ]


def test_calls():
    response = assembled(
        BEDROCK,
        START,
        begin(0, toolUse={"toolUseId": "t1", "name": "f"}),
        delta(0, toolUse={"input": '{"a":'}),
        delta(0, toolUse={"input": "1}"}),
        end(0),
        begin(1, toolUse={"toolUseId": "t2", "name": "g", "type": "tool_use"}),
        delta(1, toolUse={"input": ""}),
        delta(1, toolUse={"input": {"b": 2}}),
        end(1),
        stop("tool_use"),
    )
    assert [(call.call_id, call.name, call.input) for call in response.tool_calls] == [
        ("t1", "f", {"a": 1}),
        ("t2", "g", {"b": 2}),
    ]
    assert response.finish_reason == "tool_calls"


def test_b37_a_call_that_is_announced_twice_is_one():
    start, given = begin(0, toolUse={"toolUseId": "t1", "name": "f"}), delta(0, toolUse={"input": '{"a":1}'})
    twice = assembled(BEDROCK, START, start, start, given, end(0), stop("tool_use"))
    assert [(call.call_id, call.input) for call in twice.tool_calls] == [("t1", {"a": 1})]
    assert quirks(twice) == ["item_reannounced"]
    apart = [  # other ids, no ids, or something said in between: these are two
        [begin(0, toolUse={"toolUseId": "t2", "name": "f"}), start],
        [begin(0, toolUse={"name": "f"}), begin(0, toolUse={"name": "f"})],
        [start, given, start],
        [start, end(0), start],
    ]
    for frames in apart:
        response = assembled(BEDROCK, START, *frames, given, end(0), stop("tool_use"))
        assert len(response.tool_calls) + len(response.dropped_calls) == 2


def test_d43_server_side_tools_are_no_calls():
    response = assembled(
        BEDROCK,
        START,
        begin(0, toolUse={"toolUseId": "t1", "name": "code", "type": "server_tool_use"}),
        delta(0, toolUse={"input": '{"x":1}'}),
        end(0),
        begin(1, toolResult={"toolUseId": "t1", "type": "code_result", "status": "success"}),
        delta(1, toolResult=[{"text": "1"}]),
        delta(1, toolResult={"text": "2"}),
        end(1),
        stop("end_turn"),
    )
    use, result = response.items
    assert (use.type, use.text_of("arguments"), use.details["name"]) == ("server_tool_use", '{"x":1}', "code")
    assert (result.type, result.details["content"]) == ("code_result", [{"text": "1"}, {"text": "2"}])
    assert (response.tool_calls, response.finish_reason) == ((), "stop")


def test_a_result_that_was_cut_is_kept():
    response = assembled(BEDROCK, START, begin(0, toolResult={"toolUseId": "t1"}), delta(0, toolResult=[{"text": "1"}]))
    assert [(item.type, item.details["content"]) for item in response.items] == [("tool_result", [{"text": "1"}])]


def test_b21_events_without_the_index_of_their_block():
    tool = {"start": {"toolUse": {"toolUseId": "t1", "name": "look"}}}
    events = [
        ("contentBlockDelta", {"delta": {"text": "a"}}),
        ("contentBlockDelta", {"delta": {"text": "b"}}),
        ("contentBlockStop", {}),
        ("contentBlockDelta", {"delta": {"text": "c"}}),
        ("contentBlockStart", tool),
        ("contentBlockDelta", {"delta": {"toolUse": {"input": '{"x":'}}}),
        ("contentBlockDelta", {"delta": {"toolUse": {"input": "1}"}}}),
        ("contentBlockStop", {}),
    ]
    named = [frame(payload, name) for name, payload in events]
    members = [frame({name: payload}) for name, payload in events]
    for body in (named, members):
        response = assembled(BEDROCK, START, *body, stop("tool_use"))
        assert [item.text for item in response.items] == ["ab", "c", ""]
        assert [(call.call_id, call.input) for call in response.tool_calls] == [("t1", {"x": 1})]
        assert quirks(response) == ["block_index_missing"]
    mixed = assembled(BEDROCK, START, named[0], end(0), begin(1, **tool["start"]), *named[5:], stop("tool_use"))
    assert (mixed.text, mixed.tool_calls[0].input) == ("a", {"x": 1})


def test_j05_a_member_with_the_name_of_no_event_is_not_opened_however_deep():
    def nested(depth):
        return '{"contentBlockOther":' * depth + '{"delta":{"text":"no"}}' + "}" * depth

    decoder = BEDROCK.decoder(DecoderOptions())
    for depth in range(800, 1000, 5):
        assert not any(isinstance(event, TextDelta) for event in decoder.feed(Frame(nested(depth).encode())))
    one, two = (list(decoder.feed(Frame(nested(depth).encode()))) for depth in (1, 2))
    assert [event.name for event in (one[-1], two[-1])] == ["contentBlockOther", "contentBlockOther"]
    assert two[-1].data == {"contentBlockOther": {"contentBlockOther": {"delta": {"text": "no"}}}}


def test_b20_a_result_whose_block_was_not_closed_is_kept():
    pieces = (begin(0, toolResult={"toolUseId": "t1"}), delta(0, toolResult=[{"text": "1"}]))
    response = assembled(BEDROCK, START, *pieces, stop("end_turn"))
    assert [(item.type, item.details["content"]) for item in response.items] == [("tool_result", [{"text": "1"}])]
    assert "after_terminal" not in quirks(response)


def test_f11_citations_belong_to_their_block():
    response = assembled(
        BEDROCK,
        START,
        delta(0, text="a"),
        delta(0, citation={"title": "t"}),
        end(0),
        delta(1, text="b"),
        stop("end_turn"),
    )
    assert [item.annotations for item in response.items] == [({"title": "t"},), ()]


def test_f12_images():
    response = assembled(
        BEDROCK,
        START,
        begin(0, image={"format": "png"}),
        delta(0, image={"source": {"bytes": "AA=="}}),
        end(0),
        stop("end_turn"),
    )
    assert (response.items[0].type, response.items[0].media[0]["data"]) == ("media", "AA==")


def test_b26_metadata_before_and_behind_the_stop():
    for frames in ([metadata(usage=USAGE), stop("end_turn")], [stop("end_turn"), metadata(usage=USAGE)]):
        response = assembled(BEDROCK, START, delta(0, text="a"), *frames)
        assert (response.usage.total_tokens, response.finish_reason) == (5, "stop")


def test_b26_later_metadata_erases_nothing():
    response = assembled(
        BEDROCK, START, delta(0, text="a"), stop("end_turn"), metadata(usage=USAGE), metadata(metrics={"latencyMs": 9})
    )
    assert (response.usage.raw, response.metadata) == (USAGE, {"metrics": {"latencyMs": 9}})


def test_b26_metadata_is_no_finish():
    response = assembled(BEDROCK, START, delta(0, text="a"), metadata(usage=USAGE))
    assert (response.finish_reason, response.usage.total_tokens) == ("truncated", 5)


def test_c29_cached_tokens_are_part_of_the_input():
    usage = {
        "inputTokens": 3,
        "outputTokens": 2,
        "cacheReadInputTokens": 10,
        "cacheWriteInputTokens": 4,
        "totalTokens": 19,
    }
    counted = assembled(BEDROCK, START, delta(0, text="a"), stop("end_turn"), metadata(usage=usage)).usage
    assert (counted.input_tokens, counted.cached_tokens, counted.cache_write_tokens) == (17, 10, 4)


def test_b27_c39_a_stop_without_a_start():
    response = assembled(BEDROCK, stop("guardrail_intervened"))
    assert (response.finish_reason, response.raw_finish_reason) == ("content_filter", "guardrail_intervened")
    assert quirks(response) == ["converse_start_missing"]


@pytest.mark.parametrize(
    ("word", "reason"),
    [("end_turn", "stop"), ("stop_sequence", "stop"), ("max_tokens", "length"), ("content_filtered", "content_filter")],
)
def test_c14_stop_reasons(word, reason):
    fields = {"stop_sequence": "x"}
    response = assembled(BEDROCK, START, delta(0, text="a"), stop(word, additionalModelResponseFields=fields))
    assert (response.finish_reason, response.raw_finish_reason) == (reason, word)
    assert response.finish_details == {"additionalModelResponseFields": fields}


def test_c14_an_unknown_stop_reason_is_named():
    assert quirks(assembled(BEDROCK, START, delta(0, text="a"), stop("bored"))) == ["finish_unknown"]


def test_a_malformed_call_is_an_error():
    response = assembled(BEDROCK, START, delta(0, text="a"), stop("malformed_tool_use"))
    assert (response.text, response.finish_reason, response.errors[0].code) == ("a", "error", "malformed_tool_call")


def test_a_stop_without_a_reason_is_an_end_marker():
    response = assembled(BEDROCK, START, delta(0, text="a"), frame({}, "messageStop"))
    assert (response.finish_reason, quirks(response)) == ("stop", ["finish_inferred"])


@pytest.mark.parametrize(
    ("name", "status", "retryable"),
    [
        ("throttlingException", 429, True),
        ("serviceUnavailableException", 503, True),
        ("modelTimeoutException", 408, True),
        ("internalServerException", 500, True),
        ("validationException", 400, False),
        ("dependencyFailedException", 424, True),
        ("badGatewayException", 502, True),
        ("conflictException", 409, True),
        ("modelNotReadyException", 429, True),
        ("resourceNotFoundException", 404, False),
        ("serviceQuotaExceededException", 400, False),
    ],
)
def test_g14_modelled_exceptions(name, status, retryable):
    response = assembled(BEDROCK, START, delta(0, text="a"), failure(name, {"message": "told"}))
    error = response.errors[0]
    assert (error.code, error.status, error.retryable, error.message) == (name, status, retryable, "told")
    assert (response.text, response.finish_reason) == ("a", "error")


def test_g14_the_models_own_message_is_in_the_chain():
    payload = {"message": "model failed", "originalStatusCode": 424, "originalMessage": "engine died"}
    error = assembled(BEDROCK, failure("modelStreamErrorException", payload)).errors[0]
    assert (error.message, error.status, error.chain) == ("model failed", 424, ("engine died",))


@pytest.mark.parametrize(
    ("payload", "message"),
    [({"Message": "told"}, "told"), (b"", "boomException"), (b"plain words", "plain words"), (b'"words"', "words")],
)
def test_exceptions_of_any_shape(payload, message):
    error = assembled(BEDROCK, failure("boomException", payload, "error")).errors[0]
    assert (error.code, error.message) == ("boomException", message)


def test_g14_exceptions_as_members():
    response = assembled(BEDROCK, START, frame({"throttlingException": {"message": "told"}}))
    assert (response.errors[0].code, response.errors[0].message) == ("throttlingException", "told")
    assert assembled(BEDROCK, frame({"boomException": "told"})).errors[0].message == "told"


@pytest.mark.parametrize("name", ["throttlingException", "modelStreamErrorException"])
@pytest.mark.parametrize("payload", [{"message": "told"}, {"message": "told", "originalStatusCode": 424}])
def test_g14_exceptions_that_say_they_are_events(name, payload):
    response = assembled(BEDROCK, START, delta(0, text="a"), failure(name, payload, "event"))
    assert [(error.code, error.message, error.retryable) for error in response.errors] == [(name, "told", True)]
    assert (response.text, response.finish_reason, response.quirks) == ("a", "error", ())


def test_events_as_members():
    response = assembled(
        BEDROCK,
        frame({"messageStart": {"role": "assistant"}}),
        frame({"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "a"}}}),
        frame({"contentBlockStop": {"contentBlockIndex": 0}}),
        frame({"messageStop": {"stopReason": "end_turn"}}),
        frame({"metadata": {"usage": USAGE}}),
    )
    assert (response.text, response.finish_reason, response.usage.raw) == ("a", "stop", USAGE)
    assert quirks(response) == ["member_carriage"]


def test_an_event_that_nobody_documents_is_passed_on():
    events = decoded(BEDROCK, START, frame({"x": 1}, "moodEvent"), frame({"y": 1}))
    assert [(event.name, event.data) for event in events if isinstance(event, ProviderEvent)] == [
        ("moodEvent", {"x": 1}),
        ("y", {"y": 1}),
    ]


def test_an_error_object_is_an_error():
    events = decoded(BEDROCK, frame({"error": {"message": "boom"}}))
    assert [event.error.message for event in events if isinstance(event, ErrorReported)] == ["boom"]


def test_odd_json_types_are_read_and_named():
    odd = frame({"contentBlockIndex": "0", "delta": {"text": 5, "toolUse": 1}}, "contentBlockDelta")
    member = frame({"contentBlockDelta": {"contentBlockIndex": "0", "delta": {"text": "b"}}})
    response = assembled(BEDROCK, START, odd, member, stop("end_turn"))
    assert response.text == "5b"
    assert set(quirks(response)) == {"member_coerced", "member_unreadable"}
    assert quirks(decoded(BEDROCK, START, frame([1], "metadata")))


def test_j01_halves_of_a_character_are_joined():
    def half(escape, member):
        data = b'{"contentBlockIndex":0,"delta":{' + member.replace(b"?", escape) + b"}}"
        return frame(data, "contentBlockDelta")

    for member in (b'"text":"?"', b'"reasoningContent":{"text":"?"}'):
        frames = [half(escape, member) for escape in (b"\\ud83d", b"\\ude00", b"\\ud83d")]
        response = assembled(BEDROCK, START, *frames, end(0), stop("end_turn"))
        assert response.text + response.reasoning == "\U0001f600\ufffd"
        assert len(response.items) == 1


def test_arguments_for_a_block_that_nobody_began_are_kept():
    events = decoded(BEDROCK, START, delta(4, toolUse={"input": "{}"}))
    assert [event.text for event in events if isinstance(event, ArgumentsDelta)] == ["{}"]


@pytest.mark.parametrize(
    ("each", "sure"),
    [
        (START, CERTAIN),
        (delta(0, text="a"), CERTAIN),
        (metadata(usage=USAGE), LIKELY),
        (frame({"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "a"}}}), LIKELY),
        (failure("throttlingException", {}), LIKELY),
        (failure("oops", {}), POSSIBLE),
        (frame({"metadata": {}}), NO),
        (frame({"bytes": ""}, "chunk"), NO),
        (frame(b"[1]"), NO),
    ],
)
def test_recognition(each, sure):
    assert BEDROCK.recognise(each) == sure


@pytest.mark.parametrize(
    ("quirk", "dialect"),
    [
        (converse_start_missing, "bedrock"),
        (member_carriage, "bedrock"),
        (frame_unrecognised, "bedrock"),
        (inner_unrecognised, "bedrock-invoke"),
    ],
    ids=repr,
)
def test_what_can_be_planted_is_found(quirk, dialect):
    planted = 0
    for fixture in all_fixtures(dialect=dialect):
        if not fixture.healthy:
            continue
        whole = streamkit.assemble([fixture.data], dialect)
        tape = Tape(fixture.data, dialect, "aws-eventstream")
        for edit in quirk.plant(tape):
            planted += 1
            response = streamkit.assemble([tape.apply([edit])], dialect, on_error="event")
            assert quirk.id in quirks(response), fixture.id
            assert (response.text, response.finish_reason) == (whole.text, whole.finish_reason)
            assert response.tool_calls == whole.tool_calls
    assert planted


NAMES = ["messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockDelta", "contentBlockDelta"]
NAMES += ["contentBlockStop", "contentBlockDelta", "contentBlockStart", "contentBlockDelta", "messageStop", "metadata"]
STREAM = [
    {"role": "assistant"},
    {"contentBlockIndex": 1, "start": {"toolUse": {"toolUseId": "t", "name": "f"}}},
    {"contentBlockIndex": 0, "delta": {"text": "a"}},
    {"contentBlockIndex": 1, "delta": {"toolUse": {"input": "{}"}}},
    {"contentBlockIndex": 2, "delta": {"reasoningContent": {"text": "r"}}},
    {"contentBlockIndex": 1},
    {"contentBlockIndex": 0, "delta": {"citation": {"title": "t"}}},
    {"contentBlockIndex": 3, "start": {"toolResult": {"toolUseId": "t", "type": "x"}}},
    {"contentBlockIndex": 3, "delta": {"toolResult": [{"json": {}}]}},
    {"stopReason": "end_turn"},
    {"usage": USAGE, "metrics": {"latencyMs": 1}, "trace": {"guardrail": {}}},
]


@settings(max_examples=200, deadline=None)
@given(spoilt(STREAM))
def test_nothing_on_the_wire_raises(payloads):
    for wrap in (lambda name, payload: frame(payload, name), lambda name, payload: frame({name: payload})):
        response = assembled(BEDROCK, *(wrap(name, payload) for name, payload in zip(NAMES, payloads, strict=True)))
        json.dumps(response.to_dict())
        (response.text + response.reasoning).encode()


def test_deltas_say_which_block_they_belong_to():
    events = decoded(BEDROCK, START, delta(7, text="a"))
    assert [event.key for event in events if isinstance(event, TextDelta)] == [7]


def test_f12_an_image_that_lies_in_a_bucket():
    place = {"uri": "s3://b/i.png", "bucketOwner": "1"}
    frames = [begin(0, image={"format": "png"}), delta(0, image={"source": {"s3Location": place}}), end(0)]
    response = assembled(BEDROCK, START, *frames, stop("end_turn"))
    assert response.items[0].media == ({"media_type": "image", "url": "s3://b/i.png", "s3Location": place},)
    assert response.quirks == ()


def test_a_delta_of_an_unknown_kind_is_passed_on():
    events = decoded(BEDROCK, START, delta(0, smell={"of": "rain"}), delta(0, text=""), delta(0), delta(0, text="a"))
    assert [event.data["delta"] for event in events if isinstance(event, ProviderEvent)] == [{"smell": {"of": "rain"}}]
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["a"]


def test_a_piece_of_a_call_in_an_unknown_member_is_named_d17():
    response = assembled(
        BEDROCK,
        START,
        begin(0, toolUse={"toolUseId": "t1", "name": "f"}),
        delta(0, toolUse={"data": {"path": "/tmp/x"}}),
        end(0),
        stop("tool_use"),
    )
    named = [(quirk.id, quirk.data) for quirk in response.quirks if quirk.id == "member_unreadable"]
    assert named == [("member_unreadable", {"data": {"path": "/tmp/x"}})]


def test_reasoning_in_an_unknown_member_is_named():
    odd = delta(0, reasoningContent={"steps": ["think"]})
    response = assembled(BEDROCK, START, odd, delta(0, reasoningContent={"text": ""}), end(0), stop("end_turn"))
    assert [(quirk.id, quirk.data) for quirk in response.quirks] == [("member_unreadable", {"steps": ["think"]})]


DOCUMENT = {
    "output": {
        "message": {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "S=="}}},
                {"text": "Über"},
                {"citationsContent": {"content": [{"text": " it"}], "citations": [{"title": "T"}]}},
                {"toolUse": {"toolUseId": "t1", "name": "ls", "input": {"p": 1}}},
                {"toolUse": {"toolUseId": "t2", "name": "now", "input": {}}},
            ],
        }
    },
    "stopReason": "tool_use",
    "usage": USAGE,
    "metrics": {"latencyMs": 9},
}


@pytest.mark.parametrize("dialect", ["bedrock", None])
@pytest.mark.parametrize("size", [1, 10_000])
def test_a17_an_answer_that_came_as_one_document(dialect, size):
    body = json.dumps(DOCUMENT, indent=2, ensure_ascii=False).encode()
    response = streamkit.assemble([body[at : at + size] for at in range(0, len(body), size)], dialect)
    assert (response.dialect, response.status, response.finish_reason) == ("bedrock", "completed", "tool_calls")
    assert (response.text, response.reasoning) == ("Über it", "Hm.")
    assert [item.type for item in response.items] == [
        "reasoning",
        "message",
        "message",
        "function_call",
        "function_call",
    ]
    assert (response.items[0].signature, response.items[2].annotations) == ("S==", ({"title": "T"},))
    assert [(call.call_id, call.name, call.input, call.state) for call in response.tool_calls] == [
        ("t1", "ls", {"p": 1}, "complete"),
        ("t2", "now", {}, "complete"),
    ]
    assert (response.usage.input_tokens, response.metadata["metrics"]) == (3, {"latencyMs": 9})
    assert [quirk.id for quirk in response.quirks] == ["non_stream_body"]


def test_a17_a_guarded_document_and_one_without_content():
    guarded = {**DOCUMENT, "stopReason": "guardrail_intervened"}
    response = streamkit.assemble(json.dumps(guarded).encode(), "bedrock", on_error="event")
    assert response.finish_reason == "content_filter"
    empty = {"output": {"message": {"role": "assistant", "content": None}}, "stopReason": "end_turn"}
    response = streamkit.assemble(json.dumps(empty).encode(), "bedrock", on_error="event")
    assert (response.text, response.finish_reason, response.usage) == ("", "stop", None)
