"""Deviations that only a profile lets anybody act upon: by default what came is passed on as it came (D, E, F)."""

from collections.abc import Iterator

from streamkit.quirks.registry import quirk
from streamkit.quirks.tape import Edit, Tape

__all__ = [
    "cumulative_content",
    "prefill_echo",
    "promoted_reasoning",
    "reasoning_repeat",
    "tool_args_missing_required",
    "tool_args_nested_string",
    "tool_args_prefixed",
]

ASKED = "a profile must ask for it"


@quirk(
    "any",
    effect="repaired",
    catalogue="F07",
    sources=["DashScope without incremental output", "coding-plan endpoints"],
    nowhere=ASKED,
)
def cumulative_content(_: Tape) -> Iterator[Edit]:
    """Each piece holds the whole text so far; only what is new is given out."""
    return iter(())


@quirk("any", effect="repaired", catalogue="F16", sources=["xAI"], nowhere=ASKED)
def prefill_echo(_: Tape) -> Iterator[Edit]:
    """The first piece of text repeats the assistant message that the request ended with; it is left out."""
    return iter(())


@quirk("any", effect="guessed", catalogue="E16", fields=("reasoning",), sources=["early Grok models"], nowhere=ASKED)
def reasoning_repeat(_: Tape) -> Iterator[Edit]:
    """A piece of reasoning equals the one before it: a placeholder, left out."""
    return iter(())


@quirk(
    "any",
    effect="guessed",
    catalogue="E21",
    fields=("text", "reasoning"),
    sources=["xAI", "Nemotron", "Azure DeepSeek"],
    nowhere=ASKED,
)
def promoted_reasoning(_: Tape) -> Iterator[Edit]:
    """The answer came in the reasoning channel and nothing else came; it is moved into the text."""
    return iter(())


@quirk(
    "any",
    effect="guessed",
    catalogue="D51",
    fields=("tool_calls",),
    sources=["Moonshot", "small models"],
    nowhere=ASKED,
)
def tool_args_nested_string(_: Tape) -> Iterator[Edit]:
    """An argument is JSON text where the tool's schema wants an array or an object; it is decoded."""
    return iter(())


@quirk(
    "any",
    effect="lossy",
    catalogue="D22",
    fields=("tool_calls", "dropped_calls"),
    sources=["SGLang"],
    nowhere=ASKED,
)
def tool_args_missing_required(_: Tape) -> Iterator[Edit]:
    """A call lacks arguments that its tool's schema requires; it must not be run."""
    return iter(())


@quirk(
    "any",
    effect="guessed",
    catalogue="D21",
    fields=("tool_calls", "dropped_calls"),
    sources=["vLLM's Messages endpoint"],
    nowhere=ASKED,
)
def tool_args_prefixed(_: Tape) -> Iterator[Edit]:
    """The first bytes of a call's arguments were lost; with `{"` before them they parse and fit the tool's schema."""
    return iter(())
