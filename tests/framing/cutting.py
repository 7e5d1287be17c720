"""The same bytes, cut in different ways, through a framer."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from streamkit.evidence import Handover
from streamkit.frames import Frame
from streamkit.framing.sniff import AnyFramer


def through(framer: Any, chunks: Iterable[bytes]) -> list[Any]:
    """Everything that comes out, but for the notice that a framer gives its place away."""
    out: list[Any] = []
    for chunk in chunks:
        out += framer.feed(chunk)
    out += framer.close()
    return [item for item in out if not isinstance(item, Handover)]


def pieces(body: bytes, size: int) -> list[bytes]:
    return [body[at : at + size] for at in range(0, len(body), size)]


def blocks(body: bytes) -> list[bytes]:
    """The body cut behind every blank line: one event a read, as most servers send them."""
    return re.findall(rb"(?s).+?(?:\n\n|\r\n\r\n|\r\r|$)", body)


def read(make: Callable[[], Any], body: bytes) -> list[Any]:
    """What the framer makes of the body, which must be the same for every way of cutting it."""
    whole = through(make(), [body])
    for size in (1, 2, 3, 7, 17):
        assert through(make(), pieces(body, size)) == whole, f"cut into pieces of {size}"
    assert through(make(), [b"", *pieces(body, 5), b""]) == whole
    assert through(make(), body.splitlines(keepends=True)) == whole, "cut into lines"
    assert through(make(), blocks(body)) == whole, "cut behind each blank line"
    return whole


def sniffed(body: bytes, expected: str | None = None, **options: Any) -> list[Any]:
    """What the framer that looks at the first bytes makes of the body, cut in any way."""
    return read(lambda: AnyFramer(expected, **options), body)


def frames(items: Iterable[Any]) -> list[Frame]:
    return [item for item in items if isinstance(item, Frame)]


def payloads(items: Iterable[Any]) -> list[bytes]:
    return [frame.data for frame in frames(items)]


def quirks(items: Iterable[Any]) -> list[str]:
    return [item.quirk for item in items if hasattr(item, "quirk")]
