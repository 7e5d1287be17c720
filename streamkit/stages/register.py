"""The register of items: which wire piece belongs to which item. Kept by the ledger, for all dialects.

A decoder names items by `key`. Most keys are plain identities. A wire that gives several, none of them reliable
(Responses: output index and item id), uses `item_key(index, id)`; then the order of trust is: a known id, the index,
the only open item of that kind, the latest one (B10, B11).
"""

from collections.abc import Callable
from io import StringIO

from streamkit.events import Key, LogprobsAdded
from streamkit.evidence import MISSING, item_names
from streamkit.items import PartKind
from streamkit.jsontypes import JsonObject
from streamkit.limits import Limits
from streamkit.quirks.lifecycle import index_unreliable, rotating_ids
from streamkit.quirks.registry import Quirk
from streamkit.stages.growing import Path, grown

__all__ = ["NAMELESS", "Entry", "Register"]

ARGUED = ("custom_tool_call", "mcp_call")
"""Items beside function calls whose arguments are streamed."""

NAMELESS = (MISSING, "")
"""Of a piece with neither index nor id."""

PREFIXES = {"message": "msg", "reasoning": "rs", "function_call": "fc", "custom_tool_call": "ctc"}


class Entry:
    """One item in the books."""

    __slots__ = (
        "annotations",
        "announced",
        "announced_details",
        "anonymous",
        "call_id",
        "choice",
        "details",
        "growing",
        "id",
        "logprobs",
        "name",
        "number",
        "open",
        "parts",
        "phase",
        "position",
        "room",
        "seal",
        "sound",
        "tokens",
        "told",
        "type",
        "wire_id",
        "write",
    )

    def __init__(self, item_id: str, item_type: str, choice: int, room: int) -> None:
        self.id = item_id
        self.type = item_type
        self.choice = choice
        self.room = room
        """Characters that still fit."""
        self.open = True
        self.announced = False
        self.anonymous = False
        self.annotations = 0
        """How many were streamed."""
        self.logprobs: dict[tuple[PartKind, int], int] = {}
        """How many were given out for each part."""
        self.tokens: list[LogprobsAdded] = []
        """What was given out, should its text turn out to be another item's."""
        self.name = ""
        self.number = 0
        """Place among all items."""
        self.call_id = ""
        self.phase = ""
        self.wire_id = ""
        self.position: int | None = None
        self.seal = StringIO()
        """The signature so far."""
        self.sound = -1
        """Length of the argument text when it was last seen to be JSON."""
        self.announced_details: JsonObject = {}
        """What it was announced with."""
        self.details: JsonObject = {}
        """What snapshots say of it beside its parts."""
        self.told: JsonObject = {}
        """The same, and what its start and its end say: all that is in the details of what was given out."""
        self.growing: dict[Path, StringIO] = {}
        """Texts inside its details, until its own snapshot comes."""
        self.parts: dict[tuple[PartKind, int], StringIO] = {}
        self.write: Callable[[str], int] | None = None
        """Writes argument text; None once the item is closed, so that late deltas take the slow path."""

    def part(self, kind: PartKind, index: int) -> StringIO:
        """The buffer of one part."""
        buffer = self.parts.get((kind, index))
        if buffer is None:
            buffer = self.parts[kind, index] = StringIO()
        return buffer

    def text(self, kind: PartKind, index: int | None = None) -> str:
        """What was streamed for a part, or for all parts of a kind."""
        if index is not None:
            buffer = self.parts.get((kind, index))
            return buffer.getvalue() if buffer else ""
        return "".join(b.getvalue() for (k, _), b in self.parts.items() if k == kind)

    def begins(self, kind: PartKind, index: int, text: str) -> bool:
        """Whether a part begins with this text; no more of it is read than is needed for that."""
        buffer = self.part(kind, index)
        end = buffer.tell()
        buffer.seek(0)
        head = buffer.read(len(text))
        buffer.seek(end)
        return head == text

    def sealed(self, signature: str) -> bool:
        """Whether this is its signature."""
        return self.seal.tell() == len(signature) and self.seal.getvalue() == signature

    def kept(self) -> JsonObject:
        """Its details where no snapshot has the whole of what grew in them."""
        return {**grown(self.announced_details, self.growing), **self.details} if self.growing else self.details

    @property
    def empty(self) -> bool:
        """Whether nothing was streamed for it."""
        return not any(buffer.tell() for buffer in self.parts.values())


class Register:
    """All items of one response, by every name that the wire gave them."""

    def __init__(self, limits: Limits) -> None:
        self.entries: list[Entry] = []
        self.known: dict[Key, Entry] = {}
        self.flow: dict[int, Entry] = {}
        """Per choice, the open item that pieces without identity belong to."""
        self._limits = limits
        self._ids: set[str] = set()
        self._by_wire_id: dict[str, Entry] = {}
        self._by_position: dict[int, Entry] = {}
        self._by_call_id: dict[str, Entry] = {}
        self._open: dict[str, dict[int, Entry]] = {}
        """By type and number: the open items, the latest one last."""
        self._unused: dict[str, int] = {}
        """By prefix of made ids: the number from which on none was made."""

    @property
    def full(self) -> bool:
        """Whether no further item fits."""
        return len(self.entries) >= self._limits.items

    def open(self, key: Key, item_type: str, choice: int, *, wire_id: str = "", position: int | None = None) -> Entry:
        """A new item under this key; any older item keeps its other names."""
        names = item_names(key)
        item_id = wire_id or (names[1] if names is not None else "")
        if not item_id or item_id in self._ids:
            item_id = self._made_id(PREFIXES.get(item_type, "item"))
        self._ids.add(item_id)
        room = self._limits.arguments if item_type.endswith("call") else self._limits.item
        entry = Entry(item_id, item_type, choice, room)
        entry.wire_id = wire_id
        entry.position = position
        entry.number = len(self.entries)
        self._open.setdefault(item_type, {})[entry.number] = entry
        self.entries.append(entry)
        if key is None:
            entry.anonymous = True
            self.flow[choice] = entry
        else:
            self.known[key] = entry
            if names is not None:
                index, name = names
                entry.wire_id = entry.wire_id or name
                if entry.position is None and index != MISSING:
                    entry.position = index
        if entry.wire_id:
            self._by_wire_id[entry.wire_id] = entry
        if entry.position is not None:
            self._by_position[entry.position] = entry
        return entry

    def find(self, key: Key, item_type: str, choice: int, call_id: str = "") -> tuple[Entry | None, Quirk | None]:
        """The item that a piece belongs to, and the quirk that finding it took; None where it is a new one."""
        if key is None:
            entry = self.flow.get(choice)
            return (entry if entry is not None and entry.open and entry.type == item_type else None), None
        entry = self.known.get(key)
        names = item_names(key)
        if names is None or (entry is not None and not is_elsewhere(entry, names, item_type, call_id)):
            return entry, None
        entry, quirk, settled = self._correlate(*names, item_type, call_id)
        if entry is not None and settled:
            self.known[key] = entry
        return entry, quirk

    def find_started(
        self, key: Key, item_type: str, choice: int, wire_id: str, call_id: str
    ) -> tuple[Entry | None, Quirk | None]:
        """The item that an announcement repeats (B37), or None where it announces a new one, and the quirk of that.

        A new item on the index of another one shows that the wire's indexes tell nothing (B11).
        """
        entry = self.known.get(key) if key is not None else None
        if entry is None and wire_id:
            entry = self._by_wire_id.get(wire_id)
        names = item_names(key)
        another: Quirk | None = None
        if entry is None and names is not None and names[0] != MISSING:
            entry, another = self._by_position.get(names[0]), index_unreliable
        if entry is None or entry.choice != choice:
            return None, None
        if call_id and entry.call_id:
            return (entry, None) if call_id == entry.call_id else (None, another)
        same_name = not wire_id or not entry.wire_id or wire_id == entry.wire_id
        if entry.type != item_type or not entry.open:
            return (
                (entry, None) if entry.type == item_type and wire_id and wire_id == entry.wire_id else (None, another)
            )
        if same_name or entry.empty:
            return entry, None if same_name else rotating_ids
        return None, another

    def _correlate(
        self, index: int, name: str, item_type: str, call_id: str
    ) -> tuple[Entry | None, Quirk | None, bool]:
        named = self._by_wire_id.get(name) if name else None
        if named is not None:
            wrong = index not in (MISSING, named.position) and named.position is not None
            missing = index == MISSING and named.position is not None
            return named, (index_unreliable if wrong or missing else None), True
        if call_id:
            called = self._by_call_id.get(call_id)
            if called is not None:
                return called, rotating_ids if name and called.wire_id else None, False
        placed = self._by_position.get(index) if index != MISSING else None
        if placed is not None and (not item_type or placed.type in fitting(item_type, call_id)):
            return placed, (rotating_ids if name and placed.wire_id else None), not name
        if index != MISSING:
            return None, None, True
        latest = self._latest(item_type, call_id)
        if latest is None:
            return None, None, True
        quirk = rotating_ids if name else (index_unreliable if latest.position is not None else None)
        return latest, quirk, False

    def _latest(self, item_type: str, call_id: str) -> Entry | None:
        """The open item of a fitting type that was opened last."""
        number = max(next(reversed(self._open.get(kind, {})), -1) for kind in fitting(item_type, call_id))
        return self.entries[number] if number >= 0 else None

    def _made_id(self, prefix: str) -> str:
        """An id that no item has."""
        number = max(len(self.entries), self._unused.get(prefix, 0))
        while (made := f"{prefix}_{number}") in self._ids:
            number += 1
        self._unused[prefix] = number + 1
        return made

    def name_call(self, entry: Entry, call_id: str) -> None:
        """A call's id became known."""
        entry.call_id = call_id
        if call_id:
            self._by_call_id.setdefault(call_id, entry)

    def close(self, entry: Entry) -> None:
        """The item is over."""
        entry.open = False
        entry.write = None
        self._open[entry.type].pop(entry.number, None)
        if self.flow.get(entry.choice) is entry:
            del self.flow[entry.choice]


def is_elsewhere(entry: Entry, names: tuple[int, str], item_type: str, call_id: str) -> bool:
    """Whether a piece that names no item belongs to another one than the piece without names before it."""
    return names == NAMELESS and bool(item_type) and entry.type not in fitting(item_type, call_id)


def fitting(piece: str, call_id: str) -> tuple[str, ...]:
    """The types of the items that can be meant by a piece that implies this type.

    A piece of arguments implies no more than some call: of a function, of a custom tool, of a remote one (D31).
    """
    return (piece, *ARGUED) if piece == "function_call" and not call_id else (piece,)
