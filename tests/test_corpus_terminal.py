"""Whatever the terminal frame claims as the whole output, the response is the same, on every recording."""

import msgspec
import pytest

import streamkit
from streamkit.dialects.responses.terminal import TERMINALS
from streamkit.quirks.tape import Tape
from tests.corpus import ROOT, recordings

RECORDINGS = [recording for recording in recordings() if recording.dialect == "responses"]
pytestmark = pytest.mark.skipif(not RECORDINGS, reason=f"no corpus at {ROOT} (set STREAMKIT_CORPUS)")

LEFT_OUT = object()
OTHER_TEXT = [
    {
        "type": "message",
        "id": "msg_other",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": "Something else entirely.", "annotations": []}],
    },
    {"type": "function_call", "id": "fc_other", "call_id": "call_other", "name": "other", "arguments": "{}"},
]


def claims(output):
    """Other words on the whole output."""
    yield from (None, [], LEFT_OUT, OTHER_TEXT, "a string")
    if isinstance(output, list) and output:
        yield from (output[:-1], output[1:], [*output, *OTHER_TEXT], list(reversed(output)))


def with_other_output(data):
    """The recording with each of those in its terminal frame; nothing where it has none."""
    tape = Tape(data)
    for frame in reversed(tape.frames):
        payload = frame.json
        if isinstance(payload, dict) and (payload.get("type") or frame.event) in TERMINALS:
            for claim in claims(payload["response"].get("output")):
                response = {**payload["response"], "output": claim}
                if claim is LEFT_OUT:
                    del response["output"]
                yield tape.apply([tape.replace(frame, {**payload, "response": response})])
            return


def read(data):
    response = streamkit.assemble(data, "responses", on_error="event")
    return msgspec.structs.replace(response, quirks=())


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda recording: recording.id)
def test_the_terminal_output_changes_nothing_but_the_quirks(recording):
    data = recording.data
    healthy = read(data)
    for changed in with_other_output(data):
        assert read(changed) == healthy


def test_nearly_every_recording_has_a_terminal_frame_to_change():
    without = [recording.id for recording in RECORDINGS if not any(with_other_output(recording.data))]
    assert len(without) <= len(RECORDINGS) * 0.05, without
