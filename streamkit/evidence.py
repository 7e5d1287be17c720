"""Events that travel only between stages: what decoders claim, before the ledger and the call tracker have judged it.

None of these leaves a standard pipeline. They exist because dialects translate and keep no books: a decoder says what
one payload means, whether it is news or repetition is judged in one place.
"""

from typing import ClassVar

import msgspec

from streamkit.errors import ErrorInfo
from streamkit.events import Event, ItemEvent, Key, MediaAdded
from streamkit.items import FinishReason, PartKind, Status
from streamkit.jsontypes import Json, JsonObject

__all__ = [
    "MISSING",
    "CallFragment",
    "CallText",
    "DetailGrown",
    "EndMarker",
    "FinishClaimed",
    "Halt",
    "Handover",
    "ItemClaimed",
    "NumberPassed",
    "PartClaim",
    "PartClaimed",
    "Rerouted",
    "TerminalInventory",
    "TextReclassified",
    "call_key",
    "item_key",
    "item_names",
]

MISSING = -1


def item_key(index: int | None, item_id: str | None) -> tuple[str | int, ...]:
    """The key of an item that the wire names by output index and item id, each of which may be missing."""
    return ("item", MISSING if index is None else index, item_id or "")


def item_names(key: Key) -> tuple[int, str] | None:
    """Index (`MISSING` where there is none) and id in a key of `item_key`'s kind; None for all other keys."""
    if isinstance(key, tuple) and len(key) == 3 and key[0] == "item":
        return int(key[1]), str(key[2])
    return None


def call_key(choice: int, number: int) -> str:
    """The key of the call that `CallFragments` numbers so within its choice."""
    return f"call {choice} {number}"


class PartClaim(msgspec.Struct, frozen=True):
    """A snapshot's word on one part of its own item."""

    kind: PartKind
    text: str | None
    """None: the snapshot says null, which claims nothing."""
    index: int = 0
    logprobs: tuple[Json, ...] = ()
    """All log probabilities of the part; those beyond the ones that were streamed are given out."""


class PartClaimed(ItemEvent, kw_only=True, frozen=True):
    """One part's snapshot (`output_text.done`, `function_call_arguments.done`, …): judged by the claims table."""

    claim: PartClaim
    item_type: str = ""
    """The item's type as the claim implies it, for an item that was never announced (B05)."""


class ItemClaimed(ItemEvent, kw_only=True, frozen=True):
    """A whole item's own snapshot (`output_item.done`, a whole message frame). It may fill gaps, then finishes it."""

    type: str
    wire_id: str = ""
    name: str = ""
    call_id: str = ""
    phase: str = ""
    status: Status = "completed"
    position: int | None = None
    parts: tuple[PartClaim, ...] = ()
    signature: str = ""
    signature_kind: str = "encrypted_content"
    annotations: tuple[Json, ...] = ()
    """All annotations of the item; those beyond the ones that were streamed are given out."""
    media: tuple[MediaAdded, ...] = ()
    """Media that only the snapshot has; given out while the item is open."""
    details: JsonObject = {}
    finish: bool = True
    """False: the snapshot fills the item but does not close it, nor does it contradict what was streamed."""
    only_if_silent: bool = False
    """True: a claim that counts only where nothing of this kind was streamed (B22, F06)."""


class DetailGrown(ItemEvent, kw_only=True, frozen=True):
    """A piece of a text that belongs into an item's details: what a tool of the server is given, or gives out.

    The item's own snapshot has the whole text; until it comes, and where it never does, the pieces are kept.
    """

    item_type: str
    """The item's type as the piece implies it, for an item that was never announced (B05)."""
    path: tuple[str | int, ...]
    """Where in the details the text stands: names of members, places in lists."""
    text: str
    whole: bool = False
    """The text is all of it, not one more piece."""


class CallFragment(Event, kw_only=True, frozen=True, gc=False):
    """A piece of a tool call as Chat-like wires send it: any member may be missing, repeated or wrong.

    The stage `CallFragments` decides which call it belongs to and turns it into `ItemStarted` and `ArgumentsDelta`.
    """

    choice: int = 0
    index: int | None = None
    slot: int = 0
    """Position in its frame's array of calls."""
    call_id: str = ""
    name: str = ""
    arguments: str = ""
    custom: bool = False
    whole: bool = False
    """`arguments` is the complete text (the wire had an object, D17, or the dialect sends whole calls)."""
    extra: JsonObject | None = None


class CallText(Event, kw_only=True, frozen=True, gc=False):
    """More argument text for a call of choice 0 and nothing else, directly behind another piece of its calls.

    A `CallFragment` would say the same; this is what most fragments of most calls are.
    """

    choice: ClassVar[int] = 0

    index: int | None
    text: str
    """Never empty."""


class FinishClaimed(Event, kw_only=True, frozen=True):
    """A finish reason was seen; the response finishes at the end marker, or where the stream ends."""

    finish_reason: FinishReason
    raw_finish_reason: str = ""
    choice: int = 0
    status: Status | None = None
    """None: follows from the finish reason."""
    details: JsonObject = {}
    terminal: bool = False
    """True: this is the terminal frame itself; the response finishes now."""
    neutral: bool = False
    """True: the word only says that the answer is complete; calls or a refusal in it decide the reason."""
    inferred: bool = False
    """True: no finish reason was sent; this one follows from other evidence (C08, C10)."""
    retryable: bool | None = None
    """For a reason that reports a failure: whether the same request may succeed later."""


class EndMarker(Event, kw_only=True, frozen=True):
    """The wire says that it is over (`[DONE]`, `message_stop`, a usage frame without choices after a finish)."""

    name: str = ""
    proof: bool = True
    """Whether it proves completion in this dialect without a finish reason (`[DONE]` does in `chat` only, A16)."""


class TextReclassified(ItemEvent, kw_only=True, frozen=True):
    """The last `characters` of this choice's visible text were reasoning; the ledger moves them (E03, E04).

    `kept` is what of them stays text (what stood before the opener), `reasoning` is what they mean without tags.
    """

    characters: int
    kept: str = ""
    reasoning: str = ""


class TerminalInventory(Event, kw_only=True, frozen=True):
    """What the terminal frame claims as the whole output: types and ids only, so that no content can be taken."""

    shape: str
    """`list`, `null`, `absent`, or another JSON type's name."""
    items: tuple[tuple[str, str], ...] = ()
    """(type, id) of each claimed item."""


class Halt(Event, kw_only=True, frozen=True):
    """The stream cannot go on (a limit, bytes that are no stream, strict mode): the pipeline stops reading."""

    error: ErrorInfo


class Handover(Event, kw_only=True, frozen=True):
    """A stage has done its work and gives its place to another: the steady state pays nothing for the choice."""

    old: object
    new: object


class Rerouted(Event, kw_only=True, frozen=True):
    """A stage has other lanes now, or handles other classes: the pipeline must look that up anew."""

    stage: object = None
    """Which one; None where it is not known, or several."""


class NumberPassed(Event, kw_only=True, frozen=True):
    """A numbered frame came that says nothing itself; the sequencer needs to know that its number was used."""
