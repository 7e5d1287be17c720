"""Which frames are of the chat dialect."""

import msgspec
import pytest
from chat_frames import frame

from streamkit.dialects.base import CERTAIN, LIKELY, NO, POSSIBLE
from streamkit.dialects.chat import CHAT


@pytest.mark.parametrize(
    ("payload", "sure"),
    [
        ({"object": "chat.completion.chunk", "choices": []}, CERTAIN),
        ({"choices": [{"delta": {"content": "a"}}]}, CERTAIN),
        ({"object": "", "choices": [{"index": 0, "delta": {}}]}, CERTAIN),
        ({"choices": [{"message": {"content": "a"}}]}, LIKELY),
        ({"id": "", "choices": [], "prompt_filter_results": []}, LIKELY),
        ({"choices": None, "base_resp": {"status_code": 1}}, LIKELY),
        ({"token": {"text": "a"}, "generated_text": None}, LIKELY),
        ({"response": "a"}, POSSIBLE),
        ({"error": {"message": "a"}}, POSSIBLE),
        ({"object": "text_completion", "choices": [{"text": "a", "finish_reason": None}]}, POSSIBLE),
        ({"candidates": [{"content": {}}]}, NO),
        ({"type": "content-delta", "delta": {}}, NO),
        ({"type": "response.created", "response": {}}, NO),
        ({"model": "l", "response": "a", "done": False}, NO),
        ({"model": "l", "message": {"content": "a"}, "done": False}, NO),
        ([], NO),
        (b"<html>", NO),
        (b"[DONE]", POSSIBLE),
    ],
)
def test_recognise(payload, sure):
    assert CHAT.recognise(frame(payload)) == sure


def test_the_dialect_says_what_it_is():
    assert (CHAT.name, CHAT.framing, CHAT.ends, CHAT.think_tags) == ("chat", "sse", ("[DONE]",), True)
    assert msgspec.structs.asdict(CHAT)["wants_finish"]
