from io import StringIO

import pytest
from rich.console import Console

from streamkit.cli.render import LiveText, plain, show_response
from streamkit.errors import ErrorInfo
from streamkit.events import PartReplaced, ReasoningDelta, RefusalDelta, TextDelta, UsageReported
from streamkit.items import Item, Part, ToolCall, Usage
from streamkit.response import Choice, QuirkTally, Response

ODD = "a\tb  \n c [bold]x[/] :smile: \x1b[31mred \u202eback"


def live(*events, terminal=False, reasoning=True, width=20):
    out = StringIO()
    text = LiveText(
        Console(file=out, force_terminal=terminal, soft_wrap=True, width=width, color_system=None), reasoning=reasoning
    )
    for event in events:
        text.show(event)
    text.end()
    return out.getvalue()


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
    text = LiveText(Console(file=out), reasoning=True)
    for piece, so_far in (("He", "He"), ("llo", "Hello")):
        text.show(said(piece))
        assert out.getvalue() == so_far


def test_items_stand_on_lines_of_their_own():
    assert live(said("a", "i1"), said("b", "i1"), said("c", "i2")) == "ab\nc\n"
    assert live(said("a\n", "i1"), said("c", "i2")) == "a\nc\n"


def test_refusals_are_shown_and_reasoning_where_it_is_wanted():
    events = (ReasoningDelta(item_id="r", text="hm"), RefusalDelta(item_id="i", text="no"))
    assert live(*events) == "hm\nno\n"
    assert live(*events, reasoning=False) == "no\n"


def test_reasoning_is_dimmed_on_a_terminal():
    out = StringIO()
    console = Console(file=out, force_terminal=True, color_system="truecolor", soft_wrap=True)
    LiveText(console, reasoning=True).show(ReasoningDelta(item_id="r", text="hm"))
    assert out.getvalue() == "\x1b[2;3mhm\x1b[0m"


def test_replaced_text_is_announced():
    shown = live(said("wrong"), PartReplaced(item_id="i1", kind="text", text="right"))
    assert shown == "wrong\n[the text above was replaced]\nright\n"
    assert live(said("a"), PartReplaced(item_id="i1", kind="arguments", text="{}")) == "a\n"


def test_nothing_said_leaves_nothing():
    assert live(UsageReported(usage=Usage())) == ""


def summary(**members):
    out = StringIO()
    show_response(Console(file=out, width=200), Response(**members))
    return [line.strip() for line in out.getvalue().splitlines()]


def test_the_summary_of_an_empty_response():
    assert summary() == ["response", "status    in_progress, finish unknown (unsaid)"]


def test_the_summary_says_everything_once():
    call = ToolCall(call_id="c1", name="look", arguments='{"a":\x1b1}', state="repaired", reason="closed")
    cut = ToolCall(call_id="c2", name="", arguments="{", state="truncated", reason="cut")
    lines = summary(
        id="r1",
        model="m1",
        dialect="chat",
        status="incomplete",
        finish_reason="length",
        raw_finish_reason="max",
        items=(
            Item(id="i1", type="message", parts=(Part("text", "hello"),), annotations=({}, {}), phase="commentary"),
            Item(id="i2", type="reasoning", signature="AA", signature_kind="signature"),
            Item(id="i3", type="media", media=({"url": "u"},)),
            Item(id="i4", type="web_search_call", status="failed"),
            Item(id="i5", type="function_call", call=call),
        ),
        tool_calls=(call,),
        dropped_calls=(cut,),
        choices=(Choice(index=1, text=":smile: [b]x[/b]"),),
        usage=Usage(input_tokens=1, output_tokens=0),
        errors=(ErrorInfo(kind="provider", code="c", message="boom"),),
        quirks=(
            QuirkTally(id="terminal_output_null", effect="harmless", count=2, detail="null"),
            QuirkTally(id="of_another_package", effect="lossy", count=1, detail="what"),
        ),
    )
    lines = [" ".join(line.split()) for line in lines]
    assert lines == [
        "response r1 m1 chat",
        "status incomplete, finish length (max)",
        "item message i1: 5 characters, 2 annotations, commentary",
        "item reasoning i2: signature",
        "item media i3: 1 media",
        "item web_search_call i4: failed",
        r'item function_call i5: look {"a":\x1b1} [repaired: closed]',
        "choice 1: :smile: [b]x[/b]",
        r'tool call c1 look {"a":\x1b1} [repaired: closed]',
        "dropped call c2 (no name) { [truncated: cut]",
        "usage input 1, output 0 tokens",
        "error provider c: boom",
        lines[12],
        "quirk of_another_package ×1 (lossy): what",
    ]
    assert lines[12].startswith("quirk terminal_output_null ×2 (harmless): The terminal")
    assert lines[12].endswith("null")
