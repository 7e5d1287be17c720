"""`Response.from_events(log) == stream.response`, at every moment and not only at the end."""

from damage import mutated
from hypothesis import given
from hypothesis import strategies as st

from streamkit import Response
from streamkit.recipe import standard
from streamkit.session import Session
from streamkit.testing.strategies import chunkings, quirky


def agree_at_every_moment(body, dialect, chunks):
    session, log = Session(standard(dialect)), []
    for chunk in chunks:
        log += session.feed(chunk)
        assert Response.from_events(log) == session.response
        if session.halted:
            break
    log += session.finish()
    assert Response.from_events(log) == session.response


@given(quirky(most=3, known=False), st.data())
def test_of_damaged_wires(wire, data):
    agree_at_every_moment(wire.data, wire.wire.dialect, data.draw(chunkings(wire.data)))


@given(mutated(), st.data())
def test_of_payloads_that_make_no_sense(wire, data):
    dialect, body = wire
    agree_at_every_moment(body, dialect, data.draw(chunkings(body)))
