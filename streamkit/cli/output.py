"""The forms in which a stream is shown."""

import msgspec

from streamkit.cli.live import AnswerText, LiveText
from streamkit.cli.render import Terminal, show_response
from streamkit.errors import UsageError
from streamkit.events import Event
from streamkit.jsontypes import JsonObject, make_strict
from streamkit.response import Response

__all__ = ["Output"]


class Output:
    """How a stream is shown: as text with a summary, as text alone, as events, or as one JSON document."""

    def __init__(self, *, events: bool, json: bool, text: bool) -> None:
        if events + json + text > 1:
            raise UsageError("--events, --json and --text exclude each other")
        self._out = Terminal(soft_wrap=True)
        self._notes = Terminal(stderr=True)
        self._events, self._json, self._text = events, json, text
        self._begin()

    def _begin(self) -> None:
        self._live = LiveText(self._out, Terminal(stderr=True, soft_wrap=True))
        self._answer = AnswerText(self._out, self._notes)

    def show(self, event: Event) -> None:
        """Show one event, if this form shows events."""
        if self._events:
            line = {"event": type(event).__name__, **_plain(event)}
            self._out.file.write(_json(line) + "\n")
            self._out.file.flush()
        elif self._text:
            self._answer.show(event)
        elif not self._json:
            self._live.show(event)

    def end(self, response: Response) -> None:
        """Show the response; the next event is of another stream."""
        if self._json:
            self._out.file.write(_json(response) + "\n")
        self.leave(response)
        if not self._json and not self._text and not self._events:
            show_response(self._notes, response)

    def leave(self, response: Response) -> None:
        """End what is written as it arrives, also where the stream is given up."""
        if self._text:
            self._answer.end(response)
        else:
            self._live.end()
        self._begin()


def _json(value: Response | JsonObject) -> str:
    """A value as one line of JSON, as `Response.to_dict` says it: odd numbers are words (J04), no halves (J01)."""
    plain: JsonObject = msgspec.to_builtins(value, enc_hook=str)
    make_strict(plain)
    return msgspec.json.encode(plain).decode()


def _plain(event: Event) -> JsonObject:
    values: JsonObject = msgspec.to_builtins(event, enc_hook=str)
    return {name: value for name, value in values.items() if name != "key" and value not in (None, "", {}, [])}
