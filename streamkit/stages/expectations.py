"""What came, held against what was asked for (C43, G19): notes, nothing is changed."""

from collections.abc import Iterable

from streamkit.events import Event, QuirkSeen, ResponseFinished, UsageReported
from streamkit.items import Usage
from streamkit.quirks.remarks import input_exceeds_window, length_suspect

__all__ = ["Expectations"]


class Expectations:
    """Notes where token counts and the request do not go together; one of the user's stages.

    Args:
        max_output_tokens: the cap that was asked for.
        context_window: tokens that the model can take in.
    """

    handles: tuple[type[Event], ...] = (UsageReported, ResponseFinished)

    def __init__(self, *, max_output_tokens: int | None = None, context_window: int | None = None) -> None:
        self._cap = max_output_tokens
        self._window = context_window
        self._usage: Usage | None = None
        self._capped = False

    def feed(self, event: Event) -> Iterable[Event]:
        """The event itself."""
        if isinstance(event, UsageReported):
            self._usage = event.usage
        elif isinstance(event, ResponseFinished):
            self._capped = event.finish_reason == "length"
        return (event,)

    def close(self) -> Iterable[Event]:
        """The notes; usage may come behind the finish."""
        out: list[QuirkSeen] = []
        output = self._usage.output_tokens if self._usage else None
        given = self._usage.input_tokens if self._usage else None
        if self._capped and self._cap is not None and output is not None and output < self._cap:
            out.append(length_suspect.seen(detail=f"{output} tokens of {self._cap}"))
        if self._window is not None and given is not None and given > self._window:
            out.append(input_exceeds_window.seen(detail=f"{given} tokens, the window has {self._window}"))
        return out
