"""The last stage: keeps the response, and says how the stream ended."""

from collections.abc import Iterable, Mapping
from typing import cast

from streamkit.builder import Builder
from streamkit.errors import ErrorInfo, UsageError
from streamkit.events import Ending, Event, KeepAlive, ResponseFinished, StreamEnded
from streamkit.jsontypes import is_object
from streamkit.quirks.endings import close_error, split_choices, terminal_missing
from streamkit.quirks.registry import shown
from streamkit.response import Response, finishes_of, split_over_choices
from streamkit.routing import Lane
from streamkit.stages.remarks import remarks, unremarkable

__all__ = ["Assembler"]

STRANGE = (
    "frame_unrecognised",
    "foreign_frame",
    "unknown_frame",
    "unknown_event",
    "undocumented_frame",
    "inner_unrecognised",
)
"""Quirks of frames that no decoder has a word for."""


class Assembler(Builder):
    """Builds the `Response` from the events that come by; passes all of them on.

    `StreamEnded` arrives with what the driver knows (end of input, broken connection, stall, cancellation) and leaves
    with the verdict: an answer whose end was seen stands whatever happens to the connection afterwards (H16).
    """

    def __init__(self) -> None:
        super().__init__()
        self.keep_alives = 0
        """Comments and pings that came by."""
        self.left_early = False
        """Whether an async stage of the caller's returned before what it reads from was at its end; the driver says so:
        what is missing then was not cut by the provider."""
        self._final: Response | None = None
        """The response, once it is over and somebody has asked for it."""

    @property
    def response(self) -> Response:
        """The response so far."""
        if self.ended is None:
            return Response.of(self)
        if self._final is None:
            self._final = Response.of(self)
        return self._final

    def feed(self, event: Event) -> Iterable[Event]:
        """Take it in, pass it on.

        Raises:
            UsageError: it is no event; only a stage of the user's can have given it out.
        """
        if isinstance(event, StreamEnded):
            return self._end(event)
        if not isinstance(cast("object", event), Event):
            raise UsageError(
                f"{event!r:.80} is no event: bytes go into a pipeline, a stage gives out events such as TextDelta(…)"
            )
        if isinstance(event, KeepAlive):
            self._alive(event)
        self.add(event)
        return (event,)

    def _alive(self, _: Event) -> None:
        self.keep_alives += 1

    def close(self) -> Iterable[Event]:
        """Nothing is held back."""
        return ()

    def _end(self, event: StreamEnded) -> Iterable[Event]:
        out: list[Event] = []
        finished, usable = self.finished, self.usable
        items = self.items()
        if split_over_choices(items):
            out.append(split_choices.seen(detail="one turn came in choices other than the first"))
        ending, error = event.ending, event.error
        signalled = finished is not None and (finished.terminal or all(raw for _, _, raw in finishes_of(finished)))
        if signalled and ending in ("stalled", "disconnected", "truncated"):
            out.append(close_error.seen(detail=error.message if error else ending))
            ending, error = "completed", None
        if ending == "completed":
            ending, error = self._judge(usable)
            if ending == "truncated" and self.left_early and (self.begun or self.drafts):
                ending, error = "cancelled", None
            elif ending == "truncated" and usable:
                after = f"after {shown(self.usage, 200)}" if self.usage else ""
                out.append(terminal_missing.seen(detail=_cut_choices(finished) or after))
        if not unremarkable(items, finished):
            out += remarks(Response.of(self, items))
        for quirk in out:
            self.add(quirk)
        event = StreamEnded(
            sequence_number=event.sequence_number,
            ending=ending,
            error=error,
            terminal_seen=finished is not None and finished.terminal,
        )
        self.add(event)
        out.append(event)
        return out

    def _judge(self, usable: bool) -> tuple[Ending, ErrorInfo | None]:
        if self.errors:
            return "failed", self.errors[0]
        cut = _cut_choices(self.finished)
        if self.finished is not None and not cut:
            status = self.finished.status
            endings: dict[str, Ending] = {"incomplete": "incomplete", "failed": "failed", "cancelled": "cancelled"}
            return endings.get(status, "completed"), None
        if usable:
            where = f" of {cut}" if cut else ""
            message = f"the stream stopped before its end{where}; what arrived is in the partial response"
            stray = self.quirks.get("stray_line")
            tail = stray.data if stray is not None and is_object(stray.data) else {}
            code = tail.get("code", "truncated")  # a proxy's last words say what happened to it (G26)
            raw = tail.get("tail")
            return "truncated", ErrorInfo(kind="truncated", code=code, message=message, retryable=False, raw=raw)
        corrupt = self.quirks.get("corrupt_frame")
        if corrupt is not None:
            message = f"no frame of the stream could be read; the first one was: {corrupt.detail}"
            raw = corrupt.data or corrupt.detail
            return "failed", ErrorInfo(kind="wire", code="unreadable_stream", message=message, raw=raw)
        strange = next((self.quirks[name] for name in STRANGE if name in self.quirks), None)
        if strange is not None and not (self.response_id or self.drafts or "eof_partial" in self.quirks):
            first = strange.detail if strange.data is None else shown(strange.data, 200)
            message = f"no frame of the stream is one of this dialect; name another, or check the URL (first: {first})"
            return "failed", ErrorInfo(kind="wire", code="unreadable_stream", message=message, raw=strange.data)
        return "truncated", self._nothing()

    def _nothing(self) -> ErrorInfo:
        """Why there is nothing: dropped by a stage, cut off before anything was said, kept out of it, or never sent."""
        if not (self.begun or self.drafts):
            message = "nothing reached the response: a stage dropped every event; pass on what it does not change"
            return ErrorInfo(kind="truncated", code="all_dropped", message=message, retryable=False)
        cut = self.quirks.get("eof_partial")
        code, message = (
            "empty_stream",
            "the stream held nothing: no byte, or only comments and an end marker; try again",
        )
        if "leaked_tool_markup" in self.quirks:
            code = "no_terminal"
            message = (
                "the stream was cut inside a call in the model's own markup, which the quirk's data has; try again"
            )
        elif self.response_id or self.drafts:
            code = "no_terminal"
            message = "the stream ended without a terminal frame and without anything usable; try again"
        elif cut is not None:
            code = "no_terminal"
            message = f"the stream was cut inside its first frame, after {cut.detail}; try again"
        return ErrorInfo(kind="truncated", code=code, message=message, retryable=True)

    lanes: Mapping[type, Lane] = {**Builder.takes, KeepAlive: _alive, StreamEnded: _end}


def _cut_choices(finished: ResponseFinished | None) -> str:
    """The choices that the stream broke off in while others were over (B30), in words; empty for none."""
    if finished is None or finished.terminal:
        return ""
    cut = [str(choice) for choice, reason, raw in finishes_of(finished) if reason == "truncated" and not raw]
    return f"choice {', '.join(cut)}" if cut else ""
