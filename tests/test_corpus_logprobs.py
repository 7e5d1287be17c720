"""The log probabilities of every recorded stream are those that its JSON has, none lost and none twice."""

import json

import pytest

import streamkit
from tests.corpus import ROOT, recordings

RECORDINGS = [each for each in recordings() if each.dialect in ("chat", "responses", "completions")]
MEASURED = [each for each in RECORDINGS if b'"logprob"' in each.data]
pytestmark = pytest.mark.skipif(not RECORDINGS, reason=f"no corpus at {ROOT} (set STREAMKIT_CORPUS)")


def payloads(data):
    """The JSON objects of a recording, read without streamkit."""
    lines = [line.removeprefix(b"data:").strip() for line in data.splitlines() if line.startswith(b"data:")]
    return [json.loads(line) for line in lines if line.startswith(b"{")]


def in_chat(data):
    """The entries of choice 0, of whatever kind, as they come."""
    choices = [choice for payload in payloads(data) for choice in payload.get("choices") or ()]
    told = [choice.get("logprobs") or {} for choice in choices if not choice.get("index")]
    return [entry for each in told for found in each.values() for entry in found or ()]


def in_responses(data):
    """The entries of all pieces of text, as they come."""
    deltas = [payload for payload in payloads(data) if payload.get("type") == "response.output_text.delta"]
    return [entry for delta in deltas for entry in delta.get("logprobs") or ()]


def test_there_are_recordings_with_log_probabilities():
    assert {each.dialect for each in MEASURED} == {"chat", "responses"}


@pytest.mark.parametrize("recording", MEASURED, ids=lambda recording: recording.id)
def test_log_probabilities_are_whole(recording):
    body = recording.data
    response = streamkit.assemble([body[at : at + 97] for at in range(0, len(body), 97)], recording.dialect)
    found = [entry for item in response.items if not item.choice for entry in item.logprobs]
    expected = in_chat(body) if recording.dialect == "chat" else in_responses(body)
    assert expected
    assert found == expected
    assert "logprobs_shape" not in {quirk.id for quirk in response.quirks}
    told = [token for item in response.items for token in item.logprobs if item.type == "message"]
    spoken = bytes(byte for token in told for byte in token["bytes"]).decode()
    assert spoken.startswith(response.text + response.refusal)


def test_a_recording_without_them_has_none():
    measured = {each.id for each in MEASURED}
    for silent in [each for each in RECORDINGS if each.id not in measured][::20]:
        response = streamkit.assemble(silent.data, silent.dialect, on_error="event")
        assert [item.logprobs for item in response.items if item.logprobs] == [], silent.id
