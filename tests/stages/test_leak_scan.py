"""The scanner for a model's own markup: what it holds, and what it costs."""

import pytest

from streamkit.events import TextDelta
from streamkit.evidence import FinishClaimed
from streamkit.limits import Limits
from streamkit.stages.leak_families import recovered
from streamkit.stages.leak_scan import LeakScanner
from streamkit.stages.leaked_markup import LeakedMarkup


class Counted(str):
    """A text that counts how many of its characters are copied."""

    __slots__ = ()
    copied = 0

    def __radd__(self, other):
        return Counted(str(other) + str(self))

    def __getitem__(self, place):
        piece = str(self)[place]
        Counted.copied += len(piece)
        return piece


def shreds(*pieces, limit=1000):
    scanner = LeakScanner(limit=limit)
    out = [shred for piece in pieces for shred in scanner.feed(piece)]
    out += scanner.feed("", final=True)
    told = []
    for shred in out:
        if told and told[-1][0] == shred.channel != "leak" and not shred.header:
            told[-1] = (shred.channel, told[-1][1] + shred.text)
        else:
            told.append((shred.channel, shred.text))
    return told


MARKED = [
    "x<|channel|>y",
    "\n<tool_call>{}</tool_call>x",
    "<|channel|>analysis<|message|>a<|end|>",
    "<|channel|>final<|message|>a<|end|>",
    "<|start|>assistant to=f<|channel|>commentary<|message|>{}<|call|>",
]


@pytest.mark.parametrize("piece", MARKED)
def test_each_character_is_copied_once_or_twice(piece):
    Counted.copied = 0
    text = Counted(piece * 500)
    LeakScanner().feed(text)
    assert Counted.copied <= 3 * len(text)


@pytest.mark.parametrize("size", [1, 2, 5, 100])
@pytest.mark.parametrize("limit", [12, 20, 33, 1000])
def test_a_section_is_held_back_only_so_long(limit, size):
    text = "a\n<tool_call>0123456789</tool_call>b <tool_call>"
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    held = "<tool_call>0123456789</tool_call>"[:limit]
    rest = (text.removeprefix("a\n" + held)).lstrip()
    expected = [("text", "a\n"), ("leak", held), ("text", rest)]
    assert shreds(*pieces, limit=limit) == expected


PROSE = [
    "a\n<tool_call> opens a call.\nMore.",
    "a\n<tool_call>\nMore.",
    "a\n<tool_call>\nMore",
    "a\n<tool_call>s are read.",
    "a\n<tool_call>...",
    "a\n<tool_call></tool_call> hold it.",
    "a\n<tool_call>\n<b>so</b>",
    "a\n<function=foo> begins it.\nMore.",
    "a\n<function=foo(x)> begins it.",
    "a\n<function=>\n{",
    "The <|tool_calls_section_begin|> token and <|tool_calls_section_end|> hold it.",
    "a\n<|tool_call_begin|> opens a call.",
    "It begins with <｜tool▁calls▁begin｜>.",
    "<|tool_calls_begin|> and <|tool_calls_end|>",
    "<|DSML|function_calls> and </|DSML|function_calls>",
    "a\n<tool_call>" + " " * 1000 + "{}",
    "a\n<function=" + "x" * 1000 + ">{}",
    "a:\n\n    <tool_call>\n    {}\n    </tool_call>\n\nb",
    "a:\r\n\r\n\t<function=f>{}</function>\r\n",
    "a:\n\n    x = 1\n    y = <|tool_call_begin|>f:0<|tool_call_argument_begin|>{}\n",
]


@pytest.mark.parametrize("text", PROSE)
@pytest.mark.parametrize("size", [1, 2, 7, 10_000])
def test_a_marker_that_no_call_follows_is_prose(text, size):
    assert shreds(*(text[at : at + size] for at in range(0, len(text), size))) == [("text", text)]


SECTIONS = [
    '<tool_call>\n{"name":"f"',
    "<tool_call>[{",
    "<tool_call>\n{not json at all",
    "<tool_call>\n```json\n{}\n```\n</tool_call>",
    "<tool_call>\n<function=f>\n</function>\n</tool_call>",
    '<tool_call>\n<invoke name="f">',
    "<tool_call>f\n<arg_key>a</arg_key>\n<arg_value>1</arg_value>\n</tool_call>",
    "<tool_call>a.f<arg_key>a</arg_key>",
    "<tool_call>f</tool_call>",
    "<tool_call>\nf\n<arg_key>a</arg_key>",
    "<tool_call>\n<tool_call>\n{}",
    "<tool_call>",
    "<tool_call>\n",
    "<tool_call>f",
    "<tool_call>\n<func",
    "<function=",
    "<function=f",
    "<function=f>\n",
    "<function=f>\n</function>",
    "<function=f>\n</tool_call>",
    "<function=f> <parameter=a>1",
    '<function=f>{"a":1}</function>',
    '<function=f{"a":1}</function>',
    '<function=f({"a":1})</function>',
    "<|tool_calls_section_begin|>",
    "<|tool_calls_section_begin|>\n<|tool_call_begin|>functions.",
    "<|tool_call_begin|>functions.f:0 <|tool_call_argument_begin|>{}",
    "<|tool_call_begin|>call_1<|tool_call_argument_begin|>{}",
    "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{}",
    "<｜tool▁call▁begin｜>f\n```json\n{}",
    "<｜tool▁call▁begin｜>function\nf\n```json\n{}",
    "<｜DSML｜function_calls>\n<｜DSML｜invoke name=",
    "<｜DSML｜tool_calls>\n<",
]


@pytest.mark.parametrize("text", SECTIONS)
@pytest.mark.parametrize("size", [1, 2, 7, 10_000])
def test_a_marker_that_a_call_follows_opens_a_section(text, size):
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert shreds("a.\n", *pieces) == [("text", "a.\n"), ("leak", text)]


def test_text_is_held_back_until_it_is_clear_that_no_call_follows():
    scanner = LeakScanner()
    held = [scanner.feed(piece) for piece in ("\n", "<tool_call>", "\n", "More")]
    assert [shred.text for shreds in held for shred in shreds] == ["\n"]
    assert [shred.text for shred in scanner.feed(" to say")] == ["<tool_call>", "\nMore to say"]
    assert scanner.plain


def test_a_mention_does_not_hide_the_call_behind_it():
    told = shreds("<tool_call> is the tag.\n<tool_call>{}</tool_call>")
    assert told == [("text", "<tool_call> is the tag.\n"), ("leak", "<tool_call>{}</tool_call>")]


@pytest.mark.parametrize("lead", ["    ", "a\n    ", "a\n\n   ", "\n\n    x\n"])
def test_a_line_that_is_no_indented_code_may_hold_a_call(lead):
    assert shreds(lead + "<tool_call>{}") == [("text", lead), ("leak", "<tool_call>{}")]


def test_sections_of_one_choice_end_with_it_and_no_others():
    stage = LeakedMarkup(limits=Limits(text=100))
    list(stage.wake({(0, None): "", (1, "k"): "x"}))
    texts = [TextDelta(text="<tool"), TextDelta(choice=1, key="k", text="<tool"), TextDelta(choice=1, text="<tool")]
    assert [list(stage.feed(text)) for text in texts] == [[], [], []]
    finish = FinishClaimed(choice=1, finish_reason="stop")
    assert [getattr(event, "key", 0) for event in stage.feed(finish)] == ["k", None, 0]
    assert [event.choice for event in stage.close()] == [0]


@pytest.mark.parametrize(
    ("raw", "calls"),
    [
        ("<|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{}<|tool_call_end|>", [("f", "{}")]),
        ("<｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{}\n```<｜tool▁call▁end｜>", [("f", "{}")]),
        ("<|tool_call_begin|>f\n\n{}\n<|tool_call_end|>".replace("_", "▁"), [("f", "{}")]),
        ('<tool_call>{"name":"f","arguments":{"a":1}}</tool_call>', [("f", '{"a":1}')]),
        ("<function=f><parameter=a>\n1\n</parameter></function>", [("f", '{"a":"1"}')]),
        ("<function=f><parameter=a>\ud83d</parameter></function>", []),
        ("<function=g></function>", []),
        ("<function=f>\n</function>", [("f", "{}")]),
        ('<function=f>{"a": [1]}</function>', [("f", '{"a": [1]}')]),
        ('<function=f>\n```json\n{"a":1}\n```\n</function>', [("f", '{"a":1}')]),
        ("<function=f>a=1</function>", []),
    ],
)
def test_calls_are_read_from_their_markup(raw, calls):
    assert recovered(raw, {"f"}) == calls


@pytest.mark.parametrize(
    "piece",
    [
        "<tool_call>",
        "<function=",
        "<function=a>",
        "<function=f><parameter=",
        "<|tool_call_begin|>f<|tool_call_argument_begin|>",
        "<｜tool▁call▁begin｜>f\n",
        '<|DSML|invoke name="f">',
    ],
)
def test_markup_without_end_is_gone_through_once(piece):
    assert recovered(piece * (1_000_000 // len(piece)), {"f"}) == []
