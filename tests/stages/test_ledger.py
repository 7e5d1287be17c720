import pytest
from counted_work import held_linear

from streamkit.errors import ErrorInfo
from streamkit.events import (
    AnnotationAdded,
    ArgumentsDelta,
    ErrorReported,
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
    UsageReported,
)
from streamkit.evidence import (
    EndMarker,
    FinishClaimed,
    ItemClaimed,
    PartClaim,
    PartClaimed,
    TerminalInventory,
    TextReclassified,
    item_key,
)
from streamkit.items import Usage
from streamkit.limits import Limits
from streamkit.pipeline import Pipeline
from streamkit.response import Response
from streamkit.stages.assembler import Assembler
from streamkit.stages.ledger import Ledger

STOP = FinishClaimed(finish_reason="stop", raw_finish_reason="stop")
DONE = FinishClaimed(finish_reason="stop", raw_finish_reason="completed", terminal=True, neutral=True)


def run(*events, **options):
    pipeline = Pipeline(Ledger(**options), Assembler())
    log = []
    for event in events:
        log += pipeline.feed(event)
    log += pipeline.end(lambda halted: StreamEnded(ending="failed" if halted else "completed", error=halted))
    response = pipeline.stages[-1].response
    assert Response.from_events(log) == response
    return log, response


def kinds(log):
    return [type(event).__name__ for event in log]


def quirks(log):
    return [event.quirk for event in log if isinstance(event, QuirkSeen)]


def started(key, kind="message", **more):
    return ItemStarted(key=key, type=kind, **more)


def test_text_without_identity_becomes_one_item():
    log, response = run(TextDelta(text="a"), TextDelta(text="b"), STOP, EndMarker())
    assert kinds(log) == [
        "ResponseStarted",
        "ItemStarted",
        "TextDelta",
        "TextDelta",
        "ItemFinished",
        "ResponseFinished",
        "StreamEnded",
    ]
    assert (response.text, response.status, response.finish_reason) == ("ab", "completed", "stop")
    assert len({event.item_id for event in log if isinstance(event, ItemStarted | TextDelta | ItemFinished)}) == 1


def test_other_output_closes_an_open_item_without_identity_e25():
    _, response = run(
        ReasoningDelta(text="r1"), TextDelta(text="t1"), ReasoningDelta(text="r2"), TextDelta(text="t2"), STOP
    )
    assert [item.type for item in response.items] == ["reasoning", "message", "reasoning", "message"]
    assert (response.text, response.reasoning) == ("t1t2", "r1r2")


def test_a_call_between_texts_keeps_the_order_b16():
    _, response = run(
        TextDelta(text="before"),
        started(("call", 0, 0), "function_call", name="ls", call_id="c"),
        ArgumentsDelta(key=("call", 0, 0), text="{}"),
        TextDelta(text="after"),
        STOP,
    )
    assert [item.type for item in response.items] == ["message", "function_call", "message"]


def test_choices_are_kept_apart_b30():
    _, response = run(
        TextDelta(text="A", choice=0),
        TextDelta(text="B", choice=1),
        TextDelta(text="a", choice=0),
        FinishClaimed(finish_reason="stop", raw_finish_reason="stop", choice=0),
        FinishClaimed(finish_reason="length", raw_finish_reason="length", choice=1),
        EndMarker(),
    )
    assert [(c.index, c.text, c.finish_reason) for c in response.choices] == [(0, "Aa", "stop"), (1, "B", "length")]
    assert response.text == "Aa"


def test_asides_before_anything_else_are_preceded_by_the_start():
    log, _ = run(KeepAlive(comment="x"), ResponseStarted(response_id="r1", model="m"), TextDelta(text="a"), STOP)
    assert kinds(log)[:3] == ["ResponseStarted", "KeepAlive", "MetadataReported"]
    _, response = run(KeepAlive(), ResponseStarted(response_id="r1", model="m"), TextDelta(text="a"), STOP)
    assert (response.id, response.model) == ("r1", "m")


def test_metadata_without_news_is_not_passed_on():
    start = ResponseStarted(response_id="r", model="m")
    log, _ = run(start, MetadataReported(response_id="r", model="m"), MetadataReported(metadata={"tier": 1}), STOP)
    assert kinds(log).count("MetadataReported") == 1


def test_an_empty_delta_is_no_event_f04():
    log, response = run(TextDelta(text=""), TextDelta(text="0"), STOP)
    assert response.text == "0"
    assert kinds(log).count("TextDelta") == 1


class TestClaims:
    """The claims table, seen from outside."""

    def claim(self, streamed, snapshot, kind="text"):
        delta = {"text": TextDelta, "arguments": ArgumentsDelta, "refusal": RefusalDelta}[kind]
        item = {"text": "message", "refusal": "message", "arguments": "function_call"}[kind]
        events = [started(0, item)]
        events += [delta(key=0, text=piece) for piece in streamed]
        events.append(PartClaimed(key=0, item_type=item, claim=PartClaim(kind, snapshot)))
        events.append(ItemFinished(key=0))
        log, response = run(*events, DONE)
        return response.items[0].text_of(kind), log

    def test_equal(self):
        text, log = self.claim(["ab", "c"], "abc")
        assert text == "abc"
        assert quirks(log) == []

    def test_nothing_streamed_gives_one_delta_b07(self):
        text, log = self.claim([], "abc")
        assert text == "abc"
        assert [e.text for e in log if isinstance(e, TextDelta)] == ["abc"]
        assert quirks(log) == ["done_fills"]

    def test_the_missing_tail_is_given_out(self):
        text, log = self.claim(["ab"], "abc")
        assert text == "abc"
        assert [e.text for e in log if isinstance(e, TextDelta)] == ["ab", "c"]
        assert quirks(log) == ["done_extends"]

    @pytest.mark.parametrize("snapshot", ["", None, "a"])
    def test_a_shorter_snapshot_takes_nothing_away(self, snapshot):
        text, log = self.claim(["abc"], snapshot)
        assert text == "abc"
        assert quirks(log) == ["done_shorter"]

    def test_a_contradiction_is_won_by_the_snapshot_and_announced(self):
        text, log = self.claim(["abc"], "xyz")
        assert text == "xyz"
        assert [e.text for e in log if isinstance(e, PartReplaced)] == ["xyz"]
        assert quirks(log) == ["done_differs"]

    def test_of_two_arguments_the_one_that_parses_stands(self):
        assert self.claim(['{"a":1}'], '{"b":', kind="arguments")[0] == '{"a":1}'
        assert self.claim(['{"a":'], '{"b":1}', kind="arguments")[0] == '{"b":1}'

    def test_a_refusal_is_judged_alike(self):
        assert self.claim(["I"], "I can't", kind="refusal")[0] == "I can't"


def whole(key, text, **more):
    return ItemClaimed(key=key, type="message", parts=(PartClaim("text", text),), **more)


def test_an_item_only_in_its_own_snapshot_is_given_out_whole():
    log, response = run(whole(item_key(0, "m"), "hi", wire_id="m"), DONE, announces=True)
    assert response.text == "hi"
    assert response.items[0].id == "m"
    assert "only_in_done" in quirks(log)


def test_text_done_part_done_and_item_done_give_the_text_once_b07():
    key = item_key(0, "m")
    claim = PartClaimed(key=key, item_type="message", claim=PartClaim("text", "hi"))
    _, response = run(started(key, item_id="m"), claim, claim, whole(key, "hi"), DONE)
    assert response.text == "hi"


def test_unannounced_item_is_opened_by_its_delta_b05():
    log, response = run(TextDelta(key=item_key(0, "m"), text="hi"), DONE, announces=True)
    assert response.text == "hi"
    assert quirks(log) == ["missing_created", "implicit_item"]


def test_late_announcement_is_the_same_item_b05():
    key = item_key(0, "m")
    log, response = run(TextDelta(key=key, text="hi"), started(key, item_id="m"), whole(key, "hi"), DONE)
    assert kinds(log).count("ItemStarted") == 1
    assert response.text == "hi"


def test_an_item_announced_twice_is_one_item_b37():
    key = item_key(0, "f")
    call = started(key, "function_call", item_id="f", call_id="c1", name="ls")
    log, _ = run(call, call, ArgumentsDelta(key=key, text="{}"), DONE)
    assert kinds(log).count("ItemStarted") == 1
    assert "item_reannounced" in quirks(log)


def test_rotating_ids_are_one_item_b10():
    log, response = run(
        started(item_key(0, "A"), item_id="A", position=0),
        TextDelta(key=item_key(0, "B"), text="h"),
        TextDelta(key=item_key(0, "C"), text="i"),
        whole(item_key(0, "D"), "hi", wire_id="D", position=0),
        DONE,
    )
    assert response.text == "hi"
    assert len(response.items) == 1
    assert set(quirks(log)) == {"rotating_ids"}


def test_a_constant_index_is_overruled_by_known_ids_b11():
    log, response = run(
        started(item_key(0, "a"), item_id="a", position=0),
        started(item_key(0, "b"), "function_call", item_id="b", position=0, call_id="c"),
        TextDelta(key=item_key(0, "a"), text="hi"),
        ArgumentsDelta(key=item_key(0, "b"), text="{}"),
        DONE,
    )
    assert [item.type for item in response.items] == ["message", "function_call"]
    assert response.text == "hi"
    assert "implicit_item" not in quirks(log)


def test_a_missing_index_falls_back_on_the_only_open_item_b11():
    log, response = run(
        started(item_key(0, "m"), item_id="m", position=0),
        TextDelta(key=item_key(None, None), text="hi"),
        DONE,
    )
    assert response.text == "hi"
    assert len(response.items) == 1
    assert quirks(log) == ["index_unreliable"]


def test_items_are_ordered_by_index_when_every_item_has_one_b14():
    _, response = run(
        ItemClaimed(key=item_key(1, "f"), type="function_call", position=1, call_id="c"),
        whole(item_key(0, "m"), "hi", position=0),
        DONE,
    )
    assert [item.type for item in response.items] == ["message", "function_call"]


def test_call_id_of_the_end_is_the_final_one_b12():
    key = item_key(0, "fc")
    log, _ = run(
        started(key, "function_call", item_id="fc", call_id="tmp"),
        ItemClaimed(key=key, type="function_call", call_id="call_9"),
        DONE,
    )
    assert next(e.call_id for e in log if isinstance(e, ItemFinished)) == "call_9"
    assert "call_id_changed" in quirks(log)


def test_an_incomplete_item_says_so_d49():
    key = item_key(0, "fc")
    log, _ = run(ItemClaimed(key=key, type="function_call", status="incomplete"), DONE)
    assert next(e.status for e in log if isinstance(e, ItemFinished)) == "incomplete"


def test_an_open_item_is_settled_by_the_terminal_frame_b08():
    key = item_key(0, "fc")
    log, _ = run(started(key, "function_call", item_id="fc"), DONE, announces=True, closes=True)
    assert next(e.status for e in log if isinstance(e, ItemFinished)) == "completed"
    assert "item_not_closed" in quirks(log)


def test_an_open_item_of_a_cut_stream_is_incomplete():
    log, response = run(started(0, "function_call"), ArgumentsDelta(key=0, text='{"a'))
    assert next(e.status for e in log if isinstance(e, ItemFinished)) == "incomplete"
    assert response.ending == "truncated"


def test_a_second_finish_of_an_item_is_a_notice():
    log, _ = run(started(0), TextDelta(key=0, text="a"), ItemFinished(key=0), ItemFinished(key=0), STOP)
    assert kinds(log).count("ItemFinished") == 1
    assert quirks(log) == ["item_finished_twice"]


def test_a_delta_after_its_items_end_is_not_lost():
    log, response = run(started(0), TextDelta(key=0, text="a"), ItemFinished(key=0), TextDelta(key=0, text="b"), STOP)
    assert response.text == "ab"
    assert quirks(log) == ["delta_after_done"]


def test_a_block_index_used_again_after_its_end_is_a_new_item_c36():
    _, response = run(
        started(0), TextDelta(key=0, text="a"), ItemFinished(key=0), started(0), TextDelta(key=0, text="b"), STOP
    )
    assert response.text == "ab"
    assert len(response.items) == 2


def test_content_after_the_terminal_frame_is_kept_in_a_quirk_b38():
    log, response = run(TextDelta(text="a"), DONE, TextDelta(text="late"))
    assert response.text == "a"
    seen = next(e for e in log if isinstance(e, QuirkSeen))
    assert (seen.quirk, seen.data) == ("after_terminal", "late")


SITE = {"type": "url_citation", "url": "http://a.example"}


@pytest.mark.parametrize(
    ("late", "kept"),
    [
        (AnnotationAdded(annotation=SITE), SITE),
        (LogprobsAdded(logprobs=("a", "b")), ("a", "b")),
        (SignatureReported(signature="sig"), "sig"),
        (MediaAdded(media_type="image/png", data="aGk="), {"media_type": "image/png", "data": "aGk="}),
        (ItemStarted(key=9, type="function_call", name="ls"), {"type": "function_call", "name": "ls"}),
        (
            PartClaimed(key=9, item_type="message", claim=PartClaim("text", "late")),
            {"item_type": "message", "claim": {"kind": "text", "text": "late"}},
        ),
        (
            ItemClaimed(key=9, type="reasoning", parts=(PartClaim("summary", "s"),), annotations=(SITE,)),
            {
                "type": "reasoning",
                "status": "completed",
                "parts": [{"kind": "summary", "text": "s"}],
                "annotations": [SITE],
                "signature_kind": "encrypted_content",
            },
        ),
    ],
)
def test_whatever_comes_after_the_terminal_frame_is_kept_b38(late, kept):
    log, _ = run(TextDelta(text="a"), DONE, late)
    seen = next(e for e in log if isinstance(e, QuirkSeen))
    assert (seen.quirk, seen.data) == ("after_terminal", kept)


TOKEN = {"token": "a", "logprob": -0.5}
OWN = (
    started(0, details={"size": 1}),
    TextDelta(key=0, text="abc"),
    LogprobsAdded(key=0, logprobs=(TOKEN,)),
    AnnotationAdded(key=0, annotation=SITE),
)


def late_part(text, *logprobs, kind="text"):
    return PartClaimed(key=0, item_type="message", claim=PartClaim(kind, text, 0, logprobs))


def late_item(*texts, **members):
    parts = tuple(PartClaim("text", text, at) for at, text in enumerate(texts))
    return ItemClaimed(key=0, type="message", parts=parts, **members)


@pytest.mark.parametrize(
    "late",
    [
        late_part("abc", TOKEN),
        late_part("ab"),
        late_part(""),
        late_part(None),
        late_part("", kind="refusal"),
        late_item(),
        late_item("abc", annotations=(SITE,), details={"size": 1}),
        late_item("ab", "c"),
        late_item("ab"),
    ],
)
@pytest.mark.parametrize("closed", [True, False])
def test_a_late_snapshot_that_says_nothing_new_of_its_item_is_silent_b38(late, closed):
    log, response = run(*OWN, *([ItemFinished(key=0)] if closed else []), DONE, late)
    assert (response.text, quirks(log)) == ("abc", [])


@pytest.mark.parametrize(
    ("late", "kept"),
    [
        (late_part("abcd"), {"item_type": "message", "claim": {"kind": "text", "text": "abcd"}}),
        (late_part("xyz"), {"item_type": "message", "claim": {"kind": "text", "text": "xyz"}}),
        (late_part("no", kind="refusal"), {"item_type": "message", "claim": {"kind": "refusal", "text": "no"}}),
        (
            late_part("abc", TOKEN, TOKEN),
            {"item_type": "message", "claim": {"kind": "text", "text": "abc", "logprobs": [TOKEN, TOKEN]}},
        ),
        (late_item("ab", "d"), {"parts": [{"kind": "text", "text": "ab"}, {"kind": "text", "text": "d", "index": 1}]}),
        (late_item(annotations=(SITE, SITE)), {"annotations": [SITE, SITE]}),
        (late_item(details={"size": 2}), {"details": {"size": 2}}),
        (late_item(name="ls"), {"name": "ls"}),
        (late_item(call_id="k"), {"call_id": "k"}),
    ],
)
def test_a_late_snapshot_that_says_more_than_its_item_has_is_kept_b38(late, kept):
    log, response = run(*OWN, ItemFinished(key=0), DONE, late)
    assert (response.text, quirks(log)) == ("abc", ["after_terminal"])
    (seen,) = (event for event in log if isinstance(event, QuirkSeen))
    assert seen.item_id == "msg_0"
    assert {name: seen.data[name] for name in kept} == kept


def test_a_late_signature_is_kept_unless_it_is_the_known_one_b38():
    def late(signature):
        return ItemClaimed(key=0, type="reasoning", signature=signature)

    own = (TextDelta(text="a"), started(0, "reasoning"), SignatureReported(key=0, signature="s"), DONE)
    assert quirks(run(*own, late("s"))[0]) == []
    assert quirks(run(*own, late("t"))[0]) == ["after_terminal"]


def test_a_snapshot_behind_an_error_is_kept_where_it_says_more_g20():
    error = ErrorReported(error=ErrorInfo(kind="provider", message="boom"))
    log, response = run(started(0), TextDelta(key=0, text="ha"), error, late_part("ha"), late_part("half"))
    assert (response.text, quirks(log)) == ("ha", ["after_terminal"])


def test_an_error_after_the_end_is_a_notice_h16():
    error = ErrorReported(error=ErrorInfo(kind="provider", message="late"))
    log, response = run(TextDelta(text="a"), DONE, error)
    assert response.status == "completed"
    assert quirks(log) == ["error_after_terminal"]


def test_an_error_ends_the_answer_and_keeps_what_came_g20():
    error = ErrorReported(error=ErrorInfo(kind="provider", message="boom", code="server_error"))
    log, response = run(TextDelta(text="half"), error, error, TextDelta(text="more"))
    assert (response.text, response.status, response.finish_reason) == ("half", "failed", "error")
    assert len(response.errors) == 1
    assert "after_terminal" in quirks(log)


def test_reading_goes_on_after_a_finish_in_the_middle_c18():
    log, response = run(TextDelta(text="a"), STOP, TextDelta(text="b"), TextDelta(text="c"), STOP, EndMarker())
    assert response.text == "abc"
    assert quirks(log) == ["content_after_finish"]


def test_the_stronger_of_two_finish_reasons_stands_c12():
    calls = FinishClaimed(finish_reason="tool_calls", raw_finish_reason="tool_calls")
    for order in ((calls, STOP), (STOP, calls)):
        log, response = run(TextDelta(text="a"), *order, EndMarker())
        assert (response.finish_reason, response.raw_finish_reason) == ("tool_calls", "tool_calls")
        assert quirks(log) == ["finish_twice", "calls_missing"]


def test_a_repeated_finish_reason_is_silent():
    log, _ = run(TextDelta(text="a"), STOP, STOP, EndMarker())
    assert quirks(log) == []


def test_an_end_marker_without_finish_infers_one_c08():
    log, response = run(TextDelta(text="a"), EndMarker(name="[DONE]"))
    assert response.finish_reason == "stop"
    assert response.terminal_seen
    assert quirks(log) == ["finish_inferred"]


def test_an_end_marker_that_proves_nothing_infers_nothing_a16():
    _, response = run(TextDelta(text="a"), EndMarker(name="[DONE]", proof=False))
    assert (response.status, response.finish_reason) == ("incomplete", "truncated")


def test_an_end_marker_after_nothing_is_an_empty_stream_c34():
    _, response = run(EndMarker(name="[DONE]"))
    assert response.status == "failed"
    assert response.errors[0].code == "empty_stream"


def test_finish_without_the_promised_marker_is_named():
    log, response = run(TextDelta(text="a"), STOP, expects_marker=True)
    assert response.status == "completed"
    assert not response.terminal_seen
    assert quirks(log) == ["end_marker_missing"]


def test_a_neutral_end_follows_the_calls():
    _, response = run(started(0, "function_call"), ItemFinished(key=0), DONE)
    assert response.finish_reason == "tool_calls"


def test_a_refusal_alone_finishes_as_refusal_c38():
    _, response = run(RefusalDelta(text="no"), STOP)
    assert (response.finish_reason, response.refusal, response.text) == ("refusal", "no", "")


def test_usage_is_replaced_not_added_c22_and_zero_erases_nothing_c21():
    first = UsageReported(usage=Usage(input_tokens=900, output_tokens=1, raw={"n": 1}))
    second = UsageReported(usage=Usage(output_tokens=50, raw={"n": 2}))
    zero = UsageReported(usage=Usage(input_tokens=0, output_tokens=0, raw={"n": 3}))
    log, response = run(first, second, zero, TextDelta(text="a"), STOP)
    assert (response.usage.input_tokens, response.usage.output_tokens) == (900, 50)
    assert response.usage.raw == {"n": 2}
    assert quirks(log) == ["usage_zeroed"]


def test_no_output_is_believed_only_of_an_answer_that_said_nothing_c21_c30():
    start = UsageReported(usage=Usage(input_tokens=9, output_tokens=5))
    nothing = UsageReported(usage=Usage(input_tokens=9, output_tokens=0))
    log, response = run(start, nothing, STOP)
    assert (response.usage.output_tokens, quirks(log)) == (0, [])
    log, response = run(start, TextDelta(text="a"), nothing, STOP)
    assert (response.usage.output_tokens, quirks(log)) == (5, ["usage_zeroed"])


def test_usage_that_says_nothing_new_is_not_repeated():
    usage = UsageReported(usage=Usage(input_tokens=1))
    log, _ = run(usage, usage, STOP)
    assert kinds(log).count("UsageReported") == 1


def test_signatures_are_joined_unless_repeated_e23():
    log, response = run(
        started(0, "reasoning"),
        SignatureReported(key=0, signature="ab"),
        SignatureReported(key=0, signature="ab"),
        SignatureReported(key=0, signature="cd"),
        ItemFinished(key=0),
        STOP,
    )
    assert response.items[0].signature == "abcd"
    assert quirks(log) == ["signature_repeated", "reasoning_only"]


def test_a_signature_without_identity_belongs_to_the_open_item_e27():
    _, response = run(TextDelta(text="a"), SignatureReported(signature="s"), STOP)
    assert response.items[0].signature == "s"


def test_annotations_in_a_snapshot_are_given_out_once():
    key = item_key(0, "m")
    log, response = run(
        started(key, item_id="m"),
        TextDelta(key=key, text="a"),
        AnnotationAdded(key=key, annotation={"n": 1}),
        whole(key, "a", annotations=({"n": 1}, {"n": 2})),
        DONE,
    )
    assert response.items[0].annotations == ({"n": 1}, {"n": 2})
    assert kinds(log).count("AnnotationAdded") == 2


def told(log):
    return [(event.item_id, event.logprobs) for event in log if isinstance(event, LogprobsAdded)]


def test_log_probabilities_in_a_snapshot_are_given_out_once():
    key = item_key(0, "m")
    claim = PartClaim("text", "ab", 0, ("a", "b", "c"))
    log, response = run(
        started(key, item_id="m"),
        TextDelta(key=key, text="a"),
        LogprobsAdded(key=key, logprobs=("a",)),
        PartClaimed(key=key, item_type="message", claim=PartClaim("text", "ab", 0, ("a", "b"))),
        ItemClaimed(key=key, type="message", parts=(claim,)),
        DONE,
    )
    assert told(log) == [("m", ("a",)), ("m", ("b",)), ("m", ("c",))]
    assert response.items[0].logprobs == ("a", "b", "c")


def test_log_probabilities_under_another_index_than_their_snapshots_are_not_given_out_again():
    key = item_key(0, "m")
    claims = (PartClaim("text", "a", 1, ("a",)), PartClaim("text", "b", 2, ("b",)))
    _, response = run(
        started(key, item_id="m"),
        TextDelta(key=key, text="ab"),
        LogprobsAdded(key=key, logprobs=("a", "b")),
        ItemClaimed(key=key, type="message", parts=claims),
        DONE,
    )
    assert response.items[0].logprobs == ("a", "b")


def test_log_probabilities_of_an_item_that_was_never_announced_open_it():
    key = item_key(0, "m")
    log, response = run(LogprobsAdded(key=key, logprobs=("a",)), TextDelta(key=key, text="a"), DONE)
    assert [(item.type, item.text, item.logprobs) for item in response.items] == [("message", "a", ("a",))]
    assert kinds(log)[1:4] == ["ItemStarted", "LogprobsAdded", "TextDelta"]


def test_log_probabilities_without_identity_go_where_the_text_goes():
    _, response = run(
        LogprobsAdded(logprobs=("<think>",)),
        ReasoningDelta(text="r"),
        LogprobsAdded(logprobs=("r",)),
        TextDelta(text="a"),
        LogprobsAdded(logprobs=("a",)),
        ItemStarted(key="call", type="function_call", name="f", call_id="c"),
        LogprobsAdded(logprobs=("f",)),
        ItemFinished(key="call"),
        LogprobsAdded(logprobs=("x",)),
        STOP,
    )
    assert [(item.type, item.logprobs) for item in response.items] == [
        ("reasoning", ("<think>", "r")),
        ("message", ("a",)),
        ("function_call", ("f",)),
        ("message", ("x",)),
    ]


def test_no_more_log_probabilities_wait_than_may_be_held():
    log, response = run(*(LogprobsAdded(logprobs=(at,)) for at in range(4)), limits=Limits(held=2))
    assert kinds(log)[:3] == ["ResponseStarted", "ItemStarted", "LogprobsAdded"]
    assert response.items[0].logprobs == (0, 1, 2, 3)


@pytest.mark.parametrize("key", [None, 0])
def test_log_probabilities_count_as_characters_of_their_item(key):
    entries = tuple({"token": "a" * 30} for _ in range(4))  # some 40 characters each
    more = (LogprobsAdded(key=key, logprobs=(entry,)) for entry in entries)
    _, response = run(TextDelta(key=key, text="a"), *more, limits=Limits(item=100))
    assert response.errors[0].limit == "item"
    assert len(response.items[0].logprobs) == 2


def test_log_probabilities_behind_the_end_are_kept_in_the_quirk():
    log, response = run(TextDelta(text="a"), STOP, EndMarker(name="[DONE]"), LogprobsAdded(logprobs=("a",)))
    assert response.items[0].logprobs == ()
    assert [event.data for event in log if isinstance(event, QuirkSeen)] == [("a",)]


def test_log_probabilities_that_wait_are_linear_work():
    def prepare(n):
        events = [LogprobsAdded(choice=at, logprobs=("a",)) for at in range(n)]
        ledger = Ledger()
        return lambda: [*(ledger.feed(event) for event in events), ledger.close()]

    held_linear(prepare, n=100)


def test_media_belong_to_the_message():
    _, response = run(MediaAdded(media_type="image/png", data="aGk="), STOP)
    assert response.items[0].media == ({"media_type": "image/png", "data": "aGk="},)
    assert not response.empty


def test_reclassified_text_moves_to_reasoning_e04():
    log, response = run(TextDelta(text="thought\n</think>"), TextReclassified(characters=16, reasoning="thought"), STOP)
    assert (response.text, response.reasoning) == ("", "thought")
    assert kinds(log).count("PartReplaced") == 1


def test_reclassifying_parts_the_tokens_where_it_parts_the_text():
    tokens = [{"token": token} for token in ("ke", "ep", "<think>", "x", "</think>")]
    _, response = run(
        LogprobsAdded(logprobs=("odd",), kind="refusal"),
        *(each for token in tokens for each in (TextDelta(text=token["token"]), LogprobsAdded(logprobs=(token,)))),
        TextReclassified(characters=16, kept="", reasoning="x"),
        STOP,
    )
    told = [(item.type, item.text or item.reasoning, item.logprobs) for item in response.items]
    assert told == [("message", "keep", ("odd", *tokens[:2])), ("reasoning", "x", tuple(tokens[2:]))]


def test_reclassifying_keeps_what_stood_before():
    _, response = run(
        TextDelta(text="keep <think>x</think>"),
        TextReclassified(characters=16, kept="", reasoning="x"),
        TextDelta(text=" on"),
        STOP,
    )
    assert (response.text, response.reasoning) == ("keep  on", "x")


def test_terminal_output_is_compared_by_type_and_id_only():
    key = item_key(0, "m")
    base = (started(key, item_id="m", position=0), TextDelta(key=key, text="hi"), whole(key, "hi", wire_id="m"))
    for inventory, quirk in (
        (TerminalInventory(shape="null"), ["terminal_output_null"]),
        (TerminalInventory(shape="list"), ["terminal_output_differs"]),
        (TerminalInventory(shape="list", items=(("message", "other"),)), []),
        (TerminalInventory(shape="list", items=(("message", "m"), ("mcp_list_tools", "x"))), ["terminal_only_items"]),
    ):
        log, response = run(*base, inventory, DONE)
        assert quirks(log) == quirk
        assert response.text == "hi"


def test_only_if_silent_claims_are_ignored_after_deltas_b22():
    claim = ItemClaimed(key="w", type="message", parts=(PartClaim("text", "hi"),), only_if_silent=True)
    _, response = run(TextDelta(text="hi"), claim, STOP)
    assert response.text == "hi"
    _, response = run(claim, STOP)
    assert response.text == "hi"


@pytest.mark.parametrize(
    ("limits", "events", "name"),
    [
        (Limits(text=3), [TextDelta(text="abcd")], "text"),
        (Limits(text=3), [TextDelta(text="ab"), ReasoningDelta(text="cd")], "text"),
        (Limits(item=3), [TextDelta(text="ab"), TextDelta(text="cd")], "item"),
        (Limits(arguments=3), [started(0, "function_call"), ArgumentsDelta(key=0, text="abcd")], "arguments"),
        (Limits(items=1), [started(0), started(1)], "items"),
        (Limits(item=60), [AnnotationAdded(annotation=SITE), AnnotationAdded(annotation=SITE)], "item"),
        (Limits(item=60), [ItemClaimed(key=0, type="message", annotations=(SITE, SITE))], "item"),
        (
            Limits(item=3),
            [ItemClaimed(key=0, type="message", media=(MediaAdded(media_type="i", data="aGk="),))],
            "item",
        ),
        (Limits(items=1), [TextDelta(text="a"), ReasoningDelta(text="b")], "items"),
    ],
)
def test_limits_end_the_stream_and_keep_what_came_before(limits, events, name):
    log, response = run(*events, limits=limits)
    assert response.status == "failed"
    assert response.errors[0].limit == name
    assert isinstance(log[-1], StreamEnded)


def test_the_wire_id_is_the_items_id_and_ids_are_never_given_twice():
    _, response = run(started(0, item_id="x"), ItemFinished(key=0), started(1, item_id="x"), ItemFinished(key=1), STOP)
    ids = [item.id for item in response.items]
    assert ids[0] == "x"
    assert len(set(ids)) == len(ids)


def test_nothing_at_all_still_obeys_the_grammar():
    log, response = run()
    assert kinds(log) == ["ResponseStarted", "StreamEnded"]
    assert response.errors[0].code == "empty_stream"


def test_length_marks_open_items_incomplete_c37():
    length = FinishClaimed(finish_reason="length", raw_finish_reason="length")
    log, response = run(TextDelta(text="a"), length, EndMarker())
    assert (response.status, response.finish_reason) == ("incomplete", "length")
    assert next(e.status for e in log if isinstance(e, ItemFinished)) == "incomplete"
    finished = next(e for e in log if isinstance(e, ResponseFinished))
    assert finished.status == "incomplete"


def test_errors_are_told_apart_without_looking_at_all_of_them():
    def prepare(n):
        errors = [ErrorReported(error=ErrorInfo(kind="provider", code="c", message=f"m{at}")) for at in range(n)]
        ledger = Ledger()
        return lambda: [ledger.feed(error) for error in errors]

    held_linear(prepare, n=100)


def test_a_signature_in_many_pieces_is_one():
    log, response = run(*(SignatureReported(key=1, signature=piece) for piece in ("ab", "c", "abc", "c")))
    assert response.items[0].signature == "abcc"
    assert quirks(log)[0] == "signature_repeated"


@pytest.mark.parametrize(
    "event", [MediaAdded(key=1, media_type="image/png", data="x" * 6), SignatureReported(key=1, signature="x" * 6)]
)
def test_media_and_signatures_count_as_characters_of_their_item(event):
    limits = Limits(item=6)
    assert [error.limit for error in run(event, DONE, limits=limits)[1].errors] == []
    _, response = run(event, SignatureReported(key=1, signature="y"), DONE, limits=limits)
    assert [error.limit for error in response.errors] == ["item"]


def test_short_claims_are_not_held_against_all_of_a_long_text():
    claims = [PartClaimed(key=1, item_type="message", claim=PartClaim("text", text)) for text in ("x", "", "xx", None)]
    log, response = run(TextDelta(key=1, text="xxx"), *claims, DONE)
    assert response.text == "xxx"
    assert quirks(log) == ["done_shorter"] * 4
    claim = PartClaimed(key=1, item_type="function_call", claim=PartClaim("arguments", "y"))
    log, response = run(
        ItemStarted(key=1, type="function_call", name="f"), ArgumentsDelta(key=1, text='{"a":1}'), claim, claim, DONE
    )
    assert quirks(log).count("done_differs") == 2
    grown = PartClaimed(key=1, item_type="function_call", claim=PartClaim("arguments", "{}"))
    _, response = run(
        ItemStarted(key=1, type="function_call", name="f"), ArgumentsDelta(key=1, text='{"a":1}'), claim, grown, DONE
    )
    assert response.items[0].parts[0].text == "{}"


def test_usage_that_is_too_deep_to_be_compared_or_shown_is_passed_on():
    first, second = nested(100_000), nested(100_000)
    log, response = run(
        UsageReported(usage=Usage(input_tokens=3, raw=first)),
        UsageReported(usage=Usage(input_tokens=3, raw=second)),
        UsageReported(usage=Usage(input_tokens=0, raw=second)),
        DONE,
    )
    assert response.usage.input_tokens == 3
    assert quirks(log) == ["usage_zeroed"]


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value
