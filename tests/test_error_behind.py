"""An error frame behind a cut ends the stream as the cut does: what had arrived stays in the response (G19)."""

import json
from pathlib import Path

import pytest

import streamkit

FIXTURES = Path(__file__).parents[1] / "fixtures"
ERRORS = {
    "chat": b'data: {"error":{"message":"boom","type":"server_error"}}\n\n',
    "anthropic": b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
    "responses": b'event: error\ndata: {"type":"error","code":"server_error","message":"boom","param":null}\n\n',
    "completions": b'data: {"error":{"message":"boom","type":"server_error"}}\n\n',
    "cohere": b'event: error\ndata: {"type":"error","error":{"message":"boom"}}\n\n',
    "gemini": b'data: {"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}\n\n',
}
PATHS = [path for dialect in ERRORS for path in sorted((FIXTURES / dialect).glob("*.sse"))]
FRAMES = 40
"""Cuts of one fixture: behind each of its first frames."""


def chat(*texts):
    chunks = ({"id": "1", "choices": [{"index": 0, "delta": {"content": text}}]} for text in texts)
    return b"".join(b"data: %s\n\n" % json.dumps(chunk).encode() for chunk in chunks)


def said(response):
    items = sorted((item.text, item.reasoning) for item in response.items if item.call is None)
    calls = (*response.tool_calls, *response.dropped_calls)
    return items, sorted((call.name, call.arguments) for call in calls)


def assembled(wire, dialect):
    return streamkit.assemble([wire], dialect, on_error="event")


@pytest.mark.parametrize(
    "texts",
    [
        ("if a ", "<"),
        ("<think>hm", "</"),
        ("<think>hm</think>", "a", " </thi"),
        ("see <tool_call>", '{"name": "f", "arg'),
        ("a", "\ud83d"),
        ("<function=f> in prose", ", and <too"),
    ],
)
def test_what_was_held_back_is_delivered_before_the_error(texts):
    wire = chat(*texts)
    cut, failed = assembled(wire, "chat"), assembled(wire + ERRORS["chat"], "chat")
    assert said(failed) == said(cut)
    assert [error.message for error in failed.errors] == ["boom"]
    assert "after_terminal" not in {tally.id for tally in failed.quirks}
    events = [type(event) for event in streamkit.iter_events([wire + ERRORS["chat"]], "chat", on_error="event")]
    behind = events[events.index(streamkit.ErrorReported) :]
    assert not {streamkit.TextDelta, streamkit.ReasoningDelta} & {*behind}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_an_error_frame_loses_nothing_that_a_cut_keeps(path):
    wire, dialect = path.read_bytes().replace(b"\r\n", b"\n"), path.parent.name
    at, cuts = 0, []
    while len(cuts) < FRAMES and (at := wire.find(b"\n\n", at) + 2) > 1:
        cuts.append(wire[:at])
    for cut in cuts:
        whole, failed = assembled(cut, dialect), assembled(cut + ERRORS[dialect], dialect)
        if whole.ending == "truncated":  # no end and no error of its own yet
            assert said(failed) == said(whole), cut[-300:]
