"""Recordings of the Messages API written for the tests, and a reader of what a decoder makes of them."""

import json
from collections.abc import Iterable

from streamkit.dialects.anthropic import ANTHROPIC
from streamkit.dialects.base import DecoderOptions
from streamkit.events import (
    AnnotationAdded,
    ArgumentsDelta,
    Event,
    ItemFinished,
    ItemStarted,
    QuirkSeen,
    ReasoningDelta,
    SignatureReported,
    TextDelta,
)
from streamkit.frames import Frame
from streamkit.limits import DEFAULT_LIMITS, Limits
from streamkit.quirks.tape import Tape

START = {
    "type": "message_start",
    "message": {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-test",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 7, "cache_read_input_tokens": 5, "output_tokens": 1},
    },
}
STOP = {"type": "message_stop"}


def end(reason="end_turn", **usage):
    delta = {"stop_reason": reason, "stop_sequence": None}
    return {"type": "message_delta", "delta": delta, "usage": usage or {"output_tokens": 9}}


def begin(index, kind, **members):
    return {"type": "content_block_start", "index": index, "content_block": {"type": kind, **members}}


def piece(index, kind, **members):
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **members}}


def words(index, text):
    return piece(index, "text_delta", text=text)


def thought(index, text):
    return piece(index, "thinking_delta", thinking=text)


def arguments(index, text):
    return piece(index, "input_json_delta", partial_json=text)


def stop(index):
    return {"type": "content_block_stop", "index": index}


TEXT = [START, begin(0, "text", text=""), words(0, "Hel"), words(0, "lo"), stop(0), end(), STOP]
EVERYTHING = [
    START,
    {"type": "ping"},
    begin(0, "thinking", thinking="", signature=""),
    thought(0, "Let me"),
    thought(0, " see."),
    piece(0, "signature_delta", signature="Er1"),
    stop(0),
    begin(1, "text", text=""),
    words(1, "I will"),
    words(1, " look."),
    stop(1),
    begin(2, "tool_use", id="toolu_1", name="ls", input={}),
    arguments(2, ""),
    arguments(2, '{"p":'),
    arguments(2, ' "."}'),
    stop(2),
    end("tool_use"),
    STOP,
]


def frame(payload, event=None):
    if isinstance(payload, bytes):
        return Frame(data=payload, event=event or "")
    name = payload.get("type", "") if event is None else event
    return Frame(data=json.dumps(payload).encode(), event=name)


def decode(payloads: Iterable[object], limits: Limits = DEFAULT_LIMITS) -> list[Event]:
    decoder = ANTHROPIC.decoder(DecoderOptions(limits=limits))
    out: list[Event] = []
    for payload in payloads:
        out += decoder.feed(payload if isinstance(payload, Frame) else frame(payload))
    return [*out, *decoder.close()]


def tape(payloads) -> Tape:
    body = b"".join(b"event: %s\ndata: %s\n\n" % (p["type"].encode(), json.dumps(p).encode()) for p in payloads)
    return Tape(body, "anthropic")


def replay(body: bytes) -> list[Event]:
    return decode(Frame(data=f.data, event=f.event) for f in Tape(body, "anthropic").frames)


def quirks(events) -> list[str]:
    return [event.quirk for event in events if isinstance(event, QuirkSeen)]


def of(events, kind):
    return [event for event in events if isinstance(event, kind)]


def told(events) -> dict:
    """Everything said about each key, in order of first sight."""
    items: dict = {}
    for event in events:
        if isinstance(event, ItemStarted):
            items.setdefault(event.key, {}).update(type=event.type, name=event.name, call_id=event.call_id)
        elif isinstance(event, TextDelta | ReasoningDelta | ArgumentsDelta):
            member = {TextDelta: "text", ReasoningDelta: "reasoning", ArgumentsDelta: "arguments"}[type(event)]
            item = items.setdefault(event.key, {})
            item[member] = item.get(member, "") + event.text
        elif isinstance(event, SignatureReported):
            item = items.setdefault(event.key, {})
            item[event.kind] = item.get(event.kind, "") + event.signature
        elif isinstance(event, AnnotationAdded):
            items.setdefault(event.key, {}).setdefault("annotations", []).append(event.annotation)
        elif isinstance(event, ItemFinished):
            items.setdefault(event.key, {})["finished"] = event.status
    return items
