"""Reproducers: a failure as two files, one to replay and one to look at."""

from pathlib import Path

import msgspec

from streamkit.errors import CaptureError
from streamkit.fuzzing.cases import Case
from streamkit.fuzzing.judging import Judgement
from streamkit.fuzzing.report import Report

__all__ = ["Reproducer", "load_reproducer", "save_failures"]

SUFFIX = {"ollama": ".ndjson"}


class Reproducer(msgspec.Struct, kw_only=True, frozen=True):
    """A failure that can be replayed: `streamkit fuzz --replay FILE`."""

    target: str
    limit: float
    """Seconds."""
    judgement: Judgement
    case: Case


def save_failures(report: Report, folder: str | Path, limit: float) -> list[Path]:
    """Write `QUIRK.json` for the smallest failure of each quirk, and its bytes beside it; the `.json` files.

    Raises:
        OSError: the folder cannot be written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for row in report.rows:
        if row.failure is None:
            continue
        kept = Reproducer(target=report.target, limit=limit, judgement=row.failure.judgement, case=row.failure.case)
        file = folder / f"{row.quirk}.json"
        file.write_bytes(msgspec.json.format(msgspec.json.encode(kept)) + b"\n")
        file.with_suffix(SUFFIX.get(report.dialect, ".sse")).write_bytes(row.failure.case.body)
        written.append(file)
    return written


def load_reproducer(file: str | Path) -> Reproducer:
    """The failure that a file keeps.

    Raises:
        CaptureError: it is none.
    """
    try:
        return msgspec.json.decode(Path(file).read_bytes(), type=Reproducer)
    except msgspec.DecodeError as fault:
        raise CaptureError(f"{file}: not a reproducer: {fault}") from fault
