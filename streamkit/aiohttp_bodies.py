"""Connections of aiohttp that break while a body is read: all that came is given out, and then the reader is told.

aiohttp raises first, and would throw away what came before and was not read yet. And where its parser meets a broken
chunk header, it closes the connection, keeps the error for a next message that never comes, and lets the body's reader
wait for ever.
"""

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary, ref

__all__ = ["Chunks", "Lines", "unread"]


MISSING: Any = object()


class Lines:
    """Which body is read from which connection. Costs nothing a read: one callback for each connection."""

    def __init__(self) -> None:
        self._lines: WeakKeyDictionary[Any, Line] = WeakKeyDictionary()

    def follow(self, response: Any) -> "Line | None":
        """Tell the reader of this response when its connection is lost, until `Line.release`."""
        content = response.content
        if content.is_eof() or response.connection is None:
            return None
        protocol = response.connection.protocol
        if protocol is None:
            return None
        line = self._lines.get(protocol)
        if line is None:
            self._lines[protocol] = line = Line(protocol)
        line.content = content
        if not line.start(protocol):
            line.lost()
        return line


class Line:
    """One connection, and the body that is being read from it."""

    def __init__(self, protocol: Any) -> None:
        self._protocol = ref(protocol)
        self._watched = False
        self.content: Any = None
        self.forget: Callable[[], object] = bool
        """Waits for its end no more: the connection may outlive many bodies."""

    def start(self, protocol: Any) -> bool:
        """Wait for its end, once; False where it is lost already."""
        if self._watched:
            return protocol.transport is not None
        self._watched = True
        closed = getattr(protocol, "closed", MISSING)
        if closed is MISSING:  # an older aiohttp: nothing to wait for
            return True
        if closed is None:
            return False
        callback = partial(_closed, self)
        closed.add_done_callback(callback)
        self.forget = partial(closed.remove_done_callback, callback)
        return True

    def release(self, content: Any) -> None:
        """This body is read no more."""
        if self.content is content:
            self.content = None

    def lost(self) -> None:
        """Nothing more will come: who waits for it must not wait for ever."""
        content, protocol = self.content, self._protocol()
        if content is None or content.is_eof() or content.exception() is not None:
            return
        said = protocol.exception() if protocol is not None else None
        content.set_exception(_failure(said))


class Chunks:
    """The body of a caller's own response."""

    def __init__(self, response: Any) -> None:
        self._content = response.content
        self._line = Lines().follow(response) if hasattr(response, "connection") else None
        self._failure: Exception | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._failure is not None:
            raise self._failure
        try:
            chunk: bytes = await self._content.readany()
        except Exception as exc:
            chunk = unread(self._content)
            if not chunk:
                raise
            self._failure = exc
        if not chunk:
            raise StopAsyncIteration
        return chunk

    def close(self) -> None:
        """It is read no more; the response is another's to close."""
        if self._line is not None:
            self._line.release(self._content)
            self._line.forget()


def unread(content: Any) -> bytes:
    """What a body's reader was not asked for before its connection broke; taken out of it."""
    failure = content.exception()
    if failure is None:
        return b""
    content.set_exception(None)
    try:
        rest: bytes = content.read_nowait(-1)
    finally:
        content.set_exception(failure)
    return rest


def _closed(line: Line, closed: Any) -> None:
    if not closed.cancelled():
        closed.exception()  # looked at: nothing is logged of an idle connection that was reset
    line.lost()


def _failure(said: BaseException | None) -> Exception:
    from aiohttp import ClientPayloadError  # noqa: PLC0415 - optional

    text = getattr(said, "message", "") or (str(said) if said is not None else "")
    failure = ClientPayloadError(f"Response payload is not completed: {text or 'the connection was closed'}")
    failure.__cause__ = said
    return failure
