"""What a request and an exchange are to the client, whichever HTTP library carries them."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

__all__ = ["Exchange", "Request", "Wire", "fields", "give_up", "origin"]

DEFAULT_PORTS = {"http": 80, "https": 443}


class Request(msgspec.Struct, frozen=True):
    """One POST."""

    url: str
    headers: dict[str, str]
    body: bytes


class Exchange(msgspec.Struct):
    """An answer whose headers have come and whose body has not been read."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    url: str
    read: Callable[[], Awaitable[bytes]]
    """The next bytes as they came over the wire, still compressed; empty at the end."""
    close: Callable[[], Awaitable[None] | None]
    """Gives the connection up, or back where the body was read to its end; None where that took no waiting. Harmless
    when called again."""
    rest: Callable[[], bytes] | None = None
    """What had come before a read failed, where the library still has it."""


class Wire(Protocol):
    """An HTTP library behind the client."""

    caller_owned: bool
    """Whether the caller's own client stands behind it: its settings are not ours to change or to strip."""
    closed: bool
    """Whether it was closed; streams that were open then make no further attempt."""

    async def send(self, request: Request) -> Exchange:
        """Send it and wait for the headers; redirects are not followed."""
        ...

    def proxied(self, url: str) -> bool:
        """Whether the way to this address leads through a proxy, as far as that can be known."""
        ...

    async def aclose(self) -> None:
        """Close what is ours; never the caller's own client."""
        ...


def fields(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers by their names in lower case. Of one that came twice the last counts; encodings are all to be undone."""
    found: dict[str, str] = {}
    for given, value in pairs:
        name = given.lower()
        found[name] = f"{found[name]}, {value}" if name == "content-encoding" and name in found else value
    return found


async def give_up(exchange: Exchange) -> None:
    """Close an answer whose body is not wanted."""
    closing = exchange.close()
    if closing is not None:
        await closing


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port: what credentials belong to."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or DEFAULT_PORTS.get(scheme)
