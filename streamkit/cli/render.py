"""What the command line shows of a response, with rich. What came over the wire is printed escaped (J09)."""

import re
from typing import NoReturn

from rich.console import Console
from rich.table import Table
from rich.text import Text

from streamkit.errors import ErrorInfo
from streamkit.items import Item, ToolCall, Usage
from streamkit.quirks.registry import REGISTRY, printable
from streamkit.response import Response

__all__ = ["Terminal", "plain", "show_heading", "show_response", "wide_console"]

KEPT = {"\n", "\t"}

PIPE_WIDTH = 200

OPTIONS = {"first": ", or raise --timeout"}
"""By limit of the watchdog: the option that raises it; the others are not set here."""


class Terminal(Console):
    """A console that leaves a pipe without a reader to the command line's own exit."""

    def on_broken_pipe(self) -> NoReturn:
        """Raise what rich would turn into an exit code of its own."""
        raise BrokenPipeError


def wide_console() -> Terminal:
    """Standard output for tables: as wide as the terminal, and wide enough for every column where there is none."""
    console = Terminal(soft_wrap=True)
    if not console.is_terminal and console.width < PIPE_WIDTH:
        console.width = PIPE_WIDTH
    return console


def plain(text: str) -> str:
    """`text` without characters that a terminal would obey; line ends and tabs stay."""
    return "".join(c if c.isprintable() or c in KEPT else c.encode("unicode_escape").decode("ascii") for c in text)


def show_heading(console: Console, name: str) -> None:
    """A line with the name of what is shown below it, whole even where it is longer than the line."""
    console.print(
        f"── {printable(name, len(name))} ──", style="rule.line", markup=False, highlight=False, soft_wrap=True
    )


def _usage(usage: Usage) -> str:
    names = ("input", "output", "total", "cached", "cache_write", "reasoning")
    counts = ((name, getattr(usage, f"{name}_tokens")) for name in names)
    return ", ".join(f"{name} {count}" for name, count in counts if count is not None)


def _call(call: ToolCall) -> str:
    state = f"{call.state}: {call.reason}" if call.reason else call.state
    return f"{call.name or '(no name)'} {printable(call.arguments, 300)} [{state}]"


def _summary(item: Item) -> str:
    if item.call is not None:
        return _call(item.call)
    characters = sum(len(part.text) for part in item.parts)
    notes = [f"{characters} characters"] if characters else []
    notes += [f"{len(item.annotations)} annotations"] if item.annotations else []
    notes += [f"{len(item.logprobs)} log probabilities"] if item.logprobs else []
    notes += [f"{len(item.media)} media"] if item.media else []
    notes += [item.signature_kind] if item.signature else []
    notes += [item.phase] if item.phase else []
    return ", ".join(notes) or item.status


def _status(response: Response) -> str:
    if response.errors and not response.items and not response.terminal_seen:
        return f"{response.status}, nothing was answered"
    return f"{response.status}, finish {response.finish_reason} ({response.raw_finish_reason or 'unsaid'})"


def _error(error: ErrorInfo) -> str:
    facts = [] if error.status is None else [f"status {error.status}"]
    facts += [] if error.retry_after is None else [f"try again in {error.retry_after:g} s"]
    facts += [error.hint] if error.hint else []
    message = error.message
    if error.kind == "stall":  # the library advises an argument in Python
        message = re.sub(r", or raise Watchdog\((\w+)=…\)$", lambda limit: OPTIONS.get(limit[1], ""), message)
    text = f"{error.kind} {error.code}: {message}"
    return f"{text} ({'; '.join(facts)})" if facts else text


def show_response(console: Console, response: Response) -> None:
    """Items, tool calls with verdicts, usage, finish, errors and quirks."""
    facts = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    facts.add_column(style="bold")
    facts.add_column(overflow="fold")
    rows = [
        ("response", " ".join(filter(None, (response.id, response.model, response.dialect)))),
        ("status", _status(response)),
    ]
    rows += [("item", f"{item.type} {item.id}: {_summary(item)}") for item in response.items]
    rows += [("choice", f"{choice.index}: {printable(choice.text)}") for choice in response.choices]
    rows += [("tool call", f"{call.call_id} {_call(call)}") for call in response.tool_calls]
    rows += [("dropped call", f"{call.call_id} {_call(call)}") for call in response.dropped_calls]
    if response.usage is not None:
        rows.append(("usage", f"{_usage(response.usage)} tokens"))
    rows += [("error", _error(error)) for error in response.errors]
    for tally in response.quirks:
        known = REGISTRY.get(tally.id)
        about = f"{known.summary} " if known else ""
        rows.append(("quirk", f"{tally.id} ×{tally.count} ({tally.effect}): {about}{tally.detail}"))
    for name, value in rows:
        facts.add_row(name, Text(printable(value, 2000)))
    console.print(facts)
