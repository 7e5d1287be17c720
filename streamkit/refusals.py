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
        self._parts: list[bytes] = []

    def __aiter__(self) -> "Refusal":
        return self

    async def __anext__(self) -> bytes:
        raise await self._error()

    async def aclose(self) -> None:
        """Close the body."""
        close = getattr(self._body, "aclose", None) or getattr(self._body, "close", None)
        closing = None if close is None else close()
        if closing is not None:
            await closing

    def stalled(self) -> StreamError:
        """What is known where nobody waits any longer for the rest of the body: the status is."""
        return self._said(self._headers(), self._address(), stalled=True)

    async def _error(self) -> StreamError:
        headers, url = self._headers(), self._address()
        target = redirect_target(self._status, headers, url)
        if target is not None and self._status in CHANGING:
            return redirect_refused(turns_into_get(target, self._status))
        if target is not None:
            return redirect_refused(f"the server redirects to {target} with status {self._status}, not followed")
        return self._said(headers, url, stalled=await self._stalls())

    def _said(self, headers: Mapping[str, str], url: str, *, stalled: bool) -> StreamError:
        data = b"".join(self._parts)[:ERROR_BODY]
        return refusal(data, status=self._status, headers=headers, url=url, stalled=stalled)

    def _headers(self) -> Mapping[str, str]:
        return {str(name).lower(): str(value) for name, value in getattr(self._response, "headers", {}).items()}

    def _address(self) -> str:
        with suppress(Exception):  # httpx raises where a response was made without a request
            return str(self._response.url)
        return ""

    async def _stalls(self) -> bool:
        """Read as much of the body as is worth reading; whether the rest did not come in time."""
        import anyio  # noqa: PLC0415 - imported where an event loop runs, not by `import streamkit`

        size = 0
        with anyio.move_on_after(ERROR_BODY_TIME) as scope, suppress(Exception):
            async for part in self._body:
                self._parts.append(part)
                size += len(part)
                if size >= ERROR_BODY:
                    break
        return scope.cancelled_caught
