import pytest

from streamkit.fuzzing import cases as module
from streamkit.fuzzing.cases import baseline, cases_of, spread
from streamkit.fuzzing.judging import Expectation
from streamkit.fuzzing.outcomes import Call
from streamkit.fuzzing.wires import wires_of
from streamkit.quirks.catalogue import quirk_named
from streamkit.testing.faults import Hang, PrematureClose

CALLS = wires_of("chat", only=["one-call"])[0]
TEXT = wires_of("chat", only=["text"])[0]


def test_the_healthy_wire_asks_for_all_of_it():
    case = baseline(CALLS)
    assert case.body == CALLS.data
    assert case.expected == Expectation(text="", tool_calls=(Call("get_weather", '{"city": "Kiel", "days": 2}'),))
    assert case.playback.content_type == "text/event-stream; charset=utf-8"


def test_a_planted_quirk_is_in_the_body_and_the_healthy_answer_is_asked_for():
    cases = list(cases_of(quirk_named("done_variant"), TEXT))
    assert [case.body != TEXT.data for case in cases] == [True] * len(cases)
    assert {case.expected.text for case in cases} == {"It is mild in Kiel: 14 °C, light rain.\nTake a coat."}
    assert [case.quirk for case in cases] == ["done_variant"] * len(cases)


def test_places_where_the_quirk_does_not_show_are_passed_over(monkeypatch):
    monkeypatch.setattr(module, "read", lambda *_: TEXT.response)
    assert list(cases_of(quirk_named("done_variant"), TEXT)) == []


def test_places_are_spread_over_the_wire():
    every = [case.place for case in cases_of(quirk_named("empty_data"), TEXT)]
    some = [case.place for case in cases_of(quirk_named("empty_data"), TEXT, 3)]
    assert len(every) > 5
    assert some == [every[0], every[(len(every) - 1) // 2], every[-1]]
    assert spread(list("abc"), 1) == ["a"]
    assert spread(list("abc"), 0) == spread(list("abc"), 3) == list("abc")


@pytest.mark.parametrize(
    ("quirk", "fault"),
    [
        ("connection_left_open", Hang(at=len(TEXT.data), limit=module.HELD)),
        ("close_error", PrematureClose()),
    ],
)
def test_what_a_connection_does_is_played(quirk, fault):
    played = [case.playback.faults for case in cases_of(quirk_named(quirk), TEXT)]
    assert (fault,) in played


def test_a_wrong_content_type_is_played():
    types = [case.playback.content_type for case in cases_of(quirk_named("content_type"), TEXT)]
    assert types == ["text/plain", ""]


def test_a_body_that_is_no_event_stream_is_not_called_one():
    whole = [case.playback for case in cases_of(quirk_named("non_stream_body"), TEXT)]
    assert [playback.content_type for playback in whole] == ["application/json"]
    assert whole[0].body.startswith(b"{")
    lines = [case.playback for case in cases_of(quirk_named("framing_ndjson"), TEXT)]
    assert [playback.content_type for playback in lines] == ["application/x-ndjson"]


def test_markup_may_stay_in_the_text():
    blocks = [case.expected for case in cases_of(quirk_named("think_block"), TEXT)]
    said = "It is mild in Kiel: 14 °C, light rain.\nTake a coat."
    assert {asked.text for asked in blocks} == {said}
    assert f"<think></think>{said}" in {asked.verbatim for asked in blocks}
    leaked = {case.expected.verbatim for case in cases_of(quirk_named("harmony_in_content"), TEXT)}
    assert leaked == {f"<|start|>assistant<|channel|>final<|message|>{said}"}
    assert {case.expected.verbatim for case in cases_of(quirk_named("done_variant"), TEXT)} == {None}


def test_a_dialect_without_an_end_cannot_stay_open():
    endless = wires_of("gemini", only=["text"])[0]
    assert list(cases_of(quirk_named("connection_left_open"), endless)) == []
