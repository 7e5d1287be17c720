"""Benchmarks: `python -m benchmarks`. Ratios within one run; never absolute promises."""
