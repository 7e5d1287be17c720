import pytest
from cutting import payloads, quirks, read, sniffed, through

from streamkit.evidence import Halt
from streamkit.frames import Frame
from streamkit.framing.sniff import AnyFramer


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


def test_j14_nothing_is_converted_over_and_over():
    out = through(AnyFramer(None), [b"\0" * 4096])
    assert [item.error.code for item in out if isinstance(item, Halt)] == ["not_a_stream"]


def test_j14_what_was_converted_is_neither_converted_nor_unpacked_once_more():
    for text in ("\0{\0\0data: 1\n", "\x1f\x8b", "x\x01abcdefghijklmnop"):
        out = read(lambda: AnyFramer("sse"), text.encode("utf-16"))
        assert "compressed" not in quirks(out)


def test_j14_a_note_on_bytes_that_mean_nothing_stands_where_they_stood():
    body = "data: 1\n\ndata: 2\n\n".encode("utf-16-le") + b"\x00\xdc" + "\n\ndata: 3\n\n".encode("utf-16-le")
    out = read(lambda: AnyFramer("sse"), b"\xff\xfe" + body)
    assert [item.data if isinstance(item, Frame) else item.quirk for item in out][:3] == [b"1", b"2", "invalid_utf8"]
