"""Frames for the small text dialects, and what their decoders make of them."""

import json

from streamkit.dialects.base import DecoderOptions
from streamkit.events import QuirkSeen
from streamkit.frames import Frame


def frame(payload, event="", **more):
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Frame(data=data, event=event, **more)


def decode(dialect, payloads):
    decoder = dialect.decoder(DecoderOptions())
    out = []
    for payload in payloads:
        out += decoder.feed(payload if isinstance(payload, Frame) else frame(payload))
    return [*out, *decoder.close()]


def of(events, *kinds):
    return [event for event in events if isinstance(event, kinds)]


def text_of(events, choice=0):
    return "".join(event.text for event in events if type(event).__name__ == "TextDelta" and event.choice == choice)


def quirks(events):
    return [event.quirk for event in events if isinstance(event, QuirkSeen)]


DONE = frame(b"[DONE]")
ERROR = {"error": {"message": "boom", "type": "server_error"}}
STRANGERS = [
    {"choices": [{"delta": {"content": "x"}, "index": 0}]},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "x"}},
    {"type": "response.output_text.delta", "delta": "x"},
    {"candidates": [{"content": {"parts": [{"text": "x"}]}}]},
    {"message": {"content": "x"}, "done": False},
    {"type": "content-delta", "delta": {"message": {"content": {"text": "x"}}}},
    {"contentBlockDelta": {"delta": {"text": "x"}}},
]
"""Frames of other dialects, which nobody here may claim."""
