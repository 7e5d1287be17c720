"""Deviations in usage objects (C26-C28, J13)."""

from collections.abc import Callable, Iterator

from streamkit.jsontypes import Json, JsonObject, is_object
from streamkit.quirks.registry import quirk
from streamkit.quirks.tape import Edit, Tape

__all__ = ["usage_coerced", "usage_exclusive_reasoning", "usage_inconsistent", "usage_unreadable"]


def _usages(tape: Tape, change: Callable[[JsonObject], bool]) -> Iterator[Edit]:
    """One edit for each frame with a chat usage object that `change` alters; it says whether it did."""

    def alter(payload: Json) -> Json | None:
        usage = payload.get("usage") if is_object(payload) else None
        if not is_object(usage) or not isinstance(usage.get("prompt_tokens"), int):
            return None
        return payload if change(usage) else None

    yield from tape.rewrite(alter)


@quirk("any", effect="repaired", catalogue="J13")
def usage_coerced(tape: Tape) -> Iterator[Edit]:
    """Token counts come as strings or floats; whole numbers are read all the same."""

    def change(usage: JsonObject) -> bool:
        usage["prompt_tokens"] = str(usage["prompt_tokens"])
        return True

    yield from _usages(tape, change)


@quirk("any", effect="lossy", catalogue="J13", fields=("usage",))
def usage_unreadable(tape: Tape) -> Iterator[Edit]:
    """A token count is no number (true, negative, a word, infinite); it counts as unknown."""

    def change(usage: JsonObject) -> bool:
        usage["prompt_tokens"] = True
        return True

    yield from _usages(tape, change)


@quirk("any", effect="guessed", catalogue=("C26", "C28"), fields=("usage",))
def usage_inconsistent(tape: Tape) -> Iterator[Edit]:
    """Token counts contradict each other (more reasoning than output, no output in a larger total); kept as sent."""

    def change(usage: JsonObject) -> bool:
        output = usage.get("completion_tokens")
        if not isinstance(output, int) or usage.get("total_tokens") != usage["prompt_tokens"] + output:
            return False
        usage["completion_tokens_details"] = {"reasoning_tokens": output + 4}
        return True

    yield from _usages(tape, change)


@quirk("chat", "responses", effect="repaired", catalogue="C27", sources=["xAI chat completions"])
def usage_exclusive_reasoning(tape: Tape) -> Iterator[Edit]:
    """Reasoning tokens stand outside the output count (the total shows it); they are added to the output."""

    def change(usage: JsonObject) -> bool:
        details = usage.get("completion_tokens_details")
        reasoning = details.get("reasoning_tokens") if is_object(details) else None
        output, total = usage.get("completion_tokens"), usage.get("total_tokens")
        if not reasoning or not isinstance(output, int) or reasoning > output:
            return False
        if total != usage["prompt_tokens"] + output:
            return False
        usage["completion_tokens"] = output - reasoning
        return True

    yield from _usages(tape, change)
