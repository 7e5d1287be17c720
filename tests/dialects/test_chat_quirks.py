"""Every chat quirk can be planted in a healthy recording, is named there, and leaves what it says it leaves."""

import msgspec
import pytest
from chat_frames import decode, frame, of, quirks_of, reasoning_of, text_of

from streamkit.events import UsageReported
from streamkit.evidence import CallFragment, CallText, FinishClaimed
from streamkit.quirks import chat, chat_calls, counting
from streamkit.quirks.registry import REGISTRY
from streamkit.quirks.tape import Tape

MODULES = (chat, chat_calls, counting)
QUIRKS = [name for module in MODULES for name in module.__all__]
USAGE = {
    "prompt_tokens": 9,
    "completion_tokens": 12,
    "total_tokens": 21,
    "completion_tokens_details": {"reasoning_tokens": 5},
}


def sse(*payloads):
    return b"".join(b"data: " + (p if isinstance(p, bytes) else msgspec.json.encode(p)) + b"\n\n" for p in payloads)


def chunk(delta, finish=None, **members):
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "c1", "object": "chat.completion.chunk", "model": "m1", "choices": [choice], **members}


def measured(text):
    """A chunk with the log probability of its token."""
    whole = chunk({"content": text})
    whole["choices"][0]["logprobs"] = {"content": [{"token": text, "logprob": -0.1}]}
    return whole


END = (chunk({}, "stop"), {"id": "c1", "model": "m1", "choices": [], "usage": USAGE}, b"[DONE]")
CALL = {"index": 0, "id": "k", "type": "function", "function": {"name": "ls", "arguments": ""}}
TAPES = [
    Tape(data, "chat")
    for data in (
        sse(chunk({"role": "assistant", "content": ""}), *(chunk({"content": w}) for w in ("It is ", "4", "2.")), *END),
        sse(chunk({"role": "assistant"}), chunk({"content": "42"}), *END),
        sse(*(chunk({"reasoning_content": w}) for w in ("hm", " so")), chunk({"content": "yes"}), *END),
        sse(
            chunk({"content": "one moment"}),
            chunk({"tool_calls": [CALL]}),
            *(chunk({"tool_calls": [{"index": 0, "function": {"arguments": w}}]}) for w in ('{"p', '":1}')),
            chunk({}, "tool_calls"),
            *END[1:],
        ),
        sse(
            chunk({"tool_calls": [{**CALL, "function": {"name": "ls", "arguments": '{"p":[1,"é"]}'}}]}, "tool_calls"),
            *END[1:],
        ),
        sse(measured("4"), measured("2"), *END),
    )
]


def run(data):
    if data.startswith(b"{"):  # the answer as one document
        return decode(frame(data))
    return decode(*(frame(one.data, one.event) for one in Tape(data, "chat").frames))


def outcome(events):
    """What a response is made of; a fragment's wholeness and its way of being named are not."""
    finishes = [event.finish_reason for event in of(events, FinishClaimed)]
    counted = [msgspec.structs.replace(event.usage, raw=None) for event in of(events, UsageReported)]
    calls = [(event.call_id, event.name) for event in of(events, CallFragment) if event.call_id]
    pieces = of(events, CallFragment, CallText)
    arguments = "".join(event.text if isinstance(event, CallText) else event.arguments for event in pieces)
    return text_of(events), reasoning_of(events), finishes, counted, calls, arguments


@pytest.mark.parametrize("tape", TAPES)
def test_healthy_recordings_have_no_quirk(tape):
    assert quirks_of(run(tape.data)) == []


@pytest.mark.parametrize("name", QUIRKS)
def test_planted_quirks_are_named_and_do_what_they_say(name):
    quirk = REGISTRY[name]
    planted = 0
    for tape in TAPES:
        healthy = outcome(run(tape.data))
        for edit in quirk.plant(tape):
            planted += 1
            events = run(tape.apply([edit]))
            assert name in quirks_of(events), edit
            if quirk.effect in ("harmless", "repaired"):
                assert outcome(events) == healthy, edit
    assert planted


@pytest.mark.parametrize("name", QUIRKS)
def test_quirks_name_what_may_differ(name):
    quirk = REGISTRY[name]
    assert bool(quirk.fields) == (quirk.effect in ("guessed", "lossy"))
    assert quirk.text.endswith(".")
    assert quirk.catalogue
