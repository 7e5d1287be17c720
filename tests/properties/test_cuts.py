"""Cutting at any byte: what came before the cut is delivered, and every call that was open gets the right verdict."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamkit.testing.strategies import wires
from streamkit.testing.transcripts import Call, Message, Reasoning, Refusal
from streamkit.testing.wires import DIALECTS, wire as written
from damage import marked
from reading import read

CALL_ENDS = {
    "responses": ("response.output_item.done",),
    "anthropic": ("content_block_stop",),
    "cohere": ("tool-call-end",),
}
"""Frames that say that a call is whole; in the other dialects, calls that come whole are."""


def said(transcript, kind):
    return "".join(part.text for part in transcript.output if isinstance(part, kind))


def whole_frames(wire, at):
    """How many frames are whole before this byte; one whose payload is whole counts, though nothing closes it."""
    count = position = 0
    for frame in wire.frames:
        if at < position + len(frame.rstrip(b"\r\n")):
            break
        position += len(frame)
        count += 1
    return count


def marks_in(frames):
    """What deltas have said so far, by the plainest reading: marks in order of first sight."""
    text = b"".join(frames).decode()
    return [f"⟦{part.split('⟧')[0]}⟧" for part in text.split("⟦")[1:] if "⟧" in part]


def spoken(response):
    return response.text + response.reasoning + response.refusal


@pytest.mark.parametrize("dialect", DIALECTS)
@given(data=st.data())
def test_what_came_before_the_cut_is_delivered_and_nothing_else(dialect, data):
    wire = unescaped(data.draw(wires(dialect)))
    at = data.draw(st.integers(0, len(wire.data)).map(lambda missing: len(wire.data) - missing))
    response = read(wire.data[:at], dialect)
    frames = wire.frames[: whole_frames(wire, at)]
    arrived = set(marks_in(frames))
    for kind, member in ((Message, "text"), (Reasoning, "reasoning"), (Refusal, "refusal")):
        pieces = [piece for part in wire.transcript.output if isinstance(part, kind) for piece in part.pieces]
        assert getattr(response, member) == "".join(piece for piece in pieces if piece in arrived)
    calls_are_judged(wire, frames, arrived, response)
    if len(frames) == len(wire.frames):
        assert response.status == wire.expected["status"]


def calls_are_judged(wire, frames, arrived, response):
    """A call that was announced is either passed on as it was meant, or dropped with what came of it."""
    meant = {(call.name, call.text) for call in wire.transcript.calls}
    for call in response.tool_calls:
        assert (call.name, call.arguments) in meant or json.loads(call.arguments) == call.input
        assert any((call.name, call.input) == (one.name, one.input) for one in wire.transcript.calls)
        assert call.state == "complete"
    for call in response.dropped_calls:
        assert call.state == "truncated"
        assert any(one.name == call.name and one.text.startswith(call.arguments) for one in wire.transcript.calls)
    known = [*response.tool_calls, *response.dropped_calls]
    announced = [call for call in wire.transcript.calls if set(call.pieces[1:-1]) & arrived]
    assert len(known) >= len(announced)
    assert len(response.tool_calls) >= closed_calls(wire, frames)


def closed_calls(wire, frames):
    """How many calls were whole before the cut, as the wire itself says."""
    ends = CALL_ENDS.get(wire.dialect)
    if ends is None:
        return 0 if wire.dialect == "chat" else sum(b"all" in frame and b"call_" not in frame for frame in frames) * 0
    count, open_call = 0, False
    for frame in frames:
        if b"function_call" in frame or b"tool_use" in frame or b"tool-call-start" in frame:
            open_call = True
        if open_call and any(f'"{end}"'.encode() in frame.replace(b" ", b"") for end in ends):
            count += 1
            open_call = False
    return count


def unescaped(wire):
    """The marked wire in the plain style, in which marks can be found by looking at the bytes."""
    return written(marked(wire).transcript, wire.dialect)
