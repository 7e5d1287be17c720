"""Text as it arrives. What came over the wire is written to a pipe exactly as it is, to a terminal escaped (J09)."""

from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style

from streamkit.cli.render import plain
from streamkit.events import Event, ItemStarted, PartReplaced, ReasoningDelta, RefusalDelta, TextDelta
from streamkit.response import ASIDE_PHASES, Response

__all__ = ["AnswerText", "LiveText"]

REPLACED = "[the text above was replaced]"


class Writer:
    """Writes pieces of text to one console at once."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._last = ""
        self._bare = True

    def write(self, text: str, item_id: str = "", style: str | None = None) -> None:
        """Write it; what belongs to another item than the piece before begins a line."""
        if self._last and item_id != self._last:
            self.end()
        self._last = item_id
        self._bare = text.endswith("\n") if text else self._bare
        if self.console.is_terminal:
            self.console.print(Segments([Segment(plain(text), Style.parse(style) if style else None)]), end="")
        else:
            self.console.file.write(text)
        self.console.file.flush()

    def end(self) -> None:
        """End the line, if one is open."""
        if not self._bare:
            self.console.print()
            self._bare = True


class LiveText:
    """Everything that can be read: text and refusals, and reasoning, which is no part of what a pipe is given.

    Args:
        console: for the text; on a terminal, for the reasoning as well, which is dimmed there.
        aside: for the reasoning where `console` is a pipe or a file.
    """

    def __init__(self, console: Console, aside: Console) -> None:
        self._text = Writer(console)
        self._reasoning = self._text if console.is_terminal else Writer(aside)

    def show(self, event: Event) -> None:
        """Write what this event adds."""
        if isinstance(event, TextDelta | RefusalDelta):
            self._text.write(event.text, event.item_id)
        elif isinstance(event, ReasoningDelta):
            self._reasoning.write(event.text, event.item_id, "dim italic")
        elif isinstance(event, PartReplaced) and event.kind == "text":
            self._text.write(f"\n{REPLACED}\n{event.text}", event.item_id)

    def end(self) -> None:
        """End the lines that are open."""
        self._text.end()
        self._reasoning.end()


class AnswerText:
    """The answer alone, exactly `Response.text`: to a terminal as it arrives, to a pipe once nothing can change it.

    A snapshot may still correct text that has arrived, and the wire may say late that a message was commentary (B15).
    Only a terminal's line is ended where the answer does not end it.
    """

    def __init__(self, console: Console, notes: Console) -> None:
        self._writer = Writer(console)
        self._notes = notes
        self._aside: set[str] = set()
        self._written: list[str] = []

    def show(self, event: Event) -> None:
        """Write what this event adds to the answer, if it can be taken back later."""
        if isinstance(event, ItemStarted) and event.phase in ASIDE_PHASES:
            self._aside.add(event.item_id)
        elif isinstance(event, TextDelta) and event.choice == 0 and event.item_id not in self._aside:
            self._add(event.text)

    def _add(self, text: str) -> None:
        if self._writer.console.is_terminal:
            self._writer.write(text)
            self._written.append(text)

    def end(self, response: Response) -> None:
        """Write what is missing of the answer, or all of it where it is another one by now; refusals are notes."""
        written = "".join(self._written)
        if response.text.startswith(written):
            self._writer.write(response.text[len(written) :])
        else:
            self._writer.end()
            self._writer.write(f"{REPLACED}\n{response.text}")
        if self._writer.console.is_terminal:
            self._writer.end()
        if response.refusal:
            self._notes.print(f"refused: {plain(response.refusal)}", markup=False, highlight=False, soft_wrap=True)
