"""A caller's own response whose status is no success: it gives no bytes, but the error that `Client` would give."""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

from streamkit.errors import StreamError
from streamkit.faults.answers import (
    CHANGING,
    ERROR_BODY,
    ERROR_BODY_TIME,
    redirect_refused,
    redirect_target,
    refusal,
    turns_into_get,
)

__all__ = ["Refusal"]


class Refusal:
    """Reads the body of an error and raises what status, headers and body say.

    Args:
        response: of httpx, httpx2 or aiohttp, or like theirs.
        status: its HTTP status.
        body: its body.
    """

    def __init__(self, response: Any, status: int, body: AsyncIterator[bytes]) -> None:
        self._response = response
        self._status = status
        self._body = body

    def __aiter__(self) -> "Refusal":
        return self

    async def __anext__(self) -> bytes:
        raise await self._error()

    async def aclose(self) -> None:
        """Close the body."""
        close = getattr(self._body, "aclose", None)
        if close is not None:
            await close()

    async def _error(self) -> StreamError:
        headers: Mapping[str, str] = {
            str(name).lower(): str(value) for name, value in getattr(self._response, "headers", {}).items()
        }
        url = self._address()
        target = redirect_target(self._status, headers, url)
        if target is not None and self._status in CHANGING:
            return redirect_refused(turns_into_get(target, self._status))
        if target is not None:
            return redirect_refused(f"the server redirects to {target} with status {self._status}, not followed")
        return refusal(await self._beginning(), status=self._status, headers=headers, url=url)

    def _address(self) -> str:
        with suppress(Exception):  # httpx raises where a response was made without a request
            return str(self._response.url)
        return ""

    async def _beginning(self) -> bytes:
        import anyio  # noqa: PLC0415 - imported where an event loop runs, not by `import streamkit`

        parts: list[bytes] = []
        size = 0
        with anyio.move_on_after(ERROR_BODY_TIME), suppress(Exception):
            async for part in self._body:
                parts.append(part)
                size += len(part)
                if size >= ERROR_BODY:
                    break
        return b"".join(parts)[:ERROR_BODY]
