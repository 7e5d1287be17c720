from io import StringIO

import pytest
from rich.console import Console

from streamkit.cli.live import AnswerText, LiveText
from streamkit.cli.render import plain
from streamkit.events import ItemStarted, PartReplaced, ReasoningDelta, RefusalDelta, TextDelta, UsageReported
from streamkit.items import Usage
from streamkit.response import Response

ODD = "a\tb  \n c [bold]x[/] :smile: \x1b[31mred \u202eback"


def console(*, terminal=False):
    return Console(file=StringIO(), force_terminal=terminal, soft_wrap=True, width=20, color_system=None)


def both(*events, terminal=False):
    """What the two outputs got: for the text, and beside it."""
    out, aside = console(terminal=terminal), console()
    text = LiveText(out, aside)
    for event in events:
        text.show(event)
    text.end()
    return out.file.getvalue(), aside.file.getvalue()


def live(*events, terminal=False):
    return both(*events, terminal=terminal)[0]


def said(text, item_id="i1"):
    return TextDelta(item_id=item_id, text=text)


def test_a_pipe_gets_the_text_exactly_as_it_is():
    assert live(said(ODD), said("  \r\n")) == ODD + "  \r\n"


def test_a_terminal_gets_it_escaped_but_for_line_ends_and_tabs_j09():
    assert live(said(ODD), terminal=True) == ("a\tb  \n c [bold]x[/] :smile: \\x1b[31mred \\u202eback\n")
    assert plain("ok\n\t\r\x00é") == "ok\n\t\\r\\x00é"


@pytest.mark.parametrize("terminal", [True, False])
def test_long_lines_are_not_cut_or_broken(terminal):
    assert live(said("x" * 100), terminal=terminal) == "x" * 100 + "\n"


def test_each_piece_is_written_at_once():
    out = StringIO()
    text = LiveText(Console(file=out), console())
    for piece, so_far in (("He", "He"), ("llo", "Hello")):
        text.show(said(piece))
        assert out.getvalue() == so_far


def test_items_stand_on_lines_of_their_own():
    assert live(said("a", "i1"), said("b", "i1"), said("c", "i2")) == "ab\nc\n"
    assert live(said("a\n", "i1"), said("c", "i2")) == "a\nc\n"


def test_refusals_are_shown():
    assert live(RefusalDelta(item_id="i", text="no")) == "no\n"


def test_reasoning_is_in_the_text_on_a_terminal_alone():
    events = (ReasoningDelta(item_id="r", text="h"), ReasoningDelta(item_id="r", text="m"), said("yes"))
    assert both(*events, terminal=True) == ("hm\nyes\n", "")
    assert both(*events) == ("yes\n", "hm\n")


def test_reasoning_is_dimmed_on_a_terminal():
    out = StringIO()
    terminal = Console(file=out, force_terminal=True, color_system="truecolor", soft_wrap=True)
    LiveText(terminal, console()).show(ReasoningDelta(item_id="r", text="hm"))
    assert out.getvalue() == "\x1b[2;3mhm\x1b[0m"


def test_replaced_text_is_announced():
    shown = live(said("wrong"), PartReplaced(item_id="i1", kind="text", text="right"))
    assert shown == "wrong\n[the text above was replaced]\nright\n"
    assert live(said("a"), PartReplaced(item_id="i1", kind="arguments", text="{}")) == "a\n"


def test_nothing_said_leaves_nothing():
    assert live(UsageReported(usage=Usage())) == ""


def answer(response, *events, terminal=False):
    """What was written before the end, all of it, and the notes."""
    out, notes = console(terminal=terminal), console()
    text = AnswerText(out, notes)
    for event in events:
        text.show(event)
    before = out.file.getvalue()
    text.end(response)
    return before, out.file.getvalue(), notes.file.getvalue()


def test_b15_the_answer_alone_is_without_commentary():
    events = (
        ItemStarted(item_id="c", type="message", phase="commentary"),
        said("Let me see. ", "c"),
        ItemStarted(item_id="f", type="message", phase="final_answer"),
        said("It is", "f"),
        said(" 4.", "f"),
    )
    assert answer(Response(text="It is 4."), *events) == ("", "It is 4.", "")
    assert answer(Response(text="It is 4."), *events, terminal=True) == ("It is 4.", "It is 4.\n", "")


def test_the_answer_alone_has_nothing_between_its_items():
    events = (said("a", "1"), said("b", "2"), TextDelta(item_id="3", choice=1, text="other choice"))
    assert answer(Response(text="ab"), *events, terminal=True)[1] == "ab\n"


def test_an_answer_that_became_another_is_written_again_where_it_had_been_shown():
    events = (said("wrong"), PartReplaced(item_id="i1", kind="text", text="right"))
    assert answer(Response(text="right"), *events)[1] == "right"
    assert answer(Response(text="right"), *events, terminal=True)[1] == (
        "wrong\n[the text above was replaced]\nright\n"
    )
    assert answer(Response(text=""), said("was commentary"), terminal=True)[1].endswith("replaced]\n")
    assert answer(Response(text="and more"), said("and"), terminal=True)[1] == "and more\n"


def test_a_refusal_is_no_answer_but_is_told():
    events = (RefusalDelta(item_id="i", text="no"),)
    assert answer(Response(refusal="no"), *events) == ("", "", "refused: no\n")
