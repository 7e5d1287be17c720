"""Think blocks in whole texts: the live rules applied at once, to a text or to a snapshot's claims (E31)."""

from collections.abc import Iterable

import msgspec

from streamkit.events import Event, ItemEvent, Key, QuirkSeen
from streamkit.evidence import ItemClaimed, PartClaim, PartClaimed
from streamkit.stages.think_names import DEFAULT_NAMES, Tags
from streamkit.stages.think_scan import ThinkScanner

__all__ = ["Halves", "filter_item", "filter_part", "halves", "split_think"]


class Halves(msgspec.Struct, frozen=True):
    """A whole text, split."""

    text: str
    reasoning: str
    quirks: tuple[QuirkSeen, ...]


def halves(tags: Tags, text: str, *, inside: bool = False) -> Halves:
    """What a whole text is when its think blocks are taken out."""
    scanner = ThinkScanner(tags, inside=inside)
    shown: list[str] = []
    reasoning: list[str] = []
    quirks: list[QuirkSeen] = []
    for piece in (*scanner.feed(text), *scanner.close()):
        if isinstance(piece, QuirkSeen):
            quirks.append(piece)
        elif piece.channel == "text":
            shown.append(piece.text)
        else:
            reasoning.append(piece.text)
            moved = piece.characters
            while moved:  # pieces begin where tags do: what is moved is always a number of whole pieces
                moved -= len(shown.pop())
    shown.append(scanner.blank)
    return Halves("".join(shown), "".join(reasoning), tuple(quirks))


def split_think(
    text: str,
    names: Iterable[str] = DEFAULT_NAMES,
    *,
    brackets: bool = False,
    starts_in_think: bool = False,
) -> tuple[str, str]:
    """Visible text and reasoning of a whole text, by the rules that hold live.

    ```python
    split_think("<think>a</think>hi")  # ("hi", "a")
    ```

    Args:
        text: what a model wrote.
        names: tag names that hold reasoning, compared without regard to the case of ASCII letters.
        brackets: also tags in square brackets, `[THINK]`.
        starts_in_think: the text begins inside a block (E04).
    """
    found = halves(Tags(names, brackets=brackets), text, inside=starts_in_think)
    return found.text, found.reasoning


def filter_part(tags: Tags, event: PartClaimed, key: Key, *, inside: bool = False) -> list[Event]:
    """A part's claim without its think blocks; before it what they held, claimed as reasoning under `key`."""
    claim = event.claim
    if claim.kind != "text" or not claim.text:
        return [event]
    found = halves(tags, claim.text, inside=inside)
    if found.text == claim.text:
        return [event]
    kept = msgspec.structs.replace(event, claim=PartClaim("text", found.text, claim.index))
    return [*found.quirks, *reasoning_claim(event, key, found.reasoning, only_if_silent=False), kept]


def filter_item(tags: Tags, event: ItemClaimed, key: Key, *, inside: bool = False) -> list[Event]:
    """An item's claim without its think blocks; before it what they held, claimed as reasoning under `key`."""
    parts: list[PartClaim] = []
    quirks: list[Event] = []
    reasoning = ""
    for part in event.parts:
        if part.kind == "text" and part.text:
            found = halves(tags, part.text, inside=inside)
            parts.append(PartClaim("text", found.text, part.index))
            quirks += found.quirks
            reasoning += found.reasoning
        else:
            parts.append(part)
    if tuple(parts) == event.parts:
        return [event]
    kept = msgspec.structs.replace(event, parts=tuple(parts))
    return [*quirks, *reasoning_claim(event, key, reasoning, only_if_silent=event.only_if_silent), kept]


def reasoning_claim(event: ItemEvent, key: Key, reasoning: str, *, only_if_silent: bool) -> list[Event]:
    """The claim for an item of its own; none for white space."""
    if not reasoning or reasoning.isspace():
        return []
    claim = PartClaim("reasoning", reasoning)
    return [
        ItemClaimed(
            type="reasoning",
            choice=event.choice,
            key=key,
            sequence_number=event.sequence_number,
            parts=(claim,),
            only_if_silent=only_if_silent,
        )
    ]
