"""What is known of a stream beside its events: how much came, when, and in what portions."""

import msgspec

from streamkit.events import Event, ItemEvent

__all__ = ["StreamStatistics", "Tally"]


class StreamStatistics(msgspec.Struct, kw_only=True, frozen=True):
    """Counts and times of one stream. Times in seconds on the event loop's clock; None for what has not come yet."""

    bytes: int = 0
    """Bytes that were read, as the source gave them; a text message counts as the UTF-8 that it is."""
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
    """Counts while a stream is read; kept by its reader, without a call of its own for each portion."""

    __slots__ = ("first_at", "largest", "last_at", "opened_at", "output_at", "reads", "size")

    def __init__(self) -> None:
        self.size = self.reads = self.largest = 0
        self.opened_at: float | None = None
        self.first_at: float | None = None
        self.output_at: float | None = None
        self.last_at: float | None = None

    def came(self, events: list[Event]) -> None:
        """What the latest portion said, as long as there was no output."""
        if any(isinstance(event, ItemEvent) for event in events):
            self.output_at = self.last_at

    def taken(self, *, keep_alives: int, last_event_id: str | None) -> StreamStatistics:
        """What was counted so far."""
        return StreamStatistics(
            bytes=self.size,
            reads=self.reads,
            largest_read=self.largest,
            keep_alives=keep_alives,
            last_event_id=last_event_id,
            opened_at=self.opened_at,
            first_read_at=self.first_at,
            first_output_at=self.output_at,
            last_read_at=self.last_at,
        )
