"""More of what the last frame said is read on a way of its own, and must mean what it means on the others."""

import pytest
from chat_frames import DONE, chunk, decode, of
from hypothesis import example, given
from hypothesis import strategies as st

from streamkit.dialects.chat.narrow import more_arguments, more_reasoning, more_text
from streamkit.events import ReasoningDelta, TextDelta
from streamkit.evidence import CallText

WORDS = st.sampled_from(["a", "a", "bc", "", '{"x":1}', "ß", None])


def call(text, **members):
    return {"index": 0, "function": {"arguments": text}, **members}


calls = st.one_of(
    st.builds(call, st.sampled_from(["a", "a", "bc", "{"]), index=st.sampled_from([0, 0, 0, 1, None])),
    st.builds(call, WORDS, id=st.sampled_from([None, "", "k"]), type=st.sampled_from([None, "function"])),
    st.builds(lambda name, text: {"index": 0, "function": {"name": name, "arguments": text}}, WORDS, WORDS),
)
NOTHING = st.just({})
said = st.one_of(
    st.builds(lambda text: {"content": text}, WORDS),
    st.builds(lambda text: {"reasoning_content": text}, WORDS),
    st.builds(lambda text: {"reasoning": text}, WORDS),
    st.builds(lambda one: {"tool_calls": [one]}, calls),
    st.builds(lambda one, other: {"tool_calls": [one, other]}, calls, calls),
    st.builds(lambda text, one: {"content": text, "tool_calls": [one]}, WORDS, calls),
    st.builds(lambda text, thought: {"content": text, "reasoning_content": thought}, WORDS, WORDS),
)
odd = st.sampled_from([{"role": "assistant"}, {"role": "user"}, {"images": []}])
beside = st.one_of(NOTHING, NOTHING, NOTHING, odd)
around = st.one_of(
    NOTHING,
    NOTHING,
    NOTHING,
    NOTHING,
    st.sampled_from([{"index": 1}, {"finish": "stop"}, {"finish": ""}, {"id": "c2"}, {"model": "m2"}, {"id": None}]),
    st.sampled_from([{"usage": {"prompt_tokens": 1, "completion_tokens": 2}}, {"error": {"message": "x"}}]),
    st.sampled_from([{"citations": []}, {"citations": ["u"]}, {"warnings": ["w"]}]),
    st.sampled_from([{"choice": {"logprobs": {"content": [{"token": "a"}]}}}, {"choice": {"logprobs": {}}}]),
)
runs = st.lists(st.tuples(said, beside, around, st.integers(1, 4)), max_size=10)
SPOKEN = ({"content": "a"}, {}, {}, 4)
THOUGHT = ({"reasoning_content": "a"}, {}, {}, 4)
CALLED = ({"tool_calls": [call("a")]}, {}, {}, 4)


@given(runs)
@example([SPOKEN, THOUGHT, CALLED, SPOKEN, THOUGHT, CALLED])
@example([SPOKEN, ({"content": "a"}, {}, {"index": 1}, 2), SPOKEN])
@example([({"reasoning": "a"}, {}, {}, 3), THOUGHT, ({"reasoning": "a"}, {}, {}, 1), THOUGHT])
@example([CALLED, ({"tool_calls": [call("a", id="k")]}, {}, {}, 1), CALLED, ({"content": "b"}, {}, {}, 1), CALLED])
@example([SPOKEN, ({"content": "a"}, {}, {"id": "c2"}, 1), SPOKEN, ({"content": "a"}, {}, {"model": "m2"}, 1)])
def test_a_frame_in_the_usual_dress_means_what_it_means_in_a_wider_one(given_runs):
    deltas = [({**delta, **more}, members) for delta, more, members, count in given_runs for _ in range(count)]
    usual = [chunk(delta, **members) for delta, members in deltas]
    wider = [chunk({**delta, "refusal": None}, **members) for delta, members in deltas]  # no narrow way has this member
    assert decode(*usual, DONE) == decode(*wider, DONE)


def read(way, delta, **members):
    return way(chunk(delta, **members).data, "c1", "m1")


TEXT, THOUGHT_ALONE, PIECE = {"content": "a"}, {"reasoning_content": "a"}, {"tool_calls": [call("a", index=3)]}
OWN = {more_text: TEXT, more_reasoning: THOUGHT_ALONE, more_arguments: PIECE}
NEWS = [
    {"index": 1},
    {"finish": "stop"},
    {"id": "c2"},
    {"model": "m2"},
    {"usage": {}},
    {"error": "x"},
    {"x_groq": {"id": "r"}},
    {"citations": ["u"]},
    {"search_results": ["u"]},
    {"warnings": ["w"]},
    {"choices": []},
    {"choice": {"logprobs": {"content": [{"token": "a", "logprob": -1.0}]}}},
    {"choice": {"usage": {}}},
    {"choice": {"error": "x"}},
]


@pytest.mark.parametrize("way", OWN)
def test_each_way_reads_its_own_kind_alone(way):
    own = OWN[way]
    meant = {more_text: TextDelta(text="a"), more_reasoning: ReasoningDelta(text="a")}
    assert read(way, own) == meant.get(way, CallText(index=3, text="a"))
    assert read(way, {**own, "role": "assistant"}) == read(way, own)
    assert [read(way, other) for other in (*OWN.values(), {}) if other is not own] == [None] * 3
    assert [news for news in NEWS if read(way, own, **news) is not None] == []
    for member in ({"role": "user"}, {"refusal": None}, {"annotations": []}, TEXT, THOUGHT_ALONE, PIECE):
        assert (read(way, {**own, **member}) is None) == (member is not own)
    assert way(b"[DONE]", "c1", "m1") is None


@pytest.mark.parametrize("way", [more_text, more_reasoning])
def test_text_of_no_characters_is_not_more_of_it(way):
    assert [read(way, dict.fromkeys(OWN[way], text)) for text in ("", None)] == [None, None]


@pytest.mark.parametrize(
    "calls",
    [
        [call("")],
        [call("a", id="k")],
        [call("a", type="function")],
        [call("a", extra_content={})],
        [{"index": 0, "function": {"arguments": "a", "name": "f"}}],
        [{"index": 0, "function": {"arguments": "a", "more": 1}}],
        [{"index": 0, "custom": {"input": "a"}}],
        [call("a"), call("b", index=1)],
        [],
    ],
)
def test_a_call_that_says_anything_else_is_not_more_of_its_arguments(calls):
    assert read(more_arguments, {"tool_calls": calls}) is None


def test_more_of_a_kind_is_read_on_its_narrow_way(monkeypatch):
    tried = count_tries(monkeypatch)
    events = decode(*[chunk({"content": "a"})] * 6, *[chunk({"tool_calls": [call("a")]})] * 6)
    assert (len(of(events, TextDelta)), len(of(events, CallText))) == (6, 4)
    assert tried == ["text", "text", "arguments"]  # once each, and once in vain; the rest fits a template


def test_a_way_that_does_not_suit_a_stream_is_tried_once(monkeypatch):
    tried = count_tries(monkeypatch)
    decode(*[chunk({"content": "a", "refusal": None})] * 9)
    assert tried == ["text"]
    decode(*[chunk({"reasoning": "a"})] * 9)
    assert tried == ["text"]


def test_no_way_is_tried_where_kinds_or_choices_take_turns(monkeypatch):
    tried = count_tries(monkeypatch)
    decode(*[chunk({"content": "a"}), chunk({"reasoning_content": "b"})] * 9)
    decode(*[chunk({"content": "a"}), chunk({"content": "a"}, index=1)] * 9)
    assert tried == []


def count_tries(monkeypatch):
    """The names of the narrow ways, as often as each is gone."""
    tried = []

    def counted(way):
        def run(*arguments):
            tried.append(way.__name__.removeprefix("more_"))
            return way(*arguments)

        return run

    for way in (more_text, more_reasoning, more_arguments):
        monkeypatch.setattr(f"streamkit.dialects.chat.decoder.{way.__name__}", counted(way))
    return tried
