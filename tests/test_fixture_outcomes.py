import json
import os
import re

import pytest
from plain_reading import READ_PLAINLY, Evidence, letters

import streamkit
from streamkit.dialects.table import dialect_named
from streamkit.quirks.tape import Tape
from streamkit.testing import grammar
from streamkit.testing.fixtures import all_fixtures

FIXTURES = list(all_fixtures())
each_fixture = pytest.mark.parametrize("fixture", FIXTURES, ids=lambda fixture: fixture.id)
CHUNKS = {"whole": 1 << 30, "1-byte": 1, "17-byte": 17}


def pieces(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


def read(fixture, size=1 << 30):
    return streamkit.assemble(pieces(fixture.data, size), fixture.dialect, on_error="event")


def outcome(response, expected):
    """The response in the words of a fixture, cut down to the members that `expected` promises."""
    told = {}
    for member, promised in expected.items():
        match member:
            case "items":
                told[member] = [item.type for item in response.items]
            case "logprobs":
                told[member] = [entry for item in response.items for entry in item.logprobs]
            case "tool_calls" | "dropped_calls":
                calls = getattr(response, member)
                wanted = promised if len(promised) == len(calls) else [{"name": 1, "arguments": {}}] * len(calls)
                told[member] = [call_members(call, names) for call, names in zip(calls, wanted, strict=True)]
            case "usage" if promised is not None and response.usage is not None:
                told[member] = {count: getattr(response.usage, count) for count in promised}
            case "error":
                first = response.errors[0] if response.errors else None
                told[member] = {name: getattr(first, name) for name in promised} if promised and first else first
            case "choices":
                told[member] = [
                    {name: getattr(choice, name) for name in names}
                    for choice, names in zip(response.choices, promised, strict=False)
                ]
            case _:
                told[member] = getattr(response, member)
    return told


def call_members(call, names):
    values = {name: getattr(call, name) for name in names}
    if isinstance(names.get("arguments"), dict):
        values["arguments"] = call.input
    return values


@pytest.mark.parametrize(
    "options",
    [{"strict": True}, {"profile": streamkit.Profile(stop_repetition=2)}, {"limits": streamkit.Limits(text=10)}],
    ids=lambda options: next(iter(options)),
)
@each_fixture
def test_what_is_halted_obeys_the_grammar_too(fixture, options):
    logs = [
        list(streamkit.iter_events(pieces(fixture.data, size), fixture.dialect, on_error="event", **options))
        for size in (1 << 30, 17)
    ]
    grammar.check(logs[0])
    assert len({repr(streamkit.Response.from_events(log)) for log in logs}) == 1


@pytest.mark.parametrize("size", CHUNKS.values(), ids=CHUNKS)
@each_fixture
def test_the_outcome_is_the_expected_one_in_any_chunks(fixture, size):
    response = read(fixture, size)
    assert outcome(response, fixture.expected) == fixture.expected
    if fixture.quirks is not None:
        assert {quirk.id for quirk in response.quirks} == set(fixture.quirks)


@each_fixture
def test_chunks_change_neither_the_response_nor_its_quirks(fixture):
    whole = read(fixture)
    for size in (1, 17):
        assert read(fixture, size) == whole


@each_fixture
def test_events_obey_the_grammar_and_amount_to_the_response(fixture):
    for size in CHUNKS.values():
        events = list(streamkit.iter_events(pieces(fixture.data, size), fixture.dialect, on_error="event"))
        grammar.check(events)
        assert streamkit.Response.from_events(events) == read(fixture, size)


@pytest.mark.parametrize("fixture", [f for f in FIXTURES if f.healthy], ids=lambda fixture: fixture.id)
def test_the_dialect_is_recognised_without_a_name(fixture):
    assert streamkit.assemble([fixture.data]) == streamkit.assemble([fixture.data], fixture.dialect)


OTHER_OUTPUTS = {
    "null": lambda _output: None,
    "empty": lambda _output: [],
    "shortened": lambda output: output[:-1],
    "other text": lambda output: json.loads(re.sub(r'"text": "[^"]*"', '"text": "Not this."', json.dumps(output))),
    "a string": lambda _output: "Not this.",
    "left out": None,
}


@pytest.mark.parametrize("change", OTHER_OUTPUTS.values(), ids=OTHER_OUTPUTS)
@pytest.mark.parametrize(
    "fixture",
    [f for f in FIXTURES if f.dialect == "responses" and f.healthy],
    ids=lambda fixture: fixture.name,
)
def test_the_terminal_output_is_never_read_for_content(fixture, change):
    tape = Tape(fixture.data, "responses")
    payload = tape.frames[-1].json
    output = payload["response"].pop("output")
    if change is not None:
        payload["response"]["output"] = change(output)
    data = tape.apply([tape.replace(tape.frames[-1], payload)])
    changed = streamkit.assemble([data], "responses", on_error="event").to_dict()
    unchanged = read(fixture).to_dict()
    assert {**changed, "quirks": []} == {**unchanged, "quirks": []}


def test_the_same_truncation_is_told_alike_in_every_dialect():
    told = set()
    for fixture in FIXTURES:
        if fixture.name in ("openai-length", "anthropic-length"):
            response = read(fixture)
            items = tuple((item.type, item.parts) for item in response.items)
            told.add((response.status, response.finish_reason, response.text, items))
    assert len(told) == 1


def test_an_echoed_key_is_nowhere_in_the_response():
    secret = "sk-proj-Zx81hQmT4vNp7LrWc2KdYb6eUs0AfJgHo9"
    for fixture in FIXTURES:
        if fixture.name == "gateway-key-echoed":
            assert secret.encode() in fixture.data
            response = read(fixture)
            assert "Incorrect API key provided" in response.errors[0].message
            assert secret not in json.dumps(response.to_dict())
            with pytest.raises(streamkit.ProviderError) as caught:
                streamkit.assemble([fixture.data], fixture.dialect)
            assert secret not in f"{caught.value!r} {caught.value}"


class Cuts:
    """Judges what is made of the beginnings of one recording."""

    def __init__(self, fixture):
        self.fixture = fixture
        self.whole = read(fixture)
        self.calls = self.told(self.whole)[2]
        self.judged = None

    def told(self, response):
        said = "".join(item.text + item.reasoning for item in response.items)
        raw = "".join(call.arguments for call in (*response.tool_calls, *response.dropped_calls))
        raw += "".join(item.text_of("arguments") for item in response.items if item.call is None)
        return said, raw, [(call.call_id, call.name, call.arguments) for call in response.tool_calls]

    def judge(self, at, evidence):
        response = streamkit.assemble([self.fixture.data[:at]], self.fixture.dialect, on_error="event")
        assert response.status != "in_progress"
        if self.fixture.dialect not in READ_PLAINLY:
            return
        told = said, raw, passed_on = self.told(response)
        if response.status == "completed" and dialect_named(self.fixture.dialect).wants_finish:
            assert (response.text, passed_on) == (self.whole.text, self.calls)
        if self.judged == (told, evidence):
            return
        self.judged = told, evidence
        assert letters(evidence.text) + letters(evidence.reasoning) <= letters(said)
        assert letters(evidence.arguments) <= letters(raw)
        assert [call for call in passed_on if call not in self.calls] == []


EVERY_BYTE = bool(os.environ.get("STREAMKIT_EVERY_BYTE"))
SHORT = 300
"""Bytes; a recording that is no longer is cut at every one of them."""
SHORTEST = {
    framing: min(len(fixture.data) for fixture in FIXTURES if fixture.framing == framing and len(fixture.data) > 99)
    for framing in {fixture.framing for fixture in FIXTURES}
}


def ends_of_frames(fixture):
    return [frame.end for frame in Tape(fixture.data, fixture.dialect, fixture.framing).frames]


def cuts(fixture):
    """Where to cut: at every byte of the shortest recordings (of all, if asked for), else near frame ends and between.

    Inside a payload one byte is like the next: nothing is read before its frame is whole, or the body has ended.
    """
    data = fixture.data
    if EVERY_BYTE or len(data) <= max(SHORT, SHORTEST[fixture.framing]):
        return range(len(data))
    near = {end + step for end in (0, *ends_of_frames(fixture)) for step in range(-1, 5)}
    return sorted(at for at in near | set(range(0, len(data), 97)) if 0 <= at < len(data))


@each_fixture
def test_cut_anywhere_it_keeps_what_came_and_passes_on_no_call_that_was_open(fixture):
    verdict = Cuts(fixture)
    ends = ends_of_frames(fixture)
    evidence = Evidence(fixture, 0)
    for at in cuts(fixture):
        if ends and at >= ends[0]:
            ends = [end for end in ends if end > at]
            evidence = Evidence(fixture, at)
        verdict.judge(at, evidence)


@each_fixture
def test_cut_behind_every_frame_it_raises_an_error_that_has_the_partial_response(fixture):
    for end in ends_of_frames(fixture):
        data = fixture.data[:end]
        response = streamkit.assemble([data], fixture.dialect, on_error="event")
        if response.status in ("completed", "incomplete") and not response.errors:
            assert streamkit.assemble([data], fixture.dialect) == response
        else:
            with pytest.raises(streamkit.StreamError) as caught:
                streamkit.assemble([data], fixture.dialect)
            assert caught.value.partial == response
