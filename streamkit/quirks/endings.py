"""Deviations in how an answer ends: finish reasons, end markers, terminal frames, what comes behind them (B, C, H)."""

from collections.abc import Iterator

from streamkit.jsontypes import Json, JsonObject, is_array, is_object
from streamkit.quirks.registry import quirk
from streamkit.quirks.tape import Edit, Tape, TapeFrame

__all__ = [
    "after_terminal",
    "calls_missing",
    "close_error",
    "content_after_finish",
    "end_marker_missing",
    "error_after_terminal",
    "error_restated",
    "finish_inferred",
    "finish_twice",
    "split_choices",
    "terminal_missing",
    "terminal_only_items",
    "terminal_output_differs",
    "terminal_output_null",
    "usage_after_end",
    "usage_zeroed",
]

TERMINALS = ("response.completed", "response.incomplete", "response.failed", "response.done")


def _is(payload: Json, *types: str) -> bool:
    return is_object(payload) and payload.get("type") in types


def _terminal(tape: Tape, change: str, value: Json) -> Iterator[Edit]:
    for frame in tape.frames:
        payload = frame.json
        if _is(payload, *TERMINALS):
            payload["response"][change] = value
            yield tape.replace(frame, payload)


@quirk("any", effect="lossy", catalogue="B38", fields=("text",), known_in=())
def after_terminal(tape: Tape) -> Iterator[Edit]:
    """Content arrived after the answer's end or after its error; it is kept here and not in the answer."""
    for frame in tape.frames:
        payload = frame.json
        if _is(payload, "response.output_text.delta"):
            payload["delta"] = "late"
            yield tape.append(payload, frame.event)
            return


@quirk("any", effect="harmless", catalogue=("B38", "H16"))
def error_after_terminal(tape: Tape) -> Iterator[Edit]:
    """An error arrived after the answer's end; the answer stands."""
    if tape.dialect == "responses":
        yield tape.append({"type": "error", "code": "server_error", "message": "late"}, "error")


@quirk("any", effect="harmless", catalogue="G09", nowhere="a healthy recording has no error that could be told twice")
def error_restated(_tape: Tape) -> Iterator[Edit]:
    """An error was told twice in other words (a frame of its own, and the failed response): it is one error."""
    yield from ()


@quirk("any", effect="harmless", catalogue="H16", nowhere="a broken connection is no matter of bytes")
def close_error(_tape: Tape) -> Iterator[Edit]:
    """The connection broke, or fell silent, after the answer's end; the answer stands."""
    yield from ()


def _alone(tape: Tape) -> bool:
    """Whether a chat recording has one answer, that says something."""
    choices: list[JsonObject] = [c for f in tape.frames if is_object(f.json) for c in f.json.get("choices") or ()]
    said: list[JsonObject] = [c.get("delta") or {} for c in choices]
    return all(not c.get("index") for c in choices) and any(d.get("content") or d.get("tool_calls") for d in said)


@quirk("chat", effect="harmless", catalogue="C18")
def content_after_finish(tape: Tape) -> Iterator[Edit]:
    """A finish reason came in the middle and the answer went on; reading went on too."""

    def change(payload: Json) -> Json | None:
        choices = payload.get("choices") if is_object(payload) else None
        if not choices or not choices[0].get("delta", {}).get("content") or choices[0].get("finish_reason"):
            return None
        choices[0]["finish_reason"] = "stop"
        return payload

    if _alone(tape):
        edits = list(tape.rewrite(change))
        yield from edits[:-1]


@quirk(
    "any",
    effect="guessed",
    catalogue="C13",
    fields=("finish_reason", "raw_finish_reason"),
    advice="There is nothing to run: take the text as the answer, or ask again where there is none.",
    known_in=(),
)
def calls_missing(tape: Tape) -> Iterator[Edit]:
    """The finish reason says that tools are to be called, and no call came; it is left so."""

    def change(payload: Json) -> Json | None:
        choices = payload.get("choices") if is_object(payload) else None
        if not choices or choices[0].get("finish_reason") != "stop":
            return None
        choices[0]["finish_reason"] = "tool_calls"
        return payload

    if _alone(tape) and b"tool_calls" not in tape.data:
        yield from tape.rewrite(change)


@quirk("chat", effect="guessed", catalogue="C12", fields=("finish_reason", "raw_finish_reason"))
def finish_twice(tape: Tape) -> Iterator[Edit]:
    """Two different finish reasons for one answer; the stronger one stands."""
    for frame in tape.frames:
        payload = frame.json
        choices = payload.get("choices") if is_object(payload) else None
        if choices and choices[0].get("finish_reason") == "tool_calls":
            choices[0]["finish_reason"] = "stop"
            choices[0]["delta"] = {}
            yield Edit(frame.end, frame.end, tape.encode(payload, frame.event))


@quirk(
    "chat",
    "ollama",
    "cohere",
    "bedrock",
    effect="guessed",
    catalogue=("C08", "C10"),
    fields=("finish_reason", "raw_finish_reason", "metadata"),
)
def finish_inferred(tape: Tape) -> Iterator[Edit]:
    """No finish reason was sent, or not for every choice; the end marker (or a closing usage frame) tells the end."""

    def change(payload: Json) -> Json | None:
        choices = payload.get("choices") if is_object(payload) else None
        if not choices or not choices[0].get("finish_reason") or len(choices) > 1:
            return None
        choices[0]["finish_reason"] = None
        return payload

    if b"[DONE]" in tape.data and _alone(tape):
        yield from tape.rewrite(change)


@quirk("chat", "anthropic", effect="guessed", catalogue=("C35", "H09"), fields=("terminal_seen",))
def end_marker_missing(tape: Tape) -> Iterator[Edit]:
    """The finish reason came, the end marker that the dialect promises did not; the answer stands as signalled."""
    counted = any(is_object(f.json) and f.json.get("choices") == [] and f.json.get("usage") for f in tape.frames)
    for frame in tape.frames:
        if (frame.data == b"[DONE]" and not counted) or _is(frame.json, "message_stop"):
            yield Edit(frame.start, len(tape.data), b"")
            return


@quirk(
    "any",
    effect="lossy",
    catalogue=("C03", "C09"),
    fields=("status", "finish_reason", "raw_finish_reason", "usage", "metadata"),
    advice="Ask again, or go on from `response.text`; calls that were open are in `response.dropped_calls`.",
)
def terminal_missing(tape: Tape) -> Iterator[Edit]:
    """The stream stopped with neither a finish reason (of every choice) nor an end marker: it counts as cut."""
    for frame in tape.frames if any(_is(f.json, "response.output_item.added") for f in tape.frames) else ():
        if _is(frame.json, *TERMINALS):
            yield Edit(frame.start, len(tape.data), b"")


@quirk("responses", effect="harmless", catalogue="C01")
def terminal_output_null(tape: Tape) -> Iterator[Edit]:
    """The terminal frame says `output: null`, or has none; it is never read for content."""
    yield from _terminal(tape, "output", None)


@quirk("responses", effect="harmless", catalogue="C02")
def terminal_output_differs(tape: Tape) -> Iterator[Edit]:
    """The terminal frame's output lacks items that were streamed; the streamed items stand."""
    if any(_is(frame.json, "response.output_item.added") for frame in tape.frames):
        yield from _terminal(tape, "output", [])


@quirk("responses", effect="lossy", catalogue="B35", fields=("items",))
def terminal_only_items(tape: Tape) -> Iterator[Edit]:
    """The terminal frame's output names items that were never streamed; they are named here and not taken."""
    for frame in tape.frames:
        payload = frame.json
        if _is(payload, *TERMINALS) and is_array(payload["response"].get("output")):
            listed: JsonObject = {"id": "mcpl_only", "type": "mcp_list_tools", "server_label": "docs", "tools": []}
            payload["response"]["output"].append(listed)
            yield tape.replace(frame, payload)


@quirk("chat", "completions", effect="repaired", catalogue="C35", sources=["OrcaRouter"])
def usage_after_end(tape: Tape) -> Iterator[Edit]:
    """Token counts came behind the end marker; they are taken all the same, whatever else comes there is not (B38)."""
    done = next((frame for frame in tape.frames if frame.data == b"[DONE]"), None)
    counted = [f for f in tape.frames if is_object(f.json) and f.json.get("choices") == [] and f.json.get("usage")]
    if done is not None and len(counted) == 1 and counted[0].end == done.start:
        swapped = tape.data[done.start : done.end] + tape.data[counted[0].start : counted[0].end]
        yield Edit(counted[0].start, done.end, swapped)


@quirk("chat", "anthropic", effect="repaired", catalogue=("C21", "C30"))
def usage_zeroed(tape: Tape) -> Iterator[Edit]:
    """A later usage object says zero where an earlier one had counted; the count stands."""
    for frame in tape.frames:
        payload = frame.json
        if is_object(payload) and payload.get("usage") and payload.get("choices") == []:
            zero = dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens"), 0)
            yield Edit(frame.end, frame.end, tape.encode({**payload, "usage": zero}, frame.event))


@quirk("chat", effect="guessed", catalogue="B31", fields=("tool_calls",))
def split_choices(tape: Tape) -> Iterator[Edit]:
    """One turn was split over several choices (text in one, calls in another); they are read as one answer.

    The calls keep the number of the choice that they came in.
    """
    if not _alone(tape):
        return
    found = [f for f in tape.frames if is_object(f.json) and f.json.get("choices")]
    deltas: list[tuple[TapeFrame, JsonObject]] = [(f, f.json["choices"][0].get("delta") or {}) for f in found]
    calling = [f for f, delta in deltas if delta.get("tool_calls")]
    parts: list[bytes] = []
    at = calling[0].start if calling else 0
    for frame in calling:
        payload = frame.json
        payload["choices"][0]["index"] = 1
        parts += (tape.data[at : frame.start], tape.encode(payload, frame.event))
        at = frame.end
    if calling:
        yield Edit(calling[0].start, at, b"".join(parts))
