"""Frames that fit a template mean what they mean without one."""

import json
from unittest.mock import patch

import anthropic_wire as messages
import pytest
from chat_frames import chunk
from hypothesis import example, given
from hypothesis import strategies as st

from streamkit.dialects.anthropic import ANTHROPIC
from streamkit.dialects.base import DecoderOptions
from streamkit.dialects.chat import CHAT
from streamkit.dialects.template import ATTEMPTS, LONGEST, NONE, Templates, words
from streamkit.events import TextDelta
from streamkit.frames import Frame

TEXT = b'"text"'


def template_of(data, member=TEXT, text="a"):
    return Templates().of(data, member, text, 0)


@pytest.mark.parametrize(
    ("data", "template"),
    [
        (b'{"text":"a"}', (b'{"text":', b"}")),
        (b'{ "text" :\n"a" , "i": 1 }', (b'{ "text" :\n', b' , "i": 1 }')),
        (b'{"x":{"text":"a"},"y":"b"}', (b'{"x":{"text":', b'},"y":"b"}')),
        (b'{"text":"\\u0061"}', (b'{"text":', b"}")),  # escapes within the string are the string's own
    ],
)
def test_what_stands_around_the_string_is_the_template(data, template):
    assert template_of(data) == template


@pytest.mark.parametrize(
    "data",
    [
        b'{"text":"b","text":"a"}',  # the last of two counts
        b'{"text":"a","text":"a"}',
        b'{"text":"a","te\\u0078t":"a"}',  # an escape may hide a second one
        b'{"text":1,"x":"text"}',
        b'{"x":"text","y":"a"}',  # a value, no name
        b'{"text":["a"]}',
        b'{"text":""}',
        b'{"text":"\\ud800"}',
        b'{"text":"b"}',  # says something else than what was read
        b'{"text":"a","x":"%s"}' % (b"x" * LONGEST),
    ],
)
def test_a_frame_that_leaves_a_doubt_makes_none(data):
    assert template_of(data) == NONE


@pytest.mark.parametrize(
    "string", [b"", b'""', b'"a', b'a"', b'"a""b"', b'"a","text":"b"', b'"\\ud800"', b'"\xff"', b"1"]
)
def test_what_is_no_string_by_itself_fits_nothing(string):
    with pytest.raises(ValueError):
        words(string)


def test_templates_are_made_as_long_as_frames_fit_them():
    templates, data = Templates(), b'{"text":"a"}'
    for turn in range(1, 5):  # many frames fit between one and the next
        assert templates.of(data, TEXT, "a", turn * 1000) != NONE
    for turn in range(ATTEMPTS):
        assert templates.wanted
        templates.of(data, TEXT, "a", 4000 + turn)
    assert not templates.wanted


said = st.text(alphabet=st.sampled_from('ab"\\/<ß😀{}:,\n\0\ud83d\ude00'), max_size=4) | st.sampled_from(
    ["content", '"content"', "text"]
)
TAILS = [{}, {"obfuscation": "x"}, {"obfuscation": "yy"}, {"system_fingerprint": 'a"b'}, {"content": "z"}]
tails = st.sampled_from(TAILS)
KINDS = {
    "content": lambda text: {"content": text},
    "reasoning_content": lambda text: {"reasoning_content": text},
    "arguments": lambda text: {"tool_calls": [{"index": 0, "function": {"arguments": text}}]},
}
chats = st.builds(
    lambda kind, text, tail: chunk(KINDS[kind](text), **tail).data, st.sampled_from(sorted(KINDS)), said, tails
)
blocks = st.sampled_from(
    [
        lambda text: messages.piece(0, "text_delta", text=text),
        lambda text: messages.piece(1, "thinking_delta", thinking=text),
        lambda text: messages.piece(2, "input_json_delta", partial_json=text),
        lambda text: messages.piece(1, "text_delta", text=text),
    ]
)
pieces = st.builds(lambda make, text: json.dumps(make(text)).encode(), blocks, said)
spoilt = st.tuples(st.integers(0, 300), st.sampled_from([b"", b'"', b"\\", b"}", b",", b"1", b"\xff"]))


def runs(one):
    """Frames, each a few times over, and what one of them is spoilt by."""
    return st.lists(st.tuples(one, st.integers(1, 5)), max_size=8), st.lists(
        st.tuples(st.integers(0, 40), spoilt), max_size=2
    )


def bent(given_runs, damage):
    frames = [data for data, count in given_runs for _ in range(count)]
    for at, (place, put) in damage:
        if at < len(frames) and place < len(frames[at]):
            frames[at] = frames[at][:place] + put + frames[at][place + 1 :]
    return frames


def decoded(dialect, frames):
    decoder, offset, events = dialect.decoder(DecoderOptions()), 0, []
    for data in frames:
        events += decoder.feed(Frame(data=data, offset=offset))
        offset += len(data)
    return [*events, *decoder.close()]


def same_without_templates(dialect, frames):
    with_them = decoded(dialect, frames)
    with patch.object(Templates, "of", lambda *_: NONE):
        return with_them == decoded(dialect, frames)


@given(*runs(chats))
@example([(chunk({"content": "a"}).data, 5), (chunk({"content": "b"}, content="z").data, 5)], [])
@example([(chunk({"content": "a"}).data, 5), (chunk({"content": "a"}, id="c2").data, 5)], [])
def test_chat_means_the_same_with_and_without(given_runs, damage):
    assert same_without_templates(CHAT, bent(given_runs, damage))


START = [json.dumps(messages.START).encode()] + [
    json.dumps(messages.begin(index, kind, **members)).encode()
    for index, kind, members in (
        (0, "text", {"text": ""}),
        (1, "thinking", {"thinking": ""}),
        (2, "tool_use", {"id": "t", "name": "f", "input": {}}),
    )
]


@given(*runs(pieces))
@example(
    [
        (json.dumps(messages.words(0, "a")).encode(), 2),
        (json.dumps(messages.words(0, "\ud83d")).encode(), 1),
        (json.dumps(messages.words(0, "b")).encode(), 2),
    ],
    [],
)
@example([(json.dumps(messages.words(0, "a")).encode(), 4), (json.dumps(messages.words(1, "a")).encode(), 4)], [])
def test_messages_mean_the_same_with_and_without(given_runs, damage):
    assert same_without_templates(ANTHROPIC, [*START, *bent(given_runs, damage)])


def test_a_block_that_is_closed_or_named_otherwise_is_not_continued_by_a_template():
    more = [json.dumps(messages.words(0, text)).encode() for text in "abcd"]
    stop = json.dumps({"type": "content_block_stop", "index": 0}).encode()
    assert same_without_templates(ANTHROPIC, [*START, *more, stop, *more])
    decoder = ANTHROPIC.decoder(DecoderOptions())
    for data in (*START, *more):
        decoder.feed(Frame(data=data))
    assert [*decoder.feed(Frame(data=more[0], event="ping"))] != [TextDelta(key=0, text="a")]
