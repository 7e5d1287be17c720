"""Broken connections: one error for the many names that they come under (H08).

The same cause is a `ReadError` here, a `ClientPayloadError` there, a bare `ConnectionResetError` inside three others
elsewhere. The tables go by the names of classes, so that no HTTP library has to be imported.
"""

import re
from typing import Final, cast

from streamkit.errors import ErrorInfo, StreamError
from streamkit.faults.patterns import any_of
from streamkit.lazy_patterns import LazyPattern
from streamkit.masking import mask
from streamkit.quirks.registry import printable

__all__ = ["cut_phrase", "is_transport", "transport_error"]

TRANSPORT_PHRASES: Final[tuple[tuple[LazyPattern, str], ...]] = (
    (any_of(r"certificate verify failed", r"CERTIFICATE_VERIFY", r"hostname mismatch"), "tls_certificate"),
    (any_of(r"event loop is closed", r"different (?:event )?loop", r"attached to a different loop"), "dead_event_loop"),
    (
        any_of(
            r"incomplete (?:chunked )?read",
            r"IncompleteRead",
            r"peer closed connection without",
            r"payload is not completed",
            r"not enough data",
            r"TransferEncodingError",
            r"ContentLengthError",
            r"unexpected EOF",
        ),
        "incomplete_read",
    ),
    (
        any_of(r"ECONNRESET", r"connection reset", r"reset by peer", r"socket hang up", r"WinError 10054"),
        "connection_reset",
    ),
    (
        any_of(r"RST_STREAM", r"StreamReset", r"stream (?:was )?reset", r"INTERNAL_ERROR; received from peer"),
        "stream_reset",
    ),
    (any_of(r"GOAWAY", r"ConnectionTerminated"), "connection_terminated"),
    (any_of(r"ECONNREFUSED", r"connection refused", r"all connection attempts failed"), "connection_refused"),
    (
        any_of(
            r"ENOTFOUND",
            r"EAI_AGAIN",
            r"getaddrinfo",
            r"name or service not known",
            r"name resolution",
            r"nodename nor servname",
        ),
        "name_resolution",
    ),
    (
        any_of(r"TLS EOF", r"EOF occurred in violation", r"SSLV?3?_?ALERT", r"tlsv1 alert", r"SSL(?:Eof)?Error"),
        "tls_error",
    ),
    (any_of(r"EPIPE", r"broken pipe"), "connection_closed"),
    (any_of(r"ETIMEDOUT"), "read_timeout"),
    (
        any_of(
            r"disconnect/reset before headers",
            r"server disconnected",
            r"connection (?:was |has been |is )?(?:closed|lost|terminated|aborted)",
            r"premature(?:ly)? close",
        ),
        "connection_closed",
    ),
)
"""What dying connections are called, in exceptions and in the lines that proxies append (H08, G26)."""

TRANSPORT_CLASSES: Final[dict[str, str]] = {
    "gaierror": "name_resolution",
    "ConnectionResetError": "connection_reset",
    "ConnectionRefusedError": "connection_refused",
    "ConnectionAbortedError": "connection_closed",
    "BrokenPipeError": "connection_closed",
    "SSLCertVerificationError": "tls_certificate",
    "SSLError": "tls_error",
    "IncompleteReadError": "incomplete_read",
    "IncompleteRead": "incomplete_read",
    "ClientPayloadError": "incomplete_read",
    "StreamReset": "stream_reset",
    "ConnectionTerminated": "connection_terminated",
    "ServerDisconnectedError": "connection_closed",
    "BrokenResourceError": "connection_closed",
    "ClosedResourceError": "connection_closed",
    "EndOfStream": "connection_closed",
    "ConnectTimeout": "connect_timeout",
    "ConnectionTimeoutError": "connect_timeout",
    "PoolTimeout": "pool_timeout",
    "WriteTimeout": "write_timeout",
    "ReadTimeout": "read_timeout",
    "SocketTimeoutError": "read_timeout",
    "ServerTimeoutError": "read_timeout",
    "TimeoutError": "timeout",
    "ConnectError": "connect_error",
    "ClientConnectorError": "connect_error",
    "ProxyError": "proxy_error",
    "ReadError": "read_error",
    "WriteError": "write_error",
    "UnsupportedProtocol": "unsupported_url",
    "InvalidURL": "unsupported_url",
    "InvalidUrlClientError": "unsupported_url",
    "TooManyRedirects": "redirect_refused",
    "DecodingError": "bad_encoding",
    "RemoteProtocolError": "protocol_error",
    "LocalProtocolError": "local_protocol_error",
    "ClientConnectionError": "connection_closed",
    "ConnectionError": "connection_closed",
}
"""Exceptions by the name of their class, of the standard library, anyio, h2, httpx and aiohttp (H08)."""

FIRM: Final = frozenset({"tls_certificate", "dead_event_loop"})
"""Codes that, wherever they stand in the chain, say more than the others."""

TRANSPORT_FINAL: Final = FIRM | {"unsupported_url", "redirect_refused", "bad_encoding", "local_protocol_error"}
"""Codes of what fails again when it is tried again."""

LIBRARIES: Final = frozenset(
    [
        "aiohttp",
        "aiobotocore",
        "anyio",
        "botocore",
        "curl_cffi",
        "google",
        "grpc",
        "h11",
        "h2",
        "http",
        "httpcore",
        "httpx",
        "httpx2",
        "httpx_sse",
        "niquests",
        "pycurl",
        "requests",
        "socket",
        "ssl",
        "tornado",
        "trio",
        "urllib",
        "urllib3",
        "websocket",
        "websockets",
        "wsproto",
        "zlib",
    ]
)
"""Packages whose exceptions tell of a connection."""

MISUSES: Final = frozenset({"StreamClosed", "StreamConsumed", "ResponseNotRead"})
"""Exceptions of HTTP libraries that tell of a mistake in the program that reads."""

LONGEST_MESSAGE = 2_000
"""Characters of an exception's text that are kept."""

LONGEST_CHAIN = 20
"""Exceptions that are looked at; chains may be circular."""

_PROXY_REMARKS = any_of(
    r"upstream (?:error|connect|closed|timeout|request)",
    r"gateway time-?out",
    r"read: connection",
    r"stream (?:ended|closed|aborted) unexpectedly",
)

_ADVICE: Final[dict[str, str]] = {
    "dead_event_loop": "The client belongs to an event loop that is closed; make a new one in the loop that uses it.",
    "connection_refused": "Check the URL, and whether the server is running.",
    "name_resolution": "Check the host in the URL, and whether this machine is online.",
    "tls_certificate": "The server's certificate is not trusted: set SSL_CERT_FILE to a bundle that knows it.",
}
_OTHER_CERTIFICATES: Final[tuple[tuple[LazyPattern, str], ...]] = (
    (
        any_of(r"hostname mismatch", r"IP address mismatch", r"doesn't match", r"not valid for"),
        "The server's certificate is for another name: is the host in the address right? Does a proxy answer for it?",
    ),
    (
        any_of(r"certificate has expired", r"certificate is not yet valid"),
        "The server's certificate is out of date: its owner must renew it, unless this machine's clock is wrong.",
    ),
)
"""Certificates that no bundle makes good."""
_QUOTED_REMARK = LazyPattern(
    r"<?(?P<name>\w+): 400, message=(?P<quote>['\"])(?P<text>.*?)(?P=quote)[^>]{0,200}>?", re.DOTALL
)
"""A remark of aiohttp's parser inside another exception's text: no server has said that number."""


def is_transport(exc: BaseException) -> bool:
    """Whether an exception of a source's tells of its connection, or of the stream; anything else is a caller's own."""
    if type(exc).__name__ in MISUSES:
        return False
    return any(isinstance(link, OSError | EOFError | StreamError) or _foreign(link) for link in _causes(exc))


def _foreign(exc: BaseException) -> bool:
    """Whether a link of the chain comes from a library for connections, or says what dying connections say."""
    libraries = (cls.__module__.partition(".")[0] in LIBRARIES for cls in type(exc).__mro__)
    return any(libraries) or bool(_code(exc))


_HEADLINES: Final = {
    "connection_refused": "nothing listens at this address",
    "name_resolution": "no such host is known",
}
"""What a message begins with instead of "the connection broke"."""


def transport_error(exc: BaseException) -> ErrorInfo:
    """What a broken connection's exception means, read from its whole chain of causes (H08).

    An exception that carries an `ErrorInfo` of its own (a limit that was reached while reading) keeps it.
    """
    chain = _causes(exc)
    for link in chain:
        if isinstance(link, StreamError):
            return link.info
    codes = [code for link in reversed(chain) if (code := _code(link))]
    code = next((code for code in codes if code in FIRM), codes[0] if codes else "transport_error")
    if code == "timeout":  # the bare exception of the language; a library's around it knows what took too long
        code = next((named for named in codes if named.endswith("_timeout")), code)
    texts = list(dict.fromkeys(text for link in chain if (text := _text(link))))
    name = type(exc).__name__
    headline = _HEADLINES.get(code, "the connection broke")
    message = f"{headline}: {texts[-1]} ({name})" if texts else f"{headline} ({name})"
    return ErrorInfo(
        kind="transport",
        message=message,
        code=code,
        retryable=code not in TRANSPORT_FINAL,
        chain=tuple(texts[:-1]),
        hint=_hint(code, texts),
    )


def _hint(code: str, texts: list[str]) -> str:
    if code == "tls_certificate":
        for pattern, advice in _OTHER_CERTIFICATES:
            if any(pattern.search(text) for text in texts):
                return advice
    return _ADVICE.get(code, "")


def cut_phrase(text: str) -> bool:
    """Whether a stray line of text is how proxies say that their own connection broke (G26)."""
    return any(pattern.search(text) for pattern, _ in TRANSPORT_PHRASES) or bool(_PROXY_REMARKS.search(text))


def _causes(exc: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    waiting: list[BaseException | None] = [exc]
    while waiting and len(chain) < LONGEST_CHAIN:
        link = waiting.pop()
        if link is None or any(link is known for known in chain):
            continue
        chain.append(link)
        waiting.append(link.__cause__ or (None if link.__suppress_context__ else link.__context__))
        waiting += [given for given in link.args if isinstance(given, BaseException)]  # as httpcore wraps them
        if isinstance(link, BaseExceptionGroup):
            waiting.append(cast("BaseExceptionGroup[BaseException]", link).exceptions[0])
    return chain


def _code(exc: BaseException) -> str:
    text = str(exc)[:LONGEST_MESSAGE]
    for pattern, code in TRANSPORT_PHRASES:
        if pattern.search(text):
            return code
    for cls in type(exc).__mro__:
        if cls.__name__ in TRANSPORT_CLASSES:
            return TRANSPORT_CLASSES[cls.__name__]
    return ""


def _text(exc: BaseException) -> str:
    text = str(exc)[:LONGEST_MESSAGE]
    if "400, message" in text:
        text = _without_pseudo_status(exc, text)
    return printable(mask(text), LONGEST_MESSAGE)


def _without_pseudo_status(exc: BaseException, text: str) -> str:
    """One line of what aiohttp's parser says of broken bytes; it numbers its remarks as a server would its answers."""
    for link in (exc, exc.__cause__):
        if any(cls.__name__ == "HttpProcessingError" for cls in type(link).__mro__):
            text = str(getattr(link, "message", "")) or type(link).__name__
            break
    else:
        text = _QUOTED_REMARK.sub(_remark, text)
    return " ".join(text.split())


def _remark(match: re.Match[str]) -> str:
    return f"{match['name']}: {match['text']}".replace("\\n", " ")
