"""Exit codes: what a shell learns of a stream."""

from streamkit.response import Response

__all__ = ["EXIT_CODES", "exit_code"]

EXIT_CODES = {
    "completed": 0,
    "usage": 2,
    "incomplete": 3,
    "truncated": 4,
    "stalled": 4,
    "disconnected": 4,
    "failed": 5,
    "wire": 6,
    "refused": 7,
    "cancelled": 130,
}
"""Ending → exit code. `wire`: bytes that are no such stream, or a limit; `usage`: the caller's own fault."""


def exit_code(response: Response) -> int:
    """0 only for a completed response."""
    ending = response.ending or "truncated"
    if ending == "failed" and response.errors and response.errors[0].kind in ("wire", "limit"):
        return EXIT_CODES["wire"]
    return EXIT_CODES[ending]
