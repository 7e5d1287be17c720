"""One text workload a dialect: cost per event as a ratio to `chat`, in the same run."""

from __future__ import annotations

import base64
import json
import statistics
import struct
import time
import zlib
from collections.abc import Callable, Iterator

import streamkit
from benchmarks.workloads import WORDS, anthropic_text, chat_text, responses_text

COUNT = 3000


def _line(payload: object) -> bytes:
    return json.dumps(payload, separators=(",", ":")).encode() + b"\n"


def _sse(payload: object, end: str = "\n") -> bytes:
    return f"data: {json.dumps(payload, separators=(',', ':'))}{end}{end}".encode()


def _words(count: int) -> Iterator[str]:
    return (WORDS[i % len(WORDS)] for i in range(count))


def aws_message(event: str, payload: object) -> bytes:
    """One message of an AWS event stream."""
    body = json.dumps(payload, separators=(",", ":")).encode()
    pairs = {":event-type": event, ":content-type": "application/json", ":message-type": "event"}
    headers = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack("!H", len(value)) + value.encode()
        for name, value in pairs.items()
    )
    prelude = struct.pack("!II", 16 + len(headers) + len(body), len(headers))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + headers + body
    return message + struct.pack("!I", zlib.crc32(message))


def gemini(count: int) -> Iterator[bytes]:
    for word in _words(count):
        content = {"parts": [{"text": word}], "role": "model"}
        yield _sse({"candidates": [{"content": content, "index": 0}], "modelVersion": "gemini-2.5-flash"}, "\r\n")
    usage = {"promptTokenCount": 9, "candidatesTokenCount": 90, "totalTokenCount": 99}
    content = {"parts": [{"text": ""}], "role": "model"}
    yield _sse(
        {"candidates": [{"content": content, "finishReason": "STOP", "index": 0}], "usageMetadata": usage}, "\r\n"
    )


def ollama(count: int) -> Iterator[bytes]:
    head = {"model": "llama3.2", "created_at": "2026-01-02T03:04:05.678901Z"}
    for word in _words(count):
        yield _line({**head, "message": {"role": "assistant", "content": word}, "done": False})
    yield _line({**head, "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"})


def cohere(count: int) -> Iterator[bytes]:
    def event(kind: str, **members: object) -> bytes:
        return f"event: {kind}\n".encode() + _sse({"type": kind, **members})

    yield event("message-start", id="c1", delta={"message": {"role": "assistant", "content": []}})
    yield event("content-start", index=0, delta={"message": {"content": {"type": "text", "text": ""}}})
    for word in _words(count):
        yield event("content-delta", index=0, delta={"message": {"content": {"text": word}}})
    yield event("content-end", index=0)
    yield event("message-end", delta={"finish_reason": "COMPLETE"})


def completions(count: int) -> Iterator[bytes]:
    head = {"id": "cmpl-1", "object": "text_completion", "created": 1763683200, "model": "davinci-002"}
    for word in _words(count):
        yield _sse({**head, "choices": [{"text": word, "index": 0, "logprobs": None, "finish_reason": None}]})
    yield _sse({**head, "choices": [{"text": "", "index": 0, "logprobs": None, "finish_reason": "stop"}]})
    yield b"data: [DONE]\n\n"


def bedrock(count: int) -> Iterator[bytes]:
    yield aws_message("messageStart", {"role": "assistant", "p": "abcd"})
    for word in _words(count):
        yield aws_message("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": word}, "p": "abcdef"})
    yield aws_message("contentBlockStop", {"contentBlockIndex": 0})
    yield aws_message("messageStop", {"stopReason": "end_turn"})


def bedrock_invoke(count: int) -> Iterator[bytes]:
    for frame in anthropic_text(count):
        payload = frame.partition(b"data: ")[2].strip()
        yield aws_message("chunk", {"bytes": base64.b64encode(payload).decode(), "p": "abc"})


DIALECTS: dict[str, Callable[[int], Iterator[bytes]]] = {
    "chat": chat_text,
    "responses": responses_text,
    "anthropic": anthropic_text,
    "gemini": gemini,
    "ollama": ollama,
    "cohere": cohere,
    "completions": completions,
    "bedrock": bedrock,
    "bedrock-invoke": bedrock_invoke,
}


def _cost(dialect: str, reads: list[bytes]) -> float:
    began = time.process_time()
    response = streamkit.assemble(reads, dialect)
    taken = time.process_time() - began
    assert response.text
    return taken / COUNT * 1e6


def dialect_rows(rounds: int = 7) -> list[dict[str, object]]:
    """Microseconds per event and ratio to `chat`, medians of paired runs."""
    reads = {name: list(frames(COUNT)) for name, frames in DIALECTS.items()}
    taken: dict[str, list[float]] = {name: [] for name in DIALECTS}
    for _ in range(rounds):
        for name in DIALECTS:
            taken[name].append(_cost(name, reads[name]))
    return [
        {
            "dialect": name,
            "microseconds": statistics.median(times),
            "to_chat": statistics.median(a / b for a, b in zip(times, taken["chat"], strict=True)),
        }
        for name, times in taken.items()
    ]
