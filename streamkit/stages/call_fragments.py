"""From chat-like call fragments to items: a start, then argument text, whatever the fragments lack or repeat.

`call_routes` decides which call a fragment belongs to; here it is decided what of the fragment is news. Names are
assigned, never concatenated (D01, D02). Held back are only: the text of a call without a name (D12), and a `{}` that
may be a placeholder (D16). Both are given out before the finish reason, the end marker, an error, or at the end.
"""

from collections.abc import Callable, Iterable, Mapping

from streamkit.events import (
    ArgumentsDelta,
    ErrorReported,
    Event,
    ItemStarted,
    Key,
    MetadataReported,
    ProviderEvent,
    ResponseStarted,
)
from streamkit.evidence import CallFragment, CallText, EndMarker, FinishClaimed, ItemClaimed, PartClaim, PartClaimed
from streamkit.jsontypes import JsonObject, is_same
from streamkit.limits import DEFAULT_LIMITS, Limits
from streamkit.quirks.tools import (
    tool_args_conflict,
    tool_args_placeholder,
    tool_args_restated,
    tool_id_changed,
    tool_id_duplicate,
    tool_index_missing,
    tool_maybe_duplicate,
    tool_name_conflict,
)
from streamkit.routing import Lane
from streamkit.stages.call_ids import FINAL_CALL_ID, FINAL_NAME, CallIds
from streamkit.stages.call_routes import Call, Turn, object_in

__all__ = ["CallFragments"]

NOTHING: tuple[Event, ...] = ()
EMPTY_OBJECT = "{}"
NONE_YET = object()
"""An index that no call has."""


class CallFragments:
    """Turns `CallFragment`s into `ItemStarted` and `ArgumentsDelta`; stands before the ledger.

    Args:
        limits: `arguments` bounds the text held for one nameless call, `held` the number of calls held back. What
            exceeds them is given out, and left to the ledger to judge.
    """

    handles = (CallFragment, CallText, FinishClaimed, EndMarker, ErrorReported, ResponseStarted, MetadataReported)

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._ids = CallIds()
        self._turns: dict[int, Turn] = {0: Turn()}
        self._indexes = self._turns[0].by_index
        self._hot_index: object = NONE_YET
        """The index of the last piece of text, while its call stays the same."""
        self._hot_key: Key = None
        self._hot_write: Callable[[str], int] = len
        self._held: list[Call] = []
        self._repeating: list[Call] = []

    def feed(self, event: Event) -> Iterable[Event]:
        """What this fragment means; held text before an event that ends something."""
        lane = self.lanes.get(event.__class__)
        if lane is None:
            return (event,)
        out = lane(self, event)
        return (out,) if isinstance(out, Event) else out

    def _more(self, event: CallText) -> ArgumentsDelta | list[Event]:
        """More of the arguments of a known call, with nothing else to look at."""
        text = event.text
        if text[0] != "{":
            if event.index == self._hot_index:
                self._hot_write(text)
                return ArgumentsDelta(key=self._hot_key, text=text)
            call = self._indexes.get(event.index)
            if call is not None and call.flowing:
                self._hot_index, self._hot_key, self._hot_write = event.index, call.key, call.write
                call.write(text)
                return ArgumentsDelta(key=call.key, text=text)
        return self._fragment(CallFragment(index=event.index, arguments=text))

    def _quick(self, event: CallFragment) -> ArgumentsDelta | list[Event]:
        """More of the arguments of a known call, or anything else."""
        text = event.arguments
        call = self._indexes.get(event.index)
        if call is not None and call.flowing and text and text[0] != "{" and not event.choice:
            name, call_id = event.name, event.call_id
            known = (not name or name == call.name) and (not call_id or call_id == call.wire_id)
            if known and not event.whole and event.extra is None:
                call.write(text)
                return ArgumentsDelta(key=call.key, text=text)
        return self._fragment(event)

    def close(self) -> Iterable[Event]:
        """What was held back."""
        return self._release()

    def _identified(self, event: ResponseStarted | MetadataReported) -> Iterable[Event]:
        self._ids.response_id = event.response_id or self._ids.response_id
        return (event,)

    def _before_finish(self, event: FinishClaimed) -> Iterable[Event]:
        held = self._release(event.choice) if self._held or self._repeating else NOTHING
        return (*held, event)

    def _before_end(self, event: Event) -> Iterable[Event]:
        held = self._release() if self._held or self._repeating else NOTHING
        return (*held, event)

    def _fragment(self, fragment: CallFragment) -> list[Event]:
        out: list[Event] = []
        self._hot_index = NONE_YET
        if not (fragment.name or fragment.arguments or fragment.call_id or fragment.extra):
            return out  # a placeholder entry (D13)
        turn = self._turns.get(fragment.choice)
        if turn is None:
            turn = self._turns[fragment.choice] = Turn()
        count = len(turn.calls)
        call, quirk = turn.route(fragment)
        if quirk is not None:
            out.append(quirk.seen(detail=f"index {fragment.index}, id {fragment.call_id!r}, name {fragment.name!r}"))
        if fragment.index is None and not fragment.whole and not call.index_noted:
            call.index_noted = True
            out.append(tool_index_missing.seen(detail=f"id {fragment.call_id!r}, name {fragment.name!r}"))
        new = len(turn.calls) > count
        if new and call.repeats is not None:
            self._repeating.append(call)
        late = self._named(turn, call, fragment, out)
        if fragment.extra:
            call.extra.update({name: value for name, value in fragment.extra.items() if value is not None})
            late["extra"] = dict(call.extra)
        if call.started and late:
            out.append(self._late(call, late))
        if call.name and not call.started:
            self._start(call, out)
        if new and not call.started:
            self._held.append(call)
        if fragment.arguments:
            self._take(call, fragment, out)
        if len(self._held) > self._limits.held:
            out += self._release()
        return out

    def _named(self, turn: Turn, call: Call, fragment: CallFragment, out: list[Event]) -> JsonObject:
        """Take name, id and kind of a fragment; what of them comes too late for the start (D02, D08)."""
        late: JsonObject = {}
        name, call_id = fragment.name, fragment.call_id
        call.custom = call.custom or fragment.custom
        if name and name != call.name:
            if call.name and (call.begun or not name.startswith(call.name)):
                out.append(tool_name_conflict.seen(detail=f"{call.name!r}, then {name!r}"))
            else:
                call.name = late[FINAL_NAME] = name
        if call_id and call_id != call.wire_id:
            if not call.wire_id:
                turn.adopt(call, call_id)
                if call.started:
                    late[FINAL_CALL_ID] = self._ids.take(call.choice, call_id)
            elif not call.id_noted:
                call.id_noted = True
                out.append(tool_id_changed.seen(detail=f"{call.wire_id!r}, then {call_id!r}"))
        return late

    def _take(self, call: Call, fragment: CallFragment, out: list[Event]) -> None:
        """Take a fragment's text, unless it only restates what is there (D16, D17, D19)."""
        text = fragment.arguments
        if not call.custom:
            if not call.begun and text == EMPTY_OBJECT:
                call.placeholder = True
                call.write(text)
                self._held.append(call)
                return
            if call.placeholder:
                if text == EMPTY_OBJECT:
                    out.append(tool_args_restated.seen(detail=text))
                    return
                call.placeholder = False
                if text[0] == "{" and (not fragment.name or fragment.call_id or fragment.whole):
                    call.restart()
                    out.append(tool_args_placeholder.seen(detail=call.name))
                elif call.started:
                    self._give(call, EMPTY_OBJECT, out)
            elif fragment.whole and call.begun:
                self._restate(call, text, out)
                return
            elif text[0] == "{" and call.closed and call.says(text):
                out.append(tool_args_restated.seen(detail=text))
                return
        call.write(text)
        if call.started:
            self._give(call, text, out)
            return
        call.held += len(text)
        if call.held > self._limits.arguments:
            self._start(call, out)

    def _restate(self, call: Call, text: str, out: list[Event]) -> None:
        """A second complete argument text: the same, one that says more, or a contradiction (D17)."""
        old, new = call.value, object_in(text)
        if call.says(text) or (old is not None and is_same(old, new)):
            out.append(tool_args_restated.seen(detail=text))
        elif old is not None and new is not None and says_more(new, old):
            call.restart(text)
            claim = PartClaim("arguments", text)
            if call.started:
                out.append(PartClaimed(key=call.key, choice=call.choice, item_type=_type(call), claim=claim))
        else:
            out.append(tool_args_conflict.seen(detail=f"{call.head(80)}, then {text}", data=text))

    def _give(self, call: Call, text: str, out: list[Event]) -> None:
        call.flowing = True
        out.append(ArgumentsDelta(key=call.key, choice=call.choice, text=text))

    def _late(self, call: Call, details: JsonObject) -> Event:
        return ItemClaimed(key=call.key, choice=call.choice, type=_type(call), details=details, finish=False)

    def _start(self, call: Call, out: list[Event]) -> None:
        """The item begins, with all text that waited for it."""
        details: JsonObject = {"extra": dict(call.extra)} if call.extra else {}
        if call.wire_id:
            call.call_id = self._ids.take(call.choice, call.wire_id)
            if call.call_id != call.wire_id:
                details["id_raw"] = call.wire_id
                out.append(tool_id_duplicate.seen(detail=f"{call.wire_id!r} became {call.call_id!r}"))
        else:
            call.call_id = self._ids.derive(call.choice, call.number, call.name)
        call.started = True
        out.append(
            ItemStarted(
                key=call.key,
                choice=call.choice,
                type=_type(call),
                name=call.name,
                call_id=call.call_id,
                id_synthesized=not call.wire_id,
                details=details,
            )
        )
        if call.begun and not call.placeholder:
            self._give(call, call.raw, out)

    def _release(self, choice: int | None = None) -> list[Event]:
        """Give out what is held back of this choice, or of all."""
        out: list[Event] = []
        kept: list[Call] = []
        for call in self._held:
            if choice is not None and (call.choice != choice or call.blank):
                kept.append(call)
            elif call.blank:
                out.append(ProviderEvent(name="tool_call", data=call.extra))
            else:
                placeholder, call.placeholder = call.placeholder, False
                if not call.started:
                    self._start(call, out)
                elif placeholder:
                    self._give(call, EMPTY_OBJECT, out)
        self._held = kept
        for call in self._repeating:
            before = call.repeats
            if before is not None and before.name == call.name and before.raw == call.raw:
                out.append(tool_maybe_duplicate.seen(detail=f"{call.name} {call.raw}"))
        self._repeating = []
        return out

    lanes: Mapping[type, Lane] = {
        CallFragment: _quick,
        CallText: _more,
        FinishClaimed: _before_finish,
        EndMarker: _before_end,
        ErrorReported: _before_end,
        ResponseStarted: _identified,
        MetadataReported: _identified,
    }


def says_more(new: JsonObject, old: JsonObject) -> bool:
    """Whether all members of an object are in another one."""
    return len(old) <= len(new) and all(name in new and is_same(new[name], value) for name, value in old.items())


def _type(call: Call) -> str:
    return "custom_tool_call" if call.custom else "function_call"
