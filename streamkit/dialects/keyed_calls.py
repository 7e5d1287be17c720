"""Tool calls of dialects that say clearly where a call begins and ends.

Such a call starts as a `CallFragment`, so that `CallFragments` gives it its id (D09, D11); what follows goes straight
to the item, under the key that `CallFragments` gives to the n-th call of a choice. Its end is told at once, so that a
whole call is ready even if the stream dies behind it (G20).
"""

from streamkit.events import ArgumentsDelta, Event, ItemFinished, ItemStarted, Key, SignatureReported
from streamkit.evidence import CallFragment, call_key
from streamkit.jsontypes import JsonObject

__all__ = ["Announced", "KeyedCalls"]


class Announced:
    """Calls that were announced and that nothing was said of yet: who is announced alike once more is the same (B37).

    A call without an id or a name is not kept: two of those may well be two.
    """

    def __init__(self) -> None:
        self._starts: dict[int, tuple[str, str, str]] = {}

    def again(self, index: int, key: Key, name: str, call_id: str, arguments: str = "") -> list[Event]:
        """The repeated start for the ledger, which names it; nothing where this is the first one."""
        start = (name, call_id, arguments)
        if self._starts.get(index) == start:
            return [ItemStarted(key=key, type="function_call", name=name)]
        if name and call_id:
            self._starts[index] = start
        return []

    def over(self, index: int) -> None:
        """Something was said of the call, or it ended."""
        if self._starts:
            self._starts.pop(index, None)


class KeyedCalls:
    """Numbers the calls of one stream."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}

    def begin(self, choice: int, name: str, call_id: str, extra: JsonObject | None, out: list[Event]) -> str:
        """Announce the next call of a choice; its key. A call without a name stays held back until it has one."""
        number = self._numbers.get(choice, 0)
        self._numbers[choice] = number + 1
        out.append(CallFragment(choice=choice, index=number, name=name, call_id=call_id, extra=extra or None))
        return call_key(choice, number)

    def whole(
        self,
        choice: int,
        name: str,
        call_id: str,
        arguments: str,
        *,
        extra: JsonObject | None = None,
        signature: str = "",
    ) -> list[Event]:
        """A call that came in one piece (D14)."""
        out: list[Event] = []
        if not name:  # what it is called decides whether it can be run: leave it to the stages
            number = self._numbers.get(choice, 0)
            self._numbers[choice] = number + 1
            fragment = CallFragment(
                choice=choice, index=number, call_id=call_id, arguments=arguments, whole=True, extra=extra or None
            )
            return [fragment]
        key = self.begin(choice, name, call_id, extra, out)
        if arguments:
            out.append(ArgumentsDelta(key=key, choice=choice, text=arguments))
        if signature:
            out.append(SignatureReported(key=key, choice=choice, signature=signature))
        out.append(ItemFinished(key=key, choice=choice))
        return out
