"""Deviations of the Responses dialect that its decoder tolerates (groups A, B, C)."""

from collections.abc import Iterator

from streamkit.jsontypes import Json, JsonObject, is_object
from streamkit.quirks.registry import quirk
from streamkit.quirks.tape import Edit, Tape

__all__ = [
    "index_missing",
    "item_shape",
    "rate_limits_frame",
    "status_conflict",
    "status_unknown",
    "type_conflict",
    "type_from_event",
    "unknown_event",
    "usage_shape",
]


@quirk("responses", effect="harmless", catalogue="B02")
def rate_limits_frame(tape: Tape) -> Iterator[Edit]:
    """A rate-limit frame of the Codex backend stands among the answer's frames, even first; it changes nothing."""
    payload = {"type": "codex.rate_limits", "rate_limits": {"primary": {"used_percent": 12}}}
    for frame in tape.frames:
        yield tape.insert(frame, payload, "codex.rate_limits")


@quirk("responses", effect="harmless", catalogue="B03")
def unknown_event(tape: Tape) -> Iterator[Edit]:
    """A frame of a type that the documents do not name; it is passed on as it came."""
    for frame in tape.frames:
        yield tape.insert(frame, {"type": "codex.response.metadata", "value": 1}, "codex.response.metadata")


@quirk("responses", "anthropic", effect="harmless", catalogue="A27")
def type_from_event(tape: Tape) -> Iterator[Edit]:
    """The payload has no `type`; it is taken from the SSE event name."""
    for frame in tape.frames:
        payload = frame.json
        if frame.event and is_object(payload) and payload.get("type") == frame.event:
            del payload["type"]
            yield tape.replace(frame, payload)


@quirk("responses", "anthropic", effect="harmless", catalogue="A27")
def type_conflict(tape: Tape) -> Iterator[Edit]:
    """The SSE event name contradicts the payload's `type`; the payload wins."""
    for frame in tape.frames:
        if is_object(frame.json) and frame.json.get("type"):
            yield Edit(frame.start, frame.end, tape.encode(frame.json, "vertex_event"))


@quirk("responses", effect="repaired", catalogue="B11")
def index_missing(tape: Tape) -> Iterator[Edit]:
    """Items carry no `output_index`; their ids, or the order of arrival, say which is which."""

    def change(payload: Json) -> Json | None:
        if not is_object(payload) or payload.get("type") != "response.output_item.added":
            return None
        return {name: value for name, value in payload.items() if name != "output_index"}

    added: list[JsonObject] = [payload for f in tape.frames if is_object(payload := f.json)]
    order: list[int] = [p.get("output_index") or 0 for p in added if p.get("type") == "response.output_item.added"]
    if order == sorted(order):  # else they say in which order the items stand (B14)
        yield from tape.rewrite(change)


@quirk("responses", effect="harmless", catalogue=("F14", "F19", "B17"))
def item_shape(tape: Tape) -> Iterator[Edit]:
    """A member of a frame has another JSON type than documented (null, a number as string); it is read all the same."""

    def change(payload: Json) -> Json | None:
        if not is_object(payload) or "content_index" not in payload:
            return None
        return {**payload, "content_index": str(payload["content_index"])}

    yield from tape.rewrite(change)


@quirk(
    "responses", effect="guessed", catalogue="C05", fields=("status", "finish_reason", "raw_finish_reason", "errors")
)
def status_conflict(tape: Tape) -> Iterator[Edit]:
    """The terminal frame's name and the status inside it disagree; the worse of both stands."""
    for frame in tape.frames:
        payload = frame.json
        if is_object(payload) and payload.get("type") == "response.completed":
            payload["response"]["status"] = "incomplete"
            payload["response"]["incomplete_details"] = {"reason": "max_output_tokens"}
            yield tape.replace(frame, payload)


@quirk("responses", effect="guessed", catalogue="C05", fields=("finish_reason", "raw_finish_reason"))
def status_unknown(tape: Tape) -> Iterator[Edit]:
    """The terminal frame has a status that the documents do not name; why the answer stopped is then unknown.

    A frame whose own name says that the answer is incomplete, failed or cancelled decides without it.
    """
    for frame in tape.frames:
        payload = frame.json
        if is_object(payload) and payload.get("type") == "response.completed":
            payload["response"]["status"] = "finalized"
            yield tape.replace(frame, payload)


@quirk("responses", effect="repaired", catalogue="J13", known_in=())
def usage_shape(tape: Tape) -> Iterator[Edit]:
    """Token counts are strings, floats or booleans; whole numbers are read, anything else is unknown."""
    for frame in tape.frames:
        payload = frame.json
        if is_object(payload) and payload.get("type") == "response.completed" and payload["response"].get("usage"):
            usage = payload["response"]["usage"]
            payload["response"]["usage"] = {**usage, "input_tokens": str(usage.get("input_tokens"))}
            yield tape.replace(frame, payload)
