"""Named workloads: wire bytes in realistic full shape, cut into reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

WORDS = [" stream", " of", " small", " pieces", ",", " each", " a", " token", " or", " two", ".", " And", " so", " on"]


def _sse(payload: object, event: str = "") -> bytes:
    head = f"event: {event}\n" if event else ""
    return (head + "data: " + json.dumps(payload, separators=(",", ":")) + "\n\n").encode()


def chat_frame(delta: dict[str, object], finish: str | None = None) -> bytes:
    return _sse(
        {
            "id": "chatcmpl-Bq1Zs0w4yL2cX8vN6tR3uJ9kH5mD7",
            "object": "chat.completion.chunk",
            "created": 1763683200,
            "model": "gpt-4.1-mini-2025-04-14",
            "service_tier": "default",
            "system_fingerprint": "fp_38343a2f8f",
            "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
            "usage": None,
        }
    )


def chat_text(count: int) -> Iterator[bytes]:
    yield chat_frame({"role": "assistant", "content": "", "refusal": None})
    for i in range(count):
        yield chat_frame({"content": WORDS[i % len(WORDS)]})
    yield chat_frame({}, "stop")
    yield b"data: [DONE]\n\n"


def chat_reasoning(count: int) -> Iterator[bytes]:
    yield chat_frame({"role": "assistant", "content": None, "reasoning_content": ""})
    for i in range(count):
        yield chat_frame({"reasoning_content": WORDS[i % len(WORDS)]})
    yield chat_frame({"content": "Done."})
    yield chat_frame({}, "stop")
    yield b"data: [DONE]\n\n"


def _fragment(index: int, text: str) -> dict[str, object]:
    return {"tool_calls": [{"index": index, "function": {"arguments": text}}]}


def _announce(index: int) -> dict[str, object]:
    function = {"name": "write_file", "arguments": ""}
    return {"tool_calls": [{"index": index, "id": f"call_{index}aB3", "type": "function", "function": function}]}


def chat_tools(count: int) -> Iterator[bytes]:
    """Four calls in parallel, their fragments one after another."""
    for index in range(4):
        yield chat_frame(_announce(index))
        yield chat_frame(_fragment(index, '{"text":"'))
        for i in range(count // 4):
            yield chat_frame(_fragment(index, WORDS[i % len(WORDS)]))
        yield chat_frame(_fragment(index, '"}'))
    yield chat_frame({}, "tool_calls")
    yield b"data: [DONE]\n\n"


def chat_arguments(count: int) -> Iterator[bytes]:
    """One call whose arguments come in `count` fragments of 100 characters."""
    yield chat_frame(_announce(0))
    yield chat_frame(_fragment(0, '{"text":"'))
    for _ in range(count):
        yield chat_frame(_fragment(0, "0123456789" * 10))
    yield chat_frame(_fragment(0, '"}'))
    yield chat_frame({}, "tool_calls")
    yield b"data: [DONE]\n\n"


def chat_think(count: int) -> Iterator[bytes]:
    """A think block, one character a frame, with tags and near-tags in it."""
    text = "<think>" + "if a < b then <thin or </thin is no tag; " * (count // 41) + "</think>\n\nhi"
    for character in text:
        yield chat_frame({"content": character})
    yield chat_frame({}, "stop")
    yield b"data: [DONE]\n\n"


def chat_frame_size(count: int) -> Iterator[bytes]:
    """One frame of `count` KB."""
    yield chat_frame({"content": "x" * (count * 1024)})
    yield chat_frame({}, "stop")
    yield b"data: [DONE]\n\n"


def _responses(kind: str, **members: object) -> bytes:
    return _sse({"type": kind, **members}, kind)


def _responses_head(item: dict[str, object]) -> Iterator[bytes]:
    head = {"id": "resp_68a1b2c3d4e5f60718293a4b", "object": "response", "status": "in_progress", "model": "gpt-4.1"}
    yield _responses("response.created", sequence_number=0, response={**head, "output": []})
    yield _responses("response.in_progress", sequence_number=1, response={**head, "output": []})
    yield _responses("response.output_item.added", sequence_number=2, output_index=0, item=item)


def _responses_end(sequence: int, item: dict[str, object]) -> Iterator[bytes]:
    yield _responses("response.output_item.done", sequence_number=sequence, output_index=0, item=item)
    usage = {"input_tokens": 9, "output_tokens": 90, "total_tokens": 99}
    done = {"id": "resp_68a1b2c3d4e5f60718293a4b", "object": "response", "status": "completed", "model": "gpt-4.1"}
    whole = {**done, "output": [item], "usage": usage}
    yield _responses("response.completed", sequence_number=sequence + 1, response=whole)


def responses_text(count: int) -> Iterator[bytes]:
    name = "msg_68a1b2c3d4e5f60718293a4b5c6d7e8f"
    item = {"id": name, "type": "message", "status": "in_progress", "content": [], "role": "assistant"}
    yield from _responses_head(item)
    for i in range(count):
        yield _responses(
            "response.output_text.delta",
            sequence_number=i + 3,
            item_id=name,
            output_index=0,
            content_index=0,
            delta=WORDS[i % len(WORDS)],
            logprobs=[],
            obfuscation="aB3dE5fG7h",
        )
    text = "".join(WORDS[i % len(WORDS)] for i in range(count))
    part = {"type": "output_text", "text": text, "annotations": []}
    yield from _responses_end(count + 3, {**item, "status": "completed", "content": [part]})


def responses_tools(count: int) -> Iterator[bytes]:
    name = "fc_68a1b2c3d4e5f60718293a4b5c6d7e8f"
    item = {
        "id": name,
        "type": "function_call",
        "status": "in_progress",
        "arguments": "",
        "call_id": "call_1",
        "name": "f",
    }
    yield from _responses_head(item)
    pieces = ['{"text":"', *(WORDS[i % len(WORDS)] for i in range(count)), '"}']
    for i, piece in enumerate(pieces):
        yield _responses(
            "response.function_call_arguments.delta",
            sequence_number=i + 3,
            item_id=name,
            output_index=0,
            delta=piece,
            obfuscation="aB3dE5fG7h",
        )
    yield from _responses_end(len(pieces) + 3, {**item, "status": "completed", "arguments": "".join(pieces)})


def _anthropic(kind: str, **members: object) -> bytes:
    return _sse({"type": kind, **members}, kind)


def _anthropic_stream(block: dict[str, object], deltas: Iterator[dict[str, object]], stop: str) -> Iterator[bytes]:
    message = {
        "id": "msg_01XFDUDYJgAACzvnptvVoYEL",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5-20250929",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 25, "output_tokens": 1},
    }
    yield _anthropic("message_start", message=message)
    yield _anthropic("content_block_start", index=0, content_block=block)
    for delta in deltas:
        yield _anthropic("content_block_delta", index=0, delta=delta)
    yield _anthropic("content_block_stop", index=0)
    yield _anthropic("message_delta", delta={"stop_reason": stop, "stop_sequence": None}, usage={"output_tokens": 90})
    yield _anthropic("message_stop")


def anthropic_text(count: int) -> Iterator[bytes]:
    deltas = ({"type": "text_delta", "text": WORDS[i % len(WORDS)]} for i in range(count))
    yield from _anthropic_stream({"type": "text", "text": ""}, deltas, "end_turn")


def anthropic_tools(count: int) -> Iterator[bytes]:
    pieces = ['{"text":"', *(WORDS[i % len(WORDS)] for i in range(count)), '"}']
    deltas = ({"type": "input_json_delta", "partial_json": piece} for piece in pieces)
    block = {"type": "tool_use", "id": "toolu_01A09q90qw90lq917835lq9", "name": "write_file", "input": {}}
    yield from _anthropic_stream(block, deltas, "tool_use")


@dataclass(frozen=True)
class Workload:
    """A named stream; `size` is what its generator counts (deltas, or KB for one large frame)."""

    name: str
    dialect: str
    frames: Callable[[int], Iterator[bytes]]
    size: int
    read: int | None = None
    """Bytes a read, where the workload prescribes them."""
    judged: bool = True
    """Whether the ratio to the floor is a promise (text and tool workloads)."""

    def reads(self, mode: str, size: int | None = None) -> list[bytes]:
        frames = list(self.frames(size or self.size))
        if self.read is None and mode == "frame":
            return frames
        step = self.read or 16 * 1024
        data = b"".join(frames)
        return [data[i : i + step] for i in range(0, len(data), step)]


WORKLOADS = [
    Workload("responses text", "responses", responses_text, 5000),
    Workload("responses tools", "responses", responses_tools, 5000),
    Workload("chat text", "chat", chat_text, 5000),
    Workload("chat tools", "chat", chat_tools, 5000),
    Workload("chat reasoning", "chat", chat_reasoning, 5000),
    Workload("anthropic text", "anthropic", anthropic_text, 5000),
    Workload("anthropic tools", "anthropic", anthropic_tools, 5000),
    Workload("think tags by character", "chat", chat_think, 5000, judged=False),
    Workload("10 MB of arguments", "chat", chat_arguments, 100_000, judged=False),
    Workload("20 MB frame in 1 KB reads", "chat", chat_frame_size, 20_000, read=1024, judged=False),
]
