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
from streamkit.quirks.registry import EFFECTS, REGISTRY

__all__ = ["Strict"]


class Strict:
    """Refuses deviations: the first one is given out, and the stream is halted.

    Nothing behind it comes through but the ends of what had begun, so that the grammar holds.

    Args:
        refuse: effects, or ids of quirks, that are refused.
        allow: effects or ids that are tolerated all the same; an id weighs more than an effect.

    Raises:
        UsageError: one of these is no collection of names, or names what is neither an effect nor a registered quirk.
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
            names = frozenset(cast("tuple[str, ...]", found))
            _check_known(name, names)
            return names
    raise UsageError(f'Strict({name}={given!r:.80}) is not allowed: effects and ids of quirks, such as ("lossy",)')


def _check_known(name: str, given: frozenset[str]) -> None:
    """Refuse names that would never match: what is registered is looked at first, the rest is imported only if needed.

    Quirks are registered as their modules are imported, those of another package's dialect with that dialect.
    """
    if not given.difference(EFFECTS, REGISTRY):
        return
    from streamkit.quirks.catalogue import all_quirks  # noqa: PLC0415 - imports every module of quirks

    all_quirks()
    if not given.difference(EFFECTS, REGISTRY):
        return
    from streamkit.dialects.table import all_dialects  # noqa: PLC0415 - imports every dialect, other packages' too

    all_dialects()
    if unknown := min(given.difference(EFFECTS, REGISTRY), default=None):
        raise UsageError(
            f"Strict({name}=…) names {unknown!r:.80}, which is neither an effect nor a registered quirk"
            f"{_nearest(unknown)} (`streamkit quirks` lists those known; import any of your own before you name them)"
        )


def _nearest(unknown: str) -> str:
    """What may have been meant: an id may be misspelt, or be the catalogue's."""
    from difflib import get_close_matches  # noqa: PLC0415 - needed for a caller's mistake only

    word = unknown[:80].strip().replace("-", "_")
    listed = [quirk.id for quirk in REGISTRY.values() if word.upper() in quirk.catalogue]
    near = listed or get_close_matches(word.lower(), (*EFFECTS, *REGISTRY), n=1)
    return f"; do you mean {' or '.join(near)}?" if near else ""


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
