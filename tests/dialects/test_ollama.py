import json

import pytest
from hypothesis import given, settings

import streamkit
from streamkit.dialects.base import CERTAIN, LIKELY, NO, POSSIBLE
from streamkit.dialects.ollama import OLLAMA
from streamkit.events import MediaAdded, ProviderEvent, TextDelta
from streamkit.quirks.ollama import call_arguments_text
from streamkit.quirks.reshaping import frame_unrecognised, member_coerced, member_unreadable
from streamkit.quirks.tape import Tape
from streamkit.testing.fixtures import all_fixtures
from tests.dialects.driving import assembled, decoded, frame, quirks, spoilt


def line(content="", *, done=False, model="m", **members):
    message = {"role": "assistant", "content": content}
    message |= {name: members.pop(name) for name in ("thinking", "tool_calls", "images") if name in members}
    return {"model": model, "created_at": "2026-01-01T00:00:00Z", "message": message, "done": done, **members}


END = line(done=True, done_reason="stop", prompt_eval_count=3, eval_count=2)


def test_text_and_thinking_on_one_line_come_in_this_order():
    response = assembled(OLLAMA, line("b", thinking="a"), END)
    assert [item.type for item in response.items] == ["reasoning", "message"]
    assert (response.reasoning, response.text, response.model, response.quirks) == ("a", "b", "m", ())


def test_f15_counts_are_the_usage_and_times_are_metadata():
    response = assembled(OLLAMA, line("a"), {**END, "total_duration": 90, "eval_duration": 60})
    assert response.usage.raw == {"prompt_eval_count": 3, "eval_count": 2}
    assert (response.usage.input_tokens, response.usage.output_tokens) == (3, 2)
    assert response.metadata == {"total_duration": 90, "eval_duration": 60}


def test_f15_a_count_that_is_missing_is_unknown():
    usage = assembled(OLLAMA, line("a"), line(done=True, done_reason="stop", eval_count=2)).usage
    assert (usage.input_tokens, usage.output_tokens) == (None, 2)


def test_c31_no_counts_no_usage():
    assert assembled(OLLAMA, line("a"), line(done=True, done_reason="stop")).usage is None


@pytest.mark.parametrize(
    ("word", "reason", "status"),
    [("stop", "stop", "completed"), ("length", "length", "incomplete"), ("load", "unknown", "completed")],
)
def test_f15_done_reasons(word, reason, status):
    response = assembled(OLLAMA, line("a"), line(done=True, done_reason=word))
    assert (response.finish_reason, response.raw_finish_reason, response.status) == (reason, word, status)
    assert response.terminal_seen
    assert quirks(response) == (["finish_unknown"] if word == "load" else [])


def test_done_without_a_reason_is_a_stop_that_was_inferred():
    response = assembled(OLLAMA, line("a"), line(done=True))
    assert (response.finish_reason, quirks(response)) == ("stop", ["finish_inferred"])


def test_the_end_line_may_bring_text():
    assert assembled(OLLAMA, line("a"), {**END, "message": {"content": "b"}}).text == "ab"


def test_generate():
    pieces = [{"model": "m", "response": text, "done": False} for text in ("a", "b")]
    response = assembled(
        OLLAMA, *pieces, {"model": "m", "response": "", "done": True, "done_reason": "stop", "context": [1]}
    )
    assert (response.text, response.metadata["context"]) == ("ab", [1])


def test_generate_with_thinking_and_image():
    events = decoded(OLLAMA, {"model": "m", "thinking": "a"}, {"model": "m", "image": "AA==", "done": False})
    assert [event.data for event in events if isinstance(event, MediaAdded)] == ["AA=="]
    assert quirks(events) == []


def test_f12_images_of_a_message():
    events = decoded(OLLAMA, line(images=["AA==", "BB=="]))
    assert [event.data for event in events if isinstance(event, MediaAdded)] == ["AA==", "BB=="]


def test_d09_d14_whole_calls_whatever_their_index():
    calls = [{"function": {"index": 0, "name": "look", "arguments": {"n": n}}} for n in (1, 2)]
    response = assembled(OLLAMA, line(tool_calls=calls[:1]), line(tool_calls=calls[1:]), END)
    assert [(call.name, call.arguments) for call in response.tool_calls] == [("look", '{"n":1}'), ("look", '{"n":2}')]
    assert len({call.call_id for call in response.tool_calls}) == 2
    assert (response.finish_reason, response.raw_finish_reason, response.quirks) == ("tool_calls", "stop", ())


def test_d15_a_call_without_arguments_at_all():
    response = assembled(OLLAMA, line(tool_calls=[{"id": "c", "function": {"name": "now"}}]), END)
    assert [(call.call_id, call.input) for call in response.tool_calls] == [("c", {})]
    assert quirks(response) == ["tool_args_empty"]


def test_arguments_as_text():
    response = assembled(OLLAMA, line(tool_calls=[{"function": {"name": "f", "arguments": '{"a": 1}'}}]), END)
    assert [call.arguments for call in response.tool_calls] == ['{"a": 1}']
    assert quirks(response) == ["call_arguments_text"]


def test_a_call_without_a_function_cannot_be_run():
    response = assembled(OLLAMA, line(tool_calls=[{"id": "c"}]), END)
    assert response.tool_calls == ()


def test_b16_text_after_a_call():
    response = assembled(OLLAMA, line("a", tool_calls=[{"function": {"name": "f", "arguments": {}}}]), line("b"), END)
    assert [item.type for item in response.items] == ["message", "function_call", "message"]


@pytest.mark.parametrize("error", ["boom", {"message": "boom"}])
def test_f15_an_error_line(error):
    response = assembled(OLLAMA, line("a"), {"error": error})
    assert (response.text, response.finish_reason, response.errors[0].message) == ("a", "error", "boom")


def test_another_model_in_the_middle_is_told():
    assert assembled(OLLAMA, line("a"), line("b", model="n"), END).text == "ab"


def test_think_tags_stay_in_the_text():
    assert assembled(OLLAMA, line("a</think>b"), END).text == "a</think>b"


def test_an_unknown_line_is_passed_on():
    events = decoded(OLLAMA, {"status": "pulling manifest"})
    assert [event.data for event in events if isinstance(event, ProviderEvent)] == [{"status": "pulling manifest"}]


def test_odd_json_types_are_read_and_named():
    odd = {"model": "m", "message": {"content": 7}, "done": "false", "thinking": ["x"]}
    response = assembled(OLLAMA, odd, {**END, "done": 1})
    assert (response.text, response.finish_reason) == ("7", "stop")
    assert set(quirks(response)) == {"member_coerced", "member_unreadable"}


def test_j01_halves_of_a_character_are_joined():
    events = decoded(
        OLLAMA,
        frame(b'{"model":"m","message":{"content":"\\ud83d"},"done":false}'),
        frame(b'{"model":"m","message":{"content":"\\ude00"},"done":false}'),
    )
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["\U0001f600"]


@pytest.mark.parametrize(
    ("payload", "sure"),
    [
        (line("a"), CERTAIN),
        ({"model": "m", "created_at": "x", "response": "a", "done": False}, CERTAIN),
        ({"model": "m", "message": {"content": "a"}, "done": False}, LIKELY),
        ({"model": "m", "created_at": "x", "completed": 1, "total": 4, "done": False}, LIKELY),
        ({"error": "boom"}, POSSIBLE),
        ({"error": {"message": "boom"}}, NO),
        ({"done": True}, NO),
        ({"choices": []}, NO),
        (b"[1]", NO),
    ],
)
def test_recognition(payload, sure):
    assert OLLAMA.recognise(frame(payload)) == sure


PLANTED = [call_arguments_text, member_coerced, member_unreadable, frame_unrecognised]


@pytest.mark.parametrize("quirk", PLANTED, ids=repr)
def test_what_can_be_planted_is_found(quirk):
    planted = 0
    for fixture in all_fixtures(dialect="ollama"):
        if not fixture.healthy:
            continue
        whole = streamkit.assemble([fixture.data], "ollama")
        tape = Tape(fixture.data, "ollama", "ndjson")
        for edit in quirk.plant(tape):
            planted += 1
            response = streamkit.assemble([tape.apply([edit])], "ollama", on_error="event")
            assert quirk.id in quirks(response)
            if quirk.effect in ("harmless", "repaired"):
                assert (response.text, response.finish_reason) == (whole.text, whole.finish_reason)
                assert [c.input for c in response.tool_calls] == [c.input for c in whole.tool_calls]
    assert planted


@settings(max_examples=200, deadline=None)
@given(
    spoilt(
        [
            line("a", thinking="b"),
            line(tool_calls=[{"id": "i", "function": {"name": "f", "index": 0, "arguments": {"x": [1]}}}]),
            {"model": "m", "response": "c", "thinking": "d", "done": False, "image": "AA=="},
            {**END, "total_duration": 4, "context": [1]},
        ]
    )
)
def test_nothing_on_the_wire_raises(payloads):
    response = assembled(OLLAMA, *payloads)
    json.dumps(response.to_dict())
    (response.text + response.reasoning).encode()
