"""What only the client knows of a stream: odd headers become quirks, the caller's secrets are masked."""

from collections.abc import Iterable
from typing import Any

import msgspec

from streamkit.errors import ErrorInfo
from streamkit.events import ErrorReported, Event, QuirkSeen, ResponseStarted
from streamkit.masking import mask, mask_json

__all__ = ["Notes"]


class Notes:
    """A stage: adds the quirks that the body's head has shown, masks the caller's own secrets in errors (J10)."""

    handles = (ResponseStarted, ErrorReported, QuirkSeen)

    def __init__(self, body: Any, secrets: tuple[str, ...]) -> None:
        self._body = body
        self._secrets = secrets

    def feed(self, event: Event) -> Iterable[Event]:
        """The event, with what belongs to it."""
        if isinstance(event, ResponseStarted):
            return (event, *getattr(self._body, "quirks", ()))
        if not self._secrets:
            return (event,)
        if isinstance(event, ErrorReported):
            return (msgspec.structs.replace(event, error=self._masked(event.error)),)
        if isinstance(event, QuirkSeen):
            detail, data = mask(event.detail, self._secrets), mask_json(event.data, self._secrets)
            return (msgspec.structs.replace(event, detail=detail, data=data),)
        return (event,)

    def close(self) -> Iterable[Event]:
        """Nothing is held back."""
        return ()

    def _masked(self, info: ErrorInfo) -> ErrorInfo:
        return msgspec.structs.replace(
            info,
            message=mask(info.message, self._secrets),
            chain=tuple(mask(text, self._secrets) for text in info.chain),
            raw=mask_json(info.raw, self._secrets),
        )
