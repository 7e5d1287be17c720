"""Arbitrary bytes end in `StreamEnded` and documented errors only."""

import pytest
from damage import anything, mutated, spoiled
from hypothesis import given
from hypothesis import strategies as st
from reading import log_of, same

import streamkit
from streamkit.dialects.table import dialect_names
from streamkit.events import StreamEnded
from streamkit.testing.wires import DIALECTS

EVERY = (None, *dialect_names())


def held_to_the_contract(body, dialect):
    events, response = log_of([body], dialect)
    assert isinstance(events[-1], StreamEnded)
    assert response.status != "in_progress"
    raised = None
    try:
        assert same(streamkit.assemble(body, dialect), response)
    except streamkit.StreamError as error:
        raised = error
    if raised is not None:
        assert same(raised.partial, response)
        assert raised.info in response.errors


@pytest.mark.parametrize("dialect", EVERY)
@given(body=anything)
def test_of_what_streams_are_made_of(dialect, body):
    held_to_the_contract(body, dialect)


@pytest.mark.parametrize("dialect", EVERY)
@given(body=st.binary(max_size=200))
def test_of_bytes(dialect, body):
    held_to_the_contract(body, dialect)


@pytest.mark.parametrize("dialect", DIALECTS)
@given(data=st.data())
def test_of_members_that_careful_readers_refuse(dialect, data):
    held_to_the_contract(data.draw(spoiled(dialect))[1], dialect)


@given(mutated(), st.sampled_from(EVERY))
def test_of_one_dialect_read_as_another(wire, dialect):
    held_to_the_contract(wire[1], dialect)
