"""Chat answers, as bytes."""

import json


def frame(payload):
    return b"data: " + json.dumps(payload).encode() + b"\n\n"


def chunk(text=None, finish=None):
    delta = {} if text is None else {"role": "assistant", "content": text}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return frame({"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]})


DONE = b"data: [DONE]\n\n"
HELLO = chunk("Hel") + chunk("lo") + chunk(finish="stop") + DONE
AGAIN = chunk("Again") + chunk(finish="stop") + DONE


def completion(text):
    """The same as one JSON document."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return json.dumps(
        {"id": "c1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    ).encode()


def error(message, code):
    return json.dumps({"error": {"message": message, "type": code, "code": code, "param": "input[0]"}}).encode()
