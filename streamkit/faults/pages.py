"""What a page of HTML says to its reader, where one came in place of an error: its title, else its first words.

A page may be long, cut anywhere, and no good HTML: it is gone through once, from left to right, and never refused.
"""

import re
from collections.abc import Iterator

from streamkit.lazy_patterns import LazyPattern

__all__ = ["words_of_page"]

LONGEST = 200
"""Characters of a page's words that are given."""

INLINE = frozenset({"a", "abbr", "b", "code", "em", "font", "i", "kbd", "small", "span", "strong", "tt", "u", "wbr"})
"""Tags that may stand within a word."""

_PAGE = re.compile(
    r"\s*<(?:!--|\?xml|(?:!doctype|html|head|body|title|center|script|style|meta|h1)(?![\w-]))", re.IGNORECASE
)
_TITLE = LazyPattern(r"<(?:title|h1)[^>]{0,200}>\s*+([^<]{1,200}+)</(?:title|h1)", re.IGNORECASE)
_PIECES = LazyPattern(
    r"""
    <!--.*?(?:-->|\Z)
    | <(?P<unseen>script|style|template)\b.*?(?:</(?P=unseen)\b[^>]*(?:>|\Z)|\Z)
    | </?(?P<tag>[a-z][a-z0-9]*+)(?:=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))|[^>])*+(?:>|\Z)
    | <[/!?][^>]*(?:>|\Z)
    | (?P<text>[^<]+|<)
    """,
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
"""A page as pieces, of which each takes the rest where its end is missing: no character is looked at twice."""


def words_of_page(text: str) -> str | None:
    """The title or the first visible words of a page of HTML, empty where it has none; None where it is no page."""
    if not _PAGE.match(text):
        return None
    title = _TITLE.search(text)
    return (_plain(title[1]) if title else "") or _plain("".join(_visible(text)))


def _visible(text: str) -> Iterator[str]:
    """The text between the tags, as much of it as is needed."""
    length = 0
    for piece in _PIECES.compiled.finditer(text):
        shown = piece["text"]
        if shown is None:
            yield "" if (piece["tag"] or "").lower() in INLINE else " "
        else:
            yield shown
            length += len(shown.strip())
        if length > 2 * LONGEST:
            break


def _plain(text: str) -> str:
    """Text without entities and odd spaces, cut between two words: half a secret would not be known for one."""
    from html import unescape  # noqa: PLC0415 - heavy, and seldom needed

    words = " ".join(unescape(text).split())
    if len(words) <= LONGEST:
        return words
    whole = words[: LONGEST + 1].rpartition(" ")[0]
    return f"{whole} …" if whole else ""
