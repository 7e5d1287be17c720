"""Request headers: what is sent by default, what may be sent at all (J03), what stays with its host."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import cast

from streamkit.errors import UsageError

__all__ = ["NEUTRAL", "checked", "must_be_text", "standing", "without_credentials"]

NEUTRAL = frozenset({"accept", "accept-encoding", "accept-language", "content-type", "user-agent"})
"""Headers that may follow a redirect to another host; every other one could say who is asking."""

ANTHROPIC_VERSION = "2023-06-01"
"""The revision of the Messages API that the decoder is written after."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def standing(dialect: str | None) -> dict[str, str]:
    """The headers that every request of a dialect has unless the caller says otherwise.

    No compression is asked for: it delays tokens and saves little.
    """
    headers = {
        "accept": "text/event-stream",
        "accept-encoding": "identity",
        "content-type": "application/json",
        "user-agent": f"streamkit/{_version()}",
    }
    if dialect == "anthropic":
        headers["anthropic-version"] = ANTHROPIC_VERSION
    return headers


def checked(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers with their names in lower case.

    Raises:
        UsageError: a name or value that cannot be sent; it says where and which character, never the value (J03).
    """
    out: dict[str, str] = {}
    given = cast("object", headers)
    if not isinstance(given, Mapping):
        raise UsageError(f"`headers` must be a mapping of names to values, not {type(given).__name__}")
    for name, value in headers.items():
        must_be_text(name, "a name in `headers`")
        must_be_text(value, f"the value of header {name}")
        if not _NAME.fullmatch(name):
            raise UsageError(f"{name!r} cannot be the name of a header")
        for position, character in enumerate(value):
            if not (" " <= character <= "~" or character == "\t"):
                known = unicodedata.name(character, "control character")
                raise UsageError(
                    f"the value of header {name} has U+{ord(character):04X} ({known}) at position {position}; "
                    "only ASCII can be sent. Was it pasted?"
                )
        if value != value.strip():
            raise UsageError(f"the value of header {name} begins or ends with a space")
        out[name.lower()] = value
    return out


def must_be_text(given: object, what: str) -> None:
    """Refuse anything but a string.

    Raises:
        UsageError: it is something else; `what` names it.
    """
    if not isinstance(given, str):
        raise UsageError(f"{what} must be a string, not {type(given).__name__}")


def without_credentials(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that another host may see."""
    return {name: value for name, value in headers.items() if name in NEUTRAL}


@cache
def _version() -> str:
    try:
        return version("streamkit-llm")
    except PackageNotFoundError:
        return "0"
