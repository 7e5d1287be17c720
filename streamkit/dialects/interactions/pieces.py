"""What single events of an interaction hold: summaries, media, counts, content that stands in a start already."""

from collections.abc import Iterable

from streamkit.dialects.counting import read_usage
from streamkit.dialects.interactions.wire import Delta
from streamkit.dialects.json_text import json_word
from streamkit.events import Event, MediaAdded, ReasoningDelta, TextDelta, UsageReported
from streamkit.jsontypes import Json, JsonObject, is_array, is_object

__all__ = [
    "ITEM_TYPES",
    "MEDIA",
    "SHAPE",
    "medium",
    "members_of",
    "opening_events",
    "running_usage",
    "summary_text",
    "usage_events",
]

ITEM_TYPES = {"thought": "reasoning", "model_output": "message", "text": "message"}
"""Step (or content) type → item type; all others but `function_call` are server-side items under their own names."""

SHAPE = ("resolution", "channels", "rate", "sample_rate")
"""What a picture or a sound is like, beside its type."""

MEDIA = ("image", "audio", "video", "document")


def summary_text(delta: Delta) -> str:
    """What a piece of a thought's summary says."""
    content = delta.content
    text = content.get("text") if is_object(content) else content
    return text if isinstance(text, str) else delta.text or ""


def medium(index: int, part: Json, *, thought: bool) -> MediaAdded | None:
    """A picture or a sound that stands whole in a step's content or in the summary of a thought."""
    if not is_object(part) or part.get("type") not in MEDIA:
        return None
    details = {name: part[name] for name in SHAPE if part.get(name) is not None}
    return MediaAdded(
        key=index,
        media_type=json_word(part.get("mime_type") or part["type"]),
        data=json_word(part.get("data")),
        url=json_word(part.get("uri")),
        details={"thought": True, **details} if thought else details,
    )


def usage_events(raw: Json) -> list[Event]:
    """Token counts so far."""
    usage, quirks = read_usage(raw)
    return [*quirks, *((UsageReported(usage=usage),) if usage is not None else ())]


def running_usage(metadata: Json) -> list[Event]:
    """The counts that may stand beside any event."""
    if not is_object(metadata):
        return []
    return usage_events(metadata.get("total_usage") or metadata.get("usage"))


def members_of(delta: Delta, members: Iterable[str]) -> JsonObject:
    """Those of a delta's members that are there."""
    return {name: value for name in members if (value := getattr(delta, name)) is not None}


def opening_events(index: int, step: JsonObject) -> list[Event]:
    """Text and media that stand in the start itself: plain, as content of an output, as summary of a thought."""
    text = step.get("text")
    out: list[Event] = [TextDelta(key=index, text=text)] if isinstance(text, str) and text else []
    for member in ("content", "summary") if json_word(step.get("type")) in ITEM_TYPES else ():
        parts = step.get(member)
        for part in parts if is_array(parts) else []:
            if (shown := medium(index, part, thought=member == "summary")) is not None:
                out.append(shown)
            words = part.get("text") if is_object(part) else None
            if not isinstance(words, str) or not words:
                continue
            told = member == "content"
            out.append(
                TextDelta(key=index, text=words) if told else ReasoningDelta(key=index, text=words, kind="summary")
            )
    return out
