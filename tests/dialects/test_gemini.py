import json

import pytest
from hypothesis import given, settings

import streamkit
from streamkit.dialects.base import CERTAIN, LIKELY, NO, POSSIBLE
from streamkit.dialects.gemini import GEMINI
from streamkit.events import (
    ErrorReported,
    MediaAdded,
    MetadataReported,
    ProviderEvent,
    ReasoningDelta,
    SignatureReported,
    TextDelta,
    UsageReported,
)
from streamkit.evidence import EndMarker, Halt
from streamkit.limits import Limits
from streamkit.quirks.gemini import (
    call_args_text,
    call_not_continued,
    finish_number,
    part_unknown,
    partial_value_unplaced,
)
from streamkit.quirks.reshaping import member_coerced, member_unreadable
from streamkit.quirks.tape import Tape
from streamkit.testing.fixtures import all_fixtures
from tests.dialects.driving import assembled, decoded, frame, quirks, spoilt


def chunk(*parts, finish=None, index=None, usage=None, **members):
    candidate = {"content": {"role": "model", "parts": list(parts)}, **members}
    if finish is not None:
        candidate["finishReason"] = finish
    if index is not None:
        candidate["index"] = index
    payload = {"candidates": [candidate], "modelVersion": "gemini-x", "responseId": "r1"}
    return payload if usage is None else {**payload, "usageMetadata": usage}


def call(name, args=None, **members):
    return {"functionCall": {"name": name, **({} if args is None else {"args": args}), **members}}


def piece(path, *, more=True, **value):
    part = {"partialArgs": [{"jsonPath": path, **value}]}
    return {"functionCall": {**part, "willContinue": True} if more else part}


def arguments(response):
    return [(each.name, each.input) for each in response.tool_calls]


def test_a03_f25_every_part_in_order():
    response = assembled(
        GEMINI,
        chunk({"text": "a", "thought": True}, {"text": "b"}, call("look", {"x": 1}), {"text": "c"}, finish="STOP"),
    )
    assert [item.type for item in response.items] == ["reasoning", "message", "function_call", "message"]
    assert (response.text, response.reasoning) == ("bc", "a")
    assert response.finish_reason == "tool_calls"
    assert response.raw_finish_reason == "STOP"
    assert response.quirks == ()


def test_protobuf_names_are_read_like_the_documented_ones():
    args = {"file_path": "a", "fileMode": "w"}
    parts = [
        {"text": "hm", "thought": True, "thought_signature": "S1"},
        {"text": "Hi"},
        {"function_call": {"name": "look_up", "args": args, "id": "c1"}, "thought_signature": "S2"},
        {"inline_data": {"mime_type": "image/png", "data": "AAAA"}},
        {"executable_code": {"language": "PYTHON", "code": "1"}},
        {"code_execution_result": {"outcome": "OUTCOME_FAILED", "output": "no"}},
    ]
    usage = {"prompt_token_count": 5, "candidates_token_count": 7, "thoughts_token_count": 2, "total_token_count": 14}
    grounding = {"grounding_chunks": [{"web": {"uri": "u"}}], "web_search_queries": ["q"]}
    response = assembled(
        GEMINI,
        {"candidates": [{"content": {"role": "model", "parts": parts}}], "response_id": "r9", "model_version": "g-1"},
        {
            "candidates": [{"finish_reason": "MAX_TOKENS", "finish_message": "long", "grounding_metadata": grounding}],
            "usage_metadata": usage,
        },
    )
    assert (response.text, response.reasoning, response.id, response.model) == ("Hi", "hm", "r9", "g-1")
    assert (response.finish_reason, response.raw_finish_reason) == ("length", "MAX_TOKENS")
    usage = response.usage
    assert (usage.input_tokens, usage.output_tokens, usage.reasoning_tokens, usage.total_tokens) == (5, 9, 2, 14)
    assert [(each.name, each.call_id, each.input) for each in response.tool_calls] == [("look_up", "c1", args)]
    picture = response.items[3].media[0]
    assert (picture["media_type"], picture["data"]) == ("image/png", "AAAA")
    assert [item.type for item in response.items] == [
        "reasoning",
        "message",
        "function_call",
        "media",
        "executable_code",
        "code_execution_result",
    ]
    assert response.items[-1].status == "failed"
    assert response.metadata["groundingMetadata"] == {
        "groundingChunks": [{"web": {"uri": "u"}}],
        "webSearchQueries": ["q"],
    }
    assert [(quirk.id, quirk.count) for quirk in response.quirks] == [("snake_case", 1)]


def test_protobuf_names_of_a_blocked_prompt_and_of_streamed_arguments():
    wire = b'data: {"prompt_feedback":{"block_reason":"SAFETY"},"usage_metadata":{"prompt_token_count":3}}\n\n'
    response = streamkit.assemble([wire])
    assert (response.dialect, response.finish_reason, response.usage.input_tokens) == ("gemini", "content_filter", 3)
    assert response.raw_finish_reason == "SAFETY"
    pieces = [
        {"name": "f", "will_continue": True},
        {"partial_args": [{"json_path": "$.a", "string_value": "x"}], "will_continue": True},
        {"partial_args": [{"json_path": "$.a", "string_value": "y"}]},
    ]
    frames = [{"candidates": [{"content": {"parts": [{"function_call": piece}]}}]} for piece in pieces]
    last = {"candidates": [{"finish_reason": "STOP"}]}
    assert arguments(assembled(GEMINI, *frames, last)) == [("f", {"a": "xy"})]


@pytest.mark.parametrize("members", [{}, {"responseId": "r"}])
def test_names_in_arguments_are_the_users_own(members):
    part = {"functionCall": {"name": "f", "args": {"function_call": {"will_continue": True}, "usage_metadata": 1}}}
    response = assembled(GEMINI, {"candidates": [{"content": {"parts": [part]}, "finishReason": "STOP"}], **members})
    assert arguments(response) == [("f", {"function_call": {"will_continue": True}, "usage_metadata": 1})]
    assert response.quirks == ()


@pytest.mark.parametrize(
    "last",
    [
        {"candidates": [{"finishReason": "STOP"}]},
        {"candidates": [{"content": {}, "finishReason": "STOP"}]},
        {"candidates": [{"content": {"parts": None, "role": "model"}, "finishReason": "STOP", "index": 0}]},
    ],
)
def test_f25_a_candidate_without_parts_says_nothing(last):
    response = assembled(GEMINI, chunk({"text": "a"}), last)
    assert (response.text, response.finish_reason, response.quirks) == ("a", "stop", ())


def test_id_and_model_come_first():
    response = assembled(GEMINI, chunk({"text": "a"}, finish="STOP"))
    assert (response.id, response.model) == ("r1", "gemini-x")


def test_b32_a_later_id_is_named_and_not_taken():
    first, second = chunk({"text": "a"}), chunk({"text": "b"}, finish="STOP")
    response = assembled(GEMINI, first, {**second, "responseId": "r2"})
    assert (response.id, response.text) == ("r1", "ab")
    assert quirks(response) == ["id_changed"]


def test_an_id_that_comes_late_is_taken():
    first = {**chunk({"text": "a"}), "responseId": None}
    response = assembled(GEMINI, first, chunk({"text": "b"}, finish="STOP"))
    assert (response.id, response.quirks) == ("r1", ())


def test_c27_thoughts_are_added_to_the_output():
    usage = {
        "promptTokenCount": 10,
        "candidatesTokenCount": 4,
        "thoughtsTokenCount": 6,
        "cachedContentTokenCount": 3,
        "totalTokenCount": 20,
    }
    counted = assembled(GEMINI, chunk({"text": "a"}, finish="STOP", usage=usage)).usage
    assert (counted.input_tokens, counted.output_tokens, counted.reasoning_tokens) == (10, 10, 6)
    assert (counted.cached_tokens, counted.total_tokens, counted.raw) == (3, 20, usage)


def test_usage_is_told_when_it_changes():
    one, two = {"promptTokenCount": 1, "totalTokenCount": 1}, {"promptTokenCount": 1, "totalTokenCount": 2}
    events = decoded(GEMINI, *(chunk({"text": "a"}, usage=usage) for usage in (one, one, two)))
    assert [event.usage.total_tokens for event in events if isinstance(event, UsageReported)] == [1, 2]


def test_counts_that_count_nothing_are_no_usage():
    response = assembled(GEMINI, chunk({"text": "a"}, finish="STOP", usage={"trafficType": "ON_DEMAND"}))
    assert response.usage is None


def test_e27_a_signature_belongs_to_its_own_part():
    response = assembled(
        GEMINI,
        chunk({"text": "a", "thoughtSignature": "s1"}),
        chunk({"text": "b"}),
        chunk({"text": "", "thoughtSignature": "s2"}, finish="STOP"),
    )
    assert [(item.type, item.text, item.signature) for item in response.items] == [
        ("message", "a", "s1"),
        ("message", "b", "s2"),
    ]


def test_e27_a_signature_alone_is_kept():
    response = assembled(GEMINI, chunk({"thoughtSignature": "s1"}), chunk({"text": "b"}, finish="STOP"))
    assert [(item.text, item.signature) for item in response.items] == [("", "s1"), ("b", "")]


def test_e27_a_second_different_signature_on_empty_text_gets_an_item():
    response = assembled(
        GEMINI,
        chunk({"text": "a", "thoughtSignature": "s1"}),
        chunk({"text": "", "thoughtSignature": "s2"}, finish="STOP"),
    )
    assert [(item.text, item.signature) for item in response.items] == [("a", "s1"), ("", "s2")]


def test_e27_the_signature_of_a_call_is_on_its_item_and_in_its_extra():
    response = assembled(GEMINI, chunk({**call("look", {}), "thoughtSignature": "s1"}, finish="STOP"))
    assert response.items[0].signature == "s1"
    assert response.tool_calls[0].extra == {"thoughtSignature": "s1"}


def test_d09_calls_without_ids_get_the_same_ids_for_the_same_bytes():
    frames = [chunk(call("look", {"id": 1}), call("look", {"id": 2}), finish="STOP")]
    first, second = assembled(GEMINI, *frames), assembled(GEMINI, *frames)
    assert arguments(first) == [("look", {"id": 1}), ("look", {"id": 2})]
    ids = [each.call_id for each in first.tool_calls]
    assert ids == [each.call_id for each in second.tool_calls]
    assert len(set(ids)) == 2
    assert all(each.id_synthesized for each in first.tool_calls)


def test_d41_missing_arguments_are_an_empty_object():
    response = assembled(GEMINI, chunk(call("now", id="fc1"), finish="STOP"))
    assert [(each.call_id, each.arguments, each.state) for each in response.tool_calls] == [("fc1", "{}", "complete")]
    assert response.quirks == ()


def test_arguments_keep_order_and_big_numbers():
    big = 123456789012345678901234567890
    response = assembled(GEMINI, chunk(call("add", {"z": big, "a": "é"}), finish="STOP"))
    assert response.tool_calls[0].arguments == f'{{"z":{big},"a":"é"}}'


def test_arguments_as_text_are_taken_as_they_are():
    response = assembled(GEMINI, chunk(call("add", '{"a": 1}'), finish="STOP"))
    assert arguments(response) == [("add", {"a": 1})]
    assert quirks(response) == ["call_args_text"]


def test_a_whole_call_stands_although_the_stream_dies_behind_it():
    response = assembled(GEMINI, chunk(call("look", {})))
    assert arguments(response) == [("look", {})]
    assert response.status != "completed"


def test_a_call_without_a_name_cannot_be_run():
    response = assembled(GEMINI, chunk({"functionCall": {"args": {"a": 1}}}, finish="STOP"))
    assert response.tool_calls == ()
    assert [each.arguments for each in response.dropped_calls] == ['{"a":1}']


def test_d41_streamed_arguments():
    response = assembled(
        GEMINI,
        chunk({"functionCall": {"name": "cook", "willContinue": True}, "thoughtSignature": "s1"}),
        chunk(piece("$.steps[0].text", stringValue="Bo")),
        chunk(piece("$.steps[0].text", stringValue="il")),
        chunk(piece("$.steps[0].minutes", numberValue=3)),
        chunk(piece("$.steps[1]['text']", stringValue="")),
        chunk(piece('$["salt"]', boolValue=False)),
        chunk(piece("$.note", nullValue="NULL_VALUE")),
        chunk({"functionCall": {}}, finish="STOP"),
    )
    assert arguments(response) == [
        ("cook", {"steps": [{"text": "Boil", "minutes": 3}, {"text": ""}], "salt": False, "note": None})
    ]
    assert (response.items[0].signature, response.quirks) == ("s1", ())


def test_d41_the_first_piece_may_come_with_the_name_and_the_last_with_the_end():
    start = {
        "functionCall": {"name": "add", "partialArgs": [{"jsonPath": "$.a", "numberValue": 1}], "willContinue": True}
    }
    response = assembled(GEMINI, chunk(start), chunk(piece("$.b", numberValue=2.5, more=False), finish="STOP"))
    assert arguments(response) == [("add", {"a": 1, "b": 2.5})]


def test_d41_whole_arguments_beside_pieces_are_merged():
    start = {"functionCall": {"name": "add", "args": {"a": 1}, "willContinue": True}}
    response = assembled(GEMINI, chunk(start), chunk(piece("$.b", numberValue=2, more=False), finish="STOP"))
    assert arguments(response) == [("add", {"a": 1, "b": 2})]


def streamed(name, call_id, **members):
    return {"functionCall": {"name": name, "id": call_id, "willContinue": True, **members}}


def test_d41_the_end_of_a_call_that_is_over_is_no_call():
    end = {"functionCall": {}}
    last = piece("$.a", numberValue=1, more=False)
    response = assembled(GEMINI, chunk(streamed("add", "c1"), last, end), chunk(call("look", {}), end, finish="STOP"))
    assert arguments(response) == [("add", {"a": 1}), ("look", {})]
    assert (response.dropped_calls, response.quirks) == ((), ())


def test_d41_a_streamed_call_may_be_named_again_in_each_piece():
    values = [{"jsonPath": "$.a", "stringValue": text} for text in ("x", "y")]
    response = assembled(
        GEMINI,
        *(chunk(streamed("say", "c1", partialArgs=[value])) for value in values),
        chunk({"functionCall": {"name": "say", "id": "c1"}}, finish="STOP"),
    )
    assert arguments(response) == [("say", {"a": "xy"})]
    assert (response.tool_calls[0].call_id, response.quirks) == ("c1", ())


def test_d41_streamed_calls_with_ids_may_grow_beside_each_other():
    def value(call_id, text):
        return {"functionCall": {"id": call_id, "willContinue": True, "partialArgs": [{"jsonPath": "$.a", **text}]}}

    response = assembled(
        GEMINI,
        chunk(streamed("one", "c1"), streamed("two", "c2")),
        chunk(value("c1", {"stringValue": "x"}), value("c2", {"numberValue": 2})),
        chunk(value("c1", {"stringValue": "y"})),
        chunk({"functionCall": {"id": "c1"}}, {"functionCall": {"id": "c2"}}, finish="STOP"),
    )
    assert arguments(response) == [("one", {"a": "xy"}), ("two", {"a": 2})]
    assert ([each.call_id for each in response.tool_calls], response.quirks) == (["c1", "c2"], ())


def test_of_streamed_calls_beside_each_other_those_that_are_not_ended_are_cut():
    response = assembled(
        GEMINI,
        chunk(streamed("one", "c1"), streamed("two", "c2"), streamed("three", "c3")),
        chunk({"functionCall": {"id": "c2"}}, {"functionCall": {"id": "c4", "args": {"a": 1}}}, finish="STOP"),
    )
    assert arguments(response) == [("two", {})]
    assert [(each.name, each.state) for each in response.dropped_calls] == [
        ("one", "truncated"),
        ("three", "truncated"),
        ("", "invalid"),
    ]


def test_a_streamed_call_that_another_call_interrupts_is_cut():
    response = assembled(
        GEMINI,
        chunk({"functionCall": {"name": "one", "willContinue": True}}),
        chunk(piece("$.a", stringValue="x")),
        chunk(call("two", {}), finish="STOP"),
    )
    assert arguments(response) == [("two", {})]
    assert [(each.name, each.arguments, each.state) for each in response.dropped_calls] == [
        ("one", '{"a":"x"', "truncated")
    ]
    assert "call_not_continued" in quirks(response)


def test_a_streamed_call_without_any_piece_is_cut_too():
    response = assembled(GEMINI, chunk({"functionCall": {"name": "one", "willContinue": True}}, finish="STOP"))
    assert response.tool_calls == ()
    assert [each.state for each in response.dropped_calls] == ["truncated"]


@pytest.mark.parametrize(
    "path",
    [
        "a",
        "$",
        "$a",
        "$[0]",
        "$.a[",
        "$.a[7]",
        "$.list.x",
        "$.text.x",
        "$.list[0].x",
        "$.list",
        "$.list[1].x[2]",
        "$" + ".a" * 300,
    ],
)
def test_a_piece_that_names_no_place_is_kept_beside_the_call(path):
    response = assembled(
        GEMINI,
        chunk({"functionCall": {"name": "one", "willContinue": True}}),
        chunk(piece("$.text", stringValue="t")),
        chunk(piece("$.list[0]", numberValue=1)),
        chunk(piece(path, stringValue="lost", more=False), finish="STOP"),
    )
    assert arguments(response) == [("one", {"text": "t", "list": [1]})]
    assert [(quirk.id, quirk.data) for quirk in response.quirks] == [("partial_value_unplaced", "lost")]


def test_arguments_beyond_the_limit_halt_the_stream():
    frames = [chunk({"functionCall": {"name": "one", "willContinue": True}})]
    frames += [chunk(piece("$.a", stringValue="x" * 50)) for _ in range(4)]
    halts = [e for e in decoded(GEMINI, *frames, limits=Limits(arguments=100)) if isinstance(e, Halt)]
    assert (halts[0].error.limit, halts[0].error.code) == ("arguments", "limit_exceeded")


def test_many_pieces_cost_no_more_each_than_few():
    frames = [chunk({"functionCall": {"name": "one", "willContinue": True}})]
    frames += [chunk(piece("$.a", stringValue="ab")) for _ in range(3000)]
    response = assembled(GEMINI, *frames, chunk({"functionCall": {}}, finish="STOP"))
    assert arguments(response) == [("one", {"a": "ab" * 3000})]


def test_d43_code_at_the_server_is_no_call():
    response = assembled(
        GEMINI,
        chunk({"executableCode": {"language": "PYTHON", "code": "1/0"}, "thoughtSignature": "s1"}),
        chunk({"codeExecutionResult": {"outcome": "OUTCOME_FAILED", "output": "error"}}),
        chunk({"toolCall": {"toolType": "GOOGLE_SEARCH"}}, {"toolResponse": "text"}, finish="STOP"),
    )
    assert [(item.type, item.status) for item in response.items] == [
        ("executable_code", "completed"),
        ("code_execution_result", "failed"),
        ("tool_call", "completed"),
        ("tool_response", "completed"),
    ]
    assert response.items[0].details == {"language": "PYTHON", "code": "1/0"}
    assert response.items[0].signature == "s1"
    assert response.items[3].details == {"toolResponse": "text"}
    assert (response.tool_calls, response.finish_reason) == ((), "stop")


def test_f12_media():
    events = decoded(
        GEMINI,
        chunk({"inlineData": {"mimeType": "image/png", "data": "AA=="}, "thought": True, "thoughtSignature": "s1"}),
        chunk({"fileData": {"mimeType": "video/mp4", "fileUri": "https://v.example"}}),
    )
    media = [event for event in events if isinstance(event, MediaAdded)]
    assert [(m.media_type, m.data, m.url, m.details) for m in media] == [
        ("image/png", "AA==", "", {"thought": True}),
        ("video/mp4", "", "https://v.example", {}),
    ]
    assert [event.signature for event in events if isinstance(event, SignatureReported)] == ["s1"]


def test_metadata_of_the_candidate_the_last_word_holds():
    ratings = [{"category": "X", "probability": "LOW"}]
    frames = [
        chunk({"text": "a"}, safetyRatings=ratings, groundingMetadata={"webSearchQueries": ["q"]}),
        chunk({"text": "b"}, safetyRatings=ratings, groundingMetadata={"webSearchQueries": ["r"]}),
        chunk(finish="STOP", citationMetadata={"citations": []}, index=1),
    ]
    events = decoded(GEMINI, *frames)
    assert len([e for e in events if isinstance(e, MetadataReported) and "safetyRatings" in e.metadata]) == 1
    metadata = assembled(GEMINI, *frames).metadata
    assert metadata["groundingMetadata"] == {"webSearchQueries": ["r"]}
    assert metadata["citationMetadata[1]"] == {"citations": []}


def test_c18_text_after_stop_and_a_second_stop():
    response = assembled(
        GEMINI, chunk({"text": "a"}, finish="STOP"), chunk({"text": "b"}), chunk({"text": "c"}, finish="STOP")
    )
    assert (response.text, response.finish_reason) == ("abc", "stop")
    assert quirks(response) == ["content_after_finish"]


def test_b30_candidates_are_choices():
    response = assembled(GEMINI, chunk({"text": "a"}, index=0, finish="STOP"), chunk(call("f"), index=1, finish="STOP"))
    assert [(c.index, c.text, [t.name for t in c.tool_calls]) for c in response.choices] in (
        [(0, "a", []), (1, "", ["f"])],
        [],  # one turn split over two choices (B31)
    )


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content_filter"),
        ("SPII", "content_filter"),
        ("OTHER", "unknown"),
    ],
)
def test_c14_finish_words(word, reason):
    response = assembled(GEMINI, chunk({"text": "a"}, finish=word))
    assert (response.finish_reason, response.raw_finish_reason, response.quirks) == (reason, word, ())


def test_c14_an_unknown_word_is_named():
    response = assembled(GEMINI, chunk({"text": "a"}, finish="SUNSET"))
    assert (response.finish_reason, quirks(response)) == ("unknown", ["finish_unknown"])


def test_an_unspecified_finish_reason_is_none():
    response = assembled(GEMINI, chunk({"text": "a"}, finish="FINISH_REASON_UNSPECIFIED"), chunk(finish="STOP"))
    assert (response.finish_reason, response.quirks) == ("stop", ())


@pytest.mark.parametrize(
    ("number", "reason"), [(1, "stop"), (2, "length"), (3, "content_filter"), (8, "content_filter"), (5, "unknown")]
)
def test_numeric_finish_reasons(number, reason):
    response = assembled(GEMINI, chunk({"text": "a"}, finish=number))
    assert (response.finish_reason, response.raw_finish_reason) == (reason, str(number))
    assert "finish_number" in quirks(response)


def test_a_number_beyond_the_enumeration_is_unknown():
    assert assembled(GEMINI, chunk({"text": "a"}, finish=99)).finish_reason == "unknown"


@pytest.mark.parametrize(
    ("word", "code"),
    [("MALFORMED_FUNCTION_CALL", "malformed_tool_call"), ("UNEXPECTED_TOOL_CALL", "unexpected_tool_call")],
)
def test_d38_a_call_that_came_out_wrong_is_an_error(word, code):
    response = assembled(GEMINI, chunk({"text": "a"}, finish=word, finishMessage="call: print()"))
    assert (response.text, response.finish_reason, response.raw_finish_reason) == ("a", "error", word)
    error = response.errors[0]
    assert (error.code, error.message, error.retryable) == (code, "call: print()", True)


def test_c39_a_blocked_prompt():
    response = assembled(GEMINI, {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}})
    assert (response.finish_reason, response.raw_finish_reason) == ("content_filter", "PROHIBITED_CONTENT")
    assert (response.status, response.errors) == ("incomplete", ())
    assert response.finish_details == {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}


def test_feedback_without_a_block_is_metadata():
    response = assembled(GEMINI, {**chunk({"text": "a"}, finish="STOP"), "promptFeedback": {"safetyRatings": []}})
    assert (response.finish_reason, response.metadata) == ("stop", {"promptFeedback": {"safetyRatings": []}})


ERROR = {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}


@pytest.mark.parametrize("payload", [ERROR, [ERROR], {**chunk(), **ERROR}])
def test_g07_errors_in_any_wrapping(payload):
    response = assembled(GEMINI, chunk({"text": "a"}), payload)
    assert (response.text, response.finish_reason, response.errors[0].status) == ("a", "error", 503)


def test_a24_an_envelope_is_opened():
    response = assembled(GEMINI, {"response": chunk({"text": "a"})}, {"response": chunk({"text": "b"}, finish="STOP")})
    assert (response.text, response.finish_reason, quirks(response)) == ("ab", "stop", ["envelope"])


def test_a24_other_envelopes_are_opened_too():
    response = assembled(GEMINI, {"result": chunk({"text": "a"}, finish="STOP")})
    assert (response.text, quirks(response)) == ("a", ["envelope"])


def test_an_unknown_frame_is_passed_on():
    events = decoded(GEMINI, {"weather": "fine"})
    assert [event.data for event in events if isinstance(event, ProviderEvent)] == [{"weather": "fine"}]
    assert quirks(events) == ["frame_unrecognised"]


@pytest.mark.parametrize("payload", [{"candidates": []}, {"responseId": "r1", "modelVersion": "m"}])
def test_a_frame_that_says_nothing_is_silent(payload):
    assert quirks(decoded(GEMINI, payload)) == []


def test_an_unknown_part_is_passed_on_once():
    part = {"hologram": {"id": 1}}
    events = decoded(GEMINI, chunk({"text": "a"}, part, {}, {"text": "b"}, {"aura": 1}))
    assert [event.data for event in events if isinstance(event, ProviderEvent)] == [part, {"aura": 1}]
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "ab"


def test_odd_json_types_are_read_and_named():
    odd = {
        "candidates": {"content": {"parts": {"text": 5, "thought": "true"}}, "index": "0", "finishReason": "STOP"},
        "modelVersion": {"odd": 1},
    }
    response = assembled(GEMINI, odd)
    assert (response.reasoning, response.finish_reason) == ("5", "stop")
    assert set(quirks(response)) == {"member_coerced", "member_unreadable", "reasoning_only"}


def test_an_odd_frame_with_an_unknown_part():
    part = {"hologram": 1}
    events = decoded(GEMINI, chunk(part, index="0"))
    assert [event.data for event in events if isinstance(event, ProviderEvent)] == [part]


def test_j01_halves_of_a_character_are_joined():
    halves = [b'"\\ud83d"', b'"\\ude00!"', b'"\\ud83d"']
    frames = [frame(b'{"candidates":[{"content":{"parts":[{"text":' + half + b"}]}}]}") for half in halves]
    events = decoded(GEMINI, *frames)
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "\U0001f600!\ufffd"


def test_j01_halves_of_a_thought_are_joined_apart():
    parts = [b'{"text":"\\ud83d","thought":true}', b'{"text":"x"}', b'{"text":"\\ude00","thought":true}']
    frames = [frame(b'{"candidates":[{"content":{"parts":[' + part + b"]}}]}") for part in parts]
    events = decoded(GEMINI, *frames)
    assert "".join(event.text for event in events if isinstance(event, ReasoningDelta)) == "\U0001f600"


def test_the_end_marker_of_a_relay_is_no_proof():
    events = decoded(GEMINI, frame(b"[DONE]"))
    assert [(event.name, event.proof) for event in events if isinstance(event, EndMarker)] == [("[DONE]", False)]


def test_an_error_frame_in_words():
    events = decoded(GEMINI, frame(b"upstream is gone", event="error"))
    assert [event.error.message for event in events if isinstance(event, ErrorReported)] == ["upstream is gone"]


@pytest.mark.parametrize(
    ("payload", "sure"),
    [
        (chunk({"text": "a"}), CERTAIN),
        ({"usageMetadata": {"promptTokenCount": 1}}, CERTAIN),
        ({"promptFeedback": {"blockReason": "SAFETY"}}, CERTAIN),
        ({"modelVersion": "gemini-x"}, LIKELY),
        ({"response": chunk({"text": "a"})}, LIKELY),
        ({"response": {"output": []}}, NO),
        (ERROR, POSSIBLE),
        ({"error": {"message": "x"}}, NO),
        ({"choices": [{"delta": {"content": '{"candidates":[]}'}}]}, NO),
        ([1], NO),
        (b"[DONE]", NO),
        (b"\xff", NO),
    ],
)
def test_recognition(payload, sure):
    assert GEMINI.recognise(frame(payload)) == sure


HEALTHY = [fixture for fixture in all_fixtures(dialect="gemini") if fixture.healthy and fixture.framing == "sse"]


PLANTED = [call_args_text, finish_number, call_not_continued, part_unknown, partial_value_unplaced]


@pytest.mark.parametrize("quirk", [*PLANTED, member_coerced, member_unreadable], ids=repr)
def test_what_can_be_planted_is_found(quirk):
    planted = 0
    for fixture in HEALTHY:
        tape = Tape(fixture.data, "gemini")
        for edit in quirk.plant(tape):
            planted += 1
            response = streamkit.assemble([tape.apply([edit])], "gemini", on_error="event")
            assert quirk.id in quirks(response), fixture.id
            if quirk.effect in ("harmless", "repaired"):
                whole = streamkit.assemble([fixture.data], "gemini")
                assert (response.text, response.finish_reason) == (whole.text, whole.finish_reason)
                assert [(c.name, c.input) for c in response.tool_calls] == [(c.name, c.input) for c in whole.tool_calls]
    assert planted


STREAM = [
    chunk({"text": "a", "thought": True}, {"text": "b", "thoughtSignature": "s"}, usage={"promptTokenCount": 3}),
    chunk(
        call("f", {"x": [1]}, id="i"), {"executableCode": {"code": "1"}}, {"inlineData": {"mimeType": "m", "data": "d"}}
    ),
    chunk({"functionCall": {"name": "g", "willContinue": True}}),
    chunk(piece("$.a[0].b", stringValue="x")),
    chunk({"functionCall": {}}, finish="STOP", groundingMetadata={"a": 1}),
]


@settings(max_examples=200, deadline=None)
@given(spoilt(STREAM))
def test_nothing_on_the_wire_raises(payloads):
    response = assembled(GEMINI, *payloads)
    json.dumps(response.to_dict())
    (response.text + response.reasoning).encode()


def test_an_answer_that_can_be_continued_has_its_token():
    response = assembled(GEMINI, chunk({"text": "a"}, finish="CONTINUATION", continuationToken="tok"))
    assert (response.finish_reason, response.metadata["continuationToken"], response.quirks) == ("pause", "tok", ())
    assert response.needs_continuation


def test_documented_parts_beside_text():
    answer = {"name": "f", "response": {"a": 1}}
    spoken = {"text": "hello", "languageCode": "en"}
    response = assembled(
        GEMINI, chunk({"functionResponse": answer}, {"audioTranscription": spoken}, {"text": "b"}, finish="STOP")
    )
    assert [item.type for item in response.items] == ["function_response", "media", "message"]
    assert response.items[0].details == answer
    assert (response.items[1].text_of("transcript"), response.items[1].media[0]["languageCode"]) == ("hello", "en")
    assert (response.text, response.tool_calls, response.quirks) == ("b", (), ())
