"""What is worth knowing about an answer that is over, beyond how it ended (C07, C13, C41, C42, B15, D37, J02, J11).

Looked for once, when everything has arrived; nothing is changed by it.
"""

import re
from collections.abc import Iterable, Iterator

from streamkit.events import QuirkSeen, ResponseFinished
from streamkit.items import Item
from streamkit.quirks.endings import calls_missing
from streamkit.quirks.remarks import (
    budget_spent_on_reasoning,
    commentary_only,
    harmony_suspected,
    invisible_text,
    nul,
    reasoning_only,
    replacement_char,
)
from streamkit.response import ASIDE_PHASES, Choice, Response, finishes_of

__all__ = ["remarks", "unremarkable"]

ANALYSIS = "analysis"
GLUED = re.compile(r"\s*analysis\S.*assistantfinal", re.DOTALL)
"""Channels of the harmony format whose markers a server has dropped."""

OWN_REPLACEMENTS = frozenset({"lone_surrogate", "invalid_utf8"})
"""Quirks that put U+FFFD into text themselves."""


def remarks(response: Response) -> Iterator[QuirkSeen]:
    """The notes on an answer that has ended."""
    yield from _silence(response)
    yield from _nothing_to_run(response)
    text = response.text
    if text and not response.visible and not response.tool_calls:
        yield invisible_text.seen(detail=repr(text[:100]))
    if text.lstrip().startswith(ANALYSIS) and GLUED.match(text):
        yield harmony_suspected.seen(detail=text[:100])
    everything = "".join(item.text + item.reasoning for item in response.items)
    if "\0" in everything:
        yield nul.seen(detail=f"{everything.count(chr(0))} characters")
    if "\ufffd" in everything and not any(quirk.id in OWN_REPLACEMENTS for quirk in response.quirks):
        yield replacement_char.seen(detail=f"{everything.count(chr(0xFFFD))} characters")


def unremarkable(items: Iterable[Item], finished: ResponseFinished | None) -> bool:
    """Whether there is surely no note, told without a response: the one choice says something, as most answers do.

    A text that begins with a letter or digit is visible, and no comment; what else `remarks` looks for is not there.
    """
    if finished is not None and any(reason == "tool_calls" for _, reason, _ in finishes_of(finished)):
        return False
    text = ""
    for item in items:
        said, thought = item.text, item.reasoning
        if item.choice or item.phase or "\0" in said or "\ufffd" in said or "\0" in thought or "\ufffd" in thought:
            return False
        if said and text and len(text) < len(ANALYSIS):  # the word may go on in this item
            return False
        text = text or said.lstrip()
    return text[:1].isalnum() and not text.startswith(ANALYSIS)


def _nothing_to_run(response: Response) -> Iterator[QuirkSeen]:
    """Finish reasons that promise calls, and no call that could be meant, of whatever kind."""
    for choice in response.choices or (response,):
        if choice.finish_reason == "tool_calls" and not (choice.tool_calls or choice.dropped_calls):
            index = choice.index if isinstance(choice, Choice) else 0
            kinds = {item.type for item in response.items if item.choice == index}
            if kinds <= {"message", "reasoning"}:
                yield calls_missing.seen(detail=f"choice {index}: {choice.raw_finish_reason}")


def _silence(response: Response) -> Iterator[QuirkSeen]:
    """An answer without a visible word, and what there is instead."""
    if response.text or response.refusal or response.tool_calls or response.dropped_calls:
        return
    if response.needs_continuation and response.finish_reason == "stop":
        yield reasoning_only.seen(detail=f"{len(response.reasoning)} characters of reasoning")
    elif response.finish_reason == "length" and response.thought:
        yield budget_spent_on_reasoning.seen(detail=f"{len(response.reasoning)} characters of reasoning")
    if response.finish_reason == "stop" and any(item.phase in ASIDE_PHASES for item in response.items):
        yield commentary_only.seen()
