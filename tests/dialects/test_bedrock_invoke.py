import base64
import json

import pytest
from hypothesis import given, settings

from streamkit.dialects.base import CERTAIN, LIKELY, NO, POSSIBLE
from streamkit.dialects.bedrock import BEDROCK_AGENT, BEDROCK_INVOKE
from streamkit.events import AnnotationAdded, ProviderEvent
from tests.dialects.driving import assembled, decoded, frame, quirks, spoilt

METRICS = {"inputTokenCount": 7, "outputTokenCount": 5, "invocationLatency": 9}


def chunk(payload, **beside):
    inner = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return frame({"bytes": base64.b64encode(inner).decode(), "p": "abc", **beside}, "chunk")


def failure(name="throttlingException"):
    return frame({"message": "told"}, name, "exception")


CLAUDE = [
    {
        "type": "message_start",
        "message": {
            "id": "m1",
            "type": "message",
            "role": "assistant",
            "model": "c",
            "content": [],
            "usage": {"input_tokens": 7, "output_tokens": 1},
        },
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hi"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}},
    {"type": "message_stop", "amazon-bedrock-invocationMetrics": METRICS},
]
NOVA = [
    {"messageStart": {"role": "assistant"}},
    {"contentBlockDelta": {"delta": {"text": "h"}, "contentBlockIndex": 0}, "amazon-bedrock-guardrailAction": "NONE"},
    {"contentBlockStop": {"contentBlockIndex": 0}},
    {"contentBlockDelta": {"delta": {"text": "i"}, "contentBlockIndex": 1}, "amazon-bedrock-guardrailAction": "NONE"},
    {"contentBlockStop": {"contentBlockIndex": 1}},
    {"messageStop": {"stopReason": "end_turn"}},
    {"metadata": {"usage": {"inputTokens": 7, "outputTokens": 5}}, "amazon-bedrock-invocationMetrics": METRICS},
]


def test_claude():
    response = assembled(BEDROCK_INVOKE, *map(chunk, CLAUDE))
    assert (response.id, response.text, response.finish_reason) == ("m1", "hi", "stop")
    assert (response.usage.input_tokens, response.usage.output_tokens) == (7, 5)
    assert response.metadata["amazon-bedrock-invocationMetrics"] == METRICS
    assert response.quirks == ()


def test_nova_is_one_text_although_each_piece_is_a_block():
    response = assembled(BEDROCK_INVOKE, *map(chunk, NOVA))
    assert [(item.type, item.text) for item in response.items] == [("message", "hi")]
    assert (response.finish_reason, response.usage.raw) == ("stop", {"inputTokens": 7, "outputTokens": 5})
    assert response.metadata["amazon-bedrock-guardrailAction"] == "NONE"
    assert response.quirks == ()


LLAMA = [
    {"generation": "h", "prompt_token_count": 7, "generation_token_count": 1, "stop_reason": None},
    {
        "generation": "i",
        "generation_token_count": 2,
        "stop_reason": "length",
        "amazon-bedrock-invocationMetrics": METRICS,
    },
]
TITAN = [{"outputText": "hi", "index": 0, "completionReason": "LENGTH", "amazon-bedrock-invocationMetrics": METRICS}]
COMMAND = [
    {"text": "h", "is_finished": False},
    {"text": "i", "is_finished": False},
    {"is_finished": True, "finish_reason": "MAX_TOKENS", "response": {}, "amazon-bedrock-invocationMetrics": METRICS},
]
MISTRAL = [
    {"outputs": [{"text": "h", "stop_reason": None}]},
    {"outputs": [{"text": "i", "stop_reason": "length"}], "amazon-bedrock-invocationMetrics": METRICS},
]
OLD_CLAUDE = [
    {"completion": "hi", "stop_reason": None, "stop": None},
    {"completion": "", "stop_reason": "max_tokens", "stop": "\n\nHuman:", "amazon-bedrock-invocationMetrics": METRICS},
]


@pytest.mark.parametrize("frames", [LLAMA, TITAN, COMMAND, MISTRAL, OLD_CLAUDE])
def test_text_models(frames):
    response = assembled(BEDROCK_INVOKE, *map(chunk, frames))
    assert (response.text, response.finish_reason) == ("hi", "length")
    assert (response.usage.input_tokens, response.usage.output_tokens, response.usage.raw) == (7, 5, METRICS)
    assert response.quirks == ()


def test_what_stopped_old_claude():
    assert assembled(BEDROCK_INVOKE, *map(chunk, OLD_CLAUDE)).finish_details == {"stop": "\n\nHuman:"}


def test_a_whole_answer_of_command():
    whole = {"id": "a1", "generations": [{"id": "g", "text": "hi", "finish_reason": "COMPLETE"}], "prompt": "p"}
    response = assembled(BEDROCK_INVOKE, chunk(whole))
    assert (response.id, response.text, response.finish_reason) == ("a1", "hi", "stop")


def test_a_repetition_of_what_was_streamed_is_no_news():
    again = {"generations": [{"text": "hi", "finish_reason": "COMPLETE"}], "is_finished": True}
    assert assembled(BEDROCK_INVOKE, *map(chunk, COMMAND[:2]), chunk(again)).text == "hi"


def test_b30_alternatives_of_command():
    frames = [{"index": i, "text": t, "is_finished": False} for i, t in ((0, "a"), (1, "x"), (0, "b"))]
    response = assembled(BEDROCK_INVOKE, *map(chunk, frames), chunk({"is_finished": True, "finish_reason": "COMPLETE"}))
    assert [choice.text for choice in response.choices] == ["ab", "x"]


def test_b30_the_last_frame_of_command_has_no_index_and_ends_every_alternative():
    pieces = [{"text": text, "index": index, "is_finished": False} for index, text in enumerate(("a", "b"))]
    last = {"is_finished": True, "finish_reason": "MAX_TOKENS", "amazon-bedrock-invocationMetrics": METRICS}
    response = assembled(BEDROCK_INVOKE, *map(chunk, [*pieces, last]))
    assert [(each.text, each.finish_reason) for each in response.choices] == [("a", "length"), ("b", "length")]
    assert (response.ending, response.errors, response.quirks) == ("incomplete", (), ())


def test_chat_like_models():
    first = {"choices": [{"index": 0, "delta": {"role": "assistant", "content": "hi"}, "finish_reason": None}]}
    last = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    response = assembled(BEDROCK_INVOKE, chunk(first), chunk(last))
    assert (response.text, response.finish_reason) == ("hi", "stop")


@pytest.mark.parametrize("word", ["stop", "length"])
def test_mistral_and_deepseek_have_a_stop_reason_in_each_choice(word):
    metrics = {"amazon-bedrock-invocationMetrics": METRICS}
    mistral = assembled(
        BEDROCK_INVOKE,
        chunk({"choices": [{"index": 0, "message": {"role": "assistant", "content": "h"}, "stop_reason": None}]}),
        chunk(
            {"choices": [{"index": 0, "message": {"role": "assistant", "content": "i"}, "stop_reason": word}]} | metrics
        ),
    )
    deepseek = assembled(
        BEDROCK_INVOKE,
        chunk({"choices": [{"text": "h", "stop_reason": None}]}),
        chunk({"choices": [{"text": "i", "stop_reason": word}]} | metrics),
    )
    for response in (mistral, deepseek):
        assert (response.text, response.finish_reason, response.raw_finish_reason) == ("hi", word, word)
        assert (response.usage.input_tokens, response.errors) == (7, ())


def test_a_call_of_mistral_is_whole_at_its_stop_reason():
    call = {"id": "c1", "function": {"name": "look", "arguments": '{"city":"Oslo"}'}}
    message = {"role": "assistant", "content": "", "tool_calls": [call]}
    choice = {"index": 0, "message": message, "stop_reason": "tool_calls"}
    response = assembled(BEDROCK_INVOKE, chunk({"choices": [choice]}))
    [one] = response.tool_calls
    assert (one.call_id, one.input, response.finish_reason) == ("c1", {"city": "Oslo"}, "tool_calls")


def test_command_r_speaks_the_cohere_dialect():
    frames = [
        {"event_type": "text-generation", "text": "hi"},
        {"event_type": "stream-end", "finish_reason": "COMPLETE"},
    ]
    assert assembled(BEDROCK_INVOKE, *map(chunk, frames)).text == "hi"


@pytest.mark.parametrize("word", ["ERROR", "USER_LEFT"])
def test_finish_words_of_text_models(word):
    response = assembled(BEDROCK_INVOKE, *map(chunk, COMMAND[:2]), chunk({"is_finished": True, "finish_reason": word}))
    assert response.text == "hi"
    assert (response.finish_reason, quirks(response)) == (
        ("error", []) if word == "ERROR" else ("unknown", ["finish_unknown"])
    )


def test_odd_frames_of_text_models():
    response = assembled(
        BEDROCK_INVOKE,
        chunk({"generation": 5, "stop_reason": []}),
        chunk({"weather": "fine"}),
        chunk({"generation": "", "stop_reason": "stop"}),
    )
    assert response.text == "5"
    assert set(quirks(response)) == {"member_coerced", "member_unreadable", "frame_unrecognised"}
    assert quirks(decoded(BEDROCK_INVOKE, chunk(LLAMA[0]), chunk([1])))


def test_an_error_inside():
    response = assembled(BEDROCK_INVOKE, chunk(LLAMA[0]), chunk({"error": {"message": "boom"}}))
    assert response.errors[0].message == "boom"


def test_g14_an_exception_between_payloads():
    response = assembled(BEDROCK_INVOKE, *map(chunk, CLAUDE[:3]), failure())
    assert (response.text, response.errors[0].code, response.errors[0].status) == ("hi", "throttlingException", 429)


def test_a_payload_of_no_known_dialect_is_passed_on():
    events = decoded(BEDROCK_INVOKE, chunk({"weather": "fine"}), chunk(b"\xff"))
    assert [event.data for event in events if isinstance(event, ProviderEvent)] == ['{"weather": "fine"}', "\ufffd"]
    assert quirks(events) == ["inner_unrecognised"] * 2


def test_what_bedrock_says_before_the_model_does():
    response = assembled(BEDROCK_INVOKE, chunk({"amazon-bedrock-trace": {"x": 1}}), *map(chunk, LLAMA))
    assert (response.text, response.metadata["amazon-bedrock-trace"]) == ("hi", {"x": 1})


def test_frames_of_the_model_without_the_wrapping():
    response = assembled(BEDROCK_INVOKE, *(frame(payload) for payload in CLAUDE))
    assert (response.text, response.finish_reason) == ("hi", "stop")


def test_a_frame_in_which_bedrocks_words_are_only_text():
    text = {"generation": "amazon-bedrock-trace \ud83d", "stop_reason": None}
    last = {"generation": "\ude00", "stop_reason": "stop"}
    assert (
        assembled(BEDROCK_INVOKE, chunk(LLAMA[0]), chunk(text), chunk(last)).text == "hamazon-bedrock-trace \U0001f600"
    )


def test_something_else_than_a_payload():
    events = decoded(BEDROCK_INVOKE, frame({"nothing": 1}, "chunk"))
    assert quirks(events) == ["inner_unrecognised"]


def agent_chunk(text, **members):
    return frame({"bytes": base64.b64encode(text).decode(), **members}, "chunk")


def test_an_agents_text():
    euro = "€".encode()
    citation = {"retrievedReferences": []}
    response = assembled(
        BEDROCK_AGENT,
        frame({"trace": {"a": 1}}, "trace"),
        agent_chunk(b"5 " + euro[:1]),
        agent_chunk(euro[1:], attribution={"citations": [citation]}),
    )
    assert (response.text, response.finish_reason, response.status) == ("5 €", "stop", "completed")
    assert response.items[0].annotations == (citation,)


def test_half_a_character_at_the_end_of_an_agents_text():
    assert assembled(BEDROCK_AGENT, agent_chunk(b"5 \xe2")).text == "5 \ufffd"


def test_an_agent_hands_calls_back():
    inputs = [
        {"functionInvocationInput": {"function": "f", "parameters": [{"name": "a", "type": "number", "value": "1"}]}},
        {"apiInvocationInput": {"apiPath": "/days", "httpMethod": "GET"}},
        {},
    ]
    payload = {"invocationId": "i1", "invocationInputs": inputs}
    response = assembled(BEDROCK_AGENT, frame(payload, "returnControl"))
    assert [(call.name, call.input) for call in response.tool_calls] == [("f", {"a": "1"}), ("/days", {})]
    assert response.tool_calls[0].extra == {"invocationId": "i1", "invocationInput": inputs[0]}
    assert (response.finish_reason, response.raw_finish_reason) == ("tool_calls", "returnControl")


def test_what_an_agent_wants_in_the_body_of_an_api_call_is_among_its_arguments():
    properties = [{"name": "day", "type": "string", "value": "Monday"}, {"name": "id", "value": "8"}, 5]
    told = {
        "apiPath": "/days/{id}",
        "httpMethod": "POST",
        "parameters": [{"name": "id", "type": "integer", "value": "7"}],
        "requestBody": {"content": {"application/json": {"properties": properties}}},
    }
    payload = {"invocationId": "i1", "invocationInputs": [{"apiInvocationInput": told}]}
    (call,) = assembled(BEDROCK_AGENT, frame(payload, "returnControl")).tool_calls
    assert (call.name, call.input) == ("/days/{id}", {"day": "Monday", "id": "7"})


def test_an_agents_files_and_failures():
    files = {"files": [{"name": "a.csv", "type": "text/csv", "bytes": "AA=="}, 5]}
    response = assembled(BEDROCK_AGENT, frame(files, "files"), failure("dependencyFailedException"))
    assert response.items[0].media == ({"media_type": "text/csv", "data": "AA==", "name": "a.csv"},)
    assert response.errors[0].code == "dependencyFailedException"


def test_an_answer_out_of_a_knowledge_base():
    cited = {"generatedResponsePart": {"textResponsePart": {"text": "ab"}}, "retrievedReferences": []}
    frames = [frame({"text": "a"}, "output"), frame({"text": "b"}, "output"), frame({"citation": cited}, "citation")]
    response = assembled(BEDROCK_AGENT, *frames, frame({"action": "NONE"}, "guardrail"))
    assert (response.text, response.items[0].annotations, response.finish_reason) == ("ab", (cited,), "stop")
    assert (response.metadata, response.quirks) == ({"guardrail": {"action": "NONE"}}, ())
    stopped = assembled(BEDROCK_AGENT, frames[0], frame({"action": "INTERVENED"}, "guardrail"))
    assert (stopped.finish_reason, stopped.raw_finish_reason) == ("content_filter", "INTERVENED")


@pytest.mark.parametrize(("word", "reason"), [("SUCCESS", "stop"), ("INPUT_REQUIRED", "pause")])
def test_what_the_nodes_of_a_flow_give_out(word, reason):
    response = assembled(
        BEDROCK_AGENT,
        frame({"trace": {"a": 1}}, "flowTraceEvent"),
        frame({"nodeName": "n1", "nodeType": "FlowOutputNode", "content": {"document": "a"}}, "flowOutputEvent"),
        frame({"nodeName": "n2", "content": {"document": {"b": 1}}}, "flowMultiTurnInputRequestEvent"),
        frame({"completionReason": word}, "flowCompletionEvent"),
    )
    assert [(item.text, item.details["nodeName"]) for item in response.items] == [("a", "n1"), ('{"b":1}', "n2")]
    assert (response.finish_reason, response.raw_finish_reason, response.quirks) == (reason, word, ())


def test_an_agents_odd_events():
    events = decoded(
        BEDROCK_AGENT,
        frame({"x": 1}, "chunk"),
        frame({"y": 1}, "mood"),
        frame({"accessDeniedException": {"message": "no"}}),
    )
    assert [event.name for event in events if isinstance(event, ProviderEvent)] == ["chunk", "mood"]
    assert [event.error.message for event in events if hasattr(event, "error")] == ["no"]


@pytest.mark.parametrize(
    ("each", "invoke", "agent"),
    [
        (chunk(CLAUDE[0]), CERTAIN, NO),
        (chunk(CLAUDE[3]), CERTAIN, NO),
        (chunk(NOVA[1]), CERTAIN, NO),
        (chunk(LLAMA[0]), CERTAIN, NO),
        (chunk({"amazon-bedrock-trace": {}}), LIKELY, NO),
        (agent_chunk(b"words"), NO, LIKELY),
        (chunk({"weather": "fine"}), NO, POSSIBLE),
        (frame({"trace": {}}, "trace"), NO, LIKELY),
        (frame({"content": {"document": "a"}}, "flowOutputEvent"), NO, LIKELY),
        (frame({"text": "a"}, "output"), NO, LIKELY),
        (frame(b"plain", "output"), NO, NO),
        (failure(), POSSIBLE, POSSIBLE),
        (frame({"role": "assistant"}, "messageStart"), NO, NO),
        (frame({"bytes": 5}), NO, NO),
    ],
)
def test_recognition(each, invoke, agent):
    assert (BEDROCK_INVOKE.recognise(each), BEDROCK_AGENT.recognise(each)) == (invoke, agent)


@pytest.mark.parametrize("stream", [CLAUDE, NOVA, LLAMA + TITAN + COMMAND + MISTRAL + OLD_CLAUDE])
def test_nothing_on_the_wire_raises(stream):
    @settings(max_examples=100, deadline=None)
    @given(spoilt(stream))
    def spoil(payloads):
        response = assembled(BEDROCK_INVOKE, *map(chunk, payloads))
        json.dumps(response.to_dict())
        response.text.encode()

    spoil()


@settings(max_examples=100, deadline=None)
@given(
    spoilt(
        [
            {"bytes": "aGk=", "attribution": {"citations": [{"a": 1}]}},
            {
                "invocationId": "i",
                "invocationInputs": [{"functionInvocationInput": {"function": "f", "parameters": [{"name": "a"}]}}],
            },
            {"files": [{"name": "n", "type": "t", "bytes": "AA=="}]},
        ]
    )
)
def test_nothing_an_agent_says_raises(payloads):
    names = ("chunk", "returnControl", "files")
    response = assembled(BEDROCK_AGENT, *(frame(p, name) for p, name in zip(payloads, names, strict=True)))
    json.dumps(response.to_dict())


def test_payloads_with_halves_of_characters_are_passed_on_as_text():
    events = decoded(BEDROCK_INVOKE, frame(rb'{"bytes":7,"a":"\ud83d"}', "chunk"))
    assert [event.data for event in events if isinstance(event, ProviderEvent)] == [r'{"bytes":7,"a":"\ud83d"}']


@pytest.mark.parametrize(("citations", "annotated"), [(7, [7]), ({"a": 1}, [{"a": 1}]), (None, []), ([], [])])
def test_an_agents_citations_of_other_shapes(citations, annotated):
    events = decoded(BEDROCK_AGENT, agent_chunk(b"x", attribution={"citations": citations}))
    assert [event.annotation for event in events if isinstance(event, AnnotationAdded)] == annotated
