"""The wire error for a body that is no stream: what it seems to be, how it begins, what to do (A18)."""

from streamkit.errors import ErrorInfo
from streamkit.evidence import Halt
from streamkit.masking import mask
from streamkit.quirks.registry import printable

__all__ = ["ENOUGH", "not_a_stream"]

SHOWN = 500
"""Characters of the body that the error shows."""
ENOUGH = 4 * SHOWN
"""Bytes that surely hold as many: with fewer, how much is shown would hang on how much one read brought."""

_PAGE = (
    "check the base URL (an API path such as /v1 may be missing), and whether a login page, a captive portal or a "
    "proxy answers in the provider's place"
)
_TEXT = "check the base URL, and whether a proxy answers in the provider's place"


def not_a_stream(body: bytes, offset: int, content_type: str | None = None) -> Halt:
    """The farewell for such a body."""
    text = mask(body[:ENOUGH].decode("utf-8", "replace")[:SHOWN])
    page = body[:1] == b"<"
    kind = "a page of HTML or XML" if page else "text that is no event stream and no JSON"
    raw = {"body": text}
    if content_type is not None:
        raw["content_type"] = content_type
    return Halt(
        error=ErrorInfo(
            kind="wire",
            code="not_a_stream",
            message=f"the answer is {kind}; it begins: {printable(text, SHOWN)}",
            offset=offset,
            retryable=False,
            hint=_PAGE if page else _TEXT,
            raw=raw,
        )
    )
