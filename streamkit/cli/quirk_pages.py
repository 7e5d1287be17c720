"""What `streamkit quirks` prints: the registry as a table, as JSON, as Markdown, or one quirk explained."""

import sys

import msgspec
from rich.markup import escape
from rich.padding import Padding
from rich.table import Column, Table

from streamkit.cli.render import Terminal, plain, wide_console
from streamkit.errors import UsageError
from streamkit.jsontypes import JsonObject
from streamkit.quirks.catalogue import all_quirks
from streamkit.quirks.registry import Quirk
from streamkit.quirks.samples import shown
from streamkit.quirks.tape import Edit, Tape

__all__ = ["explanation", "markdown_table", "quirk_page", "quirk_record", "wire_of"]

EFFECTS = {
    "harmless": "The events are the same as those of a healthy stream. Nothing has to be done.",
    "repaired": "The response is the same as that of a healthy stream. Nothing has to be done.",
    "guessed": "These members of the response may differ from what a healthy stream says: {fields}. "
    "Look at them, or refuse the stream with `strict=True`.",
    "lossy": "Something is missing: {fields}. What arrived of it is in the quirk's `data`, as far as it can be kept. "
    "Ask again if it matters, or refuse such streams with `strict=True`.",
}
END = "⟨end of input⟩"
LONGEST = 1_500
"""Characters of a wire that are shown."""
ROOM = 120
"""Columns that the table needs."""


def quirk_page(name: str | None, *, json: bool = False, markdown: bool = False) -> int:
    """Print the registry, or one quirk; gives the exit code.

    Raises:
        UsageError: no quirk has that id, or both forms were asked for.
    """
    if json and markdown:
        raise UsageError("--json and --markdown exclude each other")
    quirks = [_named(name)] if name else list(all_quirks())
    if json:
        records = [quirk_record(quirk) for quirk in quirks]
        _write(msgspec.json.format(msgspec.json.encode(records[0] if name else records), indent=2).decode())
    elif markdown:
        _write(explanation(quirks[0]) if name else markdown_table(quirks))
    elif name:
        _explain(quirks[0])
    else:
        _table(quirks)
    return 0


def _named(name: str) -> Quirk:
    """The quirk with this id, or with this id in the catalogue where that is one."""
    quirks = all_quirks()
    word = name.strip().replace("-", "_")
    found = [quirk for quirk in quirks if quirk.id == word.lower()]
    found = found or [quirk for quirk in quirks if word.upper() in quirk.catalogue]
    if len(found) == 1:
        return found[0]
    near = [quirk.id for quirk in found] or [quirk.id for quirk in quirks if word.lower() in quirk.id]
    hint = f"; do you mean {', '.join(near)}?" if near else "; `streamkit quirks` lists them all"
    raise UsageError(f"no quirk is called {name!r}{hint}")


def _write(text: str) -> None:
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def _table(quirks: list[Quirk]) -> None:
    console = wide_console()
    if console.width < ROOM:
        _list(console, quirks)
        return
    table = Table(Column("id", no_wrap=True), "catalogue", "dialects", "effect", "what", box=None)
    for quirk in quirks:
        table.add_row(
            quirk.id,
            " ".join(quirk.catalogue),
            " ".join(quirk.dialects),
            quirk.effect,
            escape(quirk.summary),
        )
    console.print(table)


def _list(console: Terminal, quirks: list[Quirk]) -> None:
    """The same where columns would be too narrow to be read."""
    for quirk in quirks:
        console.print(f"[bold]{quirk.id}[/bold]  {quirk.effect}  ({' '.join(quirk.dialects)})")
        console.print(Padding(escape(quirk.summary), (0, 0, 0, 4)), soft_wrap=False)


def quirk_record(quirk: Quirk) -> JsonObject:
    """One quirk as plain JSON values."""
    wire = wire_of(quirk)
    return {
        "id": quirk.id,
        "catalogue": list(quirk.catalogue),
        "dialects": list(quirk.dialects),
        "known_in": list(quirk.known_in),
        "effect": quirk.effect,
        "fields": list(quirk.fields),
        "what": quirk.summary,
        "text": quirk.text,
        "advice": advice(quirk),
        "wire": None if wire is None else {"dialect": wire[0], "healthy": wire[1], "planted": wire[2]},
        "no_wire": quirk.nowhere,
        "sources": list(quirk.sources),
    }


def advice(quirk: Quirk) -> str:
    """What a reader can do about it."""
    general = EFFECTS[quirk.effect].format(fields=", ".join(f"`{name}`" for name in quirk.fields) or "a whole frame")
    return f"{general} {quirk.advice}".strip()


def markdown_table(quirks: list[Quirk]) -> str:
    """All of these quirks as a table in Markdown."""
    rows = ["| id | catalogue | dialects | effect | what |", "|---|---|---|---|---|"]
    for quirk in quirks:
        what = quirk.summary.replace("|", "\\|")
        cells = (f"`{quirk.id}`", " ".join(quirk.catalogue), " ".join(quirk.dialects), quirk.effect, what)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def explanation(quirk: Quirk) -> str:
    """One quirk in Markdown: what it is, its wire, what to do about it, where it was met."""
    paragraphs = [
        f"## {quirk.id}",
        quirk.text,
        f"- catalogue: {', '.join(quirk.catalogue)}\n- dialects: {', '.join(quirk.dialects)}\n- effect: {quirk.effect}",
        "### On the wire",
    ]
    wire = wire_of(quirk)
    if wire is None:
        paragraphs.append(f"No recording shows it: {quirk.nowhere or 'no sample has a place for it'}.")
    else:
        dialect, healthy, planted = wire
        paragraphs += (f"Healthy ({dialect}):", f"```\n{healthy}\n```", "With the quirk:", f"```\n{planted}\n```")
    paragraphs += ("### What to do about it", advice(quirk))
    if met := where_met(quirk):
        paragraphs += ("### Where it was met", "\n".join(f"- {name}: {told}" for name, told in met))
    return "\n\n".join(paragraphs)


def _explain(quirk: Quirk) -> None:
    """The same for a terminal."""
    console = Terminal()
    head = f"{' '.join(quirk.catalogue)}  {quirk.effect}  ({', '.join(quirk.dialects)})"
    console.print(f"[bold]{quirk.id}[/bold]  {head}")
    console.print(f"\n{escape(quirk.text)}\n")
    wire = wire_of(quirk)
    if wire is None:
        console.print(f"[dim]No recording shows it: {escape(quirk.nowhere or 'no sample has a place for it')}.[/dim]")
    else:
        dialect, healthy, planted = wire
        for title, text in ((f"healthy ({dialect})", healthy), ("with the quirk", planted)):
            console.print(f"[bold]{title}[/bold]")
            console.print(text + "\n", markup=False, highlight=False, soft_wrap=True)
    console.print(f"[bold]what to do about it[/bold]\n{escape(advice(quirk))}")
    if met := where_met(quirk):
        console.print()
    for name, told in met:
        console.print(f"[dim]{name}: {escape(told)}[/dim]")


def where_met(quirk: Quirk) -> list[tuple[str, str]]:
    """Where it was met, and the dialects in which servers are known to send what is planted."""
    met = [("met with", ", ".join(quirk.sources))] if quirk.sources else []
    if quirk.nowhere:
        return met
    if quirk.known_in:
        dialects = ", ".join("any dialect" if name == "any" else name for name in quirk.known_in)
        return [*met, ("sent by servers of", dialects)]
    return [*met, ("sent by", "no server is known to send exactly what is shown; it is tolerated all the same")]


def wire_of(quirk: Quirk) -> tuple[str, str, str] | None:
    """Dialect, healthy wire and wire with the quirk, around the first place of the shortest sample; None for none."""
    places = list(shown(quirk))
    if not places:
        return None
    tape, edit = min(places, key=lambda place: place[1].end - place[1].start + len(place[1].replacement))
    start, end = _frame_borders(tape, edit)
    healthy = tape.data[start:end]
    planted = tape.data[start : edit.start] + edit.replacement + tape.data[edit.end : end]
    ended = END if edit.end == len(tape.data) else ""
    return tape.dialect, _text(healthy) + ended, _text(planted) + ended


def _frame_borders(tape: Tape, edit: Edit) -> tuple[int, int]:
    """Where the frames around an edit begin and end."""
    frames = tape.frames
    inserted = edit.start == edit.end  # then its neighbours are shown
    touched = [f for f in frames if f.start - inserted < edit.end and edit.start < f.end + inserted]
    if not touched:
        return edit.start, edit.end
    return min(touched[0].start, edit.start), max(touched[-1].end, edit.end)


def _text(data: bytes) -> str:
    text = plain(data.decode("utf-8", "backslashreplace"))
    return text if len(text) <= LONGEST else text[:LONGEST] + "\n…"
