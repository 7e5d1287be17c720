"""The `replicate` dialect: plain text in SSE events: `output` with a piece of text, `done`, `error`, `logs`."""

import re
from collections.abc import Iterable

import msgspec

from streamkit.dialects.base import LIKELY, NO, POSSIBLE, DecoderOptions, Dialect
from streamkit.events import Event, MetadataReported, ProviderEvent, TextDelta
from streamkit.evidence import FinishClaimed
from streamkit.faults import looks_like_error
from streamkit.faults.events import error_events
from streamkit.frames import Frame
from streamkit.items import FinishReason
from streamkit.jsontypes import Json, is_object
from streamkit.quirks.payloads import invalid_utf8
from streamkit.quirks.plain_text import foreign_frame

__all__ = ["REPLICATE", "ReplicateDecoder"]

REASONS: dict[str, FinishReason] = {"canceled": "cancelled", "cancelled": "cancelled", "error": "error"}
"""Why it is done, where it did not simply end."""


class ReplicateDecoder:
    """Events of Replicate's streams to events."""

    handles = (Frame,)

    def __init__(self, options: DecoderOptions) -> None:
        self.limits = options.limits

    def feed(self, frame: Frame) -> Iterable[Event]:
        """What one frame means. The data is text, whatever it looks like (J12)."""
        if frame.event == "output":
            try:
                return (TextDelta(text=frame.data.decode()),) if frame.data else ()
            except UnicodeDecodeError as exc:
                at = f"byte {frame.data[exc.start]:#04x} at {exc.start}"
                return (invalid_utf8.seen(detail=at), TextDelta(text=frame.data.decode("utf-8", "replace")))
        text = frame.data.decode("utf-8", "replace")
        if frame.event == "done":
            return self._done(text)
        if frame.event == "error":
            return error_events(_json(text) or text)
        if frame.event == "logs":
            return (MetadataReported(metadata={"logs": text}),)
        if looks_like_error(payload := _json(text)):
            return error_events(payload)
        return (foreign_frame.seen(detail=frame.event or text), ProviderEvent(name=frame.event, data=text))

    def close(self) -> Iterable[Event]:
        """Nothing is held back."""
        return ()

    def _done(self, text: str) -> Iterable[Event]:
        payload = _json(text)
        reason = payload.get("reason") if is_object(payload) else None
        word = reason if isinstance(reason, str) else ""
        return (FinishClaimed(finish_reason=REASONS.get(word, "stop"), raw_finish_reason=word, terminal=True),)


def _json(text: str) -> Json:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


STAMP = re.compile(r"\d+:\d+\Z")
"""What Replicate's event ids look like: seconds and a number."""


def recognise(frame: Frame) -> int:
    """How sure a frame makes it that this is Replicate: the event's name and the form of its id."""
    known = frame.event in ("output", "logs") or (frame.event == "done" and frame.data.startswith(b"{"))
    if not known:
        return NO
    return LIKELY if frame.id and STAMP.match(frame.id) else POSSIBLE


REPLICATE = Dialect(
    name="replicate",
    title="Replicate",
    framing="sse",
    decoder=ReplicateDecoder,
    recognise=recognise,
    ends=("done",),
    think_tags=True,
)
"""Replicate's streamed predictions of language models."""
