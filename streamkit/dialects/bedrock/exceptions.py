"""Bedrock's modelled exceptions: as exception messages, as error messages, as members of an event (G14)."""

import msgspec

from streamkit.dialects.refused import REFUSED
from streamkit.events import ErrorReported, Event
from streamkit.faults import provider_error
from streamkit.frames import Frame
from streamkit.jsontypes import Json, JsonObject, is_object

__all__ = ["exception_event", "exception_in", "is_exception"]


def is_exception(frame: Frame) -> bool:
    """Whether a message is an exception: by its type, or, where it says that it is an event, by its name."""
    return frame.kind != "event" or frame.event.endswith(("Exception", "exception"))


def exception_event(frame: Frame) -> Event:
    """The error that a message of type `exception` or `error` reports; its name is the code."""
    try:
        payload: Json = msgspec.json.decode(frame.data) if frame.data else {}
    except REFUSED:
        payload = {"message": frame.data.decode("utf-8", "replace")}
    told: JsonObject = payload if is_object(payload) else {"message": str(payload)}
    return _reported(frame.event or "exception", told)


def exception_in(payload: Json) -> Event | None:
    """The error that an event of the kind `{"throttlingException": {…}}` reports; None where it reports none."""
    if not is_object(payload):
        return None
    for name, value in payload.items():
        if name.endswith(("Exception", "exception")):
            return _reported(name, value if is_object(value) else {"message": str(value)})
    return None


def _reported(name: str, told: JsonObject) -> Event:
    """The message that the model itself gave says more than Bedrock's own, which comes first in the chain."""
    inner = told.get("originalMessage")
    message = told.get("message") or told.get("Message") or inner or name
    info = provider_error({"error": {**told, "code": name, "message": message}})
    if inner and inner != message:
        info = msgspec.structs.replace(info, chain=(*info.chain, provider_error({"message": inner}).message))
    return ErrorReported(error=info)
