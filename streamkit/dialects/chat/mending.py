"""Odd chat frames made readable: an untyped object in, a `Chunk` and the quirks seen out.

It is asked only for what the strict types refuse. It takes member by member what can be understood and names what
cannot; whatever the wire holds, it gives a chunk.
"""

from collections.abc import Callable

import msgspec

from streamkit.dialects.chat.calls import block_call, mend_call
from streamkit.dialects.chat.wire import Call, Choice, Chunk, Delta, Detail, Function
from streamkit.dialects.json_text import json_text
from streamkit.dialects.values import as_text, blocks, digest, whole_number
from streamkit.events import QuirkSeen
from streamkit.jsontypes import Json, JsonArray, JsonObject, is_array, is_object
from streamkit.quirks.chat import (
    choices_shape,
    content_coerced,
    content_list,
    content_part_unknown,
    content_parts,
    member_shape,
    reasoning_shape,
)
from streamkit.quirks.chat_calls import legacy_function_call, tool_shape

__all__ = ["Mended", "mend", "mend_delta"]

MEDIA_PARTS = frozenset({"image_url", "image", "output_image", "audio", "output_audio", "input_audio"})
REMARK_PARTS = frozenset(
    {"reference", "tool_reference", "document_url", "file", "tool_file", "resource", "resource_link"}
)
"""Parts that name a source or a file (Mistral): annotations (F11)."""
TEXT_PARTS = frozenset({"text", "output_text", "input_text", ""})
THINKING_PARTS = frozenset({"thinking", "reasoning", "reasoning_text", "summary_text", "reasoning_summary"})


class Mended(msgspec.Struct, frozen=True):
    """A readable chunk and what was odd about it."""

    chunk: Chunk
    quirks: tuple[QuirkSeen, ...]


def mend(payload: JsonObject) -> Mended:
    """The chunk that an odd frame amounts to."""
    quirks: list[QuirkSeen] = []
    note = quirks.append
    choices = payload.get("choices")
    if choices is not None and not is_array(choices):
        note(choices_shape.seen(detail=digest(choices), data=None if is_object(choices) else choices))
        choices = [choices]
    mended: list[Choice] = []
    for position, choice in enumerate(choices or ()):
        if is_object(choice):
            mended.append(_choice(choice, position, note))
        elif choice is not None:
            note(member_shape.seen(detail=f"choices[{position}]: {digest(choice)}", data=choice))
    chunk = Chunk(
        id=_name(payload.get("id")),
        model=_name(payload.get("model")),
        choices=None if choices is None else mended,
        usage=payload.get("usage"),
        error=payload.get("error"),
        x_groq=payload.get("x_groq"),
        citations=_array(payload, "citations", note),
        search_results=_array(payload, "search_results", note),
        warnings=payload.get("warnings"),
    )
    return Mended(chunk, tuple(quirks))


Note = Callable[[QuirkSeen], None]


def _name(value: Json) -> str | None:
    """An id or a model's name; numbers are read, anything else is absent (F19)."""
    if value is None or isinstance(value, str):
        return value
    return json_text(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _array(payload: JsonObject, name: str, note: Note) -> JsonArray | None:
    value = payload.get(name)
    if value is None or is_array(value):
        return value
    if not isinstance(value, (str, dict)) or not value:
        note(member_shape.seen(detail=f"{name}: {digest(value)}", data=value))
        return None
    return [value]


def _choice(payload: JsonObject, position: int, note: Note) -> Choice:
    index = whole_number(payload.get("index", 0))
    delta = payload.get("delta")
    if isinstance(delta, str):
        delta = {"content": delta}
    elif delta is not None and not is_object(delta):
        note(member_shape.seen(detail=f"delta: {digest(delta)}", data=delta))
        delta = None
    text = payload.get("text")
    return Choice(
        index=position if index is None else index,
        delta=None if delta is None else mend_delta(delta, note),
        finish_reason=payload.get("finish_reason"),
        stop_reason=payload.get("stop_reason"),
        message=payload.get("message"),
        text=None if text is None else as_text(text),
        usage=payload.get("usage"),
        error=payload.get("error"),
        logprobs=payload.get("logprobs"),
    )


def mend_delta(payload: JsonObject, note: Note, *, whole: bool = False) -> Delta:
    """What a delta, or a message, says; `whole` for a message, whose calls are complete."""
    media: JsonArray = []
    remarks: JsonArray = []
    details = _details(payload, note)
    pieces = _content(payload.get("content"), note, media, remarks, details)
    spoken = any(kind == "text" and said for kind, said in pieces)
    calls = _calls(payload.get("tool_calls"), note, whole=whole)
    for value in _blocks(payload, note):
        if _kind(value) in TEXT_PARTS and isinstance(value.get("text"), str) and "name" not in value:
            if not spoken:  # where `content` has the text, the list repeats it
                pieces.append(("text", value["text"]))
        elif (call := block_call(value)) is not None:
            begun = calls[-1].function if calls else None
            if begun is not None and call.function is not None and not call.id and not call.function.name:
                whole_text = (begun.arguments or "") + (call.function.arguments or "")
                function = msgspec.structs.replace(begun, arguments=whole_text)
                calls[-1] = msgspec.structs.replace(calls[-1], function=function, whole=call.whole)
            else:
                calls.append(call)
        else:
            note(content_part_unknown.seen(detail=digest(value), data=value))
    images = payload.get("images")
    audio = payload.get("audio")
    refusal = payload.get("refusal")
    return Delta(
        role=payload["role"] if isinstance(payload.get("role"), str) else None,
        tool_calls=calls,
        reasoning_details=details,
        refusal=_refusal(refusal, note),
        function_call=_function(payload.get("function_call"), note),
        annotations=[*remarks, *(_array(payload, "annotations", note) or ())],
        images=[*media, *(images if is_array(images) else [images] if images else ())],
        audio=audio if is_object(audio) else None,
        executed_tools=_array(payload, "executed_tools", note),
        provider_metadata=payload.get("provider_metadata"),
        reasoning_opaque=payload["reasoning_opaque"] if isinstance(payload.get("reasoning_opaque"), str) else None,
        extra_content=payload.get("extra_content"),
        pieces=pieces,
        reasoning_content=_reasoning("reasoning_content", payload, note),
        reasoning=_reasoning("reasoning", payload, note),
        reasoning_text=_reasoning("reasoning_text", payload, note),
        thinking=_reasoning("thinking", payload, note),
    )


def _refusal(value: Json, note: Note) -> str | None:
    """A refusal's words; a flag is none."""
    if value is None or isinstance(value, str | bool):
        return value if isinstance(value, str) else None
    words = as_text(value)
    if words:
        note(content_coerced.seen(detail=f"refusal: {digest(value)}"))
    elif value:
        note(member_shape.seen(detail=f"refusal: {digest(value)}", data=value))
    return words


def _kind(part: Json) -> str | None:
    """A part's type; empty where it has none, None where there is none to have."""
    if not is_object(part):
        return None
    kind = part.get("type") or ""
    return kind if isinstance(kind, str) else None


def _content(
    value: Json, note: Note, media: JsonArray, remarks: JsonArray, details: list[Detail]
) -> list[tuple[str, str]]:
    """Content of any shape as pieces of text and reasoning, in their order (F05, F10, E30)."""
    if value is None:
        return []
    if isinstance(value, str):
        return [("text", value)]
    if isinstance(value, (int, float)):
        note(content_coerced.seen(detail=digest(value)))
        return [("text", json_text(value))]
    pieces: list[tuple[str, str]] = []
    parts = value if is_array(value) else [value]
    if parts:
        note(content_parts.seen())
    for part in parts:
        if isinstance(part, str):
            pieces.append(("text", part))
            continue
        kind = _kind(part)
        if kind in MEDIA_PARTS:
            media.append(part)
        elif kind in REMARK_PARTS:
            remarks.append(part)
        elif kind in THINKING_PARTS:
            pieces += (("reasoning", text) for text in blocks(part, "thinking", "reasoning", "text", "summary"))
            remarks += (inner for inner in _inside(part) if _kind(inner) in REMARK_PARTS)
            details += (Detail(type=kind, signature=text) for text in blocks(part.get("signature"), "signature"))
        elif kind in TEXT_PARTS and (texts := blocks(part, "text", "content")):
            pieces += (("text", text) for text in texts)
        elif kind not in ("text", "output_text") or part.get("text"):
            note(content_part_unknown.seen(detail=digest(part), data=part))
    return pieces


def _inside(part: Json) -> JsonArray:
    """The pieces of a thinking part."""
    pieces = part.get("thinking") if is_object(part) else None
    return pieces if is_array(pieces) else []


def _reasoning(name: str, payload: JsonObject, note: Note) -> str | None:
    """A reasoning field's text: strings in known places; a flag or a number is no thought of a shape we know (E14)."""
    value = payload.get(name)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        note(content_coerced.seen(detail=f"{name}: {digest(value)}"))
        return json_text(value)
    found = blocks(value, "text", "thinking", "content", "reasoning", "summary")
    note(reasoning_shape.seen(detail=f"{name}: {digest(value)}", data=None if found else value))
    return "".join(found)


def _details(payload: JsonObject, note: Note) -> list[Detail]:
    value = _array(payload, "reasoning_details", note) or []
    out: list[Detail] = []
    for entry in value:
        if isinstance(entry, str):
            out.append(Detail(type="reasoning.text", text=entry))
        elif is_object(entry):
            index = entry.get("index")
            known = {n: entry[n] for n in Detail.__struct_fields__ if n != "index" and isinstance(entry.get(n), str)}
            out.append(Detail(index=index if isinstance(index, int) else None, **known))
            odd = {n: entry[n] for n in ("text", "summary", "signature", "data") if n not in known and entry.get(n)}
            if odd:
                note(reasoning_shape.seen(detail=f"reasoning_details: {digest(odd)}", data=entry))
        elif entry is not None:
            note(reasoning_shape.seen(detail=f"reasoning_details: {digest(entry)}", data=entry))
    return out


def _calls(value: Json, note: Note, *, whole: bool) -> list[Call]:
    if value is None:
        return []
    if is_object(value):
        note(tool_shape.seen(detail=digest(value)))
        value = [value]
    if not is_array(value):
        note(member_shape.seen(detail=f"tool_calls: {digest(value)}", data=value))
        return []
    out: list[Call] = []
    for position, entry in enumerate(value):
        if is_object(entry):
            out.append(mend_call(entry, note, position=position if whole else None, whole=whole))
        elif entry is not None:
            note(member_shape.seen(detail=f"tool_calls[{position}]: {digest(entry)}", data=entry))
    return out


def _function(value: Json, note: Note) -> Function | None:
    """A legacy call; the reader gives it its index (D30)."""
    if not value:
        return None
    if not is_object(value):
        note(legacy_function_call.seen(detail=digest(value), data=value))
        return None
    call = mend_call({"function": value}, note)
    return call.function


def _blocks(payload: JsonObject, note: Note) -> list[JsonObject]:
    """The entries of `content_list` (F17)."""
    value = payload.get("content_list")
    if not value:
        return []
    note(content_list.seen())
    entries = value if is_array(value) else [value]
    return [entry for entry in entries if is_object(entry)]
