import zlib

import pytest
from cutting import frames, payloads, pieces, quirks, read, sniffed, through

from streamkit.evidence import Halt
from streamkit.framing.sniff import AnyFramer
from streamkit.limits import Limits

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
