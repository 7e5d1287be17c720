from pathlib import Path

import msgspec
import pytest

import streamkit
from streamkit.events import ResponseStarted, StreamEnded
from streamkit.testing.grammar import check

MESSAGE = '{"type":"response.output_item.added","output_index":0,"item":{"id":"m1","type":"message","content":[]}}'
PIECES = [
    '{"type":"response.created","response":{"id":"r1","model":"gpt","output":[]}}',
    MESSAGE,
    '{"type":"response.output_text.delta","item_id":"m1","output_index":0,"content_index":0,"delta":"Hel"}',
    '{"type":"response.output_text.delta","item_id":"m1","output_index":0,"content_index":0,"delta":"lo"}',
    (
        '{"type":"response.output_item.done","output_index":0,"item":{"id":"m1","type":"message","status":"completed",'
        '"content":[{"type":"output_text","text":"Hello"}]}}'
    ),
    (
        '{"type":"response.completed","response":{"id":"r1","status":"completed","usage":{"input_tokens":3,'
        '"output_tokens":2,"total_tokens":5},"output":[{"type":"message","id":"m1"}]}}'
    ),
]
WIRE = "".join(f"data: {piece}\n\n" for piece in PIECES).encode()


def test_assemble_gives_the_response():
    response = streamkit.assemble([WIRE], "responses")
    assert (response.text, response.id, response.model) == ("Hello", "r1", "gpt")
    assert (response.status, response.finish_reason, response.raw_finish_reason) == ("completed", "stop", "completed")
    assert response.usage.total_tokens == 5
    assert response.quirks == ()
    assert response.terminal_seen


def test_bytes_alone_are_accepted():
    assert streamkit.assemble(WIRE, "responses").text == "Hello"


@pytest.mark.parametrize("dialect", [None, "auto"])
def test_the_dialect_is_recognised(dialect):
    response = streamkit.assemble([WIRE], dialect)
    assert (response.text, response.dialect) == ("Hello", "responses")


def test_events_obey_the_grammar_and_amount_to_the_response():
    events = list(streamkit.iter_events([WIRE], "responses"))
    check(events)
    assert isinstance(events[0], ResponseStarted)
    assert isinstance(events[-1], StreamEnded)
    assert streamkit.Response.from_events(events) == streamkit.assemble([WIRE], "responses")


def test_a_cut_stream_raises_with_the_partial_response():
    cut = WIRE[: WIRE.index(b'"lo"')]
    with pytest.raises(streamkit.TruncatedError) as caught:
        streamkit.assemble([cut], "responses")
    assert caught.value.partial.text == "Hel"
    assert streamkit.assemble([cut], "responses", on_error="event").errors[0].kind == "truncated"


def test_nothing_is_an_error_of_its_own():
    with pytest.raises(streamkit.NoTerminalError):
        streamkit.assemble([], "responses")


def test_a_source_that_breaks_is_a_transport_error():
    def broken():
        yield WIRE[:400]
        raise OSError("gone")

    with pytest.raises(streamkit.TransportError) as caught:
        list(streamkit.iter_events(broken(), "responses"))
    assert isinstance(caught.value.__cause__, OSError)


def test_unknown_dialects_are_the_callers_fault():
    with pytest.raises(streamkit.UnknownDialect, match="responses"):
        streamkit.assemble([WIRE], "klingon")


def test_bytes_that_fit_no_dialect():
    with pytest.raises(streamkit.UnrecognisedDialect, match="no known dialect"):
        streamkit.assemble([b'data: {"hello": 1}\n\n'])


def test_another_dialect_than_expected_is_read_in_the_one_spoken_a29():
    wire = (
        b'data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"hi"}}]}\n\n'
        b'data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}'
        b"\n\ndata: [DONE]\n\n"
    )
    response = streamkit.assemble([wire], "responses")
    assert response.text == "hi"
    assert [quirk.id for quirk in response.quirks] == ["dialect_mismatch"]


def test_strict_refuses_a_tolerance():
    wire = WIRE.replace(b'"text":"Hello"', b'"text":"Other"')
    assert streamkit.assemble([wire], "responses").text == "Other"
    with pytest.raises(streamkit.QuirkRefused) as caught:
        streamkit.assemble([wire], "responses", strict=True)
    assert caught.value.quirk == "done_differs"


def test_own_stages_change_what_is_assembled():
    class Hush:
        handles = (streamkit.TextDelta,)

        def feed(self, event):
            return ()

        def close(self):
            return ()

    assert streamkit.assemble([WIRE], "responses", stages=[Hush()]).text == ""


class Mapping:
    """A stage made of a function."""

    def __init__(self, change):
        self.feed = change

    def close(self):
        return None


def test_a_stage_that_gives_none_gives_nothing():
    only_text = Mapping(
        lambda event: None if isinstance(event, streamkit.QuirkSeen | streamkit.KeepAlive) else (event,)
    )
    seen = [*streamkit.iter_events([b": ping\n\n", WIRE, b"data: {\n\n"], "responses", stages=[only_text])]
    assert any(isinstance(event, streamkit.StreamEnded) for event in seen)
    assert not any(isinstance(event, streamkit.KeepAlive | streamkit.QuirkSeen) for event in seen)


@pytest.mark.parametrize("given", [["a"], ("a", 5), [None], [b"a"]])
def test_what_a_stage_gives_must_be_events(given):
    wrong = Mapping(lambda event: given if isinstance(event, streamkit.TextDelta) else (event,))
    with pytest.raises(streamkit.UsageError, match="no event"):
        streamkit.assemble([WIRE], "responses", stages=[wrong])


@pytest.mark.parametrize("reason", ["", "not allowed here"])
def test_a_call_that_a_stage_drops_is_not_to_be_run(reason):
    def veto(event):
        if not isinstance(event, streamkit.ToolCallReady):
            return (event,)
        call = msgspec.structs.replace(event.call, reason=reason)
        return (streamkit.ToolCallDropped(item_id=event.item_id, choice=event.choice, call=call),)

    with Path("fixtures/chat/llamacpp-two-calls.sse").open("rb") as body:
        response = streamkit.assemble(body, "chat", stages=[Mapping(veto)])
    assert response.tool_calls == ()
    assert {(call.state, call.reason) for call in response.dropped_calls} == {
        ("invalid", reason or "dropped by a stage")
    }
    assert len(response.dropped_calls) == 2


def test_async_stages_need_the_async_face():
    async def stage(events):
        async for event in events:
            yield event

    with pytest.raises(streamkit.UsageError, match="open_stream"):
        streamkit.assemble([WIRE], "responses", stages=[stage])


class FailingAt:
    """Passes events on and raises at one of them, or when it is closed."""

    def __init__(self, error, at=None):
        self.error, self.left = error, at

    def feed(self, event):
        if self.left is not None:
            self.left -= 1
            if self.left == 0:
                raise self.error
        return (event,)

    def close(self):
        if self.left is None:
            raise self.error
        return ()


@pytest.mark.parametrize("size", [1, 100, 1 << 20])
def test_what_came_out_before_a_stage_failed_is_delivered_whatever_the_chunks(size):
    chunks = [WIRE[at : at + size] for at in range(0, len(WIRE), size)]
    events = []
    with pytest.raises(KeyError):
        events += streamkit.iter_events(chunks, "responses", stages=[FailingAt(KeyError(), 5)])
    assert events == list(streamkit.iter_events(chunks, "responses"))[:4]


def test_a_stage_that_fails_at_the_end_fails_behind_the_last_event():
    events = []
    with pytest.raises(KeyError):
        events += streamkit.iter_events([WIRE], "responses", stages=[FailingAt(KeyError())])
    assert events == list(streamkit.iter_events([WIRE], "responses"))


@pytest.mark.parametrize("face", [streamkit.assemble, lambda *a, **k: list(streamkit.iter_events(*a, **k))])
@pytest.mark.parametrize("at", [None, 3])
def test_a_failing_stage_leaves_no_generator_open(face, at):
    closed = []

    def source():
        try:
            yield WIRE
            yield b""
        finally:
            closed.append(True)

    chunks = source()
    with pytest.raises(KeyError):
        face(chunks, "responses", stages=[FailingAt(KeyError(), at)])
    assert closed == [True]


def test_a_stream_error_of_a_stage_gets_the_response_so_far():
    error = streamkit.StreamError(streamkit.ErrorInfo(kind="wire", message="mine"))
    with pytest.raises(streamkit.StreamError) as caught:
        streamkit.assemble([WIRE], "responses", stages=[FailingAt(error, 5)])
    assert caught.value is error
    assert (error.partial.text, error.partial.ending) == ("Hello", "cancelled")


def test_what_a_generator_raises_that_is_no_broken_connection_is_raised_as_it_is():
    def source():
        yield WIRE[: WIRE.index(b'"lo"')]
        raise ValueError("a mistake of the caller's")

    with pytest.raises(ValueError, match="mistake"):
        streamkit.assemble(source(), "responses")
    events = []
    with pytest.raises(ValueError, match="mistake"):
        events += streamkit.iter_events(source(), "responses")
    assert events[-1].ending == "cancelled"
    check(events)


def test_a_stream_that_held_something_is_not_called_empty():
    with pytest.raises(streamkit.NoTerminalError, match="inside its first frame"):
        streamkit.assemble(WIRE[:20], "responses")

    class Hole:
        def feed(self, _):
            return ()

        def close(self):
            return ()

    response = streamkit.assemble(WIRE, "responses", stages=[Hole()], on_error="event")
    assert (response.errors[0].code, response.errors[0].retryable) == ("all_dropped", False)


def test_an_error_is_shown_without_the_response():
    with pytest.raises(streamkit.TruncatedError) as caught:
        streamkit.assemble(WIRE[:-300], "responses")
    assert repr(caught.value) == f"TruncatedError({str(caught.value)!r})"
