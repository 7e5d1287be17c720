"""The events that come out of a pipeline: facts, frozen, keyword-only.

Grammar of every stream, whatever came in (checked by `streamkit.testing.grammar`):

```
stream := ResponseStarted (item-event | aside)* ResponseFinished? aside* StreamEnded
item   := ItemStarted delta* ItemFinished (ToolCallReady | ToolCallDropped)?
delta  := TextDelta | RefusalDelta | ReasoningDelta | SignatureReported | ArgumentsDelta
        | AnnotationAdded | LogprobsAdded | MediaAdded | PartReplaced
aside  := MetadataReported | UsageReported | ErrorReported | KeepAlive | QuirkSeen | ProviderEvent
```

Items may interleave; an item id occurs once; the verdict on a call comes after its `ItemFinished`, not necessarily at
once. Invariant: `Response.from_events(log) == stream.response`.

A subclass of `Event` of your own may travel through any pipeline as an aside.
"""

from typing import Literal

import msgspec

from streamkit.errors import ErrorInfo
from streamkit.items import FinishReason, PartKind, Status, ToolCall, Usage
from streamkit.jsontypes import Json, JsonObject

__all__ = [
    "AnnotationAdded",
    "ArgumentsDelta",
    "Ending",
    "ErrorReported",
    "Event",
    "ItemEvent",
    "ItemFinished",
    "ItemStarted",
    "KeepAlive",
    "Key",
    "LogprobsAdded",
    "MediaAdded",
    "MetadataReported",
    "PartReplaced",
    "ProviderEvent",
    "QuirkSeen",
    "ReasoningDelta",
    "RefusalDelta",
    "ResponseFinished",
    "ResponseStarted",
    "SignatureReported",
    "StreamEnded",
    "TextDelta",
    "ToolCallDropped",
    "ToolCallReady",
    "UsageReported",
]

Key = str | int | tuple[str | int, ...] | None
"""How a decoder names an item of the wire until the ledger has given it its id. None: the wire gives the item no
identity; the ledger takes the open item of the same kind and choice."""

Ending = Literal["completed", "incomplete", "failed", "cancelled", "truncated", "stalled", "disconnected", "refused"]
"""How a stream ended: with the answer complete; with an answer that its provider cut short (length, filter, pause);
with an error; by the reader's cancellation; before its end; by a watchdog; by a broken connection; by strict mode."""

Effect = Literal["harmless", "repaired", "guessed", "lossy"]


class Event(msgspec.Struct, kw_only=True, frozen=True):
    """Open base of all events."""

    sequence_number: int | None = None
    """The wire's own number, where it has one (Responses)."""


class ResponseStarted(Event, kw_only=True, frozen=True):
    """The answer begins. Exactly once, first."""

    response_id: str = ""
    """Empty where the wire has not said it yet; `MetadataReported` brings it later."""
    model: str = ""
    dialect: str = ""
    metadata: JsonObject = {}


class MetadataReported(Event, kw_only=True, frozen=True):
    """Something about the response as a whole became known."""

    response_id: str = ""
    model: str = ""
    dialect: str = ""
    """Where it was recognised only after the answer had begun."""
    metadata: JsonObject = {}
    """Merged, member by member, into `Response.metadata`."""


class ItemEvent(Event, kw_only=True, frozen=True):
    """Base of the events that belong to one item."""

    item_id: str = ""
    """Stable id of the item, unique in its stream."""
    choice: int = 0
    """Which alternative answer it belongs to (Chat `n`, Gemini candidates)."""
    key: Key = None
    """The decoder's name for the item; meaningless to readers."""


class ItemStarted(ItemEvent, kw_only=True, frozen=True):
    """An item begins."""

    type: str
    """`message`, `reasoning`, `function_call`, `custom_tool_call`, … (see `Item.type`)."""
    name: str = ""
    """Tool name."""
    call_id: str = ""
    phase: str = ""
    position: int | None = None
    """The wire's output index."""
    id_synthesized: bool = False
    """`call_id` was derived here, not sent (D09)."""
    details: JsonObject = {}


class TextDelta(ItemEvent, kw_only=True, frozen=True, gc=False):
    """A piece of visible text."""

    text: str
    index: int = 0
    """Content index inside the item."""


class RefusalDelta(ItemEvent, kw_only=True, frozen=True, gc=False):
    """A piece of a refusal (C38)."""

    text: str
    index: int = 0


class ReasoningDelta(ItemEvent, kw_only=True, frozen=True, gc=False):
    """A piece of readable reasoning."""

    text: str
    kind: Literal["reasoning", "summary", "plan"] = "reasoning"
    index: int = 0


class SignatureReported(ItemEvent, kw_only=True, frozen=True):
    """An opaque payload that proves or carries reasoning and must go back verbatim."""

    signature: str
    kind: Literal["signature", "encrypted_content", "redacted"] = "signature"


class ArgumentsDelta(ItemEvent, kw_only=True, frozen=True, gc=False):
    """A piece of a tool call's argument text."""

    text: str


class AnnotationAdded(ItemEvent, kw_only=True, frozen=True):
    """A citation, a source or another remark on an item (F11)."""

    annotation: Json
    index: int = 0


class LogprobsAdded(ItemEvent, kw_only=True, frozen=True):
    """Log probabilities of an item's tokens, behind the text that they are of."""

    logprobs: tuple[Json, ...]
    """One entry a token, as the wire says it (OpenAI: `token`, `logprob`, `bytes`, `top_logprobs`). What cannot be told
    apart into tokens is one entry as a whole."""
    kind: PartKind = "text"
    """What the wire says that they are of; tokens of calls and of think tags are mostly said to be text."""
    index: int = 0
    """Content index inside the item."""


class MediaAdded(ItemEvent, kw_only=True, frozen=True):
    """An image or a piece of audio (F12)."""

    media_type: str
    """MIME type, or `image` / `audio` where the wire does not say more."""
    data: str = ""
    """Base64 as it came."""
    url: str = ""
    transcript: str = ""
    """Words spoken in this piece of audio."""
    details: JsonObject = {}


class PartReplaced(ItemEvent, kw_only=True, frozen=True):
    """A part's characters so far are void; `text` stands in their place (claims table, E03, E04, D05)."""

    kind: PartKind
    text: str
    index: int = 0
    logprobs: tuple[Json, ...] | None = None
    """The log probabilities that its item keeps, where others go with the text to another item (E04); None: all."""


class ItemFinished(ItemEvent, kw_only=True, frozen=True):
    """An item is over; nothing more comes for it but, for calls, the verdict."""

    status: Status = "completed"
    details: JsonObject = {}
    """Merged into the item's details."""
    name: str = ""
    """The final tool name, where it differs from the one announced."""
    call_id: str = ""
    """The final call id, where it differs from the one announced (B12)."""
    phase: str = ""
    """The final phase, where it differs from the one announced (B15)."""


class ToolCallReady(ItemEvent, kw_only=True, frozen=True):
    """A call is whole and may be run."""

    call: ToolCall


class ToolCallDropped(ItemEvent, kw_only=True, frozen=True):
    """A call must not be run: it was cut, or it cannot be understood (D25). `call.reason` says why."""

    call: ToolCall


class UsageReported(Event, kw_only=True, frozen=True):
    """Token counts so far; the last one holds."""

    usage: Usage


class ResponseFinished(Event, kw_only=True, frozen=True):
    """Why the answer stopped. At most once."""

    finish_reason: FinishReason
    raw_finish_reason: str = ""
    """The provider's own word; for Responses the status, with `:reason` when incomplete."""
    status: Status = "completed"
    finishes: tuple[tuple[int, FinishReason, str], ...] = ()
    """Per choice, where there are several: choice, finish reason, the provider's word. `truncated` without a word: the
    stream broke off in that choice, which had no finish reason yet."""
    terminal: bool = True
    """Whether the wire itself said that it was over, beyond the finish reason (end marker, terminal frame)."""
    details: JsonObject = {}
    """Stop sequence, incomplete details, filter results, …"""


class ErrorReported(Event, kw_only=True, frozen=True):
    """An error, in-band or of the wire."""

    error: ErrorInfo


class KeepAlive(Event, kw_only=True, frozen=True):
    """The socket is alive and nothing else: a comment, a ping (A07)."""

    comment: str = ""


class QuirkSeen(Event, kw_only=True, frozen=True):
    """A deviation was tolerated."""

    quirk: str
    """Id in the registry (`streamkit quirks ID` explains it)."""
    effect: Effect = "harmless"
    item_id: str = ""
    detail: str = ""
    """What exactly was seen, escaped and cut to a readable length (J09)."""
    data: Json = None
    """The payload where it is worth keeping: a rate-limit frame, late content, a terminal-only item's type and id."""


class ProviderEvent(Event, kw_only=True, frozen=True):
    """A frame that this dialect's documents do not name, passed on as it came."""

    name: str
    data: Json = None


class StreamEnded(Event, kw_only=True, frozen=True):
    """Nothing more comes. Exactly once, last."""

    ending: Ending = "completed"
    error: ErrorInfo | None = None
    """What ended it, where it did not end well."""
    terminal_seen: bool = False
    """Whether the wire itself said that it was over (terminal frame, finish reason with end marker)."""
