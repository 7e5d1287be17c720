"""Deviations of single payloads: what stands in a frame where one JSON object should stand (groups A, G, J)."""

import re
from collections.abc import Iterator
from itertools import pairwise

import msgspec

from streamkit.quirks.registry import quirk
from streamkit.quirks.tape import Edit, Tape, TapeFrame

__all__ = [
    "comment_as_data",
    "corrupt_frame",
    "done_variant",
    "double_prefix",
    "duplicate_key",
    "empty_data",
    "envelope",
    "invalid_utf8",
    "joined_json",
    "lone_surrogate",
    "non_finite_number",
    "non_object_data",
    "oversized_number",
    "payload_double_encoded",
    "raw_control_characters",
]

WORDS = ("items", "text", "reasoning", "refusal", "tool_calls")
VISIBLE = re.compile(rb'"(?:content|text|delta|thinking)"\s*:\s*"(?!")')
"""Where a payload's own words begin."""


def _frames(tape: Tape) -> tuple[TapeFrame, ...]:
    """The frames that may be changed: none of binary messages, which have checksums.

    Where the payloads stand bare, the first one shows what framing it is.
    """
    if tape.framing == "aws-eventstream":
        return ()
    return tape.frames if tape.framing == "sse" else tape.frames[1:]


def _objects(tape: Tape) -> Iterator[TapeFrame]:
    """Those of them whose payload is a JSON object with members."""
    return (frame for frame in _frames(tape) if frame.json and isinstance(frame.json, dict))


def _with_member(tape: Tape, member: bytes) -> Iterator[Edit]:
    """One edit a frame: this member first in its object."""
    for frame in _objects(tape):
        yield tape.replace(frame, b"{" + member + b"," + frame.data.lstrip()[1:])


@quirk("any", effect="harmless", catalogue="A10", sources=["llama.cpp wrappers", "one-api"])
def empty_data(tape: Tape) -> Iterator[Edit]:
    """A payload is empty or `null`; it is skipped."""
    for frame in _frames(tape):
        yield tape.insert(frame, b"null")


@quirk("any", effect="repaired", catalogue="A15", sources=["proxies that wrap finished lines"])
def double_prefix(tape: Tape) -> Iterator[Edit]:
    """A payload begins with the field name once more (`data: data: {…}`); it is unwrapped once."""
    for frame in _objects(tape):
        yield tape.replace(frame, b"data: " + frame.data)


@quirk("any", effect="harmless", catalogue="A16", sources=["relays"])
def done_variant(tape: Tape) -> Iterator[Edit]:
    """`[DONE]` comes quoted or in lower case; it is the end marker all the same."""
    for frame in _frames(tape):
        if frame.data == b"[DONE]":
            yield tape.replace(frame, b'"[DONE]"')
            yield tape.replace(frame, b"[done]")


@quirk("chat", "gemini", effect="repaired", catalogue="A24", sources=["aggregators", "Code Assist"])
def envelope(tape: Tape) -> Iterator[Edit]:
    """A gateway wraps each payload (`{"success":true,"data":{…}}`); the payload inside is taken."""
    for frame in _objects(tape):
        if "choices" in frame.json:
            yield tape.replace(frame, {"success": True, "data": frame.json})


@quirk("any", effect="repaired", catalogue="A32", sources=["proxies"], known_in=())
def payload_double_encoded(tape: Tape) -> Iterator[Edit]:
    """A payload is a JSON string that holds the object's JSON text; it is unwrapped once."""
    for frame in _objects(tape):
        yield tape.replace(frame, msgspec.json.encode(msgspec.json.encode(frame.json).decode()))


@quirk("any", effect="harmless", catalogue="A32", sources=["proxies"])
def non_object_data(tape: Tape) -> Iterator[Edit]:
    """A payload is JSON but no object: a string or number is skipped, the objects of an array are taken one by one."""
    for frame in _frames(tape):
        yield tape.insert(frame, b'"keep-alive"')
    for frame in _objects(tape):
        yield tape.replace(frame, [frame.json])


@quirk(
    "any",
    effect="repaired",
    catalogue="A33",
    sources=["OpenAI-compatible relays", "Gemini"],
    known_in=("chat", "gemini"),
)
def joined_json(tape: Tape) -> Iterator[Edit]:
    """One payload holds several JSON documents; they are taken one after another."""
    for frame, following in pairwise(_frames(tape)):
        both = isinstance(frame.json, dict) and isinstance(following.json, dict)
        if both and frame.event == following.event and frame.end == following.start:
            yield Edit(frame.start, following.end, tape.encode(frame.data + following.data, frame.event))


@quirk("any", effect="harmless", catalogue="A35", sources=["gateways in front of OpenRouter"])
def comment_as_data(tape: Tape) -> Iterator[Edit]:
    """A heartbeat comment comes as a payload (`data: : keep-alive`); it counts as a comment."""
    for frame in _frames(tape):
        yield tape.insert(frame, b": keep-alive")


@quirk("any", effect="repaired", catalogue="A04", sources=["servers that join JSON by hand"], known_in=())
def raw_control_characters(tape: Tape) -> Iterator[Edit]:
    """A string of a payload holds control characters that JSON wants escaped; they are characters of the text."""
    yield from _with_member(tape, b'"padding":"\x0b"')


@quirk("any", effect="lossy", catalogue=("G10", "J05"), sources=["proxies", "Python servers that print objects"])
def corrupt_frame(tape: Tape) -> Iterator[Edit]:
    """A payload is no JSON (or nested too deeply to be read); it is skipped, `detail` has its first 200 characters."""
    for frame in _frames(tape):
        yield tape.insert(frame, b"{'choices': []}")


@quirk("any", effect="repaired", catalogue="J01", sources=["servers that escape UTF-16 halves", "clipboard text"])
def lone_surrogate(tape: Tape) -> Iterator[Edit]:
    """Text holds half a surrogate pair; halves of one channel are joined, others become U+FFFD."""
    yield from _with_member(tape, rb'"padding":"\ud83d"')


@quirk("any", effect="harmless", catalogue="J04", sources=["relays that merge objects"])
def duplicate_key(tape: Tape) -> Iterator[Edit]:
    """An object has `type` or `choices` twice; the last one counts."""
    for frame in _objects(tape):
        if isinstance(frame.json.get("type"), str):
            yield tape.replace(frame, b'{"type":"padding",' + frame.data.lstrip()[1:])


@quirk("any", effect="harmless", catalogue="J04", sources=["SGLang", "NeMo"])
def non_finite_number(tape: Tape) -> Iterator[Edit]:
    """A number is NaN, infinite or beyond the range of a double; it is read, and never sent out."""
    yield from _with_member(tape, b'"padding":NaN')


@quirk(
    "any",
    effect="harmless",
    catalogue="J04",
    sources=["hostile endpoints"],
    nowhere="typed decoders pass over numbers that no dialect reads, and none of those that are read is this long",
)
def oversized_number(_: Tape) -> Iterator[Edit]:
    """An integer has more digits than Python converts (4,300); it is kept as text."""
    return iter(())


@quirk(
    "any", effect="lossy", catalogue="J14", fields=WORDS, sources=["legacy gateways", "truncated bytes"], known_in=()
)
def invalid_utf8(tape: Tape) -> Iterator[Edit]:
    """A payload is not UTF-8; the bytes at fault become U+FFFD, the payloads after it are unaffected."""
    for frame in _frames(tape):
        for match in VISIBLE.finditer(frame.data):
            yield tape.replace(frame, frame.data[: match.end()] + b"\xc4" + frame.data[match.end() :])
