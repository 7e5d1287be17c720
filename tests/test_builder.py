import pytest

from streamkit.builder import Builder
from streamkit.errors import ErrorInfo
from streamkit.events import (
    AnnotationAdded,
    ArgumentsDelta,
    ErrorReported,
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
from streamkit.items import Part, ToolCall, Usage


def built(*events):
    builder = Builder()
    for event in events:
        builder.add(event)
    return builder


def item_of(*events):
    [item] = built(*events).items()
    return item


def started(item_id="i1", kind="message", **members):
    return ItemStarted(item_id=item_id, type=kind, **members)


def test_pieces_of_each_kind_and_index_are_parts_of_their_own():
    item = item_of(
        started(),
        TextDelta(item_id="i1", text="a"),
        ReasoningDelta(item_id="i1", text="r"),
        TextDelta(item_id="i1", text="b"),
        TextDelta(item_id="i1", text="c", index=1),
        ReasoningDelta(item_id="i1", text="s", kind="summary"),
        ReasoningDelta(item_id="i1", text="s", kind="reasoning"),
        ReasoningDelta(item_id="i1", text="2", kind="summary", index=1),
        ReasoningDelta(item_id="i1", text="2", kind="summary", index=1),
        RefusalDelta(item_id="i1", text="no"),
        ArgumentsDelta(item_id="i1", text="{"),
        ArgumentsDelta(item_id="i1", text="}"),
    )
    assert item.parts == (
        Part("text", "ab"),
        Part("reasoning", "rs"),
        Part("text", "c", 1),
        Part("summary", "s"),
        Part("summary", "22", 1),
        Part("refusal", "no"),
        Part("arguments", "{}"),
    )


def test_items_interleave():
    name, other = "i1", "i2"
    builder = built(
        started(name),
        started(other),
        *(TextDelta(item_id=which, text=text) for which, text in ((name, "a"), (other, "x"), (name, "b"))),
    )
    assert [item.text for item in builder.items()] == ["ab", "x"]


def test_a_plan_is_no_reasoning_f23():
    item = item_of(started(), ReasoningDelta(item_id="i1", text="plan", kind="plan"))
    assert (item.text_of("plan"), item.reasoning) == ("plan", "")


def test_a_replaced_part_goes_on_behind_its_new_words():
    item_id = "i1"
    item = item_of(
        started(),
        TextDelta(item_id=item_id, text="old"),
        PartReplaced(item_id=item_id, kind="text", text="new"),
        TextDelta(item_id=item_id, text="er"),
    )
    assert item.text == "newer"


def test_signatures_annotations_media_and_details():
    item = item_of(
        started(kind="reasoning", details={"a": 1, "b": 1}),
        SignatureReported(item_id="i1", signature="AA", kind="signature"),
        SignatureReported(item_id="i1", signature="BB", kind="redacted"),
        AnnotationAdded(item_id="i1", annotation={"url": "u"}),
        LogprobsAdded(item_id="i1", logprobs=({"token": "a"}, {"token": "b"})),
        LogprobsAdded(item_id="i1", logprobs=({"token": "c"},), kind="refusal"),
        MediaAdded(item_id="i1", media_type="audio", data="x", transcript="hel", details={"id": "a1"}),
        MediaAdded(item_id="i1", media_type="audio", transcript="lo"),
        ItemFinished(item_id="i1", status="incomplete", details={"b": 2}, phase="commentary"),
    )
    assert (item.signature, item.signature_kind) == ("AABB", "redacted")
    assert item.annotations == ({"url": "u"},)
    assert item.logprobs == ({"token": "a"}, {"token": "b"}, {"token": "c"})
    assert item.media == ({"media_type": "audio", "data": "x", "id": "a1"}, {"media_type": "audio"})
    assert item.text_of("transcript") == "hello"
    assert (item.details, item.status, item.phase) == ({"a": 1, "b": 2}, "incomplete", "commentary")


def test_an_item_is_in_progress_until_it_is_finished():
    assert item_of(started(phase="analysis")).status == "in_progress"
    assert item_of(started(phase="analysis"), ItemFinished(item_id="i1")).phase == "analysis"


@pytest.mark.parametrize(("verdict", "state"), [(ToolCallReady, "complete"), (ToolCallDropped, "truncated")])
def test_a_verdict_takes_the_place_of_the_argument_text(verdict, state):
    call = ToolCall(call_id="c1", name="look", arguments="{}", state=state)
    item = item_of(
        started(kind="function_call"), ArgumentsDelta(item_id="i1", text="{}"), verdict(item_id="i1", call=call)
    )
    assert (item.call, item.parts) == (call, ())


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (TextDelta(item_id="x", text="a"), "message"),
        (ReasoningDelta(item_id="x", text="a"), "reasoning"),
        (ArgumentsDelta(item_id="x", text="a"), "function_call"),
        (MediaAdded(item_id="x", media_type="image", url="u"), "message"),
        (LogprobsAdded(item_id="x", logprobs=("a",)), "message"),
    ],
)
def test_what_a_users_stage_says_of_an_item_of_its_own_is_kept(event, kind):
    assert item_of(event).type == kind


def test_the_response_as_a_whole():
    builder = built(
        ResponseStarted(response_id="r1", model="m1", dialect="chat", metadata={"a": 1}),
        MetadataReported(model="m2", metadata={"b": 2}),
        MetadataReported(response_id="r2", dialect="responses"),
        UsageReported(usage=Usage(input_tokens=1)),
        UsageReported(usage=Usage(input_tokens=2)),
        ResponseFinished(finish_reason="stop"),
    )
    assert (builder.response_id, builder.model, builder.dialect) == ("r2", "m2", "responses")
    assert builder.metadata == {"a": 1, "b": 2}
    assert builder.usage.input_tokens == 2
    assert builder.finished.finish_reason == "stop"


def test_errors_are_counted_once():
    error, other = (ErrorInfo(kind="provider", message=text) for text in ("boom", "other"))
    builder = built(ErrorReported(error=error), ErrorReported(error=other), StreamEnded(ending="failed", error=error))
    assert builder.errors == [error, other]
    assert built(StreamEnded(ending="failed", error=error)).errors == [error]


def test_quirks_are_tallied_in_the_order_of_first_sight():
    builder = built(
        QuirkSeen(quirk="b", effect="repaired", item_id="i1", detail="first", data=[1]),
        QuirkSeen(quirk="a"),
        QuirkSeen(quirk="b", effect="repaired", item_id="i2", detail="second"),
        QuirkSeen(quirk="b", effect="repaired", item_id="i1"),
    )
    assert list(builder.quirks) == ["b", "a"]
    tally = builder.quirks["b"]
    assert (tally.count, tally.detail, tally.item_ids, tally.data) == (3, "first", ("i1", "i2"), [1])


def test_a_tally_names_a_hundred_items_at_most():
    builder = built(*(QuirkSeen(quirk="q", item_id=f"i{at}") for at in range(150)))
    assert (builder.quirks["q"].count, len(builder.quirks["q"].item_ids)) == (150, 100)


def test_events_that_a_response_does_not_report_are_passed_over():
    class Mine(Event):
        pass

    assert vars(built(KeepAlive(), Mine()))["drafts"] == {}


@pytest.mark.parametrize(("positions", "order"), [((2, 0, 1), "bca"), ((2, None, 0), "abc"), ((0, 0, 0), "abc")])
def test_items_are_in_the_order_of_their_indexes_where_all_have_one_b14(positions, order):
    builder = built(*(started(name, position=at) for name, at in zip("abc", positions, strict=True)))
    assert "".join(item.id for item in builder.items()) == order


@pytest.mark.parametrize(
    ("events", "usable"),
    [
        ([], False),
        ([started()], False),
        ([started(), TextDelta(item_id="i1", text="")], False),
        ([started(), TextDelta(item_id="i1", text=" ")], True),
        ([started(kind="reasoning")], False),
        ([started(kind="reasoning"), SignatureReported(item_id="i1", signature="A")], True),
        ([started(), MediaAdded(item_id="i1", media_type="image", url="u")], True),
        ([started(kind="web_search_call")], True),
        ([started(kind="function_call")], True),
    ],
)
def test_what_counts_as_usable_c03(events, usable):
    assert built(*events).usable is usable
