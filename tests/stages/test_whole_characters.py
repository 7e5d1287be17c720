"""No event that leaves a pipeline holds half a character, and the halves of one are joined (J01)."""

import json

import msgspec
import pytest

import streamkit
from streamkit.events import (
    ArgumentsDelta,
    ItemFinished,
    KeepAlive,
    ProviderEvent,
    ReasoningDelta,
    TextDelta,
)
from streamkit.evidence import ItemClaimed, NumberPassed, PartClaim
from streamkit.pipeline import Pipeline
from streamkit.quirks.payloads import lone_surrogate
from streamkit.quirks.tape import Tape
from streamkit.stages.whole_characters import WholeCharacters
from streamkit.testing.fixtures import all_fixtures
from streamkit.testing.grammar import check

HIGH, LOW = "\ud83d", "\ude00"
SEEN = lone_surrogate.seen()


def run(*events):
    pipeline = Pipeline(WholeCharacters())
    return [out for event in events for out in pipeline.feed(event)] + pipeline.close()


def test_what_comes_before_the_quirk_passes_as_it_is():
    event = ProviderEvent(name="x", data=HIGH)
    assert run(event)[0] is event


def test_single_halves_are_replaced_wherever_they_stand():
    claim = ItemClaimed(key=("item", 0, "i" + LOW), type="message", parts=(PartClaim("text", HIGH, 0, ({"t": LOW},)),))
    assert run(SEEN, ProviderEvent(name="x", data={HIGH: [LOW, 1]}), claim) == [
        SEEN,
        ProviderEvent(name="x", data={"\ufffd": ["\ufffd", 1]}),
        ItemClaimed(
            key=("item", 0, "i\ufffd"), type="message", parts=(PartClaim("text", "\ufffd", 0, ({"t": "\ufffd"},)),)
        ),
    ]


@pytest.mark.parametrize("kind", [ArgumentsDelta, TextDelta, ReasoningDelta])
def test_two_halves_of_one_text_are_joined(kind):
    out = run(SEEN, kind(key=1, text="a" + HIGH), KeepAlive(), kind(key=1, text=LOW + "b"))
    assert out[1:] == [kind(key=1, text="a"), KeepAlive(), kind(key=1, text="😀b")]


def test_halves_of_two_texts_are_not_joined():
    out = run(SEEN, ArgumentsDelta(key=1, text="a" + HIGH), ArgumentsDelta(key=2, text=LOW))
    assert out[1:] == [
        ArgumentsDelta(key=1, text="a"),
        ArgumentsDelta(key=2, text="\ufffd"),
        ArgumentsDelta(key=1, text="\ufffd"),
    ]


def test_a_half_that_is_waited_for_is_given_out_before_its_item_ends():
    out = run(SEEN, ArgumentsDelta(key=1, text=HIGH, sequence_number=4), ItemFinished(key=1))
    assert out[1:] == [NumberPassed(sequence_number=4), ArgumentsDelta(key=1, text="\ufffd"), ItemFinished(key=1)]


def test_an_event_without_halves_is_not_made_anew():
    events = [TextDelta(text="é"), ItemClaimed(type="message", parts=(PartClaim("text", "é"),)), KeepAlive()]
    assert all(one is other for one, other in zip(run(SEEN, *events)[1:], events, strict=True))


def strings(value, path=()):
    """Where a JSON value has strings, and where a member could be."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict):
        yield (*path, "zz")
        for name, member in value.items():
            yield from strings(member, (*path, name))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from strings(member, (*path, index))


def halved(value, path):
    """The value with half a character behind the string at this place."""
    if not path:
        return (value or "") + HIGH
    copy = dict(value) if isinstance(value, dict) else list(value)
    member = value.get(path[0]) if isinstance(value, dict) else value[path[0]]
    copy[path[0]] = halved(member, path[1:])
    return copy


def damaged():
    """Healthy recordings with half a character in one string, once for each member of each kind of frame."""
    known = set()
    for fixture in (fixture for fixture in all_fixtures() if fixture.healthy):
        tape = Tape(fixture.data, fixture.dialect, fixture.framing)
        for frame in tape.frames:
            for path in strings(frame.json):
                kind = frame.json.get("type") if isinstance(frame.json, dict) else None
                place = (fixture.dialect, kind, tuple(step for step in path if isinstance(step, str)))
                if place not in known:
                    known.add(place)
                    edit = tape.replace(frame, json.dumps(halved(frame.json, path)).encode())
                    yield tape.apply([edit]), fixture.dialect


def test_no_event_of_any_dialect_holds_half_a_character():
    count = 0
    for body, dialect in damaged():
        log = list(streamkit.iter_events(body, dialect, on_error="event"))
        check(log)
        msgspec.json.encode(log, enc_hook=str)  # which takes no halves
        count += 1
    assert count > 400
