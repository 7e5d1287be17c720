"""Deviations in the life of items and of the response: starts, finishes, claims, ends (groups B, C, H)."""

from collections.abc import Iterator

from streamkit.jsontypes import Json
from streamkit.quirks.registry import quirk
from streamkit.quirks.tape import Edit, Tape

__all__ = [
    "after_terminal",
    "call_id_changed",
    "close_error",
    "content_after_finish",
    "delta_after_done",
    "done_differs",
    "done_extends",
    "done_fills",
    "done_shorter",
    "end_marker_missing",
    "error_after_terminal",
    "finish_inferred",
    "finish_twice",
    "implicit_item",
    "index_unreliable",
    "item_finished_twice",
    "item_not_closed",
    "item_reannounced",
    "missing_created",
    "only_in_done",
    "rotating_ids",
    "signature_repeated",
    "split_choices",
    "terminal_missing",
    "terminal_only_items",
    "terminal_output_differs",
    "terminal_output_null",
    "usage_zeroed",
]

TERMINALS = ("response.completed", "response.incomplete", "response.failed", "response.done")


def _is(payload: Json, *types: str) -> bool:
    return isinstance(payload, dict) and payload.get("type") in types


def _terminal(tape: Tape, change: str, value: Json) -> Iterator[Edit]:
    for frame in tape.frames:
        payload = frame.json
        if _is(payload, *TERMINALS):
            payload["response"][change] = value
            yield tape.replace(frame, payload)


@quirk("responses", effect="harmless", catalogue="B01")
def missing_created(tape: Tape) -> Iterator[Edit]:
    """The stream has no `response.created`; id and model come from the first frame that has them."""
    for frame in tape.frames:
        if _is(frame.json, "response.created"):
            yield tape.delete(frame)


@quirk("responses", effect="repaired", catalogue="B05")
def implicit_item(tape: Tape) -> Iterator[Edit]:
    """Deltas for an item that was never announced: the item is opened by what its delta is."""
    for frame in tape.frames:
        payload = frame.json
        if _is(payload, "response.output_item.added") and payload["item"]["type"] in ("message", "reasoning"):
            yield tape.delete(frame)


@quirk("responses", "anthropic", effect="harmless", catalogue="B37")
def item_reannounced(tape: Tape) -> Iterator[Edit]:
    """The same item is announced twice; it is one item."""
    for frame in tape.frames:
        if _is(frame.json, "response.output_item.added"):
            yield Edit(frame.end, frame.end, tape.data[frame.start : frame.end])


@quirk("responses", "anthropic", effect="harmless", catalogue="D45")
def item_finished_twice(tape: Tape) -> Iterator[Edit]:
    """An item's end is told twice; the second changes nothing."""
    for frame in tape.frames:
        if _is(frame.json, "content_block_stop"):
            yield Edit(frame.end, frame.end, tape.data[frame.start : frame.end])


@quirk("responses", "anthropic", "chat", effect="repaired", catalogue="B07")
def delta_after_done(tape: Tape) -> Iterator[Edit]:
    """A delta arrives for an item that was finished; it opens a new item, nothing is lost."""
    for frame in tape.frames:
        payload = frame.json
        if _is(payload, "content_block_delta"):
            stop = next((f for f in tape.frames[frame.index :] if _is(f.json, "content_block_stop")), None)
            if stop is not None and stop.json["index"] == payload["index"]:
                yield Edit(frame.end, frame.end, tape.data[stop.start : stop.end])


@quirk("responses", effect="repaired", catalogue=("B07", "B09", "E18"))
def done_fills(tape: Tape) -> Iterator[Edit]:
    """Text or arguments came only in a `done` snapshot; they are given out once, as one delta."""
    for frame in tape.frames:
        payload = frame.json
        if not _is(payload, "response.output_item.done"):
            continue
        same = [f for f in tape.frames if str(f.event).endswith(".delta") or _is(f.json, *_DELTAS)]
        own = [f for f in same if f.json.get("output_index") == payload.get("output_index")]
        if own and own[-1].index - own[0].index + 1 == len(own):
            yield Edit(own[0].start, own[-1].end, b"")


_DELTAS = (
    "response.output_text.delta",
    "response.function_call_arguments.delta",
    "response.reasoning_summary_text.delta",
    "response.reasoning_text.delta",
    "response.refusal.delta",
)


@quirk("responses", effect="repaired", catalogue="B07")
def done_extends(tape: Tape) -> Iterator[Edit]:
    """A `done` snapshot says more than the deltas did; the missing tail is given out."""
    for frame in tape.frames:
        payload = frame.json
        after = tape.frames[frame.index + 1] if frame.index + 1 < len(tape.frames) else None
        if _is(payload, "response.output_text.delta") and after is not None and not _is(after.json, *_DELTAS):
            yield tape.delete(frame)


@quirk("responses", effect="harmless", catalogue="B07")
def done_shorter(tape: Tape) -> Iterator[Edit]:
    """A `done` snapshot is empty, null or shorter than what was streamed; what was streamed stands."""

    def change(payload: Json) -> Json | None:
        if not _is(payload, "response.output_text.done") or len(payload["text"]) < 2:
            return None
        payload["text"] = ""
        return payload

    yield from tape.rewrite(change)


@quirk("responses", effect="guessed", catalogue="B07", fields=("text", "reasoning", "refusal", "tool_calls", "items"))
def done_differs(tape: Tape) -> Iterator[Edit]:
    """An item's own snapshot contradicts its deltas; the snapshot stands (for arguments, the one that parses)."""
    for frame in tape.frames:
        payload = frame.json
        if _is(payload, "response.output_text.done") and payload["text"]:
            payload["text"] = "Ω" + payload["text"]
            yield tape.replace(frame, payload)


@quirk("responses", effect="repaired", catalogue=("B05", "B14"))
def only_in_done(tape: Tape) -> Iterator[Edit]:
    """An item was never announced and comes whole in its own `done` frame."""
    for frame in tape.frames:
        payload = frame.json
        if not _is(payload, "response.output_item.done") or payload["item"]["type"] != "function_call":
            continue
        own = [f for f in tape.frames[: frame.index] if _index(f.json) == _index(payload)]
        if own and own[-1].index - own[0].index + 1 == len(own) and own[-1].index + 1 == frame.index:
            yield Edit(own[0].start, own[-1].end, b"")


def _index(payload: Json) -> Json:
    return payload.get("output_index") if isinstance(payload, dict) else None


@quirk("responses", effect="repaired", catalogue="B10")
def rotating_ids(tape: Tape) -> Iterator[Edit]:
    """Item ids change from event to event; the output index says which item is meant."""

    def change(payload: Json) -> Json | None:
        if not _is(payload, *_DELTAS) or "item_id" not in payload or "output_index" not in payload:
            return None
        payload["item_id"] += "_other"
        return payload

    yield from tape.rewrite(change)


@quirk("responses", effect="repaired", catalogue="B11")
def index_unreliable(tape: Tape) -> Iterator[Edit]:
    """`output_index` is missing or contradicts known item ids; the ids, or the only open item, decide."""

    def change(payload: Json) -> Json | None:
        if not _is(payload, *_DELTAS) or "item_id" not in payload or not payload.get("output_index"):
            return None
        payload["output_index"] = 0
        return payload

    yield from tape.rewrite(change)


@quirk("responses", effect="repaired", catalogue="B12")
def call_id_changed(tape: Tape) -> Iterator[Edit]:
    """A call's `call_id` at its end is another than the one announced; the last one is what the server knows."""
    for frame in tape.frames:
        payload = frame.json
        if _is(payload, "response.output_item.added") and payload["item"].get("call_id"):
            payload["item"]["call_id"] = "tmp"
            yield tape.replace(frame, payload)


@quirk("responses", "anthropic", effect="repaired", catalogue=("B08", "B20"))
def item_not_closed(tape: Tape) -> Iterator[Edit]:
    """An announced item never got its end; the response's own end settles it."""
    for frame in tape.frames:
        payload = frame.json
        if _is(payload, "response.output_item.done", "content_block_stop"):
            yield tape.delete(frame)


@quirk("any", effect="lossy", catalogue="B38", fields=("text",))
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


@quirk("any", effect="harmless", catalogue="H16")
def close_error(_tape: Tape) -> Iterator[Edit]:
    """The connection broke, or fell silent, after the answer's end; the answer stands."""
    yield from ()  # needs a connection


@quirk("chat", effect="harmless", catalogue="C18")
def content_after_finish(tape: Tape) -> Iterator[Edit]:
    """A finish reason came in the middle and the answer went on; reading went on too."""

    def change(payload: Json) -> Json | None:
        choices = payload.get("choices") if isinstance(payload, dict) else None
        if not choices or not choices[0].get("delta", {}).get("content") or choices[0].get("finish_reason"):
            return None
        choices[0]["finish_reason"] = "stop"
        return payload

    edits = list(tape.rewrite(change))
    yield from edits[:-1]


@quirk("chat", effect="guessed", catalogue="C12", fields=("finish_reason", "raw_finish_reason"))
def finish_twice(tape: Tape) -> Iterator[Edit]:
    """Two different finish reasons for one answer; the stronger one stands."""
    for frame in tape.frames:
        payload = frame.json
        choices = payload.get("choices") if isinstance(payload, dict) else None
        if choices and choices[0].get("finish_reason") == "tool_calls":
            choices[0]["finish_reason"] = "stop"
            choices[0]["delta"] = {}
            yield Edit(frame.end, frame.end, tape.encode(payload, frame.event))


@quirk("chat", effect="guessed", catalogue=("C08", "C10"), fields=("finish_reason", "raw_finish_reason"))
def finish_inferred(tape: Tape) -> Iterator[Edit]:
    """No finish reason was sent; the end marker (or a closing usage frame) and whole calls say how it ended."""

    def change(payload: Json) -> Json | None:
        choices = payload.get("choices") if isinstance(payload, dict) else None
        if not choices or not choices[0].get("finish_reason") or len(choices) > 1:
            return None
        choices[0]["finish_reason"] = None
        return payload

    if b"[DONE]" in tape.data:
        yield from tape.rewrite(change)


@quirk("chat", "anthropic", effect="harmless", catalogue=("C35", "H09"))
def end_marker_missing(tape: Tape) -> Iterator[Edit]:
    """The finish reason came, the end marker that the dialect promises did not; the answer stands as signalled."""
    for frame in tape.frames:
        if frame.data == b"[DONE]" or _is(frame.json, "message_stop"):
            yield Edit(frame.start, len(tape.data), b"")
            return


@quirk("any", effect="lossy", catalogue=("C03", "C09"), fields=("status", "finish_reason", "raw_finish_reason"))
def terminal_missing(tape: Tape) -> Iterator[Edit]:
    """The stream stopped with neither a finish reason nor an end marker: it counts as cut."""
    for frame in tape.frames:
        if _is(frame.json, *TERMINALS):
            yield Edit(frame.start, len(tape.data), b"")


@quirk("responses", effect="harmless", catalogue="C01")
def terminal_output_null(tape: Tape) -> Iterator[Edit]:
    """The terminal frame says `output: null`, or has none; it is never read for content."""
    yield from _terminal(tape, "output", None)


@quirk("responses", effect="harmless", catalogue="C02")
def terminal_output_differs(tape: Tape) -> Iterator[Edit]:
    """The terminal frame's output lacks items that were streamed; the streamed items stand."""
    yield from _terminal(tape, "output", [])


@quirk("responses", effect="lossy", catalogue="B35", fields=("items",))
def terminal_only_items(tape: Tape) -> Iterator[Edit]:
    """The terminal frame's output names items that were never streamed; they are named here and not taken."""
    for frame in tape.frames:
        payload = frame.json
        if _is(payload, *TERMINALS) and isinstance(payload["response"].get("output"), list):
            payload["response"]["output"].append({"type": "mcp_list_tools", "id": "mcpl_only"})
            yield tape.replace(frame, payload)


@quirk("chat", "anthropic", effect="repaired", catalogue=("C21", "C30"))
def usage_zeroed(tape: Tape) -> Iterator[Edit]:
    """A later usage object says zero where an earlier one had counted; the count stands."""
    for frame in tape.frames:
        payload = frame.json
        if isinstance(payload, dict) and payload.get("usage") and payload.get("choices") == []:
            zero = dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens"), 0)
            yield Edit(frame.end, frame.end, tape.encode({**payload, "usage": zero}, frame.event))


@quirk("anthropic", "bedrock", effect="harmless", catalogue="E23")
def signature_repeated(tape: Tape) -> Iterator[Edit]:
    """A signature was sent a second time in full; it is kept once."""
    for frame in tape.frames:
        payload = frame.json
        if _is(payload, "content_block_delta") and payload["delta"].get("type") == "signature_delta":
            yield Edit(frame.end, frame.end, tape.data[frame.start : frame.end])


@quirk("chat", effect="repaired", catalogue="B31")
def split_choices(tape: Tape) -> Iterator[Edit]:
    """One turn was split over several choices (text in one, calls in another); they are read as one answer."""

    def change(payload: Json) -> Json | None:
        choices = payload.get("choices") if isinstance(payload, dict) else None
        if not choices or not choices[0].get("delta", {}).get("tool_calls"):
            return None
        choices[0]["index"] = 1
        return payload

    edits = list(tape.rewrite(change))
    if len(edits) == 1:
        yield edits[0]
