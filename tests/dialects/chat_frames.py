"""Hand-written chat frames, and a decoder run over them."""

import json

import msgspec

from streamkit.dialects.base import DecoderOptions
from streamkit.dialects.chat import CHAT
from streamkit.events import QuirkSeen, ReasoningDelta, TextDelta
from streamkit.frames import Frame

DONE = Frame(data=b"[DONE]")


def encode(payload):
    """JSON bytes; lone surrogates, which msgspec refuses to write, as escapes."""
    try:
        return msgspec.json.encode(payload)
    except UnicodeEncodeError:
        return json.dumps(payload).encode()


def frame(payload, event=""):
    data = payload if isinstance(payload, bytes) else encode(payload)
    return Frame(data=data, event=event)


def chunk(delta=None, *, finish=None, index=0, choice=None, **members):
    """A chunk in its usual shape; `choice` are further members of the choice, None for `delta` leaves it out."""
    one = {"index": index, "finish_reason": finish, "logprobs": None, **(choice or {})}
    if delta is not None:
        one["delta"] = delta
    base = {"id": "c1", "object": "chat.completion.chunk", "created": 7, "model": "m1", "choices": [one]}
    return frame({**base, **members})


def decode(*frames, close=True):
    decoder = CHAT.decoder(DecoderOptions())
    events = [event for one in frames for event in decoder.feed(one)]
    return [*events, *decoder.close()] if close else events


def of(events, *kinds):
    return [event for event in events if isinstance(event, kinds)]


def text_of(events, choice=0):
    return "".join(event.text for event in of(events, TextDelta) if event.choice == choice)


def reasoning_of(events, choice=0):
    return "".join(event.text for event in of(events, ReasoningDelta) if event.choice == choice)


def quirks_of(events):
    return [event.quirk for event in of(events, QuirkSeen)]


def kinds(events):
    return [type(event).__name__ for event in events]
