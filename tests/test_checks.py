"""A caller's mistake is said at the call, with what is allowed."""

import io
from pathlib import Path

import pytest

import streamkit
from streamkit.stages.strict import Strict


class Passing:
    def feed(self, event):
        return (event,)

    def close(self):
        return ()


class Wanting:
    """A stage that says which classes it wants."""

    def __init__(self, handles):
        self.handles = handles

    def feed(self, item):
        return (item,)

    def close(self):
        return ()


class Unclosed:
    def feed(self, event):
        return (event,)


class Answer:
    """Looks like a response of httpx: bytes only by a method."""

    def iter_bytes(self):
        return iter([b""])


async def source():
    yield b""


def once(events):
    yield from events


async def later(events):
    return events


MISTAKES = [
    ({"on_error": "ignore"}, "event"),
    ({"dialect": 5}, "dialect=5"),
    ({"charset": "klingon"}, "charset='klingon'"),
    ({"charset": "base64"}, "latin-1"),
    ({"tools": "name"}, "collection of names"),
    ({"tools": [1]}, "collection of names"),
    ({"limits": None}, "Limits"),
    ({"profile": None}, "Profile"),
    ({"strict": "yes"}, "Strict"),
    ({"stages": object()}, "list of stages"),
    ({"stages": [3]}, "3 is no stage"),
    ({"stages": [Unclosed()]}, r"close\(\)"),
    ({"stages": [Passing]}, "Passing is a class"),
    ({"stages": [once]}, "async generator"),
    ({"stages": [later]}, "async generator"),
    ({"stages": [Wanting([streamkit.TextDelta])]}, r"handles=\[.*\] is not allowed: a tuple of classes"),
    ({"stages": [Wanting(streamkit.TextDelta)]}, "a tuple of classes"),
    ({"stages": [Wanting(("TextDelta",))]}, "a tuple of classes"),
]


@pytest.mark.parametrize(("options", "said"), MISTAKES)
@pytest.mark.parametrize("face", ["assemble", "iter_events", "open_stream"])
def test_an_option_that_cannot_be_is_refused_at_the_call(face, options, said):
    with pytest.raises(streamkit.UsageError, match=said):
        getattr(streamkit, face)(source() if face == "open_stream" else [b""], **options)


def test_a_watchdog_is_a_watchdog():
    with pytest.raises(streamkit.UsageError, match="Watchdog"):
        streamkit.open_stream(source(), watchdog=5)


@pytest.mark.parametrize("seconds", [-1, float("nan"), "5"])
def test_limits_of_time_are_seconds(seconds):
    with pytest.raises(streamkit.UsageError, match="first="):
        streamkit.Watchdog(first=seconds)
    assert streamkit.Watchdog(first=0).first is None


@pytest.mark.parametrize("bound", [-1, 0, 1.5, None])
def test_bounds_are_whole_numbers_above_nothing(bound):
    with pytest.raises(streamkit.UsageError, match="line="):
        streamkit.Limits(line=bound)


def test_what_is_allowed_is_accepted():
    response = streamkit.assemble(
        [], "chat", charset="latin-1", tools={"a"}, strict=Strict(), stages=iter([Passing()]), on_error="event"
    )
    assert response.errors[0].code == "empty_stream"


@pytest.mark.parametrize(
    "handles", [None, (), (streamkit.TextDelta,), (streamkit.TextDelta | streamkit.ReasoningDelta,)]
)
def test_what_a_stage_may_want(handles):
    assert streamkit.assemble([], "chat", stages=[Wanting(handles)], on_error="event").errors[0].code == "empty_stream"


GIVEN = [
    (str, "type"),
    (io.StringIO("data: {}"), "rb"),
    ("answer.sse", "rb"),
    (Path("answer.sse"), "rb"),
    (None, "NoneType"),
    (Answer(), "iter_bytes"),
    ([1, 2], "int"),
    (["data: {}"], "iter_bytes"),
]


@pytest.mark.parametrize(("given", "said"), GIVEN)
def test_what_gives_no_bytes_is_refused_and_told_what_does(given, said):
    with pytest.raises(streamkit.UsageError, match=said):
        streamkit.assemble(given, "chat")
    with pytest.raises(streamkit.UsageError, match=said):
        list(streamkit.iter_events(given, "chat"))


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_every_kind_of_bytes_is_read(kind):
    wire = b'data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"hi"},'
    wire += b'"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    assert streamkit.assemble([kind(wire)], "chat").text == "hi"
    assert streamkit.assemble(kind(wire), "chat").text == "hi"
