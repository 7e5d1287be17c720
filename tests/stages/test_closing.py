import pytest

from streamkit.evidence import FinishClaimed, TerminalInventory
from streamkit.stages.closing import Closing, inventory_quirks
from streamkit.stages.register import Entry


def claim(reason, raw=None, choice=0, **more):
    return FinishClaimed(finish_reason=reason, raw_finish_reason=reason if raw is None else raw, choice=choice, **more)


def closing(*claims):
    books, quirks = Closing(), []
    for each in claims:
        quirks += [event.quirk for event in books.claim(each)]
    return books, quirks


def entry(name, kind="message", choice=0, wire_id="", *, is_open=True):
    made = Entry(name, kind, choice, 100)
    made.open, made.wire_id = is_open, wire_id
    return made


def test_one_claim():
    books, quirks = closing(claim("length", "max_tokens", details={"stop": "x"}, sequence_number=7))
    finished = books.response_finished(terminal=True)
    assert (finished.finish_reason, finished.raw_finish_reason, finished.status) == (
        "length",
        "max_tokens",
        "incomplete",
    )
    assert (finished.finishes, finished.details, finished.sequence_number, finished.terminal) == (
        (),
        {"stop": "x"},
        7,
        True,
    )
    assert books.finished is finished
    assert quirks == []


def test_the_same_claim_again_is_no_news_c12():
    assert closing(claim("stop"), claim("stop"))[1] == []


@pytest.mark.parametrize(
    ("first", "second", "stands"),
    [
        ("stop", "tool_calls", "tool_calls"),
        ("tool_calls", "stop", "tool_calls"),
        ("stop", "length", "length"),
        ("content_filter", "length", "content_filter"),
        ("stop", "error", "error"),
        ("unknown", "stop", "stop"),
    ],
)
def test_of_two_claims_the_stronger_stands_c12(first, second, stands):
    books, quirks = closing(claim(first), claim(second))
    assert books.response_finished(terminal=True).finish_reason == stands
    assert quirks == ["finish_twice"]


def test_two_words_for_one_reason_are_named_and_the_first_stands():
    books, quirks = closing(claim("stop", "stop"), claim("stop", "eos"))
    assert (books.response_finished(terminal=True).raw_finish_reason, quirks) == ("stop", ["finish_twice"])


def test_choices_finish_each_for_itself_and_the_first_speaks_b30():
    books, quirks = closing(claim("length", "max", 1), claim("stop", "stop", 0))
    finished = books.response_finished(terminal=False)
    assert (finished.finish_reason, finished.terminal, quirks) == ("stop", False, [])
    assert finished.finishes == ((1, "length", "max"), (0, "stop", "stop"))


def test_a_single_choice_that_is_not_the_first_is_listed():
    assert closing(claim("stop", choice=2))[0].response_finished(terminal=True).finishes == ((2, "stop", "stop"),)


@pytest.mark.parametrize(
    ("reason", "given", "status"),
    [
        ("stop", None, "completed"),
        ("tool_calls", None, "completed"),
        ("refusal", None, "completed"),
        ("length", None, "incomplete"),
        ("content_filter", None, "incomplete"),
        ("pause", None, "incomplete"),
        ("truncated", None, "incomplete"),
        ("error", None, "failed"),
        ("cancelled", None, "cancelled"),
        ("unknown", "incomplete", "incomplete"),
        ("length", "completed", "completed"),
    ],
)
def test_the_status_follows_from_the_reason_unless_it_is_given(reason, given, status):
    assert Closing.status(claim(reason, status=given)) == status


def test_a_length_cap_cuts_the_last_open_item_of_its_choice_c37():
    entries = [
        entry("a"),
        entry("b"),
        entry("closed", is_open=False),
        entry("other", choice=1),
        entry("third", choice=2),
    ]
    books, _ = closing(claim("length"), claim("stop", choice=1))
    assert books.cut(entries, closes=False) == {"b"}


def test_a_failure_cuts_all_open_items_of_its_choice():
    entries = [entry("a"), entry("b"), entry("closed", is_open=False), entry("other", choice=1)]
    books, _ = closing(claim("error"), claim("stop", choice=1))
    assert books.cut(entries, closes=False) == {"a", "b"}


# what the terminal frame claims as the whole output


def told(shape="list", *items):
    return TerminalInventory(shape=shape, items=items)


def noted(inventory, *entries):
    return [(event.quirk, event.detail) for event in inventory_quirks(inventory, entries)]


MESSAGE, CALL = entry("m1", wire_id="m1"), entry("f1", "function_call", wire_id="f1")


@pytest.mark.parametrize("shape", ["null", "absent", "str", "int"])
def test_an_output_that_is_no_list_c01_c02(shape):
    assert noted(told(shape), MESSAGE) == [("terminal_output_null", shape)]


def test_what_was_streamed_is_what_is_claimed():
    assert noted(told("list", ("message", "m1"), ("function_call", "f1")), MESSAGE, CALL) == []
    assert noted(told("list", ("function_call", "other"), ("message", "ids")), MESSAGE, CALL) == []
    assert noted(told("list")) == []


def test_items_left_out_c02():
    assert noted(told("list", ("message", "m1")), MESSAGE, CALL) == [
        ("terminal_output_differs", "1 items claimed, 2 streamed")
    ]


def test_items_that_only_the_claim_has_b35():
    inventory = told("list", ("mcp_list_tools", "l1"), ("message", "m1"))
    [event] = inventory_quirks(inventory, [MESSAGE])
    assert (event.quirk, event.detail, event.data) == (
        "terminal_only_items",
        "mcp_list_tools l1",
        [("mcp_list_tools", "l1")],
    )


def test_an_item_that_is_known_by_its_id_under_another_type_is_not_only_there_b35():
    assert noted(told("list", ("assistant_message", "m1")), MESSAGE) == [
        ("terminal_output_differs", "1 items claimed, 1 streamed")
    ]


def test_both_at_once():
    quirks = noted(told("list", ("mcp_list_tools", "")), MESSAGE)
    assert [name for name, _ in quirks] == ["terminal_only_items", "terminal_output_differs"]
