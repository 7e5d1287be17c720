"""Documented chat streams: everything here is conformance, so nothing here may leave a quirk."""

import pytest
from chat_frames import DONE, chunk, decode, frame, kinds, of, quirks_of, text_of

from streamkit.dialects.base import DecoderOptions
from streamkit.dialects.chat import CHAT
from streamkit.events import MetadataReported, RefusalDelta, ResponseStarted, TextDelta, UsageReported
from streamkit.evidence import EndMarker, FinishClaimed


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
