"""What strict readers refuse in the first frames says nothing against a dialect."""

import json

import pytest

import streamkit

GEMINI = [
    {"candidates": [{"content": {"parts": [{"text": "a\ud83d"}]}}]},
    {"candidates": [{"content": {"parts": [{"text": "\ude00"}]}, "finishReason": "STOP"}]},
]
OLLAMA = [
    {"model": "q", "message": {"role": "assistant", "content": "a\ud83d"}, "done": False},
    {"model": "q", "message": {"role": "assistant", "content": "\ude00"}, "done": True, "done_reason": "stop"},
]


def sse(*payloads):
    return "".join(f"data: {json.dumps(payload)}\n\n" for payload in payloads).encode()


def ndjson(*payloads):
    return "".join(f"{json.dumps(payload)}\n" for payload in payloads).encode()


@pytest.mark.parametrize(("data", "dialect"), [(sse(*GEMINI), "gemini"), (ndjson(*OLLAMA), "ollama")])
def test_a_halved_character_in_the_first_frame_hides_no_dialect_j01(data, dialect):
    for chunks in ([data], [data[i : i + 1] for i in range(len(data))]):
        response = streamkit.assemble(chunks, on_error="event")
        assert (response.dialect, response.text, response.errors) == (dialect, "a\U0001f600", ())
        assert [quirk.id for quirk in response.quirks] == ["lone_surrogate"]


def test_a_number_that_is_none_in_the_first_frame_hides_no_dialect_j04():
    candidate = b'{"content": {"parts": [{"text": "a"}]}, "avgLogprobs": NaN, "finishReason": "STOP"}'
    response = streamkit.assemble([b'data: {"candidates": [' + candidate + b"]}\n\n"], on_error="event")
    assert (response.dialect, response.text, response.finish_reason) == ("gemini", "a", "stop")


@pytest.mark.parametrize(
    "data",
    [
        b"event: error\ndata: upstream connect error\n\n",
        b'event: error\ndata: {"error": {"message": "upstream connect error", "x": NaN}}\n\n',
        b'data: {"error": {"message": "upstream connect error", "x": "\\ud83d"}}\n\n',
    ],
)
def test_an_error_frame_is_read_without_any_dialect_g10(data):
    (error,) = streamkit.assemble([data], on_error="event").errors
    assert (error.kind, error.message) == ("provider", "upstream connect error")


def test_garbage_is_still_of_no_dialect():
    for data in (b"data: {x\n\n", b'data: "word"\n\n', b'data: {"a": "\\ud83d"}\n\n', b"event: ping\ndata: word\n\n"):
        (error,) = streamkit.assemble([data], on_error="event").errors
        assert error.kind in ("wire", "truncated")
