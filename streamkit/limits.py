"""Every bound that streamkit keeps, with its unit and its reason.

A bound that is reached ends the stream with `LimitExceeded`, `depth` alone only a call; everything before it has been
delivered by then.
"""

import msgspec

from streamkit.errors import UsageError

__all__ = ["DEFAULT_LIMITS", "Limits"]

MIB = 1024 * 1024


class Limits(msgspec.Struct, kw_only=True, frozen=True):
    """Bounds for one stream. The defaults are generous: no recorded healthy stream comes near them.

    Attributes:
        line: bytes in one line.
        frame: bytes in one frame (event, document or binary message).
        item: characters in one output item, media included.
        text: characters of text and reasoning in the whole response.
        arguments: characters in the arguments of one tool call.
        items: output items in one response.
        held: events or frames held back at once.
        depth: levels of nesting of JSON in arguments; deeper ones are not parsed, and their call is `invalid`.
        expansion: how many times larger than its compressed bytes a body may grow.
        body: bytes of a compressed body after decompression.

    Raises:
        UsageError: a bound is no whole number above 0.
    """

    line: int = 64 * MIB
    """Bytes in one line; whole-response frames of several MB are real (A23)."""
    frame: int = 64 * MIB
    """Bytes in one frame (event, document or binary message)."""
    item: int = 256 * MIB
    """Characters in one output item, media included."""
    text: int = 256 * MIB
    """Characters of text and reasoning in the whole response."""
    arguments: int = 64 * MIB
    """Characters in the arguments of one tool call (J06)."""
    items: int = 10_000
    """Output items in one response."""
    held: int = 1_000
    """Events or frames held back at once, to restore an order or to recognise a dialect."""
    depth: int = 200
    """Nesting depth of JSON in arguments (J05); what is deeper ends its call, not the stream."""
    expansion: int = 1_000
    """How many times larger than its compressed bytes a body may grow (J08); judged behind every KiB of them."""
    body: int = 1024 * MIB
    """Bytes of a compressed body after decompression (J08); a plain body is bounded by what is kept of it."""

    def __post_init__(self) -> None:
        """Refuse what bounds nothing."""
        for name in self.__struct_fields__:
            bound: object = getattr(self, name)
            if not isinstance(bound, int) or isinstance(bound, bool) or bound < 1:
                raise UsageError(f"Limits({name}={bound!r}) is not allowed: a whole number above 0")


DEFAULT_LIMITS = Limits()
