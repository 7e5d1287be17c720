"""How many bytes are asked of a socket at once: asyncio's 256 KiB cost more than the read itself.

A buffer of that size is made for each read, which glibc maps into memory and unmaps again: 20 microseconds, where
reading one event takes three. What a model sends comes in pieces of a few hundred bytes.
"""

from contextlib import suppress
from typing import Any

__all__ = ["read_less"]

READ = 32 * 1024
"""Bytes that are asked for; what has more waiting is read again at once."""


def read_less(transport: Any) -> None:
    """Ask the socket behind an asyncio transport for `READ` bytes at a time, not more.

    asyncio has no setting for that, only an attribute of its transports, and of the layer that decrypts. Transports of
    another make (uvloop's, trio's, None) keep their own ways.
    """
    readers: tuple[Any, ...] = (transport, getattr(transport, "_ssl_protocol", None))
    for reader in readers:
        size = getattr(reader, "max_size", None)
        if isinstance(size, int) and size > READ:
            with suppress(AttributeError):  # it may be read-only
                reader.max_size = READ
