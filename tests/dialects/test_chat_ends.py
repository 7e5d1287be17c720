"""How chat answers end: finish reasons, usage, errors."""

import pytest
from chat_frames import DONE, chunk, decode, frame, of, quirks_of, text_of

import streamkit
from streamkit.events import ErrorReported, MetadataReported, TextDelta, UsageReported
from streamkit.evidence import EndMarker, FinishClaimed

USAGE = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}


def usage_frame(usage=None):
    return frame({"id": "c1", "model": "m1", "choices": [], "usage": usage or USAGE})


def finishes(events):
    return [(event.choice, event.finish_reason, event.raw_finish_reason) for event in of(events, FinishClaimed)]


@pytest.mark.parametrize("word", ["", "null", " ", None])
def test_c11_empty_finish_words_are_none(word):
    events = decode(*(chunk({"content": text}, finish=word) for text in "ab"))
    assert (text_of(events), finishes(events), quirks_of(events)) == ("ab", [], [])


def test_c12_every_claim_is_passed_on():
    events = decode(chunk({}, finish="tool_calls"), chunk({}, finish="stop"), DONE)
    assert finishes(events) == [(0, "tool_calls", "tool_calls"), (0, "stop", "stop")]


def test_c14_c16_words_without_a_meaning_are_named():
    events = decode(chunk({"content": "a"}, finish="zonk"), chunk({}, finish=2))
    assert finishes(events) == [(0, "unknown", "zonk"), (0, "unknown", "2")]
    assert quirks_of(events) == ["finish_unknown", "finish_unknown"]


@pytest.mark.parametrize(
    "choice",
    [
        {"delta": {"content": "a"}, "stop_reason": "stop"},
        {"message": {"content": "a"}, "stop_reason": "###"},
        {"message": {"content": "a"}, "stop_reason": 128009},
    ],
)
def test_c15_a_stop_reason_beside_a_delta_or_in_no_word_that_is_known_ends_nothing(choice):
    """VLLM's is the stop string or the token that was met."""
    events = decode(frame({"id": "c1", "choices": [{"index": 0, "finish_reason": None, **choice}]}))
    assert (text_of(events), of(events, FinishClaimed)) == ("a", [])


def test_c15_a_failure_as_finish_word_is_an_error():
    events = decode(chunk({"content": "half"}), chunk({}, finish="insufficient_system_resource"))
    (error,) = of(events, ErrorReported)
    assert (error.error.code, error.error.retryable) == ("insufficient_system_resource", True)
    assert finishes(events) == [(0, "error", "insufficient_system_resource")]
    assert text_of(events) == "half"


def test_c15_a_full_window_is_a_length_with_a_code():
    (finish,) = of(decode(chunk({}, finish="model_context_window_exceeded")), FinishClaimed)
    assert (finish.finish_reason, finish.details) == ("length", {"code": "context_overflow"})


def test_c18_content_after_a_finish_goes_on():
    events = decode(chunk({"content": "a"}, finish="stop"), chunk({"content": "b"}), DONE)
    assert text_of(events) == "ab"


# usage


@pytest.mark.parametrize(
    "last",
    [
        chunk({}, finish="stop", usage=USAGE),
        chunk({}, finish="stop", choice={"usage": USAGE}),
        chunk({}, finish="stop", x_groq={"id": "r", "usage": USAGE}),
        chunk({}, finish="stop", **{"amazon-bedrock-invocationMetrics": {"inputTokenCount": 9, "outputTokenCount": 2}}),
    ],
)
def test_c20_c23_c24_usage_from_anywhere(last):
    events = decode(chunk({"content": "a"}), last, DONE)
    (event,) = of(events, UsageReported)
    assert (event.usage.input_tokens, event.usage.output_tokens) == (9, 2)
    assert quirks_of(events) == []


def test_c21_null_usage_is_none_and_the_same_usage_no_news():
    events = decode(chunk({"content": "a"}, usage=None), chunk({}, finish="stop", usage=USAGE), usage_frame())
    assert len(of(events, UsageReported)) == 1


def test_c22_running_counts_come_through():
    events = decode(*(chunk({"content": "a"}, usage={"completion_tokens": n}) for n in (1, 2, 2, 3)))
    assert [event.usage.output_tokens for event in of(events, UsageReported)] == [1, 2, 3]
    assert (text_of(events), quirks_of(events)) == ("aaaa", [])


def test_c35_usage_behind_the_end_marker_is_read():
    events = decode(chunk({"content": "a"}), chunk({}, finish="stop"), DONE, usage_frame())
    assert len(of(events, UsageReported)) == 1


@pytest.mark.parametrize("usage", ["many", 7, [1], {"prompt_tokens": "many"}])
def test_j13_usage_of_another_type_stops_nothing(usage):
    events = decode(chunk({"content": "a"}, usage=usage), chunk({"content": "b"}))
    assert (text_of(events), of(events, UsageReported)) == ("ab", [])


# ends


def test_c08_the_end_marker_proves_the_end_and_no_finish_is_invented():
    events = decode(chunk({"content": "a"}), usage_frame(), DONE)
    assert finishes(events) == []
    assert of(events, EndMarker) == [EndMarker(name="[DONE]", proof=True)]


def test_c10_a_closing_usage_frame_is_a_finish():
    events = decode(chunk({"content": "a"}), usage_frame())
    assert of(events, FinishClaimed) == [FinishClaimed(finish_reason="stop", inferred=True)]
    assert quirks_of(events) == ["finish_inferred"]


@pytest.mark.parametrize(
    "frames",
    [
        (usage_frame(),),
        (chunk({"content": "a"}), usage_frame(), chunk({"content": "b"})),
        (chunk({"content": "a"}, usage=USAGE),),
        (chunk({"content": "a"}), usage_frame(), frame({"error": {"message": "boom"}})),
    ],
)
def test_c10_other_usage_is_no_evidence(frames):
    assert of(decode(*frames), FinishClaimed) == []


def read(*frames):
    """The response of these frames, sent as an event stream."""
    body = b"".join(b"data: " + frame.data + b"\n\n" for frame in frames)
    return streamkit.assemble(body, "chat", on_error="event")


def ends(response):
    return [(choice.index, choice.text, choice.finish_reason) for choice in response.choices]


def spoken(*indexes):
    """A chunk of text for each of these choices; its text is its index."""
    return [chunk({"content": str(index)}, index=index) for index in indexes]


STOP = chunk({}, finish="stop")


def test_c10_a_closing_usage_frame_finishes_every_choice():
    response = read(*spoken(0, 1), usage_frame())
    assert (response.status, response.finish_reason, response.terminal_seen) == ("completed", "stop", False)
    assert ends(response) == [(0, "0", "stop"), (1, "1", "stop")]
    assert [(quirk.id, quirk.count) for quirk in response.quirks] == [
        ("finish_inferred", 1),
        ("end_marker_missing", 1),
    ]


def test_c10_a_closing_usage_frame_finishes_the_choices_that_have_no_finish_of_their_own():
    response = read(*spoken(0, 1, 2), chunk({}, index=1, finish="length"), usage_frame())
    assert ends(response) == [(0, "0", "stop"), (1, "1", "length"), (2, "2", "stop")]
    assert "finish_inferred" in {quirk.id for quirk in response.quirks}


def test_c10_usage_between_choices_is_no_evidence():
    response = read(*spoken(0, 1), STOP, usage_frame(), *spoken(1))
    assert ends(response) == [(0, "0", "stop"), (1, "11", "truncated")]


def test_c10_b31_a_closing_usage_frame_finishes_a_turn_that_was_split():
    called = {"index": 0, "id": "k", "type": "function", "function": {"name": "ls", "arguments": "{}"}}
    response = read(*spoken(0), chunk({"tool_calls": [called]}, index=1), usage_frame())
    assert (response.status, response.finish_reason) == ("completed", "tool_calls")
    assert [call.name for call in response.tool_calls] == ["ls"]


@pytest.mark.parametrize(
    ("arguments", "status", "finish", "states"),
    [('{"p":1}', "completed", "tool_calls", ["complete"]), ('{"p":', "incomplete", "truncated", ["truncated"])],
)
def test_c10_the_calls_say_what_a_closing_usage_frame_ends(arguments, status, finish, states):
    called = {"index": 0, "id": "k", "type": "function", "function": {"name": "ls", "arguments": arguments}}
    response = read(*spoken(0), chunk({"tool_calls": [called]}), usage_frame())
    assert (response.status, response.finish_reason, response.raw_finish_reason) == (status, finish, "")
    assert [call.state for call in response.tool_calls + response.dropped_calls] == states
    noted = {quirk.id for quirk in response.quirks}
    assert "finish_inferred" in noted
    assert "finish_corrected" not in noted  # no finish reason was there to correct


ROLES = [chunk({"role": "assistant"}), chunk({"role": "assistant"}, index=1)]
BOTH = frame({"id": "c1", "model": "m1", "choices": [{"index": at, "delta": {"role": "assistant"}} for at in (0, 1)]})


@pytest.mark.parametrize("roles", [ROLES, [BOTH]])
def test_b30_a_choice_that_was_announced_and_cut_is_seen(roles):
    response = read(*roles, *spoken(0), STOP)
    assert (response.status, response.text, response.ending) == ("incomplete", "0", "truncated")
    assert ends(response) == [(0, "0", "stop"), (1, "", "truncated")]
    assert [quirk.id for quirk in response.quirks] == ["terminal_missing"]


@pytest.mark.parametrize("roles", [ROLES, [BOTH]])
@pytest.mark.parametrize("rest", [[chunk({}, index=1, finish="stop")], [DONE], [usage_frame()]])
def test_b30_a_choice_that_was_announced_and_said_nothing_was_not_cut_where_the_answer_is_over(roles, rest):
    response = read(*roles, *spoken(0), STOP, *rest)
    assert (response.status, response.finish_reason, response.text) == ("completed", "stop", "0")


def test_b30_usage_ends_nothing_while_a_choice_that_was_announced_is_waited_for():
    response = read(*ROLES, *spoken(0), STOP, usage_frame(), *spoken(1), chunk({}, index=1, finish="stop"), DONE)
    assert ends(response) == [(0, "0", "stop"), (1, "1", "stop")]
    assert response.quirks == ()


def test_b31_a_first_choice_that_says_nothing_is_a_turn_that_was_split():
    response = read(BOTH, *spoken(1), chunk({}, index=1, finish="stop"))
    assert (response.status, response.finish_reason, response.text) == ("completed", "stop", "1")


def test_b30_where_no_choice_finished_nothing_is_claimed():
    response = read(BOTH)
    assert (response.status, response.ending) == ("failed", "truncated")


def test_c09_a_cut_stream_claims_nothing():
    events = decode(chunk({"content": "half"}))
    assert of(events, FinishClaimed, EndMarker) == []


# errors


@pytest.mark.parametrize(
    ("payload", "code", "message"),
    [
        ({"error": {"message": "boom", "type": "server_error", "code": 500}}, "500", "boom"),
        ({"error": "overloaded"}, "", "overloaded"),
        ({"code": "permission", "error": "not allowed"}, "permission", "not allowed"),
        ({"detail": "Not Found"}, "", "Not Found"),
        (
            {"choices": None, "error_type": "engine_overloaded", "error_message": "try later"},
            "engine_overloaded",
            "try later",
        ),
        ({"choices": None, "base_resp": {"status_code": 1008, "status_msg": "no balance"}}, "1008", "no balance"),
        ({"x_groq": {"error": "over capacity"}}, "", "over capacity"),
        ({"choices": [], "error": {"message": "boom", "code": "x"}}, "x", "boom"),
    ],
)
def test_g02_g04_g05_g06_c24_errors_of_every_shape(payload, code, message):
    (event,) = of(decode(chunk({"content": "a"}), frame(payload)), ErrorReported)
    assert (event.error.code, event.error.message) == (code, message)


def test_g06_status_zero_is_no_error():
    events = decode(chunk({"content": "a"}, base_resp={"status_code": 0, "status_msg": ""}))
    assert of(events, ErrorReported) == []


def test_g03_the_delta_is_read_before_the_error_and_the_finish():
    error = {"code": 502, "message": "Provider disconnected"}
    events = decode(chunk({"content": "a"}), chunk({"content": "b"}, finish="error", error=error))
    assert text_of(events) == "ab"
    order = [type(event) for event in events if isinstance(event, TextDelta | ErrorReported | FinishClaimed)]
    assert order == [TextDelta, TextDelta, ErrorReported, FinishClaimed]
    (report,) = of(events, ErrorReported)
    assert (report.error.code, report.error.retryable) == ("502", True)
    assert finishes(events) == [(0, "error", "error")]


def test_c24_an_error_in_groqs_wrapper_is_what_the_finish_word_reports():
    wrapper = {"id": "r", "error": "over capacity"}
    events = decode(chunk({"content": "a"}), chunk({}, finish="error", x_groq=wrapper))
    assert [event.error.message for event in of(events, ErrorReported)] == ["over capacity"]
    assert finishes(events) == [(0, "error", "error")]


def test_g11_the_finish_word_makes_text_an_error_not_its_look():
    events = decode(chunk({"content": "quota exhausted"}, finish="error_finish"))
    (report,) = of(events, ErrorReported)
    assert report.error.message == "quota exhausted"
    assert text_of(events) == "quota exhausted"
    healthy = decode(chunk({"content": "event:error\ndata:{}"}, finish="stop"))
    assert of(healthy, ErrorReported) == []


def test_g18_a_refused_generation_keeps_what_was_generated():
    error = {"code": "tool_use_failed", "message": "Failed to call", "failed_generation": "<function=ls>"}
    (report,) = of(decode(frame({"error": error}, event="error")), ErrorReported)
    assert report.error.code == "tool_use_failed"
    assert report.error.raw["error"]["failed_generation"] == "<function=ls>"


@pytest.mark.parametrize("payload", [{"message": "boom"}, {"reason": "boom"}])
def test_g21_an_error_event_is_an_error_whatever_it_holds(payload):
    assert len(of(decode(frame(payload, event="error")), ErrorReported)) == 1


def test_g25_warnings_are_no_errors():
    events = decode(
        frame({"type": "warning", "message": "falling back"}),
        chunk({"content": "a"}, warnings=[{"message": "old model"}]),
        chunk({"content": "b"}),
    )
    assert (of(events, ErrorReported), text_of(events)) == ([], "ab")
    assert quirks_of(events) == ["provider_warning", "provider_warning"]


def test_one_error_is_told_once_though_its_frames_repeat_it():
    events = decode(frame({"error": {"message": "boom"}}), chunk({}, finish="error"))
    assert len(of(events, ErrorReported)) == 1


def test_metadata_is_reported_when_it_changes():
    events = decode(chunk({"content": "a"}, service_tier="a"), chunk({}, finish="stop", service_tier="a"))
    assert of(events, MetadataReported) == []


def test_a_claimed_finish_is_never_inferred_again():
    events = decode(chunk({"content": "a"}), chunk({}, finish="length"), usage_frame())
    assert finishes(events) == [(0, "length", "length")]
    assert quirks_of(events) == []


def call(index, arguments, name=None):
    return {"tool_calls": [{"index": index, "id": name, "function": {"name": name, "arguments": arguments}}]}


def answer(*frames):
    response = streamkit.assemble(b"".join(b"data: %s\n\n" % each.data for each in frames), "chat", on_error="event")
    return response, [(each.name, each.state) for each in (*response.tool_calls, *response.dropped_calls)]


@pytest.mark.parametrize("arguments", ["", '{"path":', '{"path":"/"}'])
def test_b30_a_finish_reason_does_not_speak_for_a_call_that_begins_behind_it(arguments):
    first = chunk(call(0, "{}", "look"), finish="tool_calls")
    response, calls = answer(first, chunk(call(1, "", "remove")), chunk(call(1, arguments)))
    assert (response.ending, calls) == ("truncated", [("look", "complete"), ("remove", "truncated")])


def test_b30_a_call_behind_a_finish_reason_is_whole_with_one_of_its_own_or_an_end_marker():
    first, second = (chunk(call(i, "{}", name), finish="tool_calls") for i, name in enumerate(("look", "remove")))
    unfinished = chunk(call(1, "{}", "remove"))
    for frames in ((first, second), (first, unfinished, DONE), (first, unfinished, chunk({}, finish="tool_calls"))):
        response, calls = answer(*frames)
        assert (response.ending, calls) == ("completed", [("look", "complete"), ("remove", "complete")])


def test_b30_text_behind_a_finish_reason_was_cut_where_the_stream_breaks_off_inside_a_frame():
    stopped = chunk({"content": "a"}, finish="stop")
    wire = b"".join(b"data: %s\n\n" % each.data for each in (stopped, chunk({"content": "b"})))
    for tail, ending in ((b"", "completed"), (b'data: {"choi', "truncated")):
        response = streamkit.assemble(wire + tail, "chat", on_error="event")
        assert (response.ending, response.text) == (ending, "ab")
    response = streamkit.assemble(b"data: %s\n\ndata: [DO" % stopped.data, "chat")
    assert (response.ending, response.text) == ("completed", "a")


def test_b30_an_answer_that_simply_ends_was_cut_where_it_breaks_off_inside_a_frame():
    wire = b'data: {"value":"a"}\n\n'
    endings = [streamkit.assemble(wire + tail, "writer", on_error="event").ending for tail in (b"", b'data: {"va')]
    assert endings == ["completed", "truncated"]
