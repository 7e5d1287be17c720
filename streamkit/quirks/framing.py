"""Deviations of the framing: line ends, frames, markers, the wrong framing altogether (group A)."""

from collections.abc import Iterator
from itertools import pairwise

from streamkit.quirks.registry import quirk
from streamkit.quirks.tape import Edit, Tape, TapeFrame

__all__ = [
    "compressed",
    "compressed_rest",
    "content_encoding",
    "content_type",
    "deflate_bare",
    "empty_event",
    "eof_flush",
    "eof_partial",
    "framing_aws_eventstream",
    "framing_json_array",
    "framing_ndjson",
    "framing_sse",
    "missing_blank_line",
    "stray_line",
    "unprefixed_payload",
]

CUT = (
    "status",
    "finish_reason",
    "raw_finish_reason",
    "usage",
    "items",
    "text",
    "reasoning",
    "refusal",
    "tool_calls",
    "dropped_calls",
    "metadata",
)
"""What may differ when the end of a stream is missing."""


def _is_event_stream(tape: Tape) -> bool:
    return tape.framing == "sse"


def _blank_line(tape: Tape, frame: TapeFrame) -> int:
    """Length of the line end that closes this frame."""
    return 2 if tape.data[frame.end - 2 : frame.end] == b"\r\n" else 1


def _documents(tape: Tape) -> list[bytes]:
    """The payloads, each on one line."""
    return [frame.data.replace(b"\n", b" ") for frame in tape.frames]


@quirk("any", effect="repaired", catalogue="A13", sources=["SambaNova", "DeepInfra", "llama.cpp"], known_in=("chat",))
def missing_blank_line(tape: Tape) -> Iterator[Edit]:
    """Events follow each other without a blank line between; a whole JSON document ends where the next one begins."""
    if not _is_event_stream(tape):
        return
    for frame, following in pairwise(tape.frames):
        whole = frame.data[:1] in (b"{", b"[") and following.start == frame.end
        if whole and (frame.json is not None or frame.data == b"[DONE]"):
            yield Edit(frame.end - _blank_line(tape, frame), frame.end, b"")


@quirk("any", effect="harmless", catalogue="A09", sources=["Codex backend through relays"], known_in=("responses",))
def empty_event(tape: Tape) -> Iterator[Edit]:
    """An event has a name and no data line; nothing is dispatched, and the name does not leak to the next event."""
    if _is_event_stream(tape):
        for frame in tape.frames:
            yield Edit(frame.start, frame.start, b"event: codex.rate_limits\n\n")


@quirk("any", effect="harmless", catalogue="A12", sources=["Hugging Face TGI", "servers that close right after data"])
def eof_flush(tape: Tape) -> Iterator[Edit]:
    """The last frame is whole, but nothing closes it before the input ends."""
    if _is_event_stream(tape) and tape.frames and tape.frames[-1].end == len(tape.data):
        last = tape.frames[-1]
        if last.data == b"[DONE]" or isinstance(last.json, dict | list):
            bare = len(tape.data[: last.end].rstrip(b"\r\n"))
            yield Edit(bare, last.end, b"")


@quirk("any", effect="lossy", catalogue=("A12", "C09"), fields=CUT, sources=["connections that were cut"])
def eof_partial(tape: Tape) -> Iterator[Edit]:
    """The input ends in the middle of a frame; that frame is not understood, and the stream counts as cut."""
    for frame in tape.frames[-1:]:
        if len(frame.data) > 1:
            cut = tape.data.rindex(frame.data[-1:], frame.start, frame.end)
            yield Edit(cut, len(tape.data), b"")


@quirk("any", effect="harmless", catalogue=("A34", "G26"), sources=["proxies in front of event streams", "key proxies"])
def stray_line(tape: Tape) -> Iterator[Edit]:
    """A line is no field of an event stream and is ignored.

    Where such lines end the input, `data` has them as `tail` (200 characters at most), and the `code` `upstream_cut`
    if they read like a proxy's remark that its own connection broke.
    """
    if _is_event_stream(tape):
        for frame in tape.frames:
            yield Edit(frame.start, frame.start, b"1a4\n")


@quirk("any", effect="repaired", catalogue=("A14", "A34"), sources=["servers that append a bare error object"])
def unprefixed_payload(tape: Tape) -> Iterator[Edit]:
    """Between events stands a line that is a JSON object (or `[DONE]`) without `data:`; it is taken as a frame."""
    if _is_event_stream(tape):
        for frame in tape.frames[1:]:
            if frame.data == b"[DONE]":  # answers whose content stands bare in the middle were never met
                yield Edit(frame.start, frame.end, frame.data + b"\n\n")


@quirk("any", effect="harmless", catalogue="A14", sources=["Ollama", "raw relays"], known_in=("cohere",))
def framing_ndjson(tape: Tape) -> Iterator[Edit]:
    """The body has one JSON document a line where another framing was expected."""
    if _is_event_stream(tape) and len(_documents(tape)) > 1:
        yield Edit(0, len(tape.data), b"".join(line + b"\n" for line in _documents(tape)))


@quirk("any", effect="harmless", catalogue="A14", sources=["Gemini without alt=sse"], known_in=("gemini",))
def framing_json_array(tape: Tape) -> Iterator[Edit]:
    """The body is one JSON array, sent element by element, where another framing was expected."""
    if _is_event_stream(tape) and tape.frames and all(frame.json is not None for frame in tape.frames):
        yield Edit(0, len(tape.data), b"[" + b",\r\n".join(_documents(tape)) + b"]\n")


@quirk("any", effect="harmless", catalogue=("A14", "A19"), sources=["gateways in front of Ollama"])
def framing_sse(tape: Tape) -> Iterator[Edit]:
    """The body is an event stream where another framing was expected."""
    if tape.framing == "ndjson":
        yield Edit(0, len(tape.data), b"".join(b"data: " + line + b"\n\n" for line in _documents(tape)))


@quirk(
    "any",
    effect="harmless",
    catalogue=("A14", "A25"),
    sources=["Bedrock behind another dialect's address"],
    nowhere="the payloads of an AWS event stream belong to other dialects: no recording can be rewritten into one",
)
def framing_aws_eventstream(_: Tape) -> Iterator[Edit]:
    """The body is an AWS event stream where another framing was expected."""
    return iter(())


@quirk(
    "any",
    effect="harmless",
    catalogue="A19",
    sources=["Ollama", "nginx"],
    nowhere="it is a header, which the recording of a body does not have",
)
def content_type(_: Tape) -> Iterator[Edit]:
    """The content type names another framing than the body has, or none; the body decides."""
    return iter(())


@quirk(
    "any",
    effect="harmless",
    catalogue="A20",
    sources=["Next.js applications"],
    nowhere="it is a header, which the recording of a body does not have",
)
def content_encoding(_: Tape) -> Iterator[Edit]:
    """The content encoding that is named is none (`none`, `utf-8`), or the body does not have it (`gzip` over text)."""
    return iter(())


@quirk("any", effect="harmless", catalogue=("A20", "J08"), sources=["Cloudflare", "corporate proxies"])
def compressed(tape: Tape) -> Iterator[Edit]:
    """The body is compressed although the transport did not undo it; it is inflated piece by piece, within limits."""
    if tape.data:
        import gzip  # noqa: PLC0415 - for planting only

        yield Edit(0, len(tape.data), gzip.compress(tape.data, mtime=0))


@quirk(
    "any",
    effect="harmless",
    catalogue="A20",
    sources=["older web servers"],
    nowhere="it goes with a header, which the recording of a body does not have",
)
def deflate_bare(_: Tape) -> Iterator[Edit]:
    """The body is encoded as `deflate` and lacks the zlib header that this word promises; it is inflated as it is."""
    return iter(())


@quirk("any", effect="harmless", catalogue="A20")
def compressed_rest(tape: Tape) -> Iterator[Edit]:
    """Bytes stand behind the end of the compressed body, mostly padding; they are no part of it and shown here."""
    if tape.data:
        import gzip  # noqa: PLC0415 - for planting only

        yield Edit(0, len(tape.data), gzip.compress(tape.data, mtime=0) + bytes(16))
