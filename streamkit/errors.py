"""What can go wrong, and whose fault it is. Errors import nothing of streamkit and carry plain values.

```
StreamkitError
├─ UsageError              the caller's fault
│  ├─ UnknownDialect       no such dialect, or none that fits alone
│  └─ ClosedPipeline       fed after it was closed
├─ StreamError             the stream's fault; `.info` (plain values), `.partial` (the Response so far)
│  ├─ TransportError       the connection broke; `__cause__` is the original
│  ├─ StallError           also a TimeoutError; `.phase`, `.waited` (seconds)
│  ├─ TruncatedError       it stopped before its end
│  │  └─ NoTerminalError   no terminal frame and nothing usable
│  ├─ ProviderError        the provider said so; `.code .param .status .retry_after .retryable`
│  │  ├─ RateLimited  Overloaded  Refused  QuotaExceeded  ContextTooLong
│  │  └─ ContentBlocked  InvalidRequest  Entitlement
│  ├─ WireError            bytes that are no such stream; `.offset` (bytes)
│  │  ├─ LimitExceeded     `.limit` (name) `.size` (what was seen)
│  │  └─ UnrecognisedDialect   also an UnknownDialect: the bytes fit no dialect, or several
│  └─ QuirkRefused         strict mode; `.quirk` (id)
└─ CaptureError            a capture or fixture file is not what it says
```

Only the faces (`assemble`, `iter_events`, `open_stream`, `Client`) raise. Everything that arrived is delivered first.
"""

from typing import Any, Literal

import msgspec

__all__ = [
    "CaptureError",
    "ClosedPipeline",
    "ContentBlocked",
    "ContextTooLong",
    "Entitlement",
    "ErrorInfo",
    "InvalidRequest",
    "LimitExceeded",
    "NoTerminalError",
    "Overloaded",
    "ProviderError",
    "QuirkRefused",
    "QuotaExceeded",
    "RateLimited",
    "Refused",
    "StallError",
    "StreamError",
    "StreamkitError",
    "TransportError",
    "TruncatedError",
    "UnknownDialect",
    "UnrecognisedDialect",
    "UsageError",
    "WireError",
    "error_from",
]

ErrorKind = Literal["provider", "transport", "stall", "truncated", "wire", "limit", "quirk"]
Category = Literal[
    "",
    "rate_limited",
    "overloaded",
    "refused",
    "quota_exceeded",
    "context_too_long",
    "content_blocked",
    "invalid_request",
    "entitlement",
]


class ErrorInfo(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """An error as plain values: what an `ErrorReported` event and a `StreamError` carry."""

    kind: ErrorKind
    """Whose fault: the provider's word, the connection, silence, an early end, the bytes, a limit, strict mode."""
    message: str
    """What happened and what to do, in words; masked (J10) and safe to print (J09)."""
    code: str = ""
    """The provider's code or type, always a string (G12), or streamkit's own word for a fault it found."""
    category: Category = ""
    """What sort of provider error it is; decides the exception's class."""
    param: str | None = None
    """The request member that the provider objects to (G12)."""
    status: int | None = None
    """HTTP status, of the response or as given in-band."""
    retryable: bool | None = None
    """Whether the same request may succeed later; None where nothing says so (G24)."""
    retry_after: float | None = None
    """Seconds to wait before the next try, where the provider says so (G13)."""
    chain: tuple[str, ...] = ()
    """Outer messages that wrapped `message`, outermost first (G23)."""
    raw: Any = None
    """The error object as it came, secrets masked."""
    hint: str = ""
    """What streamkit suggests to do about it, where it knows more than the provider says (G15, I20)."""
    phase: str = ""
    """Stall only: `first`, `idle`, `progress` or `total`."""
    waited: float | None = None
    """Stall only: seconds waited."""
    offset: int | None = None
    """Wire faults: byte offset in the stream."""
    limit: str = ""
    """Limit only: the name of the field of `Limits`."""
    size: int | None = None
    """Limit only: the size that was seen, in the unit of that limit."""
    quirk: str = ""
    """Strict mode only: id of the quirk that was refused."""
    request_id: str = ""
    """Answers with an error status only: the provider's id of the request, for its support."""


class StreamkitError(Exception):
    """Base of everything that streamkit raises."""


class UsageError(StreamkitError):
    """The caller asked for something that cannot be."""


class UnknownDialect(UsageError):
    """The named dialect does not exist, or several fit and none was named."""


class ClosedPipeline(UsageError):
    """A pipeline was fed after it had been closed; make a new one for each stream."""


class CaptureError(StreamkitError):
    """A capture or fixture file is not what it says."""


class StreamError(StreamkitError):
    """The stream failed. `info` has the facts; `partial` is the `Response` built from what had arrived."""

    def __init__(self, info: ErrorInfo, partial: Any = None) -> None:
        super().__init__(info, partial)
        self.info = info
        self.partial = partial

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __str__(self) -> str:
        text = f"{self.info.message} [{self.info.code}]" if self.info.code else self.info.message
        return f"{text} ({self.info.hint})" if self.info.hint else text


class TransportError(StreamError):
    """The connection broke; the original exception is `__cause__`."""


class StallError(StreamError, TimeoutError):
    """Nothing (or no content) came for too long."""

    @property
    def phase(self) -> str:
        """Which clock ran out: `first`, `idle`, `progress` or `total`."""
        return self.info.phase

    @property
    def waited(self) -> float:
        """Seconds waited."""
        return self.info.waited or 0.0


class TruncatedError(StreamError):
    """The stream stopped before its end; `partial` has what came, open tool calls are in its `dropped_calls`."""


class NoTerminalError(TruncatedError):
    """The stream ended without a terminal frame and without anything usable."""


class ProviderError(StreamError):
    """The provider answered with an error, as status or in-band."""

    @property
    def code(self) -> str:
        """The provider's code or type."""
        return self.info.code

    @property
    def param(self) -> str | None:
        """The request member objected to."""
        return self.info.param

    @property
    def status(self) -> int | None:
        """HTTP status."""
        return self.info.status

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait before the next try."""
        return self.info.retry_after

    @property
    def retryable(self) -> bool | None:
        """Whether the same request may succeed later."""
        return self.info.retryable


class RateLimited(ProviderError):
    """Too many requests or tokens; wait `retry_after` seconds."""


class Overloaded(ProviderError):
    """The provider is overloaded or failed inside; try again later."""


class Refused(ProviderError):
    """The provider refused to answer."""


class QuotaExceeded(ProviderError):
    """Credit or quota is used up; waiting does not help."""


class ContextTooLong(ProviderError):
    """The request does not fit the model's context window."""


class ContentBlocked(ProviderError):
    """A content filter blocked the request or the answer."""


class InvalidRequest(ProviderError):
    """The request is wrong; see `param`."""


class Entitlement(ProviderError):
    """The credential is missing, wrong, or not allowed on this endpoint (G15)."""


class WireError(StreamError):
    """The bytes are no such stream: HTML, garbage, a broken frame."""

    @property
    def offset(self) -> int | None:
        """Byte offset of the fault."""
        return self.info.offset


class LimitExceeded(WireError):
    """A bound of `Limits` was reached; everything before it was delivered."""

    @property
    def limit(self) -> str:
        """Name of the field of `Limits`."""
        return self.info.limit

    @property
    def size(self) -> int | None:
        """The size that was seen."""
        return self.info.size


class UnrecognisedDialect(WireError, UnknownDialect):
    """No dialect was named, and the first frames fit none, or several; the message names them."""


class QuirkRefused(StreamError):
    """Strict mode met a tolerance that it was told to refuse."""

    @property
    def quirk(self) -> str:
        """Id of the quirk."""
        return self.info.quirk


_CLASSES: dict[str, type[StreamError]] = {
    "transport": TransportError,
    "stall": StallError,
    "truncated": TruncatedError,
    "wire": WireError,
    "limit": LimitExceeded,
    "quirk": QuirkRefused,
    "provider": ProviderError,
    "rate_limited": RateLimited,
    "overloaded": Overloaded,
    "refused": Refused,
    "quota_exceeded": QuotaExceeded,
    "context_too_long": ContextTooLong,
    "content_blocked": ContentBlocked,
    "invalid_request": InvalidRequest,
    "entitlement": Entitlement,
    "unknown_dialect": UnrecognisedDialect,
    "no_terminal": NoTerminalError,
    "empty_stream": NoTerminalError,
}


def error_from(info: ErrorInfo, partial: Any = None) -> StreamError:
    """The exception that says `info`, its class chosen by kind, category and code."""
    word: str = info.category if info.kind == "provider" and info.category else info.kind
    if info.kind in ("truncated", "wire") and info.code in _CLASSES:
        word = info.code
    return _CLASSES[word](info, partial)
