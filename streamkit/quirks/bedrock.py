"""Deviations of the Bedrock dialects (groups B, G)."""

from base64 import b64encode
from collections.abc import Iterator

import msgspec

from streamkit.jsontypes import is_object
from streamkit.quirks.registry import quirk
from streamkit.quirks.tape import Edit, Tape

__all__ = ["converse_start_missing", "inner_unrecognised", "member_carriage"]


@quirk("bedrock", effect="harmless", catalogue=("B27", "B18"), sources=["guardrail interventions", "bridges"])
def converse_start_missing(tape: Tape) -> Iterator[Edit]:
    """The stream has no `messageStart`; it begins with whatever comes first."""
    for frame in tape.frames:
        if frame.event == "messageStart" or (is_object(frame.json) and "messageStart" in frame.json):
            yield tape.delete(frame)


@quirk("bedrock", effect="harmless", catalogue="A26", sources=["logs of older clients", "gateways"])
def member_carriage(tape: Tape) -> Iterator[Edit]:
    """Events come as JSON objects with one member each, not as binary messages; the member's name is the event."""
    if tape.frames and all(frame.event and is_object(frame.json) for frame in tape.frames):
        lines = (msgspec.json.encode({frame.event: frame.json}) + b"\n" for frame in tape.frames)
        yield Edit(0, len(tape.data), b"".join(lines))


@quirk("bedrock-invoke", effect="harmless", catalogue="A27")
def inner_unrecognised(tape: Tape) -> Iterator[Edit]:
    """What a payload holds before the dialect is known is of none that is known; it is passed on as it came."""
    inner = {"bytes": b64encode(b'{"relay":{"queue":1}}').decode()}
    for frame in tape.frames[:1]:
        yield tape.insert(frame, inner, frame.event)
