"""Deviations in what a call amounts to when it is over: arguments, name, the finish behind it (group D)."""

from collections.abc import Iterator

import msgspec

from streamkit.jsontypes import is_object
from streamkit.quirks.registry import quirk
from streamkit.quirks.tape import Edit, Tape
from streamkit.quirks.tool_tapes import Piece, finishing, rewritten, runs

__all__ = [
    "finish_corrected",
    "parallel_wrapper",
    "tool_args_closed",
    "tool_args_double_encoded",
    "tool_args_empty",
    "tool_args_repaired",
    "tool_args_split",
    "tool_args_suspect",
    "tool_call_dropped",
    "tool_name_cleaned",
    "tool_name_suspect",
    "tool_nameless",
]

CALLS = ("tool_calls", "items")
DROPPED = ("tool_calls", "dropped_calls", "items", "finish_reason")


def _whole(run: list[Piece]) -> str:
    return "".join(piece.text for piece in run)


def _retold(tape: Tape, run: list[Piece], text: str) -> Iterator[Edit]:
    """The call with other arguments, all of them in its first fragment."""

    def change(piece: Piece) -> None:
        piece.function["arguments"] = text if piece is run[0] else ""

    yield from rewritten(tape, run, change)


@quirk(
    "any", effect="guessed", catalogue=("D15", "D22"), fields=CALLS, sources=["vllm-project/vllm#28806", "V#9e35785"]
)
def tool_args_empty(tape: Tape) -> Iterator[Edit]:
    """A call ended without any arguments, or with `null`; they count as `{}`."""
    for run in runs(tape):
        if _whole(run) == "{}":
            for text in ("", "null"):
                yield from _retold(tape, run, text)


@quirk("any", effect="guessed", catalogue="D18", fields=CALLS, sources=["vllm-project/vllm#54964"])
def tool_args_double_encoded(tape: Tape) -> Iterator[Edit]:
    """Arguments are a JSON string that holds the object; it is unwrapped once."""
    for run in runs(tape):
        if _whole(run).startswith("{"):
            yield from _retold(tape, run, msgspec.json.encode(_whole(run)).decode())


@quirk("any", effect="guessed", catalogue="D20", fields=CALLS, sources=["vllm-project/vllm#32152"])
def tool_args_closed(tape: Tape) -> Iterator[Edit]:
    """Closing brackets are missing at the end of a call that ended normally, and nothing else; they are added."""
    for run in runs(tape):
        whole = _whole(run).rstrip()
        if whole.endswith(('"}', "}}", "]}")) and msgspec.json.decode(whole):
            yield from _retold(tape, run, whole[:-1])


@quirk("any", effect="guessed", catalogue=("D23", "D46"), fields=CALLS, sources=["H agent/message_sanitization.py"])
def tool_args_repaired(tape: Tape) -> Iterator[Edit]:
    """Arguments are no JSON by a slip (control characters, trailing commas, excess closers) that has one reading."""
    for run in runs(tape):
        whole = _whole(run).rstrip()
        if whole.endswith("}") and len(whole) > 2:
            yield from _retold(tape, run, whole[:-1] + ",}")
            yield from _retold(tape, run, whole + "}}")


@quirk("chat", effect="guessed", catalogue="D05", fields=CALLS, sources=["dyedd/lens#49"])
def tool_args_split(tape: Tape) -> Iterator[Edit]:
    """The arguments of several calls came on the first one; they are handed out in order."""
    calls = runs(tape)
    for run in calls[1:]:
        restated = any(piece.text == _whole(calls[0]) for piece in run)  # reads as D19
        if run[0].text or len(run) < 3 or restated or any(not _whole(other) for other in calls):
            continue
        fragments = [piece for each in runs(tape) for piece in each]
        own, first = run[0].call["index"], calls[0][0].call["index"]

        def change(piece: Piece, own: int = own, first: int = first) -> None:
            if piece.call["index"] == own and not piece.call.get("id"):
                piece.call["index"] = first

        yield from rewritten(tape, fragments, change)


@quirk(
    "any",
    effect="harmless",
    catalogue="D54",
    sources=["vllm-project/vllm#38946"],
    advice="Look at the arguments before you run the call, or refuse it.",
    nowhere="it is no fault of the wire: a token planted into arguments changes what the call says",
)
def tool_args_suspect(_: Tape) -> Iterator[Edit]:
    """Arguments parse but hold a model's control token (`<|…|>`); they are left as they are."""
    yield from ()


@quirk("any", effect="lossy", catalogue=("D25", "D21", "D24", "D47", "D50"), fields=DROPPED)
def tool_call_dropped(tape: Tape) -> Iterator[Edit]:
    """A call must not be run: it was cut, or its arguments cannot be understood."""
    for run in runs(tape):
        if len(_whole(run)) > 2:
            yield from _retold(tape, run, _whole(run)[2:])


@quirk("any", effect="lossy", catalogue="D12", fields=DROPPED)
def tool_nameless(tape: Tape) -> Iterator[Edit]:
    """A call never got a name; it cannot be run."""
    for run in runs(tape):
        run[0].function["name"] = None
        yield tape.replace(run[0].frame, run[0].payload)


@quirk(
    "any",
    effect="guessed",
    catalogue="D36",
    fields=CALLS,
    sources=["vllm-project/vllm#32587"],
    nowhere="it takes the tools that were offered, which stand in the request",
)
def tool_name_cleaned(_: Tape) -> Iterator[Edit]:
    """Template tokens hang on a tool's name; what is left is an offered tool and is taken."""
    yield from ()


@quirk("any", effect="guessed", catalogue="D36", fields=CALLS, sources=["vllm-project/vllm#35906"])
def tool_name_suspect(tape: Tape) -> Iterator[Edit]:
    """A tool's name looks as if template tokens hung on it; it is left as it is."""
    for run in runs(tape):
        run[0].function["name"] += "<|channel|>commentary"
        yield tape.replace(run[0].frame, run[0].payload)


@quirk("any", effect="guessed", catalogue="D39", fields=CALLS, sources=["V#6be0f51"])
def parallel_wrapper(tape: Tape) -> Iterator[Edit]:
    """One call to a wrapper tool holds several; each becomes a call of its own with a derived id."""
    for run in runs(tape):
        arguments = msgspec.json.decode(_whole(run) or "null")
        if is_object(arguments):
            use = {"recipient_name": f"functions.{run[0].function['name']}", "parameters": arguments}
            run[0].function["name"] = "multi_tool_use.parallel"
            yield from _retold(tape, run, msgspec.json.encode({"tool_uses": [use, use]}).decode())


@quirk(
    "any",
    effect="guessed",
    catalogue="C13",
    fields=("raw_finish_reason",),
    sources=["LL#37792", "cloudflare/ai#192", "vllm-project/vllm#32506"],
)
def finish_corrected(tape: Tape) -> Iterator[Edit]:
    """The finish reason says `stop` although there are calls to run; it becomes `tool_calls`."""
    found = list(finishing(tape, "tool_calls"))
    for frame, payload in found if len(found) == 1 else ():
        payload["choices"][0]["finish_reason"] = "stop"
        yield tape.replace(frame, payload)
