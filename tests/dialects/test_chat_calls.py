"""How chat frames write calls; which call a piece belongs to is not decided here."""

import pytest
from chat_frames import chunk, decode, frame, kinds, of, quirks_of, text_of

from streamkit.evidence import CallFragment, CallText, FinishClaimed


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


def test_d10_and_d40_calls_in_their_oddest_shapes():
    calls = [
        {"index": 1.0, "id": "a", "name": "ls", "parameters": {"p": 1}},
        {"index": [], "id": "b", "function": "ls"},
        {"index": 3, "custom": {"name": "patch", "input": "x", "format": "text"}},
        {"index": 4, "id": "c", "extra_content": "Q"},
        "nothing",
        None,
    ]
    events = decode(chunk({"content": "x", "tool_calls": calls}))
    found = of(events, CallFragment)
    assert [(e.index, e.call_id, e.name, e.arguments, e.custom) for e in found] == [
        (1, "a", "ls", '{"p":1}', False),
        (None, "b", "", "", False),
        (3, "", "patch", "x", True),
        (4, "c", "", "", False),
    ]
    assert [event.extra for event in found] == [
        None,
        {"function": "ls"},
        {"custom": {"format": "text"}},
        {"extra_content": "Q"},
    ]
    assert text_of(events) == "x"


def test_calls_as_one_object_or_as_nothing_readable():
    one = decode(chunk({"tool_calls": {"index": 0, "id": "k", "function": {"name": "ls", "arguments": "{}"}}}))
    assert ([e.name for e in of(one, CallFragment)], quirks_of(one)) == (["ls"], ["tool_shape"])
    assert quirks_of(decode(chunk({"tool_calls": "none"}))) == ["member_shape"]


@pytest.mark.parametrize(("value", "quirk"), [("ls", True), ({}, False), ("", False)])
def test_d30_legacy_calls_of_other_shapes(value, quirk):
    events = decode(chunk({"content": "a", "function_call": value, "role": 7}))
    assert (text_of(events), quirks_of(events)) == ("a", ["legacy_function_call"] if quirk else [])


def test_call_fragments_come_through_as_they_are():
    events = decode(
        chunk(
            {"content": None, "tool_calls": [{"index": 0, "id": "k", "type": "function", "function": {"name": "ls"}}]}
        ),
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"p'}}]}),
        chunk({"tool_calls": [{"index": 0, "id": "", "function": {"name": "", "arguments": '":1}'}}]}),
        chunk({}, finish="tool_calls"),
    )
    assert of(events, CallFragment, CallText) == [
        CallFragment(index=0, call_id="k", name="ls"),
        CallFragment(index=0, arguments='{"p'),
        CallText(index=0, text='":1}'),
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


def test_pieces_that_follow_each_other_directly_are_bare_text():
    first = chunk({"tool_calls": [{"index": 0, "id": "k", "function": {"name": "ls", "arguments": ""}}]})

    def piece(text, index=0, choice=0, **members):
        return chunk({"tool_calls": [{"index": index, "function": {"arguments": text}, **members}]}, index=choice)

    events = decode(first, piece("{"), piece("1"), piece("2", 1), chunk({"content": "x"}), piece("3"), piece("}"))
    found = [event for event in events if isinstance(event, CallFragment | CallText)]
    assert [type(event) for event in found[1:]] == [CallFragment, CallText, CallText, CallFragment, CallText]
    assert [event.text for event in of(events, CallText)] == ["1", "2", "}"]
    assert [event.index for event in of(events, CallText)] == [0, 1, 0]
    events = decode(first, piece("{"), piece("1", id="k"), piece("2"), piece("3", choice=1))
    assert [event.text for event in of(events, CallText)] == ["2"]
