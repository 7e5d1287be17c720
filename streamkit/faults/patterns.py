"""The prose by which providers say what went wrong: patterns, no logic (G19, G21, G24).

They run on every message of an error, from the outermost to the deepest (G23).
"""

import re
from typing import Final

from streamkit.faults.words import Verdict
from streamkit.lazy_patterns import LazyPattern

__all__ = [
    "BLANK_OVERFLOW_HOSTS",
    "BLANK_OVERFLOW_STATUSES",
    "CONTENT_PATTERNS",
    "LATE_PATTERNS",
    "NOT_OVERFLOW_PATTERNS",
    "OVERFLOW_PATTERNS",
    "QUOTA_PATTERNS",
    "TEMPLATE_PATTERNS",
    "any_of",
]


def any_of(*patterns: str) -> LazyPattern:
    """One pattern that matches where any of these does, without case."""
    return LazyPattern("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


OVERFLOW_PATTERNS: Final = any_of(
    r"prompt (?:is )?too long",
    r"(?:input|request|prompt|message|conversation) (?:\w{1,30} ){0,3}(?:is |are )?"
    r"too (?:long|large) for (?:the |this )?(?:requested )?model",
    r"maximum (?:allowed )?(?:context|prompt|input|sequence|model) (?:length|window|size)",
    r"(?:exceed\w{0,10}|larger than|longer than|greater than|over|beyond|out of|outside) "
    r"(?:of )?(?:the |this |its |your |available )*"
    r"(?:\w{1,30}['’]s )?(?:\w{1,30} )?(?:context|token) (?:length|window|size|limit)",
    r"context[ _](?:length|window|size)[ _]*(?:limit )?"
    r"(?:is |was |has been |would be )?(?:exceed|overflow|full|reached)",
    r"context overflow",
    r"input token count .{0,60}exceeds",
    r"input (?:is )?longer than the model",
    r"input length and `?max_tokens`? exceed",
    r"reduce the length of the (?:messages|prompt|input)",
    r"(?:prompt|input) (?:tokens?|length) .{0,60}exceeds?",
    r"too many (?:input |prompt )?tokens (?:in|for)",
    r"exceeds? (?:the )?(?:model|maximum)(?:['’]s)? (?:allowed )?(?:number of |input )*(?:tokens|input length)",
    r"input is too long",
    r"when (?:the )?context (?:the )?overflows",
    r"loaded with (?:a )?context length of only",
    r"too many tokens: ",
    r"inputs`? (?:tokens \+ `?max_new_tokens`? must be|must have less than \d)",
    r"range of input length should be",
    r"token limit exceeded",
)
"""Texts of a request that does not fit the context window, collected from what providers answer (G19)."""

NOT_OVERFLOW_PATTERNS: Final = any_of(
    r"rate[ _-]?limit",
    r"too many requests",
    r"throttl",
    r"per (?:minute|min|day|hour|second)\b",
    r"\b(?:TPM|RPM|TPD|RPD)\b",
    r"service unavailable",
)
"""What makes an overflow text one about rates after all."""

BLANK_OVERFLOW_STATUSES: Final = frozenset({400, 413})
BLANK_OVERFLOW_HOSTS: Final = ("cerebras.ai",)
"""Hosts that answer an overflow with an empty 400 or 413 (G19)."""

TEMPLATE_PATTERNS: Final = any_of(
    r"\bjinja\d?\b",
    r"(?:rendering|applying|parsing|in) (?:the )?(?:prompt|chat)[ _-]template",
    r"(?:chat|prompt)[ _-]template .{0,40}(?:error|exception|failed)",
)
"""The server could not render the prompt: its fault, and no retry helps (G21)."""

QUOTA_PATTERNS: Final = any_of(
    r"exceeded your current quota",
    r"credit balance is too low",
    r"(?:insufficient|not enough|no|out of) (?:account )?(?:credit|balance|fund|quota)s?\b",
    r"usage limit (?:has been |was )?reached",
    r"hit your (?:\w{1,30} )?usage limit",
    r"payment required",
    r"billing (?:hard )?limit",
    r"requires more credits",
    r"free (?:tier|usage) .{0,30}exhausted",
)
"""Credit or quota is used up, whatever code that is filed under."""

CONTENT_PATTERNS: Final = any_of(
    r"content management policy",
    r"content[ _](?:filter|policy|moderation)",
    r"violat\w{1,10} (?:of )?(?:our|the|openai['’]s|usage) (?:\w{1,30} )?polic",
    r"flagged (?:as|by|for)",
    r"responsible ai",
    r"usage guidelines",
    r"inappropriate content",
)
"""A filter stopped the request or the answer."""

LATE_PATTERNS: Final[tuple[tuple[LazyPattern, Verdict], ...]] = (
    (
        any_of(r"rate[ _-]?limit", r"too many requests", r"throttl", r"resource exhausted", r"slow down"),
        ("rate_limited", None),
    ),
    (
        any_of(
            r"overload",
            r"over capacity",
            r"high (?:demand|load|traffic)",
            r"temporarily (?:unavailable|limited)",
            r"(?:service|server) (?:is )?(?:\w{1,30} )?unavailable",
            r"internal (?:server )?error",
            r"bad gateway",
            r"timed? ?out",
            r"try again (?:later|in)",
            r"upstream (?:connect|request|error|provider)",
            r"provider (?:disconnected|returned error)",
        ),
        ("overloaded", None),
    ),
    (
        any_of(
            r"(?:invalid|incorrect|missing|expired|no) (?:api[ _-]?key|token|credential)",
            r"unauthori[sz]ed",
            r"authenticat",
            r"permission",
        ),
        ("entitlement", None),
    ),
    (
        any_of(r"not found", r"invalid (?:request|value|parameter|argument|input)", r"unsupported", r"field required"),
        ("invalid_request", None),
    ),
)
"""Prose, looked at last: where no code, no status and no stronger pattern decided."""
