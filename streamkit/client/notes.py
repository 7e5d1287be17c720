"""What only the client knows of a stream: odd headers become quirks, the caller's secrets are masked."""

from collections.abc import Iterable
from typing import Any

import msgspec

from streamkit.client.secrets import masked_info
from streamkit.errors import ErrorInfo
from streamkit.events import ErrorReported, Event, QuirkSeen, ResponseStarted
from streamkit.masking import mask, mask_json

__all__ = ["Notes"]


class Notes:
    """A stage: adds the quirks that the body has shown, masks the caller's own secrets in errors (J10)."""

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
            return (msgspec.structs.replace(event, error=masked_info(event.error, self._secrets)),)
        if isinstance(event, QuirkSeen):
            detail, data = mask(event.detail, self._secrets), mask_json(event.data, self._secrets)
            return (msgspec.structs.replace(event, detail=detail, data=data),)
        return (event,)

    def discreet(self, error: ErrorInfo) -> ErrorInfo:
        """The error that ended the stream, without those secrets: its event passes no stage but the last."""
        return masked_info(error, self._secrets)

    def close(self) -> Iterable[Event]:
        """The quirks that only the body's end has shown."""
        return self._body.late_quirks() if hasattr(self._body, "late_quirks") else ()
