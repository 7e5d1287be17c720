"""Finds recorded bodies, and what the file beside a body says of it."""

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from streamkit.dialects.table import dialect_names
from streamkit.errors import CaptureError
from streamkit.jsontypes import Json, is_object

__all__ = ["SUFFIXES", "Sidecar", "find_bodies", "read_sidecar"]

SUFFIXES = frozenset({".body", ".sse", ".ndjson", ".bin", ".jsonarray", ".txt"})
"""What a file of wire bytes may be called."""


class Sidecar(msgspec.Struct, kw_only=True, frozen=True):
    """What `NAME.json` says of `NAME.sse`."""

    dialect: str | None = None
    """A dialect of the table, or None: to be recognised."""
    provider: str = ""


def find_bodies(paths: Iterable[str | Path]) -> list[Path]:
    """Every recorded body below these folders, in order of their names; files that are named are taken as they are.

    Raises:
        CaptureError: a path does not exist.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            for folder, inner, names in os.walk(path):
                inner.sort()
                found += (Path(folder, name) for name in sorted(names) if Path(name).suffix in SUFFIXES)
        elif path.exists():
            found.append(path)
        else:
            raise CaptureError(f"{path}: no such file or folder")
    return found


def read_sidecar(body: Path) -> Sidecar:
    """What `NAME.json` beside the body says; nothing where there is none, or where it is about something else.

    Raises:
        CaptureError: it cannot be read.
    """
    beside = body.with_suffix(".json")
    try:
        told: Json = msgspec.json.decode(beside.read_bytes())
    except FileNotFoundError:
        return Sidecar()
    except (OSError, msgspec.DecodeError) as fault:
        raise CaptureError(f"{beside.name}: {fault}") from fault
    if not is_object(told):
        return Sidecar()
    names = (told.get("dialect"), told.get("subdialect"))
    provider = told.get("provider")
    return Sidecar(
        dialect=next((name for name in names if isinstance(name, str) and name in dialect_names()), None),
        provider=provider if isinstance(provider, str) else "",
    )
