"""Whether an item has what a snapshot says of it, for one that comes behind the end (B38)."""

from streamkit.evidence import ItemClaimed, PartClaim
from streamkit.items import PartKind
from streamkit.jsontypes import is_same
from streamkit.stages.register import Entry

__all__ = ["has", "has_all"]


def has(entry: Entry, claim: PartClaim) -> bool:
    """Whether all that a snapshot says of a part is in the part."""
    place = (claim.kind, claim.index)
    whole = not claim.text or (place in entry.parts and entry.begins(*place, claim.text))
    return whole and len(claim.logprobs) <= entry.logprobs.get(place, 0)


def has_all(entry: Entry, event: ItemClaimed) -> bool:
    """Whether all that a snapshot says of the item is in the item, whatever indexes its parts came under."""
    news = event.signature and not entry.sealed(event.signature)
    if news or (event.name and not entry.name) or (event.call_id and not entry.call_id):
        return False
    if len(event.annotations) > entry.annotations:
        return False
    if not all(name in entry.told and is_same(entry.told[name], value) for name, value in event.details.items()):
        return False
    return all(has(entry, claim) for claim in event.parts) or _has_joined(entry, event.parts)


def _has_joined(entry: Entry, claims: tuple[PartClaim, ...]) -> bool:
    kinds: set[PartKind] = {claim.kind for claim in claims}
    for kind in kinds:
        own = [claim for claim in claims if claim.kind == kind]
        buffers = [buffer for (known, _), buffer in entry.parts.items() if known == kind]
        text = "".join(claim.text or "" for claim in own)
        if len(text) != sum(buffer.tell() for buffer in buffers) or text != entry.text(kind):
            return False
        streamed = sum(count for (known, _), count in entry.logprobs.items() if known == kind)
        if sum(len(claim.logprobs) for claim in own) > streamed:
            return False
    return True
