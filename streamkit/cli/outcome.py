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
    "unread": 141,
}
"""Ending → exit code. `wire`: bytes that are no such stream, or a limit; `usage`: the caller's own fault; `unread`: the
reader of the output has gone, as the shell says it of other tools."""

CAUSES = {"wire": "wire", "limit": "wire", "stall": "stalled", "transport": "disconnected"}
"""Kind of error → what a failure is called; a stall before the headers came is one, too."""


def exit_code(response: Response) -> int:
    """0 only for a completed response."""
    ending = response.ending or "truncated"
    if ending == "failed" and response.errors:
        return EXIT_CODES[CAUSES.get(response.errors[0].kind, ending)]
    return EXIT_CODES[ending]
