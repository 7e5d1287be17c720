"""Token counts of every spelling, as one `Usage` (C23-C29, J13).

The meaning of the fields is the same for every dialect: input includes what was read from or written to a cache, output
includes reasoning, unknown is None. What the wire counts otherwise is added up here:

- Anthropic and Bedrock leave cached tokens out of `input_tokens`, unless a total shows that they are in it.
- Gemini leaves thoughts out of the candidates' count, and tool-use prompts out of the prompt's.
- xAI's chat endpoint leaves reasoning out of `completion_tokens`; the total shows it (C27).
"""

import math
from typing import Final

from streamkit.events import QuirkSeen
from streamkit.items import Usage
from streamkit.jsontypes import Json, JsonObject, is_object
from streamkit.quirks.counting import (
    usage_coerced,
    usage_exclusive_reasoning,
    usage_inconsistent,
    usage_unreadable,
)
from streamkit.quirks.registry import shown

__all__ = ["read_count", "read_usage", "whole_count"]

LARGEST_COUNT = 10**1000
"""Beyond it a number is no count, and sums could become too long to be printed."""
LONGEST_COUNT = 32
"""Characters of a string that may still be a count."""


def _slots(**words: str) -> dict[str, str]:
    return {word: slot for slot, names in words.items() for word in names.split()}


_COUNTS: Final = _slots(
    input="""prompt_tokens input_tokens promptTokenCount inputTokens inputTokenCount input_token_count promptTokens
        prompt_token_count prompt_eval_count total_input_tokens""",
    output="""completion_tokens output_tokens candidatesTokenCount outputTokens outputTokenCount output_token_count
        generated_token_count completionTokens generation_token_count eval_count total_output_tokens
        responseTokenCount generated_tokens""",
    total="total_tokens totalTokenCount totalTokens total_token_count",
    cached="""cached_tokens num_cached_tokens prompt_cache_hit_tokens cache_read_input_tokens cachedContentTokenCount
        cacheReadInputTokens cacheReadInputTokenCount total_cached_tokens cachedInputTokens cache_read_tokens""",
    write="""cache_creation_input_tokens cacheWriteInputTokens cacheWriteInputTokenCount cacheCreationInputTokens
        cache_write_tokens cache_creation_tokens""",
    reasoning="""reasoning_tokens thoughtsTokenCount total_thought_tokens reasoningTokens thinking_tokens
        reasoning_output_tokens""",
    aside="toolUsePromptTokenCount total_tool_use_tokens",
)
"""Members of a usage object and what they count; `aside` is input that the input count leaves out."""

_DETAILS: Final = _slots(
    cached="cached_tokens",
    write="cache_write_tokens cache_creation_tokens",
    reasoning="reasoning_tokens thinking_tokens",
)
_NESTED: Final[dict[str, dict[str, str]]] = {
    "prompt_tokens_details": _DETAILS,
    "prompt_token_details": _DETAILS,
    "input_tokens_details": _DETAILS,
    "input_token_details": _DETAILS,
    "completion_tokens_details": _DETAILS,
    "completion_token_details": _DETAILS,
    "output_tokens_details": _DETAILS,
    "output_token_details": _DETAILS,
    "tokens": _COUNTS,
    "billed_units": {"input_tokens": "billed_input", "output_tokens": "billed_output"},
}
"""Objects inside a usage object. Cohere's `tokens` are what the model saw; `billed_units` count only without them."""

_INPUT_WITHOUT_CACHE: Final = frozenset({"input_tokens", "inputTokens", "inputTokenCount"})
_CACHE_BESIDE_INPUT: Final = frozenset(
    {
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
        "cacheReadInputTokens",
        "cacheReadInputTokenCount",
        "cacheWriteInputTokens",
        "cacheWriteInputTokenCount",
    }
)
_OUTPUT_WITHOUT_THOUGHTS: Final = frozenset({"candidatesTokenCount", "responseTokenCount", "total_output_tokens"})


class _Tally:
    """The counts of one usage object, as found."""

    __slots__ = ("counts", "names", "quirks")

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.names: dict[str, str] = {}
        self.quirks: list[QuirkSeen] = []

    def read(self, payload: JsonObject, table: dict[str, str]) -> None:
        for name, value in payload.items():
            slot = table.get(name)
            if slot is not None:
                if value is not None:
                    self.take(slot, name, value)
            elif is_object(value) and table is _COUNTS and (nested := _NESTED.get(name)) is not None:
                self.read(value, nested)
        lifetimes = payload.get("cache_creation")  # behind all others: the plain count may stand after it
        if is_object(lifetimes):
            self.read_lifetimes(lifetimes)

    def read_lifetimes(self, payload: JsonObject) -> None:
        """Anthropic's cache writes by lifetime; their sum counts where no plain count stands."""
        counts = {name: count for name, value in payload.items() if (count := whole_count(value))}
        if counts and not self.counts.get("write"):
            self.counts["write"] = sum(counts.values())
            for name in counts:
                self.quirks += read_count(name, payload[name])[1]

    def take(self, slot: str, name: str, value: Json) -> None:
        """Of several spellings of one count the first that is not zero holds."""
        if value.__class__ is not int or not 0 <= value <= LARGEST_COUNT:
            count = self.coerce(name, value)
            if count is None:
                return
            value = count
        if not self.counts.get(slot):
            self.counts[slot] = value
            self.names[slot] = name

    def coerce(self, name: str, value: Json) -> int | None:
        """A whole number that is no JSON integer (J13)."""
        count, quirks = read_count(name, value)
        self.quirks += quirks
        return count


def whole_count(value: Json) -> int | None:
    """A count, also where the wire has it as a float or a string (J13); None for what is none."""
    number = value
    if value.__class__ is int:
        return value if 0 <= value <= LARGEST_COUNT else None
    if isinstance(value, str) and len(value) <= LONGEST_COUNT:
        try:
            number = float(value)
        except ValueError:
            return None
    if not isinstance(number, float) or not math.isfinite(number) or number < 0 or not number.is_integer():
        return None
    return int(value) if isinstance(value, str) and value.strip().isdigit() else int(number)


def read_count(name: str, value: Json) -> tuple[int | None, tuple[QuirkSeen, ...]]:
    """The count of this name, and what was odd about it."""
    count = whole_count(value)
    if count is None:
        return None, (usage_unreadable.seen(detail=f"{name}: {shown(value)}"),)
    return count, () if value.__class__ is int else (usage_coerced.seen(detail=f"{name}: {value!r}"),)


def read_usage(payload: Json) -> tuple[Usage | None, tuple[QuirkSeen, ...]]:
    """The counts of a usage object of any dialect, and the quirks seen in it; None where it counts nothing.

    `Usage.raw` is the object as it came.
    """
    if not is_object(payload) or not payload:
        return None, ()
    tally = _Tally()
    tally.read(payload, _COUNTS)
    counts = tally.counts
    if not counts:
        return None, tuple(tally.quirks)
    total, cached, write = counts.get("total"), counts.get("cached"), counts.get("write")
    reasoning = counts.get("reasoning")
    given = counts.get("input")
    consumed = _input(tally, total)
    output = counts.get("output", counts.get("billed_output"))
    if reasoning:
        output = _output(tally, given, output, reasoning, total)
    if reasoning and output is not None and reasoning > output:
        tally.quirks.append(usage_inconsistent.seen(detail=f"{reasoning} reasoning tokens in {output} output tokens"))
    elif output == 0 and total and consumed is not None and total > consumed:
        tally.quirks.append(usage_inconsistent.seen(detail=f"no output tokens in a total of {total}"))
    usage = Usage(
        input_tokens=consumed,
        output_tokens=output,
        total_tokens=total,
        cached_tokens=cached,
        cache_write_tokens=write,
        reasoning_tokens=reasoning,
        raw=payload,
    )
    return usage, tuple(tally.quirks)


def _input(tally: _Tally, total: int | None) -> int | None:
    counts, names = tally.counts, tally.names
    given = counts.get("input", counts.get("billed_input"))
    if given is None:
        return None
    beside = 0
    if names.get("input") in _INPUT_WITHOUT_CACHE:
        for slot in ("cached", "write"):
            if names.get(slot, "cache_creation_input_tokens") in _CACHE_BESIDE_INPUT:
                beside += counts.get(slot, 0)
        if beside and total is not None and total == given + counts.get("output", 0):
            beside = 0
    return given + beside + counts.get("aside", 0)


def _output(tally: _Tally, given: int | None, output: int | None, reasoning: int, total: int | None) -> int | None:
    """Output with reasoning in it, however the wire counts."""
    name = tally.names.get("output", "")
    plain = (given or 0) + tally.counts.get("aside", 0) + (output or 0)
    if output is None:
        return reasoning if tally.names.get("reasoning") in ("thoughtsTokenCount", "total_thought_tokens") else None
    if name in _OUTPUT_WITHOUT_THOUGHTS:
        return output if total is not None and total == plain else output + reasoning
    if total is not None and given is not None and total == plain + reasoning:
        tally.quirks.append(
            usage_exclusive_reasoning.seen(detail=f"{output} output tokens beside {reasoning} of reasoning")
        )
        return output + reasoning
    return output
