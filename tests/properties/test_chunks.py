"""Any chunking of the same bytes gives the same response and the same quirks."""

import pytest
from damage import anything, mutated
from hypothesis import given
from hypothesis import strategies as st
from reading import read, same

from streamkit.testing.fixtures import all_fixtures
from streamkit.testing.strategies import chunkings, quirky
from streamkit.testing.wires import DIALECTS

FIXTURES = list(all_fixtures())


@pytest.mark.parametrize("dialect", DIALECTS)
@given(data=st.data())
def test_of_a_damaged_wire(dialect, data):
    wire = data.draw(quirky(dialect, most=3, known=False))
    chunks = data.draw(chunkings(wire.data))
    assert same(read(chunks, dialect), read(wire.data, dialect))


@given(data=st.data())
def test_of_a_recording(data):
    fixture = data.draw(st.sampled_from(FIXTURES))
    chunks = data.draw(chunkings(fixture.data))
    assert same(read(chunks, fixture.dialect), read(fixture.data, fixture.dialect))


@given(mutated(), st.data())
def test_of_payloads_that_make_no_sense(wire, data):
    dialect, body = wire
    chunks = data.draw(chunkings(body))
    assert same(read(chunks, dialect), read(body, dialect))


@given(anything, st.sampled_from((None, *DIALECTS)), st.data())
def test_of_arbitrary_bytes(body, dialect, data):
    chunks = data.draw(chunkings(body))
    assert same(read(chunks, dialect), read(body, dialect))


@given(quirky(known=False), st.data())
def test_where_the_dialect_is_not_named(wire, data):
    chunks = data.draw(chunkings(wire.data))
    assert same(read(chunks, None), read(wire.data, None))
