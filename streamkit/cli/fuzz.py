"""The command `streamkit fuzz`: any client against every quirk of a dialect."""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from streamkit.cli.render import Terminal, wide_console
from streamkit.dialects.table import dialect_named
from streamkit.errors import UsageError
from streamkit.fuzzing import (
    Arena,
    Failure,
    Report,
    fuzz,
    load_reproducer,
    page,
    save_failures,
    target_named,
    wires_of,
)
from streamkit.fuzzing.running import LIMIT, WARMING
from streamkit.quirks.registry import printable
from streamkit.testing.server import PlaybackServer

__all__ = ["fuzz_command"]

FAILED = 1
"""Exit code where a case was not survived."""
SHOWN_LINES, SHOWN_WIDTH = 12, 240
"""Of a minimal wire: changed lines, and characters of each."""


def fuzz_command(
    target: Annotated[
        str | None,
        Parameter(help="`module:function`, or a shell command with `{url}` or `$STREAMKIT_URL` in it."),
    ] = None,
    *,
    dialect: Annotated[str | None, Parameter(help="What the client speaks: chat, responses, anthropic, …")] = None,
    quirk: Annotated[
        list[str] | None, Parameter(help="Only this quirk, even if no server is known to show it; repeatable.")
    ] = None,
    wires: Annotated[
        str | None, Parameter(help="Folder of fixtures to plant in, instead of the shipped wires.")
    ] = None,
    places: Annotated[int, Parameter(help="Places for each quirk and wire; 0: all.")] = 3,
    limit: Annotated[
        float | None,
        Parameter(
            help=f"Seconds that the client has for one case; {LIMIT:.0f}, or those that the reproducer names. "
            f"For a healthy wire that comes first it has {WARMING:.0f}, as it may still be importing itself."
        ),
    ] = None,
    shrink: Annotated[bool, Parameter(help="Make the smallest failing wires smaller still.")] = True,
    json: Annotated[bool, Parameter(help="The report as one JSON object.")] = False,
    html: Annotated[str | None, Parameter(help="Also write the report to this file as a page.")] = None,
    save: Annotated[str | None, Parameter(help="Also write a reproducer of each failure to this folder.")] = None,
    replay: Annotated[str | None, Parameter(help="Run one reproducer; its own target, if none is named.")] = None,
) -> int:
    """Run a client against every quirk that servers are known to show in a dialect and print what it survived.

    A function is called with a base URL and returns text and tool calls: `{"text": …, "tool_calls": [{"name": …,
    "arguments": …}]}`, a tuple of both, or any object with such attributes; a command prints that JSON. A client
    survives where its result is right, or where it raises although the answer could not be had. Exit code 1 if it did
    not survive everything.
    """
    if replay is not None:
        return _replay(replay, target, wires, limit)
    limit = LIMIT if limit is None else limit
    if target is None or dialect is None:
        raise UsageError("name a target and, with --dialect, what it speaks")
    report = _fuzzed(target, dialect_named(dialect).name, quirk or (), wires, places=places, limit=limit, shrink=shrink)
    if html is not None:
        Path(html).write_text(page(report), "utf-8")
    if save is not None:
        notes = Terminal(stderr=True)
        for file in save_failures(report, save, limit):
            notes.print(f"streamkit fuzz --replay {file}", markup=False, highlight=False, soft_wrap=True)
    out = wide_console()
    if json:
        out.file.write(msgspec.json.encode(report, enc_hook=repr).decode() + "\n")
    else:
        show(out, report)
    return 0 if report.survived == report.cases else FAILED


def _fuzzed(
    target: str, dialect: str, quirks: Sequence[str], wires: str | None, *, places: int, limit: float, shrink: bool
) -> Report:
    client = target_named(target)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Terminal(stderr=True), transient=True) as progress:
        task = progress.add_task("healthy wires", total=None)
        try:
            return fuzz(
                client,
                dialect,
                name=target,
                quirks=quirks,
                wires=wires_of(dialect, wires),
                places=places,
                limit=limit,
                shrinking=shrink,
                on_total=lambda total: progress.update(task, total=total),
                on_case=lambda case: progress.update(task, advance=1, description=case.quirk),
            )
        finally:
            client.close()


def _replay(file: str, target: str | None, wires: str | None, limit: float | None) -> int:
    kept = load_reproducer(file)
    limit = kept.limit if limit is None else limit
    name = target or kept.target
    notes, out = Terminal(stderr=True), Terminal(soft_wrap=True)
    notes.print(f"{name}: {kept.case.quirk} in {kept.case.dialect}/{kept.case.wire}", markup=False, highlight=False)
    client = target_named(name)
    with PlaybackServer() as server:
        try:
            judgement = Arena(client, server, wires_of(kept.case.dialect, wires)[0], limit).run(kept.case)[1]
        finally:
            client.close()
    out.print(f"{judgement.verdict}  {printable(judgement.reason, 600)}".strip(), markup=False, highlight=False)
    return 0 if judgement.survived else FAILED


def show(console: Console, report: Report) -> None:
    """The survival table, and under it the minimal wire of each failure."""
    table = Table("quirk", "catalogue", "effect", "survived", "verdict", box=None)
    for column in table.columns:
        column.no_wrap = True
    for row in report.rows:
        colour = "green" if row.passed else "red"
        verdicts = ", ".join(f"{verdict} ×{count}" for verdict, count in row.verdicts.items())
        survived = f"[{colour}]{row.survived} of {row.cases}"
        table.add_row(row.quirk, " ".join(row.catalogue), row.effect, survived, verdicts)
    console.print(table)
    for row in report.rows:
        if row.failure is not None:
            console.print(f"\n[bold red]{row.quirk}[/] {escape(row.summary)}")
            show_failure(console, row.failure)
    console.print(
        f"\n{escape(report.target)} on {report.dialect}: {report.quirks_survived} of {len(report.rows)} quirks, "
        f"{report.survived} of {report.cases} cases survived"
    )
    for unfit in report.unfit:
        console.print(
            f"left out, as its healthy form is not read well: {unfit.wire}: {escape(unfit.reason)}", style="yellow"
        )
    if report.unplanted:
        console.print(f"no place in these wires for: {', '.join(report.unplanted)}", style="dim")


def show_failure(console: Console, failure: Failure) -> None:
    """Verdict, reason, and the lines of the minimal wire that differ from its healthy form."""
    judgement, case = failure.judgement, failure.case
    said = f"{judgement.verdict}: {printable(judgement.reason, 400)}"
    note = f" ({case.note})" if case.note else ""
    console.print(f"  {said}", markup=False, highlight=False)
    console.print(
        f"  in {case.dialect}/{case.wire}, {len(case.body)} bytes{note}", style="dim", markup=False, highlight=False
    )
    lines = changed_lines(failure)
    for line in lines[:SHOWN_LINES]:
        console.print("    " + printable(line, SHOWN_WIDTH), markup=False, highlight=False)
    if len(lines) > SHOWN_LINES:
        console.print(f"    … {len(lines) - SHOWN_LINES} more changed lines", style="dim")


def changed_lines(failure: Failure) -> list[str]:
    """The lines of the wire that were put in (`+`) or left out (`-`)."""
    healthy = failure.healthy.decode("utf-8", "backslashreplace").splitlines()
    diff = difflib.unified_diff(healthy, failure.wire.splitlines(), n=0, lineterm="")
    return [line for line in diff if not line.startswith(("---", "+++", "@@")) and line not in "+-"]
