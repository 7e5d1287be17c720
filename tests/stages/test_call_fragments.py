import json

import pytest
from counted_work import held_linear
from hypothesis import given
from hypothesis import strategies as st

from streamkit.errors import ErrorInfo
from streamkit.events import (
    ArgumentsDelta,
    ErrorReported,
    ItemStarted,
    ProviderEvent,
    QuirkSeen,
    ResponseStarted,
    TextDelta,
)
from streamkit.evidence import CallFragment, CallText, EndMarker, FinishClaimed, ItemClaimed, PartClaimed, call_key
from streamkit.limits import Limits
from streamkit.stages.call_fragments import CallFragments


def fragment(index=0, call_id="", name="", arguments="", **members):
    return CallFragment(index=index, call_id=call_id, name=name, arguments=arguments, **members)


def run(*items, limits=None):
    stage = CallFragments(limits) if limits else CallFragments()
    out = []
    for item in items:
        out += stage.feed(item)
    return [*out, *stage.close()]


def calls(events):
    """Name, id and text of each call, in order of appearance; the claims that rename them applied."""
    found = {}
    for event in events:
        match event:
            case ItemStarted():
                assert event.key not in found
                found[event.key] = [event.name, event.call_id, ""]
            case ArgumentsDelta():
                found[event.key][2] += event.text
            case ItemClaimed():
                found[event.key][0] = event.details.get("final_name", found[event.key][0])
                found[event.key][1] = event.details.get("final_call_id", found[event.key][1])
            case _:
                pass
    return [tuple(call) for call in found.values()]


def quirks(events):
    return [event.quirk for event in events if isinstance(event, QuirkSeen)]


def texts(events):
    return [event.text for event in events if isinstance(event, ArgumentsDelta)]


def starts(events):
    return [event for event in events if isinstance(event, ItemStarted)]


def test_a_healthy_call_is_started_once_and_streams():
    out = run(
        fragment(call_id="a", name="ls"),
        fragment(arguments='{"p"'),
        fragment(arguments=":1"),
        fragment(arguments="}"),
        FinishClaimed(finish_reason="tool_calls"),
    )
    assert calls(out) == [("ls", "a", '{"p":1}')]
    assert texts(out) == ['{"p"', ":1", "}"]
    assert quirks(out) == []
    assert starts(out)[0].key == call_key(0, 0)
    assert not starts(out)[0].id_synthesized


def test_d01_names_sent_again_in_each_fragment():
    out = run(
        fragment(call_id="c", name="ls", arguments="{"),
        fragment(call_id="c", name="ls", arguments='"a":1'),
        fragment(call_id="c", name="ls", arguments="}"),
    )
    assert calls(out) == [("ls", "c", '{"a":1}')]
    assert quirks(out) == []


def test_d02_a_longer_name_before_any_argument_replaces():
    out = run(fragment(call_id="a", name="read"), fragment(call_id="a", name="read_file"), fragment(arguments="{}"))
    assert calls(out) == [("read_file", "a", "{}")]
    assert quirks(out) == []


@pytest.mark.parametrize("other", ["read_file", "cat"])
def test_d02_any_other_name_is_a_conflict(other):
    out = run(fragment(call_id="a", name="read", arguments='{"p":'), fragment(name=other, arguments="1}"))
    assert calls(out) == [("read", "a", '{"p":1}')]
    assert quirks(out) == ["tool_name_conflict"]


def test_d02_another_name_before_arguments_is_a_conflict_too():
    out = run(fragment(call_id="a", name="read"), fragment(call_id="a", name="cat"))
    assert calls(out) == [("read", "a", "")]
    assert quirks(out) == ["tool_name_conflict"]


def test_d03_no_index_and_one_call():
    out = run(fragment(None, "a", "ls", '{"p'), fragment(None, arguments='":'), fragment(None, "a", arguments="1}"))
    assert calls(out) == [("ls", "a", '{"p":1}')]
    assert quirks(out) == ["tool_index_missing"]


def test_d03_entries_of_one_array_without_index():
    out = run(fragment(None, "a", "ls", '{"x":1}'), fragment(None, "b", "ls", '{"y":2}', slot=1))
    assert calls(out) == [("ls", "a", '{"x":1}'), ("ls", "b", '{"y":2}')]


def test_d03_arrays_without_index_and_id_go_by_place():
    out = run(
        fragment(None, name="ls", arguments='{"x"'),
        fragment(None, name="cat", arguments='{"y"', slot=1),
        fragment(None, arguments=":1}"),
        fragment(None, arguments=":2}", slot=1),
    )
    assert [(name, text) for name, _, text in calls(out)] == [("ls", '{"x":1}'), ("cat", '{"y":2}')]


def test_d03_a_single_entry_goes_to_the_latest_call_when_the_first_is_whole():
    out = run(
        fragment(None, "a", "ls", '{"x":1}'),
        fragment(None, "b", "cat", '{"y"', slot=1),
        fragment(None, arguments=":2}"),
    )
    assert calls(out) == [("ls", "a", '{"x":1}'), ("cat", "b", '{"y":2}')]


def test_d03_an_index_that_comes_later_belongs_to_the_call_without():
    out = run(fragment(None, "a", "ls"), fragment(0, arguments='{"p":1}'))
    assert calls(out) == [("ls", "a", '{"p":1}')]
    assert "tool_index_drift" not in quirks(out)


def test_d03_whole_calls_without_index_are_no_deviation():
    out = run(*[fragment(None, name="x", arguments=text, whole=True) for text in ('{"id":1}', '{"id":2}', '{"id":1}')])
    assert [text for _, _, text in calls(out)] == ['{"id":1}', '{"id":2}', '{"id":1}']
    assert len({call_id for _, call_id, _ in calls(out)}) == 3
    assert quirks(out) == []


def test_d04_parallel_calls_on_one_index():
    out = run(fragment(call_id="a", name="ls", arguments='{"d":0}'), fragment(call_id="b", name="cat", arguments='{"f'))
    out2 = run(
        fragment(call_id="a", name="ls"),
        fragment(call_id="b", name="ls"),
        fragment(call_id="a", arguments='{"f":1}'),
        fragment(call_id="b", arguments='{"f":2}'),
    )
    assert calls(out) == [("ls", "a", '{"d":0}'), ("cat", "b", '{"f')]
    assert quirks(out) == ["tool_index_reused"]
    assert calls(out2) == [("ls", "a", '{"f":1}'), ("ls", "b", '{"f":2}')]


def test_d06_indexes_are_keys_only():
    out = run(fragment(7, "a", "ls", '{"a":1}'), fragment(3, "b", "cat", '{"b":1}'), fragment(7, arguments=" "))
    assert calls(out) == [("ls", "a", '{"a":1} '), ("cat", "b", '{"b":1}')]
    assert quirks(out) == []


def test_d07_d13_empty_members_are_absent():
    out = run(
        fragment(),
        fragment(5),
        fragment(call_id="call_1", name="ls", arguments='{"p'),
        fragment(call_id="", name="", arguments='":1}'),
        fragment(),
    )
    assert calls(out) == [("ls", "call_1", '{"p":1}')]
    assert quirks(out) == []


def test_d08_new_ids_without_a_name_continue():
    out = run(
        fragment(call_id="x1", name="ls", arguments='{"p'),
        fragment(call_id="x2", arguments='":'),
        fragment(call_id="x3", arguments="1}"),
    )
    assert calls(out) == [("ls", "x1", '{"p":1}')]
    assert quirks(out) == ["tool_id_changed"]


def test_d09_ids_come_from_response_position_and_name():
    def ids(response_id, *names):
        items = [fragment(None, name=name, arguments="{}", whole=True) for name in names]
        return [event.call_id for event in starts(run(ResponseStarted(response_id=response_id), *items))]

    first = ids("r1", "ls", "ls")
    assert first == ids("r1", "ls", "ls")
    assert len(set(first + ids("r2", "ls", "cat"))) == 4
    assert all(event.id_synthesized for event in starts(run(fragment(name="ls"))))


def test_d09_an_id_that_comes_late_is_the_one():
    out = run(fragment(name="ls"), fragment(call_id="a", name="ls", arguments='{"p"'), fragment(arguments=":1}"))
    assert calls(out) == [("ls", "a", '{"p":1}')]


def test_d11_one_id_on_two_indexes():
    out = run(
        fragment(0, "call_1", "ls", '{"a":1}'),
        fragment(1, "call_1", "cat", '{"b"'),
        fragment(1, "call_1", arguments=":2}"),
        fragment(2, "call_1", "cat"),
        fragment(2, "call_1", arguments='{"c":3}'),
    )
    assert calls(out) == [("ls", "call_1", '{"a":1}'), ("cat", "call_1_d2", '{"b":2}'), ("cat", "call_1_d3", '{"c":3}')]
    assert quirks(out) == ["tool_id_duplicate", "tool_id_duplicate"]
    assert starts(out)[1].details == {"id_raw": "call_1"}


def test_d11_one_id_in_an_array_without_indexes():
    out = run(fragment(None, "c", "ls", '{"a":1}'), fragment(None, "c", "ls", '{"a":2}', slot=1))
    assert calls(out) == [("ls", "c", '{"a":1}'), ("ls", "c_d2", '{"a":2}')]


def test_d12_arguments_before_the_name():
    items = (fragment(call_id="a", arguments='{"p"'), fragment(arguments=":"), fragment(name="ls", arguments="1}"))
    out = run(*items)
    assert calls(out) == [("ls", "a", '{"p":1}')]
    assert texts(out) == ['{"p":', "1}"]
    assert run(*items[:2], TextDelta(text="x"))[0] == TextDelta(text="x")


@pytest.mark.parametrize("end", [FinishClaimed(finish_reason="stop"), EndMarker(), None])
def test_d12_a_call_that_never_gets_a_name(end):
    out = run(fragment(call_id="a", arguments='{"p":1}'), *([end] if end else []))
    assert calls(out) == [("", "a", '{"p":1}')]
    assert end is None or out[-1] == end


def test_d12_held_text_is_given_out_before_an_error():
    error = ErrorReported(error=ErrorInfo(kind="provider", message="overloaded"))
    out = run(fragment(call_id="a", arguments='{"p"'), error)
    assert calls(out) == [("", "a", '{"p"')]
    assert out[-1] == error


def test_d12_held_text_and_held_calls_are_bounded():
    out = run(fragment(call_id="a", arguments="12345"), fragment(arguments="6"), limits=Limits(arguments=4))
    assert texts(out) == ["12345", "6"]
    stage = CallFragments(Limits(held=2))
    assert [len(starts(stage.feed(fragment(i, f"c{i}", arguments="{")))) for i in range(4)] == [0, 0, 3, 0]


def test_d14_a_whole_call_in_one_fragment():
    out = run(fragment(call_id="a", name="ls", arguments='{"p":1}'), FinishClaimed(finish_reason="tool_calls"))
    assert [type(event) for event in out] == [ItemStarted, ArgumentsDelta, FinishClaimed]


def test_d16_a_placeholder_gives_way():
    out = run(fragment(call_id="a", name="ls", arguments="{}"), fragment(arguments='{"p":'), fragment(arguments="1}"))
    assert calls(out) == [("ls", "a", '{"p":1}')]
    assert quirks(out) == ["tool_args_placeholder"]


@pytest.mark.parametrize("end", [FinishClaimed(finish_reason="stop"), EndMarker(), None])
def test_d16_without_more_it_was_no_placeholder(end):
    out = run(fragment(call_id="a", name="ls", arguments="{}"), *([end] if end else []))
    assert calls(out) == [("ls", "a", "{}")]
    assert quirks(out) == []
    assert end is None or out[-1] == end


def test_d16_text_that_continues_is_added():
    out = run(fragment(call_id="a", name="ls", arguments="{}"), fragment(arguments=" "))
    assert calls(out) == [("ls", "a", "{} ")]


def test_d17_a_second_object():
    def second(text):
        return run(
            fragment(call_id="a", name="ls", arguments='{"p":1}', whole=True), fragment(arguments=text, whole=True)
        )

    assert quirks(second('{ "p": 1 }')) == ["tool_args_restated"]
    (claim,) = [event for event in second('{"p":1,"q":2}') if isinstance(event, PartClaimed)]
    assert (claim.claim.kind, claim.claim.text) == ("arguments", '{"p":1,"q":2}')
    out = second('{"p":2}')
    assert quirks(out) == ["tool_args_conflict"]
    assert calls(out) == [("ls", "a", '{"p":1}')]


def test_d17_another_complete_value_is_a_conflict_too():
    out = run(fragment(call_id="a", name="ls", arguments='{"p":1}'), fragment(arguments="[2]", whole=True))
    assert quirks(out) == ["tool_args_conflict"]
    assert calls(out) == [("ls", "a", '{"p":1}')]


def test_d17_an_object_behind_its_announcement():
    out = run(fragment(call_id="a", name="ls"), fragment(name="ls", arguments='{"p":1}', whole=True))
    assert calls(out) == [("ls", "a", '{"p":1}')]


def test_d19_arguments_said_again():
    out = run(
        fragment(call_id="a", name="ls", arguments='{"p":'),
        fragment(arguments="1}"),
        fragment(arguments='{"p":1}'),
        fragment(call_id="a", name="ls", arguments='{"p":1}'),
    )
    assert calls(out) == [("ls", "a", '{"p":1}')]
    assert quirks(out) == ["tool_args_restated", "tool_args_restated"]


def test_d19_a_legal_repeat_is_kept():
    out = run(
        fragment(call_id="a", name="ls", arguments='{"a":'), fragment(arguments='{"a":'), fragment(arguments="1}}")
    )
    assert calls(out) == [("ls", "a", '{"a":{"a":1}}')]
    assert quirks(out) == []


def test_d27_a_complete_prefix_goes_on():
    out = run(fragment(call_id="a", name="f", arguments='{"a":1}'), fragment(arguments=',"b":2}'))
    assert calls(out) == [("f", "a", '{"a":1},"b":2}')]
    out = run(fragment(call_id="a", name="f", arguments="1"), fragment(arguments="1"))
    assert calls(out) == [("f", "a", "11")]


def test_d28_interleaved_calls():
    out = run(
        fragment(0, "a", "f"),
        fragment(1, "b", "g"),
        fragment(0, arguments='{"a'),
        fragment(1, arguments='{"b'),
        fragment(0, arguments='":1}'),
        fragment(1, arguments='":2}'),
    )
    assert calls(out) == [("f", "a", '{"a":1}'), ("g", "b", '{"b":2}')]


def test_d31_custom_calls_are_free_text():
    out = run(
        fragment(call_id="a", name="patch", arguments="{}", custom=True),
        fragment(arguments="{}", custom=True),
        fragment(arguments="{}{}", custom=True),
    )
    assert calls(out) == [("patch", "a", "{}{}{}{}")]
    assert starts(out)[0].type == "custom_tool_call"
    assert quirks(out) == []


def test_d40_extras_before_with_and_behind_the_start():
    out = run(fragment(call_id="a", name="ls", extra={"sig": "Q"}), fragment(extra={"sig": None, "more": 1}))
    assert starts(out)[0].details == {"extra": {"sig": "Q"}}
    (claim,) = [event for event in out if isinstance(event, ItemClaimed)]
    assert claim.details == {"extra": {"sig": "Q", "more": 1}}
    assert not claim.finish
    out = run(fragment(extra={"sig": "Q"}), fragment(call_id="a", name="ls"))
    assert starts(out)[0].details == {"extra": {"sig": "Q"}}


def test_d40_an_extra_without_any_call_is_passed_on():
    out = run(fragment(extra={"sig": "Q"}), FinishClaimed(finish_reason="stop"))
    assert ProviderEvent(name="tool_call", data={"sig": "Q"}) in out
    assert starts(out) == []


def test_d52_the_index_drifts():
    out = run(
        fragment(0, "a", "ls", '{"p'),
        fragment(1, arguments='":'),
        fragment(1, arguments="1}"),
        fragment(1, "b", "cat", '{"q":1}'),
    )
    assert calls(out) == [("ls", "a", '{"p":1}'), ("cat", "b", '{"q":1}')]
    assert quirks(out) == ["tool_index_drift"]


def test_d52_never_guessed_between_several():
    out = run(fragment(0, "a", "ls", '{"p'), fragment(1, "b", "cat", '{"q'), fragment(2, arguments='":1}'))
    assert [(name, text) for name, _, text in calls(out)] == [("ls", '{"p'), ("cat", '{"q'), ("", '":1}')]


def test_d52_a_complete_call_takes_nothing():
    out = run(fragment(0, "a", "ls", '{"p":1}'), fragment(1, arguments='{"q":1}'))
    assert [(name, text) for name, _, text in calls(out)] == [("ls", '{"p":1}'), ("", '{"q":1}')]


def test_d53_calls_without_ids_on_one_index():
    out = run(*[fragment(name="get", arguments=text) for text in ('{"u":1}', '{"u":2}', '{"u":2}')])
    assert [(name, text) for name, _, text in calls(out)] == [
        ("get", '{"u":1}'),
        ("get", '{"u":2}'),
        ("get", '{"u":2}'),
    ]
    assert quirks(out) == ["tool_index_reused", "tool_index_reused", "tool_maybe_duplicate"]


def test_d53_a_name_alone_begins_nothing():
    out = run(fragment(name="get", arguments='{"u":1}'), fragment(name="get"), fragment(name="get", arguments="\n"))
    assert [text for _, _, text in calls(out)] == ['{"u":1}\n']
    assert quirks(out) == []


@pytest.mark.parametrize("index", [0, None])
@pytest.mark.parametrize("second", ['{"u":2}', '{"u":1}'])
def test_d53_a_name_alone_begins_a_call_once_its_text_begins(index, second):
    def call(text):
        pieces = [{"name": "get"}, *({"arguments": piece} for piece in (text[:3], text[3:]))]
        return [fragment(index, **piece) for piece in pieces]

    out = run(*call('{"u":1}'), *call(second), *call('{"u":3}'))
    assert [(name, text) for name, _, text in calls(out)] == [("get", '{"u":1}'), ("get", second), ("get", '{"u":3}')]
    assert len({call_id for _, call_id, _ in calls(out)}) == 3
    expected = "tool_index_missing" if index is None else "tool_index_reused"
    assert set(quirks(out)) == {expected, *(["tool_maybe_duplicate"] if second == '{"u":1}' else [])}


@pytest.mark.parametrize("index", [0, None])
@pytest.mark.parametrize(
    "pieces",
    [
        [("get", ""), ("get", '{"u":'), ("get", "1}"), ("get", "")],  # D01
        [("get", ""), ("", '{"u":1}'), ("get", ""), ("get", "")],
        [("get", ""), ("", '{"u":'), ("get", ""), ("", "1}")],
        [("get", "{}"), ("get", ""), ("", '{"u":1}')],  # D16
        [("get", '{"u":1}'), ("", '{"u":1}')],  # D19
    ],
)  # fmt: skip
def test_d53_a_name_that_is_sent_again_begins_nothing(index, pieces):
    out = run(*[fragment(index, name=name, arguments=text) for name, text in pieces])
    assert [(name, text.removeprefix("{}")) for name, _, text in calls(out)] == [("get", '{"u":1}')]


def test_d53_with_an_id_a_name_alone_begins_nothing():
    out = run(fragment(0, "a", "get", '{"u":1}'), fragment(name="get"), fragment(arguments='{"u":1}'))
    assert calls(out) == [("get", "a", '{"u":1}')]
    assert quirks(out) == ["tool_args_restated"]


def test_d53_not_inside_an_object():
    out = run(
        fragment(name="get", arguments='{"u":'), fragment(name="get", arguments='{"v":1}'), fragment(arguments="}")
    )
    assert [text for _, _, text in calls(out)] == ['{"u":{"v":1}}']


def test_b30_choices_do_not_mix():
    out = run(
        fragment(0, "a", "ls", '{"p'),
        fragment(0, "a", "ls", '{"q', choice=1),
        fragment(0, arguments='":1}'),
        fragment(0, arguments='":2}', choice=1),
    )
    assert calls(out) == [("ls", "a", '{"p":1}'), ("ls", "a", '{"q":2}')]
    assert [event.choice for event in starts(out)] == [0, 1]
    assert quirks(out) == []


@given(st.data())
def test_any_cut_of_interleaved_calls_gives_the_same_calls(data):
    wanted = [json.dumps({"text": data.draw(st.text(max_size=20)), "n": [{"a": n}]}) for n in range(3)]
    pieces = []
    for text in wanted:
        at = sorted(data.draw(st.sets(st.integers(1, len(text) - 1), max_size=6)))
        pieces.append([text[a:b] for a, b in zip([0, *at], [*at, len(text)], strict=True)])
    order = data.draw(st.permutations([n for n, own in enumerate(pieces) for _ in own]))
    items, announced = [], set()
    for n in order:
        first = n not in announced
        announced.add(n)
        items.append(fragment(n, f"id{n}" if first else "", f"f{n}" if first else "", pieces[n].pop(0)))
    out = run(*items)
    assert sorted(calls(out)) == [(f"f{n}", f"id{n}", wanted[n]) for n in range(3)]
    assert quirks(out) == []


@given(
    st.lists(
        st.builds(
            CallFragment,
            choice=st.integers(0, 1),
            index=st.none() | st.integers(0, 2),
            slot=st.integers(0, 1),
            call_id=st.sampled_from(["", "a", "b"]),
            name=st.sampled_from(["", "f", "fg"]),
            arguments=st.sampled_from(["", "{}", '{"p":', "1}", '{"p":1}', "x"]),
            custom=st.booleans(),
            whole=st.booleans(),
            extra=st.none() | st.just({"s": 1}),
        ),
        max_size=12,
    )
)
def test_chaos_never_raises_and_starts_before_deltas(fragments):
    out = run(*fragments, EndMarker())
    found = calls(out)
    assert len({call_id for _, call_id, _ in found}) >= (len(found) + 1) // 2
    assert all(event.key is not None for event in starts(out))


def test_bare_text_is_what_a_bare_fragment_would_be():
    begun = fragment(call_id="a", name="f", arguments="")
    for texts in (["{", '"x"', ":1}"], ['{"x"', ":1", "}", '{"x":1}'], ['{"x"', ":", "{", "}}"], ["{}", "{", "}"]):
        bare = run(begun, *(CallText(index=0, text=text) for text in texts), EndMarker())
        assert bare == run(begun, *(fragment(arguments=text) for text in texts), EndMarker())
    assert run(CallText(index=7, text="{"), EndMarker()) == run(fragment(7, arguments="{"), EndMarker())


@pytest.mark.parametrize("name", ["", "f"])
def test_j07_linear_however_the_fragments_begin(name):
    def taking(count):
        def run():
            stage = CallFragments()
            list(stage.feed(fragment(call_id="a", name="f", arguments='{"x":[')))
            for _ in range(count):
                stage.feed(fragment(name=name, arguments='{"y":1},'))
                stage.feed(fragment(None, arguments="1,"))

        return run

    held_linear(taking, n=200)
