"""Documented chat streams: everything here is conformance, so nothing here may leave a quirk unless it says so."""

import msgspec
import pytest
from chat_frames import DONE, chunk, decode, frame, of, quirks_of, reasoning_of, text_of

from streamkit.dialects.base import CERTAIN, LIKELY, NO, POSSIBLE, DecoderOptions
from streamkit.dialects.chat import CHAT
from streamkit.events import (
    AnnotationAdded,
    ItemFinished,
    ItemStarted,
    MediaAdded,
    MetadataReported,
    ReasoningDelta,
    RefusalDelta,
    ResponseStarted,
    SignatureReported,
    TextDelta,
    UsageReported,
)
from streamkit.evidence import CallFragment, EndMarker, FinishClaimed


def kinds(events):
    return [type(event).__name__ for event in events]


def test_a_plain_answer():
    events = decode(
        chunk({"role": "assistant", "content": ""}, system_fingerprint="fp"),
        chunk({"content": "Hel"}),
        chunk({"content": "lo"}),
        chunk({}, finish="stop"),
        frame({"id": "c1", "model": "m1", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}),
        DONE,
    )
    assert events[0] == ResponseStarted(
        response_id="c1", model="m1", metadata={"created": 7, "system_fingerprint": "fp"}
    )
    assert kinds(events[1:]) == ["TextDelta", "TextDelta", "FinishClaimed", "UsageReported", "EndMarker", "EndMarker"]
    assert text_of(events) == "Hello"
    assert of(events, FinishClaimed) == [FinishClaimed(finish_reason="stop", raw_finish_reason="stop")]
    usage = of(events, UsageReported)[0].usage
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (3, 2, None)
    assert of(events, EndMarker) == [EndMarker(name="usage", proof=False), EndMarker(name="[DONE]")]


def test_a_plain_chunk_is_one_event_in_a_tuple():
    decoder = CHAT.decoder(DecoderOptions())
    decoder.feed(chunk({"content": "a"}))
    assert decoder.feed(chunk({"content": "b"})) == (TextDelta(text="b"),)
    assert decoder.feed(chunk({"content": "", "tool_calls": [], "reasoning_content": ""})) == ()


@pytest.mark.parametrize("first", [None, "", "absent"])
def test_f04_empty_first_content_is_no_event(first):
    delta = {"role": "assistant"} if first == "absent" else {"role": "assistant", "content": first}
    events = decode(chunk(delta), chunk({"content": "a"}))
    assert kinds(events) == ["ResponseStarted", "TextDelta"]


@pytest.mark.parametrize("text", ["0", " ", "\n", "\u200b", "false", "[DONE]", "data: [DONE]\n\nevent: error"])
def test_f21_and_j12_every_character_counts(text):
    events = decode(chunk({"content": "4"}), chunk({"content": text}), chunk({"content": text}))
    assert text_of(events) == "4" + text + text
    assert quirks_of(events) == []


def test_b28_roles_on_each_chunk_are_silent():
    roles = ["assistant", "", None, "assistant"]
    events = decode(*(chunk({"role": role, "content": "a"}) for role in roles))
    assert (text_of(events), quirks_of(events)) == ("aaaa", [])


def test_b29_f18_c17_order_inside_a_chunk():
    call = {"index": 0, "id": "k", "type": "function", "function": {"name": "ls", "arguments": "{}"}}
    delta = {"tool_calls": [call], "refusal": "no", "content": "hi", "reasoning_content": "hm"}
    events = decode(chunk(delta, finish="stop", usage={"prompt_tokens": 1}))
    assert kinds(events) == [
        "ResponseStarted",
        "MetadataReported",
        "ReasoningDelta",
        "TextDelta",
        "RefusalDelta",
        "CallFragment",
        "FinishClaimed",
        "UsageReported",
    ]
    assert quirks_of(events) == []


def test_b30_choices_are_kept_apart():
    both = {
        "id": "c1",
        "model": "m1",
        "choices": [
            {"index": 0, "delta": {"content": "A"}},
            {"index": 1, "delta": {}, "finish_reason": "stop"},
        ],
    }
    events = decode(chunk({"content": "B"}, index=1), frame(both), chunk({"content": "b"}, index=1))
    assert (text_of(events, 0), text_of(events, 1)) == ("A", "Bb")
    assert [event.choice for event in of(events, FinishClaimed)] == [1]


def test_c19_a_usage_frame_ends_only_an_answer_whose_choices_have_all_finished():
    usage = frame({"id": "c1", "model": "m1", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}})
    texts = (chunk({"content": "a"}), chunk({"content": "b"}, index=1))
    half = decode(*texts, chunk({}, finish="stop"), usage)
    assert of(half, EndMarker) == []
    full = decode(*texts, chunk({}, finish="stop"), chunk({}, finish="length", index=1), usage)
    assert of(full, EndMarker) == [EndMarker(name="usage", proof=False)]


def test_b32_f01_azure_names_itself_in_the_second_frame():
    filters = [{"prompt_index": 0, "content_filter_results": {"hate": {"filtered": False}}}]
    events = decode(
        frame({"id": "", "model": "", "object": "", "choices": [], "prompt_filter_results": filters}),
        chunk({"content": "a"}, system_fingerprint=""),
    )
    assert events[0] == ResponseStarted(metadata={"prompt_filter_results": filters})
    assert events[1] == MetadataReported(response_id="c1", model="m1")
    assert (text_of(events), quirks_of(events)) == ("a", [])


def test_f03_a_filter_frame_without_delta_is_metadata():
    offsets = {"check_offset": 44, "start_offset": 44, "end_offset": 198}
    results = {"hate": {"filtered": False, "severity": "safe"}}
    late = chunk(choice={"content_filter_offsets": offsets, "content_filter_results": results})
    events = decode(chunk({"content": "a"}), late, chunk({"content": "b"}))
    assert of(events, MetadataReported)[-1].metadata == {
        "content_filter_offsets": offsets,
        "content_filter_results": results,
    }
    assert (text_of(events), quirks_of(events)) == ("ab", [])


def test_c39_filter_results_go_with_the_finish():
    results = {"violence": {"filtered": True, "severity": "high"}}
    events = decode(chunk({}, finish="content_filter", choice={"content_filter_results": results}))
    (finish,) = of(events, FinishClaimed)
    assert (finish.finish_reason, finish.details) == ("content_filter", {"content_filter_results": results})


def test_c38_refusal_has_its_own_channel():
    events = decode(chunk({"refusal": "I can't"}), chunk({"refusal": " do that"}), chunk({}, finish="stop"))
    assert [event.text for event in of(events, RefusalDelta)] == ["I can't", " do that"]
    assert of(events, TextDelta) == []


# reasoning


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


# calls


def test_call_fragments_come_through_as_they_are():
    events = decode(
        chunk(
            {"content": None, "tool_calls": [{"index": 0, "id": "k", "type": "function", "function": {"name": "ls"}}]}
        ),
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"p'}}]}),
        chunk({"tool_calls": [{"index": 0, "id": "", "function": {"name": "", "arguments": '":1}'}}]}),
        chunk({}, finish="tool_calls"),
    )
    assert of(events, CallFragment) == [
        CallFragment(index=0, call_id="k", name="ls"),
        CallFragment(index=0, arguments='{"p'),
        CallFragment(index=0, arguments='":1}'),
    ]
    assert quirks_of(events) == []


def test_d13_placeholders_create_nothing():
    empty = {"index": 0, "id": None, "type": None, "function": {"name": None, "arguments": None}}
    events = decode(
        chunk({"content": "a", "tool_calls": [empty]}),
        chunk({"content": "b", "tool_calls": None}),
        chunk({"content": "c", "tool_calls": []}),
        chunk({"content": "d", "tool_calls": [{"index": 0}]}),
    )
    assert (kinds(events)[1:], text_of(events), quirks_of(events)) == (["TextDelta"] * 4, "abcd", [])


def test_d14_several_whole_calls_in_one_chunk_keep_their_slots():
    calls = [{"id": name, "function": {"name": "ls", "arguments": "{}"}} for name in "ab"]
    found = of(decode(chunk({"tool_calls": calls}, finish="tool_calls")), CallFragment)
    assert [(event.index, event.slot, event.call_id) for event in found] == [(None, 0, "a"), (None, 1, "b")]


def test_d31_custom_calls_are_marked():
    call = {"index": 0, "id": "k", "type": "custom", "custom": {"name": "patch", "input": "*** Begin"}}
    (found,) = of(decode(chunk({"tool_calls": [call]})), CallFragment)
    assert (found.name, found.arguments, found.custom) == ("patch", "*** Begin", True)


def test_d40_extras_of_a_call_are_kept():
    signed = {
        "index": 0,
        "id": "k",
        "function": {"name": "ls", "arguments": ""},
        "extra_content": {"google": {"s": "Q"}},
    }
    unknown = {"index": 0, "function": {"arguments": "{}", "provider": 1}, "thought_signature": "Q"}
    alone = {"index": 0, "extra_content": {"google": {"s": "R"}}}
    found = of(decode(*(chunk({"tool_calls": [call]}) for call in (signed, unknown, alone))), CallFragment)
    assert [event.extra for event in found] == [
        {"extra_content": {"google": {"s": "Q"}}},
        {"thought_signature": "Q", "function": {"provider": 1}},
        {"extra_content": {"google": {"s": "R"}}},
    ]


# beside the text


def test_f11_citations_once_each_in_order_of_first_sight():
    events = decode(
        chunk({"content": "a"}, citations=["u1", "u2"]),
        chunk({"content": "b"}, citations=["u1", "u2"], search_results=[{"url": "u1"}]),
        chunk({"content": "c"}, citations=["u2", "u3"]),
    )
    assert [event.metadata for event in of(events, MetadataReported)] == [
        {"citations": ["u1", "u2"]},
        {"search_results": [{"url": "u1"}]},
        {"citations": ["u1", "u2", "u3"]},
    ]
    assert (text_of(events), quirks_of(events)) == ("abc", [])


def test_f11_annotations_once_each():
    note = {"type": "url_citation", "url_citation": {"url": "u"}}
    events = decode(
        chunk({"content": "a", "annotations": [note]}), chunk({"content": "", "annotations": [note, {"b": 1}]})
    )
    assert [event.annotation for event in of(events, AnnotationAdded)] == [note, {"b": 1}]


def test_f12_images_and_audio():
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}, "index": 0}
    events = decode(
        chunk({"content": "", "images": [image]}),
        chunk({"images": [{"image_url": {"url": "https://x/y.png"}}]}),
        chunk({"audio": {"id": "a1", "data": "UklG"}}),
        chunk({"audio": {"transcript": "hi"}}),
    )
    assert of(events, MediaAdded) == [
        MediaAdded(media_type="image/png", data="iVBO", details={"index": 0}),
        MediaAdded(media_type="image", url="https://x/y.png"),
        MediaAdded(media_type="audio", data="UklG", details={"id": "a1"}),
        MediaAdded(media_type="audio", transcript="hi"),
    ]
    assert of(events, TextDelta) == []


def test_d43_tools_that_the_server_ran():
    call = {"index": 0, "type": "search", "arguments": "{}"}
    events = decode(
        chunk({"executed_tools": [call]}),
        chunk({"executed_tools": [{**call, "output": "found"}]}),
        chunk({"content": "a"}),
    )
    (started,), (finished,) = of(events, ItemStarted), of(events, ItemFinished)
    assert (started.type, started.name, started.key == finished.key) == ("executed_tool", "search", True)
    assert finished.details["output"] == "found"
    assert of(events, CallFragment) == []


def test_side_members_of_the_last_frames_are_metadata():
    events = decode(
        chunk({"content": "a"}, x_groq={"id": "req_1"}),
        chunk({}, finish="stop", created=9, timings={"predicted_n": 3}, obfuscation="zz", service_tier="default"),
    )
    assert events[0].metadata == {"created": 7, "x_groq": {"id": "req_1"}}
    assert of(events, MetadataReported) == [
        MetadataReported(metadata={"timings": {"predicted_n": 3}, "service_tier": "default"})
    ]


@pytest.mark.parametrize(
    "members",
    [{"created": "1718000000"}, {"service_tier": 7}, {"logprobs": {}}, {"object": ""}, {"object": "chat.completion"}],
)
def test_f19_f13_side_members_never_gate_content(members):
    events = decode(chunk({"content": "a"}, **members), chunk({"content": "b"}, **members))
    assert (text_of(events), quirks_of(events)) == ("ab", [])


def test_g17_null_errors_are_none():
    events = decode(*(chunk({"content": "a"}, error=none) for none in (None, {}, "", [])))
    assert (text_of(events), quirks_of(events)) == ("aaaa", [])
    assert "ErrorReported" not in kinds(events)


# recognition


@pytest.mark.parametrize(
    ("payload", "sure"),
    [
        ({"object": "chat.completion.chunk", "choices": []}, CERTAIN),
        ({"choices": [{"delta": {"content": "a"}}]}, CERTAIN),
        ({"object": "", "choices": [{"index": 0, "delta": {}}]}, CERTAIN),
        ({"choices": [{"message": {"content": "a"}}]}, LIKELY),
        ({"id": "", "choices": [], "prompt_filter_results": []}, LIKELY),
        ({"choices": None, "base_resp": {"status_code": 1}}, LIKELY),
        ({"token": {"text": "a"}, "generated_text": None}, LIKELY),
        ({"response": "a"}, POSSIBLE),
        ({"error": {"message": "a"}}, POSSIBLE),
        ({"object": "text_completion", "choices": [{"text": "a", "finish_reason": None}]}, POSSIBLE),
        ({"candidates": [{"content": {}}]}, NO),
        ({"type": "content-delta", "delta": {}}, NO),
        ({"type": "response.created", "response": {}}, NO),
        ({"model": "l", "response": "a", "done": False}, NO),
        ({"model": "l", "message": {"content": "a"}, "done": False}, NO),
        ([], NO),
        (b"<html>", NO),
        (b"[DONE]", POSSIBLE),
    ],
)
def test_recognise(payload, sure):
    assert CHAT.recognise(frame(payload)) == sure


def test_the_dialect_says_what_it_is():
    assert (CHAT.name, CHAT.framing, CHAT.ends, CHAT.think_tags) == ("chat", "sse", ("[DONE]",), True)
    assert msgspec.structs.asdict(CHAT)["wants_finish"]
