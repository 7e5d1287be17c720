"""The commands. Text goes to standard output, everything about it to standard error, so that pipes stay clean."""

import asyncio
import io
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from streamkit.cli.audit import audit_command
from streamkit.cli.fuzz import fuzz_command
from streamkit.cli.outcome import EXIT_CODES, exit_code
from streamkit.cli.quirk_pages import quirk_page
from streamkit.cli.render import LiveText, show_response
from streamkit.dialects.table import all_dialects
from streamkit.errors import StreamkitError, UsageError
from streamkit.events import Event
from streamkit.limits import DEFAULT_LIMITS
from streamkit.recipe import standard
from streamkit.response import Response
from streamkit.session import Session

__all__ = ["app"]

READ_SIZE = 65536

app = App(
    name="streamkit",
    help="Streamed model answers: read, judged, explained.\n\nExit codes: 0 completed, 2 usage error, 3 incomplete "
    "(length, filter), 4 cut, stalled or disconnected, 5 the provider's error, 6 no such stream or a limit, 7 refused "
    "in strict mode, 130 cancelled. With several files, the worst.",
)

Verbose = Annotated[bool, Parameter(name=["--verbose", "-v"], help="Log to standard error.")]


class Output:
    """How a stream is shown: as text with a summary, as text alone, as events, or as one JSON document."""

    def __init__(self, *, events: bool, json: bool, text: bool) -> None:
        if events + json + text > 1:
            raise UsageError("--events, --json and --text exclude each other")
        self._out = Console(soft_wrap=True)
        self._notes = Console(stderr=True)
        self._events, self._json, self._text = events, json, text
        self._live = LiveText(self._out, reasoning=not text)

    def show(self, event: Event) -> None:
        """Show one event, if this form shows events."""
        if self._events:
            line = {"event": type(event).__name__, **_plain(event)}
            self._out.file.write(msgspec.json.encode(line, enc_hook=str).decode() + "\n")
            self._out.file.flush()
        elif not self._json:
            self._live.show(event)

    def end(self, response: Response) -> None:
        """Show the response."""
        if self._json:
            self._out.file.write(msgspec.json.encode(response, enc_hook=str).decode() + "\n")
            return
        if not self._events:
            self._live.end()
        if not self._text and not self._events:
            show_response(self._notes, response)


def _plain(event: Event) -> dict[str, Any]:
    values: dict[str, Any] = msgspec.to_builtins(event, enc_hook=str)
    return {name: value for name, value in values.items() if name != "key" and value not in (None, "", {}, [])}


def _chunks(path: str) -> Iterator[bytes]:
    if path == "-":
        while chunk := os.read(sys.stdin.fileno(), READ_SIZE):
            yield chunk
        return
    with Path(path).open("rb") as file:
        while chunk := file.read(READ_SIZE):
            yield chunk


def _replay_one(path: str, dialect: str | None, output: Output, *, strict: bool) -> int:
    session = Session(standard(dialect, limits=DEFAULT_LIMITS, strict=strict))
    for chunk in _chunks(path):
        for event in session.feed(chunk):
            output.show(event)
        if session.halted:
            break
    for event in session.finish():
        output.show(event)
    output.end(session.response)
    return exit_code(session.response)


@app.command
def replay(
    *files: Annotated[str, Parameter(help="Recorded bodies; `-` reads standard input.", allow_leading_hyphen=True)],
    dialect: Annotated[str | None, Parameter(help="Dialect; recognised from the first frames if left out.")] = None,
    events: Annotated[bool, Parameter(help="One JSON object per event.")] = False,
    json: Annotated[bool, Parameter(help="The response as one JSON object.")] = False,
    text: Annotated[bool, Parameter(help="The visible text alone.")] = False,
    strict: Annotated[bool, Parameter(help="Refuse every tolerance that is not harmless.")] = False,
    verbose: Verbose = False,
) -> int:
    """Read recorded streams as if they arrived now: text as it comes, then items, calls, usage, finish, quirks."""
    _log(verbose=verbose)
    output = Output(events=events, json=json, text=text)
    worst = 0
    for path in files or ("-",):
        if len(files) > 1:
            Console(stderr=True).rule(path)
        worst = max(worst, _replay_one(path, dialect, output, strict=strict))
    return worst


def _body(data: str) -> Any:
    raw = (sys.stdin.buffer.read() if data == "@-" else Path(data[1:]).read_bytes()) if data[:1] == "@" else data
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError as fault:
        raise UsageError(f"the request body is not JSON: {fault}") from None


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise UsageError(f"a header is written 'Name: value', not {line.split(':')[0]!r}")
        headers[name.strip()] = value.strip()
    return headers


async def _stream(url: str, dialect: str | None, body: Any, headers: dict[str, str], output: Output) -> int:
    from streamkit.client import Client  # noqa: PLC0415 - HTTP is imported only where it is used

    async with (
        Client(url, headers=headers) as client,
        client.stream(dialect, json=body, path=url, on_error="event") as stream,
    ):
        async for event in stream:
            output.show(event)
    output.end(stream.response)
    return exit_code(stream.response)


@app.command
def stream(
    url: Annotated[str, Parameter(help="The whole URL that is asked.")],
    *,
    data: Annotated[str, Parameter(name=["--data", "-d"], help="Request body as JSON, or `@file`, or `@-`.")],
    header: Annotated[list[str] | None, Parameter(name=["--header", "-H"], help="`Name: value`; repeatable.")] = None,
    dialect: Annotated[str | None, Parameter(help="Dialect; recognised from the first frames if left out.")] = None,
    events: Annotated[bool, Parameter(help="One JSON object per event.")] = False,
    json: Annotated[bool, Parameter(help="The response as one JSON object.")] = False,
    text: Annotated[bool, Parameter(help="The visible text alone.")] = False,
    verbose: Verbose = False,
) -> int:
    """Ask a live server and show its answer as it arrives."""
    _log(verbose=verbose)
    output = Output(events=events, json=json, text=text)
    return asyncio.run(_stream(url, dialect, _body(data), _headers(header or []), output))


@app.command
def dialects() -> int:
    """List the dialects."""
    table = Table("name", "title", "framing", "end", box=None)
    for dialect in all_dialects():
        table.add_row(dialect.name, dialect.title, dialect.framing, ", ".join(dialect.ends) or "end of input")
    Console().print(table)
    return 0


@app.command
def quirks(
    show_id: Annotated[str | None, Parameter(help="Explain this one: its text, its wire, what to do about it.")] = None,
    /,
    *,
    json: Annotated[bool, Parameter(help="As JSON.")] = False,
    markdown: Annotated[bool, Parameter(help="As Markdown.")] = False,
) -> int:
    """List every deviation that is tolerated, with its effect; or explain one."""
    return quirk_page(show_id, json=json, markdown=markdown)


app.command(audit_command, name="audit")
app.command(fuzz_command, name="fuzz")


def _log(*, verbose: bool) -> None:
    if verbose:
        logging.basicConfig(stream=sys.stderr, level=logging.DEBUG, format="%(levelname)s %(name)s %(message)s")


@app.meta.default
def run(*tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)]) -> None:
    """Run a command; a caller's mistake is one line on standard error."""
    for output in (sys.stdout, sys.stderr):
        if isinstance(output, io.TextIOWrapper):  # characters that its encoding has not are written as escapes
            output.reconfigure(errors="backslashreplace")
    try:
        code = app(tokens)
    except (StreamkitError, OSError) as fault:
        sys.stderr.write(f"streamkit: {fault}\n")
        code = EXIT_CODES["usage"]
    except KeyboardInterrupt:
        code = EXIT_CODES["cancelled"]
    sys.exit(code)
