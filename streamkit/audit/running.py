"""Runs an audit over many files, on any `concurrent.futures.Executor`.

Work is given out in batches of a few files, a bounded number of batches at a time. A file that kills its worker process
breaks the whole pool: the files that were under way are then tried one by one, so that only the culprit is lost.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from itertools import islice
from pathlib import Path

from streamkit.audit.counting import Audit, count
from streamkit.audit.scanning import Scan, scan_all
from streamkit.errors import UsageError

__all__ = ["audit"]

BATCH = 16
"""Files in one piece of work: enough that handing it over costs nothing beside reading them."""

UNDER_WAY = 256
"""Batches given out and not yet back."""

KILLED = "the worker process died while it read this file"


def audit(
    paths: Iterable[str | Path],
    *,
    executor: Executor | None = None,
    on_scan: Callable[[Scan], None] = lambda _: None,
    scanner: Callable[[list[str]], list[Scan]] = scan_all,
) -> Audit:
    """Which quirks occur in these files, per dialect and provider. Cost is linear in their size.

    Args:
        paths: the files (`find_bodies` finds them).
        executor: who does the work: any executor, also Dask's (`client.get_executor()`) or another that reaches beyond
            this machine and its files. None: one process for each core. Those processes are spawned, so a script that
            calls this needs the usual `if __name__ == "__main__":`.
        on_scan: is called here after every file.
        scanner: what scans a batch; it must be importable in the worker.

    Raises:
        UsageError: no worker process can be started.
    """
    batches = _batches(map(str, paths))
    scans: list[Scan] = []
    for batch in _own(batches, scanner) if executor is None else _given(executor, batches, scanner):
        scans += batch
        for scan in batch:
            on_scan(scan)
    return count(scans)


def _batches(paths: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(paths, BATCH)):
        yield batch


def _given(
    executor: Executor, batches: Iterator[list[str]], scanner: Callable[[list[str]], list[Scan]]
) -> Iterator[list[Scan]]:
    """The results of a caller's executor; what it cannot do is listed as a fault."""
    waiting: dict[Future[list[Scan]], list[str]] = {}
    while True:
        for batch in islice(batches, UNDER_WAY - len(waiting)):
            waiting[executor.submit(scanner, batch)] = batch
        if not waiting:
            return
        for future in wait(waiting, return_when=FIRST_COMPLETED).done:
            batch = waiting.pop(future)
            try:
                yield future.result()
            except Exception as fault:  # noqa: BLE001 - whatever a foreign executor raises concerns this batch only
                yield [Scan(path=path, fault=f"{type(fault).__name__}: {fault}") for path in batch]


def _own(batches: Iterator[list[str]], scanner: Callable[[list[str]], list[Scan]]) -> Iterator[list[Scan]]:
    """The results of a pool of processes here, renewed when a file breaks it."""
    exhausted = False
    while not exhausted:
        suspects: list[str] = []
        waiting: dict[Future[list[Scan]], list[str]] = {}
        with _pool(os.cpu_count() or 1) as pool:
            _check(pool)
            while not suspects:
                for batch in islice(batches, UNDER_WAY - len(waiting)):
                    waiting[pool.submit(scanner, batch)] = batch
                if not waiting:
                    exhausted = True
                    break
                for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                    batch = waiting.pop(future)
                    try:
                        yield future.result()
                    except BrokenExecutor:
                        suspects += batch
        for batch in waiting.values():
            suspects += batch
        for path in suspects:
            yield _alone(path, scanner)


def _pool(workers: int) -> ProcessPoolExecutor:
    # spawned, not forked: the caller may have threads (a progress bar has one)
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


def _check(pool: Executor) -> None:
    """Tell a pool that cannot work at all from one that a file has broken."""
    try:
        pool.submit(os.getpid).result()
    except BrokenExecutor:
        raise UsageError(
            "no worker process starts; does the script guard itself with `if __name__ == '__main__':`?"
        ) from None


def _alone(path: str, scanner: Callable[[list[str]], list[Scan]]) -> list[Scan]:
    """One file in a process of its own."""
    with _pool(1) as pool:
        try:
            return pool.submit(scanner, [path]).result()
        except BrokenExecutor:
            return [Scan(path=path, fault=KILLED)]
