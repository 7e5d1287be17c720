"""OpenAI Responses: every item announced, its parts announced, deltas, `done` for each, one terminal frame."""

from streamkit.items import Usage
from streamkit.jsontypes import Json, JsonObject
from streamkit.testing.encoders.writing import Style, event
from streamkit.testing.transcripts import Ability, Call, Message, Output, Reasoning, Refusal, Transcript, token_entries

__all__ = ["ABILITY", "encode"]

ABILITY = Ability(refusals=True, signatures=True, reasoning_tokens=True, logprobs=("text",))

REASONS = {"length": "max_output_tokens", "content_filter": "content_filter"}
"""Why a response is incomplete."""


def encode(transcript: Transcript, style: Style) -> list[bytes]:
    """The frames of this answer."""
    started = _response(transcript, "in_progress", [])
    frames: list[JsonObject] = [
        {"type": f"response.{word}", "response": started} for word in ("created", "in_progress")
    ]
    output: list[JsonObject] = []
    for index, part in enumerate(transcript.output):
        last = index == len(transcript.output) - 1
        status = "incomplete" if last and transcript.finish in REASONS else "completed"
        item, inner = _item(part, index, status)
        frames.append({"type": "response.output_item.added", "output_index": index, "item": _announced(item)})
        frames += ({**frame, "item_id": item["id"], "output_index": index} for frame in inner)
        frames.append({"type": "response.output_item.done", "output_index": index, "item": item})
        output.append(item)
    status = "incomplete" if transcript.finish in REASONS else "completed"
    frames.append({"type": f"response.{status}", "response": _response(transcript, status, output)})
    return [
        event({**frame, "sequence_number": number}, style, str(frame["type"])) for number, frame in enumerate(frames)
    ]


def _announced(item: JsonObject) -> JsonObject:
    empty: dict[str, Json] = {"content": [], "summary": [], "arguments": "", "status": "in_progress"}
    return {name: empty.get(name, value) for name, value in item.items() if name != "encrypted_content"}


def _item(part: Output, index: int, status: str) -> tuple[JsonObject, list[JsonObject]]:
    """The finished item, and the frames between its announcement and its end."""
    match part:
        case Call():
            item: JsonObject = {"id": f"fc_{index}", "type": "function_call", "status": status}
            item |= {"arguments": part.text, "call_id": part.call_id, "name": part.name}
            kind = "response.function_call_arguments"
            deltas: list[JsonObject] = [{"type": f"{kind}.delta", "delta": piece} for piece in part.pieces]
            return item, [*deltas, {"type": f"{kind}.done", "name": part.name, "arguments": part.text}]
        case Reasoning():
            summary: JsonObject = {"type": "summary_text", "text": part.text}
            item = {"id": f"rs_{index}", "type": "reasoning", "summary": [summary]}
            if part.signature:
                item["encrypted_content"] = part.signature
            return item, _part(
                "reasoning_summary_part", "reasoning_summary_text", "summary_index", summary, part.pieces
            )
        case Message() | Refusal():
            kind = "output_text" if isinstance(part, Message) else "refusal"
            content: JsonObject = {"type": "refusal", "refusal": part.text}
            if isinstance(part, Message):
                content = {"type": "output_text", "annotations": [], "text": part.text}
                if part.logprobs:
                    content["logprobs"] = token_entries(part)
            item = {
                "id": f"msg_{index}",
                "type": "message",
                "status": status,
                "role": "assistant",
                "content": [content],
            }
            return item, _part("content_part", kind, "content_index", content, part.pieces)


def _part(around: str, kind: str, position: str, content: JsonObject, pieces: tuple[str, ...]) -> list[JsonObject]:
    """A part's announcement, deltas, snapshot and end."""
    member = "refusal" if kind == "refusal" else "text"
    empty: dict[str, Json] = {member: "", "logprobs": []}
    deltas: list[JsonObject] = [{"type": f"response.{kind}.delta", "delta": piece} for piece in pieces]
    done: JsonObject = {"type": f"response.{kind}.done", member: content[member]}
    if "logprobs" in content:
        deltas = [{**delta, "logprobs": [entry]} for delta, entry in zip(deltas, content["logprobs"], strict=True)]
        done["logprobs"] = content["logprobs"]
    frames: list[JsonObject] = [
        {"type": f"response.{around}.added", "part": {name: empty.get(name, value) for name, value in content.items()}},
        *deltas,
        done,
        {"type": f"response.{around}.done", "part": content},
    ]
    return [{**frame, position: 0} for frame in frames]


def _response(transcript: Transcript, status: str, output: list[JsonObject]) -> JsonObject:
    ended = status != "in_progress"
    reason = REASONS.get(transcript.finish) if ended else None
    return {
        "id": transcript.response_id,
        "object": "response",
        "created_at": 1767225600,
        "status": status,
        "error": None,
        "incomplete_details": {"reason": reason} if reason else None,
        "model": transcript.model,
        "output": output,
        "usage": _usage(transcript.usage) if ended else None,
    }


def _usage(usage: Usage | None) -> JsonObject | None:
    if usage is None:
        return None
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": (usage.input_tokens or 0) + (usage.output_tokens or 0),
    }
