"""Any planted damage, and any combination of damages, gives a valid stream; alone it keeps what its effect promises."""

import pytest
from damage import mutated, shuffled
from hypothesis import given
from hypothesis import strategies as st
from reading import kinds, read

from streamkit.quirks import remarks
from streamkit.quirks.tape import Tape
from streamkit.testing.fixtures import all_fixtures
from streamkit.testing.outcome import differences
from streamkit.testing.quirky import quirks_of
from streamkit.testing.strategies import quirky, wires
from streamkit.testing.wires import DIALECTS

REMARKS = frozenset(remarks.__all__)
"""What is noted of a healthy answer, because of what it says and not of how."""
HEALTHY = [fixture for fixture in all_fixtures() if fixture.healthy]


@pytest.mark.parametrize("dialect", DIALECTS)
@given(data=st.data())
def test_a_healthy_wire_is_read_as_it_was_meant_without_any_quirk(dialect, data):
    wire = data.draw(wires(dialect))
    for hint in (dialect, None):
        response = read(wire.data, hint)
        assert differences(response, wire.expected) == {}
        assert kinds(response) <= REMARKS
        assert response.id == (wire.transcript.response_id if dialect != "ollama" else "")


@pytest.mark.parametrize("dialect", DIALECTS)
@given(data=st.data())
def test_one_damage_leaves_what_its_effect_promises(dialect, data):
    wire = data.draw(quirky(dialect, least=1, known=False))
    assert differences(read(wire.data, dialect), wire.expected) == {}


@pytest.mark.parametrize("dialect", DIALECTS)
@given(data=st.data())
def test_many_damages_give_a_valid_stream(dialect, data):
    wire = data.draw(quirky(dialect, least=2, most=6, known=False))
    assert differences(read(wire.data, dialect), wire.expected) == {}


@given(st.data())
def test_damages_in_recordings_give_a_valid_stream(data):
    fixture = data.draw(st.sampled_from(HEALTHY))
    tape = Tape(fixture.data, fixture.dialect, fixture.framing)
    quirks = quirks_of(fixture.dialect)
    edits = []
    for _ in range(data.draw(st.integers(1, 4))):
        found = list(quirks[data.draw(st.integers(0, len(quirks) - 1))].plant(tape))
        if found:
            edit = found[data.draw(st.integers(0, len(found) - 1))]
            if all(edit.end <= other.start or other.end <= edit.start for other in edits):
                edits.append(edit)
    read(tape.apply(edits), fixture.dialect)


@given(shuffled())
def test_frames_lost_repeated_and_exchanged_give_a_valid_stream(damaged):
    wire, frames = damaged
    read(b"".join(frames), wire.dialect)


@given(mutated())
def test_payloads_that_make_no_sense_give_a_valid_stream(wire):
    dialect, body = wire
    read(body, dialect)
    read(body, None)
