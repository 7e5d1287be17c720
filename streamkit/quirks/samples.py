"""Small healthy recordings of the chief dialects, on which a quirk can be shown. Made here, of nobody's answers."""

from collections.abc import Iterator
from functools import cache

import msgspec

from streamkit.jsontypes import JsonObject
from streamkit.quirks.aws_tape import encode_message
from streamkit.quirks.registry import Quirk
from streamkit.quirks.tape import Edit, Tape

__all__ = ["samples", "shown"]


def _sse(payloads: list[JsonObject], *, done: bool = False, name: str = "type") -> bytes:
    out = b""
    for payload in payloads:
        event = payload.get(name) if name else None
        head = f"event: {event}\n".encode() if event else b""
        out += head + b"data: " + msgspec.json.encode(payload) + b"\n\n"
    return out + (b"data: [DONE]\n\n" if done else b"")


def _chat(*deltas: JsonObject, finish: str = "stop", counted: bool = True, measured: bool = False) -> bytes:
    head = {"id": "chatcmpl-7", "object": "chat.completion.chunk", "model": "gpt-4.1"}
    payloads: list[JsonObject] = [
        {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        for delta in ({"role": "assistant", "content": ""}, *deltas)
    ]
    for payload in payloads[1:] if measured else ():
        choice = payload["choices"][0]
        choice["logprobs"] = {"content": [{"token": choice["delta"]["content"], "logprob": -0.5}]}
    payloads.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    if counted:
        details = {"reasoning_tokens": 5}
        usage = {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21, "completion_tokens_details": details}
        payloads.append({**head, "choices": [], "usage": usage})
    return _sse(payloads, done=True, name="")


def _call(index: int, call_id: str = "", name: str = "", arguments: str = "") -> JsonObject:
    call: JsonObject = {"index": index, "function": {"arguments": arguments}}
    if call_id:
        call = {"index": index, "id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
    return {"tool_calls": [call]}


def _responses() -> bytes:
    text = "Rain until noon."
    note: JsonObject = {"type": "output_text", "text": text, "annotations": []}
    items: list[JsonObject] = [
        {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "Look it up."}]},
        {"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [note]},
        {
            "id": "fc_1",
            "type": "function_call",
            "status": "completed",
            "call_id": "call_1",
            "name": "get_tide",
            "arguments": '{"port":"Oslo"}',
        },
    ]
    bare: list[JsonObject] = [
        {**items[0], "summary": []},
        {**items[1], "status": "in_progress", "content": []},
        {**items[2], "status": "in_progress", "arguments": ""},
    ]
    own: list[list[JsonObject]] = [
        [{"type": "response.reasoning_summary_text.delta", "summary_index": 0, "delta": "Look it up."}],
        [
            {"type": "response.output_text.delta", "content_index": 0, "delta": "Rain until "},
            {"type": "response.output_text.delta", "content_index": 0, "delta": "noon."},
            {"type": "response.output_text.done", "content_index": 0, "text": text},
        ],
        [
            {"type": "response.function_call_arguments.delta", "delta": '{"port":'},
            {"type": "response.function_call_arguments.delta", "delta": '"Oslo"}'},
        ],
    ]
    head: JsonObject = {"id": "resp_1", "model": "gpt-5", "status": "in_progress", "output": []}
    payloads: list[JsonObject] = [{"type": "response.created", "response": head}]
    for index, item in enumerate(items):
        place: JsonObject = {"output_index": index, "item_id": item["id"]}
        payloads.append({"type": "response.output_item.added", "output_index": index, "item": bare[index]})
        payloads += ({**payload, **place} for payload in own[index])
        payloads.append({"type": "response.output_item.done", "output_index": index, "item": item})
    usage = {"input_tokens": 9, "output_tokens": 12, "total_tokens": 21}
    payloads.append(
        {"type": "response.completed", "response": {**head, "status": "completed", "output": items, "usage": usage}}
    )
    return _sse([{**payload, "sequence_number": number} for number, payload in enumerate(payloads)])


def _anthropic(*blocks: tuple[JsonObject, list[JsonObject]], stop: str = "end_turn") -> bytes:
    message: JsonObject = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": []}
    payloads: list[JsonObject] = [
        {"type": "message_start", "message": {**message, "usage": {"input_tokens": 9, "output_tokens": 1}}}
    ]
    for index, (block, deltas) in enumerate(blocks):
        payloads.append({"type": "content_block_start", "index": index, "content_block": block})
        payloads += ({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas)
        payloads.append({"type": "content_block_stop", "index": index})
    payloads.append({"type": "message_delta", "delta": {"stop_reason": stop}, "usage": {"output_tokens": 12}})
    payloads.append({"type": "message_stop"})
    return _sse(payloads)


def _words(*texts: str) -> list[JsonObject]:
    return [{"type": "text_delta", "text": text} for text in texts]


def _gemini() -> bytes:
    call: JsonObject = {"functionCall": {"name": "get_tide", "args": {"port": "Oslo"}}}
    place: JsonObject = {"jsonPath": "$.port", "stringValue": "Oslo"}
    pieces: list[list[JsonObject]] = [
        [{"text": "Rain until "}],
        [{"text": "noon."}],
        [call],
        [{"functionCall": {"name": "get_wind", "partialArgs": [place], "willContinue": True}}],
        [{"functionCall": {}}],
    ]
    payloads: list[JsonObject] = [
        {"candidates": [{"content": {"parts": parts, "role": "model"}, "index": 0}], "responseId": "r1"}
        for parts in pieces
    ]
    payloads[-1]["candidates"][0]["finishReason"] = "STOP"
    return _sse(payloads, name="")


def _ollama() -> bytes:
    call: JsonObject = {"function": {"name": "get_tide", "arguments": {"port": "Oslo"}}}
    payloads: list[JsonObject] = [
        {"model": "qwen3", "message": {"role": "assistant", "content": "Rain until noon."}, "done": False},
        {"model": "qwen3", "message": {"role": "assistant", "content": "", "tool_calls": [call]}, "done": False},
        {"model": "qwen3", "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"},
    ]
    return b"".join(msgspec.json.encode(payload) + b"\n" for payload in payloads)


def _bedrock(*, inner: bool = False) -> bytes:
    events: list[tuple[str, JsonObject]] = [
        ("messageStart", {"role": "assistant"}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Rain until noon."}}),
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("messageStop", {"stopReason": "end_turn"}),
    ]
    if inner:
        events = [("chunk", {"bytes": "eyJvdXRwdXRUZXh0IjoiUmFpbi4iLCJjb21wbGV0aW9uUmVhc29uIjoiRklOSVNIIn0="})]
    return b"".join(encode_message(name, msgspec.json.encode(payload)) for name, payload in events)


def _completions() -> bytes:
    payloads: list[JsonObject] = [
        {"object": "text_completion", "choices": [{"text": text, "index": 0, "finish_reason": finish}]}
        for text, finish in (("Rain until ", None), ("noon.", None), ("", "stop"))
    ]
    return _sse(payloads, done=True, name="")


def _cohere() -> bytes:
    def content(kind: str, **members: str) -> JsonObject:
        return {"type": kind, "index": 0, "delta": {"message": {"content": members}}}

    payloads: list[JsonObject] = [
        {"type": "message-start", "id": "m1"},
        content("content-start", type="text", text=""),
        content("content-delta", text="Rain until noon."),
        {"type": "content-end", "index": 0},
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}},
    ]
    return _sse(payloads)


@cache
def samples() -> tuple[Tape, ...]:
    """The recordings, the plainest first."""
    words = ({"content": "Rain until "}, {"content": "noon."})
    tide, wind = '{"port":"Oslo","days":{"from":1}}', '{"port":"Bergen"}'
    first = (_call(0, "call_1", "get_tide"), _call(0, arguments=tide[:8]), _call(0, arguments=tide[8:]))
    second = (_call(1, "call_2", "get_wind"), _call(1, arguments=wind[:8]), _call(1, arguments=wind[8:]))
    now = (_call(0, "call_3", "now"), _call(0, arguments="{}"))
    thinking: JsonObject = {"type": "thinking", "thinking": ""}
    thought: list[JsonObject] = [
        {"type": "thinking_delta", "thinking": "Look it up."},
        {"type": "signature_delta", "signature": "EqQB"},
    ]
    use: JsonObject = {"type": "tool_use", "id": "toolu_1", "name": "get_tide", "input": {}}
    given: list[JsonObject] = [
        {"type": "input_json_delta", "partial_json": '{"port":'},
        {"type": "input_json_delta", "partial_json": '"Oslo"}'},
    ]
    said: JsonObject = {"type": "text", "text": ""}
    return (
        Tape(_chat(*words), "chat"),
        Tape(_chat(*words, counted=False), "chat"),
        Tape(_chat({"content": "4"}, {"content": "1"}), "chat"),
        Tape(_chat({"content": "Noon."}), "chat"),
        Tape(_chat({"content": "Noon."}, measured=True), "chat"),
        Tape(_chat({"reasoning_content": "Look it up."}, *words), "chat"),
        Tape(_chat(*words, *first, finish="tool_calls"), "chat"),
        Tape(_chat(*first, finish="tool_calls"), "chat"),
        Tape(_chat(*first, *second, finish="tool_calls"), "chat"),
        Tape(_chat(*now, finish="tool_calls"), "chat"),
        Tape(_chat(_call(0, "call_4", "get_wind", wind), finish="tool_calls"), "chat"),
        Tape(_responses(), "responses"),
        Tape(_anthropic((said, _words("Rain until ", "noon."))), "anthropic"),
        Tape(_anthropic((thinking, thought), (said, _words("Rain.")), (use, given), stop="tool_use"), "anthropic"),
        Tape(_gemini(), "gemini"),
        Tape(_ollama(), "ollama", "ndjson"),
        Tape(_bedrock(), "bedrock", "aws-eventstream"),
        Tape(_bedrock(inner=True), "bedrock-invoke", "aws-eventstream"),
        Tape(_cohere(), "cohere"),
        Tape(_completions(), "completions"),
    )


def shown(quirk: Quirk) -> Iterator[tuple[Tape, Edit]]:
    """For each sample that has one, its first place for this quirk."""
    for tape in samples():
        if quirk.fits(tape.dialect):
            edit = next(iter(quirk.plant(tape)), None)
            if edit is not None:
                yield tape, edit
