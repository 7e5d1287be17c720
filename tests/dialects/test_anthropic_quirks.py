import json

import pytest
from anthropic_wire import (
    EVERYTHING,
    START,
    STOP,
    TEXT,
    arguments,
    begin,
    decode,
    end,
    frame,
    of,
    piece,
    quirks,
    replay,
    stop,
    tape,
    thought,
    told,
    words,
)
from hypothesis import given
from hypothesis import strategies as st

from streamkit.dialects.anthropic import ANTHROPIC
from streamkit.dialects.base import DecoderOptions
from streamkit.events import (
    ArgumentsDelta,
    ErrorReported,
    ItemFinished,
    ItemStarted,
    ProviderEvent,
    QuirkSeen,
    ResponseStarted,
    TextDelta,
    UsageReported,
)
from streamkit.evidence import EndMarker, FinishClaimed
from streamkit.frames import Frame
from streamkit.quirks import anthropic as registered
from streamkit.quirks.registry import Quirk

OURS = [value for name in registered.__all__ if isinstance(value := getattr(registered, name), Quirk)]
UNPLANTED = {"whole_message_body"}


def said(events):
    """Characters, names and ids by type of item."""
    out = {}
    for item in told(events).values():
        for member in ("text", "reasoning", "arguments", "signature", "name", "call_id"):
            out[member] = out.get(member, "") + item.get(member, "")
    return out


@pytest.mark.parametrize("quirk", OURS, ids=lambda quirk: quirk.id)
def test_every_planted_quirk_is_seen_and_harmless_ones_change_nothing(quirk):
    healthy = tape(EVERYTHING)
    edits = list(quirk.plant(healthy))
    assert bool(edits) == (quirk.id not in UNPLANTED)
    for edit in edits:
        events = replay(healthy.apply([edit]))
        assert quirk.id in quirks(events), edit
        if quirk.effect in ("harmless", "repaired"):
            assert set(quirks(events)) == {quirk.id}, edit
            assert said(events) == said(decode(EVERYTHING)), edit
            assert of(events, FinishClaimed) == of(decode(EVERYTHING), FinishClaimed)


def test_b18_missing_message_start_is_noted_once():
    events = decode(TEXT[1:])
    assert quirks(events) == ["missing_message_start"]
    assert told(events)[0]["text"] == "Hello"
    assert of(events, ResponseStarted) == []


def test_b18_incomplete_message_start_is_silent():
    events = decode([{"type": "message_start", "message": {"id": "m"}}, *TEXT[1:]])
    assert quirks(events) == []
    assert of(events, ResponseStarted) == [ResponseStarted(response_id="m")]
    assert quirks(decode([{"type": "message_start", "message": None}, *TEXT[1:]])) == []


def test_b27_stop_without_anything():
    events = decode([end("guardrail_intervened"), STOP])
    assert quirks(events) == ["missing_message_start"]
    assert of(events, FinishClaimed)[0].finish_reason == "content_filter"


def test_an_error_before_message_start_is_no_missing_start():
    assert quirks(decode([{"type": "error", "error": {"type": "api_error", "message": "x"}}])) == []


def test_b19_delta_without_start_opens_a_block_of_its_kind():
    events = decode([START, words(0, "a"), arguments(1, "{}"), stop(0), stop(1), end(), STOP])
    assert quirks(events) == ["implicit_block", "implicit_block"]
    assert told(events)[0]["text"] == "a"
    assert told(events)[1]["arguments"] == "{}"


def test_b19_a_stop_without_anything_before_it():
    events = decode([START, stop(3), end(), STOP])
    assert quirks(events) == ["implicit_block"]
    assert of(events, ItemFinished) == []


def test_the_same_counts_again_are_no_news():
    assert len(of(decode([*TEXT[:-1], end(), STOP]), UsageReported)) == 2


def test_a_delta_behind_its_stop_is_not_an_implicit_block():
    assert quirks(decode([*TEXT[:5], words(0, "!"), end(), STOP])) == []


def test_b38_a_message_that_begins_behind_the_end_counts_for_itself():
    events = decode([*TEXT, START, words(1, "again")])
    assert of(events, UsageReported)[-1].usage.output_tokens == 9
    late = decode([*TEXT, end(output_tokens=12)])
    assert of(late, UsageReported)[-1].usage.output_tokens == 12


def test_b22_whole_message_after_a_stream_brings_usage_only():
    content = [{"type": "text", "text": "Hello"}]
    whole = {"type": "message", "content": content, "usage": {"output_tokens": 30}, "stop_reason": "max_tokens"}
    events = decode([*TEXT[:-1], whole, STOP])
    assert quirks(events) == ["whole_message_frame"]
    assert told(events)[0]["text"] == "Hello"
    assert of(events, UsageReported)[-1].usage.output_tokens == 30
    assert len(of(events, FinishClaimed)) == 1


def test_b22_whole_message_where_nothing_was_streamed():
    content = [
        {"type": "thinking", "thinking": "a", "signature": "S"},
        {"type": "text", "text": "hi", "citations": [{"cited_text": "c"}]},
        {"type": "tool_use", "id": "t", "name": "ls", "input": {"p": 1}},
        {"type": "tool_use", "id": "u", "name": "now", "input": {}},
        "noise",
    ]
    events = decode([START, {"type": "message", "content": content, "stop_reason": "tool_use"}, STOP])
    assert quirks(events) == ["whole_message_frame"]
    thinking, text, call, empty = told(events).values()
    assert (thinking["reasoning"], thinking["signature"]) == ("a", "S")
    assert (text["text"], text["annotations"]) == ("hi", [{"cited_text": "c"}])
    assert (call["call_id"], call["name"], call["arguments"]) == ("t", "ls", '{"p":1}')
    assert empty["arguments"] == "{}"
    assert of(events, FinishClaimed)[0].finish_reason == "tool_calls"


def test_a17_a_json_document_as_body():
    body = {
        "id": "msg_9",
        "type": "message",
        "role": "assistant",
        "model": "claude-test",
        "content": [{"type": "text", "text": "hi"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 1, "output_tokens": 2},
    }
    events = decode([frame(body, "")])
    assert quirks(events) == ["whole_message_body"]
    assert of(events, ResponseStarted) == [ResponseStarted(response_id="msg_9", model="claude-test")]
    assert of(events, TextDelta)[0].text == "hi"
    assert of(events, UsageReported)[0].usage.output_tokens == 2
    assert of(events, FinishClaimed)[0].raw_finish_reason == "end_turn"
    assert events[-1] == EndMarker(name="message")


@pytest.mark.parametrize("kind", ["text", "thinking"])
def test_b23_start_text(kind):
    def run(*deltas):
        pieces = [piece(0, f"{kind}_delta", **{kind: text}) for text in deltas]
        events = decode([START, begin(0, kind, **{kind: "He"}), *pieces, stop(0), end(), STOP])
        return told(events)[0].get("text", "") + told(events)[0].get("reasoning", ""), quirks(events)

    assert run("He", "llo") == ("Hello", ["start_text_repeated"])
    assert run("llo") == ("Hello", [])
    assert run("", "He", "He") == ("HeHe", ["start_text_repeated"])
    assert run("Hello") == ("HeHello", [])
    assert run() == ("He", [])


def test_b23_start_text_of_a_cut_stream_is_not_lost():
    assert told(decode([START, begin(0, "text", text="He")]))[0]["text"] == "He"
    assert told(decode([START, begin(0, "text", text="He"), end(), STOP]))[0]["text"] == "He"


def test_b23_start_text_comes_before_a_citation():
    events = decode([START, begin(0, "text", text="He"), piece(0, "citations_delta", citation={"a": 1}), stop(0)])
    assert [type(event).__name__ for event in events[-3:]] == ["TextDelta", "AnnotationAdded", "ItemFinished"]


def test_b25_input_in_the_start():
    call = begin(0, "tool_use", id="t", name="ls", input={"p": "."})
    events = decode([START, call, arguments(0, ""), stop(0), end("tool_use"), STOP])
    assert told(events)[0]["arguments"] == '{"p":"."}'
    assert quirks(events) == []
    assert told(decode([START, call]))[0]["arguments"] == '{"p":"."}'


def test_b25_input_as_text_in_the_start():
    call = begin(0, "tool_use", id="t", name="ls", input='{"p":1}')
    assert told(decode([START, call, stop(0)]))[0]["arguments"] == '{"p":1}'


def test_a_second_stop_is_passed_on_for_the_ledger_to_judge():
    assert [event.key for event in of(decode([*TEXT[:5], stop(0), end(), STOP]), ItemFinished)] == [0, 0]


def test_b25_deltas_replace_the_input_of_the_start():
    call = begin(0, "tool_use", id="t", name="ls", input={"p": "."})
    events = decode([START, call, arguments(0, '{"p":'), arguments(0, "2}"), stop(0), end("tool_use"), STOP])
    assert told(events)[0]["arguments"] == '{"p":2}'
    (note,) = of(events, QuirkSeen)
    assert (note.quirk, note.data) == ("start_input_replaced", {"p": "."})


@pytest.mark.parametrize("kind", ["tool_use", "server_tool_use"])
@pytest.mark.parametrize(
    ("pieces", "whole", "noted"),
    [
        (["{}", '{"p":', "1}"], '{"p":1}', ["tool_args_placeholder"]),
        (["", "{}", "", '{"p":1}'], '{"p":1}', ["tool_args_placeholder"]),
        (["{}"], "{}", []),
        (["", "{}", ""], "{}", []),
        (["{", "}"], "{}", []),
        (["{}", " "], "{} ", []),
        (["{}", "x"], "{}x", []),
        (['{"p":1}', "{}"], '{"p":1}{}', []),
    ],
)
def test_d16_an_empty_object_before_the_input(kind, pieces, whole, noted):
    call = begin(0, kind, id="t", name="ls", input={})
    said = [arguments(0, text) for text in pieces]
    other = [begin(1, "text", text=""), words(1, "hi"), stop(1)]
    for frames in (
        [START, call, *said, stop(0), end("tool_use"), STOP],
        [START, call, said[0], *other, *said[1:], stop(0), end("tool_use"), STOP],
        [START, call, *said],  # cut off
    ):
        events = decode(frames)
        assert (told(events)[0]["arguments"], quirks(events)) == (whole, noted)


def test_b25_blocks_inside_message_start():
    content = [{"type": "tool_use", "id": "t", "name": "ls", "input": {"p": 1}}, {"type": "text", "text": "hi"}]
    start = {**START, "message": {**START["message"], "content": content}}
    call, text = told(decode([start, end("tool_use"), STOP])).values()
    assert (call["call_id"], call["arguments"], call["finished"]) == ("t", '{"p":1}', "completed")
    assert text["text"] == "hi"


def test_b25_blocks_of_message_start_that_are_announced_again():
    content = [{"type": "text", "text": "hi"}, {"type": "tool_use", "id": "t", "name": "ls", "input": {"p": 1}}]
    start = {**START, "message": {**START["message"], "content": content}}
    again = [begin(0, "text", text=""), words(0, "hi"), words(0, "!"), stop(0)]
    call = [begin(1, "tool_use", id="t", name="ls", input={}), stop(1)]
    events = decode([start, *again, *call, end("tool_use"), STOP])
    assert list(told(events)) == [0, 1]
    assert told(events)[0]["text"] == "hi!"
    assert told(events)[1]["arguments"] == '{"p":1}'
    other = [begin(0, "text", text=""), words(0, "new"), stop(0)]
    events = decode([{**START, "message": {"id": "m", "content": content[1:]}}, *other, end("tool_use"), STOP])
    assert list(told(events)) == [("start", 0), 0]


def test_f26_a_delta_of_another_kind_gets_its_own_item():
    events = decode(
        [
            START,
            begin(0, "text", text=""),
            words(0, "a"),
            arguments(0, "{"),
            thought(0, "hm"),
            arguments(0, "}"),
            stop(0),
        ]
    )
    assert quirks(events) == ["block_kind", "block_kind"]
    items = told(events)
    assert items[0] == {"type": "message", "name": "", "call_id": "", "text": "a", "finished": "completed"}
    assert items[0, "function_call"] == {"arguments": "{}", "finished": "completed"}
    assert items[0, "reasoning"] == {"reasoning": "hm", "finished": "completed"}


def test_an_index_that_is_started_anew_as_another_block():
    events = decode([START, begin(0, "text", text="a"), begin(0, "thinking", thinking=""), thought(0, "b"), stop(0)])
    assert [event.type for event in of(events, ItemStarted)] == ["message", "reasoning"]
    assert (told(events)[0]["text"], told(events)[0]["reasoning"]) == ("a", "b")
    assert quirks(events) == []


def test_an_index_that_is_used_again_after_its_stop():
    blocks = [begin(0, "text", text="a"), stop(0), begin(0, "text", text="b"), stop(0)]
    assert [event.text for event in of(decode([START, *blocks]), TextDelta)] == ["a", "b"]


def test_b37_the_same_start_twice_does_not_repeat_its_text():
    twice = [begin(0, "text", text="He")] * 2
    assert told(decode([START, *twice, words(0, "He"), words(0, "y"), stop(0)]))[0]["text"] == "Hey"
    events = decode([START, begin(0, "text", text=""), begin(0, "text", text="He"), words(0, "He"), stop(0)])
    assert told(events)[0]["text"] == "He"
    assert len(of(events, ItemStarted)) == 2


def test_a27_type_from_the_event_name_and_conflict():
    untyped = frame({"index": 0, "delta": {"type": "text_delta", "text": "x"}}, "content_block_delta")
    events = decode([START, begin(0, "text", text=""), untyped, stop(0), end(), STOP])
    assert quirks(events) == ["type_from_event"]
    assert told(events)[0]["text"] == "x"
    events = decode(frame(payload, "vertex_event") for payload in TEXT)
    assert quirks(events) == ["type_conflict"] * len(TEXT)
    assert told(events)[0]["text"] == "Hello"
    assert quirks(decode(frame(payload, "message") for payload in TEXT)) == []
    events = decode([START, frame({"type": "relay_status"}, "ping")])
    assert quirks(events) == ["type_conflict", "undocumented_frame"]


def test_members_of_other_json_types():
    def run(*deltas):
        events = decode([START, begin(0, "text", text=""), *deltas, stop(0), end(), STOP])
        return told(events)[0].get("text", ""), quirks(events)

    assert run(words(0, 4)) == ("4", ["piece_shape"])
    assert run(words(0, None)) == ("", [])
    assert run(words("0", "x")) == ("x", ["piece_shape"])
    assert run(words(0.0, "x")) == ("x", ["piece_shape"])
    assert run({"type": "content_block_delta", "index": 0, "delta": "x"}) == ("x", ["piece_shape"])
    assert run({"type": "content_block_delta", "index": 0, "delta": None}) == ("", [])
    assert run({"type": "content_block_delta", "index": 0, "delta": [1]}) == ("", ["piece_shape"])
    assert run({"type": "content_block_delta", "index": 0, "delta": {}}) == ("", [])
    assert run({"type": "content_block_delta", "index": 0, "delta": {"text": "x"}}) == ("x", ["piece_type_missing"])
    assert run({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "x"}}) == (
        "x",
        ["block_index_missing"],
    )


def test_a_tool_input_as_object_and_a_block_without_object():
    call = begin(0, "tool_use", id="t", name="ls")
    events = decode([START, call, arguments(0, {"p": [1, "é"]}), stop(0), end("tool_use"), STOP])
    assert told(events)[0]["arguments"] == '{"p":[1,"é"]}'
    assert quirks(events) == ["piece_shape"]
    events = decode([START, {"type": "content_block_start", "index": 0, "content_block": None}, words(0, "x"), stop(0)])
    assert (told(events)[0]["text"], quirks(events)) == ("x", ["piece_shape"])
    for members, kind in (({"id": "t", "name": "ls"}, "function_call"), ({"thinking": "a"}, "reasoning")):
        untyped = {"type": "content_block_start", "index": "0", "content_block": members}
        events = decode([START, untyped])
        assert of(events, ItemStarted)[0].type == kind
        assert set(quirks(events)) == {"piece_shape", "piece_type_missing"}


def test_starts_without_index_are_new_blocks():
    bare = [{**begin(0, "text", text=text)} for text in ("a", "b")]
    for payload in bare:
        del payload["index"]
    events = decode([START, *bare, end(), STOP])
    assert [item["text"] for item in told(events).values()] == ["a", "b"]


def test_errors_of_other_shapes():
    for payload in ({"error": {"message": "boom", "type": "server_error"}}, {"type": "error", "error": "boom"}):
        (error,) = of(decode([START, frame(payload, "")]), ErrorReported)
        assert error.error.message == "boom"
    (error,) = of(decode([frame(b"upstream connect error", "error")]), ErrorReported)
    assert error.error.message == "upstream connect error"


def test_g25_a_warning_is_no_error():
    events = decode([START, {"type": "warning", "message": "slow"}])
    assert of(events, ErrorReported) == []
    assert quirks(events) == ["provider_warning"]


def test_f20_a_frame_without_type():
    events = decode([START, frame({"routing": {"a": 1}}, "")])
    assert quirks(events) == ["undocumented_frame"]
    assert of(events, ProviderEvent) == [ProviderEvent(name="", data={"routing": {"a": 1}})]


def half(index, text):
    return frame(b'{"type":"content_block_delta","index":%d,"delta":{"type":"text_delta","text":"%s"}}' % (index, text))


def test_j01_halves_of_a_character_are_joined():
    begun = [START, begin(0, "text", text=""), words(0, "a")]
    events = decode([*begun, half(0, rb"b\ud83d"), half(0, rb"\ude00c"), words(0, "d"), stop(0), end(), STOP])
    assert told(events)[0]["text"] == "ab😀cd"
    events = decode([*begun, half(0, rb"b\ud83d"), words(0, "c"), stop(0), end(), STOP])
    assert told(events)[0]["text"] == "ab\ufffdc"
    assert told(decode([*begun, half(0, rb"\ud83d"), stop(0), end(), STOP]))[0]["text"] == "a\ufffd"


def test_j01_halves_elsewhere_are_replaced():
    start = frame(rb'{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"\ud83d!"}}')
    cited = rb'{"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","citation":["\ude00"]}}'
    item = told(decode([START, start, frame(cited), stop(0)]))[0]
    assert (item["text"], item["annotations"]) == ("\ufffd!", [["\ufffd"]])


def test_j01_the_fast_way_is_taken_again_after_a_joined_character():
    decoder = ANTHROPIC.decoder(DecoderOptions())
    for payload in (frame(START), frame(begin(0, "text", text="")), half(0, rb"\ud83d"), half(0, rb"\ude00")):
        decoder.feed(payload)
    assert decoder.feed(frame(words(0, "x"))) == (TextDelta(key=0, text="x"),)


def test_d42_input_is_never_parsed():
    call = begin(0, "tool_use", id="t", name="ls", input={})
    events = decode([START, call, arguments(0, '{"q": "a\n'), arguments(0, "}}}"), stop(0), end("max_tokens"), STOP])
    assert "".join(event.text for event in of(events, ArgumentsDelta)) == '{"q": "a\n}}}'


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = ["type", "index", "delta", "content_block", "message", "usage", "text", "content", "input", "name", "id"]


@given(st.data())
def test_whatever_a_member_holds_nothing_is_raised(data):
    payloads = json.loads(json.dumps(EVERYTHING))
    names = [payload["type"] if data.draw(st.booleans()) else "" for payload in payloads]
    for _ in range(data.draw(st.integers(1, 3))):
        holder = payloads[data.draw(st.integers(0, len(payloads) - 1))]
        for _ in range(2):
            inner = [value for value in holder.values() if isinstance(value, dict)]
            if inner and data.draw(st.booleans()):
                holder = data.draw(st.sampled_from(inner))
        member = data.draw(st.sampled_from([*MEMBERS, *holder]))
        holder[member] = data.draw(json_values)
    decode(map(frame, payloads, names))


def test_j01_half_a_character_in_the_name_of_a_member():
    delta = b'{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hi","x\\ud83d":1}}'
    out = list(ANTHROPIC.decoder(DecoderOptions()).feed(Frame(delta)))
    assert [event.text for event in out if isinstance(event, TextDelta)] == ["hi"]
    assert "lone_surrogate" in [event.quirk for event in out if isinstance(event, QuirkSeen)]


@pytest.mark.parametrize("value", [{"value": "TEXT"}, ["TE", "XT"], [{"type": "text", "text": "TEXT"}]])
@pytest.mark.parametrize("kind", ["text", "thinking"])
def test_a_start_with_text_in_another_json_type_is_read_f10(kind, value):
    member = {kind: value}
    events = decode([START, begin(0, kind, **member), stop(0), end(), STOP])
    assert [event.text for event in events if hasattr(event, "text")] == ["TEXT"]
    assert "piece_shape" in quirks(events)


EMPTY = [[""], [{}], {"value": ""}, {"type": "text"}, [{"type": "text", "text": ""}, None]]


@pytest.mark.parametrize("empty", EMPTY, ids=map(str, EMPTY))
def test_an_empty_text_in_another_json_type_says_nothing_f10(empty):
    said = [begin(0, "text", text=empty), words(0, empty), words(0, "Hi"), words(0, [{"text": "!"}]), stop(0)]
    assert told(decode([START, *said, end(), STOP]))[0]["text"] == "Hi!"
    thought = decode([START, begin(0, "thinking", thinking=empty), stop(0), end(), STOP])
    assert [event for event in thought if hasattr(event, "text")] == []


def test_text_of_which_nothing_is_known_is_shown_as_it_came_f10():
    events = decode([START, begin(0, "text", text=[{"type": "text", "say": "Hi"}]), stop(0), end(), STOP])
    assert told(events)[0]["text"] == '[{"type":"text","say":"Hi"}]'


def test_a_block_that_is_its_text_is_read_f10():
    start = {"type": "content_block_start", "index": 0, "content_block": "TEXT"}
    events = decode([START, start, stop(0), end(), STOP])
    assert [event.text for event in of(events, TextDelta)] == ["TEXT"]
    assert "piece_shape" in quirks(events)
