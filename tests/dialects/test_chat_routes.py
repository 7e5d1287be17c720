"""Frames of other routes, whole messages, broken characters, and what is no chat frame at all."""

import pytest
from chat_frames import DONE, chunk, decode, frame, of, quirks_of, reasoning_of, text_of

from streamkit.events import ErrorReported, MetadataReported, QuirkSeen, RefusalDelta, ResponseStarted, UsageReported
from streamkit.evidence import CallFragment, EndMarker, FinishClaimed


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


def test_f10_an_error_in_a_worker_frame():
    events = decode(frame({"response": "a"}), frame({"response": None, "error": {"message": "boom"}}))
    assert (text_of(events), of(events, ErrorReported)[0].error.message) == ("a", "boom")


def test_f10_worker_frames():
    events = decode(
        frame({"response": "The "}),
        frame({"response": 4}),
        frame({"response": "", "usage": {"prompt_tokens": 1, "completion_tokens": 2}}),
        DONE,
    )
    assert (text_of(events), set(quirks_of(events))) == ("The 4", {"worker_frames", "content_coerced"})
    assert not any("response" in event.metadata for event in of(events, ResponseStarted, MetadataReported))
    assert of(events, UsageReported)[0].usage.output_tokens == 2


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


def test_a24_an_envelope_is_opened():
    inner = {"id": "c1", "model": "m1", "choices": [{"index": 0, "delta": {"content": "a"}}]}
    assert text_of(decode(frame({"success": True, "data": inner}), chunk({"content": "b"}))) == "ab"


def test_a35_several_documents_in_one_frame():
    one = b'{"id":"c1","model":"m1","choices":[{"index":0,"delta":{"content":"%s"}}]}'
    events = decode(frame(one % b"a" + b"\n" + one % b"b"), frame(one % b"c" + b"[DONE]"))
    assert (text_of(events), of(events, EndMarker)) == ("abc", [EndMarker(name="[DONE]")])


def test_j01_halves_in_every_channel():
    events = decode(
        *(
            frame(
                b'{"id":"c1","choices":[{"delta":{"refusal":"%s","reasoning":"%s","tool_calls":[{"index":0,"id":"k",'
                b'"function":{"name":"ls","arguments":"%s"}}]}}]}' % (half, half, half)
            )
            for half in (*HALVES, HALVES[0])
        )
    )
    assert "".join(event.text for event in of(events, RefusalDelta)) == "😀\ufffd"
    assert reasoning_of(events) == "😀\ufffd"
    assert "".join(event.arguments for event in of(events, CallFragment)) == "😀\ufffd"


def test_f06_a_message_beside_a_blank_delta_waits_for_the_finish():
    def both(piece, whole):
        return chunk({"content": piece}, choice={"message": {"content": whole}})

    events = decode(both("", "a"), chunk({"content": "a"}), chunk({"content": "b"}, finish="stop"))
    assert (text_of(events), quirks_of(events)) == ("ab", [])
