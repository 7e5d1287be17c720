"""Frames of the Responses API that its strict types do not list: audio, pings, warnings, and what nobody documents."""

from streamkit.dialects.responses.items import AUDIO_DELTAS, audio_piece
from streamkit.dialects.responses.mending import WHOLE_BODY, whole_body
from streamkit.dialects.responses.server_texts import SERVER_TEXTS, server_text
from streamkit.events import Event, KeepAlive, ProviderEvent
from streamkit.evidence import NumberPassed
from streamkit.faults import looks_like_error
from streamkit.faults.events import error_events, is_warning, warning_event
from streamkit.jsontypes import JsonObject
from streamkit.quirks.responses import rate_limits_frame, unknown_event

__all__ = ["other_frame", "untyped_frame"]


def other_frame(payload: JsonObject, name: str, number: int | None) -> list[Event]:
    """What a frame of an unlisted type says."""
    if name in AUDIO_DELTAS and isinstance(payload.get("delta"), str):
        return [audio_piece(payload, AUDIO_DELTAS[name], number)]
    if name in ("keepalive", "ping"):
        return [KeepAlive(sequence_number=number, comment=name)]
    if is_warning(payload):
        return [warning_event(payload)]
    if looks_like_error(payload) and (name == "response.error" or not name.startswith("response.")):
        return [NumberPassed(sequence_number=number), *error_events(payload)]
    event = ProviderEvent(sequence_number=number, name=name, data=payload)
    if name in SERVER_TEXTS:
        return [event, *server_text(payload, name, number)]
    if name == "codex.rate_limits":
        return [rate_limits_frame.seen(data=payload), event]
    return [event] if name.startswith("response.") else [unknown_event.seen(detail=name), event]


def untyped_frame(payload: JsonObject) -> list[Event]:
    """A payload without a type: an error in one of its shapes, a whole body, or something unknown."""
    if payload.get("object") in WHOLE_BODY:
        return whole_body(payload)
    if looks_like_error(payload) or "detail" in payload or ("code" in payload and "message" in payload):
        return error_events(payload)
    return [unknown_event.seen(detail=", ".join(map(str, payload))), ProviderEvent(name="", data=payload)]
