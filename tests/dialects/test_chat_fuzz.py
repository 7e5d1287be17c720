"""Anything at all may stand in a chat frame: nothing raises, and nothing beside it is lost."""

from chat_frames import chunk, decode, frame, of, text_of
from hypothesis import given, settings
from hypothesis import strategies as st

from streamkit.dialects.base import DecoderOptions
from streamkit.dialects.chat import CHAT
from streamkit.events import Event
from streamkit.evidence import CallFragment

MEMBERS = [
    "id",
    "model",
    "choices",
    "usage",
    "error",
    "index",
    "delta",
    "message",
    "text",
    "finish_reason",
    "content",
    "role",
    "reasoning_content",
    "reasoning",
    "reasoning_details",
    "refusal",
    "tool_calls",
    "function",
    "function_call",
    "name",
    "arguments",
    "custom",
    "input",
    "type",
    "annotations",
    "logprobs",
    "logprob",
    "tokens",
    "images",
    "image_url",
    "url",
    "audio",
    "data",
    "transcript",
    "executed_tools",
    "content_list",
    "citations",
    "x_groq",
    "token",
    "response",
    "generated_text",
    "details",
    "warnings",
    "prompt_tokens",
    "summary",
    "thinking",
    "base_resp",
    "extra_content",
    "signature",
]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text("ab\ud83d\ude00[", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=5),
    max_leaves=25,
)


DELTAS = st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=5)


CHOICES = st.dictionaries(st.sampled_from(MEMBERS), JSON | DELTAS, max_size=4)


FRAMES = st.fixed_dictionaries({"choices": st.lists(CHOICES | JSON, max_size=2) | JSON}) | st.dictionaries(
    st.sampled_from(MEMBERS), JSON, max_size=6
)


@settings(max_examples=200, deadline=None)
@given(st.lists(FRAMES, max_size=4))
def test_no_frame_raises_and_every_frame_gives_events(payloads):
    decoder = CHAT.decoder(DecoderOptions())
    out = []
    for payload in payloads:
        given_frame = frame(payload)
        assert CHAT.recognise(given_frame) in range(4)
        out += decoder.feed(given_frame)
    out += decoder.close()
    assert all(isinstance(event, Event) for event in out)
    for event in of(out, CallFragment):
        assert isinstance(event.index, int | None)
        assert event.arguments or event.call_id or event.name or event.extra


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["a", " ", "<", "0", "é", "", "😀"]), max_size=8), JSON, st.integers(0, 8))
def test_an_odd_frame_in_between_loses_no_text(words, odd, place):
    frames = [chunk({"content": word}) for word in words]
    frames.insert(min(place, len(frames)), chunk({"tool_calls": odd}))
    assert text_of(decode(*frames)) == "".join(words)
