import struct
import sys
import zlib

import pytest
from counted_work import held_linear
from cutting import payloads, pieces, quirks, read, through

from streamkit.errors import UsageError
from streamkit.evidence import Halt
from streamkit.frames import Frame
from streamkit.framing.aws import EventStreamFramer, is_prelude
from streamkit.limits import Limits


def message(payload, **headers):
    block = b""
    for name, value in headers.items():
        key = (":" + name.replace("_", "-")).encode()
        block += struct.pack(">B", len(key)) + key + b"\x07" + struct.pack(">H", len(value)) + value.encode()
    head = struct.pack(">II", 16 + len(block) + len(payload), len(block))
    head += struct.pack(">I", zlib.crc32(head))
    return head + block + payload + struct.pack(">I", zlib.crc32(head + block + payload))


START = message(
    b'{"role":"assistant"}', message_type="event", event_type="messageStart", content_type="application/json"
)
DELTA = message(b'{"delta":{"text":"hi"}}', message_type="event", event_type="contentBlockDelta")


def test_a25_a_message_is_a_frame():
    assert read(EventStreamFramer, START + DELTA) == [
        Frame(b'{"role":"assistant"}', "messageStart", 0),
        Frame(b'{"delta":{"text":"hi"}}', "contentBlockDelta", len(START)),
    ]


def test_a25_exceptions_and_errors_keep_their_names():
    thrown = message(b'{"message":"slow down"}', message_type="exception", exception_type="throttlingException")
    failed = message(b"", message_type="error", error_code="InternalError", error_message="it broke")
    out = read(EventStreamFramer, DELTA + thrown + failed)
    assert [(f.kind, f.event, f.data) for f in out[1:]] == [
        ("exception", "throttlingException", b'{"message":"slow down"}'),
        ("error", "InternalError", b'{"code":"InternalError","message":"it broke"}'),
    ]


def test_a25_a_message_without_headers():
    assert read(EventStreamFramer, message(b"{}")) == [Frame(b"{}", "", 0)]


@pytest.mark.parametrize("size", [1, 11, 12, 40])
def test_a25_a_cut_message(size):
    out = read(EventStreamFramer, START + DELTA[:size])
    assert payloads(out) == [b'{"role":"assistant"}']
    assert quirks(out) == ["eof_partial"]
    assert out[-1].data == {"bytes": size, "offset": len(START)}


@pytest.mark.parametrize("at", [3, 9, -1, -8])
def test_a25_a_wrong_checksum_ends_the_stream(at):
    broken = bytearray(DELTA)
    broken[at] ^= 1
    out = read(EventStreamFramer, START + bytes(broken) + DELTA)
    assert payloads(out) == [b'{"role":"assistant"}']
    assert isinstance(out[-1], Halt)
    assert (out[-1].error.kind, out[-1].error.code, out[-1].error.offset) == ("wire", "checksum_mismatch", len(START))


def test_a25_headers_that_cannot_be_decoded():
    block = b"\x01a\x63"  # a header of a type that does not exist
    head = struct.pack(">II", 16 + len(block), len(block))
    head += struct.pack(">I", zlib.crc32(head))
    out = read(EventStreamFramer, head + block + struct.pack(">I", zlib.crc32(head + block)))
    assert out[0].error.code == "malformed_message"


def test_j06_a_message_beyond_the_limit_is_not_waited_for():
    out = read(lambda: EventStreamFramer(Limits(frame=150)), DELTA + message(b"x" * 200))
    assert payloads(out) == [b'{"delta":{"text":"hi"}}']
    assert (out[-1].error.limit, out[-1].error.size) == ("frame", 216)


def test_j07_work_is_linear():
    def reading(size):
        chunks = pieces(message(b"x" * size), 1000)
        return lambda: through(EventStreamFramer(), chunks)

    held_linear(reading, n=100_000)


def test_a_prelude_is_known_by_its_checksum():
    assert is_prelude(DELTA)
    assert not is_prelude(DELTA[:11])
    assert not is_prelude(b"\0" * 12)


def test_without_botocore_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "botocore.eventstream", None)
    with pytest.raises(UsageError, match=r"streamkit-llm\[bedrock\]"):
        EventStreamFramer()
