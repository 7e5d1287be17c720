"""Writes an audit as a Parquet table. Needs the `audit` extra (pyarrow)."""

from importlib import import_module
from pathlib import Path
from typing import Any

from streamkit.audit.counting import Audit
from streamkit.audit.scanning import Scan
from streamkit.errors import UsageError
from streamkit.quirks.catalogue import all_quirks

__all__ = ["write_parquet"]

COLUMNS = ("path", "bytes", "provider", "dialect", "ending", "quirk", "effect", "occurrences", "fault")


def write_parquet(audit: Audit, file: str | Path) -> None:
    """Write one row for each stream and quirk; a stream without quirks, or a bad file, has one row without `quirk`.

    Raises:
        UsageError: pyarrow is not installed.
    """
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ModuleNotFoundError:
        raise UsageError("Parquet needs an extra: pip install 'streamkit-llm[audit]'") from None
    effects = {quirk.id: quirk.effect for quirk in all_quirks()}
    rows = [row for scan in (*audit.scans, *audit.faults) for row in _rows(scan, effects)]
    kinds = {"bytes": arrow.int64(), "occurrences": arrow.int64()}
    schema = arrow.schema([(name, kinds.get(name, arrow.string())) for name in COLUMNS])
    parquet.write_table(arrow.Table.from_pylist(rows, schema=schema), str(file))


def _rows(scan: Scan, effects: dict[str, Any]) -> list[dict[str, Any]]:
    head = {
        "path": scan.path,
        "bytes": scan.size,
        "provider": scan.provider or None,
        "dialect": scan.dialect or None,
        "ending": scan.ending or None,
        "fault": scan.fault or None,
    }
    if not scan.quirks:
        return [{**head, "quirk": None, "effect": None, "occurrences": 0}]
    return [
        {**head, "quirk": name, "effect": effects[name], "occurrences": number} for name, number in scan.quirks.items()
    ]
