"""Paired medians, growth, memory. All figures of one row come from the same run, in turns."""

from __future__ import annotations

import gc
import math
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterable

Subject = Callable[[Iterable[bytes]], int]


def seconds(subject: Subject, reads: list[bytes]) -> float:
    """CPU seconds of one run."""
    gc.collect()
    began = time.process_time()
    subject(reads)
    return time.process_time() - began


def paired(subjects: dict[str, Subject], reads: list[bytes], rounds: int) -> dict[str, list[float]]:
    """CPU seconds of every subject, `rounds` times in turns."""
    for subject in subjects.values():
        subject(reads[: max(1, len(reads) // 50)]) if len(reads) < 3 else None
    taken: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, subject in subjects.items():
            taken[name].append(seconds(subject, reads))
    return taken


def ratio(above: list[float], below: list[float]) -> float:
    """Median of the paired ratios."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


def exponents(subjects: dict[str, Subject], reads_of: Callable[[int], list[bytes]], size: int) -> dict[str, float]:
    """How CPU time grows with size, the slope over 1×, 4×, 16×: 1.0 is linear; large memory alone makes it more."""
    sizes = {factor: reads_of(size * factor) for factor in (1, 4, 16)}
    best = {(name, factor): math.inf for name in subjects for factor in sizes}
    for _ in range(5):  # in turns: a machine that slows down for a while does so for all sizes
        for factor, reads in sizes.items():
            for name, subject in subjects.items():
                best[name, factor] = min(best[name, factor], seconds(subject, reads))
    return {name: _slope([(math.log(factor), math.log(best[name, factor])) for factor in sizes]) for name in subjects}


def _slope(points: list[tuple[float, float]]) -> float:
    mean_x = statistics.fmean(x for x, _ in points)
    mean_y = statistics.fmean(y for _, y in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)


def peak_kib(subject: Subject, reads: list[bytes]) -> float:
    """Peak of memory allocated while a subject runs, in KiB, the input itself left out."""
    gc.collect()
    tracemalloc.start()
    subject(reads)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1024
