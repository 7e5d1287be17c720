"""Deviations in the shape of chat frames: what stands where, and as what (groups A, B, E, F, G)."""

from collections.abc import Iterator

import msgspec

from streamkit.jsontypes import Json, JsonObject, is_array, is_object
from streamkit.quirks.registry import quirk
from streamkit.quirks.tape import Edit, Tape, TapeFrame

__all__ = [
    "choices_shape",
    "content_coerced",
    "content_list",
    "content_part_unknown",
    "content_parts",
    "finish_unknown",
    "id_changed",
    "logprobs_shape",
    "member_shape",
    "message_instead_of_delta",
    "non_stream_body",
    "reasoning_fields_differ",
    "reasoning_shape",
    "role_unexpected",
    "text_completion",
    "token_frames",
    "unknown_frame",
    "worker_frames",
]


def choice_of(payload: Json) -> JsonObject | None:
    """The only choice of a chunk with a delta."""
    choices = payload.get("choices") if is_object(payload) else None
    if not is_array(choices) or len(choices) != 1 or not is_object(choices[0]):
        return None
    return choices[0] if is_object(choices[0].get("delta")) else None


def text_frames(tape: Tape) -> Iterator[tuple[TapeFrame, JsonObject, JsonObject, str]]:
    """Frames that bring text of the first choice and nothing else: the frame, a fresh payload, its choice, the text."""
    for frame in tape.frames:
        payload = frame.json
        choice = choice_of(payload)
        if choice is None or choice.get("finish_reason") or payload.get("usage") or choice.get("index"):
            continue
        text = choice["delta"].get("content")
        others = (value for name, value in choice["delta"].items() if name not in ("content", "role"))
        if isinstance(text, str) and text and not any(others):
            yield frame, payload, choice, text


@quirk("chat", effect="harmless", catalogue=("F05", "E30"), sources=["Mistral", "Databricks"])
def content_parts(tape: Tape) -> Iterator[Edit]:
    """Content is a list of typed parts; thinking parts are reasoning, text parts are text, in their order."""
    for frame, payload, choice, text in text_frames(tape):
        choice["delta"]["content"] = [{"type": "text", "text": text}]
        yield tape.replace(frame, payload)


@quirk("chat", effect="lossy", catalogue="F05", fields=("text",))
def content_part_unknown(tape: Tape) -> Iterator[Edit]:
    """A content part of a type that is not known; it is kept in the quirk's data."""
    for frame, payload, choice, text in text_frames(tape):
        part = {"type": "hologram", "hologram": "…"}
        choice["delta"]["content"] = [{"type": "text", "text": text}, part]
        yield tape.replace(frame, payload)


@quirk("chat", effect="repaired", catalogue="F10", sources=["Cloudflare Workers AI"])
def content_coerced(tape: Tape) -> Iterator[Edit]:
    """Text came as a number or a boolean; it is read as that value's JSON text."""
    for frame, payload, choice, text in text_frames(tape):
        if text.isascii() and text.isdigit() and str(int(text)) == text:
            choice["delta"]["content"] = int(text)
            yield tape.replace(frame, payload)


@quirk("chat", effect="repaired", catalogue="F17", sources=["Snowflake Cortex"], known_in=())
def content_list(tape: Tape) -> Iterator[Edit]:
    """Typed blocks stand in `content_list`: text a second time, calls instead of in `tool_calls`."""
    for frame, payload, choice, text in text_frames(tape):
        blocks = [{"type": "text", "text": text}]
        choice["delta"] = {"type": "text", "content": text, "content_list": blocks, "text": text}
        yield tape.replace(frame, payload)
    calling = [frame for frame in tape.frames if (choice_of(frame.json) or {"delta": {}})["delta"].get("tool_calls")]
    if calling:
        first, last = calling[0], calling[-1]
        frames = (_with_blocks(tape, frame) for frame in tape.frames[first.index : last.index + 1])
        yield Edit(first.start, last.end, b"".join(frames), "the calls")


def _with_blocks(tape: Tape, frame: TapeFrame) -> bytes:
    """The frame with its call fragments in `content_list`."""
    payload = frame.json
    choice = choice_of(payload)
    if choice is None or not choice["delta"].get("tool_calls"):
        return tape.data[frame.start : frame.end]
    blocks: list[JsonObject] = []
    for call in choice["delta"]["tool_calls"]:
        function: JsonObject = call.get("function") or {}
        if function.get("name"):
            blocks.append({"tool_use_id": call.get("id"), "name": function["name"]})
        if function.get("arguments"):
            blocks.append({"input": function["arguments"]})
    choice["delta"] = {"type": "tool_use", "content_list": blocks, "text": ""}
    return tape.encode(payload, frame.event)


@quirk("chat", effect="guessed", catalogue="F06", fields=("text",), sources=["RAGFlow", "MiniMax"])
def message_instead_of_delta(tape: Tape) -> Iterator[Edit]:
    """A choice has `message` and no `delta`; of a message that grows, only what is new is given out."""
    found = list(text_frames(tape))
    if len(found) == 1:
        frame, payload, choice, _ = found[0]
        choice["message"] = choice.pop("delta")
        yield tape.replace(frame, payload)


@quirk("chat", effect="harmless", catalogue="F09", known_in=())
def text_completion(tape: Tape) -> Iterator[Edit]:
    """A legacy completion frame on a chat stream: `text` stands in the choice, without a delta."""
    for frame, payload, choice, text in text_frames(tape):
        del choice["delta"]
        choice["text"] = text
        yield tape.replace(frame, payload)


@quirk("chat", effect="harmless", catalogue="F24", sources=["Hugging Face TGI"], known_in=())
def token_frames(tape: Tape) -> Iterator[Edit]:
    """Frames of the native TGI route: one token each, special ones left out."""
    for frame, _, choice, text in text_frames(tape):
        token = {"id": 1, "text": text, "special": False}
        if not choice.get("logprobs"):
            yield tape.replace(frame, {"index": 1, "token": token, "generated_text": None, "details": None})


@quirk("chat", effect="harmless", catalogue="F10", sources=["Cloudflare Workers AI"], known_in=())
def worker_frames(tape: Tape) -> Iterator[Edit]:
    """Frames of the native Workers AI route: the text stands in `response`."""
    for frame, _, choice, text in text_frames(tape):
        if not choice.get("logprobs"):
            yield tape.replace(frame, {"response": text})


@quirk("chat", effect="lossy", catalogue="E14", fields=("reasoning",))
def reasoning_shape(tape: Tape) -> Iterator[Edit]:
    """Reasoning is no string; strings in known places are taken, anything else is kept in the quirk's data."""
    for frame, payload, choice, _ in text_frames(tape):
        choice["delta"]["reasoning_content"] = True
        yield tape.replace(frame, payload)


@quirk("chat", effect="guessed", catalogue="E12", fields=("reasoning",), sources=["Chutes", "OpenRouter"])
def reasoning_fields_differ(tape: Tape) -> Iterator[Edit]:
    """Two reasoning fields of one chunk say different things; the field that the stream used first is read."""
    for frame in tape.frames:
        payload = frame.json
        choice = choice_of(payload)
        delta: JsonObject = choice["delta"] if choice is not None else {}
        if delta.get("reasoning_content") and not delta.get("reasoning"):
            delta["reasoning"] = "≠ " + str(delta["reasoning_content"])
            yield tape.replace(frame, payload)


@quirk("chat", effect="harmless", catalogue="B28", known_in=())
def role_unexpected(tape: Tape) -> Iterator[Edit]:
    """A delta says another role than `assistant`; its content belongs to the answer all the same."""
    for frame, payload, choice, _ in text_frames(tape):
        choice["delta"]["role"] = "user"
        yield tape.replace(frame, payload)


@quirk("chat", effect="harmless", catalogue="B32", sources=["routers", "Gemini through gateways"])
def id_changed(tape: Tape) -> Iterator[Edit]:
    """The response's id or model changes in mid-stream; the first one stands, the answer is one."""
    for frame, payload, _, _ in list(text_frames(tape))[1:]:
        if payload.get("id"):
            payload["id"] = "another-id"
            yield tape.replace(frame, payload)


@quirk("chat", effect="repaired", catalogue="F02", known_in=())
def choices_shape(tape: Tape) -> Iterator[Edit]:
    """`choices` is no list of objects; one object is read as the only choice."""
    for frame, payload, choice, _ in text_frames(tape):
        yield tape.replace(frame, {**payload, "choices": choice})


@quirk("chat", effect="lossy", catalogue="F19", fields=("items",), known_in=())
def member_shape(tape: Tape) -> Iterator[Edit]:
    """A member has a type that cannot be read; it is left out, kept in the quirk's data, and nothing else with it."""
    for frame, payload, choice, _ in text_frames(tape):
        choice["delta"]["tool_calls"] = "none"
        yield tape.replace(frame, payload)


@quirk("chat", "completions", effect="harmless", catalogue="F19", known_in=())
def logprobs_shape(tape: Tape) -> Iterator[Edit]:
    """A choice's log probabilities have a shape that no document names; they are passed on as they came."""
    for frame in tape.frames:
        payload = frame.json
        choices = payload.get("choices") if is_object(payload) else None
        if not is_array(choices) or len(choices) != 1 or not is_object(choices[0]):
            continue
        told = choices[0].get("logprobs")
        if is_object(told) and is_array(told.get("content")) and told["content"] and not told.get("refusal"):
            choices[0]["logprobs"] = told["content"]
            yield tape.replace(frame, payload)


@quirk("chat", effect="harmless", catalogue="F20", sources=["gateways"])
def unknown_frame(tape: Tape) -> Iterator[Edit]:
    """A frame without choices, usage or error; it is kept in the metadata."""
    for frame in tape.frames:
        yield tape.insert(frame, {"hook_results": {"before_request_hooks": []}})


@quirk(
    "chat",
    "responses",
    "bedrock",
    "cohere",
    effect="repaired",
    catalogue="A17",
    sources=["gateways with a cache", "xAI", "Bedrock models that do not stream"],
    known_in=("chat", "responses"),
)
def non_stream_body(tape: Tape) -> Iterator[Edit]:
    """The whole answer came as one document, although a stream was asked for."""
    if tape.dialect == "responses":
        payloads = [frame.json for frame in tape.frames if is_object(frame.json)]
        streamed = [payload["item"] for payload in payloads if payload.get("type") == "response.output_item.done"]
        whole: JsonObject = payloads[-1].get("response") or {}
        if streamed and whole.get("output") == streamed:
            yield Edit(0, len(tape.data), msgspec.json.encode(whole))
        return
    choices: list[JsonObject] = [choice for frame in tape.frames if (choice := choice_of(frame.json)) is not None]
    deltas: list[JsonObject] = [choice["delta"] for choice in choices]
    told: list[JsonObject] = [choice["logprobs"] for choice in choices if choice.get("logprobs")]
    finishing = [frame for frame in tape.frames if (choice_of(frame.json) or {}).get("finish_reason")]
    texts = [delta["content"] for delta in deltas if delta.get("content")]
    others = [name for delta in deltas for name in delta if delta[name] and name not in ("role", "content")]
    if len(finishing) != 1 or not texts or others or not all(isinstance(text, str) for text in texts):
        return
    if not tape.frames[0].json.get("choices"):  # Azure says more in frames of their own than one document would
        return
    document: JsonObject = {}
    for frame in tape.frames:
        members: JsonObject = frame.json or {}
        document |= {name: value for name, value in members.items() if value}
    choice = {**finishing[0].json["choices"][0], "message": {"role": "assistant", "content": "".join(texts)}}
    if told:
        choice["logprobs"] = {"content": [entry for each in told for entry in each.get("content") or ()]}
    del choice["delta"]
    document |= {"object": "chat.completion", "choices": [choice]}
    yield Edit(0, len(tape.data), msgspec.json.encode(document))


@quirk("any", effect="guessed", catalogue=("C14", "C16"), fields=("finish_reason", "raw_finish_reason", "status"))
def finish_unknown(tape: Tape) -> Iterator[Edit]:
    """A finish reason that no table names, or that is no word; the answer stands, why it stopped is unknown."""
    for frame in tape.frames:
        payload = frame.json
        choice = choice_of(payload)
        if choice is not None and choice.get("finish_reason") and not choice.get("index"):
            choice["finish_reason"] = 2
            yield tape.replace(frame, payload)
