"""Deviations in which call a fragment belongs to, and in what it repeats (group D)."""

from collections.abc import Iterator

from streamkit.jsontypes import Json, is_object
from streamkit.quirks.registry import quirk
from streamkit.quirks.tape import Edit, Tape
from streamkit.quirks.tool_tapes import Piece, pieces, rewritten, runs, single_runs

__all__ = [
    "tool_args_conflict",
    "tool_args_placeholder",
    "tool_args_restated",
    "tool_id_changed",
    "tool_id_duplicate",
    "tool_index_drift",
    "tool_index_missing",
    "tool_index_reused",
    "tool_maybe_duplicate",
    "tool_name_conflict",
]

CALLS = ("tool_calls", "items")


@quirk("chat", effect="guessed", catalogue="D02", fields=CALLS, known_in=())
def tool_name_conflict(tape: Tape) -> Iterator[Edit]:
    """A later fragment of a call gives it another name; the first one is kept, names are never joined."""
    for piece in pieces(tape):
        if not piece.function.get("name") and piece.text:
            piece.function["name"] = "other"
            yield tape.replace(piece.frame, piece.payload)


@quirk("chat", effect="repaired", catalogue="D03", sources=["Gemini compat", "old Ollama", "OP#2806"])
def tool_index_missing(tape: Tape) -> Iterator[Edit]:
    """Call fragments come without `index`; the id, the place in the array, or the latest call decides."""

    def change(piece: Piece) -> None:
        del piece.call["index"]

    found = [piece for run in runs(tape) for piece in run]
    yield from rewritten(tape, found, change)


@quirk("chat", effect="repaired", catalogue=("D04", "D53"), sources=["ollama/ollama#15457", "V#14277"])
def tool_index_reused(tape: Tape) -> Iterator[Edit]:
    """Another call comes on the index of an earlier one; a new id with a name, or a new object, begins a new call."""

    def change(piece: Piece) -> None:
        piece.call["index"] = 0

    calls = runs(tape)
    if len(calls) > 1:
        yield from rewritten(tape, [piece for run in calls for piece in run], change)


@quirk("chat", effect="repaired", catalogue="D08", sources=["RIG#1508", "spring-ai-alibaba/spring-ai-extensions#266"])
def tool_id_changed(tape: Tape) -> Iterator[Edit]:
    """A call's later fragments carry other ids and no name; they continue it, the first id is kept."""
    for run in runs(tape):
        for number, piece in enumerate(run[1:]):
            piece.call["id"] = f"other_{number}"
            yield tape.replace(piece.frame, piece.payload)


@quirk("chat", "responses", effect="guessed", catalogue="D11", fields=CALLS, sources=["RooCodeInc/Roo-Code#10760"])
def tool_id_duplicate(tape: Tape) -> Iterator[Edit]:
    """Two calls have the same id; the second one gets a suffix (`_d2`)."""
    calls = runs(tape)
    for run in calls[1:]:
        run[0].call["id"] = calls[0][0].call["id"]
        yield tape.replace(run[0].frame, run[0].payload)


@quirk(
    "chat",
    "anthropic",
    effect="repaired",
    catalogue="D16",
    sources=["openai/openai-agents-js#712", "envoyproxy/ai-gateway#1465"],
)
def tool_args_placeholder(tape: Tape) -> Iterator[Edit]:
    """A call's arguments begin with a `{}` that is none; the text that follows takes its place."""
    for frame in tape.frames if tape.dialect == "anthropic" else ():
        payload = frame.json
        delta = payload.get("delta") if is_object(payload) else None
        if is_object(delta) and delta.get("type") == "input_json_delta" and not delta.get("partial_json"):
            behind = (f.json for f in tape.frames[frame.index + 1 :])
            block = [p["delta"] for p in behind if is_object(p) and p.get("index") == payload["index"] and "delta" in p]
            own: Json = block[0] if block else None
            if is_object(own) and str(own.get("partial_json")).startswith("{"):
                delta["partial_json"] = "{}"
                yield tape.replace(frame, payload)
    for run in runs(tape):
        if len(run) > 1 and not run[0].text and run[1].text.startswith("{") and run[1].text != "{}":
            run[0].function["arguments"] = "{}"
            yield tape.replace(run[0].frame, run[0].payload)


@quirk("chat", effect="guessed", catalogue="D17", fields=CALLS, known_in=())
def tool_args_conflict(tape: Tape) -> Iterator[Edit]:
    """A call's complete arguments come a second time and say something else; the first ones are kept."""
    for run in runs(tape):
        last = run[-1]
        if any(piece.text.strip() not in ("", "{}") for piece in run):
            late = last.copied()
            late["choices"][0]["finish_reason"] = None
            late["choices"][0]["delta"]["tool_calls"][0]["function"] = {"arguments": {"other": True}}
            yield Edit(last.frame.end, last.frame.end, tape.encode(late, last.frame.event))


@quirk("chat", effect="repaired", catalogue=("D17", "D19"), sources=["anomalyco/opencode#17339"])
def tool_args_restated(tape: Tape) -> Iterator[Edit]:
    """A call's whole arguments are sent again; they are taken once."""
    for run in runs(tape):
        last, whole = run[-1], "".join(piece.text for piece in run)
        if whole.startswith("{") and whole.endswith("}"):
            late = last.copied()
            late["choices"][0]["finish_reason"] = None
            call = late["choices"][0]["delta"]["tool_calls"][0]
            call.pop("id", None)
            call["function"] = {"arguments": whole}
            yield Edit(last.frame.end, last.frame.end, tape.encode(late, last.frame.event))


@quirk("chat", effect="repaired", catalogue="D52", sources=["dirac-run/dirac#215"])
def tool_index_drift(tape: Tape) -> Iterator[Edit]:
    """A fragment without id and name comes on an unknown index; it continues the only call that is not complete."""
    for piece in single_runs(tape)[1:]:
        if piece.text:
            piece.call["index"] += 1
            yield tape.replace(piece.frame, piece.payload)


@quirk("chat", effect="guessed", catalogue="D53", fields=CALLS, sources=["unslothai/unsloth#9817"])
def tool_maybe_duplicate(tape: Tape) -> Iterator[Edit]:
    """A call without id repeats name and arguments of the one before; it counts as a call of its own."""
    for run in runs(tape):
        first, whole = run[0], "".join(piece.text for piece in run)
        if whole.startswith("{") and whole.endswith("}"):
            again = first.copied()
            call = again["choices"][0]["delta"]["tool_calls"][0]
            call.pop("id", None)
            call["function"] = {"name": first.function["name"], "arguments": whole}
            again["choices"][0]["finish_reason"] = None
            yield Edit(run[-1].frame.end, run[-1].frame.end, tape.encode(again, first.frame.event))
