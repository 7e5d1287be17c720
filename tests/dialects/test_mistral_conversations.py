import json

import pytest
from hypothesis import given, settings

from streamkit.dialects.base import CERTAIN, NO
from streamkit.dialects.mistral_conversations import MISTRAL_CONVERSATIONS
from streamkit.events import ErrorReported, ProviderEvent
from tests.dialects.driving import assembled, decoded, frame, quirks, spoilt


def output(content, **members):
    members = {"id": "m1", "output_index": 0, "content_index": 0, "model": "x", **members}
    return {"type": "message.output.delta", "content": content, **members}


def event(kind, **members):
    return {"type": kind, **members}


STARTED = event("conversation.response.started", conversation_id="c1")
DONE = event("conversation.response.done", usage={"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5})


def test_text():
    response = assembled(MISTRAL_CONVERSATIONS, STARTED, output("a"), output(""), output("b"), DONE)
    assert (response.text, response.model, response.finish_reason, response.terminal_seen) == ("ab", "x", "stop", True)
    assert (response.metadata, response.usage.total_tokens, response.quirks) == ({"conversation_id": "c1"}, 5, ())


def test_typed_content():
    response = assembled(
        MISTRAL_CONVERSATIONS,
        STARTED,
        output({"type": "thinking", "thinking": [{"type": "text", "text": "t"}]}),
        output({"type": "thinking", "thinking": "u"}),
        output({"type": "text", "text": "a"}),
        output({"type": "tool_reference", "url": "r"}),
        output({"type": "image_url", "image_url": {"url": "i"}}),
        output({"type": "tool_file", "tool": "image_generation", "file_id": "f"}),
        output({"type": "aura"}),
        DONE,
    )
    assert (response.reasoning, response.text) == ("tu", "a")
    item = response.items[1]
    assert item.annotations == ({"type": "tool_reference", "url": "r"},)
    assert [media["media_type"] for media in item.media] == ["image", "file"]
    assert quirks(response) == ["frame_unrecognised"]


def test_calls_grow_under_their_ids():
    def piece(call_id, arguments):
        return event("function.call.delta", id="f", name="look", tool_call_id=call_id, arguments=arguments)

    frames = [piece("c1", '{"a":'), piece("c1", "1}"), piece("c2", {"b": 2}), piece("c3", None)]
    response = assembled(MISTRAL_CONVERSATIONS, STARTED, *frames, DONE)
    assert [(call.call_id, call.input) for call in response.tool_calls] == [
        ("c1", {"a": 1}),
        ("c2", {"b": 2}),
        ("c3", {}),
    ]
    assert response.finish_reason == "tool_calls"


def test_d43_tools_and_hand_overs_of_the_server():
    response = assembled(
        MISTRAL_CONVERSATIONS,
        STARTED,
        event("tool.execution.started", id="t1", name="web_search", arguments='{"q":'),
        event("tool.execution.delta", id="t1", name="web_search", arguments='"a"}'),
        event("tool.execution.done", id="t1", name="web_search", info={"n": 1}),
        event("agent.handoff.started", id="h1", previous_agent_name="a"),
        event("agent.handoff.done", id="h1", next_agent_name="b"),
        output("a"),
        DONE,
    )
    tool, handoff, _ = response.items
    assert (tool.type, tool.text_of("arguments"), tool.details) == (
        "tool.execution",
        '{"q":"a"}',
        {"name": "web_search", "info": {"n": 1}},
    )
    assert (handoff.type, handoff.details) == ("agent.handoff", {"previous_agent_name": "a", "next_agent_name": "b"})
    assert response.tool_calls == ()


def test_errors():
    response = assembled(
        MISTRAL_CONVERSATIONS, STARTED, output("a"), event("conversation.response.error", message="boom", code=500)
    )
    assert (response.text, response.errors[0].message, response.errors[0].code) == ("a", "boom", "500")
    events = decoded(MISTRAL_CONVERSATIONS, {"error": {"message": "bare"}})
    assert [each.error.message for each in events if isinstance(each, ErrorReported)] == ["bare"]


def test_a27_the_type_may_stand_in_the_event_name():
    payload = {name: value for name, value in output("a").items() if name != "type"}
    response = assembled(MISTRAL_CONVERSATIONS, STARTED, frame(payload, "message.output.delta"), DONE)
    assert (response.text, quirks(response)) == ("a", ["type_from_event"])


def test_an_unknown_event_is_passed_on():
    events = decoded(MISTRAL_CONVERSATIONS, event("mood.changed"))
    assert [each.name for each in events if isinstance(each, ProviderEvent)] == ["mood.changed"]


def test_j01_halves_of_a_character_are_joined():
    def half(escape):
        return frame(b'{"type":"message.output.delta","id":"m1","model":"x","content":' + escape + b"}")

    frames = [half(b'"\\ud83d"'), half(b'"\\ude00"'), half(b'{"type":"text","text":"\\ud83d"}'), half(b'"\\ud83d"')]
    assert assembled(MISTRAL_CONVERSATIONS, STARTED, *frames, DONE).text == "\U0001f600\ufffd\ufffd"


@pytest.mark.parametrize(
    ("payload", "sure"),
    [(STARTED, CERTAIN), (output("a"), CERTAIN), ({"type": "message_start"}, NO), (b"[1]", NO)],
)
def test_recognition(payload, sure):
    assert MISTRAL_CONVERSATIONS.recognise(frame(payload)) == sure


@settings(max_examples=150, deadline=None)
@given(
    spoilt(
        [
            STARTED,
            output("a"),
            output({"type": "thinking", "thinking": [{"type": "text", "text": "t"}]}),
            event("function.call.delta", id="f", name="look", tool_call_id="c", arguments="{}"),
            event("tool.execution.started", id="t1", name="s", arguments="{}"),
            event("tool.execution.done", id="t1", name="s", info={}),
            event("agent.handoff.started", id="h1"),
            DONE,
        ]
    )
)
def test_nothing_on_the_wire_raises(payloads):
    response = assembled(MISTRAL_CONVERSATIONS, *payloads)
    json.dumps(response.to_dict())
    (response.text + response.reasoning).encode()


def test_f11_e23_sources_and_seal_of_a_thought():
    source = {"type": "tool_reference", "tool": "web_search", "title": "t"}
    response = assembled(
        MISTRAL_CONVERSATIONS,
        STARTED,
        output({"type": "thinking", "thinking": [source]}),
        output({"type": "thinking", "thinking": [{"type": "text", "text": "a"}, source], "signature": "s"}),
        output("b"),
        DONE,
    )
    assert [(item.type, item.annotations, item.signature) for item in response.items] == [
        ("reasoning", (source, source), "s"),
        ("message", (), ""),
    ]
    assert (response.reasoning, response.text, response.quirks) == ("a", "b", ())


def test_a_call_that_asks_to_be_confirmed():
    asked = event("function.call.delta", id="f", name="look", tool_call_id="c1", arguments="{}")
    response = assembled(MISTRAL_CONVERSATIONS, STARTED, {**asked, "confirmation_status": "pending"}, DONE)
    assert response.tool_calls[0].extra == {"confirmation_status": "pending"}
