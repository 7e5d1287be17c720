"""Which call a fragment belongs to: by id, then by index, then by place (D03, D04, D08, D11, D12, D52, D53).

Strategy: a `Turn` holds the calls of one choice. Most fragments are settled by one look-up; the questions that need to
know whether a call's text is a closed object are asked only where a fragment looks like the start of another call, and
each character of that text is read for it once.
"""

from collections.abc import Callable
from io import StringIO

import msgspec

from streamkit.evidence import CallFragment, call_key
from streamkit.jsontypes import Json, JsonObject, is_object
from streamkit.quirks.registry import Quirk
from streamkit.quirks.tools import tool_index_drift, tool_index_reused
from streamkit.stages.argument_scan import Brackets

__all__ = ["Call", "Turn", "object_in"]


class Call:
    """One call while its fragments come in."""

    __slots__ = (
        "_brackets",
        "_buffer",
        "_value",
        "_valued",
        "call_id",
        "called_again",
        "choice",
        "custom",
        "extra",
        "flowing",
        "held",
        "id_noted",
        "index",
        "index_noted",
        "key",
        "name",
        "number",
        "placeholder",
        "repeats",
        "size",
        "slot",
        "started",
        "wire_id",
        "write",
    )

    def __init__(self, fragment: CallFragment, number: int) -> None:
        self.choice = fragment.choice
        self.number = number
        self.key = call_key(fragment.choice, number)
        self.index = fragment.index
        self.slot = fragment.slot
        self.wire_id = fragment.call_id
        """The first id that the wire gave."""
        self.call_id = ""
        """The id that was given out."""
        self.name = ""
        self.custom = False
        self.extra: JsonObject = {}
        self._buffer = StringIO()
        self.write: Callable[[str], int] = self._buffer.write
        """Takes one more piece of its text."""
        self.size = 0
        """Characters of the text that `closed` has read."""
        self.held = 0
        """Characters that wait for the name."""
        self.started = False
        self.flowing = False
        """Whether its text is given out as it comes."""
        self.placeholder = False
        """Whether its text is a `{}` that may stand for arguments to come (D16)."""
        self.repeats: Call | None = None
        """The call behind which this one began on the same index without an id (D53)."""
        self.called_again = False
        """Whether its name came once more behind its closed text: a start, if another object follows (D53)."""
        self.index_noted = False
        self.id_noted = False
        self._brackets = Brackets()
        self._value: JsonObject | None = None
        self._valued = -1
        """Length of the text when it was last parsed."""

    @property
    def value(self) -> JsonObject | None:
        """The text so far as a JSON object, if it is one; parsed once for each text."""
        size = self._buffer.tell()
        if self._valued != size:
            self._value, self._valued = object_in(self.raw), size
        return self._value

    def head(self, size: int) -> str:
        """The beginning of its text."""
        end = self._buffer.tell()
        self._buffer.seek(0)
        text = self._buffer.read(size)
        self._buffer.seek(end)
        return text

    def says(self, text: str) -> bool:
        """Whether this is its text."""
        return self._buffer.tell() == len(text) and self.raw == text

    @property
    def raw(self) -> str:
        """The text so far."""
        return self._buffer.getvalue()

    @property
    def begun(self) -> bool:
        """Whether it has any text."""
        return bool(self._buffer.tell())

    @property
    def blank(self) -> bool:
        """Whether nothing is known of it but perhaps an extra."""
        return not (self.name or self.wire_id or self.begun or self.started)

    @property
    def closed(self) -> bool:
        """Whether its text has closed all brackets that it opened; each character is read once."""
        if self.custom:
            return False
        if self.size < self._buffer.tell():
            self._buffer.seek(self.size)
            text = self._buffer.read()
            self.size += len(text)
            self._brackets.read(text)
        return self._brackets.closed

    def restart(self, text: str = "") -> None:
        """Put another text in the place of the one so far."""
        self._buffer = StringIO()
        self.write = self._buffer.write
        self.write(text)
        self._valued = -1
        self.size = 0
        self._brackets = Brackets()


def object_in(text: str) -> JsonObject | None:
    """The JSON object that a text is; None where it is anything else."""
    try:
        value: Json = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    return value if is_object(value) else None


class Turn:
    """The calls of one choice, in order of appearance."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.by_index: dict[int | None, Call] = {}
        self._by_id: dict[str, Call] = {}
        self._by_slot: dict[int, Call] = {}
        self._open: list[Call] = []
        """Calls whose text has not been seen closed."""

    def route(self, fragment: CallFragment) -> tuple[Call, Quirk | None]:
        """The call that a fragment belongs to, made where it is a new one, and the quirk that this took."""
        at = self.by_index.get(fragment.index)
        known = self._by_id.get(fragment.call_id) if fragment.call_id else None
        if known is not None:
            if at is not None and at.wire_id == fragment.call_id:
                known = at
            return self._known(fragment, known), None
        if fragment.index is None:
            return self._by_place(fragment), None
        if at is None:
            return self._unknown_index(fragment)
        return self._at_index(fragment, at)

    def _new(self, fragment: CallFragment) -> Call:
        call = Call(fragment, len(self.calls))
        self.calls.append(call)
        self._open.append(call)
        self._by_slot[fragment.slot] = call
        if fragment.call_id:
            self._by_id.setdefault(fragment.call_id, call)
        if fragment.index is not None:
            self.by_index[fragment.index] = call
        return call

    def adopt(self, call: Call, call_id: str) -> None:
        """A call that had no id got one."""
        call.wire_id = call_id
        self._by_id.setdefault(call_id, call)

    def _bind(self, call: Call, index: int | None) -> Call:
        if index is not None:
            self.by_index.setdefault(index, call)
            if call.index is None:
                call.index = index
        return call

    def _known(self, fragment: CallFragment, call: Call) -> Call:
        """An id that a call has: that call, unless it is clearly another one under the same id (D11)."""
        if fragment.name and call.name:
            elsewhere = None not in (fragment.index, call.index) and fragment.index != call.index
            if elsewhere or (fragment.index is None and self._apart(fragment, call)):
                return self._new(fragment)
        return self._bind(call, fragment.index)

    def _apart(self, fragment: CallFragment, call: Call) -> bool:
        """Whether a named fragment without index is another call than the one that has its id (D11)."""
        if fragment.name != call.name:
            return fragment.slot != call.slot or call.closed
        return fragment.slot != call.slot and fragment.arguments.startswith("{") and call.closed

    def _at_index(self, fragment: CallFragment, call: Call) -> tuple[Call, Quirk | None]:
        """An index that a call has, and no id that is known."""
        own = call.index == fragment.index
        if not fragment.name:
            follower = self._follower(fragment, call)
            return (follower, tool_index_reused) if follower is not None else (call, None)
        if not call.name and (not call.wire_id or not fragment.call_id):
            return call, None
        same = fragment.name == call.name
        if same and not call.begun and not (call.wire_id and fragment.call_id):
            return call, None
        if fragment.call_id:
            return self._new(fragment), tool_index_reused if own else None
        if fragment.whole or (not own and not same):
            return self._new(fragment), None
        if (not same or fragment.arguments.startswith("{")) and call.closed:
            follower = self._new(fragment)
            follower.repeats = call
            return follower, tool_index_reused
        self._called_again(fragment, call)
        return call, None

    def _called_again(self, fragment: CallFragment, call: Call) -> None:
        """A name alone, which some servers send with every piece (D01): it begins a call only if text follows."""
        bare = not (fragment.arguments or call.wire_id or call.placeholder)
        call.called_again = bare and call.closed

    def _follower(self, fragment: CallFragment, call: Call) -> Call | None:
        """The call that a name alone began, now that its text begins; None where there is none (D53)."""
        if not call.called_again or not fragment.arguments.startswith("{"):
            return None
        follower = self._new(fragment)
        follower.name, follower.repeats = call.name, call
        return follower

    def _unknown_index(self, fragment: CallFragment) -> tuple[Call, Quirk | None]:
        if fragment.call_id or fragment.whole or not self.calls:
            return self._new(fragment), None
        meant = self._counted(fragment.index)
        if meant.index is None and fragment.name in ("", meant.name) and not meant.closed:
            return self._bind(meant, fragment.index), None
        if not fragment.name and fragment.arguments and (call := self._only_open()) is not None:
            return self._bind(call, fragment.index), tool_index_drift
        return self._new(fragment), None

    def _counted(self, index: int | None) -> Call:
        """Of calls that were announced without an index the one that `index` counts to, or the latest (D03)."""
        if index is not None and 0 <= index < len(self.calls) and self.calls[index].index is None:
            return self.calls[index]
        return self.calls[-1]

    def _only_open(self) -> Call | None:
        """The one call whose text is not closed, where there is exactly one (D52)."""
        found: Call | None = None
        for at in range(len(self._open) - 1, -1, -1):
            call = self._open[at]
            if call.closed:
                del self._open[at]
            elif found is not None:
                return None
            else:
                found = call
        return found

    def _by_place(self, fragment: CallFragment) -> Call:
        """No index, and no id that is known: the place in its frame's array, or the latest call (D03)."""
        call = self._by_slot.get(fragment.slot)
        latest = self.calls[-1] if self.calls else None
        if fragment.slot == 0 and latest is not None and (call is None or (call is not latest and call.closed)):
            call = latest
        if call is None:
            return self._new(fragment)
        if not fragment.name:
            if fragment.call_id:
                return self._new(fragment) if call.closed else call
            return self._follower(fragment, call) or call
        if not call.name and (not call.wire_id or not fragment.call_id):
            return call
        if fragment.call_id or fragment.name != call.name:
            return self._new(fragment)
        if call.begun and (fragment.whole or (fragment.arguments.startswith("{") and call.closed)):
            return self._new(fragment)
        self._called_again(fragment, call)
        return call
