"""Counts scans: streams, endings and quirks per dialect and provider."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from streamkit.audit.scanning import Scan
from streamkit.events import Effect
from streamkit.quirks.catalogue import all_quirks

__all__ = ["Audit", "Group", "QuirkCount", "count"]

UNKNOWN = "unknown"


class QuirkCount(msgspec.Struct, kw_only=True, frozen=True):
    """One quirk in one group of streams."""

    id: str
    effect: Effect
    catalogue: tuple[str, ...]
    streams: int
    """In how many streams it was seen."""
    occurrences: int
    """How often, in all of them."""


class Group(msgspec.Struct, kw_only=True, frozen=True):
    """All streams of one dialect from one provider."""

    dialect: str
    provider: str
    """`unknown` where no file beside the body names it."""
    streams: int
    clean: int
    """Streams without any quirk."""
    endings: dict[str, int]
    quirks: tuple[QuirkCount, ...]
    """The most frequent first."""


class Audit(msgspec.Struct, kw_only=True, frozen=True):
    """What a folder of recorded streams shows."""

    streams: int
    clean: int
    bytes: int
    groups: tuple[Group, ...]
    """By dialect and provider."""
    faults: tuple[Scan, ...]
    """Files that could not be scanned, each with its reason."""
    scans: tuple[Scan, ...]
    """Every file that was scanned, in order of path."""


def count(scans: Iterable[Scan]) -> Audit:
    """The counts over these scans."""
    every = sorted(scans, key=lambda scan: scan.path)
    good = [scan for scan in every if not scan.fault]
    grouped: dict[tuple[str, str], list[Scan]] = {}
    for scan in good:
        grouped.setdefault((scan.dialect, scan.provider or UNKNOWN), []).append(scan)
    return Audit(
        streams=len(good),
        clean=sum(not scan.quirks for scan in good),
        bytes=sum(scan.size for scan in good),
        groups=tuple(_group(*key, grouped[key]) for key in sorted(grouped)),
        faults=tuple(scan for scan in every if scan.fault),
        scans=tuple(good),
    )


def _group(dialect: str, provider: str, scans: list[Scan]) -> Group:
    streams: Counter[str] = Counter()
    occurrences: Counter[str] = Counter()
    for scan in scans:
        streams.update(scan.quirks.keys())
        occurrences.update(scan.quirks)
    known = {quirk.id: quirk for quirk in all_quirks()}
    return Group(
        dialect=dialect,
        provider=provider,
        streams=len(scans),
        clean=sum(not scan.quirks for scan in scans),
        endings=dict(sorted(Counter(scan.ending for scan in scans).items())),
        quirks=tuple(
            QuirkCount(
                id=name,
                effect=known[name].effect,
                catalogue=known[name].catalogue,
                streams=number,
                occurrences=occurrences[name],
            )
            for name, number in sorted(streams.items(), key=lambda pair: (-pair[1], pair[0]))
        ),
    )
