"""Any chunking of the same bytes gives the same response and the same quirks."""

import pytest
from damage import anything, mutated
from hypothesis import given
from hypothesis import strategies as st
from reading import read, same

from streamkit.limits import Limits
from streamkit.profile import Profile
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


BOUNDED = st.sampled_from([name for name in Limits.__struct_fields__ if name not in ("expansion", "body")])
ENDED_EARLY = st.one_of(
    st.just({"strict": True}),
    st.just({"profile": Profile(stop_repetition=2)}),
    st.builds(lambda name, bound: {"limits": Limits(**{name: bound})}, BOUNDED, st.integers(1, 300)),
)


WIRES = st.one_of(
    st.sampled_from(FIXTURES).map(lambda fixture: (fixture.data, fixture.dialect)),
    quirky(most=3, known=False).map(lambda wire: (wire.data, wire.wire.dialect)),
)


@given(WIRES, ENDED_EARLY, st.booleans(), st.data())
def test_where_a_bound_a_profile_or_strict_mode_ends_it(wire, options, named, data):
    body, dialect = wire
    dialect = dialect if named else None
    assert same(read(data.draw(chunkings(body)), dialect, **options), read(body, dialect, **options))
