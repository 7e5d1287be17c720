"""A model's own markup in visible text: calls that no parser took, channels that were not split (D32-D35, D37)."""

from collections.abc import Iterator

from streamkit.quirks.chat import choice_of, text_frames
from streamkit.quirks.registry import quirk
from streamkit.quirks.tape import Edit, Tape

__all__ = ["harmony_in_content", "leaked_call_recovered", "leaked_tool_markup", "markup_in_reasoning"]

KIMI = (
    "<|tool_calls_section_begin|><|tool_call_begin|>functions.ls:0<|tool_call_argument_begin|>{}<|tool_call_end|>"
    "<|tool_calls_section_end|>"
)
DEEPSEEK = "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>ls<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
HERMES = '\n<tool_call>\n{"name":"ls","arguments":{}}\n</tool_call>'


@quirk(
    "chat",
    "completions",
    "watsonx",
    "replicate",
    "responses",
    effect="lossy",
    catalogue=("D32", "D33", "D34", "D35"),
    fields=("status", "finish_reason", "text"),
    sources=["Kimi K2, DeepSeek and Qwen on third-party hosts", "Codex models on relays"],
    advice="The server has no parser for this model's calls: set one up, or use `Profile(recover_calls=True)`.",
)
def leaked_tool_markup(tape: Tape) -> Iterator[Edit]:
    """A call stands in the visible text as the model writes it; it is kept out of the text, and is in the quirk's data.

    A marker counts where what follows it can be a call, or where the answer ends there; else it is prose. Nothing is
    called because of it. The answer counts as incomplete unless calls came in the proper way, too. Where a whole
    message is such a call without markers (`to=functions.…`), the text stays where it is.
    """
    found = [(frame, payload, choice) for frame, payload, choice, _ in text_frames(tape)]
    finishing = any(b'"finish_reason":"stop"' in frame.data.replace(b" ", b"") for frame in tape.frames)
    if tape.dialect == "chat" and found and finishing and b"`" not in tape.data and b"<" not in tape.data:
        frame, payload, choice = found[-1]
        for markup in (KIMI, DEEPSEEK, HERMES):
            said = tape.frames[frame.index].json["choices"][0]["delta"]["content"]
            choice["delta"]["content"] = said + markup
            yield tape.replace(frame, payload)


@quirk(
    "any",
    effect="guessed",
    catalogue=("D34", "D32", "D33"),
    fields=("reasoning", "items"),
    sources=["Qwen and Kimi models on vLLM, llama.cpp and LM Studio"],
    advice="The model began a call before it had ended its reasoning; ask again, or have the server parse it.",
    known_in=("chat",),
)
def markup_in_reasoning(tape: Tape) -> Iterator[Edit]:
    """A call stands in the reasoning as the model writes it; it stays there, nothing is called because of it.

    The quirk's data has it by itself.
    """
    for frame in tape.frames:
        payload = frame.json
        choice = choice_of(payload) if tape.dialect == "chat" and b"<" not in tape.data else None
        thought = choice["delta"].get("reasoning_content") if choice is not None else None
        if choice is not None and isinstance(thought, str) and thought:
            choice["delta"]["reasoning_content"] = thought + HERMES
            yield tape.replace(frame, payload)


@quirk(
    "chat",
    "completions",
    "watsonx",
    "replicate",
    effect="guessed",
    catalogue=("D32", "D33", "D34"),
    fields=("tool_calls", "finish_reason"),
    nowhere="a profile must ask for it",
)
def leaked_call_recovered(_: Tape) -> Iterator[Edit]:
    """A complete call to an offered tool was read from the model's own markup in the text."""
    return iter(())


@quirk(
    "chat",
    "completions",
    "watsonx",
    "replicate",
    effect="repaired",
    catalogue="D37",
    sources=["gpt-oss on llama.cpp", "LM Studio", "MLX servers"],
)
def harmony_in_content(tape: Tape) -> Iterator[Edit]:
    """Channel markers stand in the text: `analysis` is reasoning, `commentary` an aside, `final` the answer."""
    found = list(text_frames(tape))
    if tape.dialect == "chat" and found and b"<" not in tape.data and b"tool_calls" not in tape.data:
        frame, payload, choice, text = found[0]
        if not text[:1].isspace():
            choice["delta"]["content"] = f"<|start|>assistant<|channel|>final<|message|>{text}"
            yield tape.replace(frame, payload)
