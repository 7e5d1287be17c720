"""Halves of surrogate pairs in one text, which no encoder takes (J01)."""

import re

__all__ = ["scrub"]

_SURROGATE = re.compile("[\ud800-\udfff]")


def scrub(text: str) -> str:
    """`text` that any encoder takes: pairs of halves joined, single halves replaced by U+FFFD."""
    if _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
