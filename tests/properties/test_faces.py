"""The synchronous and the asynchronous face agree, on asyncio and trio, wherever the reader stops or is cancelled."""

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

import streamkit
from streamkit.recipe import standard
from streamkit.session import Session
from streamkit.testing import grammar
from streamkit.testing.strategies import chunkings, quirky


class Source:
    """Chunks; before the chunk `cancelled_at` the reader's scope is cancelled while it waits."""

    def __init__(self, chunks, cancelled_at=None, broken_at=None):
        self.chunks = list(chunks)
        self.cancelled_at, self.broken_at = cancelled_at, broken_at
        self.given = 0
        self.closed = 0
        self.scope = None

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.given == self.cancelled_at:
            self.scope.cancel()
            await anyio.sleep_forever()
        await anyio.lowlevel.checkpoint()
        if self.given == self.broken_at:
            raise ConnectionResetError("reset")
        if self.given == len(self.chunks):
            raise StopAsyncIteration
        self.given += 1
        return self.chunks[self.given - 1]

    async def aclose(self):
        self.closed += 1


async def consumed(source, dialect, stop_after=None, stages=()):
    """The events that a reader got, and the response that it is left with."""
    events = []
    stream = streamkit.open_stream(source, dialect, on_error="event", stages=stages)
    with anyio.CancelScope() as scope:
        source.scope = scope
        async with stream:
            if stop_after != 0:
                async for event in stream:
                    events.append(event)
                    if len(events) == stop_after:
                        break
    events += stream._ready
    assert source.closed >= 1
    return events, stream.response


def ended_early(chunks, dialect, ending):
    """The same, fed by hand."""
    session = Session(standard(dialect))
    events = []
    for chunk in chunks:
        events += session.feed(chunk)
        if session.halted:
            break
    events += session.finish(ending=ending)
    return events, session.response


async def passing(events):
    async for event in events:
        yield event


BACKENDS = st.sampled_from(("asyncio", "trio"))


@given(quirky(most=2, known=False), st.data(), BACKENDS, st.sampled_from(((), (passing,))))
def test_read_to_the_end(wire, data, backend, stages):
    chunks = data.draw(chunkings(wire.data))
    events, response = anyio.run(consumed, Source(chunks), wire.wire.dialect, None, stages, backend=backend)
    grammar.check(events)
    assert events == list(streamkit.iter_events(chunks, wire.wire.dialect, on_error="event"))
    assert response == streamkit.assemble(chunks, wire.wire.dialect, on_error="event")


@given(quirky(known=False), st.data(), BACKENDS)
def test_cancelled_while_it_waits_for_any_chunk(wire, data, backend):
    chunks = data.draw(chunkings(wire.data))
    at = data.draw(st.integers(0, len(chunks)))
    source = Source(chunks, cancelled_at=at)
    events, response = anyio.run(consumed, source, wire.wire.dialect, backend=backend)
    if source.given < at:  # a stage had halted the reading before
        assert response == streamkit.assemble(chunks, wire.wire.dialect, on_error="event")
        return
    assert (events, response) == ended_early(chunks[:at], wire.wire.dialect, "cancelled")
    grammar.check(events)


@given(quirky(known=False), st.data(), BACKENDS)
def test_left_behind_any_event(wire, data, backend):
    chunks = data.draw(chunkings(wire.data))
    whole = list(streamkit.iter_events(chunks, wire.wire.dialect, on_error="event"))
    stop_after = data.draw(st.integers(0, len(whole)))
    source = Source(chunks)
    events, response = anyio.run(consumed, source, wire.wire.dialect, stop_after, backend=backend)
    grammar.check(events)
    assert events[:stop_after] == whole[:stop_after]
    assert streamkit.Response.from_events(events) == response
    if response.ending == "cancelled":
        assert (events, response) == ended_early(chunks[: source.given], wire.wire.dialect, "cancelled")


@given(quirky(known=False), st.data(), BACKENDS)
def test_broken_before_any_chunk(wire, data, backend):
    chunks = data.draw(chunkings(wire.data))
    at = data.draw(st.integers(0, len(chunks)))

    def breaking():
        yield from chunks[:at]
        raise ConnectionResetError("reset")

    events, response = anyio.run(consumed, Source(chunks, broken_at=at), wire.wire.dialect, backend=backend)
    assert response == streamkit.assemble(breaking(), wire.wire.dialect, on_error="event")
    assert events == list(streamkit.iter_events(breaking(), wire.wire.dialect, on_error="event"))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_reader_that_is_cancelled_at_once_leaves_nothing_open(backend):
    source = Source([b"data: [DONE]\n\n"], cancelled_at=0)
    _, response = anyio.run(consumed, source, "chat", backend=backend)
    assert response.status == "cancelled"
    assert source.closed
