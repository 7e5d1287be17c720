"""What comes beside the text: annotations, citations, search results, images and audio (F11, F12)."""

import hashlib
from collections.abc import Iterable, Sequence

from streamkit.dialects.json_text import json_text
from streamkit.dialects.values import digest
from streamkit.events import AnnotationAdded, Event, MediaAdded, MetadataReported
from streamkit.jsontypes import Json, JsonObject, is_object, is_same
from streamkit.quirks.chat import member_shape

__all__ = ["Sources", "audio_event", "image_event"]


class Sources:
    """Sources seen so far: providers repeat them on every chunk, a reader wants each once, in order of first sight.

    A list is told anew with each source while it is short, later when it has grown by a tenth, and at the end: to tell
    a long one with each source would cost the square of its length.
    """

    def __init__(self) -> None:
        self._seen: set[tuple[str, bytes]] = set()
        self._lists: dict[str, list[Json]] = {}
        self._told: dict[str, int] = {}
        """How much of each list was told."""
        self._last: dict[str, Sequence[Json]] = {}

    def _news(self, channel: str, values: Iterable[Json]) -> list[Json]:
        news: list[Json] = []
        for value in values:
            mark = (channel, hashlib.blake2b(json_text(value).encode("utf-8", "replace"), digest_size=16).digest())
            if value is not None and mark not in self._seen:
                self._seen.add(mark)
                news.append(value)
        return news

    def annotations(self, values: Iterable[Json], choice: int) -> list[Event]:
        """An event for each annotation that is new."""
        news = self._news(f"annotations {choice}", values)
        return [AnnotationAdded(choice=choice, annotation=value) for value in news]

    def lists(self, **found: Sequence[Json] | None) -> list[Event]:
        """The lists of the response as a whole, if something is new in them; each is reported as far as it is known."""
        changed: JsonObject = {}
        for name, values in found.items():
            if not values or is_same(values, self._last.get(name)):
                continue
            self._last[name] = values
            if news := self._news(name, values):
                known = self._lists.setdefault(name, [])
                known += news
                told = self._told.get(name, 0)
                if len(known) > told + told // 10:
                    self._told[name] = len(known)
                    changed[name] = list(known)
        return [MetadataReported(metadata=changed)] if changed else []

    def rest(self) -> list[Event]:
        """The lists that have grown since they were told."""
        grown: JsonObject = {name: list(known) for name, known in self._lists.items() if len(known) > self._told[name]}
        self._told.update((name, len(known)) for name, known in self._lists.items())
        return [MetadataReported(metadata=grown)] if grown else []


def image_event(value: Json, choice: int) -> Event:
    """An image: a data URL, an address, or bare base64, wherever this provider puts it."""
    where = value
    details: JsonObject = {}
    if is_object(value):
        where = next(
            (value[n] for n in ("image_url", "url", "b64_json", "data", "image", "audio") if value.get(n)), None
        )
        details = {name: value[name] for name in ("index", "id", "detail") if value.get(name) is not None}
    if is_object(where):
        where = next((where[n] for n in ("url", "data", "b64_json") if where.get(n)), None)
    if not isinstance(where, str):
        return member_shape.seen(detail=f"image: {digest(value)}", data=value)
    kind = value.get("type") if is_object(value) else None
    media_type = "audio" if isinstance(kind, str) and "audio" in kind else "image"
    if where.startswith("data:"):
        head, _, data = where[5:].partition(",")
        return MediaAdded(choice=choice, media_type=head.partition(";")[0] or media_type, data=data, details=details)
    if "://" in where[:16]:
        return MediaAdded(choice=choice, media_type=media_type, url=where, details=details)
    return MediaAdded(choice=choice, media_type=media_type, data=where, details=details)


def audio_event(value: JsonObject, choice: int) -> Event | None:
    """A piece of audio and of its transcript; None where it has neither."""
    data, words = value.get("data"), value.get("transcript")
    details = {name: value[name] for name in ("id", "expires_at", "format") if value.get(name) is not None}
    if not data and not words and "expires_at" not in details:
        return None
    return MediaAdded(
        choice=choice,
        media_type="audio",
        data=data if isinstance(data, str) else "",
        transcript=words if isinstance(words, str) else "",
        details=details,
    )
