"""Deviations in the JSON types of members, common to the dialects that are read by reshaping (F19, J13)."""

from collections.abc import Iterator

from streamkit.jsontypes import Json, is_array, is_object
from streamkit.quirks.registry import quirk
from streamkit.quirks.tape import Edit, Tape

__all__ = ["frame_unrecognised", "member_coerced", "member_unreadable"]

DIALECTS = ("gemini", "gemini-interactions", "ollama", "cohere", "bedrock", "mistral-conversations")


LOSSY = (
    "choices",
    "errors",
    "finish_reason",
    "items",
    "metadata",
    "raw_finish_reason",
    "reasoning",
    "status",
    "text",
    "tool_calls",
    "usage",
)
"""What may be missing where one member of one frame could not be read."""


def _small_number(payload: Json, spoil: Json) -> bool:
    """Put `spoil` (None: its own text) where a frame of these dialects counts items; whether there was such a place."""
    if not is_object(payload) or str(payload.get("type")).startswith("citation-"):  # whose index nobody reads
        return False
    candidates = payload.get("candidates")
    holder: Json = candidates[0] if is_array(candidates) and candidates else payload
    if is_object(holder) and holder.get("index").__class__ is int:
        holder["index"] = str(holder["index"]) if spoil is None else spoil
        return True
    if payload.get("done").__class__ is bool:
        payload["done"] = str(payload["done"]).lower() if spoil is None else spoil
        return True
    return False


@quirk(*DIALECTS, effect="repaired", catalogue=("F19", "F14"))
def member_coerced(tape: Tape) -> Iterator[Edit]:
    """A member has another JSON type than documented and means the same: `"0"` for 0, an array of one for an object."""
    yield from tape.rewrite(lambda payload: payload if _small_number(payload, None) else None)


def _with_a_strange_part(payload: Json) -> Json | None:
    """A message's snapshot of the Responses API with one part more, of a type that nobody knows."""
    item = payload.get("item") if is_object(payload) and payload.get("type") == "response.output_item.done" else None
    if not is_object(item) or item.get("type") != "message" or not is_array(item.get("content")):
        return None
    item["content"].append({"type": "output_scent", "scent": "pine"})
    return payload


def _with_a_strange_result(payload: Json) -> Json | None:
    """A frame of watsonx with one result more, which is none."""
    if not is_object(payload) or not is_array(payload.get("results")):
        return None
    payload["results"].append(7)
    return payload


@quirk(*DIALECTS, "responses", "watsonx", effect="lossy", catalogue="F19", fields=LOSSY)
def member_unreadable(tape: Tape) -> Iterator[Edit]:
    """A member has a JSON type in which it means nothing; the rest of its frame is read, the member is kept here."""
    if tape.dialect == "responses":
        yield from tape.rewrite(_with_a_strange_part)
        return
    if tape.dialect == "watsonx":
        yield from tape.rewrite(_with_a_strange_result)
        return
    yield from tape.rewrite(lambda payload: payload if _small_number(payload, {"odd": True}) else None)


@quirk(*DIALECTS, "bedrock-invoke", "bedrock-agent", effect="harmless", catalogue=("B03", "F20"))
def frame_unrecognised(tape: Tape) -> Iterator[Edit]:
    """A frame that the dialect's documents do not name; it is passed on as it came."""
    if tape.dialect == "bedrock-invoke":  # what stands inside is of another dialect, which names it in its own way
        return
    for frame in tape.frames:
        yield tape.insert(frame, {"x_relay": {"region": "eu"}})
