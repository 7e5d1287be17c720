"""Cost is linear in the input: counted in executed lines and in the lengths of strings that are worked on."""

import json

import pytest
from counted_work import held_linear, work
from hypothesis import given
from hypothesis import strategies as st
from reading import read

from streamkit.testing.strategies import quirky
from streamkit.testing.transcripts import Call, Message, Reasoning, Transcript
from streamkit.testing.wires import DIALECTS, wire


def bytewise(data, size=1):
    return [data[at : at + size] for at in range(0, len(data), size)]


def many_deltas(dialect, n):
    return wire(Transcript(output=(Message(("word ",) * n),)), dialect).frames


def much_reasoning(dialect, n):
    return wire(Transcript(output=(Reasoning(("word ",) * n),)), dialect).frames


def one_big_frame(dialect, n):
    return bytewise(wire(Transcript(output=(Message(("x" * 40 * n,)),)), dialect).data, 7)


def long_arguments(dialect, n):
    call = Call("call_1", "look", ('{"a":[', *["1,"] * n, "1]}"))
    return wire(Transcript(output=(call,), finish="tool_calls"), dialect).frames


def many_calls(dialect, n):
    calls = tuple(Call(f"call_{i}", "look", ('{"a":', "1}")) for i in range(n))
    return wire(Transcript(output=calls, finish="tool_calls"), dialect).frames


def small_pieces(dialect, n):
    return bytewise(wire(Transcript(output=(Message(("é🙂",) * (n // 3)),)), dialect).data)


SHAPES = (many_deltas, much_reasoning, one_big_frame, long_arguments, many_calls, small_pieces)

CHAT = '{"id":"r1","object":"chat.completion.chunk","choices":[{"index":0,"delta":%s,"finish_reason":null}]}'


def chat(delta):
    return b"data: " + (CHAT % json.dumps(delta)).encode() + b"\n\n"


def choice(index, delta, finish=None):
    return sse({"choices": [{"index": index, "delta": delta, "finish_reason": finish}]})


def sse(payload):
    return b"data: " + json.dumps(payload).encode() + b"\n\n"


def texts(n, *, text="x"):
    """So many messages of a Responses stream, none of them finished."""
    name = "response.output_text.delta"
    return [
        sse({"type": name, "output_index": i, "content_index": 0, "item_id": f"m{i}", "delta": text}) for i in range(n)
    ]


def announced(n, **item):
    added = "response.output_item.added"
    return [sse({"type": added, "output_index": i, "item": {"id": f"i{i}", **item}}) for i in range(n)]


def blocks(n):
    block = {"type": "text", "text": ""}
    return [sse({"type": "content_block_start", "index": i, "content_block": block}) for i in range(n)]


HOSTILE = {
    "blank lines": lambda n: [b"\n" * n, chat({"content": "x"})],
    "comments": lambda n: [b": ping\n\n"] * n,
    "a line without end": lambda n: bytewise(b"data: " + b"x" * 8 * n),
    "fields that mean nothing": lambda n: [b"data: {\n" + b"x: y\n" * n + b"\n"],
    "data lines": lambda n: [b"data: 1\n"] * n + [b"\n"],
    "html": lambda n: bytewise(b"<!DOCTYPE html><html>" + b"<p>x</p>" * n, 5),
    "a document that is no stream": lambda n: bytewise(b'{"a":[' + b"1," * n + b"1]}", 3),
    "an array": lambda n: bytewise(b"[" + b",".join([b'{"candidates":[]}'] * n) + b"]", 9),
    "brackets": lambda n: bytewise(b"[" * n),
    "openings of tags": lambda n: [chat({"content": "<"})] * n,
    "think blocks": lambda n: [chat({"content": "<think>a</think>b"})] * n,
    "think tags in pieces": lambda n: [chat({"content": piece}) for piece in ("<th", "ink>", "a", "</", "think>") * n],
    "a think block without end": lambda n: [chat({"content": "<think>"})] + [chat({"content": "a "})] * n,
    "code fences": lambda n: [chat({"content": "```\n"}), *[chat({"content": "`a` <think> "})] * n],
    "blanks": lambda n: [chat({"content": " "})] * n,
    "fragments without index": lambda n: [chat({"tool_calls": [{"function": {"arguments": "{"}}]})] * n,
    "fragments of ever new calls": lambda n: [
        chat({"tool_calls": [{"index": i, "id": f"c{i}", "function": {"name": "f", "arguments": "{"}}]})
        for i in range(n)
    ],
    "arguments that grow by themselves": lambda n: (
        [chat({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": '{"a":"' + "x" * 40}}]})]
        * n
    ),
    "arguments that pile up": lambda n: (
        [chat({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": '{"a":1}'}}]})] * n
    ),
    "unclosed arguments": lambda n: [
        chat(
            {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": "[" * 250 + '{"a":"' * n}}]}
        ),
        b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}\n\ndata: [DONE]\n\n',
    ],
    "frames that are no JSON": lambda n: [b'data: {"choices": oops}\n\n'] * n,
    "half surrogates": lambda n: [chat({"content": "x"}).replace(b'"x"', b'"\\ud83d"')] * n,
    "errors": lambda n: [b'data: {"error":{"message":"m"}}\n\n'] * n,
    "invalid UTF-8": lambda n: [b'data: {"choices":[{"delta":{"content":"\xf0\x9f"}}]}\n\n'] * n,
    "choices": lambda n: [choice(i, {"content": "x"}) for i in range(n)],
    "choices that end": lambda n: [
        *(choice(i, {"content": "x"}) for i in range(n)),
        *(choice(i, {}, "stop") for i in range(n)),
        b"data: [DONE]\n\n",
    ],
    "blank choices, and ends of others": lambda n: [
        *(choice(i, {"content": " "}) for i in range(n)),
        *(choice(-1 - i, {}, "stop") for i in range(n)),
    ],
    "choices with a `<`, and ends of others": lambda n: [
        *(choice(i, {"content": "<"}) for i in range(n)),
        *(choice(-1 - i, {}, "stop") for i in range(n)),
    ],
}

ELSEWHERE = {
    "pieces without index while many items are open": lambda n: (
        [
            *announced(n, type="message"),
            *(sse({"type": "response.output_text.delta", "item_id": f"z{i}", "delta": "x"}) for i in range(n)),
        ],
        "responses",
    ),
    "one number for all": lambda n: (
        [
            sse(
                {
                    "type": "response.output_text.delta",
                    "sequence_number": min(i, 1),
                    "output_index": 0,
                    "content_index": 0,
                    "item_id": "m",
                    "delta": f"{i}",
                }
            )
            for i in range(n)
        ],
        "responses",
    ),
    "messages that are calls": lambda n: (
        [*texts(n, text="to=functions.x"), sse({"type": "response.completed", "response": {"status": "completed"}})],
        "responses",
    ),
    "counts while many blocks are open": lambda n: (
        [*blocks(n), *(sse({"type": "message_delta", "delta": {}, "usage": {"output_tokens": i}}) for i in range(n))],
        "anthropic",
    ),
    "empty parts": lambda n: ([sse({"candidates": [{"content": {"parts": [{}] * n}}]})], "gemini"),
}


def reading(shape):
    """Preparation of a stream: its chunks and their dialect, by size."""

    def prepare(n):
        chunks, dialect = shape(n)
        chunks = list(chunks)
        return lambda: read(chunks, dialect)

    return prepare


def test_a_square_law_is_found():
    with pytest.raises(AssertionError):
        held_linear(reading(lambda n: (many_deltas("chat", n * n // 8), "chat")))


ONE_LINERS = {
    "list": lambda n: [_ for _ in range(n)],  # noqa: C416 - a loop in one line is wanted
    "generator": lambda n: sum(_ for _ in range(n)),
    "while": lambda n: exec("while n: n -= 1", {"n": n}),
}


@pytest.mark.parametrize("loop", ONE_LINERS.values(), ids=ONE_LINERS)
def test_each_turn_of_a_loop_in_one_line_is_work(loop):
    assert work(lambda: loop(1200)) - work(lambda: loop(200)) >= 1000


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_of_healthy_answers(shape, dialect):
    held_linear(reading(lambda n: (shape(dialect, n), dialect)))


@pytest.mark.parametrize("shape", HOSTILE.values(), ids=HOSTILE)
def test_of_hostile_streams(shape):
    held_linear(reading(lambda n: (shape(n), "chat")), n=60)


@pytest.mark.parametrize("shape", ELSEWHERE.values(), ids=ELSEWHERE)
def test_of_hostile_streams_of_other_dialects(shape):
    held_linear(reading(shape), n=60)


@given(quirky("chat", least=1, known=False), st.integers(1, 9))
def test_of_any_part_repeated(damaged, length):
    tape = damaged.wire.tape()
    first = damaged.faults[0].edit.start if damaged.faults else 0
    part = [frame for frame in tape.frames if frame.start >= first][:length] or list(tape.frames)
    body = b"".join(tape.data[frame.start : frame.end] for frame in part)
    held_linear(reading(lambda n: ([body] * n, "chat")), n=6)
