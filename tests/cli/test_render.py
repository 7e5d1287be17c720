from io import StringIO

import pytest
from rich.console import Console

from streamkit.cli.render import show_response
from streamkit.errors import ErrorInfo
from streamkit.items import Item, Part, ToolCall, Usage
from streamkit.response import Choice, QuirkTally, Response
from streamkit.stages.watchdog import REMEDIES


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
            Item(id="i2", type="reasoning", signature="AA", signature_kind="signature", logprobs=({}, {}, {})),
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
        "item reasoning i2: 3 log probabilities, signature",
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


def test_where_nothing_came_no_finish_is_spoken_of():
    info = ErrorInfo(kind="transport", code="c", message="m", hint="Check.")
    lines = [" ".join(line.split()) for line in summary(status="failed", finish_reason="truncated", errors=(info,))]
    assert lines == ["response", "status failed, nothing was answered", "error transport c: m (Check.)"]


def test_an_error_says_what_can_be_acted_on():
    error = ErrorInfo(kind="provider", code="c", message="m", status=429, retry_after=1.5, hint="h")
    assert summary(errors=(error,))[-1] == "error     provider c: m (status 429; try again in 1.5 s; h)"
    assert summary(errors=(ErrorInfo(kind="wire", code="c", message="m"),))[-1] == "error     wire c: m"


@pytest.mark.parametrize(
    ("phase", "advised"),
    [
        ("first", "the server may be overloaded: try again, or raise --timeout"),
        ("idle", "the connection is probably dead: try again"),
        ("progress", "the model is probably stuck: try again"),
        ("total", "ask for less"),
    ],
)
def test_a_stall_is_advised_an_option_and_no_argument_in_python(phase, advised):
    message = f"nothing came for 45 s (limit {phase}=45 s): {REMEDIES[phase]}"
    [line] = summary(errors=(ErrorInfo(kind="stall", code="c", message=message, phase=phase),))[2:]
    assert line.split(None, 1) == ["error", f"stall c: nothing came for 45 s (limit {phase}=45 s): {advised}"]


def test_what_a_provider_says_of_the_watchdog_is_its_own_word():
    message = "slow down, or raise Watchdog(first=…)"
    assert summary(errors=(ErrorInfo(kind="provider", code="c", message=message),))[2].endswith(message)
