"""Where nothing is remarkable, nobody looks closer: that must be so only where a closer look would find nothing."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streamkit.builder import Builder
from streamkit.events import (
    ItemFinished,
    ItemStarted,
    ReasoningDelta,
    ResponseFinished,
    StreamEnded,
    TextDelta,
    ToolCallReady,
)
from streamkit.items import ToolCall
from streamkit.response import Response
from streamkit.stages.remarks import remarks, unremarkable

TEXTS = [
    "",
    " ",
    "Hello",
    " Hello",
    "<!-- x -->",
    "<b>",
    "\u200b",
    "a\0b",
    "c\ufffd",
    "ana",
    "analysis",
    "lysis:x assistantfinal",
]
texts = st.sampled_from(TEXTS)
items = st.lists(
    st.tuples(
        st.sampled_from(["message", "reasoning", "function_call"]),
        st.integers(0, 1),
        texts,
        st.sampled_from(["", "analysis"]),
    ),
    max_size=3,
)
reasons = st.sampled_from(["stop", "tool_calls", "length", "refusal", "unknown"])


def built(given_items, reason):
    builder = Builder()
    for position, (kind, choice, text, phase) in enumerate(given_items):
        name = f"i{position}"
        builder.add(ItemStarted(item_id=name, choice=choice, type=kind, phase=phase))
        if kind == "message":
            builder.add(TextDelta(item_id=name, choice=choice, text=text))
        elif kind == "reasoning":
            builder.add(ReasoningDelta(item_id=name, choice=choice, text=text))
        else:
            builder.add(
                ToolCallReady(item_id=name, choice=choice, call=ToolCall(call_id="c", name="f", arguments="{}"))
            )
        builder.add(ItemFinished(item_id=name, choice=choice))
    if reason is not None:
        builder.add(ResponseFinished(finish_reason=reason, raw_finish_reason=reason))
    return builder


@given(items, reasons | st.none())
@example([("message", 0, "ana", ""), ("message", 0, "lysis:x assistantfinal", "")], "stop")
@example([("message", 0, "Hello", ""), ("reasoning", 0, "a\0b", "")], "stop")
@example([("message", 0, "Hello", ""), ("reasoning", 0, "c\ufffd", "")], "stop")
@example([("message", 0, "Hello", "analysis")], "stop")
@example([("message", 0, "Hello", "")], "tool_calls")
def test_what_is_not_remarkable_has_no_remarks(given_items, reason):
    builder = built(given_items, reason)
    if unremarkable(builder.items(), builder.finished):
        assert list(remarks(Response.of(builder))) == []
        builder.add(StreamEnded(ending="completed"))
        assert list(remarks(Response.of(builder))) == []


@pytest.mark.parametrize(
    ("text", "plain"), [("Hello", True), ("\n 7", True), ("", False), ("<b>", False), ("x\0", False)]
)
def test_most_answers_are_not_remarkable(text, plain):
    builder = built([("reasoning", 0, "hm", ""), ("message", 0, text, "")], "stop")
    assert unremarkable(builder.items(), builder.finished) == plain
