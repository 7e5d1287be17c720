import struct
import sys
import zlib

import pytest
from corpus import recordings
from cutting import frames, payloads, pieces, quirks, read, sniffed, through
from hypothesis import given
from hypothesis import strategies as st

from streamkit.errors import UsageError
from streamkit.evidence import Halt, Handover
from streamkit.frames import Frame
from streamkit.framing.ndjson import NDJSONFramer
from streamkit.framing.sniff import AnyFramer, content_type_quirk
from streamkit.framing.sse import SSEFramer
from streamkit.limits import Limits


def aws_message(payload):
    head = struct.pack(">II", 16 + len(payload), 0)
    head += struct.pack(">I", zlib.crc32(head))
    return head + payload + struct.pack(">I", zlib.crc32(head + payload))


@pytest.mark.parametrize(
    "start", [b"data: {}", b"data:{}", b"event: x\ndata: {}", b"id: 1\ndata: {}", b": c\n\ndata: {}"]
)
def test_a19_an_event_stream(start):
    out = sniffed(start + b"\n\ndata: 2\n\n", "sse")
    assert payloads(out) == [b"{}", b"2"]
    assert quirks(out) == []


def test_a19_retry_first():
    assert sniffed(b"retry: 10\n\ndata: 1\n\n", "sse") == [Frame(b"1", "", 11, None, 10)]


def test_a08_white_space_before_everything():
    assert sniffed(b"\n\n \r\n data: 1\n\n", "sse") == [Frame(b"1", "", 6)]
    assert sniffed(b"\n\n\n{}\n{}\n", "ndjson") == [Frame(b"{}", "", 3), Frame(b"{}", "", 6)]
    assert sniffed(b"\n\n\n") == []


def test_a06_a_byte_order_mark():
    assert sniffed(b"\xef\xbb\xbfdata: 1\n\n", "sse") == [Frame(b"1", "", 3)]
    assert sniffed(b'\xef\xbb\xbf{"a":1}\n', "ndjson") == [Frame(b'{"a":1}', "", 3)]


def test_g16_an_empty_body_is_nothing():
    assert sniffed(b"", "sse") == []


def test_a14_one_document_a_line():
    body = b'{"a":1}\n{"b":2}\n{"c":3}\n'
    assert quirks(sniffed(body, "ndjson")) == quirks(sniffed(body)) == []
    out = sniffed(body, "sse")
    assert payloads(out) == [b'{"a":1}', b'{"b":2}', b'{"c":3}']
    assert quirks(out) == ["framing_ndjson"]


def test_a14_no_line_is_held_back_beyond_its_end():
    framer = AnyFramer("sse")
    assert framer.feed(b'{"a":') == []
    assert payloads(framer.feed(b"1}\n")) == [b'{"a":1}']
    assert payloads(framer.feed(b'{"a":2}\n')) == [b'{"a":2}']


def test_a14_a_bare_end_marker():
    assert payloads(sniffed(b"[DONE]\n", "sse")) == [b"[DONE]"]


def test_a14_an_array():
    body = b'[{"candidates":[1]}\n,\r\n{"candidates":[2]}]'
    assert quirks(sniffed(body, "json-array")) == []
    out = sniffed(body, "sse")
    assert payloads(out) == [b'{"candidates":[1]}', b'{"candidates":[2]}']
    assert quirks(out) == ["framing_json_array"]


def test_a14_an_event_stream_where_lines_were_expected():
    out = sniffed(b"data: {}\n\n", "ndjson")
    assert quirks(out) == ["framing_sse"]
    assert payloads(out) == [b"{}"]


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n\r\n"])
@pytest.mark.parametrize(
    "document", [b'{"object":"chat.completion","choices":[]}', b'{\n  "a": {\r\n    "b": [1]\n  }\n}']
)
def test_a17_one_document_is_one_frame_without_a_quirk(document, end):
    assert sniffed(document + end, "sse") == [Frame(document, "", 0)]


@pytest.mark.parametrize("body", [b"{}" + b" " * 100 + b"\n{}\n", b"{" + b" " * 100 + b"\n}\n", b"{}" + b" " * 100])
def test_a17_the_bound_of_a_first_line_counts_its_blanks_in_any_chunking(body):
    out = read(lambda: AnyFramer("ndjson", Limits(line=50)), body)
    assert [item.error.limit for item in out] == ["line"]


@pytest.mark.parametrize("before", [b"", b"{}\n", b"{\n}\n"])
def test_a17_a_last_document_without_a_line_end_is_bounded(before):
    out = read(lambda: AnyFramer("ndjson", Limits(frame=50)), before + b'{"a":"%s"}' % (b"x" * 60))
    assert [item.error.limit for item in out if isinstance(item, Halt)] == ["frame"]


def test_a17_half_a_document():
    out = sniffed(b'{"a":{"b":1}', "sse")
    assert payloads(out) == []
    assert quirks(out) == ["eof_partial"]


def test_a18_a_page_is_no_stream():
    page = b"<!doctype html><title>Just a moment\x1b[31m</title>" + b"<p>x</p>" * 200
    out = sniffed(page, "sse", content_type="text/html")
    error = out[0].error
    assert len(out) == 1
    assert (error.kind, error.code, error.retryable, error.offset) == ("wire", "not_a_stream", False, 0)
    assert "<!doctype html><title>Just a moment\\x1b[31m" in error.message
    assert "base URL" in error.hint
    assert error.raw["content_type"] == "text/html"
    assert error.raw["body"].startswith("<!doctype html>")
    assert len(error.raw["body"]) == 500


def test_a18_a_page_is_given_up_without_reading_it_all():
    framer = AnyFramer("sse")
    assert framer.feed(b"<html>") == []
    assert isinstance(framer.feed(b"x" * 2000)[0], Halt)
    assert framer.feed(b"x" * 600) == []
    assert framer.close() == []


@pytest.mark.parametrize("letter", "é你😀")
def test_a18_as_much_of_a_page_is_shown_in_any_chunking(letter):
    body = "<p>" + letter * 600
    for wire in (body.encode(), body.encode("utf-16"), body.encode("utf-16-le")):
        (halt,) = read(lambda: AnyFramer("sse"), wire)
        assert halt.error.raw["body"] == body[:500]


def test_a18_secrets_in_a_page_are_masked():
    assert "abcdefghijkl" not in sniffed(b"<p>Incorrect API key: sk-proj-abcdefghijklmnop</p>")[0].error.message


@pytest.mark.parametrize(
    "body", [b"upstream connect error or disconnect/reset before headers", b"\x89PNG\r\n\x1a\n", b"12"]
)
def test_a19_text_without_a_stream_line_is_no_stream(body):
    out = sniffed(body, "sse")
    assert [item.error.code for item in out] == ["not_a_stream"]


def test_a19_text_without_end_is_given_up():
    framer = AnyFramer("sse")
    out = [item for _ in range(100) for item in framer.feed(b"lorem ipsum " * 100)]
    assert [item.error.code for item in out] == ["not_a_stream"]


def test_a34_lines_of_other_layers_before_the_stream():
    out = sniffed(b"1a4\r\nHTTP/1.1 200\r\ndata: {}\r\n\r\n", "sse")
    assert payloads(out) == [b"{}"]
    assert quirks(out) == ["stray_line"]
    assert payloads(sniffed(b'warming up\n{"a":1}\n{"b":2}\n', "ndjson")) == [b"warming up", b'{"a":1}', b'{"b":2}']


def test_a12_a_stream_that_is_cut_in_its_first_bytes():
    assert quirks(sniffed(b"dat", "sse")) == ["eof_partial"]
    assert quirks(sniffed(b"event: me", "sse")) == ["eof_partial"]


def test_a25_binary_messages():
    body = aws_message(b'{"a":1}') + aws_message(b'{"b":2}')
    assert payloads(sniffed(body, "aws-eventstream")) == [b'{"a":1}', b'{"b":2}']
    assert quirks(sniffed(body, "aws-eventstream")) == []
    assert quirks(sniffed(body, "sse")) == ["framing_aws_eventstream"]


def test_a25_binary_nonsense():
    assert [item.error.code for item in sniffed(b"\0\0\0\x40\0\0\0\x10nonsense", "aws-eventstream")] == [
        "checksum_mismatch"
    ]


def test_a17_a_document_where_binary_messages_were_expected():
    assert payloads(sniffed(b'{"message":"no"}', "aws-eventstream")) == [b'{"message":"no"}']


def test_a25_without_botocore(monkeypatch):
    monkeypatch.setitem(sys.modules, "botocore.eventstream", None)
    with pytest.raises(UsageError):
        AnyFramer("aws-eventstream")
    out = sniffed(aws_message(b"{}"), "sse")
    assert [item.error.code for item in out] == ["not_decodable"]
    assert "streamkit-llm[bedrock]" in out[0].error.message


def test_the_chosen_framer_takes_its_place():
    framer = AnyFramer("sse")
    *_, handover = framer.feed(b"data: 1\n\n")
    assert isinstance(handover, Handover)
    assert handover.old is framer
    assert isinstance(handover.new, SSEFramer)
    assert payloads(handover.new.feed(b"data: 2\n\n")) == [b"2"]


def test_an_unexpected_framing_is_named_before_giving_way():
    framer = AnyFramer("sse")
    assert [type(item) for item in framer.feed(b"{}\n")] == [Frame]
    assert framer.feed(b"\n") == []
    assert [getattr(item, "quirk", type(item)) for item in framer.feed(b"{}\n{}\n")] == ["framing_ndjson", Frame, Frame]


def test_it_goes_on_by_itself_where_nobody_replaces_it():
    framer = AnyFramer("ndjson")
    framer.feed(b"{}\n")
    assert payloads(framer.feed(b"{}\n{")) == [b"{}"]
    assert quirks(framer.close()) == ["eof_partial"]
    assert isinstance(framer._framer, NDJSONFramer)


def test_a19_a_content_type_that_does_not_fit():
    assert quirks(sniffed(b"data: 1\n\n", "sse", content_type="text/plain; charset=utf-8")) == ["content_type"]
    assert quirks(sniffed(b"data: 1\n\n", "sse", content_type="Text/Event-Stream;charset=utf-8")) == []
    assert quirks(sniffed(b"data: 1\n\n", "sse", content_type="")) == ["content_type"]
    assert content_type_quirk("application/json", "ndjson") is None
    assert content_type_quirk("anything/else", "") is None


@given(
    st.binary(max_size=200),
    st.sampled_from([None, "sse", "ndjson", "json-array", "aws-eventstream"]),
    st.integers(1, 9),
)
def test_a22_no_bytes_raise_and_chunking_does_not_matter(body, expected, size):
    assert through(AnyFramer(expected), pieces(body, size)) == through(AnyFramer(expected), [body])


STARTS = st.sampled_from(
    [
        b"data",
        b"data: {}",
        b":",
        b"{",
        b'{"a":1}',
        b"}",
        b"[",
        b"[DONE]",
        b"]",
        b"<",
        b"\n",
        b"\r\n",
        b" ",
        b"\n\n",
        b"x",
    ]
) | st.sampled_from(
    [b"\xef", b"\xef\xbb\xbf", b"\xff\xfe", b"\0", b"\x1f\x8b", b"event: e", b"\x01", b'"', b",", b"a\0"]
)


@given(st.lists(STARTS, max_size=12))
def test_a22_starts_of_every_kind_in_any_chunking(parts):
    body = b"".join(parts)
    whole = through(AnyFramer("sse"), [body])
    assert through(AnyFramer("sse"), parts) == whole
    assert through(AnyFramer("sse"), pieces(body, 1)) == whole


def naive_events(body):
    text = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").removeprefix(b"\xef\xbb\xbf")
    for block in text.split(b"\n\n"):
        lines = block.split(b"\n")
        data = [line[5:].removeprefix(b" ") for line in lines if line.startswith(b"data:")]
        names = [line[6:].removeprefix(b" ") for line in lines if line.startswith(b"event:")]
        if data:
            yield (names[-1].decode() if names else "", b"\n".join(data))


@pytest.mark.skipif(not recordings(), reason="no corpus of recorded streams here")
def test_recorded_streams_are_framed_as_a_plain_split_does_it():
    for recording in recordings():
        body = recording.data
        framer = AnyFramer(recording.framing)
        whole = through(framer, [body])
        assert framer.framing == recording.framing, recording.id
        assert through(AnyFramer(recording.framing), pieces(body, 1000)) == whole, recording.id
        assert set(quirks(whole)) <= {"eof_flush"}, recording.id
        if recording.framing == "sse":
            assert [(f.event, f.data) for f in frames(whole)] == list(naive_events(body)), recording.id
        assert not any(isinstance(item, Halt) for item in whole), recording.id


@pytest.mark.parametrize("blanks", [0, 40, 41, 100])
def test_a34_an_indented_line_after_other_text_is_found_in_any_chunking(blanks):
    read(lambda: AnyFramer(None), b"warming up\n" + b" " * blanks + b'{"a":1}\n' + b" " * blanks + b"data: 1\n\n")
