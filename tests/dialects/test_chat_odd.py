"""Odd chat frames: what is meant comes out, what was odd is named."""

import json

import pytest
from chat_frames import chunk, decode, frame, of, quirks_of, reasoning_of, text_of

from streamkit.events import AnnotationAdded, QuirkSeen, RefusalDelta, ResponseStarted, TextDelta, UsageReported
from streamkit.evidence import CallFragment


def test_f05_e30_typed_parts_in_their_order_beside_strings():
    thinking = [{"type": "thinking", "thinking": [{"type": "text", "text": "a"}], "closed": True}]
    mixed = [{"type": "text", "text": "hi"}, {"type": "thinking", "thinking": "b"}, {"type": "text", "text": "!"}]
    events = decode(chunk({"content": thinking}), chunk({"content": mixed}), chunk({"content": "?"}))
    said = [(type(event).__name__, event.text) for event in events if hasattr(event, "text")]
    assert said == [
        ("ReasoningDelta", "a"),
        ("TextDelta", "hi"),
        ("ReasoningDelta", "b"),
        ("TextDelta", "!"),
        ("TextDelta", "?"),
    ]
    assert quirks_of(events) == ["content_parts"]


def test_f05_databricks_reasoning_summaries():
    part = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "s", "signature": ""}]}
    assert reasoning_of(decode(chunk({"content": [part]}))) == "s"


def test_f05_a_part_of_unknown_type_is_kept_and_its_neighbours_are_read():
    odd = {"type": "hologram", "hologram": "…"}
    events = decode(chunk({"content": [{"type": "text", "text": "a"}, odd, "b", {"text": "c"}]}))
    assert text_of(events) == "abc"
    assert [event.data for event in of(events, QuirkSeen) if event.quirk == "content_part_unknown"] == [odd]


@pytest.mark.parametrize(("value", "text"), [(4, "4"), (0, "0"), (True, "true"), (1.5, "1.5")])
def test_f10_content_of_another_scalar_type(value, text):
    events = decode(chunk({"content": "["}), chunk({"content": value}), chunk({"content": "]"}))
    assert (text_of(events), quirks_of(events)) == (f"[{text}]", ["content_coerced"])


def test_f17_content_list():
    start = {"type": "tool_use", "content_list": [{"tool_use_id": "t", "name": "ls"}, {"input": '{"p"'}]}
    more = {"type": "tool_use", "content_list": [{"input": ":1}"}]}
    text = {"content": "", "content_list": [{"type": "text", "text": "hi"}]}
    events = decode(chunk(text), chunk(start), chunk(more))
    assert text_of(events) == "hi"
    assert of(events, CallFragment) == [
        CallFragment(call_id="t", name="ls", arguments='{"p"'),
        CallFragment(arguments=":1}"),
    ]
    assert set(quirks_of(events)) == {"content_list"}


def test_f17_a_list_that_repeats_the_content():
    delta = {"type": "text", "content": "hi", "content_list": [{"type": "text", "text": "hi"}], "text": "hi"}
    events = decode(chunk(delta), chunk(delta))
    assert (text_of(events), set(quirks_of(events))) == ("hihi", {"content_list"})


@pytest.mark.parametrize("kind", ["reference", "tool_reference", "document_url", "file", "tool_file"])
def test_f11_parts_that_name_a_source_are_annotations(kind):
    source = {"type": kind, "reference_ids": [1], "file_id": "f"}
    events = decode(chunk({"content": [{"type": "text", "text": "a"}, source]}), chunk({"content": "b"}))
    assert [event.annotation for event in of(events, AnnotationAdded)] == [source]
    assert (text_of(events), quirks_of(events)) == ("ab", ["content_parts"])


def test_f11_a_source_inside_a_thought():
    source = {"type": "tool_reference", "tool": "web_search", "title": "t"}
    thinking = [{"type": "text", "text": "a"}, source, {"type": "text", "text": "b"}]
    events = decode(chunk({"content": [{"type": "thinking", "thinking": thinking}]}))
    assert [event.annotation for event in of(events, AnnotationAdded)] == [source]
    assert (reasoning_of(events), quirks_of(events)) == ("ab", ["content_parts"])


def test_b28_another_role_keeps_its_content():
    events = decode(chunk({"role": "user", "content": "a"}))
    assert (text_of(events), quirks_of(events)) == ("a", ["role_unexpected"])


def test_b32_a_changing_id_is_named_once_and_the_first_stands():
    events = decode(*(chunk({"content": "a"}, id=f"c{number}") for number in range(4)))
    assert [event.response_id for event in of(events, ResponseStarted)] == ["c0"]
    assert (text_of(events), quirks_of(events)) == ("aaaa", ["id_changed"])


@pytest.mark.parametrize("identity", [{"id": 7}, {"id": None}, {"model": ["m"]}])
def test_f19_identities_of_another_type(identity):
    assert text_of(decode(chunk({"content": "a"}, **identity))) == "a"


def test_f02_null_or_missing_choices_are_none():
    events = decode(
        frame({"id": "c1", "model": "m1", "choices": None, "usage": {"prompt_tokens": 4}}), chunk({"content": "a"})
    )
    assert of(events, UsageReported)[0].usage.input_tokens == 4
    assert (text_of(events), quirks_of(events)) == ("a", [])


def test_f02_one_object_is_the_only_choice():
    events = decode(frame({"id": "c", "choices": {"index": 0, "delta": {"content": "a"}}}))
    assert (text_of(events), quirks_of(events)) == ("a", ["choices_shape"])


@pytest.mark.parametrize("delta", [None, [], 7])
def test_f03_a_delta_that_is_none(delta):
    events = decode(chunk({"content": "a"}), chunk(choice={"delta": delta}), chunk({"content": "b"}))
    assert text_of(events) == "ab"
    assert quirks_of(events) == ([] if delta is None else ["member_shape"])


@pytest.mark.parametrize(
    ("content", "text", "reasoning", "quirks"),
    [
        ({"type": "text", "text": "a"}, "a", "", ["content_parts"]),
        ([{"type": "output_text", "text": "a"}, "b"], "ab", "", ["content_parts"]),
        ([{"type": "thinking", "thinking": {"text": "t"}}, "a"], "a", "t", ["content_parts"]),
        ([{"type": "text", "text": None}, {"type": "output_text"}], "", "", ["content_parts"]),
        ([{"type": ["text"]}, 7], "", "", ["content_parts", "content_part_unknown", "content_part_unknown"]),
    ],
)
def test_f05_other_shapes_of_parts(content, text, reasoning, quirks):
    events = decode(chunk({"content": content}))
    assert (text_of(events), reasoning_of(events), quirks_of(events)) == (text, reasoning, quirks)


def test_f17_entries_that_are_no_text_and_no_call():
    odd = {"type": "hologram"}
    start = {"tool_use_id": "t", "name": "ls", "input": {"p": 1}}
    events = decode(chunk({"content_list": [odd, start]}))
    (found,) = of(events, CallFragment)
    assert (found.call_id, found.arguments, found.whole) == ("t", '{"p":1}', True)
    assert [event.data for event in of(events, QuirkSeen) if event.data] == [odd]


@pytest.mark.parametrize("choices", [[None, {"delta": "a"}], [7, {"delta": {"content": "a"}, "index": "0"}]])
def test_f19_choices_of_other_shapes(choices):
    events = decode(frame({"id": "c1", "choices": choices}))
    assert "".join(event.text for event in of(events, TextDelta)) == "a"


@pytest.mark.parametrize(("index", "choice"), [(1.0, 1), ("1", 1), (1.5, 0), ("one", 0), (True, 0), (None, 0)])
def test_j13_the_index_of_a_choice_in_another_type(index, choice):
    """One answer a frame: its place in the frame says nothing about whose text it is."""
    events = decode(frame({"id": "c1", "choices": [{"index": index, "delta": {"content": "a"}}]}))
    assert [event.choice for event in of(events, TextDelta)] == [choice]


def test_running_counts_beside_more_than_text():
    call = {"index": 0, "id": "k", "function": {"name": "ls", "arguments": "{}"}}
    usages = [{"completion_tokens": number} for number in range(1, 4)]
    events = decode(
        chunk({"content": "a"}, usage=usages[0]),
        chunk({"content": "b", "reasoning": "r"}, usage=usages[1]),
        chunk({"content": "c", "tool_calls": [call]}, usage=usages[2]),
    )
    assert (text_of(events), reasoning_of(events), len(of(events, CallFragment))) == ("abc", "r", 1)
    assert [event.usage.output_tokens for event in of(events, UsageReported)] == [1, 2, 3]


@pytest.mark.parametrize("refusal", [{"value": "TEXT"}, ["TE", "XT"], [{"type": "refusal", "refusal": "TEXT"}]])
def test_f10_a_refusal_in_another_json_type_is_read(refusal):
    events = decode(chunk({"refusal": refusal}))
    assert [event.text for event in of(events, RefusalDelta)] == ["TEXT"]
    assert quirks_of(events) == ["content_coerced"]


def test_f10_a_refusal_without_words_is_named():
    events = decode(chunk({"refusal": {"code": 3}}))
    assert [event.data for event in of(events, QuirkSeen)] == [{"code": 3}]


@pytest.mark.parametrize("text", ["TEXT", [{"type": "text", "text": "TEXT"}]])
def test_f09_text_beside_an_empty_delta_is_read(text):
    odd = chunk({}, choice={"text": text})
    assert text_of(decode(odd)) == "TEXT"
    assert text_of(decode(chunk({"content": "a"}), chunk({"content": "b"}), odd)) == "abTEXT"


def test_a32_a_chunk_written_as_a_string_is_unwrapped_once():
    written = json.dumps(chunk({"content": "b"}).data.decode()).encode()
    events = decode(chunk({"content": "a"}), frame(written), chunk({"content": "c"}))
    assert (text_of(events), quirks_of(events)) == ("abc", ["payload_double_encoded"])
    assert quirks_of(decode(chunk({"content": "a"}), frame(b'"{no"'))) == ["non_object_data"]
