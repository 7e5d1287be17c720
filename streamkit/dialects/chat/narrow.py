"""The quickest way for a frame: more of what the frame before it said, in the dress that most servers give it.

The types admit one piece of one kind for the first choice and nothing else, so that the decoder itself tests all there
is to a frame but its identity. What they refuse is read as a plain chunk.
"""

from collections.abc import Callable
from typing import Annotated, Final, Generic, Literal, TypeVar

import msgspec

from streamkit.dialects.chat.wire import PlainChoice, PlainChunk
from streamkit.events import Event, ReasoningDelta, TextDelta
from streamkit.evidence import CallText

__all__ = ["MEMBERS", "More", "more_arguments", "more_reasoning", "more_text"]

More = Callable[[bytes, str | None, str | None], TextDelta | ReasoningDelta | CallText | None]
"""What a frame of this data means, or None where there is anything more or anything else to it than the way knows.

Its `id` and its `model` must be these.
"""

Words = Annotated[str, msgspec.Meta(min_length=1)]
Role = Literal["assistant", ""] | None


class TextOnly(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A delta that holds text."""

    content: Words
    role: Role = None


class ReasoningOnly(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A delta that holds reasoning, in the one of its fields that most servers use (E11)."""

    reasoning_content: Words
    role: Role = None
    content: Literal[""] | None = None


class MoreArguments(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The function of a call of which nothing but more argument text is said."""

    arguments: Words


class MoreCall(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True):
    """Such a call."""

    index: int | None = None
    function: MoreArguments


class CallOnly(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A delta that holds one such call."""

    tool_calls: tuple[MoreCall]
    role: Role = None
    content: Literal[""] | None = None


Delta = TypeVar("Delta", TextOnly, ReasoningOnly, CallOnly)


class FirstChoice(PlainChoice[Delta], Generic[Delta], frozen=True, gc=False, kw_only=True):
    """The first choice, which does not finish."""

    index: Literal[0] = 0


class NarrowChunk(PlainChunk[Delta], Generic[Delta], frozen=True, gc=False, kw_only=True):
    """A frame that holds that choice alone."""

    choices: tuple[FirstChoice[Delta]]
    usage: None = None


_TEXT: Final = msgspec.json.Decoder(NarrowChunk[TextOnly]).decode
_REASONING: Final = msgspec.json.Decoder(NarrowChunk[ReasoningOnly]).decode
_CALL: Final = msgspec.json.Decoder(NarrowChunk[CallOnly]).decode


def _known(
    decode: Callable[[bytes], NarrowChunk[Delta]], data: bytes, chunk_id: str | None, model: str | None
) -> Delta | None:
    """The delta of a frame of this kind and this identity."""
    try:
        chunk = decode(data)
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
        return None
    return chunk.choices[0].delta if chunk.id == chunk_id and chunk.model == model else None


def more_text(data: bytes, chunk_id: str | None, model: str | None) -> TextDelta | None:
    """More visible text."""
    delta = _known(_TEXT, data, chunk_id, model)
    return None if delta is None else TextDelta(text=delta.content)


def more_reasoning(data: bytes, chunk_id: str | None, model: str | None) -> ReasoningDelta | None:
    """More reasoning in `reasoning_content`."""
    delta = _known(_REASONING, data, chunk_id, model)
    return None if delta is None else ReasoningDelta(text=delta.reasoning_content)


def more_arguments(data: bytes, chunk_id: str | None, model: str | None) -> CallText | None:
    """More argument text of one call."""
    delta = _known(_CALL, data, chunk_id, model)
    if delta is None:
        return None
    (call,) = delta.tool_calls
    return CallText(index=call.index, text=call.function.arguments)


MEMBERS: Final[dict[type[Event], bytes]] = {
    TextDelta: b'"content"',
    ReasoningDelta: b'"reasoning_content"',
    CallText: b'"arguments"',
}
"""The member in which frames differ that say more of the same."""
