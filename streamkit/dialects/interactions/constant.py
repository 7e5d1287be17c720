"""The `gemini-interactions` dialect's constant, and how its frames are recognised."""

import msgspec

from streamkit.dialects.base import CERTAIN, LIKELY, NO, Dialect
from streamkit.dialects.interactions.decoder import InteractionsDecoder
from streamkit.dialects.refused import REFUSED
from streamkit.frames import Frame

__all__ = ["INTERACTIONS"]


class Head(msgspec.Struct, gc=False):
    event_type: str | None = None


HEAD = msgspec.json.Decoder(Head)


def recognise(frame: Frame) -> int:
    """How sure a frame makes it that this is an interaction: by `event_type`."""
    try:
        kind = HEAD.decode(frame.data).event_type or ""
    except REFUSED:
        return NO
    if kind.startswith("interaction."):
        return CERTAIN
    return LIKELY if kind.startswith(("step.", "content.")) else NO


INTERACTIONS = Dialect(
    name="gemini-interactions",
    title="Gemini Interactions",
    framing="sse",
    decoder=InteractionsDecoder,
    recognise=recognise,
    ends=("interaction.completed",),
)
