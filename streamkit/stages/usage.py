"""Merging token counts: within one stream counts are replaced, never added (C22)."""

from streamkit.items import Usage

__all__ = ["merge_usage"]

COUNTS = ("input_tokens", "output_tokens", "total_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens")


def merge_usage(old: Usage | None, new: Usage, *, silent: bool = False) -> tuple[Usage, bool]:
    """Both together, and whether a count had been zeroed.

    A newer count replaces an older one; unknown replaces nothing; zero never replaces a count above zero (C21, C30).
    Only of an answer that said nothing so far (`silent`), no output is believed where input is counted: it was refused
    before it began, and the count of its start was a placeholder.
    """
    if old is None:
        return new, False
    zeroed = False
    merged: dict[str, int | None] = {}
    for name in COUNTS:
        before: int | None = getattr(old, name)
        after: int | None = getattr(new, name)
        if after == 0 and before:
            if silent and name == "output_tokens" and new.input_tokens:
                merged[name] = 0
                continue
            zeroed = True
        merged[name] = after or before if after is None or before else after
    counted = any(getattr(new, name) for name in COUNTS)
    raw = new.raw if counted or old.raw is None else old.raw
    return Usage(**merged, raw=raw), zeroed
