"""Large request bodies for aiohttp: sent piece by piece, and given up when the other side takes no more of them.

aiohttp hands a body to the connection in one piece. Nothing bounds how long that may take, and the layer that encrypts
swallows all of it at once, so that not even the wait shows.
"""

import asyncio
from typing import Any

from aiohttp.abc import AbstractStreamWriter
from aiohttp.payload import Payload

from streamkit.errors import ErrorInfo, TransportError

__all__ = ["PIECE", "Patient"]

PIECE = 64 * 1024
"""Bytes that are handed over before it is asked whether the connection takes more."""


class Patient(Payload):
    """A body that has to be taken within so many seconds.

    Args:
        data: the body.
        within: seconds; None for no bound.
    """

    def __init__(self, data: bytes, within: float | None) -> None:
        super().__init__(data)
        self._size = len(data)
        self._data = data
        self._within = within

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """The body as text, which aiohttp asks of every payload."""
        return self._data.decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Send it.

        Raises:
            TransportError: the other side did not take it in time; aiohttp makes it the cause of an error of its own.
        """
        rest: Any = memoryview(self._data)
        try:
            async with asyncio.timeout(self._within):
                while rest:
                    await writer.write(rest[:PIECE])
                    rest = rest[PIECE:]
                    await writer.drain()
        except TimeoutError as exc:
            info = ErrorInfo(
                kind="transport",
                code="write_timeout",
                message=f"the server did not take the request within {self._within:g} s",
                retryable=True,
            )
            raise TransportError(info) from exc
