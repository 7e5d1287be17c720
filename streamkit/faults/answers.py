"""Answers whose status is no success, as the typed error that they amount to; the same for `Client` and a response."""

import re
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from urllib.parse import urljoin, urlsplit

import msgspec

from streamkit.errors import ErrorInfo, ProviderError, StreamError, TransportError, error_from
from streamkit.faults.provider import provider_error
from streamkit.jsontypes import Json, is_array, is_object
from streamkit.masking import mask

__all__ = [
    "CHANGING",
    "ERROR_BODY",
    "ERROR_BODY_TIME",
    "KEEPING",
    "VERSION_HINT",
    "error_payload",
    "lacks_version",
    "redirect_refused",
    "redirect_target",
    "refusal",
    "request_id",
    "turns_into_get",
]

KEEPING = frozenset({307, 308})
"""Redirects that keep the method and the body."""
CHANGING = frozenset({301, 302, 303})
"""Redirects that turn a POST into a GET, which would not be the same request."""

ERROR_BODY = 256 * 1024
"""Bytes of an error's body that are read."""
ERROR_BODY_TIME = 10.0
"""Seconds that its reading may take."""

VERSION_HINT = "the address has no version segment: is /v1 missing from base_url?"
NOWHERE_HINT = "the server redirects without saying where to: is base_url the address that it means?"
STALLED = "the body of this error stalled: the rest of what it says is missing"
_REQUEST_IDS = ("x-request-id", "request-id", "x-amzn-requestid", "apim-request-id", "x-goog-request-id", "cf-ray")
_VERSION = re.compile(r"/v\d+[a-z0-9]*(?:/|$)")


def lacks_version(url: str) -> bool:
    """Whether the path of this address has no segment such as `/v1` (I20)."""
    return not _VERSION.search(urlsplit(url).path)


def request_id(headers: Mapping[str, str]) -> str:
    """The provider's id of a request, for its support; empty where it gives none."""
    return next((headers[name] for name in _REQUEST_IDS if headers.get(name)), "")


def refusal(
    data: bytes,
    *,
    status: int,
    headers: Mapping[str, str],
    url: str,
    secrets: Iterable[str] = (),
    stalled: bool = False,
) -> StreamError:
    """The typed error of an answer with this status, these headers (names in lower case) and this body.

    `stalled`: the rest of the body did not come in time.
    """
    host = urlsplit(url).hostname or ""
    info = provider_error(error_payload(data), status=status, headers=headers, host=host, secrets=secrets)
    info = msgspec.structs.replace(info, request_id=request_id(headers))
    if status in {404, 405} and not info.hint and lacks_version(url):
        info = msgspec.structs.replace(info, hint=VERSION_HINT)
    if status in KEEPING | CHANGING and not info.hint and redirect_target(status, headers, url) is None:
        info = msgspec.structs.replace(info, hint=NOWHERE_HINT)
    if stalled:
        info = msgspec.structs.replace(info, hint=f"{info.hint}; {STALLED}" if info.hint else STALLED)
    if status < 400:
        info = msgspec.structs.replace(info, status=status, code="unexpected_status", retryable=False)
        return ProviderError(info)
    return error_from(info)


def redirect_target(status: int, headers: Mapping[str, str], url: str) -> str | None:
    """Where an answer leads; None where it leads nowhere, or to what is no address."""
    location = headers.get("location")
    if status not in KEEPING | CHANGING or not location:
        return None
    try:
        target = urljoin(url, location)
        return None if urlsplit(target).port == 0 else target
    except ValueError:
        return None


def redirect_refused(message: str, secrets: Iterable[str] = ()) -> StreamError:
    """The error of a redirect that is not followed."""
    info = ErrorInfo(
        kind="transport",
        code="redirect_refused",
        message=mask(message, secrets),
        hint="use the address that the server names as base_url, if you trust it",
        retryable=False,
    )
    return TransportError(info)


def turns_into_get(target: str, status: int) -> str:
    """What to say of a redirect that would not be the same request."""
    return f"the server redirects to {target} with status {status}, which would turn the POST into a GET"


def error_payload(data: bytes) -> Json:
    """What an error's body says: a JSON document, the first JSON among SSE or NDJSON lines, else its text."""
    text = _plain(data).decode("utf-8", "replace").removeprefix("\ufeff").strip()
    whole = _decoded(text)
    if whole is not None:
        return whole
    for line in text.splitlines():
        payload = _decoded(line.partition(":")[2] if line.startswith("data:") else line)
        if is_object(payload) or is_array(payload):
            return payload
    fields = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("data:")]
    return "\n".join(fields) or text or None


def _plain(data: bytes) -> bytes:
    """The body itself, where it is gzip that no header tells of (A20)."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    with suppress(zlib.error):
        return zlib.decompressobj(wbits=31).decompress(data, ERROR_BODY)
    return data


def _decoded(text: str) -> Json:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
