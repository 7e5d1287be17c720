"""No character of text, reasoning or arguments is lost or invented, unless a quirk says that it may be."""

import json
import re
from collections import Counter

import pytest
from damage import shuffled
from hypothesis import given
from hypothesis import strategies as st
from reading import free_to_differ, log_of

from streamkit.events import QuirkSeen
from streamkit.testing.wires import DIALECTS

MARK = re.compile("⟦\\d+⟧")


def marks_of(response):
    """Every mark that the response has as text, reasoning, a refusal or arguments."""
    said = [part.text for item in response.items for part in item.parts]
    said += [call.arguments for call in (*response.tool_calls, *response.dropped_calls)]
    return Counter(MARK.findall("".join(said)))


def is_evidence(frame, dialect):
    """Whether it is a piece of the answer, and not a snapshot that may come too late to be taken."""
    return dialect != "responses" or b".delta" in frame


@pytest.mark.parametrize("dialect", DIALECTS)
@given(data=st.data())
def test_every_mark_that_arrived_is_there_once_and_no_other(dialect, data):
    _, frames = data.draw(shuffled(dialect))
    body = b"".join(frames)
    events, response = log_of([body], dialect)
    on_the_wire = Counter(MARK.findall(body.decode()))
    told = marks_of(response)
    assert set(told) <= set(on_the_wire)
    streamed = set(MARK.findall(b"".join(frame for frame in frames if is_evidence(frame, dialect)).decode()))
    if not free_to_differ(response):
        assert streamed <= set(told)
    assert all(count <= on_the_wire[mark] for mark, count in told.items())
    kept_beside = MARK.findall(
        "".join(json.dumps(e.data, ensure_ascii=False) for e in events if isinstance(e, QuirkSeen))
    )
    assert streamed <= set(told) | set(kept_beside)
