"""Every recorded stream of the corpus says what its independent expectation says, in whatever pieces it comes."""

import json
from collections import Counter

import pytest

import streamkit
from streamkit.dialects.table import dialect_names
from streamkit.testing.grammar import check
from tests.corpus import ROOT, Recording, chunkings, recordings

RECORDINGS = recordings()
pytestmark = pytest.mark.skipif(not RECORDINGS, reason=f"no corpus at {ROOT} (set STREAMKIT_CORPUS)")

DISPUTED: dict[str, dict[str, str]] = {
    "ai.packages-openai-src-responses-fixtures-openai-phase.1.0.81093588": {
        "text": "the expectation counts a message of phase `commentary` as answer text; B15 keeps it out of `text`",
    },
    "pydantic-ai.sts-models-cassettes-test-huggingface-test-hf-model-thinking-part-iter.0.8bf8ad35": {
        "text": "the expectation leaves a think block in the text; E10 and E31 move it to the reasoning",
        "reasoning": "likewise",
    },
    "dd-trace-py.s-contrib-botocore-bedrock-cassettes-cohere-invoke-stream-multi-output.0.58551b20": {
        "text": "the expectation joins two alternative answers, where the others count choice 0 alone (B30)",
    },
    "openllmetry.watsonx-tests-traces-cassettes-test-generate-test-generate-text-stream.6.64a9007c": {
        "usage": "the expectation has none, though each frame carries the counts",
    },
}
"""Recording → field → why its expectation is wrong."""

FINISHES = {
    "stop": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "COMPLETE": "stop",
    "STOP": "stop",
    "completed": "stop",
    "1": "stop",
    "length": "length",
    "max_tokens": "length",
    "MAX_TOKENS": "length",
    "LENGTH": "length",
    "incomplete:max_output_tokens": "length",
    "incomplete:max_tokens": "length",
    "tool_calls": "tool_calls",
    "tool_use": "tool_calls",
    "TOOL_CALL": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "guardrail_intervened": "content_filter",
    "SAFETY": "content_filter",
    "refusal": "refusal",
    "pause_turn": "pause",
    "failed": "error",
    "UNEXPECTED_TOOL_CALL": "error",
    "MALFORMED_FUNCTION_CALL": "error",
    "incomplete": "unknown",
}
"""The provider's finish word → the finish reason, as the catalogue has it (C14, C36, C37, C39)."""


FAILED = ("error", "truncated")
"""Finish reasons that come with an error, also where the wire carries no error object (C09, D38)."""


def as_json(arguments: str, *, custom: bool):
    if custom:
        return arguments
    try:
        return json.loads(arguments or "{}")
    except ValueError:
        return arguments


def expected_finish(recording: Recording) -> str:
    expected = recording.expected
    if expected.get("error"):
        return "error"
    word = expected["finish"]
    if word is None and recording.dialect == "gemini":
        return "truncated"  # C09: neither a finish reason nor an end marker
    if word is None:
        return "tool_calls" if expected["tool_calls"] else "stop"  # C08, or a dialect that has no finish word
    finish = FINISHES[str(word)]
    if finish == "stop" and expected["tool_calls"]:
        return "tool_calls"  # C13, and for Responses: calls in a completed response
    if finish == "stop" and expected.get("refusal") and not expected["text"]:
        return "refusal"  # C38
    return finish


def differences(recording: Recording, response: streamkit.Response) -> dict[str, tuple[object, object]]:
    """Field → (what streamkit says, what is expected), where they differ."""
    expected = recording.expected
    calls = [
        (call.name, as_json(call.arguments, custom=call.kind == "custom"), call.call_id)
        for call in (*response.tool_calls, *response.dropped_calls)
    ]
    wanted = [
        (call["name"], as_json(call["arguments"], custom=bool(call.get("custom"))), call["id"])
        for call in expected["tool_calls"]
    ]
    ids = [(ours[2] if theirs[2] else None) for ours, theirs in zip(calls, wanted, strict=False)]
    calls = [
        (name, arguments, ids[i] if i < len(ids) else call_id) for i, (name, arguments, call_id) in enumerate(calls)
    ]
    wanted = [(name, arguments, call_id or None) for name, arguments, call_id in wanted]
    found: dict[str, tuple[object, object]] = {
        "text": (response.text, expected["text"]),
        "reasoning": (response.reasoning, expected["reasoning"]),
        "refusal": (response.refusal, expected.get("refusal") or ""),
        "tool_calls": (calls, wanted),
        "finish": (response.finish_reason, expected_finish(recording)),
        "error": (bool(response.errors), bool(expected.get("error")) or expected_finish(recording) in FAILED),
        "usage": (response.usage.raw if response.usage else None, expected["usage"]),
    }
    if expected["usage"] is None and expected.get("invocation_metrics"):
        del found["usage"]  # the expectation counts a payload's own usage only; Bedrock's metrics fill in
    if "choices" in expected:
        found["choices"] = (
            [(choice.index, choice.text) for choice in response.choices],
            [(choice["index"], choice["text"]) for choice in expected["choices"]],
        )
    return {field: pair for field, pair in found.items() if pair[0] != pair[1]}


def test_disputed_recordings_exist():
    assert set(DISPUTED) <= {recording.id for recording in RECORDINGS}


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda recording: recording.id)
def test_recording(recording):
    if recording.dialect not in dialect_names():
        pytest.fail(f"no dialect {recording.dialect}")
    data = recording.data
    first: tuple[streamkit.Response, list[str]] | None = None
    for name, chunks in chunkings(data).items():
        log = list(streamkit.iter_events(chunks, recording.dialect, on_error="event"))
        check(log)
        response = streamkit.Response.from_events(log)
        found = differences(recording, response)
        for field in DISPUTED.get(recording.id, {}):
            assert field in found, f"{field} agrees: take it off the list"
            del found[field]
        assert not found, name
        if first is None:
            assert response == streamkit.assemble(chunks, recording.dialect, on_error="event")
            first = (response, [])
        assert response == first[0], name


def test_table(capsys):
    """Prints dialect × provider × how many recordings agree."""
    table: Counter[tuple[str, str]] = Counter((r.dialect, r.provider) for r in RECORDINGS)
    agree: Counter[tuple[str, str]] = Counter()
    for recording in RECORDINGS:
        response = streamkit.assemble([recording.data], recording.dialect, on_error="event")
        if set(differences(recording, response)) <= set(DISPUTED.get(recording.id, {})):
            agree[recording.dialect, recording.provider] += 1
    with capsys.disabled():
        print()  # noqa: T201 - the table is what this test is for
        for (dialect, provider), count in sorted(table.items()):
            print(f"{dialect:22} {provider:18} {agree[dialect, provider]:5} of {count:5}")  # noqa: T201 - likewise
    assert agree == table


def test_recognition_without_hints():
    """At least 99.5 % of all recordings are recognised from their first frames, and none as a wrong dialect."""
    found = {r.id: streamkit.assemble([r.data], None, on_error="event").dialect for r in RECORDINGS}
    wrong = {r.id: found[r.id] for r in RECORDINGS if found[r.id] not in ("", r.dialect)}
    unknown = [r.id for r in RECORDINGS if not found[r.id]]
    assert wrong == {}
    assert len(unknown) <= len(RECORDINGS) * 0.005, unknown
