import gzip
import zlib

import pytest

from streamkit.client import inflating
from streamkit.client.inflating import FREE, inflater_for
from streamkit.errors import LimitExceeded, TransportError, WireError
from streamkit.limits import Limits

TEXT = b"data: hello\n\n" * 50


def through(encoding, data, size):
    inflater = inflater_for(encoding, Limits())
    out = b"".join(piece for at in range(0, len(data), size) for piece in inflater.feed(data[at : at + size]))
    return out, inflater.unfinished


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_a20_any_chunking_gives_the_same(size):
    assert through("gzip", gzip.compress(TEXT), size) == (TEXT, False)
    assert through("deflate", zlib.compress(TEXT), size) == (TEXT, False)
    assert through("br", pytest.importorskip("brotli").compress(TEXT), size) == (TEXT, False)
    assert through("zstd", pytest.importorskip("zstandard").compress(TEXT), size) == (TEXT, False)


def test_several_members_and_padding():
    assert through("gzip", gzip.compress(b"a") + b"\0" + gzip.compress(b"b") + b"\0\0", 3) == (b"ab", False)
    zstandard = pytest.importorskip("zstandard")
    assert through("zstd", zstandard.compress(b"a") + zstandard.compress(b"b"), 99) == (b"ab", False)


def test_what_follows_a_deflate_stream_is_ignored():
    assert through("deflate", zlib.compress(b"a") + b"rest", 99) == (b"a", False)


@pytest.mark.parametrize("size", [1, 2, 7, 100_000])
@pytest.mark.parametrize(
    ("encoding", "data", "told"),
    [
        ("gzip", gzip.compress(TEXT, mtime=0), []),
        ("deflate", zlib.compress(TEXT), []),
        ("deflate", zlib.compress(TEXT)[2:-4], [("deflate_bare", "")]),
        ("gzip", gzip.compress(TEXT, mtime=0) + bytes(3), [("compressed_rest", "3 bytes, 3 of them padding: b''")]),
        (
            "gzip",
            gzip.compress(TEXT, mtime=0) + b"\0rest",
            [("compressed_rest", "5 bytes, 1 of them padding: b'rest'")],
        ),
        ("gzip", gzip.compress(TEXT, mtime=0) + b"\x1f", [("compressed_rest", "1 bytes, 0 of them padding: b'\\x1f'")]),
        ("deflate", zlib.compress(TEXT) + b"rest", [("compressed_rest", "4 bytes, 0 of them padding: b'rest'")]),
    ],
)
def test_a20_what_is_odd_about_a_compressed_body_is_named(encoding, data, told, size):
    inflater = inflater_for(encoding, Limits())
    out = b"".join(piece for at in range(0, len(data), size) for piece in inflater.feed(data[at : at + size]))
    assert (out, inflater.unfinished) == (TEXT, False)
    assert [(quirk.quirk, quirk.detail) for quirk in inflater.quirks()] == told


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_a20_a_missing_tail_is_known(encoding):
    squeezed = {
        "gzip": gzip.compress,
        "br": lambda data: pytest.importorskip("brotli").compress(data),
        "zstd": lambda data: pytest.importorskip("zstandard").compress(data),
    }[encoding](TEXT)
    assert through(encoding, squeezed[:-3], 10)[1] is True


@pytest.mark.parametrize("encoding", ["", "identity", " Identity , ", "none", "utf-8, None"])
def test_nothing_to_undo(encoding):
    assert inflater_for(encoding, Limits()) is None


def test_an_encoding_without_its_library(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(inflating.importlib, "import_module", missing)
    with pytest.raises(WireError, match="'br'"):
        inflater_for("br", Limits())


def test_an_older_brotli_that_cannot_bound_its_output(monkeypatch):
    brotli = pytest.importorskip("brotli")

    class Older:
        class Decompressor:
            def __init__(self):
                inner = brotli.Decompressor()
                self.process, self.is_finished = inner.process, inner.is_finished

    monkeypatch.setattr(inflating.importlib, "import_module", lambda _: Older)
    assert through("br", brotli.compress(TEXT), 10) == (TEXT, False)


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_j08_bombs_are_stopped_early(encoding):
    data = b"\0" * 40_000_000
    squeezed = {
        "gzip": gzip.compress,
        "br": lambda data: pytest.importorskip("brotli").compress(data, quality=5),
        "zstd": lambda data: pytest.importorskip("zstandard").compress(data),
    }[encoding](data)
    inflater = inflater_for(encoding, Limits(expansion=50))
    given = []
    with pytest.raises(LimitExceeded) as caught:
        given.extend(map(len, inflater.feed(squeezed)))
    assert caught.value.limit == "expansion"
    assert caught.value.size > 50


def test_j08_small_bodies_may_compress_well():
    squeezed = gzip.compress(b" " * FREE)
    assert len(b"".join(inflater_for("gzip", Limits(expansion=2)).feed(squeezed))) == FREE


def test_wrong_bytes():
    with pytest.raises(WireError) as caught:
        through("gzip", b"plain text", 99)
    assert caught.value.info.code == "bad_encoding"


@pytest.mark.parametrize("size", [1, 2, 700, 100_000])
def test_a_deflate_stream_may_lack_its_header_in_any_chunking(size):
    packer = zlib.compressobj(wbits=-15)
    assert through("deflate", packer.compress(TEXT) + packer.flush(), size) == (TEXT, False)


def test_a_deflate_stream_of_one_byte_is_cut():
    assert through("deflate", zlib.compress(TEXT)[:1], 1) == (b"", True)
    assert through("deflate", b"", 1) == (b"", False)


@pytest.mark.parametrize("size", [1, 64, 1000, 100_000])
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_all_in_front_of_a_broken_place_is_given_out_whatever_the_chunking(encoding, size):
    words = b"".join(b"data: %d\n\n" % (n * n) for n in range(3000))
    squeezed = (gzip.compress if encoding == "gzip" else zlib.compress)(words)
    at = len(squeezed) // 2
    broken = squeezed[:at] + b"\xff" * 40 + squeezed[at + 40 :]
    whole = zlib.decompressobj(wbits=47).decompress(squeezed[:at])
    inflater = inflater_for(encoding, Limits())
    given = b""
    with pytest.raises(TransportError) as caught:
        for start in range(0, len(broken), size):
            for piece in inflater.feed(broken[start : start + size]):
                given += piece
    assert given.startswith(whole)
    assert caught.value.info.offset == len(given)


@pytest.mark.parametrize("size", [1, 10, 100_000])
def test_j08_a_body_is_given_out_up_to_its_bound(size):
    inflater = inflater_for("gzip", Limits(body=100))
    squeezed, given = gzip.compress(TEXT), b""
    with pytest.raises(LimitExceeded) as caught:
        for start in range(0, len(squeezed), size):
            for piece in inflater.feed(squeezed[start : start + size]):
                given += piece
    assert (caught.value.limit, given) == ("body", TEXT[:100])


@pytest.mark.parametrize("size", [1, 1024, 100_000])
def test_j08_growth_is_judged_at_places_that_no_reads_decide(size):
    data = b"\0" * 3 * FREE
    squeezed = gzip.compress(data)
    assert len(squeezed) < 4096
    fine = inflater_for("gzip", Limits(expansion=FREE // 1024))
    assert sum(
        len(piece) for at in range(0, len(squeezed), size) for piece in fine.feed(squeezed[at : at + size])
    ) == len(data)
    tight = inflater_for("gzip", Limits(expansion=FREE // 1024 // 4))
    with pytest.raises(LimitExceeded):
        for at in range(0, len(squeezed), size):
            list(tight.feed(squeezed[at : at + size]))
