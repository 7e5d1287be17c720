"""Every planted fault of framing and payloads is seen, and does to the payloads what its effect says."""

import msgspec
import pytest
from cutting import frames, quirks, read

from streamkit.dialects.payloads import read as read_payload
from streamkit.dialects.payloads import scrub
from streamkit.framing.sniff import AnyFramer
from streamkit.quirks import framing, payloads
from streamkit.quirks.tape import Tape

CHAT = (
    b"".join(
        b"data: " + msgspec.json.encode(payload) + b"\n\n"
        for payload in (
            {"id": "c1", "type": "chunk", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]},
            {"id": "c1", "type": "chunk", "choices": [{"index": 0, "delta": {"content": "Grüße {\n"}}]},
            {"id": "c1", "type": "chunk", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        )
    )
    + b"data: [DONE]\n\n"
)
NAMED = b"".join(
    b"event: " + payload["type"].encode() + b"\ndata: " + msgspec.json.encode(payload) + b"\n\n"
    for payload in (
        {"type": "message_start", "message": {"id": "m1"}},
        {"type": "content_block_delta", "delta": {"text": "a"}},
        {"type": "content_block_delta", "delta": {"text": "b"}},
        {"type": "message_stop"},
    )
)
LINES = b'{"message":{"content":"a"},"done":false}\n{"message":{"content":"b"},"done":false}\n{"done":true}\n'
TAPES = {
    "chat": Tape(CHAT, "chat"),
    "chat-crlf": Tape(CHAT.replace(b"\n", b"\r\n"), "chat"),
    "anthropic": Tape(NAMED, "anthropic"),
    "ollama": Tape(LINES, "ollama", "ndjson"),
}
UNPLANTABLE = {"framing_aws_eventstream", "content_encoding", "content_type", "deflate_bare", "oversized_number"}
QUIRKS = [getattr(module, name) for module in (framing, payloads) for name in module.__all__]


def understood(body, expected):
    """The objects of a body, each with its event name, and every quirk on the way to them."""
    objects, seen = [], []
    for item in read(lambda: AnyFramer(expected), body):
        seen += quirks([item])
        for frame in frames([item]):
            reading = read_payload(frame)
            seen += quirks(reading.events)
            objects += [(frame.event, clean(value)) for value in reading.objects]
    return objects, seen


def clean(value):
    """What a dialect would take from an object: nothing of what was planted beside it."""
    return scrub(repr(sorted((key, inner) for key, inner in value.items() if key != "padding")))


def healthy(tape):
    return understood(tape.data, tape.framing)


@pytest.mark.parametrize("name", TAPES)
def test_a_healthy_recording_has_no_quirk(name):
    assert healthy(TAPES[name])[1] == []


@pytest.mark.parametrize("quirk", QUIRKS, ids=lambda quirk: quirk.id)
def test_each_place_shows_the_quirk_and_the_effect_holds(quirk):
    places = 0
    for tape in TAPES.values():
        before = healthy(tape)[0]
        for edit in quirk.plant(tape):
            places += 1
            after, seen = understood(tape.apply([edit]), tape.framing)
            assert quirk.id in seen, (tape.dialect, edit)
            if quirk.id not in ("eof_partial", "invalid_utf8"):
                # a name is lost where the new framing has none; the payload has its own
                assert [value for _, value in after] == [value for _, value in before], (tape.dialect, edit)
                beside = {"eof_flush", "compressed"} if quirk.id == "compressed_rest" else {"eof_flush"}
                assert set(seen) <= {quirk.id, *beside}, (tape.dialect, seen)
    assert (places == 0) == (quirk.id in UNPLANTABLE)


def test_names_stay_with_their_payloads_where_blank_lines_are_missing():
    tape = TAPES["anthropic"]
    body = tape.apply(framing.missing_blank_line.plant(tape))
    assert body.count(b"\n\n") == 1
    assert understood(body, "sse")[0] == healthy(tape)[0]


def test_every_quirk_has_its_text_and_its_catalogue_entry():
    for quirk in QUIRKS:
        assert quirk.text.endswith("."), quirk.id
        assert quirk.catalogue, quirk.id
