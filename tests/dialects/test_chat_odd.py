"""Odd chat frames: what is meant comes out, what was odd is named, nothing raises."""

import pytest
from chat_frames import DONE, chunk, decode, frame, of, quirks_of, reasoning_of, text_of
from hypothesis import given, settings
from hypothesis import strategies as st

from streamkit.dialects.base import DecoderOptions
from streamkit.dialects.chat import CHAT
from streamkit.events import Event, MediaAdded, MetadataReported, QuirkSeen, ResponseStarted, UsageReported
from streamkit.evidence import CallFragment, EndMarker, FinishClaimed


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


def test_f12_images_among_the_parts():
    part = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    assert of(decode(chunk({"content": [part]})), MediaAdded) == [MediaAdded(media_type="image/png", data="AA==")]


@pytest.mark.parametrize(("value", "text"), [(4, "4"), (0, "0"), (True, "true"), (1.5, "1.5")])
def test_f10_content_of_another_scalar_type(value, text):
    events = decode(chunk({"content": "["}), chunk({"content": value}), chunk({"content": "]"}))
    assert (text_of(events), quirks_of(events)) == (f"[{text}]", ["content_coerced"])


@pytest.mark.parametrize(
    ("value", "text"),
    [({"text": "a"}, "a"), (["a", {"text": "b"}], "ab"), ({"summary": [{"text": "s"}]}, "s"), (True, ""), ([], "")],
)
def test_e14_reasoning_of_another_shape(value, text):
    events = decode(chunk({"content": "hi", "reasoning_content": value}))
    assert (reasoning_of(events), text_of(events), quirks_of(events)) == (text, "hi", ["reasoning_shape"])


def test_f17_content_list():
    start = {"type": "tool_use", "content_list": [{"tool_use_id": "t", "name": "ls"}, {"input": '{"p"'}]}
    more = {"type": "tool_use", "content_list": [{"input": ":1}"}]}
    text = {"content": "", "content_list": [{"type": "text", "text": "hi"}]}
    events = decode(chunk(text), chunk(start), chunk(more))
    assert text_of(events) == "hi"
    assert of(events, CallFragment) == [
        CallFragment(call_id="t", name="ls"),
        CallFragment(slot=1, arguments='{"p"'),
        CallFragment(arguments=":1}"),
    ]
    assert set(quirks_of(events)) == {"content_list"}


def test_d17_an_object_is_written_out_whole_with_its_order():
    call = {"index": 0, "id": "k", "function": {"name": "ls", "arguments": {"z": 1, "a": [True, None, "é"]}}}
    events = decode(chunk({"tool_calls": [call]}))
    (found,) = of(events, CallFragment)
    assert (found.arguments, found.whole, found.name) == ('{"z":1,"a":[true,null,"é"]}', True, "ls")
    assert quirks_of(events) == ["tool_args_object"]


def test_d10_ids_and_indexes_of_another_type():
    events = decode(chunk({"tool_calls": [{"index": "0", "id": 17, "function": {"name": "ls", "arguments": ""}}]}))
    (found,) = of(events, CallFragment)
    assert (found.index, found.call_id) == (0, "17")
    assert set(quirks_of(events)) == {"tool_field_type"}


def test_d44_what_a_call_holds_decides_not_its_type():
    call = {"index": 0, "id": "k", "type": None, "function": {"name": "ls", "arguments": "{}"}}
    assert quirks_of(decode(chunk({"tool_calls": [call]}))) == []
    events = decode(chunk({"tool_calls": [{**call, "type": "tool"}]}))
    assert (of(events, CallFragment)[0].name, quirks_of(events)) == ("ls", ["tool_type_unknown"])


def test_d30_legacy_calls_are_fragments_of_one_call():
    events = decode(
        chunk({"function_call": {"name": "ls", "arguments": "{"}}),
        chunk({"function_call": {"arguments": "}"}}),
        chunk({}, finish="function_call"),
    )
    assert [(e.index, e.name, e.arguments) for e in of(events, CallFragment)] == [(0, "ls", "{"), (0, "", "}")]
    assert of(events, FinishClaimed)[0].finish_reason == "tool_calls"
    assert set(quirks_of(events)) == {"legacy_function_call"}


def test_f10_flat_calls_of_workers():
    events = decode(frame({"response": None, "tool_calls": [{"name": "ls", "arguments": {"p": 1}}]}))
    (found,) = of(events, CallFragment)
    assert (found.index, found.name, found.arguments, found.whole) == (0, "ls", '{"p":1}', True)


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


def test_f20_a_frame_of_no_known_kind_is_metadata():
    events = decode(frame({"hook_results": {"before": [1]}}), chunk({"content": "a"}), frame({"routing": "x"}))
    assert [e.metadata for e in of(events, MetadataReported)] == [{"hook_results": {"before": [1]}}, {"routing": "x"}]
    assert quirks_of(events) == ["unknown_frame", "unknown_frame"]


def test_f09_text_completion_frames():
    def legacy(text, finish=None):
        return frame(
            {"id": "c", "object": "text_completion", "choices": [{"text": text, "index": 0, "finish_reason": finish}]}
        )

    events = decode(legacy("h"), legacy("i"), legacy("", "length"), DONE)
    assert (text_of(events), quirks_of(events)) == ("hi", ["text_completion"])
    assert of(events, FinishClaimed)[0].finish_reason == "length"


def test_f09_text_beside_a_delta_is_a_repetition():
    events = decode(chunk({"content": "a"}, choice={"text": "a"}), chunk({"content": "b"}, choice={"text": "b"}))
    assert (text_of(events), quirks_of(events)) == ("ab", [])


def test_f24_token_frames():
    def token(text, *, special=False, whole=None, details=None):
        inner = {"id": 1, "text": text, "special": special}
        return frame({"index": 1, "token": inner, "generated_text": whole, "details": details})

    events = decode(
        token("h"),
        token("i"),
        token("</s>", special=True, whole="hi", details={"finish_reason": "eos_token", "generated_tokens": 3}),
    )
    assert (text_of(events), quirks_of(events)) == ("hi", ["token_frames"])
    assert of(events, FinishClaimed) == [FinishClaimed(finish_reason="stop", raw_finish_reason="eos_token")]
    assert of(events, UsageReported)[0].usage.output_tokens == 3


def test_f24_generated_text_counts_where_nothing_was_streamed():
    assert text_of(decode(frame({"generated_text": "hi"}))) == "hi"


def test_f10_worker_frames():
    events = decode(
        frame({"response": "The "}),
        frame({"response": 4}),
        frame({"response": "", "usage": {"prompt_tokens": 1, "completion_tokens": 2}}),
        DONE,
    )
    assert (text_of(events), set(quirks_of(events))) == ("The 4", {"worker_frames", "content_coerced"})
    assert of(events, UsageReported)[0].usage.output_tokens == 2


# whole messages


def message(content, *, finish=None, **members):
    inner = {"role": "assistant", "content": content, **members}
    choice = {"index": 0, "message": inner, "finish_reason": finish}
    return frame({"id": "c1", "object": "chat.completion", "model": "m1", "choices": [choice]})


def test_a17_a_document_gives_the_events_of_a_stream():
    call = {"id": "k", "type": "function", "function": {"name": "ls", "arguments": '{"p":1}'}}
    payload = {
        "id": "c1",
        "object": "chat.completion",
        "model": "m1",
        "choices": [
            {
                "index": 0,
                "message": {"content": "hi", "reasoning_content": "hm", "tool_calls": [call]},
                "finish_reason": "stop",
            },
            {"index": 1, "message": {"content": "ho"}, "finish_reason": "length"},
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2},
    }
    events = decode(frame(payload))
    assert (reasoning_of(events), text_of(events), text_of(events, 1)) == ("hm", "hi", "ho")
    assert of(events, CallFragment) == [CallFragment(index=0, call_id="k", name="ls", arguments='{"p":1}', whole=True)]
    assert [event.finish_reason for event in of(events, FinishClaimed)] == ["stop", "length"]
    assert of(events, UsageReported)[0].usage.output_tokens == 2
    assert events[-1] == EndMarker(name="chat.completion")
    assert quirks_of(events) == ["non_stream_body"]


def test_f06_a_message_beside_a_delta_is_a_repetition():
    def both(piece, whole, finish=None):
        return chunk({"role": "assistant", "content": piece}, finish=finish, choice={"message": {"content": whole}})

    events = decode(both("a", "a"), both("b", "ab"), both("", "ab", "stop"))
    assert (text_of(events), quirks_of(events)) == ("ab", [])


def test_f06_a_final_message_after_deltas_adds_nothing():
    events = decode(chunk({"content": "a"}), chunk({"content": "b"}), message("ab", finish="stop"), DONE)
    assert (text_of(events), quirks_of(events)) == ("ab", [])
    assert of(events, FinishClaimed)[0].finish_reason == "stop"


def test_f06_a_final_message_gives_what_was_never_streamed():
    call = {"id": "k", "function": {"name": "ls", "arguments": "{}"}}
    events = decode(chunk({"content": "a"}), message("a", finish="tool_calls", tool_calls=[call]))
    assert (text_of(events), [e.call_id for e in of(events, CallFragment)]) == ("a", ["k"])
    blank = decode(chunk({"content": ""}), chunk({"content": ""}, finish="stop", choice={"message": {"content": "a"}}))
    assert (text_of(blank), quirks_of(blank)) == ("a", ["message_instead_of_delta"])


def test_f06_growing_messages_give_their_news():
    events = decode(message("He"), message("Hello"), message("Hello you"), message("Hello you", finish="stop"))
    assert text_of(events) == "Hello you"
    assert set(quirks_of(events)) == {"message_instead_of_delta"}


def test_f06_messages_that_are_pieces_are_joined():
    assert text_of(decode(message("Hel"), message("lo"), message("lo"), message("!", finish="stop"))) == "Hello" + "lo!"


# surrogates, frames that are no JSON, anything at all


def test_j01_halves_of_a_character_are_joined():
    first = chunk({"content": "a"})
    halves = [b'{"id":"c1","model":"m1","choices":[{"index":0,"delta":{"content":"%s"}}]}' % half for half in HALVES]
    events = decode(first, *map(frame, halves), chunk({"content": "z"}))
    assert text_of(events) == "a😀z"


HALVES = (rb"\ud83d", rb"\ude00")


def test_j01_a_half_that_stays_alone_is_replaced_before_the_end():
    half = b'{"id":"c1","model":"m1","choices":[{"index":0,"delta":{"content":"%s"}}]}' % HALVES[0]
    events = decode(chunk({"content": "a"}), frame(half), chunk({}, finish="stop"), DONE)
    assert text_of(events) == "a\ufffd"
    ends = [type(event).__name__ for event in events if not isinstance(event, QuirkSeen)]
    assert ends.index("FinishClaimed") > max(place for place, name in enumerate(ends) if name == "TextDelta")


@pytest.mark.parametrize("done", [b"[DONE]", b"[DONE] ", b'"[DONE]"'])
def test_a16_the_end_marker_in_its_forms(done):
    assert of(decode(chunk({"content": "a"}), frame(done)), EndMarker) == [EndMarker(name="[DONE]")]


@pytest.mark.parametrize("data", [b"", b"null", b"{", b"[]", b"7", b"\xff", b"upstream connect error", b"[" * 100_000])
def test_g10_what_is_no_frame_stops_nothing(data):
    assert text_of(decode(chunk({"content": "a"}), frame(data), chunk({"content": "b"}))) == "ab"


MEMBERS = [
    "id",
    "model",
    "choices",
    "usage",
    "error",
    "index",
    "delta",
    "message",
    "text",
    "finish_reason",
    "content",
    "role",
    "reasoning_content",
    "reasoning",
    "reasoning_details",
    "refusal",
    "tool_calls",
    "function",
    "function_call",
    "name",
    "arguments",
    "custom",
    "input",
    "type",
    "annotations",
    "images",
    "image_url",
    "url",
    "audio",
    "data",
    "transcript",
    "executed_tools",
    "content_list",
    "citations",
    "x_groq",
    "token",
    "response",
    "generated_text",
    "details",
    "warnings",
    "prompt_tokens",
    "summary",
    "thinking",
    "base_resp",
    "extra_content",
    "signature",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text("ab\ud83d\ude00[", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=5),
    max_leaves=25,
)
DELTAS = st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=5)
CHOICES = st.dictionaries(st.sampled_from(MEMBERS), JSON | DELTAS, max_size=4)
FRAMES = st.fixed_dictionaries({"choices": st.lists(CHOICES | JSON, max_size=2) | JSON}) | st.dictionaries(
    st.sampled_from(MEMBERS), JSON, max_size=6
)


@settings(max_examples=400, deadline=None)
@given(st.lists(FRAMES, max_size=4))
def test_no_frame_raises_and_every_frame_gives_events(payloads):
    decoder = CHAT.decoder(DecoderOptions())
    out = []
    for payload in payloads:
        given_frame = frame(payload)
        assert CHAT.recognise(given_frame) in range(4)
        out += decoder.feed(given_frame)
    out += decoder.close()
    assert all(isinstance(event, Event) for event in out)
    for event in of(out, CallFragment):
        assert isinstance(event.index, int | None)
        assert event.arguments or event.call_id or event.name or event.extra


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["a", " ", "<", "0", "é", "", "😀"]), max_size=8), JSON, st.integers(0, 8))
def test_an_odd_frame_in_between_loses_no_text(words, odd, place):
    frames = [chunk({"content": word}) for word in words]
    frames.insert(min(place, len(frames)), chunk({"tool_calls": odd}))
    assert text_of(decode(*frames)) == "".join(words)
