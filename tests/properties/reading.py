"""What the properties have in common: reading a stream and holding every promise that needs no expectation."""

import streamkit
from streamkit.recipe import standard
from streamkit.session import Session
from streamkit.testing import grammar


def same(one, other):
    """Whether two responses are equal; a NaN of the wire is equal to itself here."""
    return one == other or repr(one) == repr(other)


def log_of(chunks, dialect, **options):
    """The events of a stream and its response, both faces and the grammar checked on the way."""
    session = Session(standard(dialect, **options))
    events = []
    for chunk in chunks:
        events += session.feed(chunk)
        if session.halted:
            break
    events += session.finish()
    grammar.check(events)
    assert same(streamkit.Response.from_events(events), session.response)
    return events, session.response


def read(chunks, dialect, **options):
    """The response."""
    return log_of([chunks] if isinstance(chunks, bytes) else chunks, dialect, **options)[1]


def kinds(response):
    """Ids of the quirks that were seen."""
    return {quirk.id for quirk in response.quirks}


def free_to_differ(response):
    """Whether a quirk was seen that may lose or replace something, and says so."""
    return any(quirk.effect in ("lossy", "guessed") for quirk in response.quirks)
