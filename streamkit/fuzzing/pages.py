"""The survival report as one HTML page that needs nothing else."""

from html import escape

from streamkit.fuzzing.report import Report, Row

__all__ = ["page"]

STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #ddd;"
    "vertical-align:top}.no{color:#b00020}.yes{color:#1b7f3b}pre{background:#f5f5f5;padding:.6rem;overflow:auto;"
    "white-space:pre-wrap;word-break:break-all}code{font-size:90%}"
)


def page(report: Report) -> str:
    """The page."""
    title = escape(f"{report.target} on {report.dialect}")
    head = f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><style>{STYLE}</style>"
    counts = (
        f"{report.quirks_survived} of {len(report.rows)} quirks survived, {report.survived} of {report.cases} cases; "
        f"healthy wires: {', '.join(report.wires)}"
    )
    rows = "".join(map(_row, report.rows))
    notes = "".join(f"<li>{escape(unfit.wire)}: {escape(unfit.reason)}" for unfit in report.unfit)
    unfit = f"<h2>Healthy wires that are not read as they should be</h2><ul>{notes}</ul>" if notes else ""
    return (
        f"{head}<h1>{title}</h1><p>{escape(counts)}</p><table><tr><th>quirk<th>catalogue<th>effect<th>survived"
        f"<th>what happened</tr>{rows}</table>{unfit}"
    )


def _row(row: Row) -> str:
    colour = "yes" if row.passed else "no"
    cells = (
        f"<td title='{escape(row.summary)}'><code>{escape(row.quirk)}</code>",
        f"<td>{escape(' '.join(row.catalogue))}",
        f"<td>{row.effect}",
        f"<td class={colour}>{row.survived} of {row.cases}",
        f"<td>{_failure(row)}",
    )
    return f"<tr>{''.join(cells)}</tr>"


def _failure(row: Row) -> str:
    if row.failure is None:
        return ""
    told = ", ".join(f"{verdict} ×{count}" for verdict, count in row.verdicts.items())
    reason = escape(row.failure.judgement.reason)
    wire = escape(row.failure.wire)
    return f"{escape(told)}<details><summary>{reason}</summary><p>{escape(row.summary)}</p><pre>{wire}</pre></details>"
