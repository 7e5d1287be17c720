"""Each bound is kept: what came before it is delivered, then one error names it."""

import json

import pytest

import streamkit
from streamkit.limits import DEFAULT_LIMITS, Limits
from streamkit.testing.grammar import check


def sse(*payloads):
    return b"".join(b"data: " + json.dumps(payload).encode() + b"\n\n" for payload in payloads)


def chat(delta):
    return {
        "id": "c1", "object": "chat.completion.chunk", "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": None}],
    }  # fmt: skip


def call(text, index=0):
    return chat({"tool_calls": [{"index": index, "id": f"c{index}", "function": {"name": "look", "arguments": text}}]})


FIRST = chat({"content": "hello"})
BREACHES = {
    "line": (Limits(line=300), [FIRST, chat({"content": "x" * 400})]),
    "frame": (Limits(frame=300), [FIRST, chat({"content": "x" * 400})]),
    "item": (Limits(item=8), [FIRST, chat({"content": "more"})]),
    "text": (Limits(text=8), [FIRST, chat({"content": "more"})]),
    "arguments": (Limits(arguments=8), [FIRST, call('{"a":'), call('"bcdef"}')]),
    "items": (Limits(items=2), [FIRST, call("{}", 0), call("{}", 1), call("{}", 2)]),
}


@pytest.mark.parametrize("size", [1, 50, 1 << 20])
@pytest.mark.parametrize("name", BREACHES)
def test_a_bound_that_is_reached_is_named_and_what_came_before_is_delivered(name, size):
    limits, payloads = BREACHES[name]
    body = sse(*payloads)
    log = []
    with pytest.raises(streamkit.LimitExceeded) as caught:
        log += streamkit.iter_events((body[at : at + size] for at in range(0, len(body), size)), "chat", limits=limits)
    error = caught.value
    assert error.limit == name
    assert error.size > getattr(limits, name)
    assert error.partial.text == "hello"
    assert (error.partial.status, error.partial.finish_reason) == ("failed", "error")
    assert name in str(error)


@pytest.mark.parametrize("name", BREACHES)
def test_the_default_bounds_are_far_away(name):
    _, payloads = BREACHES[name]
    events = list(streamkit.iter_events([sse(*payloads)], "chat", on_error="event"))
    check(events)
    assert not [error for error in streamkit.Response.from_events(events).errors if error.kind == "limit"]


@pytest.mark.parametrize("reasoning", ["reasoning_content", "content"])
def test_the_text_bound_counts_reasoning_too(reasoning):
    body = sse(chat({reasoning: "12345"}), chat({"content": "6789"}))
    with pytest.raises(streamkit.LimitExceeded) as caught:
        streamkit.assemble(body, "chat", limits=Limits(text=8))
    assert caught.value.limit == "text"


def test_the_text_bound_is_exact():
    body = sse(*(chat({"content": "x"}) for _ in range(9)))
    assert streamkit.assemble(body, "chat", limits=Limits(text=9), on_error="event").text == "x" * 9
    with pytest.raises(streamkit.LimitExceeded):
        streamkit.assemble(body, "chat", limits=Limits(text=8))


def test_every_bound_has_a_text_and_is_positive():
    for name in Limits.__struct_fields__:
        assert getattr(DEFAULT_LIMITS, name) > 0, name


@pytest.mark.parametrize("bound", [0, -1, 1.5, "9", None, True])
def test_a_bound_is_a_whole_number_above_0(bound):
    with pytest.raises(streamkit.UsageError, match="line"):
        Limits(line=bound)


def test_frames_held_for_recognition_are_bounded_by_held():
    body = b'data: {"hello":1}\n\n' * 20
    with pytest.raises(streamkit.UnrecognisedDialect):
        streamkit.assemble(_endless(body), None, limits=Limits(held=5))


def _endless(body):
    while True:
        yield body
