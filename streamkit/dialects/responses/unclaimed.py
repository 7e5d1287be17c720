"""What an announcement has already, and parts that are read from their item's snapshot: kept where that never comes."""

from streamkit.dialects.json_text import json_text
from streamkit.dialects.responses.items import claim_item
from streamkit.dialects.responses.odd_items import ARGUMENTS, mended_part
from streamkit.events import Event, Key, MediaAdded, QuirkSeen
from streamkit.evidence import ItemClaimed
from streamkit.jsontypes import JsonObject
from streamkit.quirks.registry import shown
from streamkit.quirks.reshaping import member_unreadable

__all__ = ["Unclaimed"]

NOTHING = ("", "{}", "null")
"""Arguments of an announcement that are none yet."""


class Unclaimed:
    """What is still to be said of items that are not over.

    Args:
        most: characters that are kept; where more come, all is said at once, and counts like any output.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: dict[Key, ItemClaimed] = {}
        self._parts: dict[Key, dict[int, list[QuirkSeen]]] = {}
        self._weights: dict[Key, int] = {}
        self._weight = 0

    def announce(self, key: Key, item: JsonObject, kind: str) -> list[Event]:
        """Keep what an announced item says already; most say nothing."""
        if not (
            item.get("content") or item.get("summary") or item.get(ARGUMENTS.get(kind, "")) not in (None, *NOTHING)
        ):
            return []
        for event in claim_item(item, None, None):
            if isinstance(event, ItemClaimed) and (event.media or any(part.text for part in event.parts)):
                self._items[key] = ItemClaimed(key=key, type=kind, parts=event.parts, media=event.media, finish=False)
        return self._weigh(key, item)

    def part(self, key: Key, index: int, part: JsonObject) -> list[Event]:
        """Keep a part that is neither text nor a refusal."""
        quirks: list[QuirkSeen] = []
        media: list[MediaAdded] = []
        mended_part(part, "output_text", quirks, media)
        if media:
            quirks.append(member_unreadable.seen(detail=f"part: {shown(part)}", data=part))
        self._parts.setdefault(key, {})[index] = [each for each in quirks if each.data is not None]
        return self._weigh(key, part)

    def _weigh(self, key: Key, told: JsonObject) -> list[Event]:
        """Count what is kept; what became too much is said."""
        characters = len(json_text(told))
        self._weights[key] = self._weights.get(key, 0) + characters
        self._weight += characters
        return self.release() if self._weight > self._most else []

    def over(self, key: Key) -> None:
        """An item's own snapshot came, which has all of it."""
        self._items.pop(key, None)
        self._parts.pop(key, None)
        self._weight -= self._weights.pop(key, 0)

    def release(self) -> list[Event]:
        """What no snapshot came for."""
        out: list[Event] = list(self._items.values())
        for parts in self._parts.values():
            for quirks in parts.values():
                out += quirks
        self._items.clear()
        self._parts.clear()
        self._weights.clear()
        self._weight = 0
        return out
