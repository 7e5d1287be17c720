"""`python -m benchmarks [--json] [--quick] [--only NAME | --dialects | --concurrency STREAMS]`.

Without a choice: every workload against the floor and the SDKs, a quarter of an hour. `--concurrency 1000` measures the
client alone, in about five minutes (two with `--quick`). Results go to standard output, progress to standard error.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys

from benchmarks.measuring import exponents, paired, peak_kib, ratio
from benchmarks.subjects import floor, ours, rivals
from benchmarks.workloads import WORKLOADS, Workload

SLOW_RIVAL_LIMIT = 6000
"""Deltas beyond which rivals are left out: some are quadratic."""


def measure(workload: Workload, mode: str, rounds: int, *, grow: bool) -> dict[str, object]:
    reads = workload.reads(mode)
    subjects = {"floor": floor(workload.dialect), "streamkit": ours(workload.dialect)}
    if workload.size <= SLOW_RIVAL_LIMIT and mode == "frame" and workload.judged:
        subjects |= rivals(workload.dialect)
    taken = paired(subjects, reads, rounds)
    events = max(1, workload.size if workload.read is None else len(reads))
    row: dict[str, object] = {
        "workload": workload.name,
        "reads": mode if workload.read is None else f"{workload.read} bytes",
        "microseconds": {name: statistics.median(times) / events * 1e6 for name, times in taken.items()},
        "to_floor": ratio(taken["streamkit"], taken["floor"]),
        "rivals": {
            name: ratio(taken[name], taken["streamkit"]) for name in taken if name not in ("floor", "streamkit")
        },
        "peak_kib": peak_kib(ours(workload.dialect), reads),
        "body_kib": sum(map(len, reads)) / 1024,
    }
    if grow:
        base = max(500, workload.size // 16)
        both = {"floor": floor(workload.dialect), "streamkit": ours(workload.dialect)}
        row["exponents"] = exponents(both, lambda size: workload.reads(mode, size), base)
    return row


def show(row: dict[str, object]) -> None:
    times = row["microseconds"]
    assert isinstance(times, dict)
    rivals_of = row["rivals"]
    assert isinstance(rivals_of, dict)
    per = ", ".join(f"{name} {value:.2f}" for name, value in times.items())
    slower = ", ".join(f"{name} ×{value:.0f}" for name, value in rivals_of.items())
    grown = row.get("exponents")
    growth = f", exponent {grown['streamkit']:.2f} (floor {grown['floor']:.2f})" if isinstance(grown, dict) else ""
    print(f"{row['workload']} ({row['reads']} a read): µs {per}; ×{row['to_floor']:.2f} of the floor{growth}")
    print(
        f"    peak {row['peak_kib']:.0f} KiB for a body of {row['body_kib']:.0f} KiB{'; ' + slower if slower else ''}",
        flush=True,
    )


def show_concurrent(row: dict[str, object]) -> None:
    ratios = [("bare aiohttp", row["to_aiohttp"]), ("openai", row["to_openai"])]
    compared = ", ".join(f"×{value:.2f} of {name}" for name, value in ratios if isinstance(value, float))
    print(
        f"{row['workload']}, {row['subject']}: {row['microseconds_an_event']:.0f} µs an event ({compared}), "
        f"{row['microseconds_to_open']:.0f} µs to open, {row['kib_a_stream']:.0f} KiB a stream"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="one JSON document instead of text")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, no growth")
    parser.add_argument("--only", default="", help="workloads whose name contains this")
    parser.add_argument("--concurrency", type=int, default=0, metavar="STREAMS", help="only this many streams at once")
    parser.add_argument("--dialects", action="store_true", help="only one text workload a dialect, against chat")
    chosen = parser.parse_args()
    if chosen.dialects:
        from benchmarks.dialects import dialect_rows

        found = dialect_rows(3 if chosen.quick else 7)
        if chosen.json:
            json.dump(found, sys.stdout, indent=1)
        for row in () if chosen.json else found:
            print(f"{row['dialect']:16} {row['microseconds']:6.2f} µs an event, ×{row['to_chat']:.2f} of chat")
        return
    rows: list[dict[str, object]] = []
    for workload in () if chosen.concurrency else WORKLOADS:
        if chosen.only not in workload.name:
            continue
        print(f"{workload.name} …", file=sys.stderr, flush=True)
        for mode in ("frame", "16 KB") if workload.read is None and workload.judged else ("frame",):
            row = measure(workload, mode, 3 if chosen.quick else 9, grow=not chosen.quick and mode == "frame")
            rows.append(row)
            if not chosen.json:
                show(row)
    if chosen.concurrency:
        from benchmarks.concurrency import ROUNDS, concurrent_rows

        rows = concurrent_rows(chosen.concurrency, 1 if chosen.quick else ROUNDS)
        for row in () if chosen.json else rows:
            show_concurrent(row)
    if chosen.json:
        json.dump(rows, sys.stdout, indent=1)
        print()


if __name__ == "__main__":
    main()
