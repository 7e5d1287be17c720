"""The commands. Text goes to standard output, everything about it to standard error, so that pipes stay clean."""

import asyncio
import importlib.metadata
import io
import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter
from rich.table import Column, Table

from streamkit.cli.audit import audit_command
from streamkit.cli.fuzz import fuzz_command
from streamkit.cli.outcome import EXIT_CODES, exit_code
from streamkit.cli.output import Output
from streamkit.cli.quirk_pages import quirk_page
from streamkit.cli.render import Terminal, show_heading, wide_console
from streamkit.cli.verbose import log_to_standard_error
from streamkit.dialects.table import all_dialects, dialect_named, dialect_names
from streamkit.errors import StreamkitError, UnknownDialect, UsageError
from streamkit.events import Ending
from streamkit.limits import DEFAULT_LIMITS
from streamkit.recipe import standard
from streamkit.session import Session
from streamkit.stages.watchdog import Watchdog

__all__ = ["app"]

READ_SIZE = 65536
DISTRIBUTION = "streamkit-llm"
TIMEOUT = 45.0
"""Seconds; a server that has said nothing by then is given up."""


def _version() -> str:
    try:
        return importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return "unknown: streamkit is not installed as a package"


app = App(
    name="streamkit",
    version=_version,
    help="Streamed model answers: read, judged, explained.\n\nExit codes: 0 completed, 2 usage error, 3 incomplete "
    "(length, filter), 4 cut, stalled or disconnected, 5 the provider's error, 6 no such stream or a limit, 7 refused "
    "in strict mode, 130 cancelled, 141 nobody read the output. With several files, the worst.",
)

FILES = "Recorded bodies; `-` reads standard input, and so does no file at all where that is a pipe."
Text = Annotated[bool, Parameter(help="The visible text alone; to a pipe in one piece, when nothing can change it.")]
Strict = Annotated[bool, Parameter(help="Refuse every tolerance that is not harmless.")]
Verbose = Annotated[bool, Parameter(name=["--verbose", "-v"], help="Log to standard error.")]


class Unreadable(StreamkitError):
    """A recording cannot be read."""


def _chunks(path: str) -> Iterator[bytes]:
    try:
        if path == "-":
            while chunk := os.read(sys.stdin.fileno(), READ_SIZE):
                yield chunk
            return
        with Path(path).open("rb") as file:
            while chunk := file.read(READ_SIZE):
                yield chunk
    except OSError as fault:
        raise Unreadable(str(fault)) from fault


def _replay_one(path: str, dialect: str | None, output: Output, *, strict: bool) -> int:
    session = Session(standard(dialect, limits=DEFAULT_LIMITS, strict=strict))
    try:
        for chunk in _chunks(path):
            for event in session.feed(chunk):
                output.show(event)
            if session.halted:
                break
    except Unreadable:
        output.leave(session.response)
        raise
    except KeyboardInterrupt:
        _finish(session, output, "cancelled")
        raise
    _finish(session, output, "completed")
    return exit_code(session.response)


def _finish(session: Session, output: Output, ending: Ending) -> None:
    for event in session.finish(ending=ending):
        output.show(event)
    output.end(session.response)


@app.command
def replay(
    *files: Annotated[str, Parameter(help=FILES, allow_leading_hyphen=True)],
    dialect: Annotated[str | None, Parameter(help="Dialect; recognised from the first frames if left out.")] = None,
    events: Annotated[bool, Parameter(help="One JSON object per event.")] = False,
    json: Annotated[bool, Parameter(help="The response as one JSON object.")] = False,
    text: Text = False,
    strict: Strict = False,
    verbose: Verbose = False,
) -> int:
    """Read recorded streams as if they arrived now: text as it comes, then items, calls, usage, finish, quirks.

    The text goes to standard output, everything else to standard error; so does reasoning, unless both are a terminal.
    """
    if verbose:
        log_to_standard_error()
    for path in files:
        if path != "-" and path.startswith("-"):
            raise UsageError(f"there is no option {path}; a file that is called so is written ./{path}")
    if not files and sys.stdin.isatty():
        raise UsageError("name a recorded body: `streamkit replay FILE`, or `streamkit replay -` to type one")
    output = Output(events=events, json=json, text=text)
    worst = 0
    for path in files or ("-",):
        if len(files) > 1:
            show_heading(Terminal(stderr=True), path)
        try:
            code = _replay_one(path, dialect, output, strict=strict)
        except Unreadable as fault:
            _complain(fault)
            code = EXIT_CODES["usage"]
        worst = max(worst, code)
    return worst


def _body(data: str) -> Any:
    raw = (sys.stdin.buffer.read() if data == "@-" else Path(data[1:]).read_bytes()) if data[:1] == "@" else data
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError as fault:
        raise UsageError(f"the request body is not JSON: {fault}") from None


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for number, line in enumerate(lines, 1):  # what was given may be a secret: it is never shown
        name, colon, value = line.partition(":")
        if not colon:
            raise UsageError(f"a header is written 'Name: value'; the one given with -H number {number} has no colon")
        if not name.strip() or " " in name.strip():
            raise UsageError(f"a header is written 'Name: value'; -H number {number} has no name before its colon")
        headers[name.strip()] = value.strip()
    return headers


async def _stream(client: Any, url: str, dialect: str | None, body: Any, output: Output, *, strict: bool) -> int:
    async with client, client.stream(dialect, json=body, path=url, strict=strict, on_error="event") as stream:
        try:
            async for event in stream:
                output.show(event)
        except asyncio.CancelledError:
            output.end(stream.response)
            raise
    output.end(stream.response)
    return exit_code(stream.response)


@app.command
def stream(
    url: Annotated[str, Parameter(help="The whole URL that is asked.")],
    *,
    data: Annotated[str, Parameter(name=["--data", "-d"], help="Request body as JSON, or `@file`, or `@-`.")],
    header: Annotated[list[str] | None, Parameter(name=["--header", "-H"], help="`Name: value`; repeatable.")] = None,
    dialect: Annotated[str | None, Parameter(help="Dialect; recognised from the first frames if left out.")] = None,
    timeout: Annotated[float, Parameter(help="Seconds until connected, and until the first event; 0: any.")] = TIMEOUT,
    retries: Annotated[int, Parameter(help="Further attempts while nothing has been answered.")] = 0,
    events: Annotated[bool, Parameter(help="One JSON object per event.")] = False,
    json: Annotated[bool, Parameter(help="The response as one JSON object.")] = False,
    text: Text = False,
    strict: Strict = False,
    verbose: Verbose = False,
) -> int:
    """Ask a live server and show its answer as it arrives."""
    from streamkit.client import Client  # noqa: PLC0415 - HTTP is imported only where it is used

    headers = _headers(header or [])
    if verbose:
        log_to_standard_error([value.rpartition(" ")[2] for value in headers.values()])
    if not 0 <= timeout < math.inf or retries < 0:
        raise UsageError("--timeout and --retries are 0 or more")
    output = Output(events=events, json=json, text=text)
    watchdog = Watchdog(first=timeout)
    client = Client(url, headers=headers, timeout=timeout or None, watchdog=watchdog, retries=retries)
    return asyncio.run(_stream(client, url, dialect, _body(data), output, strict=strict))


@app.command
def dialects() -> int:
    """List the dialects."""
    table = Table(Column("name", no_wrap=True), "title", "framing", Column("end", overflow="fold"), box=None)
    usable = all_dialects()
    for dialect in usable:
        table.add_row(dialect.name, dialect.title, dialect.framing, ", ".join(dialect.ends) or "end of input")
    wide_console().print(table)
    for name in sorted({*dialect_names()} - {dialect.name for dialect in usable}):
        try:
            dialect_named(name)
        except UnknownDialect as fault:
            _complain(fault)
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


def _complain(fault: Exception) -> None:
    sys.stderr.write(f"streamkit: {fault}\n")


@app.meta.default
def run(*tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)]) -> None:
    """Run a command; a caller's mistake is one line on standard error."""
    _open_streams()
    for output in (sys.stdout, sys.stderr):
        if isinstance(output, io.TextIOWrapper):  # characters that its encoding has not are written as escapes
            output.reconfigure(errors="backslashreplace")
    try:
        code = _flushed(tokens)
    except BrokenPipeError:
        _give_up_output()
        code = EXIT_CODES["unread"]
    except (StreamkitError, OSError) as fault:
        _complain(fault)
        code = EXIT_CODES["usage"]
    except KeyboardInterrupt:
        code = EXIT_CODES["cancelled"]
    sys.exit(code)


def _open_streams() -> None:
    """A standard stream that the caller has closed (`>&-`) is empty, or takes everything."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - open as long as the process
            setattr(sys, name, nowhere)


def _flushed(tokens: tuple[str, ...]) -> Any:
    """Run the command; that nobody reads its last words is found out here, not when the interpreter exits."""
    try:
        return app(tokens)
    finally:
        sys.stdout.flush()


def _give_up_output() -> None:
    """What is still buffered for a closed pipe goes nowhere, so that nothing complains of it at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for output in (sys.stdout, sys.stderr):
        os.dup2(nowhere, output.fileno())
    os.close(nowhere)
