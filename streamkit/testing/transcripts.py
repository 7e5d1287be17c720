"""Transcripts: answers as such, before any dialect says them on a wire.

A transcript has its characters in the pieces in which a provider streams them, and knows what every reader of its wire
must come to (`expected`, in the words of a fixture).
"""

import json
from typing import ClassVar, Literal, TypeAlias

import msgspec

from streamkit.items import PartKind, Usage
from streamkit.jsontypes import Json, JsonObject

__all__ = ["Ability", "Call", "Finish", "Message", "Output", "Reasoning", "Refusal", "Transcript", "token_entries"]

Finish = Literal["stop", "tool_calls", "length", "content_filter", "refusal"]

CUT_SHORT = frozenset({"length", "content_filter"})


class Message(msgspec.Struct, frozen=True, tag=True):
    """Visible text."""

    kind: ClassVar[PartKind] = "text"

    pieces: tuple[str, ...]
    logprobs: tuple[float, ...] = ()
    """Of each piece, which is one token then; none, where they were not asked for."""

    @property
    def text(self) -> str:
        """All characters."""
        return "".join(self.pieces)


class Reasoning(msgspec.Struct, frozen=True, tag=True):
    """Readable reasoning."""

    pieces: tuple[str, ...]
    signature: str = ""

    @property
    def text(self) -> str:
        """All characters."""
        return "".join(self.pieces)


class Refusal(msgspec.Struct, frozen=True, tag=True):
    """The model declines, in words."""

    kind: ClassVar[PartKind] = "refusal"

    pieces: tuple[str, ...]
    logprobs: tuple[float, ...] = ()

    @property
    def text(self) -> str:
        """All characters."""
        return "".join(self.pieces)


class Call(msgspec.Struct, frozen=True, tag=True):
    """A tool call."""

    call_id: str
    name: str
    pieces: tuple[str, ...]
    """The JSON text of its arguments."""

    @property
    def text(self) -> str:
        """The whole argument text."""
        return "".join(self.pieces)

    @property
    def input(self) -> Json:
        """The parsed arguments."""
        return json.loads(self.text)


Output: TypeAlias = Message | Reasoning | Refusal | Call


class Ability(msgspec.Struct, kw_only=True, frozen=True):
    """What a dialect can say; a transcript for it holds nothing else."""

    ordered: bool = True
    """Whether output may come in any order and each sort several times; else reasoning, text, calls, once each."""
    reasoning: bool = True
    signatures: bool = False
    refusals: bool = False
    """Whether a refusal has words of its own."""
    exact_arguments: bool = True
    """Whether arguments travel as text; else as JSON values, and only those can be compared.

    A call without arguments is compared by value everywhere: some dialects send `{}`, some send nothing.
    """
    call_ids: bool = True
    cut_calls: bool = True
    """Whether calls may stand before a text that is cut short."""
    logprobs: tuple[PartKind, ...] = ()
    """Of which kinds of text it tells log probabilities."""
    cached_tokens: bool = True
    reasoning_tokens: bool = False
    finishes: tuple[Finish, ...] = ("stop", "length", "content_filter")
    """Why an answer without calls may stop."""


class Transcript(msgspec.Struct, kw_only=True, frozen=True):
    """One answer."""

    response_id: str = "r1"
    model: str = "m1"
    output: tuple[Output, ...] = ()
    finish: Finish = "stop"
    usage: Usage | None = None

    @property
    def text(self) -> str:
        """All visible text."""
        return "".join(part.text for part in self.output if isinstance(part, Message))

    @property
    def reasoning(self) -> str:
        """All reasoning."""
        return "".join(part.text for part in self.output if isinstance(part, Reasoning))

    @property
    def refusal(self) -> str:
        """The words of the refusal."""
        return "".join(part.text for part in self.output if isinstance(part, Refusal))

    @property
    def calls(self) -> tuple[Call, ...]:
        """All tool calls."""
        return tuple(part for part in self.output if isinstance(part, Call))

    def expected(self, ability: Ability) -> JsonObject:
        """What every reader of its wire must come to, in the words of a fixture's `expected`."""
        usage = self.usage
        counts = {
            "input_tokens": usage and usage.input_tokens,
            "output_tokens": usage and usage.output_tokens,
            "cached_tokens": usage and usage.cached_tokens if ability.cached_tokens else None,
            "reasoning_tokens": usage and usage.reasoning_tokens if ability.reasoning_tokens else None,
        }
        logprobs = [
            entry
            for part in self.output
            if isinstance(part, Message | Refusal) and part.kind in ability.logprobs
            for entry in token_entries(part)
        ]
        return {
            "status": "incomplete" if self.finish in CUT_SHORT else "completed",
            "finish_reason": self.finish,
            "text": self.text,
            "reasoning": self.reasoning,
            "refusal": self.refusal,
            "tool_calls": [
                {
                    "name": call.name,
                    "arguments": call.text if ability.exact_arguments and call.input else call.input,
                    **({"call_id": call.call_id} if ability.call_ids else {}),
                }
                for call in self.calls
            ],
            "dropped_calls": [],
            "usage": None if usage is None else {name: count for name, count in counts.items() if count is not None},
            "error": None,
            **({"logprobs": logprobs} if logprobs else {}),
        }


def token_entries(part: Message | Refusal) -> list[JsonObject]:
    """The log probabilities of a text as OpenAI writes them, one entry a token; none, where it has none."""
    return [
        {"token": piece, "logprob": logprob, "bytes": list(piece.encode()), "top_logprobs": []}
        for piece, logprob in zip(part.pieces, part.logprobs, strict=False)
    ]
