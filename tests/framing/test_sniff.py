import struct
import sys
import zlib

import pytest
from corpus import recordings
from cutting import frames, payloads, pieces, quirks, read, through
from hypothesis import given
from hypothesis import strategies as st

from streamkit.errors import UsageError
from streamkit.evidence import Halt, Handover
from streamkit.frames import Frame
from streamkit.framing.ndjson import NDJSONFramer
from streamkit.framing.sniff import AnyFramer, content_type_quirk
from streamkit.framing.sse import SSEFramer
from streamkit.limits import Limits


def sniffed(body, expected=None, **options):
    return read(lambda: AnyFramer(expected, **options), body)


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


# charsets


def test_j18_utf8_without_a_charset():
    assert payloads(sniffed('data: {"x":"✅"}\n\n'.encode(), "sse")) == ['{"x":"✅"}'.encode()]


@pytest.mark.parametrize("charset", ["gbk", "GB2312", '"gb18030"'])
def test_j14_a_declared_charset_is_honoured(charset):
    out = sniffed('data: {"x":"你好"}\n\n'.encode("gbk"), "sse", charset=charset)
    assert payloads(out) == ['{"x":"你好"}'.encode()]
    assert quirks(out) == []


@pytest.mark.parametrize(
    "charset",
    [
        None,
        "",
        "utf-8",
        "UTF8",
        "us-ascii",
        "no-such",
        "base64",
        "unicode_escape",
        "a\0b",
        "utf-16",
        "utf-32",
        "iso-2022-jp",
    ],
)
def test_j14_other_names_mean_utf8(charset):
    assert payloads(sniffed('data: "\\u0041ü"\n\n'.encode(), charset=charset)) == ['"\\u0041ü"'.encode()]


def test_j14_bytes_that_the_declared_charset_does_not_have():
    out = sniffed(b'data: {"x":"\xff\xff"}\n\ndata: {}\n\n', "sse", charset="gbk")
    assert quirks(out) == ["invalid_utf8"]
    assert payloads(out)[1] == b"{}"


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_j14_utf16_is_recognised(codec):
    body = 'data: {"x":"你😀"}\n\nevent: x\ndata: 2\n\n'.encode(codec)
    assert payloads(sniffed(body, "sse")) == ['{"x":"你😀"}'.encode(), b"2"]
    assert payloads(sniffed(body, "sse", charset=codec)) == ['{"x":"你😀"}'.encode(), b"2"]


@pytest.mark.parametrize("blanks", ["\n", " ", "\r\n \n"])
@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_j14_white_space_before_everything_is_no_half_character(codec, blanks):
    body = f"{blanks}data: 1\n\n".encode(codec)
    for charset in (codec, None)[: 2 if codec.startswith("utf-16") else 1]:
        (frame,) = read(lambda charset=charset: AnyFramer("sse", charset=charset), body)
        assert frame.data == b"1"


def test_j14_a_line_end_of_another_layer_before_utf16():
    assert payloads(sniffed(b"\n" + "data: 1\n\n".encode("utf-16-le"), "sse")) == [b"1"]


# compression

LONG = b"".join(b'data: {"n":%d}\n\n' % n for n in range(2000))


def gzipped(data, wbits=31):
    packer = zlib.compressobj(wbits=wbits)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize("wbits", [31, 15])
def test_a20_a_compressed_body(wbits):
    out = sniffed(gzipped(LONG, wbits), "sse")
    assert quirks(out) == ["compressed"]
    assert payloads(out) == [b'{"n":%d}' % n for n in range(2000)]


def test_a20_what_is_flushed_comes_out_at_once():
    packer = zlib.compressobj(wbits=31)
    framer = AnyFramer("sse")
    first = packer.compress(b"data: 1\n\n") + packer.flush(zlib.Z_SYNC_FLUSH)
    assert payloads(framer.feed(first)) == [b"1"]
    assert payloads(framer.feed(packer.compress(b"data: 2\n\n") + packer.flush(zlib.Z_SYNC_FLUSH))) == [b"2"]


def test_a20_nothing_waits_inside_the_decompressor():
    packer = zlib.compressobj(wbits=31)
    framer = AnyFramer("sse")
    body = b"data: " + b"x" * 200_000 + b"\n\n"
    assert payloads(framer.feed(packer.compress(body) + packer.flush(zlib.Z_SYNC_FLUSH))) == [b"x" * 200_000]


def test_a20_a_cut_keeps_every_byte_that_can_be_inflated():
    packed = gzipped(b"data: " + b"x" * 70_000)
    for cut in range(12, len(packed)):
        assert through(AnyFramer("sse"), [packed[:cut]]) == through(AnyFramer("sse"), pieces(packed[:cut], 1)), cut


def test_a20_a_cut_tail_keeps_what_was_inflated():
    out = sniffed(gzipped(LONG)[:-60], "sse")
    assert len(frames(out)) > 1000
    assert quirks(out)[0] == "compressed"
    assert quirks(out)[-1] == "eof_partial"


@pytest.mark.parametrize("size", [1, 5, 1 << 20])
@pytest.mark.parametrize(
    ("between", "behind", "told"),
    [(b"", b"", None), (b"", b"\0" * 20, "20 bytes"), (b"\0\0", b"", "2 bytes"), (b"", b"\0?\x1f\x8b", "4 bytes")],
)
def test_a20_several_members_padding_and_other_bytes(between, behind, told, size):
    body = gzipped(b"data: 1\n\n") + between + gzipped(b"data: 2\n\n") + behind
    out = through(AnyFramer("sse"), pieces(body, size))
    assert payloads(out) == [b"1", b"2"]
    assert quirks(out) == (["compressed", "compressed_rest"] if told else ["compressed"])
    assert told is None or out[-1].detail.startswith(told)


def test_a20_a_broken_body():
    packer = zlib.compressobj(wbits=31)
    good = packer.compress(b"data: 1\n\n") + packer.flush(zlib.Z_SYNC_FLUSH)
    out = sniffed(good + b"\xff" * 50, "sse")
    assert payloads(out) == [b"1"]
    assert out[-1].error.code == "corrupt_compression"


def test_j08_what_is_inflated_again_is_counted_once():
    packer = zlib.compressobj(wbits=31)
    good = packer.compress(b"data: " + b"x" * 300_000 + b"\n\n") + packer.flush(zlib.Z_SYNC_FLUSH)
    out = through(AnyFramer("sse", Limits(body=400_000)), [good + b"\xff" * 50])
    assert payloads(out) == [b"x" * 300_000]
    assert out[-1].error.code == "corrupt_compression"


@pytest.mark.parametrize(("limits", "name"), [(Limits(expansion=50), "expansion"), (Limits(body=100_000), "body")])
def test_j08_a_bomb_is_not_inflated(limits, name):
    out = through(AnyFramer("sse", limits), pieces(gzipped(b"data: 1\n\n" + b"\n" * 30_000_000), 1000))
    assert [item.error.limit for item in out if isinstance(item, Halt)] == [name]


@pytest.mark.parametrize("limits", [Limits(expansion=3), Limits(expansion=20), Limits(body=1000), Limits(body=70_000)])
def test_j08_the_same_is_delivered_before_a_bound_in_any_chunking(limits):
    packer = zlib.compressobj(wbits=31)
    noise = b"".join(b"data: %d\n\n" % (n * n * 7919 % 10**12) for n in range(400))
    body = packer.compress(noise) + packer.flush(zlib.Z_FULL_FLUSH) + packer.compress(b"data: " + b"x" * 3_000_000)
    out = read(lambda: AnyFramer("sse", limits), body + packer.flush())
    assert [item.error.code for item in out if isinstance(item, Halt)] == ["limit_exceeded"]
    assert len(frames(out)) > 50


def test_j08_the_bound_of_a_body_is_exact():
    body = gzipped(b"data: 1\n\n" * 100)
    assert len(read(lambda: AnyFramer("sse", Limits(body=900)), body)) == 101
    *before, halt, cut = read(lambda: AnyFramer("sse", Limits(body=899)), body)
    assert (len(frames(before)), cut.quirk) == (99, "eof_partial")
    assert (halt.error.limit, halt.error.size, halt.error.offset) == ("body", 900, 899)


# giving way


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


# recorded streams


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


def test_j08_layer_over_layer_has_an_end():
    body = b"data: 1\n\n"
    for _ in range(3):
        body = gzipped(body)
    assert payloads(sniffed(body, "sse")) == [b"1"]
    for _ in range(1000):
        body = gzipped(body)
    for chunks in ([body], pieces(body, 7)):
        out = through(AnyFramer("sse"), chunks)
        assert [item.error.code for item in out if isinstance(item, Halt)] == ["packed_too_often"]


def test_j14_nothing_is_converted_over_and_over():
    out = through(AnyFramer(None), [b"\0" * 4096])
    assert [item.error.code for item in out if isinstance(item, Halt)] == ["not_a_stream"]


@pytest.mark.parametrize("blanks", [0, 40, 41, 100])
def test_a34_an_indented_line_after_other_text_is_found_in_any_chunking(blanks):
    read(lambda: AnyFramer(None), b"warming up\n" + b" " * blanks + b'{"a":1}\n' + b" " * blanks + b"data: 1\n\n")


def test_j14_what_was_converted_is_neither_converted_nor_unpacked_once_more():
    for text in ("\0{\0\0data: 1\n", "\x1f\x8b", "x\x01abcdefghijklmnop"):
        out = read(lambda: AnyFramer("sse"), text.encode("utf-16"))
        assert "compressed" not in quirks(out)


def test_j14_a_note_on_bytes_that_mean_nothing_stands_where_they_stood():
    body = "data: 1\n\ndata: 2\n\n".encode("utf-16-le") + b"\x00\xdc" + "\n\ndata: 3\n\n".encode("utf-16-le")
    out = read(lambda: AnyFramer("sse"), b"\xff\xfe" + body)
    assert [item.data if isinstance(item, Frame) else item.quirk for item in out][:3] == [b"1", b"2", "invalid_utf8"]
