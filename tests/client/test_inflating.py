import gzip
import zlib

import pytest

from streamkit.client import inflating
from streamkit.client.inflating import FREE, inflater_for
from streamkit.errors import LimitExceeded, WireError
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
    assert through("gzip", gzip.compress(b"a") + gzip.compress(b"b") + b"\0\0", 3) == (b"ab", False)
    zstandard = pytest.importorskip("zstandard")
    assert through("zstd", zstandard.compress(b"a") + zstandard.compress(b"b"), 99) == (b"ab", False)


def test_what_follows_a_deflate_stream_is_ignored():
    assert through("deflate", zlib.compress(b"a") + b"rest", 99) == (b"a", False)


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_a20_a_missing_tail_is_known(encoding):
    squeezed = {
        "gzip": gzip.compress,
        "br": lambda data: pytest.importorskip("brotli").compress(data),
        "zstd": lambda data: pytest.importorskip("zstandard").compress(data),
    }[encoding](TEXT)
    assert through(encoding, squeezed[:-3], 10)[1] is True


@pytest.mark.parametrize("encoding", ["", "identity", " Identity , "])
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
