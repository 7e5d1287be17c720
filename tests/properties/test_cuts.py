"""Cutting at any byte: what came before the cut is delivered, and every call that was open gets the right verdict."""

import json
import re

import pytest
from damage import marked
from hypothesis import given
from hypothesis import strategies as st
from reading import read

from streamkit.testing.strategies import cuts, wires
from streamkit.testing.transcripts import Call, Message, Reasoning, Refusal
from streamkit.testing.wires import DIALECTS

MARK = re.compile("⟦\\d+⟧")


def whole_frames(wire, size):
    """The frames that are whole in so many bytes; nothing but the blank line behind them may be missing."""
    frames, position = [], 0
    for frame in wire.frames:
        if size < position + len(frame.rstrip(b"\r\n")):
            break
        position += len(frame)
        frames.append(frame)
    return frames


def payloads(frames):
    for frame in frames:
        document = frame[frame.index(b"{") :] if b"{" in frame else b"{}"
        yield json.loads(document)


def ended_calls(wire, frames):
    """Places in the output of the calls that were whole before the cut, as the wire itself says (Chat: at its end)."""
    numbers = [number for number, part in enumerate(wire.transcript.output) if isinstance(part, Call)]
    ended = set()
    for payload in payloads(frames):
        match payload:
            case {"type": "response.output_item.done" | "content_block_stop", **where}:
                ended.add(where.get("output_index", where.get("index")))
            case {"type": "tool-call-end", "index": index}:
                ended.add(numbers[index])
            case {"choices": [{"finish_reason": str()}]}:
                ended |= set(numbers)
    if wire.dialect in ("gemini", "ollama"):
        said = b"".join(frames).decode()
        ended = {number for number in numbers if wire.transcript.output[number].pieces[1] in said}
    return ended & set(numbers)


@pytest.mark.parametrize("dialect", DIALECTS)
@given(data=st.data())
def test_what_came_before_the_cut_is_delivered_and_nothing_else(dialect, data):
    wire = marked(data.draw(wires(dialect)))
    cut = data.draw(cuts(wire.data))
    response = read(cut, dialect)
    frames = whole_frames(wire, len(cut))
    arrived = set(MARK.findall(b"".join(frames).decode()))
    for kind, member in ((Message, "text"), (Reasoning, "reasoning"), (Refusal, "refusal")):
        pieces = [piece for part in wire.transcript.output if isinstance(part, kind) for piece in part.pieces]
        assert getattr(response, member) == "".join(piece for piece in pieces if piece in arrived)
    if response.status == "completed":
        assert (response.text, len(response.tool_calls)) == (wire.transcript.text, len(wire.transcript.calls))
    if len(frames) == len(wire.frames):
        assert (response.status, response.errors) == (wire.expected["status"], ())
    else:
        assert response.status in ("completed", "incomplete", "failed")


@pytest.mark.parametrize("dialect", DIALECTS)
@given(data=st.data())
def test_every_call_is_passed_on_whole_or_dropped_with_what_came_of_it(dialect, data):
    wire = marked(data.draw(wires(dialect).filter(lambda wire: wire.transcript.calls)))
    cut = data.draw(cuts(wire.data))
    response = read(cut, dialect)
    frames = whole_frames(wire, len(cut))
    arrived = set(MARK.findall(b"".join(frames).decode()))
    passed_on = [(call.name, call.input) for call in response.tool_calls]
    dropped = {(call.name, "".join(MARK.findall(call.arguments))) for call in response.dropped_calls}
    assert {call.state for call in response.tool_calls} <= {"complete"}
    assert {call.state for call in response.dropped_calls} <= {"truncated"}
    ended = ended_calls(wire, frames)
    for number, part in enumerate(wire.transcript.output):
        if isinstance(part, Call):
            came = "".join(piece for piece in part.pieces if piece in arrived)
            if number in ended:
                assert passed_on.pop(0) == (part.name, part.input)
            elif passed_on and passed_on[0] == (part.name, part.input):
                passed_on.pop(0)  # all of its arguments had come, only its end had not
                assert set(part.pieces[1:-1]) <= arrived
            elif came:
                assert (part.name, came) in dropped
    assert passed_on == []
