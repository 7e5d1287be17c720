"""The shapes of a Chat Completions chunk, twice: plain chunks, decoded as fast as can be, and everything documented.

`PlainChunk` admits only what most chunks of most streams are: text, plain reasoning, call fragments, running usage.
Members that would need more work are typed as null there, so the decoder itself refuses such a chunk and no member has
to be tested afterwards. What it refuses is read as `Chunk`; what that refuses too is odd (see `mending`).

Each member that a type names costs time even where it is absent. So there are two deltas for plain chunks: `LeanDelta`,
which refuses all other members, and `PlainDelta` for servers that write out what they do not send as null. Still fewer
members have the types in `narrow`.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar, Final, Generic, Literal, TypeVar

import msgspec

from streamkit.jsontypes import Json, JsonObject

__all__ = [
    "Call",
    "Choice",
    "Chunk",
    "Custom",
    "Delta",
    "Detail",
    "Function",
    "LeanCall",
    "LeanDelta",
    "Part",
    "PlainChoice",
    "PlainChunk",
    "decode_chunk",
    "decode_lean",
    "decode_measured",
    "decode_plain",
]


class Function(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The function of a call. Unknown members are refused, so that the tolerant path may keep them (D40)."""

    name: str | None = None
    arguments: str | None = None


class Custom(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A custom tool's call: free text instead of arguments (D31)."""

    name: str | None = None
    input: str | None = None


class Call(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """One entry of `tool_calls`."""

    index: int | None = None
    id: str | None = None
    type: str | None = None
    function: Function | None = None
    custom: Custom | None = None
    extra_content: JsonObject | None = None
    """Where Gemini keeps thought signatures (D40)."""
    whole: bool = msgspec.field(default=False, name="=whole")
    """Set by the tolerant path: the arguments came as an object (D17)."""
    extra: JsonObject | None = msgspec.field(default=None, name="=extra")
    """Set by the tolerant path: members that no document names (D40)."""


class LeanCall(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """One entry of `tool_calls` that can hold only a function."""

    index: int | None = None
    id: str | None = None
    type: str | None = None
    function: Function | None = None
    custom: ClassVar[Custom | None] = None
    extra_content: ClassVar[JsonObject | None] = None
    whole: ClassVar[bool] = False
    extra: ClassVar[JsonObject | None] = None


class Detail(msgspec.Struct, frozen=True, gc=False):
    """One entry of OpenRouter's `reasoning_details` (E13)."""

    type: str | None = None
    text: str | None = None
    summary: str | None = None
    signature: str | None = None
    data: str | None = None
    id: str | None = None
    index: int | None = None
    format: str | None = None


class Part(msgspec.Struct, frozen=True, gc=False):
    """One typed part of content as Mistral and Databricks document it (F05, E30); other types are odd."""

    type: Literal["text", "thinking", "reasoning", "summary_text"]
    text: str | None = None
    thinking: "str | Sequence[Part] | None" = None
    summary: "str | Sequence[Part] | None" = None
    signature: str | None = None


class Delta(msgspec.Struct, frozen=True, gc=False):
    """What a chunk adds to one choice."""

    role: str | None = None
    content: str | Sequence[Part] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: Sequence[Call] | None = None
    reasoning_details: Sequence[Detail] | None = None
    refusal: str | None = None
    reasoning_text: str | None = None
    thinking: str | None = None
    function_call: Function | None = None
    annotations: Sequence[Json] | None = None
    images: Sequence[Json] | None = None
    audio: Json = None
    executed_tools: Sequence[Json] | None = None
    """Groq's server-side tools (D43)."""
    provider_metadata: Json = None
    reasoning_opaque: str | None = None
    """Copilot's sealed reasoning (E22)."""
    extra_content: Json = None
    """Where Gemini keeps the thought signature of a text (D40)."""
    content_list: None = None
    """Snowflake's typed blocks, for the tolerant path (F17)."""
    pieces: Sequence[tuple[str, str]] | None = msgspec.field(default=None, name="=pieces")
    """Set by the tolerant path: (`text` or `reasoning`, characters) in their order (F05)."""


class Choice(msgspec.Struct, frozen=True, gc=False):
    """One alternative answer. What else it holds is read untyped, where it finishes."""

    index: int = 0
    delta: Delta | None = None
    finish_reason: Json = None
    stop_reason: Json = None
    """What Bedrock's Mistral and DeepSeek have in place of a finish reason; elsewhere it says more about one."""
    message: Json = None
    text: str | None = None
    usage: Json = None
    error: Json = None
    logprobs: Json = None


class Chunk(msgspec.Struct, frozen=True, gc=False):
    """One frame. What else it holds is read untyped, where it is the first, finishes a choice, or has none."""

    id: str | None = None
    model: str | None = None
    choices: Sequence[Choice] | None = None
    usage: Json = None
    error: Json = None
    x_groq: Json = None
    citations: Sequence[Json] | None = None
    search_results: Sequence[Json] | None = None
    warnings: Json = None
    base_resp: Json = None


Nothing = list[None] | None
"""An empty list or null."""


class PlainDelta(msgspec.Struct, frozen=True, gc=False):
    """A delta that can hold only text, reasoning and call fragments."""

    role: Literal["assistant", ""] | None = None
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: Sequence[Call] | None = None
    reasoning_details: Sequence[Detail] | None = None
    refusal: Literal[""] | None = None
    reasoning_text: None = None
    thinking: None = None
    function_call: None = None
    annotations: Nothing = None
    images: Nothing = None
    audio: None = None
    executed_tools: Nothing = None
    provider_metadata: None = None
    reasoning_opaque: Literal[""] | None = None
    extra_content: None = None
    content_list: Nothing = None


class LeanDelta(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The members of a `PlainDelta` that most servers send, and no other."""

    role: Literal["assistant", ""] | None = None
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: Sequence[LeanCall] | None = None
    reasoning_details: Sequence[Detail] | None = None
    refusal: Literal[""] | None = None


DeltaType = TypeVar("DeltaType")


class NoLogprobs(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Log probabilities of no token: beside what is no text, and from servers that write out what they do not send."""

    content: tuple[()] | None = None
    refusal: tuple[()] | None = None
    reasoning_content: tuple[()] | None = None


class PlainChoice(msgspec.Struct, Generic[DeltaType], frozen=True, gc=False, kw_only=True):
    """A choice that does not finish."""

    index: int = 0
    delta: DeltaType
    logprobs: NoLogprobs | None = None
    finish_reason: Literal["", "null"] | None = None
    usage: None = None
    error: None = None
    text: Literal[""] | None = None


class PlainChunk(msgspec.Struct, Generic[DeltaType], frozen=True, gc=False, kw_only=True):
    """A frame with content or nothing."""

    id: str | None = None
    model: str | None = None
    choices: Sequence[PlainChoice[DeltaType]]
    usage: JsonObject | None = None
    error: None = None
    x_groq: None = None
    citations: Nothing = None
    search_results: Nothing = None
    warnings: Nothing = None


class TextLogprobs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Log probabilities of visible text and of nothing else."""

    content: list[JsonObject]
    refusal: tuple[()] | None = None
    reasoning_content: tuple[()] | None = None


class MeasuredDelta(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A delta that can hold only text."""

    content: str
    role: Literal["assistant", ""] | None = None
    refusal: Literal[""] | None = None


class MeasuredChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A choice that does not finish, with the log probabilities of its text."""

    index: int = 0
    delta: MeasuredDelta
    logprobs: TextLogprobs
    finish_reason: Literal["", "null"] | None = None
    usage: None = None
    error: None = None


class MeasuredChunk(msgspec.Struct, frozen=True, kw_only=True):
    """A frame with one piece of text and its log probabilities, as most frames of a stream that has any."""

    id: str | None = None
    model: str | None = None
    choices: tuple[MeasuredChoice]
    usage: None = None
    error: None = None
    x_groq: None = None
    citations: Nothing = None
    search_results: Nothing = None
    warnings: Nothing = None


decode_lean: Final[Callable[[bytes], PlainChunk[LeanDelta]]] = msgspec.json.Decoder(PlainChunk[LeanDelta]).decode
decode_plain: Final[Callable[[bytes], PlainChunk[PlainDelta]]] = msgspec.json.Decoder(PlainChunk[PlainDelta]).decode
decode_measured: Final[Callable[[bytes], MeasuredChunk]] = msgspec.json.Decoder(MeasuredChunk).decode
decode_chunk: Final[Callable[[bytes], Chunk]] = msgspec.json.Decoder(Chunk).decode
