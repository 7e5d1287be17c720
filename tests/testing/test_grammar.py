import pytest

from streamkit.events import (
    AnnotationAdded,
    ArgumentsDelta,
    Event,
    ItemFinished,
    ItemStarted,
    KeepAlive,
    LogprobsAdded,
    MediaAdded,
    MetadataReported,
    PartReplaced,
    QuirkSeen,
    ReasoningDelta,
    RefusalDelta,
    ResponseFinished,
    ResponseStarted,
    SignatureReported,
    StreamEnded,
    TextDelta,
    ToolCallDropped,
    ToolCallReady,
    UsageReported,
)
from streamkit.evidence import EndMarker, FinishClaimed, TextReclassified
from streamkit.items import ToolCall, Usage
from streamkit.pipeline import Pipeline
from streamkit.testing.grammar import GrammarChecker, GrammarError, check

START, END = ResponseStarted(), StreamEnded()
FINISH = ResponseFinished(finish_reason="stop")
CALL = ToolCall(call_id="c", name="ls", arguments="{}")


def item(name="a", kind="message", *deltas):
    return [ItemStarted(item_id=name, type=kind), *deltas, ItemFinished(item_id=name)]


def fails(*events):
    with pytest.raises(GrammarError) as caught:
        check(events)
    assert str(caught.value.position) in str(caught.value)
    return caught.value.position, caught.value.reason


class Mine(Event, kw_only=True, frozen=True):
    """An aside of a user's own."""


def test_smallest_stream():
    check([START, END])
    check([START, FINISH, END])


def test_a_full_stream():
    deltas = [
        TextDelta(item_id="a", text="x"),
        RefusalDelta(item_id="a", text="x"),
        ReasoningDelta(item_id="a", text="x"),
        SignatureReported(item_id="a", signature="x"),
        AnnotationAdded(item_id="a", annotation={}),
        LogprobsAdded(item_id="a", logprobs=({},)),
        MediaAdded(item_id="a", media_type="image"),
        PartReplaced(item_id="a", kind="text", text="y"),
    ]
    calls = [
        ItemStarted(item_id="b", type="function_call"),
        ItemStarted(item_id="c", type="custom_tool_call"),
        ArgumentsDelta(item_id="b", text="{}"),
        ItemFinished(item_id="b"),
        ItemFinished(item_id="c"),
        ToolCallDropped(item_id="c", call=CALL),
        Mine(),
        ToolCallReady(item_id="b", call=CALL),
    ]
    asides = [KeepAlive(), QuirkSeen(quirk="x"), MetadataReported(), UsageReported(usage=Usage()), Mine()]
    check([START, *asides, *item("a", "message", *deltas), *calls, *item("d", "web_search_call"), FINISH, *asides, END])


@pytest.mark.parametrize("leaked", [EndMarker(), FinishClaimed(finish_reason="stop"), TextReclassified(characters=1)])
def test_internal_events_must_not_leak(leaked):
    assert fails(START, leaked, END) == (1, "an internal event has leaked")


@pytest.mark.parametrize(
    ("events", "position"),
    [
        ([], 0),
        ([END], 0),
        ([KeepAlive(), START, END], 0),
        ([START, START, END], 1),
        ([START], 1),
        ([START, END, END], 2),
        ([START, END, KeepAlive()], 2),
        ([START, FINISH, FINISH, END], 2),
        ([START, FINISH, *item(), END], 2),
        ([START, TextDelta(item_id="a", text="x"), END], 1),
        ([START, *item(), TextDelta(item_id="a", text="x"), END], 3),
        ([START, *item(), ItemFinished(item_id="a"), END], 3),
        ([START, *item(), *item(), END], 3),
        ([START, *item(""), END], 1),
        ([START, ItemStarted(item_id="a", type="message"), FINISH], 2),
        ([START, ItemStarted(item_id="a", type="message"), END], 2),
        ([START, *item("a", "function_call"), FINISH], 3),
        ([START, *item("a", "function_call"), END], 3),
        ([START, *item("a", "message"), ToolCallReady(item_id="a", call=CALL)], 3),
        ([START, ItemStarted(item_id="a", type="function_call"), ToolCallReady(item_id="a", call=CALL)], 2),
        ([START, *item("a", "function_call"), *[ToolCallReady(item_id="a", call=CALL)] * 2], 4),
        ([START, *item("a", "web_search_call"), ToolCallDropped(item_id="a", call=CALL)], 3),
    ],
)
def test_broken_streams(events, position):
    assert fails(*events)[0] == position


def test_as_a_stage_it_passes_everything_on():
    class Last:
        def feed(self, event):
            return (event,)

        def close(self):
            return ()

    pipeline = Pipeline(GrammarChecker(), Last())
    events = [START, *item()]
    assert [out for event in events for out in pipeline.feed(event)] == events
    assert pipeline.end(lambda _: END) == [END]


def test_as_a_stage_it_asks_for_open_items_at_the_end():
    checker = GrammarChecker()
    checker.feed(START)
    checker.feed(ItemStarted(item_id="a", type="message"))
    with pytest.raises(GrammarError, match="still open: a"):
        checker.close()
