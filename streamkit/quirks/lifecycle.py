"""Deviations in the life of items: starts, pieces, claims, ends (groups B, D, E)."""

from collections.abc import Iterator
from itertools import pairwise

from streamkit.jsontypes import Json, is_object
from streamkit.quirks.registry import quirk
from streamkit.quirks.tape import Edit, Tape

__all__ = [
    "call_id_changed",
    "delta_after_done",
    "done_differs",
    "done_extends",
    "done_fills",
    "done_shorter",
    "implicit_item",
    "index_unreliable",
    "item_finished_twice",
    "item_not_closed",
    "item_reannounced",
    "missing_created",
    "only_in_done",
    "rotating_ids",
    "signature_repeated",
]


CLIENT_SIDE = ("message", "reasoning", "function_call", "custom_tool_call", "text", "thinking", "tool_use")
"""Types of items and blocks whose end matters: those at the server's side never decide anything (C06)."""


def _is(payload: Json, *types: str) -> bool:
    return is_object(payload) and payload.get("type") in types


@quirk("responses", effect="harmless", catalogue="B01")
def missing_created(tape: Tape) -> Iterator[Edit]:
    """The stream has no `response.created`; id and model come from the first frame that has them."""
    for frame in tape.frames if any(_is(f.json, "response.output_item.added") for f in tape.frames) else ():
        if _is(frame.json, "response.created"):
            yield tape.delete(frame)


@quirk("responses", effect="repaired", catalogue="B05")
def implicit_item(tape: Tape) -> Iterator[Edit]:
    """Deltas for an item that was never announced: the item is opened by what its delta is."""
    for frame in tape.frames:
        payload = frame.json
        if not _is(payload, "response.output_item.added"):
            continue
        own = next((f.json for f in tape.frames[frame.index + 1 :] if _index(f.json) == _index(payload)), None)
        if payload["item"]["type"] in ("message", "reasoning") and not _is(own, "response.output_item.done"):
            yield tape.delete(frame)


@quirk("responses", "anthropic", "bedrock", "cohere", effect="harmless", catalogue="B37", known_in=("responses",))
def item_reannounced(tape: Tape) -> Iterator[Edit]:
    """The same item is announced twice; it is one item."""
    for frame in tape.frames:
        payload = frame.json
        twice = _is(payload, "response.output_item.added", "content_block_start", "content-start", "tool-call-start")
        if twice or (frame.event == "contentBlockStart" and payload.get("start")):
            payload.pop("sequence_number", None)
            yield Edit(frame.end, frame.end, tape.encode(payload, frame.event))


@quirk("responses", "anthropic", effect="harmless", catalogue="D45", known_in=("responses",))
def item_finished_twice(tape: Tape) -> Iterator[Edit]:
    """An item's end is told twice; the second changes nothing."""
    for frame in tape.frames:
        if _is(frame.json, "content_block_stop"):
            yield Edit(frame.end, frame.end, tape.data[frame.start : frame.end])


@quirk("responses", "anthropic", "chat", effect="guessed", catalogue="B07", fields=("items",), known_in=("responses",))
def delta_after_done(tape: Tape) -> Iterator[Edit]:
    """A delta arrives for an item that was finished; it opens a new item, nothing is lost."""
    for frame, following in pairwise(tape.frames):
        payload, behind = frame.json, following.json
        if not _is(payload, "content_block_delta") or payload["delta"].get("type") != "text_delta":
            continue
        again = _is(behind, "content_block_delta") and behind["delta"].get("type") == "text_delta"
        if again and behind["index"] == payload["index"]:
            stop = {"type": "content_block_stop", "index": payload["index"]}
            yield Edit(frame.end, frame.end, tape.encode(stop, "content_block_stop"))


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
    for (before, frame), (_, after) in pairwise(pairwise(tape.frames)):
        text = "response.output_text.delta"
        if _is(before.json, text) and _is(frame.json, text) and not _is(after.json, *_DELTAS):
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
    """An item's own snapshot contradicts its deltas; the snapshot stands (for arguments, the one that parses).

    What the item was announced with, before its deltas, stands only where there are none; `data` has it.
    """
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
    return payload.get("output_index") if is_object(payload) else None


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
    """`output_index` is missing, the same for several items, or contradicts known ids; ids or the open item decide."""

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
    blocks = {f.json["index"]: f.json["content_block"] for f in tape.frames if _is(f.json, "content_block_start")}
    for frame in tape.frames:
        payload = frame.json
        if not _is(payload, "response.output_item.done", "content_block_stop"):
            continue
        item: Json = payload.get("item") or blocks.get(payload.get("index")) or {}
        if item.get("type") in CLIENT_SIDE and not item.get("encrypted_content"):
            yield tape.delete(frame)


@quirk("anthropic", "bedrock", "gemini", effect="harmless", catalogue="E23")
def signature_repeated(tape: Tape) -> Iterator[Edit]:
    """A signature was sent a second time in full; it is kept once."""
    for frame in tape.frames:
        payload = frame.json
        if _is(payload, "content_block_delta") and payload["delta"].get("signature"):
            yield Edit(frame.end, frame.end, tape.data[frame.start : frame.end])
