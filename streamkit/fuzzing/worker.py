"""The process that a function runs in: reads a base URL a line, writes an outcome a line, and may be killed.

`python -m streamkit.fuzzing.worker MODULE:FUNCTION`. What the function prints goes to standard error.
"""

import asyncio
import inspect
import os
import sys
import traceback
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

import msgspec

from streamkit.errors import UsageError
from streamkit.fuzzing.outcomes import Outcome, encoded, outcome_of

__all__ = ["call", "load", "main", "serve"]

LONGEST_MESSAGE = 500
"""Characters of an exception's text."""


def load(place: str) -> Callable[[str], Any]:
    """The function that `module:function` names.

    Raises:
        UsageError: there is none.
    """
    module, _, name = place.partition(":")
    try:
        found: Any = import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as fault:
        raise UsageError(f"{place}: {fault}") from fault
    if not callable(found):
        raise UsageError(f"{place} cannot be called")
    function: Callable[[str], Any] = found
    return function


def call(function: Callable[[str], Any], url: str) -> Outcome:
    """What the function makes of the server at this address; whatever it raises is part of the outcome."""
    try:
        value = function(url)
        if inspect.isawaitable(value):
            value = asyncio.run(_awaited(value))
    except Exception as fault:  # noqa: BLE001 - to raise is one of the things that a client may do
        return Outcome(error="".join(traceback.format_exception_only(fault)).strip()[:LONGEST_MESSAGE])
    return outcome_of(value)


async def _awaited(value: Any) -> Any:
    return await value


def serve(place: str, urls: Iterable[str], say: Callable[[bytes], None]) -> None:
    """Load the function, say so, and say what it makes of each server."""
    try:
        function = load(place)
        say(b"{}")
        for url in urls:
            say(encoded(call(function, url.strip())))
    except UsageError as fault:
        say(msgspec.json.encode({"unusable": str(fault)}))


def main(place: str) -> None:
    """Answer on what was standard output, until standard input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.path.insert(0, os.getcwd())  # noqa: PTH109 - what sys.path takes is a string

    def say(line: bytes) -> None:
        answers.write(line + b"\n")
        answers.flush()

    serve(place, sys.stdin, say)


if __name__ == "__main__":
    main(sys.argv[1])
