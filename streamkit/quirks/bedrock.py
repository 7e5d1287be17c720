"""Deviations of the Bedrock dialects (groups B, G)."""

from collections.abc import Iterator

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
    for frame in tape.frames:
        if frame.event and is_object(frame.json):
            yield tape.replace(frame, {frame.event: frame.json})


@quirk("bedrock-invoke", effect="lossy", catalogue="A27", fields=("text", "items", "finish_reason", "status"))
def inner_unrecognised(_tape: Tape) -> Iterator[Edit]:
    """What a payload holds is of no dialect that is known; it is passed on as it came."""
    yield from ()  # payloads stand in base64 inside binary messages, which a tape does not open
