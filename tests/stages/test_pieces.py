"""Pieces of items in any order: the way of the last piece is remembered, and must never lead astray."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from streamkit.events import (
    ArgumentsDelta,
    Event,
    ItemFinished,
    ItemStarted,
    PartReplaced,
    QuirkSeen,
    ReasoningDelta,
    StreamEnded,
    TextDelta,
    ToolCallDropped,
    ToolCallReady,
)
from streamkit.evidence import CallFragment, CallText, EndMarker, FinishClaimed, PartClaim, PartClaimed, item_key
from streamkit.pipeline import Pipeline
from streamkit.stages.assembler import Assembler
from streamkit.stages.call_fragments import CallFragments
from streamkit.stages.ledger import Ledger
from streamkit.stages.tool_calls import ToolCalls


def run(*events):
    pipeline = Pipeline(CallFragments(), Ledger(), ToolCalls(), Assembler())
    log = [event for given in events for event in pipeline.feed(given)]
    log += pipeline.end(lambda _: StreamEnded())
    return log, pipeline.stages[-1].response


KEYS = st.sampled_from([None, 0, 1, 1000, item_key(0, "a"), item_key(1, "b"), item_key(0, "b")])
CHOICES = st.sampled_from([0, 0, 1])
WORDS = st.sampled_from(["", "a", "{", '{"x":1}', "}", "ß"])
INDEXES = st.sampled_from([0, 0, 1])
KINDS = st.sampled_from(["message", "reasoning", "function_call"])

pieces = st.one_of(
    st.builds(TextDelta, key=KEYS, choice=CHOICES, text=WORDS, index=INDEXES),
    st.builds(
        ReasoningDelta,
        key=KEYS,
        choice=CHOICES,
        text=WORDS,
        index=INDEXES,
        kind=st.sampled_from(["reasoning", "summary"]),
    ),
    st.builds(ArgumentsDelta, key=KEYS, choice=CHOICES, text=WORDS),
    st.builds(ArgumentsDelta, key=KEYS, choice=CHOICES, text=WORDS),
    st.builds(ItemStarted, key=KEYS.filter(lambda key: key is not None), choice=CHOICES, type=KINDS, name=st.just("f")),
    st.builds(ItemFinished, key=KEYS, choice=CHOICES),
    st.builds(
        PartClaimed,
        key=KEYS,
        choice=CHOICES,
        item_type=st.just("function_call"),
        claim=st.builds(PartClaim, st.just("arguments"), WORDS),
    ),
    st.just(FinishClaimed(finish_reason="stop")),
)


def of_its_own(event: Event, *, apart: bool) -> Event:
    """The event again, its key either an object of its own or the very same as that of all equal ones."""
    key = event.key if hasattr(event, "key") else None
    if key is None:
        return replace(event)
    return replace(event, key=(*key[:2], "".join(list(key[2]))) if apart and isinstance(key, tuple) else key)


@given(st.lists(pieces, max_size=14))
def test_equal_keys_are_one_key_whether_or_not_they_are_one_object(events):
    apart, _ = run(*(of_its_own(event, apart=True) for event in events))
    together, _ = run(*(of_its_own(event, apart=False) for event in events))
    assert apart == together


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["x", "yy", "ß", "{"])), max_size=20))
def test_pieces_of_open_items_go_to_their_own_item_in_any_order(said):
    keys = {"a": 0, "b": item_key(1, "call_b"), "c": 2, "d": item_key(3, "call_d")}
    events = [ItemStarted(key=keys[name], type="function_call", name=name, call_id=name) for name in "ab"]
    events += [ItemStarted(key=keys[name], type="message") for name in "cd"]
    for name, text in said:
        delta = ArgumentsDelta if name in "ab" else TextDelta
        events.append(delta(key=keys[name], text=text))
    events += [ItemFinished(key=key) for key in keys.values()]
    log, response = run(*events)
    told = {name: "".join(text for at, text in said if at == name) for name in keys}
    calls = {
        event.call.name: event.call.arguments for event in log if isinstance(event, ToolCallReady | ToolCallDropped)
    }
    assert calls == {"a": told["a"], "b": told["b"]}
    assert [item.text for item in response.items if item.type == "message"] == [told["c"], told["d"]]


def test_a_key_that_is_announced_for_another_choice_leads_to_the_new_item():
    events = (
        ItemStarted(key=7, type="function_call", name="f", call_id="1"),
        ArgumentsDelta(key=7, text="{"),
        ItemStarted(key=7, choice=1, type="function_call", name="g", call_id="2"),
        ArgumentsDelta(key=7, choice=1, text='{"y":2}'),
    )
    log, _ = run(*events)
    first, second = (event.item_id for event in log if isinstance(event, ItemStarted))
    assert [(event.item_id, event.text) for event in log if isinstance(event, ArgumentsDelta)] == [
        (first, "{"),
        (second, '{"y":2}'),
    ]


parts = st.sampled_from([("reasoning", 0), ("summary", 0), ("reasoning", 1), ("text", 0), ("text", 1)])


@given(st.lists(st.tuples(parts, st.sampled_from(["x", "yy", "ß"])), max_size=20))
def test_snapshots_of_parts_that_were_streamed_in_any_order_say_nothing_new(said):
    told = {}
    events = []
    for (kind, index), text in said:
        told[kind, index] = told.get((kind, index), "") + text
        if kind == "text":
            events.append(TextDelta(key=0, text=text, index=index))
        else:
            events.append(ReasoningDelta(key=1, text=text, kind=kind, index=index))
    for (kind, index), text in told.items():
        claim = PartClaim(kind, text, index)
        where = (0, "message") if kind == "text" else (1, "reasoning")
        events.append(PartClaimed(key=where[0], item_type=where[1], claim=claim))
    log, _ = run(*events)
    assert not [event for event in log if isinstance(event, PartReplaced)]
    assert not [event.quirk for event in log if isinstance(event, QuirkSeen) and event.item_id]


def test_text_without_keys_is_kept_apart_by_choice():
    log, _ = run(*(TextDelta(choice=choice, text="x") for choice in (0, 0, 1, 1, 0, 0)))
    ids = [event.item_id for event in log if isinstance(event, TextDelta)]
    assert [ids[0]] * 2 + [ids[2]] * 2 + [ids[0]] * 2 == ids
    assert ids[0] != ids[2]


def test_a_replaced_part_is_what_the_verdict_is_about():
    claim = PartClaimed(key=0, item_type="function_call", claim=PartClaim("arguments", '{"x":1'))
    log, response = run(
        ItemStarted(key=0, type="function_call", name="f", call_id="1"),
        ArgumentsDelta(key=0, text='{"x"'),
        ArgumentsDelta(key=0, text="=1"),
        claim,
        ArgumentsDelta(key=0, text="}"),
        ItemFinished(key=0),
    )
    assert any(isinstance(event, PartReplaced) for event in log)
    assert [call.arguments for call in response.tool_calls] == ['{"x":1}']


def test_a_second_call_on_an_index_takes_the_text_that_follows_d04():
    _, response = run(
        CallFragment(index=0, call_id="a", name="f", arguments='{"x"'),
        CallText(index=0, text=":1"),
        CallText(index=0, text="}"),
        CallFragment(index=0, call_id="b", name="g", arguments='{"y"'),
        CallText(index=0, text=":2"),
        CallText(index=0, text="}"),
        FinishClaimed(finish_reason="tool_calls"),
        EndMarker(),
    )
    assert [(call.call_id, call.arguments) for call in response.tool_calls] == [("a", '{"x":1}'), ("b", '{"y":2}')]


fragments = st.builds(
    CallFragment,
    index=st.sampled_from([None, 0, 0, 1]),
    call_id=st.sampled_from(["", "", "a", "b"]),
    name=st.sampled_from(["", "", "f", "g"]),
    arguments=WORDS,
)
bare = st.builds(CallFragment, index=st.sampled_from([None, 0, 0, 1]), arguments=WORDS.filter(bool))


@given(st.lists(st.one_of(fragments, bare, bare), max_size=14))
def test_text_alone_says_what_a_fragment_with_nothing_else_says(given_fragments):
    def short(fragment):
        alone = fragment == CallFragment(index=fragment.index, arguments=fragment.arguments)
        return CallText(index=fragment.index, text=fragment.arguments) if alone and fragment.arguments else fragment

    plain, _ = run(*given_fragments, EndMarker())
    lean, _ = run(*map(short, given_fragments), EndMarker())
    assert lean == plain
