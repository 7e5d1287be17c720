"""Strict mode: a tolerance that was refused ends the stream."""

from collections.abc import Iterable
from copy import copy
from typing import cast

from streamkit.errors import ErrorInfo, UsageError
from streamkit.events import (
    Event,
    ItemFinished,
    ItemStarted,
    QuirkSeen,
    StreamEnded,
    ToolCallDropped,
    ToolCallReady,
)
from streamkit.evidence import Halt

__all__ = ["Strict"]


class Strict:
    """Refuses deviations: the first one is given out, and the stream is halted.

    Nothing behind it comes through but the ends of what had begun, so that the grammar holds.

    Args:
        refuse: effects, or ids of quirks, that are refused.
        allow: effects or ids that are tolerated all the same; an id weighs more than an effect.

    Raises:
        UsageError: one of these is no collection of names.
    """

    def __init__(
        self,
        refuse: Iterable[str] = ("guessed", "lossy", "repaired"),
        allow: Iterable[str] = (),
    ) -> None:
        self.refuse = _names("refuse", refuse)
        self.allow = _names("allow", allow)
        self.halted = False
        self._begun: set[str] = set()

    def renewed(self) -> "Strict":
        """A fresh one that refuses the same, for another stream."""
        fresh = copy(self)
        fresh.halted, fresh._begun = False, set()  # noqa: SLF001 - its own, in another object
        return fresh

    def feed(self, event: Event) -> Iterable[Event]:
        """The event, unless the stream was halted."""
        if self.halted:
            return (event,) if self._ends(event) else ()
        if type(event) is QuirkSeen and self.refuses(event):
            self.halted = True
            return (event, Halt(error=refusal(event)))
        if type(event) is ItemStarted:
            self._begun.add(event.item_id)
        return (event,)

    def close(self) -> Iterable[Event]:
        """Nothing: it holds nothing back."""
        return ()

    def _ends(self, event: Event) -> bool:
        if isinstance(event, ItemFinished | ToolCallReady | ToolCallDropped):
            return event.item_id in self._begun
        return isinstance(event, StreamEnded)

    def refuses(self, event: QuirkSeen) -> bool:
        """Whether this deviation is refused: by its id, else by its effect."""
        if event.quirk in self.allow:
            return False
        return event.quirk in self.refuse or (event.effect in self.refuse and event.effect not in self.allow)


def _names(name: str, given: object) -> frozenset[str]:
    if isinstance(given, Iterable) and not isinstance(given, str | bytes):
        found = tuple(cast("Iterable[object]", given))
        if all(isinstance(each, str) for each in found):
            return frozenset(cast("tuple[str, ...]", found))
    raise UsageError(f'Strict({name}={given!r:.80}) is not allowed: effects and ids of quirks, such as ("lossy",)')


def refusal(event: QuirkSeen) -> ErrorInfo:
    """The error that says why the stream was halted."""
    detail = f": {event.detail}" if event.detail else ""
    return ErrorInfo(
        kind="quirk",
        message=(
            f"strict mode refuses the deviation {event.quirk} ({event.effect}){detail}; "
            f"`streamkit quirks {event.quirk}` explains it, Strict(allow=({event.quirk!r},)) tolerates it"
        ),
        code="quirk_refused",
        quirk=event.quirk,
    )
