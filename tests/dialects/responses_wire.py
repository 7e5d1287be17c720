"""Streams of the Responses API from payloads written by hand, read in one piece and byte by byte."""

import json

from driving import frame

import streamkit
from streamkit.dialects.base import DecoderOptions
from streamkit.dialects.responses import RESPONSES
from streamkit.testing.grammar import check

CREATED = {"type": "response.created", "response": {"id": "r1", "model": "m1"}}
USAGE = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}


def sse(*payloads):
    """The body; a tuple is an event's name and its payload, bytes are taken as they are."""
    out = []
    for payload in payloads:
        name, content = payload if isinstance(payload, tuple) else (None, payload)
        if isinstance(content, bytes):
            data = content
        else:
            name = content.get("type") if name is None else name
            data = json.dumps(content).encode()
        head = b"event: " + name.encode() + b"\n" if isinstance(name, str) and name else b""
        out.append(head + b"data: " + data + b"\n\n")
    return b"".join(out)


def read(*payloads):
    """The response, the same for two ways of cutting; the grammar holds."""
    body = sse(*payloads)
    log = list(streamkit.iter_events([body], "responses", on_error="event"))
    check(log)
    response = streamkit.Response.from_events(log)
    single = (body[at : at + 1] for at in range(len(body)))
    assert streamkit.assemble(single, "responses", on_error="event") == response
    return response


def quirks(response):
    return [quirk.id for quirk in response.quirks]


def added(item, index=0, **more):
    return {"type": "response.output_item.added", "output_index": index, "item": item, **more}


def done(item, index=0, **more):
    return {"type": "response.output_item.done", "output_index": index, "item": item, **more}


def piece(kind, index=0, item_id="m1", **members):
    """A frame of `response.<kind>` about a part of an item."""
    return {"type": f"response.{kind}", "output_index": index, "item_id": item_id, **members}


def delta(text, index=0, item_id="m1", **members):
    return piece("output_text.delta", index, item_id, content_index=0, delta=text, **members)


def message(text=None, item_id="m1", **members):
    content = [] if text is None else [{"type": "output_text", "text": text, "annotations": []}]
    return {"id": item_id, "type": "message", "role": "assistant", "content": content, **members}


def call(arguments="", item_id="fc1", call_id="c1", name="look", **members):
    return {"id": item_id, "type": "function_call", "call_id": call_id, "name": name, "arguments": arguments, **members}


def arguments(text, index=0, item_id="fc1"):
    return piece("function_call_arguments.delta", index, item_id, delta=text)


def ended(output=(), kind="completed", **response):
    """The terminal frame; the status inside is its own name unless said otherwise."""
    inner = {"id": "r1", "model": "m1", "status": kind, "usage": USAGE, "output": list(output), **response}
    return {"type": f"response.{kind}", "response": inner}


def spoken(*texts):
    """A whole message, pieces and all."""
    whole = "".join(texts)
    return [
        added(message()),
        *(delta(text) for text in texts),
        piece("output_text.done", content_index=0, text=whole),
        done(message(whole)),
    ]


def decoded(*frames):
    """What the decoder alone says."""
    decoder = RESPONSES.decoder(DecoderOptions())
    events = [event for each in frames for event in decoder.feed(frame(each) if isinstance(each, dict) else each)]
    return [*events, *decoder.close()]


def numbered(*payloads):
    """The payloads with sequence numbers from 0 on."""
    return [{**payload, "sequence_number": number} for number, payload in enumerate(payloads)]
