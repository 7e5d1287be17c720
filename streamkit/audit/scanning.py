"""Scans one recorded body: how it ended, and which deviations were tolerated. Runs in worker processes."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from streamkit.audit.finding import read_sidecar
from streamkit.errors import StreamkitError
from streamkit.recipe import standard
from streamkit.session import Session

__all__ = ["Scan", "scan", "scan_all"]

READ_SIZE = 1 << 18
"""Bytes read at once."""


class Scan(msgspec.Struct, kw_only=True, frozen=True):
    """What one file has shown."""

    path: str
    provider: str = ""
    """Who answered, where the file beside the body says it."""
    dialect: str = ""
    size: int = 0
    """Bytes."""
    ending: str = ""
    """How the stream ended; see `streamkit.events.Ending`."""
    quirks: dict[str, int] = {}
    """Quirk id → how often it was seen."""
    fault: str = ""
    """Why the file could not be scanned; it counts nowhere else then."""


def scan(path: str) -> Scan:
    """What the stream in this file shows. Never raises: a file that cannot be read says so in `fault`."""
    try:
        return _scan(Path(path))
    except (StreamkitError, OSError) as fault:
        return Scan(path=path, fault=str(fault))
    except Exception as fault:  # noqa: BLE001 - one file must not end the run, whatever is wrong with it
        return Scan(path=path, fault=f"{type(fault).__name__}: {fault}")


def scan_all(paths: Iterable[str]) -> list[Scan]:
    """The scans of several files: one piece of work for an executor."""
    return [scan(path) for path in paths]


def _scan(path: Path) -> Scan:
    beside = read_sidecar(path)
    session = Session(standard(beside.dialect))
    size = 0
    with path.open("rb") as file:
        while not session.halted and (chunk := file.read(READ_SIZE)):
            size += len(chunk)
            for _ in session.feed(chunk):
                pass
    for _ in session.finish():
        pass
    response = session.response
    if not response.dialect:
        reason = response.errors[0].message if response.errors else "the file is empty"
        return Scan(path=str(path), fault=f"no dialect recognised: {reason}")
    return Scan(
        path=str(path),
        provider=beside.provider,
        dialect=response.dialect,
        size=size,
        ending=response.ending or "",
        quirks={tally.id: tally.count for tally in response.quirks},
    )
