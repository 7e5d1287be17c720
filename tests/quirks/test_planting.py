"""Every quirk, planted into every healthy fixture of its dialects, is seen, and does what its effect says."""

from functools import cache

import pytest
from effects import Reading, violations

from streamkit.quirks.catalogue import all_quirks
from streamkit.quirks.tape import Tape
from streamkit.testing.fixtures import all_fixtures

HEALTHY = [fixture for fixture in all_fixtures() if fixture.healthy]
QUIRKS = all_quirks()
PLACES = 6
"""How many places of one recording are tried, spread from its first to its last."""

each_quirk = pytest.mark.parametrize("quirk", QUIRKS, ids=lambda quirk: quirk.id)


def spread(edits):
    edits = list(edits)
    if len(edits) <= PLACES:
        return edits
    return [edits[at * (len(edits) - 1) // (PLACES - 1)] for at in range(PLACES)]


@cache
def healthy_reading(at):
    return Reading(HEALTHY[at].data, HEALTHY[at].dialect)


@pytest.mark.parametrize("at", range(len(HEALTHY)), ids=lambda at: HEALTHY[at].id)
def test_a_healthy_recording_shows_no_quirk(at):
    assert healthy_reading(at).quirks == set()


@each_quirk
def test_each_place_shows_the_quirk_and_its_effect_holds(quirk):
    places, wrong = 0, []
    for at, fixture in enumerate(HEALTHY):
        if not quirk.fits(fixture.dialect):
            continue
        tape = Tape(fixture.data, fixture.dialect, fixture.framing)
        for edit in spread(quirk.plant(tape)):
            places += 1
            planted = Reading(tape.apply([edit]), fixture.dialect)
            wrong += [
                f"{fixture.id} at {edit.start}: {each}" for each in violations(quirk, healthy_reading(at), planted)
            ]
    assert wrong == []
    assert bool(places) != bool(quirk.nowhere), "a quirk either has places, or says why it has none"


@each_quirk
def test_an_edit_is_a_change_inside_its_recording(quirk):
    for fixture in HEALTHY[::7]:
        tape = Tape(fixture.data, fixture.dialect, fixture.framing)
        for edit in spread(quirk.plant(tape)) if quirk.fits(fixture.dialect) else ():
            assert 0 <= edit.start <= edit.end <= len(fixture.data)
            assert tape.apply([edit]) != fixture.data


def test_effects_that_change_something_name_what_they_change():
    named = {quirk.id for quirk in QUIRKS if quirk.fields}
    changing = {quirk.id for quirk in QUIRKS if quirk.effect in ("guessed", "lossy")}
    assert named <= changing
    assert changing - named == {"corrupt_frame"}  # what is lost is the frame itself, whatever it was
    members = set(Reading(HEALTHY[0].data, HEALTHY[0].dialect).members)
    assert {field for quirk in QUIRKS for field in quirk.fields} <= members
