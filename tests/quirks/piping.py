"""The standard pipeline with a profile in it, and what it makes of a wire."""

import json

import streamkit
from streamkit.profile import DEFAULT_PROFILE
from streamkit.recipe import standard
from streamkit.session import Session
from streamkit.testing import grammar


def events_of(data, dialect, profile=DEFAULT_PROFILE, tools=None, size=1 << 30, **options):
    """Every event, in chunks of this size; the grammar is checked."""
    session = Session(standard(dialect, profile=profile, tools=tools, **options))
    out = []
    for at in range(0, len(data), size):
        out += session.feed(data[at : at + size])
        if session.halted:
            break
    out += session.finish()
    grammar.check(out)
    return out


def response_of(data, dialect, profile=DEFAULT_PROFILE, tools=None, **options):
    """The response, which must be the same for every size of chunks."""
    read = [
        streamkit.Response.from_events(events_of(data, dialect, profile, tools, size, **options))
        for size in (1 << 30, 1, 7)
    ]
    assert read[0] == read[1] == read[2]
    return read[0]


def sse(*payloads, done=False):
    """An event stream of these payloads; strings stand as they are."""
    lines = [p if isinstance(p, str) else json.dumps(p) for p in payloads]
    return "".join(f"data: {line}\n\n" for line in (*lines, *(["[DONE]"] if done else []))).encode()


def named(*payloads):
    """An event stream of payloads whose type is their event's name, too."""
    return "".join(f"event: {p['type']}\ndata: {json.dumps(p)}\n\n" for p in payloads).encode()


def chunk(finish=None, index=0, usage=None, **delta):
    """One chat chunk."""
    payload = {"id": "c1", "model": "m", "choices": [{"index": index, "delta": delta, "finish_reason": finish}]}
    return payload if usage is None else {**payload, "usage": usage}


def chat(*deltas, finish="stop", usage=None):
    """A whole chat answer: a string is a piece of text, a dict is a delta."""
    pieces = [chunk(**({"content": d} if isinstance(d, str) else d)) for d in deltas]
    ends = [] if finish is None else [chunk(finish)]
    counted = [] if usage is None else [{"id": "c1", "model": "m", "choices": [], "usage": usage}]
    return sse(*pieces, *ends, *counted, done=True)


def seen(response):
    """Ids of the quirks of a response."""
    return [quirk.id for quirk in response.quirks]
