"""Which dialect a model speaks inside InvokeModel: told by its first frame."""

from collections.abc import Callable

import msgspec

from streamkit.dialects.base import Decoder, DecoderOptions
from streamkit.dialects.bedrock.converse import ConverseDecoder
from streamkit.dialects.bedrock.texts import TEXT_MEMBERS, TextsDecoder
from streamkit.dialects.bedrock.wire import Members
from streamkit.dialects.refused import REFUSED
from streamkit.dialects.table import dialect_named
from streamkit.jsontypes import Json, JsonObject, is_object

__all__ = ["inner_decoder"]

CONVERSE_MEMBERS = frozenset(field.encode_name for field in msgspec.structs.fields(Members))
ANTHROPIC_TYPES = frozenset(
    {
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "ping",
        "error",
    }
)


def inner_decoder(data: bytes, options: DecoderOptions) -> Decoder | None:
    """A decoder for a model whose first frame is `data`; None where no dialect has such a frame."""
    try:
        payload: Json = msgspec.json.decode(data)
    except REFUSED:
        return None
    if not is_object(payload):
        return None
    for fits, make in FAMILIES:
        if fits(payload):
            return make(options)
    return None


def _typed(payload: JsonObject) -> str:
    kind = payload.get("type")
    return kind if isinstance(kind, str) else ""


def _named(name: str) -> Callable[[DecoderOptions], Decoder]:
    return lambda options: dialect_named(name).decoder(options)


FAMILIES: tuple[tuple[Callable[[JsonObject], object], Callable[[DecoderOptions], Decoder]], ...] = (
    (lambda payload: _typed(payload) in ANTHROPIC_TYPES, _named("anthropic")),
    (
        lambda payload: CONVERSE_MEMBERS & payload.keys(),
        lambda options: ConverseDecoder(options, as_members=True),
    ),
    (lambda payload: isinstance(payload.get("choices"), list), _named("chat")),
    (lambda payload: isinstance(payload.get("event_type"), str) or "-" in _typed(payload), _named("cohere")),
    (lambda payload: TEXT_MEMBERS & payload.keys(), TextsDecoder),
)
"""Claude; Nova; AI21 Jamba, Mistral Large, gpt-oss, DeepSeek, Qwen; Command R; all older text models."""
