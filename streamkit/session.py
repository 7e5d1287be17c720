"""One stream through one pipeline, without I/O: what the sync and the async face have in common.

End of input, broken connection, expired deadline and cancellation all end in `finish`: every stage is flushed in order,
the farewell goes in just before the last stage, that is closed. Held-back text is never lost.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, cast

from streamkit.errors import ErrorInfo, StreamError, error_from
from streamkit.events import Ending, Event, StreamEnded
from streamkit.faults import transport_error
from streamkit.pipeline import Pipeline
from streamkit.response import Response
from streamkit.stages.assembler import Assembler

__all__ = ["Expired", "Session"]

RAISED: tuple[Ending, ...] = ("failed", "truncated", "stalled", "disconnected", "refused")
"""Endings that the faces raise for; a cut by the provider's own limits is an answer, not an error."""

HALTED: dict[str, Ending] = {"quirk": "refused", "transport": "disconnected", "stall": "stalled"}
"""Endings of a stream that a stage halted or that could not be read, by the kind of the error; all others failed."""


class Expired(Exception):
    """The deadline passed while a read was waiting."""


class Session:
    """Drives the synchronous part of a pipeline and remembers what ended it."""

    def __init__(self, pipeline: Pipeline[Any, Event], ahead: Sequence[Pipeline[Any, Any]] = ()) -> None:
        self.pipeline = pipeline
        self._ahead = ahead
        self.feed = pipeline.feed
        self._assembler = cast("Assembler", pipeline.stages[-1])
        stages = [stage for segment in (*ahead, pipeline) for stage in segment.stages]
        self._discreet = next((stage.discreet for stage in stages if hasattr(stage, "discreet")), None)
        """Takes secrets out of the error that ended the stream, which passes no stage but the last (J10)."""
        self._cause: BaseException | None = None

    def last(self, end: Callable[[], list[Event]]) -> tuple[list[Event], Exception | None]:
        """The last events, and what a stage of the caller's raised when it was closed."""
        try:
            return end(), None
        except Exception as failure:  # noqa: BLE001 - raised by the face, behind those events
            return self.rescued, failure

    @property
    def rescued(self) -> list[Event]:
        """What had come out when a stage of the caller's failed."""
        return self.pipeline.rescued

    @property
    def response(self) -> Response:
        """The response so far."""
        return self._assembler.response

    @property
    def keep_alives(self) -> int:
        """Comments and pings so far."""
        return self._assembler.keep_alives

    @property
    def last_event_id(self) -> str | None:
        """The SSE `id` in force."""
        first = (*self._ahead, self.pipeline)[0]
        return getattr(first.stages[0], "last_event_id", None)

    @property
    def halted(self) -> bool:
        """Whether a stage said that reading must stop."""
        if self.pipeline.halted is not None:
            return True
        return bool(self._ahead) and any(segment.halted for segment in self._ahead)

    def finish(self, *, ending: Ending = "completed", error: ErrorInfo | None = None) -> list[Event]:
        """Close the pipeline; gives the last events, `StreamEnded` at their end."""

        def farewell(halted: ErrorInfo | None) -> Event:
            halted = halted or next((segment.halted for segment in self._ahead if segment.halted), None)
            how, why = (ending, error) if halted is None else (HALTED.get(halted.kind, "failed"), halted)
            return StreamEnded(ending=how, error=self._discreet(why) if why and self._discreet else why)

        self._assembler.left_early = any(not segment.closed for segment in self._ahead)
        return self.pipeline.end(farewell)

    def broken(self, cause: BaseException) -> list[Event]:
        """Close the pipeline because reading failed."""
        self._cause = cause
        if isinstance(cause, StreamError):
            return self.finish(ending=HALTED.get(cause.info.kind, "failed"), error=cause.info)
        return self.finish(ending="disconnected", error=transport_error(cause))

    def abandon(self, failure: BaseException) -> None:
        """A stage of the caller's failed: every stage is closed, none is asked for more, the response has an end."""
        for pipeline in (*self._ahead, self.pipeline):
            pipeline.mute()
        if not self.pipeline.closed:
            with suppress(Exception):
                self.finish(ending="cancelled")
        if isinstance(failure, StreamError) and failure.partial is None:
            failure.partial = self.response
            failure.args = (failure.info, failure.partial)

    def failure(self) -> StreamError | None:
        """The one typed error that the face must raise, or None for an answer."""
        ended = self._assembler.ended
        if ended is None or ended.ending not in RAISED:
            return None
        response = self.response
        if not response.errors:
            return None
        said = next((error for error in response.errors if error.kind == "provider"), None)
        error = error_from(said or ended.error or response.errors[0], response)
        cause = self._cause
        if isinstance(cause, StreamError) and cause.info == error.info:  # the same once more, now with the response
            error.__cause__ = cause.__cause__
            return error.with_traceback(cause.__traceback__)
        if cause is not None:
            error.__cause__ = cause
        return error
