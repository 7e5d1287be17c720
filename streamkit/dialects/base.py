"""What a dialect is: a name, a framing, a decoder, end markers, and a way to recognise it.

A third party's dialect is one module with one `Dialect` constant, announced under the entry-point group
`streamkit.dialects`.
"""

from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec

from streamkit.events import Event
from streamkit.frames import Frame
from streamkit.limits import DEFAULT_LIMITS, Limits

__all__ = ["CERTAIN", "LIKELY", "NO", "POSSIBLE", "Decoder", "DecoderOptions", "Dialect"]

NO = 0
"""`recognise`: this frame cannot be of this dialect, or says nothing."""
POSSIBLE = 1
"""`recognise`: the frame could be of this dialect, and of others too."""
LIKELY = 2
"""`recognise`: a shape that this dialect uses and others hardly do."""
CERTAIN = 3
"""`recognise`: only this dialect has such a frame."""


class DecoderOptions(msgspec.Struct, kw_only=True, frozen=True):
    """What a decoder may want to know."""

    limits: Limits = DEFAULT_LIMITS


class Decoder(Protocol):
    """A push stage from frames to events. It translates and keeps no books."""

    def feed(self, frame: Frame, /) -> Iterable[Event]:
        """What this frame means."""
        ...

    def close(self) -> Iterable[Event]:
        """What was held back."""
        ...


class Dialect(msgspec.Struct, kw_only=True, frozen=True):
    """One way of saying an answer on the wire."""

    name: str
    title: str
    """For people: `OpenAI Responses`."""
    framing: str
    """The framing that its documents name: `sse`, `ndjson`, `json-array`, `aws-eventstream`."""
    decoder: Callable[[DecoderOptions], Decoder]
    recognise: Callable[[Frame], int]
    """How sure this one frame makes it: `NO`, `POSSIBLE`, `LIKELY` or `CERTAIN`. Must be cheap and never raise."""
    ends: tuple[str, ...] = ()
    """What its end looks like, for people: `response.completed`, `[DONE]`."""
    think_tags: bool = False
    """Whether its visible text may hold think blocks (group E): models behind it are often raw open-weight models."""
    announces_items: bool = False
    """Whether its documents promise a start before every item; a missing one is then a quirk."""
    closes_items: bool = False
    """Whether its documents promise an end behind every item; a missing one is then a quirk."""
    sequenced: bool = False
    """Whether its frames carry sequence numbers."""
    wants_finish: bool = True
    """Whether a complete answer always has a finish reason or terminal frame; False for plain text streams."""
