"""A provider's own sign that the answer is over (C33)."""

from collections.abc import Iterable

from streamkit.events import Event, MetadataReported
from streamkit.evidence import EndMarker

__all__ = ["TerminalFlag"]


class TerminalFlag:
    """Takes a member of a frame for the end marker. Stands directly behind the decoder, which reports such members.

    Args:
        name: the member; a true value is the marker (`"lastOne"`).
    """

    handles: tuple[type[Event], ...] = (MetadataReported,)

    def __init__(self, name: str) -> None:
        self._name = name

    def feed(self, event: MetadataReported) -> Iterable[Event]:
        """The event, and the end marker behind it."""
        return (event, EndMarker(name=self._name)) if event.metadata.get(self._name) is True else (event,)

    def close(self) -> Iterable[Event]:
        """Nothing is held back."""
        return ()
