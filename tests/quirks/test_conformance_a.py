"""Group A, transport and framing: what a stream may be like without any quirk at all."""

import gzip

import pytest
from counted_work import held_linear
from piping import chat, chunk, events_of, named, response_of, seen, sse

import streamkit
from streamkit.limits import Limits


def test_a21_everything_at_once_is_read_like_a_live_stream():
    words = [f"word{number} " for number in range(400)]
    data = chat(*words)
    frames = [part + b"\n\n" for part in data.split(b"\n\n") if part]
    assert streamkit.assemble([data], "chat") == streamkit.assemble(frames, "chat")
    events = streamkit.iter_events([data], "chat")
    assert isinstance(next(events), streamkit.ResponseStarted)  # events come one by one, not when all is read
    assert sum(isinstance(event, streamkit.TextDelta) for event in events) == 400


def spoilt(data, at):
    """The same with four other bytes in its tail, where gzip keeps a checksum (8 from the end) and a length (4)."""
    size = len(data)
    return data[: size - at] + bytes(byte ^ 0x55 for byte in data[size - at : size - at + 4]) + data[size - at + 4 :]


HELLO = chat("Hel", "lo")
TAILS = {
    "member": lambda data: gzip.compress(data) + gzip.compress(b"data: [DONE]")[:10] + b"\xff" * 20,
    "checksum": lambda data: spoilt(gzip.compress(data), 8),
    "length": lambda data: spoilt(gzip.compress(data), 4),
}


@pytest.mark.parametrize("squeeze", TAILS.values(), ids=list(TAILS))
def test_a20_an_answer_that_was_over_stands_before_a_broken_tail(squeeze):
    for whole in (HELLO, HELLO.rstrip(b"\n")):  # the last frame may lack its end: what is whole is read
        response = response_of(squeeze(whole), "chat")
        assert (response.text, response.ending, response.errors) == ("Hello", "completed", ())
        assert seen(response)[-1] == "close_error"
    cut = response_of(squeeze(sse(chunk(content="Hel"), chunk(content="lo"))), "chat")
    (error,) = cut.errors
    assert (cut.text, cut.ending) == ("Hello", "disconnected")
    assert (error.kind, error.code, error.retryable) == ("transport", "corrupt_compression", False)


def test_a20_what_was_never_compressed_is_no_damaged_connection():
    (error,) = response_of(b"\x1f\x8b no gzip at all", "chat").errors
    assert (error.kind, error.code) == ("wire", "corrupt_compression")


def test_a23_a_frame_of_several_megabytes():
    long = "x" * 3_000_000
    response = streamkit.assemble([chat(long)], "chat")
    assert (len(response.text), response.status) == (3_000_000, "completed")
    default = Limits()
    assert min(default.line, default.frame) >= 16 * 1024 * 1024


def test_a23_a_frame_beyond_the_limit_keeps_what_came_before():
    data = sse(chunk(content="before"), chunk(content="y" * 5_000))
    response = response_of(data, "chat", limits=Limits(frame=2_000, line=2_000))
    (error,) = response.errors
    assert (response.text, error.kind, error.code) == ("before", "limit", "limit_exceeded")
    assert error.limit in ("frame", "line")


def test_a23_work_is_linear_in_the_size_of_a_frame():
    def reading(size):
        data = chat("x" * size)
        chunks = [data[at : at + 1000] for at in range(0, len(data), 1000)]
        return lambda: streamkit.assemble(chunks, "chat")

    held_linear(reading, n=100_000)


def test_a31_padding_and_unknown_members_are_silent():
    data = named(
        {"type": "response.created", "response": {"id": "r", "vendor": {"x": 1}}, "obfuscation": "q"},
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": {"id": "m", "type": "message", "content": [], "x_new": True},
        },
        {"type": "response.output_text.delta", "output_index": 0, "item_id": "m", "delta": "hi", "obfuscation": "x9Zk"},
        {
            "type": "response.output_item.done",
            "output_index": 0,
            "item": {"id": "m", "type": "message", "content": [{"type": "output_text", "text": "hi"}]},
        },
        {
            "type": "response.completed",
            "response": {"id": "r", "status": "completed", "output": [{"type": "message", "id": "m"}], "pad": "…"},
        },
    )
    response = response_of(data, "responses")
    assert (response.text, response.status, response.quirks) == ("hi", "completed", ())


def test_a31_padding_in_chat_chunks_is_silent():
    padded = [{**chunk(content="hi"), "obfuscation": "x9Zk"}, {**chunk("stop"), "obfuscation": "x"}]
    response = response_of(sse(*padded, done=True), "chat")
    assert (response.text, response.quirks, response.metadata) == ("hi", (), {})


def test_a24_an_envelope_that_says_no_is_an_error():
    response = response_of(sse({"success": False, "message": "no such model", "data": None}), "chat")
    assert (response.status, response.errors[0].message) == ("failed", "no such model")


def test_a33_what_is_no_document_behind_one_is_corrupt():
    import json

    data = sse(json.dumps(chunk(content="a")) + '{"choi', chunk("stop", content="b"), done=True)
    response = response_of(data, "chat")
    assert (response.text, seen(response)) == ("ab", ["corrupt_frame"])


def test_a16_the_chat_marker_proves_nothing_in_other_dialects():
    started = {"type": "response.created", "response": {"id": "r"}}
    delta = {"type": "response.output_text.delta", "output_index": 0, "item_id": "m", "delta": "half"}
    response = response_of(sse(started, delta, done=True), "responses")
    assert (response.text, response.finish_reason, response.terminal_seen) == ("half", "truncated", False)
    assert not any(
        isinstance(e, streamkit.ResponseFinished) for e in events_of(sse(started, delta, done=True), "responses")
    )
