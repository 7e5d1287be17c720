"""What is known of a stream beside its events: how much came, when, and in what portions."""

from collections.abc import Callable

import msgspec

from streamkit.events import Event, ItemEvent

__all__ = ["StreamStatistics", "Tally"]


class StreamStatistics(msgspec.Struct, kw_only=True, frozen=True):
    """Counts and times of one stream. Times in seconds on the event loop's clock; None for what has not come yet."""

    bytes: int = 0
    """Bytes that were read, as the source gave them."""
    reads: int = 0
    """Portions that they came in."""
    largest_read: int = 0
    """Bytes of the largest portion."""
    keep_alives: int = 0
    """Comments and pings (A07)."""
    last_event_id: str | None = None
    """The last SSE `id`, for whoever wants to reconnect with it; nothing here does (A28)."""
    opened_at: float | None = None
    """When reading began."""
    first_read_at: float | None = None
    """When the first bytes came."""
    first_output_at: float | None = None
    """When the first event of an item came."""
    last_read_at: float | None = None
    """When the last bytes came (H10)."""

    @property
    def burst(self) -> float:
        """The share of all bytes that came in one portion, 0 to 1: near 1, something on the way buffers (A21)."""
        return self.largest_read / self.bytes if self.bytes else 0.0


class Tally:
    """Counts while a stream is read."""

    def __init__(self) -> None:
        self.now: Callable[[], float] = float
        self.opened_at: float | None = None
        self._bytes = self._reads = self._largest = 0
        self._first: float | None = None
        self._output: float | None = None
        self._last: float | None = None

    def start(self, now: Callable[[], float]) -> None:
        """Reading begins; `now` gives seconds."""
        self.now = now
        self.opened_at = now()

    def read(self, size: int) -> None:
        """One more portion came, of this many bytes."""
        self._last = self.now()
        self._bytes += size
        self._largest = max(self._largest, size)
        self._reads += 1
        if self._first is None:
            self._first = self._last

    def came(self, events: list[Event]) -> None:
        """What the latest portion said."""
        if self._output is None and any(isinstance(event, ItemEvent) for event in events):
            self._output = self._last

    def taken(self, *, keep_alives: int, last_event_id: str | None) -> StreamStatistics:
        """What was counted so far."""
        return StreamStatistics(
            bytes=self._bytes,
            reads=self._reads,
            largest_read=self._largest,
            keep_alives=keep_alives,
            last_event_id=last_event_id,
            opened_at=self.opened_at,
            first_read_at=self._first,
            first_output_at=self._output,
            last_read_at=self._last,
        )
