"""Bodies: the request's as bytes, the answer's as a source of bytes."""

import re
from collections.abc import Awaitable, Iterator
from contextlib import suppress
from functools import partial
from json import dumps
from typing import cast

import msgspec

from streamkit.client.inflating import Inflater, exceeded, inflater_for, is_plain, no_encodings
from streamkit.client.secrets import discreet
from streamkit.client.wire import Exchange
from streamkit.errors import ErrorInfo, LimitExceeded, StreamError, TransportError, UsageError, WireError
from streamkit.events import QuirkSeen
from streamkit.faults.pages import words_of_page
from streamkit.jsontypes import Json, is_array, is_object
from streamkit.limits import Limits
from streamkit.masking import mask
from streamkit.quirks.framing import compressed, content_encoding, content_type
from streamkit.quirks.registry import printable

__all__ = ["Body", "Failing", "encoded"]

PAGE = 500
"""Characters of a page of HTML that are kept (A18)."""

CUT = ErrorInfo(
    kind="transport",
    code="incomplete_read",
    message="the connection broke: the compressed body is not complete",
    retryable=True,
)

_EVENTS = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:(?:data|event|id|retry)?:)")
_PAGE_BEGINS = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body|title|center|script|meta|\?xml|!--)", re.IGNORECASE
)
_SURROGATES = re.compile("[\ud800-\udfff]")


def encoded(payload: Json) -> bytes:
    """A request body: UTF-8 whatever the locale, half surrogate pairs joined or replaced (J01), None kept as null.

    Raises:
        UsageError: something in it has no JSON form, or it is a text that was made of it already.
    """
    if isinstance(payload, str | bytes | bytearray | memoryview):
        kind = type(cast("object", payload)).__name__
        raise UsageError(f"`json` must be the body itself, such as a dict, not {kind}: it is made into JSON here")
    with suppress(RecursionError, TypeError):  # which is said below
        try:
            dumps(payload, allow_nan=False, skipkeys=True, check_circular=False, default=lambda _: None)
        except ValueError:  # msgspec would write null
            raise UsageError("the request body has no JSON form: a number in it is infinite or nan") from None
    try:
        return msgspec.json.encode(payload)
    except UnicodeEncodeError:
        return msgspec.json.encode(_cleaned(msgspec.to_builtins(payload)))
    except (TypeError, msgspec.MsgspecError, RecursionError) as exc:
        raise UsageError(f"the request body has no JSON form: {exc}") from exc


def _cleaned(value: Json) -> Json:
    if isinstance(value, str):
        if not _SURROGATES.search(value):
            return value
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if is_object(value):
        return {_cleaned(name): _cleaned(member) for name, member in value.items()}
    if is_array(value):
        return [_cleaned(element) for element in value]
    return value


class Body:
    """An answer's body as an async iterator of decompressed bytes, with the bounds of `Limits` kept.

    Args:
        exchange: the answer.
        limits: `body` and `expansion` are kept here.
        page: whether a page of HTML is refused (A18).
        hint: what to suggest where the body turns out to be one.
        secrets: the caller's own, which no exception may carry on.

    Raises:
        WireError: the body is encoded in a way that cannot be undone.
    """

    def __init__(
        self,
        exchange: Exchange,
        limits: Limits,
        *,
        page: bool = True,
        hint: str = "",
        secrets: tuple[str, ...] = (),
    ) -> None:
        self._exchange = exchange
        self._secrets = secrets
        self._read = exchange.read
        self._most = limits.body
        self._hint = hint
        self._inflater: Inflater | None = inflater_for(exchange.headers.get("content-encoding", ""), limits)
        self._pieces: Iterator[bytes] = iter(())
        self._begun = not page
        self.quirks: list[QuirkSeen] = []
        """What is odd about the headers, known once the first bytes have come."""
        self.bytes_read = 0
        """Bytes that came over the wire."""
        self._over: LimitExceeded | None = None

    def __aiter__(self) -> "Body":
        return self

    async def __anext__(self) -> bytes:
        if not self._begun:
            self._begun = True
            return await self._beginning()
        if self._inflater is not None:
            return await self._inflated(self._inflater)
        if self._over is not None:
            raise self._over
        try:
            chunk = await self._read()
        except Exception as exc:  # noqa: BLE001 - raised again once the rest is out
            chunk = self._rest(exc)
        if not chunk:
            raise StopAsyncIteration
        self.bytes_read += len(chunk)
        beyond = self.bytes_read - self._most
        if beyond <= 0:
            return chunk
        self._over = LimitExceeded(exceeded("body", self.bytes_read, "bytes"))
        if beyond >= len(chunk):
            raise self._over
        return chunk[:-beyond]

    def late_quirks(self) -> list[QuirkSeen]:
        """What is odd about the body itself; asked at the end."""
        return [] if self._inflater is None else self._inflater.quirks()

    def close(self) -> Awaitable[None] | None:
        """Give the connection up, or back where the body was read to its end; None where that took no waiting."""
        return self._exchange.close()

    async def _inflated(self, inflater: Inflater) -> bytes:
        while True:
            for piece in self._pieces:
                return piece
            try:
                chunk = await self._read()
            except Exception as exc:  # noqa: BLE001 - see above
                chunk = self._rest(exc)
            if not chunk:
                if inflater.unfinished:
                    raise TransportError(CUT)
                raise StopAsyncIteration
            if not self.bytes_read and is_plain(said := self._exchange.headers.get("content-encoding", ""), chunk):
                self._inflater = None
                self.quirks = [content_encoding.seen(detail=f"{said}, but the body is plain")]
                self.bytes_read = len(chunk)
                return chunk
            self.bytes_read += len(chunk)
            self._pieces = inflater.feed(chunk)

    def _rest(self, exc: Exception) -> bytes:
        """What had come before reading failed; the failure itself is raised by the read after that."""
        rest = self._exchange.rest() if self._exchange.rest is not None else b""
        failure = discreet(exc, self._secrets)
        if not rest:
            if failure is exc:
                raise exc
            raise failure from None
        self._read = partial(_fail, failure)
        return rest

    async def _beginning(self) -> bytes:
        """The first bytes: what is odd about the headers is known now, and whether this is a page for people (A18)."""
        encoding = self._exchange.headers.get("content-encoding", "")
        if self._inflater is not None:
            self.quirks.append(compressed.seen(detail=encoding))
        if none := no_encodings(encoding):
            self.quirks.append(content_encoding.seen(detail=", ".join(none)))
        first = await self.__anext__()
        kind = self._exchange.headers.get("content-type", "").partition(";")[0].strip().lower()
        if _EVENTS.match(first) and kind != "text/event-stream":
            self.quirks.append(content_type.seen(detail=kind or "none"))
        while b"<" in first[:8] and len(first) < 4 * PAGE and _PAGE_BEGINS.match(first):
            try:
                first += await self.__anext__()
            except Exception:  # noqa: BLE001 - its end, or a connection that broke: it is a page all the same
                break
        if _PAGE_BEGINS.match(first):
            raise WireError(self._page(first, kind))
        return first

    def _page(self, data: bytes, kind: str) -> ErrorInfo:
        text = data.decode("utf-8", "replace")
        whole = text if len(data) < 4 * PAGE else text[: 4 * PAGE].rpartition(" ")[0]  # no half of a secret
        words = mask(words_of_page(whole.removeprefix("\ufeff")) or "")
        named = f": {words}" if words else ""
        return ErrorInfo(
            kind="wire",
            code="not_a_stream",
            message=printable(f"the answer is a page of HTML, not a stream{named}", PAGE),
            status=self._exchange.status,
            offset=0,
            retryable=False,
            raw={"content_type": kind, "body": mask(text[:PAGE])},
            hint=self._hint or "is base_url right, and does a proxy or a login page stand in between?",
        )


async def _fail(failure: Exception) -> bytes:
    raise failure


class Failing:
    """A source that fails before its first byte: an error before the stream takes the same way down as one within."""

    def __init__(self, error: StreamError) -> None:
        self._error = error

    def __aiter__(self) -> "Failing":
        return self

    async def __anext__(self) -> bytes:
        raise self._error

    async def aclose(self) -> None:
        """Nothing is open."""
