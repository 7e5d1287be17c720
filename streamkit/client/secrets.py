"""The caller's own secrets: which values they are, and where they must not turn up (J10)."""

import logging
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

import msgspec

from streamkit.client.headers import NEUTRAL
from streamkit.errors import ErrorInfo, UsageError, error_from
from streamkit.faults import transport_error
from streamkit.masking import MASK, mask, mask_json, sensitive

__all__ = [
    "addressed",
    "discreet",
    "hush",
    "masked_address",
    "masked_info",
    "secrets_of",
    "telltale",
    "with_userinfo",
]

MINIMAL_VALUE = 8
"""Characters; a shorter value under a name that says nothing is not taken for a secret."""

LONGEST_CHAIN = 20
"""Exceptions that are looked at; chains may be circular."""

_WORD = r"(?:[A-Z]?[a-z]{1,15}|[A-Z]{1,4}|v?\d{1,4})"
_ORDINARY = re.compile(rf"{_WORD}(?:[\s,;:=/._+*()\"-]+{_WORD})*[\s/.*)\"]*")
"""Words, versions, dates, media types and plain addresses; what else is long enough may be a secret."""
_HEAD = re.compile(r"(?P<scheme>[^/?#]*//)?(?:[^/?#]*@)?")


def secrets_of(sent: Mapping[str, str], given: Iterable[str], url: str) -> tuple[str, ...]:
    """The values that are masked wherever they are echoed.

    Args:
        sent: every header, names in lower case.
        given: names of those that the caller gave.
        url: the address with its userinfo and query.
    """
    found: list[str] = []
    caller = set(given)
    for name, value in sent.items():
        if sensitive(name) or (
            name not in NEUTRAL and any(word in name for word in ("key", "token", "auth", "secret"))
        ):
            found += (value, value.rpartition(" ")[2])
        elif name in caller and name not in NEUTRAL and _peculiar(value):
            found.append(value)
    parts = urlsplit(url)
    for name, value in parse_qsl(parts.query):
        if sensitive(name) or name in {"key", "token"} or _peculiar(value):
            found.append(value)
    if parts.password:
        found += (parts.password, unquote(parts.password))
    if parts.username and (not parts.password or _peculiar(parts.username)):
        found += (parts.username, unquote(parts.username))
    return tuple(dict.fromkeys(found))


def _peculiar(value: str) -> bool:
    return len(value) >= MINIMAL_VALUE and not _ORDINARY.fullmatch(value)


def masked_address(url: str) -> str:
    """An address without its userinfo and the values of its query, whether or not it is a valid one."""
    address, mark, query = url.partition("?")
    head = _HEAD.match(address)
    if head is not None and head[0].endswith("@"):
        address = f"{head['scheme'] or ''}{MASK}@{address[head.end() :]}"
    if not mark:
        return address
    return f"{address}?{re.sub(r'=[^&#;]*', f'={MASK}', query) if '=' in query else MASK}"


def addressed(url: str, headers: Mapping[str, str]) -> str:
    """The address for these headers: without user name and password where an `authorization` is among them."""
    if "@" not in url or "authorization" not in headers:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def with_userinfo(target: str, url: str) -> str:
    """`target` with the user name and password of `url`, an address of the same host, where it has none of its own."""
    userinfo, mark, _ = urlsplit(url).netloc.rpartition("@")
    parts = urlsplit(target)
    if not mark or "@" in parts.netloc:
        return target
    return urlunsplit(parts._replace(netloc=f"{userinfo}@{parts.netloc}"))


def masked_info(info: ErrorInfo, secrets: tuple[str, ...]) -> ErrorInfo:
    """The same error without the caller's secrets."""
    if not secrets:
        return info
    return msgspec.structs.replace(
        info,
        message=mask(info.message, secrets),
        code=mask(info.code, secrets),
        param=None if info.param is None else mask(info.param, secrets),
        hint=mask(info.hint, secrets),
        request_id=mask(info.request_id, secrets),
        chain=tuple(mask(text, secrets) for text in info.chain),
        raw=mask_json(info.raw, secrets),
    )


def telltale(exc: BaseException, secrets: tuple[str, ...]) -> bool:
    """Whether a traceback that shows this exception would show a secret, in its text or in that of a cause."""
    waiting: list[BaseException | None] = [exc]
    seen: list[BaseException] = []
    while waiting and len(seen) < LONGEST_CHAIN:
        link = waiting.pop()
        if link is None or any(link is known for known in seen):
            continue
        seen.append(link)
        for text in (str(link), repr(link)):
            if mask(text, secrets) != text:
                return True
        waiting += (link.__cause__, link.__context__)
    return False


def discreet(exc: Exception, secrets: tuple[str, ...]) -> Exception:
    """The exception itself, or, where it would show a secret, an error in its place that has no cause."""
    if isinstance(exc, UsageError) or not telltale(exc, secrets):
        return exc
    return error_from(masked_info(transport_error(exc), secrets))


class _Hush(logging.Filter):
    """Masks credentials in addresses that a library logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True: the record is changed, not dropped."""
        if isinstance(record.args, tuple):
            record.args = tuple(_quiet(argument) for argument in record.args)
        return True


def _quiet(argument: Any) -> Any:
    if argument is None or isinstance(argument, int | float):
        return argument
    text = str(argument)
    if "://" not in text:
        return argument
    quiet = mask(text)
    return argument if quiet == text else quiet


_HUSH = _Hush()


def hush(library: str, url: str) -> None:
    """Keep the credentials of an address out of the log that an HTTP library writes of its requests, from now on."""
    if "?" in url or "@" in url:
        logging.getLogger(library).addFilter(_HUSH)  # a filter that is there already is not added again
