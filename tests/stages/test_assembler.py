import pytest

import streamkit
from streamkit.dialects.table import BUILT_IN
from streamkit.errors import ErrorInfo
from streamkit.events import (
    ErrorReported,
    Event,
    ItemStarted,
    QuirkSeen,
    ReasoningDelta,
    ResponseFinished,
    ResponseStarted,
    StreamEnded,
    TextDelta,
    ToolCallReady,
)
from streamkit.items import ToolCall
from streamkit.response import Response
from streamkit.stages.assembler import Assembler

BOOM = ErrorInfo(kind="provider", message="boom", code="x")
GONE = ErrorInfo(kind="transport", message="gone")
SILENT = ErrorInfo(kind="stall", message="silence", phase="idle")
STARTED = ResponseStarted(response_id="r1", model="m1")
ITEM = ItemStarted(item_id="i1", type="message")
SAID = TextDelta(item_id="i1", text="a")
STOP = ResponseFinished(finish_reason="stop", raw_finish_reason="stop")


def run(*events, ended=None):
    """The log, the verdict and the response, which must be equal to the log's."""
    stage = Assembler()
    log = []
    for event in (*events, ended or StreamEnded()):
        log += stage.feed(event)
    log += stage.close()
    assert Response.from_events(log) == stage.response
    assert stage.ended == log[-1]
    return log, log[-1], stage.response


def quirks(log):
    return [event.quirk for event in log if isinstance(event, QuirkSeen)]


def test_everything_passes_it_unchanged():
    class Mine(Event):
        pass

    events = [STARTED, ITEM, SAID, Mine(), STOP]
    log, _, response = run(*events)
    assert log[:-1] == events
    assert (response.text, response.id) == ("a", "r1")


def test_an_event_of_the_callers_own_class_says_what_its_base_says():
    class Loud(TextDelta, frozen=True, kw_only=True):
        volume: int = 0

    _, _, response = run(STARTED, ITEM, Loud(item_id=SAID.item_id, text="loud", volume=9), STOP)
    assert response.text == "loud"


def test_the_response_is_readable_at_any_moment():
    stage = Assembler()
    assert stage.response == Response()
    for event in (STARTED, ITEM, SAID):
        stage.feed(event)
    assert (stage.response.text, stage.finished, stage.ended) == ("a", None, None)
    stage.feed(STOP)
    assert stage.finished == STOP


@pytest.mark.parametrize(
    ("status", "ending"),
    [("completed", "completed"), ("incomplete", "incomplete"), ("failed", "failed"), ("cancelled", "cancelled")],
)
def test_a_finished_answer_ends_as_its_status_says(status, ending):
    finished = ResponseFinished(finish_reason="stop", status=status)
    _, verdict, response = run(STARTED, ITEM, SAID, finished)
    assert (verdict.ending, verdict.error, verdict.terminal_seen, response.ending) == (ending, None, True, ending)


def test_an_error_decides_over_the_finish():
    _, verdict, _ = run(STARTED, ITEM, SAID, ErrorReported(error=BOOM), STOP)
    assert (verdict.ending, verdict.error) == ("failed", BOOM)


@pytest.mark.parametrize(("ending", "error"), [("stalled", SILENT), ("disconnected", GONE), ("truncated", None)])
def test_an_answer_whose_end_was_seen_stands_h16(ending, error):
    log, verdict, response = run(STARTED, ITEM, SAID, STOP, ended=StreamEnded(ending=ending, error=error))
    assert (verdict.ending, verdict.error, response.errors) == ("completed", None, ())
    assert quirks(log) == ["close_error"]


def test_a_finish_without_word_or_marker_does_not_save_a_broken_stream():
    inferred = ResponseFinished(finish_reason="stop", terminal=False)
    log, verdict, _ = run(STARTED, ITEM, SAID, inferred, ended=StreamEnded(ending="disconnected", error=GONE))
    assert (verdict.ending, verdict.error, quirks(log)) == ("disconnected", GONE, [])


@pytest.mark.parametrize(("ending", "error"), [("stalled", SILENT), ("disconnected", GONE)])
@pytest.mark.parametrize("reason", ["truncated", "stop"])
def test_a_choice_that_did_not_finish_is_not_saved_by_one_that_did_b30(ending, error, reason):
    finished = ResponseFinished(
        finish_reason="stop",
        raw_finish_reason="stop",
        finishes=((0, "stop", "stop"), (1, reason, "")),
        terminal=False,
    )
    log, verdict, _ = run(STARTED, ITEM, SAID, finished, ended=StreamEnded(ending=ending, error=error))
    assert (verdict.ending, verdict.error, quirks(log)) == (ending, error, [])


@pytest.mark.parametrize("ending", ["cancelled", "refused", "failed"])
def test_other_endings_are_the_drivers_word(ending):
    _, verdict, _ = run(STARTED, ITEM, SAID, STOP, ended=StreamEnded(ending=ending, error=BOOM))
    assert (verdict.ending, verdict.error) == (ending, BOOM)


def test_an_end_without_a_finish_is_a_cut_with_something_usable_c03():
    log, verdict, response = run(STARTED, ITEM, SAID)
    assert (verdict.ending, verdict.error.code, verdict.error.retryable) == ("truncated", "truncated", False)
    assert (quirks(log), response.finish_reason) == (["terminal_missing"], "truncated")


@pytest.mark.parametrize(
    ("events", "code"),
    [([STARTED], "no_terminal"), ([ResponseStarted(), ITEM], "no_terminal"), ([ResponseStarted()], "empty_stream")],
)
def test_an_end_without_anything_usable_can_be_tried_again_c03_c09(events, code):
    log, verdict, response = run(*events)
    assert (verdict.ending, verdict.error.code, verdict.error.retryable) == ("truncated", code, True)
    assert (quirks(log), response.status) == ([], "failed")


def test_a_stream_of_which_no_frame_could_be_read_is_an_error_of_the_wire():
    corrupt = QuirkSeen(quirk="corrupt_frame", effect="lossy", detail="<html>", data={"at": 0})
    _, verdict, _ = run(ResponseStarted(), corrupt)
    assert (verdict.ending, verdict.error.kind, verdict.error.code) == ("failed", "wire", "unreadable_stream")
    assert "<html>" in verdict.error.message


def test_one_turn_over_several_choices_is_named_b31():
    call = ToolCall(call_id="c", name="n", arguments="{}")
    item = ItemStarted(item_id="f", type="function_call", choice=1)
    log, _, response = run(STARTED, ITEM, SAID, item, ToolCallReady(item_id="f", choice=1, call=call), STOP)
    assert quirks(log) == ["split_choices"]
    assert (response.text, len(response.tool_calls)) == ("a", 1)


def test_reasoning_alone_is_named_c07():
    thought = [ItemStarted(item_id="r", type="reasoning"), ReasoningDelta(item_id="r", text="hm")]
    assert "reasoning_only" in quirks(run(STARTED, *thought, STOP)[0])


def test_the_number_of_the_farewell_is_kept():
    assert run(STARTED, ended=StreamEnded(sequence_number=9))[1].sequence_number == 9


def test_only_a_terminal_finish_counts_as_seen():
    finished = ResponseFinished(finish_reason="stop", raw_finish_reason="stop", terminal=False)
    assert run(STARTED, ITEM, SAID, finished)[1].terminal_seen is False


@pytest.mark.parametrize("dialect", [name for name in BUILT_IN if name != "replicate"])
def test_a_stream_without_any_frame_of_its_dialect_is_an_error_of_the_wire_a17(dialect):
    body = b'data: {"greeting": "hello"}\n\n'
    if dialect.startswith("bedrock"):
        body = b'{"greeting": "hello"}'
    response = streamkit.assemble([body], dialect, on_error="event")
    error = response.errors[0]
    assert (error.kind, error.code, response.status) == ("wire", "unreadable_stream", "failed")
    assert "greeting" in error.message
