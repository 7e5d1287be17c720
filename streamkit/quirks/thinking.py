"""Deviations in how thinking is marked inside visible text (group E)."""

from collections.abc import Iterable, Iterator

from streamkit.jsontypes import Json
from streamkit.quirks.registry import quirk
from streamkit.quirks.tape import Edit, Tape, TapeFrame

__all__ = [
    "blank_text_dropped",
    "think_block",
    "think_inline_pair",
    "think_opener_missing",
    "think_unterminated",
]

TEXTS = ("chat", "completions", "replicate", "watsonx")
"""Dialects behind which raw open-weight models speak: their text may hold think blocks."""


def delta_of(payload: Json) -> tuple[Json, str]:
    """The object of a chat or Ollama payload that holds `content`, and that text; (None, "") where there is none."""
    for path in (("choices", 0, "delta"), ("message",)):
        holder: Json = payload
        try:
            for step in path:
                holder = holder[step]
            text: Json = holder.get("content")
        except (AttributeError, LookupError, TypeError):
            continue
        return holder, text if isinstance(text, str) else ""
    return None, ""


def contents(tape: Tape) -> Iterator[tuple[TapeFrame, str]]:
    """The frames of the first choice that hold visible text, and that text."""
    for frame in tape.frames:
        if text := delta_of(frame.json)[1]:
            yield frame, text


def rewritten(tape: Tape, frame: TapeFrame, text: str, note: str) -> Edit:
    """The edit that puts another visible text into a frame."""
    payload = frame.json
    delta_of(payload)[0]["content"] = text
    return tape.replace(frame, payload, note)


@quirk(
    *TEXTS,
    effect="repaired",
    catalogue=("E02", "E05", "E06", "E07", "E09", "E10", "E31"),
    sources=("PA pydantic_ai_slim _parts_manager.py", "LL#14121", "vllm-project/vllm#45687"),
)
def think_block(tape: Tape) -> Iterable[Edit]:
    """A think block stands in the visible text; its words go to the reasoning channel.

    White space directly behind the block goes with it, up to the first visible character.
    """
    first = next(contents(tape), None)
    if first and not first[1][:1].isspace() and "<" not in first[1]:
        for block in ("<think></think>", "<Think>\n\n</THINK>\n\n", "<mm:think> </mm:think>\n"):
            yield rewritten(tape, first[0], block + first[1], f"empty block {block!r}")


@quirk(
    *TEXTS,
    effect="guessed",
    fields=("text", "reasoning", "items"),
    catalogue="E01",
    sources=("H#8878", "H#9568", "H#10408"),
)
def think_unterminated(tape: Tape) -> Iterable[Edit]:
    """A think block is opened and never closed: everything behind the opener is reasoning."""
    for frame, text in contents(tape):
        if "<" not in text:
            yield rewritten(tape, frame, f"{text}\n<think>", "opener without closer")


@quirk(
    *TEXTS,
    effect="guessed",
    fields=("text", "reasoning", "items"),
    catalogue="E04",
    sources=("waybarrios/vllm-mlx#725", "nbramia/LifeOS#568"),
)
def think_opener_missing(tape: Tape) -> Iterable[Edit]:
    """Only the closing tag of a think block arrives: the text before it was reasoning."""
    first = next(contents(tape), None)
    if first and not first[1][:1].isspace() and "<" not in first[1]:
        yield rewritten(tape, first[0], f"Let me see.\n</think>\n\n{first[1]}", "closer without opener")


@quirk(
    *TEXTS,
    effect="guessed",
    fields=("text", "reasoning", "items"),
    catalogue="E03",
    sources=("H agent/think_scrubber.py",),
)
def think_inline_pair(tape: Tape) -> Iterable[Edit]:
    """A think block opens in the middle of a line and is closed later: what stood between the tags was reasoning."""
    for frame, text in contents(tape):
        if text.rpartition("\n")[2].strip() and "<" not in text and "`" not in text:
            yield rewritten(tape, frame, f"{text}<think>hm</think>", "pair in mid-line")


@quirk(
    "chat",
    effect="lossy",
    fields=("text", "items"),
    catalogue="E09",
    sources=("PA pydantic_ai_slim _parts_manager.py",),
)
def blank_text_dropped(tape: Tape) -> Iterable[Edit]:
    """Text of nothing but white space beside reasoning or a call, in an answer with think blocks, is not given out."""
    frames = [(frame, payload) for frame in tape.frames if has_calls(payload := frame.json)]
    if len(frames) > 1 and not any(contents(tape)):
        from copy import deepcopy  # noqa: PLC0415 - for planting only

        (first, block), (second, blank) = deepcopy(frames[0]), frames[1]
        holder = delta_of(block)[0]
        del holder["tool_calls"]
        holder["content"] = "<think></think>"
        delta_of(blank)[0]["content"] = "\n\n"
        parts = (
            tape.encode(block, first.event),
            tape.data[first.start : second.start],
            tape.encode(blank, second.event),
        )
        yield Edit(first.start, second.end, b"".join(parts), "blank text between pieces of calls")


def has_calls(payload: Json) -> bool:
    """Whether a payload holds pieces of tool calls."""
    holder = delta_of(payload)[0]
    return holder is not None and bool(holder.get("tool_calls"))
