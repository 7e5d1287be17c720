"""What a response consists of: items with parts, tool calls, usage. Plain values on the ground floor.

The words are the Responses API's: an *item* is one piece of output (`message`, `reasoning`, `function_call`, …), a
*part* is one run of text inside it.
"""

from typing import Any, Literal

import msgspec

from streamkit.jsontypes import Json, JsonObject

__all__ = ["CallState", "FinishReason", "Item", "Part", "PartKind", "Status", "ToolCall", "Usage", "is_client_call"]

PartKind = Literal["text", "refusal", "reasoning", "summary", "plan", "arguments", "transcript"]
"""What the characters of a part are: visible text, a refusal, raw reasoning, a reasoning summary, a plan for tool
calls (F23; not part of `reasoning`), tool arguments, or
the words spoken in a media item."""

Status = Literal["in_progress", "completed", "incomplete", "failed", "cancelled"]
FinishReason = Literal[
    "stop",
    "length",
    "tool_calls",
    "content_filter",
    "refusal",
    "pause",
    "error",
    "cancelled",
    "truncated",
    "unknown",
]
CallState = Literal["complete", "repaired", "truncated", "invalid"]

CLIENT_CALLS = frozenset({"function_call", "custom_tool_call"})


def is_client_call(item_type: str) -> bool:
    """Whether an item of this type is a call that the client is to run (D43)."""
    return item_type in CLIENT_CALLS


class Part(msgspec.Struct, frozen=True):
    """One run of characters inside an item."""

    kind: PartKind
    text: str
    index: int = 0
    """The wire's content or summary index."""


class ToolCall(msgspec.Struct, kw_only=True, frozen=True):
    """A call that the client is to run, or was meant to run."""

    call_id: str
    """The id under which the result goes back."""
    name: str
    arguments: str
    """The exact argument text as it arrived (or as its own item's snapshot corrected it)."""
    input: Json = None
    """The parsed arguments; None where they could not be parsed, and for custom calls."""
    state: CallState = "complete"
    kind: Literal["function", "custom"] = "function"
    """`custom`: `arguments` is free text, never JSON (D31)."""
    reason: str = ""
    """Why the call is not `complete`: the repair stages, or what is missing."""
    item_id: str = ""
    choice: int = 0
    id_synthesized: bool = False
    """The wire had no id; this one is derived from position and name, the same for the same bytes (D09, I35)."""
    extra: JsonObject = {}
    """What else the wire says of this call (D40), for replay."""


class Item(msgspec.Struct, kw_only=True, frozen=True):
    """One piece of output, in the order in which it stands in the answer."""

    id: str
    type: str
    """`message`, `reasoning`, `function_call`, `custom_tool_call`, `media`, `compaction`, or the name of a
    server-side item (`web_search_call`, `server_tool_use`, …), as the wire spells it."""
    status: Status = "completed"
    choice: int = 0
    parts: tuple[Part, ...] = ()
    phase: str = ""
    """`commentary`, `analysis`, `final_answer` where the wire says so (B15)."""
    call: ToolCall | None = None
    """The call, for `function_call` and `custom_tool_call`."""
    signature: str = ""
    """Signature or encrypted payload that must go back verbatim (E19, E22, E23, E27)."""
    signature_kind: str = ""
    """`signature`, `encrypted_content` or `redacted`."""
    annotations: tuple[Json, ...] = ()
    logprobs: tuple[Json, ...] = ()
    """Log probabilities in the order of the tokens, where they were asked for; see `LogprobsAdded`."""
    media: tuple[JsonObject, ...] = ()
    details: JsonObject = {}
    """The rest of what the wire says of this item: the whole object of a server-side tool, for example."""

    def text_of(self, *kinds: str) -> str:
        """The characters of the parts of these kinds, joined in order."""
        if len(self.parts) == 1:  # as most items have
            return self.parts[0].text if self.parts[0].kind in kinds else ""
        return "".join(part.text for part in self.parts if part.kind in kinds)

    @property
    def text(self) -> str:
        """The visible text of this item."""
        return self.text_of("text")

    @property
    def reasoning(self) -> str:
        """The readable reasoning of this item: summaries and raw reasoning."""
        return self.text_of("reasoning", "summary")


class Usage(msgspec.Struct, kw_only=True, frozen=True):
    """Token counts; None is unknown, never 0 (C31)."""

    input_tokens: int | None = None
    """Prompt tokens, those read from a cache included (C29)."""
    output_tokens: int | None = None
    """Generated tokens, reasoning included (C25, C27)."""
    total_tokens: int | None = None
    cached_tokens: int | None = None
    """Prompt tokens read from a cache."""
    cache_write_tokens: int | None = None
    """Prompt tokens written to a cache."""
    reasoning_tokens: int | None = None
    raw: Any = None
    """The provider's own object (several merged where it sends several)."""

    @property
    def visible_tokens(self) -> int | None:
        """Generated tokens without reasoning, never below 0 (C25, C26); None where the output was not counted."""
        if self.output_tokens is None:
            return None
        return max(0, self.output_tokens - (self.reasoning_tokens or 0))

    @property
    def context_tokens(self) -> int | None:
        """What the request took of the model's window: the input alone, for reasoning does not come back (C25)."""
        return self.input_tokens
