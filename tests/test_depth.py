"""Values that are nested as deeply as can just be read: nothing that looks at them afterwards fails (J05).

How deep that is depends on where in the program it is read, so every depth around the limit is tried, and each frame
comes twice, because some values are compared with the last one.
"""

import sys

import pytest

from streamkit.recipe import standard
from streamkit.session import Session
from streamkit.testing import grammar

VALUE = "VALUE"
"""Stands for the nested value in a frame."""

CHAT = '{"choices":[{"index":0,"delta":{%s},"finish_reason":%s}]%s}'
START = '{"type":"message_start","message":{"id":"m","content":[],"usage":{"input_tokens":1}}}'

FRAMES = {
    "chat": [
        CHAT % ("", VALUE, ""),
        CHAT % ("", "null", ',"usage":{"prompt_tokens":1,"x":VALUE}'),
        CHAT % ("", "null", ',"usage":VALUE'),
        CHAT % ("", "null", ',"x_groq":VALUE'),
        CHAT % ("", "null", ',"system_fingerprint":VALUE'),
        CHAT % ("", "null", ',"citations":[VALUE]'),
        CHAT % ('"annotations":[VALUE]', "null", ""),
        CHAT % ('"content":"x"', 'null,"logprobs":VALUE', ""),
        CHAT % ('"content":"x"', 'null,"logprobs":{"content":[VALUE]}', ""),
        CHAT % ('"content":VALUE', "null", ""),
        CHAT % ('"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":VALUE}}]', "null", ""),
        CHAT % ('"tool_calls":[{"index":VALUE,"id":VALUE,"function":{"name":VALUE,"arguments":"{}"}}]', "null", ""),
        '{"error":{"message":"m","type":VALUE,"loc":[VALUE]}}',
    ],
    "responses": [
        '{"type":"response.output_text.delta","output_index":VALUE,"item_id":VALUE,"delta":VALUE}',
        '{"type":"response.output_text.delta","output_index":0,"item_id":"m","delta":"x","logprobs":[{"a":VALUE}]}',
        '{"type":"response.output_text.delta","output_index":0,"item_id":"m","delta":"x","logprobs":VALUE}',
        '{"type":"response.output_text.done","output_index":0,"item_id":VALUE,"text":VALUE}',
        '{"type":"response.completed","response":{"status":VALUE,"usage":{"input_tokens":"1","x":VALUE}}}',
        '{"type":"response.failed","response":{"status":"failed","error":VALUE}}',
        '{"type":"response.unknown","sequence_number":1,"x":VALUE}',
        '{"object":"response","status":VALUE,"output":[VALUE]}',
    ],
    "anthropic": [
        START.replace('"m"', VALUE),
        START.replace('"input_tokens":1', '"input_tokens":1,"x":VALUE'),
        '{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":VALUE,"input":VALUE}}',
        '{"type":"content_block_start","index":0,"content_block":{"type":"strange","x":["\\ud83d",VALUE]}}',
        '{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":VALUE}}',
        '{"type":"message_delta","delta":{"stop_reason":VALUE},"usage":{"output_tokens":1,"x":VALUE}}',
    ],
    "gemini": [
        '{"candidates":[{"content":{"parts":[{"text":"x"}]},"groundingMetadata":VALUE}]}',
        '{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"a":VALUE}}}]}}]}',
        '{"candidates":[],"usageMetadata":{"promptTokenCount":1,"x":VALUE}}',
        '{"promptFeedback":{"blockReason":VALUE}}',
        '{"candidates":[{"finishReason":VALUE}]}',
    ],
    "cohere": [
        '{"type":VALUE,"delta":VALUE}',
        '{"type":"message-end","delta":{"finish_reason":VALUE,"usage":{"tokens":{"input_tokens":1},"x":VALUE}}}',
    ],
    "mistral-conversations": [
        '{"type":"tool.execution.started","output_index":0,"id":"t","name":"n","arguments":VALUE}',
        '{"type":"function.call.delta","output_index":0,"id":"t","name":"n","tool_call_id":"c","arguments":VALUE}',
    ],
    "gemini-interactions": [
        '{"event_type":"step.start","index":0,"step":{"type":VALUE,"name":VALUE,"signature":VALUE}}'
    ],
    "completions": ['{"choices":[{"text":VALUE,"finish_reason":VALUE}]}'],
}
CASES = [(dialect, frame) for dialect, frames in FRAMES.items() for frame in frames]
WINDOW = 50
"""How far below the limit of recursion the reading of a frame begins, at most."""


def depths():
    """Depths around the limit, as it is here."""
    frame, used = sys._getframe(), 0
    while frame is not None:
        frame, used = frame.f_back, used + 1
    left = sys.getrecursionlimit() - used
    return 600, *range(left - WINDOW, left + 5)


@pytest.mark.parametrize(("dialect", "frame"), CASES)
@pytest.mark.parametrize("brackets", ["[]", '{"a":1}'], ids=["arrays", "objects"])
def test_values_at_the_limit_of_depth_fail_nowhere(dialect, frame, brackets):
    opener, closer = brackets[: -1 if brackets == "[]" else -2], brackets[-1]
    for depth in depths()[:: 1 if brackets == "[]" else 3]:
        value = opener * depth + ("1" if brackets != "[]" else "") + closer * depth
        body = b"data: " + frame.replace(VALUE, value).encode() + b"\n\n"
        session = Session(standard(dialect))
        log = session.feed(body * 2)
        log += session.finish()
        grammar.check(log)
