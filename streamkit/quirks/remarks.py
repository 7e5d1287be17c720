"""What is worth knowing about an answer that broke no rule: nothing is changed by it (groups B to G, J)."""

from collections.abc import Iterator

from streamkit.quirks.registry import quirk
from streamkit.quirks.tape import Edit, Tape

__all__ = [
    "budget_spent_on_reasoning",
    "commentary_only",
    "cumulative_suspected",
    "harmony_suspected",
    "input_exceeds_window",
    "invisible_text",
    "length_suspect",
    "nul",
    "reasoning_only",
    "replacement_char",
]

SAID = "it lies in what the model said: planted, it would be another answer"
ASKED = "it takes what the request asked for, which a recording does not have"


@quirk(
    "any",
    effect="harmless",
    catalogue=("C07", "E21"),
    sources=["Codex models", "Kimi", "Gemini", "Nemotron"],
    advice="`response.needs_continuation` is true: go on. `Profile(answer_in_reasoning=True)` takes it as the answer.",
    nowhere=SAID,
)
def reasoning_only(_: Tape) -> Iterator[Edit]:
    """The answer ended well with reasoning and nothing else; reasoning is never taken for the answer by itself."""
    return iter(())


@quirk(
    "any",
    effect="harmless",
    catalogue="C42",
    sources=["reasoning models with small caps"],
    advice="Raise the cap on output tokens; the same request would spend it on reasoning again.",
    nowhere=SAID,
)
def budget_spent_on_reasoning(_: Tape) -> Iterator[Edit]:
    """The length cap was reached before the first visible character: all of it went into reasoning."""
    return iter(())


@quirk(
    "any",
    effect="harmless",
    catalogue="C41",
    sources=["Gemini"],
    advice="`response.visible` is false: treat the answer as an empty one (`response.empty`).",
    nowhere=SAID,
)
def invisible_text(_: Tape) -> Iterator[Edit]:
    """The answer's text has no character that a reader would see; it is kept byte for byte."""
    return iter(())


@quirk(
    "responses",
    effect="harmless",
    catalogue="B15",
    sources=["Codex models"],
    advice="No final answer and no call came: ask the model to go on.",
    nowhere=SAID,
)
def commentary_only(_: Tape) -> Iterator[Edit]:
    """All messages are commentary, none is the answer, and nothing was called."""
    return iter(())


@quirk("any", effect="harmless", catalogue="J02", sources=["llama.cpp", "MLC"], nowhere=SAID)
def replacement_char(_: Tape) -> Iterator[Edit]:
    """Text holds U+FFFD that the server had put there; it is passed on, what it stood for cannot be known."""
    return iter(())


@quirk(
    "any",
    effect="harmless",
    catalogue="J11",
    sources=["local models"],
    advice="`streamkit.cleaning.storable` makes a copy that databases and C strings take.",
    nowhere=SAID,
)
def nul(_: Tape) -> Iterator[Edit]:
    """Text holds NUL characters, which many stores refuse; it is passed on unchanged."""
    return iter(())


@quirk("chat", effect="harmless", catalogue="D37", sources=["gpt-oss on llama.cpp and others"], nowhere=SAID)
def harmony_suspected(_: Tape) -> Iterator[Edit]:
    """Text reads like channels without their markers, glued together (`analysis…assistantfinal…`); it is left so."""
    return iter(())


@quirk(
    "chat",
    "ollama",
    effect="harmless",
    catalogue=("F07", "F08"),
    sources=["DashScope without incremental output", "coding-plan endpoints", "SGLang"],
    advice="If the provider does send the whole text so far each time, use `Profile(cumulative=True)`.",
    nowhere=SAID,
)
def cumulative_suspected(_: Tape) -> Iterator[Edit]:
    """The first pieces of text each repeat and extend the one before; they are joined as ever all the same."""
    return iter(())


@quirk(
    "any",
    effect="harmless",
    catalogue="C43",
    sources=["KoboldCpp"],
    advice="The answer is probably complete: a stop string ended it.",
    nowhere=ASKED,
)
def length_suspect(_: Tape) -> Iterator[Edit]:
    """The finish reason is `length` although fewer tokens were generated than asked for; it is left so."""
    return iter(())


@quirk(
    "any",
    effect="harmless",
    catalogue="G19",
    sources=["Z.ai"],
    advice="The provider cut the input silently: shorten the conversation.",
    nowhere=ASKED,
)
def input_exceeds_window(_: Tape) -> Iterator[Edit]:
    """More input tokens were counted than the model's window holds, and no error was sent."""
    return iter(())
