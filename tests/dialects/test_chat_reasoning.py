"""Reasoning in chat frames: many names, many shapes, one text."""

import pytest
from chat_frames import chunk, decode, kinds, of, quirks_of, reasoning_of, text_of

from streamkit.events import MetadataReported, ReasoningDelta, SignatureReported
from streamkit.evidence import FinishClaimed


@pytest.mark.parametrize(
    ("value", "text"),
    [({"text": "a"}, "a"), (["a", {"text": "b"}], "ab"), ({"summary": [{"text": "s"}]}, "s"), (True, ""), ([], "")],
)
def test_e14_reasoning_of_another_shape(value, text):
    events = decode(chunk({"content": "hi", "reasoning_content": value}))
    assert (reasoning_of(events), text_of(events), quirks_of(events)) == (text, "hi", ["reasoning_shape"])


@pytest.mark.parametrize("kind", ["thinking", ["thinking"]])
def test_signatures_of_typed_parts_are_kept(kind):
    healthy = {"type": "thinking", "thinking": "t", "signature": "sig"}
    odd = [healthy, {"type": kind}]
    assert [event.signature for event in of(decode(chunk({"content": odd})), SignatureReported)] == ["sig"]
    summary = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "s", "signature": "sig"}]}
    assert [event.signature for event in of(decode(chunk({"content": [summary]})), SignatureReported)] == ["sig"]


def test_e13_details_of_other_shapes():
    details = ["a", {"type": "reasoning.text", "text": "b", "index": "0"}, {"text": 7}, 7]
    events = decode(chunk({"reasoning_details": details}))
    assert (reasoning_of(events), quirks_of(events)) == ("ab", ["reasoning_shape", "reasoning_shape"])


def test_plain_reasoning_with_more_to_it_is_read_in_full():
    signed = [{"type": "reasoning.text", "text": "c", "signature": "sig"}]
    events = decode(
        chunk({"reasoning": "a"}),
        chunk({"reasoning": "b"}),
        chunk({"reasoning": "c", "reasoning_details": signed}),
        chunk({"reasoning_content": "d"}),
        chunk({"reasoning": "e", "reasoning_content": "e"}),
    )
    assert (reasoning_of(events), quirks_of(events)) == ("abcde", [])
    assert len(of(events, SignatureReported)) == 1


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning", "reasoning_text", "thinking"])
def test_e11_every_name_of_the_reasoning_field(name):
    events = decode(chunk({name: "a"}), chunk({name: "b", "content": None}), chunk({"content": "hi"}))
    assert (reasoning_of(events), text_of(events), quirks_of(events)) == ("ab", "hi", [])
    assert of(events, MetadataReported) == [MetadataReported(metadata={"reasoning_field": name})]


def test_e12_two_fields_with_the_same_text_count_once():
    events = decode(*(chunk({"reasoning": word, "reasoning_content": word}) for word in "abc"))
    assert (reasoning_of(events), quirks_of(events)) == ("abc", [])


def test_e12_the_remembered_field_wins_where_they_differ():
    events = decode(chunk({"reasoning": "a"}), chunk({"reasoning": "b", "reasoning_content": "x"}))
    assert (reasoning_of(events), quirks_of(events)) == ("ab", ["reasoning_fields_differ"])


def test_e11_another_field_speaks_where_the_remembered_one_is_silent():
    events = decode(chunk({"reasoning": "a"}), chunk({"reasoning_content": "b", "reasoning": ""}))
    assert reasoning_of(events) == "ab"


def test_e15_present_but_empty_is_remembered_and_no_event():
    call = {"index": 0, "id": "k", "function": {"name": "ls", "arguments": "{}"}}
    events = decode(chunk({"content": "x"}), chunk({"reasoning_content": "", "tool_calls": [call]}))
    assert of(events, ReasoningDelta) == []
    assert of(events, MetadataReported) == [MetadataReported(metadata={"reasoning_field": "reasoning_content"})]


def test_e26_empty_reasoning_on_each_chunk_is_nothing():
    events = decode(*(chunk({"content": "a", "reasoning_content": "", "reasoning_details": []}) for _ in range(3)))
    assert kinds(events) == ["ResponseStarted", "MetadataReported", "TextDelta", "TextDelta", "TextDelta"]


def test_e13_structured_text_counts_only_without_the_plain_field():
    def detail(word):
        return [{"type": "reasoning.text", "text": word, "index": 0, "format": "unknown"}]

    doubled = decode(*(chunk({"reasoning": word, "reasoning_details": detail(word)}) for word in "abc"))
    alone = decode(*(chunk({"reasoning_details": detail(word)}) for word in "abc"))
    assert (reasoning_of(doubled), reasoning_of(alone)) == ("abc", "abc")
    assert (quirks_of(doubled), quirks_of(alone)) == ([], [])


def test_e13_summaries_signatures_and_encrypted_payloads():
    events = decode(
        chunk({"reasoning_details": [{"type": "reasoning.summary", "summary": "s", "index": 0}]}),
        chunk({"reasoning_details": [{"type": "reasoning.text", "signature": "sig", "index": 0}]}),
        chunk(
            {
                "reasoning_details": [
                    {"type": "reasoning.encrypted", "data": "gA", "index": 1, "id": "rs_1"},
                    {"type": "reasoning.encrypted", "data": "gB", "index": 2, "format": "anthropic-claude-v1"},
                ]
            }
        ),
        chunk({}, finish="stop"),
    )
    assert of(events, ReasoningDelta) == [ReasoningDelta(text="s", kind="summary")]
    assert [(e.signature, e.kind, e.key is None) for e in of(events, SignatureReported)] == [
        ("sig", "signature", True),
        ("gA", "encrypted_content", False),
        ("gB", "redacted", False),
    ]
    details = of(events, MetadataReported)[-1].metadata["reasoning_details"]
    assert [detail.get("data") or detail.get("signature") for detail in details] == ["sig", "gA", "gB"]
    assert isinstance(events[-1], FinishClaimed)


def test_e19_copilots_sealed_reasoning():
    events = decode(
        chunk({"reasoning_text": "a"}), chunk({"content": None, "reasoning_opaque": "Q"}), chunk({"content": "b"})
    )
    assert [(each.signature, each.kind) for each in of(events, SignatureReported)] == [("Q", "encrypted_content")]
    assert (reasoning_of(events), text_of(events), quirks_of(events)) == ("a", "b", [])


def test_d40_a_thought_signature_on_a_text():
    sealed = {"google": {"thought_signature": "S"}}
    events = decode(chunk({"content": "a"}), chunk({"content": "b", "extra_content": sealed}), chunk({"content": "c"}))
    assert [(each.signature, each.kind) for each in of(events, SignatureReported)] == [("S", "signature")]
    assert text_of(events) == "abc"
    flags = decode(chunk({"content": "a", "extra_content": {"google": {"thought": True}}}))
    assert (of(flags, SignatureReported), text_of(flags)) == ([], "a")
    other = decode(chunk({"content": "a"}), chunk({"extra_content": {"acme": 1}}))
    assert {"extra_content": {"acme": 1}} in [each.metadata for each in of(other, MetadataReported)]
