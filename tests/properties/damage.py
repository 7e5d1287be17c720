"""Damage that no quirk plants: frames lost, repeated and exchanged, bytes and JSON values replaced."""

import json

from hypothesis import strategies as st

from streamkit.testing.strategies import wires
from streamkit.testing.transcripts import Call, Transcript
from streamkit.testing.wires import wire as written

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.sampled_from((10**400, -(10**400), 10**4299))
    | st.floats(allow_nan=False)
    | st.sampled_from(("", "a", "{", "</think>", "function_call", "stop", "0"))
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(("type", "id", "index", "text", "content", "error", "x")), inner, max_size=3)
    ),
    max_leaves=6,
)


def marked(wire):
    """The same answer with a mark of its own in each piece, and the marks frame by frame."""
    output, count = [], 0
    for part in wire.transcript.output:
        marks = [f"⟦{count + number}⟧" for number in range(len(part.pieces))]
        count += len(marks)
        if isinstance(part, Call):
            output.append(Call(part.call_id, part.name, ('{"k":"', *marks, '"}')))
        else:
            output.append(type(part)(tuple(marks)))
    transcript = wire.transcript
    return written(
        Transcript(
            response_id=transcript.response_id,
            model=transcript.model,
            output=tuple(output),
            finish=transcript.finish,
            usage=transcript.usage,
        ),
        wire.dialect,
    )


@st.composite
def shuffled(draw, dialect=None):
    """Frames of a marked wire: some lost, some repeated, some exchanged. Gives the wire and the frames left."""
    wire = marked(draw(wires(dialect)))
    frames = list(wire.frames)
    for _ in range(draw(st.integers(0, 3))):
        if not frames:
            break
        at = draw(st.integers(0, len(frames) - 1))
        match draw(st.sampled_from(("lose", "repeat", "exchange"))):
            case "lose":
                del frames[at]
            case "repeat":
                frames.insert(draw(st.integers(at, len(frames))), frames[at])
            case _:
                other = draw(st.integers(0, len(frames) - 1))
                frames[at], frames[other] = frames[other], frames[at]
    return wire, frames


def places(value, path=()):
    """Every place in a JSON value, as a path."""
    yield path
    if isinstance(value, dict):
        for name, member in value.items():
            yield from places(member, (*path, name))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from places(member, (*path, index))


def replaced(value, path, other):
    if not path:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], other)
    return copy


@st.composite
def mutated(draw, dialect=None):
    """A wire with values in its payloads replaced, left out or renamed: (dialect, bytes)."""
    wire = draw(wires(dialect))
    tape = wire.tape()
    edits = {}
    for _ in range(draw(st.integers(0, 3))):
        frame = tape.frames[draw(st.integers(0, len(tape.frames) - 1))]
        if frame.json is None or frame.index in edits:
            continue
        found = list(places(frame.json))
        path = found[draw(st.integers(0, len(found) - 1))]
        changed = replaced(frame.json, path, draw(JSON))
        edits[frame.index] = tape.replace(frame, json.dumps(changed).encode())
    return wire.dialect, tape.apply(edits.values())


ODD_MEMBERS = (
    b'"zz":"\xff\xed02"',
    rb'"zz":"\ud83d"',
    rb'"zz":"\x"',
    b'"zz":1e999',
    b'"zz":NaN',
    b'"zz":' + b"9" * 5000,
    b'"type":"x"',
    b'"zz"',
    b"",
)
"""Members that careful readers refuse."""


def nested(depth):
    return b'"zz":' + b"[" * depth + b"]" * depth


@st.composite
def spoiled(draw, dialect=None):
    """A wire with odd members in some of its objects: (dialect, bytes)."""
    wire = draw(wires(dialect))
    places = [at + 1 for at, byte in enumerate(wire.data) if byte == ord("{")]
    chosen = draw(st.lists(st.integers(0, len(places) - 1), min_size=1, max_size=3, unique=True).map(sorted))
    out, start = [], 0
    for at in (places[number] for number in chosen):
        odd = draw(st.sampled_from(ODD_MEMBERS) | st.integers(1, 1100).map(nested))
        out += (wire.data[start:at], odd, b"" if wire.data[at : at + 1] == b"}" else b",")
        start = at
    return wire.dialect, b"".join((*out, wire.data[start:]))


PIECES = (
    b"data: ",
    b"data:",
    b"event: error\n",
    b"event: response.completed\n",
    b"id: 1\n",
    b"retry: 5\n",
    b": c\n",
    b"\n",
    b"\n\n",
    b"\r\n\r\n",
    b"\r",
    b"[DONE]",
    b"{}",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b'"',
    b"null",
    b'{"type":"error"}',
    b'{"error":{"message":"m"}}',
    b'{"choices":[{"index":0,"delta":{"content":"x"}}]}',
    b'{"type":"response.output_text.delta","delta":"x"}',
    b'{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x"}}',
    b'{"candidates":[{"content":{"parts":[{"text":"x"}]}}]}',
    b'{"message":{"content":"x"},"done":false}\n',
    b"<!DOCTYPE html><html>",
    b"\x1f\x8b\x08\x00",
    b"\x00\x00\x00\x10\x00\x00\x00\x00",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xf0\x9f",
    b"<think>",
    b"\\ud83d",
)

anything = st.lists(st.sampled_from(PIECES) | st.binary(max_size=6), max_size=12).map(b"".join)
"""Arbitrary bytes, most of them such as streams are made of."""
