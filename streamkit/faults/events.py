"""An in-band error as the events that a decoder gives out: the quirks of its shape, then `ErrorReported`."""

from collections.abc import Iterator

from streamkit.errors import ErrorInfo
from streamkit.events import ErrorReported, Event
from streamkit.faults import ENTITLEMENT_HINT, provider_error
from streamkit.faults.shapes import looks_like_error
from streamkit.jsontypes import Json, JsonObject, is_array, is_object
from streamkit.quirks.errors import (
    entitlement_as_bad_token,
    error_beside_choices,
    error_code_number,
    error_flat,
    error_in_array,
    error_not_json,
    error_wrapped,
    failed_without_error,
    provider_warning,
    status_object,
)
from streamkit.quirks.registry import Quirk

__all__ = ["error_events", "is_warning", "warning_event"]


def error_events(payload: Json) -> list[Event]:
    """The quirks that an in-band error's shape shows, and the error itself as the last event."""
    info = provider_error(payload)
    events: list[Event] = [quirk.seen(detail=info.message) for quirk in dict.fromkeys(_quirks(payload, info))]
    events.append(ErrorReported(error=info))
    return events


def is_warning(payload: Json) -> bool:
    """Whether a payload is a warning that looks like an error and is none (G25)."""
    if not is_object(payload) or looks_like_error(payload):
        return False
    kind = payload.get("type")
    return kind in ("warning", "warnings") or bool(payload.get("warnings"))


def warning_event(payload: JsonObject) -> Event:
    """The note that a warning leaves (G25)."""
    message = payload.get("message")
    return provider_warning.seen(detail=message if isinstance(message, str) else "", data=payload)


def _quirks(payload: Json, info: ErrorInfo) -> Iterator[Quirk]:
    if is_array(payload):
        yield error_in_array
        payload = payload[0] if payload else None
    if isinstance(payload, (str, bytes)):
        yield error_not_json
    if not is_object(payload):
        return
    members = payload
    error = members.get("error")
    bare = members.get("detail") or members.get("msg") or (members.get("message") and not members.get("type"))
    if (isinstance(error, str) and error) or (not error and bare):
        yield error_flat
    if members.get("error_type") or members.get("error_message"):
        yield error_beside_choices
    if is_object(members.get("base_resp")) and not error:
        yield status_object
    response = members.get("response")
    if is_object(response) and not response.get("error") and not error and members.get("type") == "response.failed":
        yield failed_without_error
    if is_object(error) and isinstance(error.get("code"), int):
        yield error_code_number
    if info.chain or (is_object(error) and _is_json(error.get("message")) and not _is_json(info.message)):
        yield error_wrapped
    if info.hint == ENTITLEMENT_HINT:
        yield entitlement_as_bad_token


def _is_json(text: Json) -> bool:
    """Whether a message begins as JSON does."""
    return isinstance(text, str) and text.lstrip().startswith(("{", "["))
