"""Where bytes come from: whatever a caller has, seen as an async iterable of bytes (or frames) that can be closed.

Recognised by their shape, so that nothing is imported: responses of httpx, httpx2 and aiohttp, `httpx_sse.EventSource`,
any async iterable of bytes, and any async iterable of text messages (a WebSocket's, A30).
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, cast

from streamkit.errors import StreamError, UsageError
from streamkit.frames import Frame
from streamkit.framing.documents import is_complete
from streamkit.framing.layers import charset_of

__all__ = ["Source", "source_of"]

Chunk = bytes | Frame
FIELDS = ("data:", "event:", "id:", "retry:", ":")
"""How text begins that is an event stream, and no payload."""


class Source:
    """An async iterator of chunks with one way to close everything behind it."""

    def __init__(self, chunks: AsyncIterator[Any], *owners: Any, charset: str | None = None) -> None:
        self._chunks = chunks
        self._owners = [chunks, *owners]
        self.read: Callable[[], Awaitable[Any]] = chunks.__anext__
        self.charset = charset
        """What the headers say of its bytes, if that is not UTF-8 (J14)."""
        self.stalled: Callable[[], StreamError] | None = getattr(chunks, "stalled", None)
        """What to raise where a deadline passes while this is read, if more is known than that nothing came."""

    def close(self) -> Awaitable[None] | None:
        """Close the iterator, then what it reads from, each once; None where that took no waiting."""
        while self._owners:
            owner = self._owners.pop(0)
            close = getattr(owner, "aclose", None) or getattr(owner, "close", None)
            closing: Any = None if close is None else close()
            if hasattr(closing, "__await__"):
                return self._closed(closing)
        return None

    async def aclose(self) -> None:
        """Likewise, waiting for it."""
        closing = self.close()
        if closing is not None:
            await closing

    async def _closed(self, closing: Awaitable[Any]) -> None:
        await closing
        await self.aclose()


def source_of(origin: Any) -> Source:
    """`origin` as a source.

    Raises:
        UsageError: nothing can be read from it.
    """
    if isinstance(origin, Source):
        return origin
    response = getattr(origin, "response", None) if hasattr(origin, "aiter_sse") else origin
    refused = _refused(response)
    if refused is not None:
        return refused
    if hasattr(origin, "aiter_sse"):
        return Source(_frames(origin), getattr(origin, "response", None))
    if hasattr(origin, "aiter_bytes"):
        return Source(aiter(origin.aiter_bytes()), origin, charset=_charset(origin))
    content = getattr(origin, "content", None)
    if content is not None and hasattr(content, "iter_any"):
        return Source(_body(origin), origin, charset=_charset(origin))
    if hasattr(origin, "__aiter__"):
        return Source(_chunks(aiter(origin)), origin)
    hint = "; use assemble() or iter_events() for bytes that you already have" if hasattr(origin, "__iter__") else ""
    raise UsageError(f"cannot read a stream from {type(origin).__name__}: it is no async iterable of bytes{hint}")


def _refused(response: Any) -> Source | None:
    """A source that says why, for a response whose status is no success; None for anything else.

    Raises:
        UsageError: the response belongs to a synchronous client.
    """
    stream = getattr(response, "stream", None)
    body: Any = None
    if hasattr(response, "aiter_bytes"):
        if hasattr(stream, "__iter__") and not hasattr(stream, "__aiter__"):
            raise UsageError(
                "this response belongs to a synchronous client: use iter_events(response.iter_bytes()) or "
                "assemble(response.iter_bytes()), or an async client"
            )
        body = response.aiter_bytes
    elif hasattr(getattr(response, "content", None), "iter_any"):
        body = partial(_body, response)
    status = getattr(response, "status_code", getattr(response, "status", None))
    if body is None or not isinstance(status, int) or 200 <= status < 300:
        return None
    from streamkit.refusals import Refusal  # noqa: PLC0415 - not before an answer is an error

    return Source(Refusal(response, status, aiter(body())), response)


def _charset(response: Any) -> str | None:
    headers = getattr(response, "headers", None)
    return charset_of(headers) if hasattr(headers, "get") else None


def _body(response: Any) -> AsyncIterator[bytes]:
    """The body of a response of aiohttp's, or like theirs."""
    content = response.content
    if not hasattr(content, "readany") or not hasattr(content, "exception"):
        return aiter(content.iter_any())
    from streamkit.aiohttp_bodies import Chunks  # noqa: PLC0415 - for aiohttp alone

    return Chunks(response)


def _chunks(origin: AsyncIterator[Any]) -> AsyncIterator[Any]:
    return _Messages(origin)


class _Messages:
    """Passes bytes and frames on; a text message becomes a frame of its own, decoded text of a body its bytes."""

    def __init__(self, origin: AsyncIterator[Any]) -> None:
        self._next = origin.__anext__
        self._given = ""
        """What texts are: `messages`; `pieces` of an event stream, as `aiter_text()` gives them; its `lines`."""
        self._line = ""
        """The last line of the piece before, where nothing ended it."""
        close = getattr(origin, "aclose", None)
        if close is not None:
            self.aclose = close

    def __aiter__(self) -> "AsyncIterator[Chunk]":
        return self

    async def __anext__(self) -> Chunk:
        chunk = await self._next()
        if isinstance(chunk, bytes | Frame):
            return chunk
        if isinstance(chunk, str):
            return self._of_text(chunk)
        if isinstance(chunk, bytearray | memoryview):
            return bytes(cast("bytearray", chunk))
        raise UsageError(f"a source must give bytes (or text messages), not {type(chunk).__name__}")

    def _of_text(self, text: str) -> Chunk:
        raw = text.encode("utf-8", "surrogatepass")
        if self._given == "":
            told = text.lstrip("\ufeff\r\n")
            if not told:  # what stands in front of a stream says nothing of it
                return raw
            self._given = _kind(told)
        if self._given == "messages":
            return Frame(raw)
        if self._given == "lines":
            return raw + b"\n"
        line, self._line = self._line, text.replace("\r", "\n").rpartition("\n")[2]
        if text.startswith(FIELDS) and _is_whole(line):
            return b"\n\n" + raw  # each text is a frame whose blank line was left out
        return raw


def _kind(text: str) -> str:
    """What texts are of which this is the first."""
    if not text.startswith(FIELDS):
        return "messages"
    if "\n" in text or "\r" in text or (text.startswith("data:") and not _is_whole(text)):
        return "pieces"
    return "lines"


def _is_whole(line: str) -> bool:
    """Whether this is one data line whose payload is whole."""
    data = line.removeprefix("data:")
    return data is not line and is_complete(data.encode("utf-8", "surrogatepass"))


async def _frames(origin: Any) -> AsyncGenerator[Chunk, None]:
    async for event in origin.aiter_sse():
        name = "" if event.event == "message" else event.event
        yield Frame(event.data.encode("utf-8", "surrogatepass"), name, 0, event.id or None, event.retry)
