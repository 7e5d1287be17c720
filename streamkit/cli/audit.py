"""The command `streamkit audit`: which quirks occur in recorded streams, per provider."""

from collections.abc import Iterable
from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from streamkit.audit import Audit, audit, find_bodies, write_parquet
from streamkit.cli.outcome import EXIT_CODES
from streamkit.cli.render import Terminal, wide_console
from streamkit.errors import UsageError
from streamkit.quirks.registry import printable

__all__ = ["audit_command"]

SHOWN_FAULTS = 20
SUMMARY = ("streams", "clean", "bytes")


def audit_command(
    *folders: Annotated[str, Parameter(help="Folders of recorded bodies (or single files).")],
    json: Annotated[bool, Parameter(help="The counts as one JSON object.")] = False,
    parquet: Annotated[str | None, Parameter(help="Also write one row for each stream and quirk to this file.")] = None,
) -> int:
    """Count the quirks that occur in recorded streams, per dialect and provider.

    A body is a file named *.body, *.sse, *.ndjson, *.bin, *.jsonarray or *.txt. `NAME.json` beside it may name its
    `dialect` and `provider`; otherwise the dialect is recognised. All cores are used.
    """
    if not folders:
        raise UsageError("name a folder of recorded bodies")
    report = _audited(folders)
    if parquet is not None:
        write_parquet(report, parquet)
    out = wide_console()
    if json:
        out.file.write(as_json(report).decode() + "\n")
    else:
        show(out, report)
    _show_faults(Terminal(stderr=True), report)
    return 0 if report.streams else EXIT_CODES["wire"]


def _audited(folders: Iterable[str]) -> Audit:
    files = find_bodies(folders)
    notes = Terminal(stderr=True)
    columns = (TextColumn("reading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=notes, transient=True) as progress:
        task = progress.add_task("", total=len(files))
        return audit(files, on_scan=lambda _: progress.advance(task))


def as_json(report: Audit) -> bytes:
    """The counts and the bad files; what each single file showed is in the Parquet table."""
    faults = [{"path": scan.path, "fault": scan.fault} for scan in report.faults]
    counts = {name: getattr(report, name) for name in SUMMARY}
    return msgspec.json.encode({**counts, "groups": report.groups, "faults": faults})


def show(console: Console, report: Audit) -> None:
    """The table: one line for each group of streams (`clean`: without a quirk), and under it one for each quirk."""
    table = Table("dialect", "provider, quirk", "catalogue", "effect", box=None)
    for name in ("streams", "clean", "seen"):
        table.add_column(name, justify="right")
    for column in table.columns:
        column.no_wrap = True
    for group in report.groups:
        head = (f"[bold]{escape(group.dialect)}", f"[bold]{escape(printable(group.provider))}", "", "")
        table.add_row(*head, f"[bold]{group.streams}", f"[bold]{group.clean}", "")
        for quirk in group.quirks:
            known = (f"  {quirk.id}", " ".join(quirk.catalogue), quirk.effect)
            table.add_row("", *known, str(quirk.streams), "", str(quirk.occurrences))
    console.print(table)
    console.print(f"{report.streams} streams, {report.clean} of them without a quirk; {report.bytes:,} bytes")


def _show_faults(console: Console, report: Audit) -> None:
    for scan in report.faults[:SHOWN_FAULTS]:
        line = f"not read: {printable(scan.path, 500)}: {printable(scan.fault)}"
        console.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
    if len(report.faults) > SHOWN_FAULTS:
        console.print(f"… and {len(report.faults) - SHOWN_FAULTS} more", style="red")
