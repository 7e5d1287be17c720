"""The ledger's lower half: which item a piece belongs to, and the life of items.

The hot path of a delta is one look-up by key, one write, one attribute set. Everything else (opening, implicit opening,
late pieces, limits) is the slow path, taken once an item or less.
"""

from collections.abc import Callable, Iterable, Mapping

from msgspec.structs import force_setattr, replace

from streamkit.errors import ErrorInfo
from streamkit.events import (
    ArgumentsDelta,
    Event,
    ItemEvent,
    ItemFinished,
    ItemStarted,
    Key,
    MetadataReported,
    ReasoningDelta,
    RefusalDelta,
    ResponseStarted,
    TextDelta,
)
from streamkit.evidence import Halt, ItemClaimed, item_names
from streamkit.items import PartKind, Status
from streamkit.limits import DEFAULT_LIMITS, Limits
from streamkit.quirks.lifecycle import (
    delta_after_done,
    implicit_item,
    item_finished_twice,
    item_reannounced,
    missing_created,
    only_in_done,
)
from streamkit.stages.register import NAMELESS, Entry, Register

__all__ = ["Books", "Events", "Passed"]

Events = Iterable[Event]
Passed = Iterable[Event] | None
"""None: the event itself goes on."""


class Books:
    """Items: opened, fed and closed. See `Ledger` for the arguments."""

    def __init__(self, *, dialect: str = "", announces: bool = False, limits: Limits = DEFAULT_LIMITS) -> None:
        self.dialect = dialect
        self.announces = announces
        self._limits = limits
        self._room = limits.text
        self._register = Register(limits)
        self._flow = self._register.flow
        self._known = self._register.known
        self._started: ResponseStarted | None = None
        self._named = False
        self._dead = False
        # the way of the last delta: where it went, and how many characters still fit there (`_place`); its key is known
        # by identity, which decoders keep while they can
        self._called: Entry | None = None
        self._called_key: Key = None
        self._hot: Entry | None = None
        self._hot_key: Key = None
        self._hot_text: int | None = None
        self._hot_thought: int | None = None
        self._hot_kind = ""
        self._hot_choice = 0
        self._hot_id = ""
        self._hot_room = self._hot_granted = 0
        self._hot_write: Callable[[str], int] = len

    def _begin(self, started: ResponseStarted | None = None) -> Events:
        event = started or ResponseStarted()
        event = replace(event, dialect=event.dialect or self.dialect)
        self._started = event
        return (event,)

    def _begin_unannounced(self) -> list[Event]:
        out = list(self._begin()) if self._started is None else []
        if self._started is not None and not self._started.dialect and self.dialect:
            self._started = replace(self._started, dialect=self.dialect)
            out.append(MetadataReported(dialect=self.dialect))
        if self.announces and not self._named:
            self._named = True
            out.append(missing_created.seen())
        return out

    def _item_started(self, event: ItemStarted) -> Events:
        out = self._begin_unannounced()
        self._called = self._called_key = None
        entry, quirk = self._register.find_started(event.key, event.type, event.choice, event.item_id, event.call_id)
        if entry is not None and event.key is not None:
            if entry.announced:
                out.append((quirk or item_reannounced).seen(item_id=entry.id))
                self._known[event.key] = entry
                return out
            entry.announced, entry.announced_details = True, event.details
            entry.name = entry.name or event.name
            self._register.name_call(entry, entry.call_id or event.call_id)
            return out
        if quirk is not None:
            out.append(quirk.seen(item_id=event.item_id, detail=f"{event.type} at {event.position}"))
        out += self._close_flow(event.choice)
        if self._register.full:
            return [*out, self._limit("items", len(self._register.entries) + 1)]
        entry = self._register.open(event.key, event.type, event.choice, wire_id=event.item_id, position=event.position)
        entry.announced = True
        entry.name, entry.phase, entry.announced_details = event.name, event.phase, event.details
        entry.told.update(event.details)
        self._register.name_call(entry, event.call_id)
        out.append(replace(event, item_id=entry.id, position=entry.position))
        return out

    def _open(self, key: Key, item_type: str, choice: int, sequence: int | None, **names: str) -> list[Event]:
        """Open an item that nobody announced."""
        out = self._begin_unannounced()
        if key is None:
            out += self._close_flow(choice)
        if self._register.full:
            return [*out, self._limit("items", len(self._register.entries) + 1)]
        before = None if key is None else self._known.get(key)
        late = before is not None and (before.type == item_type or item_names(key) != NAMELESS)
        entry = self._register.open(key, item_type, choice, wire_id=names.get("wire_id", ""))
        entry.name, entry.phase = names.get("name", ""), names.get("phase", "")
        self._register.name_call(entry, names.get("call_id", ""))
        out.append(
            ItemStarted(
                sequence_number=sequence,
                item_id=entry.id,
                choice=choice,
                key=key,
                type=item_type,
                name=entry.name,
                call_id=entry.call_id,
                position=entry.position,
                phase=entry.phase,
            )
        )
        if late:
            out.append(delta_after_done.seen(item_id=entry.id))
        return out

    def _entry(self, event: ItemEvent, item_type: str, **names: str) -> tuple[Entry | None, list[Event]]:
        """The open item that an event belongs to, opened if need be; None once a limit is reached."""
        entry, quirk = self._register.find(event.key, item_type, event.choice, names.get("call_id", ""))
        if entry is not None and entry.open:
            return entry, ([quirk.seen(item_id=entry.id)] if quirk is not None else [])
        out = self._open(event.key, item_type, event.choice, event.sequence_number, **names)
        if self._dead:
            return None, out
        entry = self._register.entries[-1]
        if self.announces and event.key is not None:
            name = only_in_done if isinstance(event, ItemClaimed) and event.finish else implicit_item
            out.append(name.seen(item_id=entry.id, detail=item_type))
        return entry, out

    def _close_flow(self, choice: int) -> list[Event]:
        entry = self._flow.get(choice)
        return [] if entry is None else self._close_entry(entry, "completed")

    def _close_entry(self, entry: Entry, status: Status) -> list[Event]:
        self._cool()
        self._register.close(entry)
        return [ItemFinished(item_id=entry.id, choice=entry.choice, status=status, details=entry.kept())]

    def _close_all(self, status: Status) -> list[Event]:
        out: list[Event] = []
        for entry in self._register.entries:
            if entry.open:
                out += self._close_entry(entry, status)
        return out

    def _item_finished(self, event: ItemFinished) -> Events:
        entry, quirk = self._register.find(event.key, "", event.choice)
        if entry is None:
            return ()
        if not entry.open:
            return (item_finished_twice.seen(item_id=entry.id),)
        self._cool()
        self._register.close(entry)
        out: list[Event] = [quirk.seen(item_id=entry.id)] if quirk is not None else []
        details = {**entry.kept(), **event.details}
        entry.told.update(event.details)
        out.append(replace(event, item_id=entry.id, choice=entry.choice, details=details))
        return out

    def _text(self, event: TextDelta) -> Passed:
        key = event.key
        alike = key is self._hot_key or key == self._hot_key
        if alike and event.index == self._hot_text and event.choice == self._hot_choice:
            room = self._hot_room = self._hot_room - self._hot_write(event.text)
            if room >= 0:
                force_setattr(event, "item_id", self._hot_id)
                return None
            return (self._overflow_hot(),)
        return self._place(event, "message", "text", event.index, event.text)

    def _reasoning(self, event: ReasoningDelta) -> Passed:
        key = event.key
        alike = key is self._hot_key or key == self._hot_key
        alike = alike and event.kind == self._hot_kind
        if alike and event.index == self._hot_thought and event.choice == self._hot_choice:
            room = self._hot_room = self._hot_room - self._hot_write(event.text)
            if room >= 0:
                force_setattr(event, "item_id", self._hot_id)
                return None
            return (self._overflow_hot(),)
        return self._place(event, "reasoning", event.kind, event.index, event.text)

    def _arguments(self, event: ArgumentsDelta) -> Passed:
        entry = self._called if event.key is self._called_key else self._known.get(event.key)
        if entry is None or entry.write is None:
            return self._place(event, "function_call", "arguments", 0, event.text)
        room = entry.room = entry.room - entry.write(event.text)
        if room < 0:
            return (self._overflow(entry),)
        force_setattr(event, "item_id", entry.id)
        return None

    def _refusal(self, event: RefusalDelta) -> Events:
        return self._place(event, "message", "refusal", event.index, event.text)

    def _place(self, event: ItemEvent, item_type: str, kind: PartKind, index: int, text: str) -> list[Event]:
        """The slow path of a delta: find or open its item, take it in, remember the way for the next one."""
        if not text:
            return []
        self._cool()
        entry, out = self._entry(event, item_type)
        if entry is None:
            return out
        write = entry.part(kind, index).write
        size = write(text)
        entry.room -= size
        self._room -= 0 if kind == "arguments" else size
        if entry.room < 0 or self._room < 0:
            return [*out, self._overflow(entry)]
        if event.key is None or self._known.get(event.key) is entry:
            if kind == "arguments":
                entry.write = write
                self._called_key, self._called = event.key, entry
            elif kind != "refusal":
                self._hot = entry
                self._hot_key, self._hot_choice, self._hot_id, self._hot_write = (
                    event.key,
                    event.choice,
                    entry.id,
                    write,
                )
                self._hot_kind = kind
                self._hot_text, self._hot_thought = (index, None) if kind == "text" else (None, index)
                self._hot_room = self._hot_granted = min(entry.room, self._room)
        force_setattr(event, "item_id", entry.id)
        out.append(event)
        return out

    def _cool(self) -> None:
        """Forget the way of the last delta, and settle what it used."""
        if self._hot is not None:
            used = self._hot_granted - self._hot_room
            self._hot.room -= used
            self._room -= used
            self._hot = None
            self._hot_text = self._hot_thought = None

    def _overflow_hot(self) -> Event:
        entry = self._hot or self._register.entries[-1]
        self._cool()
        return self._overflow(entry)

    def _overflow(self, entry: Entry) -> Event:
        if self._room < 0:
            return self._limit("text", self._limits.text - self._room)
        name = "arguments" if entry.type.endswith("call") else "item"
        bound: int = getattr(self._limits, name)
        return self._limit(name, bound - entry.room)

    def _limit(self, name: str, size: int) -> Event:
        """Reading stops here; nothing that comes later is taken in."""
        self._dead = True
        message = f"the response exceeds limits.{name} ({getattr(self._limits, name)}): {size} seen; raise that limit"
        return Halt(error=ErrorInfo(kind="limit", code="limit_exceeded", limit=name, size=size, message=message))

    lanes: Mapping[type[Event], Callable[..., Passed]] = {
        ItemStarted: _item_started,
        TextDelta: _text,
        RefusalDelta: _refusal,
        ReasoningDelta: _reasoning,
        ArgumentsDelta: _arguments,
        ItemFinished: _item_finished,
    }
