"""How framing says that it cannot go on."""

from streamkit.errors import ErrorInfo
from streamkit.evidence import Halt
from streamkit.limits import Limits

__all__ = ["damaged", "limit_reached", "wire_fault"]


def limit_reached(limits: Limits, name: str, offset: int, *, size: int | None = None) -> Halt:
    """The farewell at a limit of `Limits`.

    `size` is what was announced; without it, the first size beyond the limit: a framer cannot know how much more was
    to come, and how much it happened to read at once must not show.
    """
    bound: int = getattr(limits, name)
    seen = bound + 1 if size is None else size
    message = f"the stream exceeds limits.{name} ({bound}) at byte {offset}; raise that limit if this is right"
    return Halt(
        error=ErrorInfo(
            kind="limit", code="limit_exceeded", message=message, limit=name, size=seen, offset=offset, retryable=False
        )
    )


def wire_fault(code: str, message: str, offset: int, *, hint: str = "", retryable: bool | None = None) -> Halt:
    """The farewell at bytes that are no such stream."""
    return Halt(error=ErrorInfo(kind="wire", code=code, message=message, offset=offset, hint=hint, retryable=retryable))


def damaged(code: str, message: str, offset: int) -> Halt:
    """The farewell at bytes that were right up to here: the stream was damaged on its way, as by a cut.

    An answer that was over stands.
    """
    return Halt(error=ErrorInfo(kind="transport", code=code, message=message, offset=offset, retryable=False))
