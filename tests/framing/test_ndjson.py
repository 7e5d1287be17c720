import pytest
from cutting import frames, payloads, pieces, quirks, read, through
from hypothesis import given
from hypothesis import strategies as st

from streamkit.evidence import Halt
from streamkit.frames import Frame
from streamkit.framing.ndjson import NDJSONFramer
from streamkit.limits import Limits


def test_one_frame_a_line():
    out = read(NDJSONFramer, b'{"a":1}\n{"b":2}\r\n\n \n{"c":3}\n')
    assert out == [Frame(b'{"a":1}', "", 0), Frame(b'{"b":2}', "", 8), Frame(b'{"c":3}', "", 20)]


def test_a_line_comes_out_at_its_end():
    framer = NDJSONFramer()
    assert framer.feed(b'{"a"') == []
    assert framer.feed(b":1}\n{") == [Frame(b'{"a":1}', "", 0)]
    assert framer.feed(b"}\n") == [Frame(b"{}", "", 8)]


def test_a04_unicode_separators_end_no_line():
    line = '{"a":"one\u2028two\u0085"}'.encode()
    assert payloads(read(NDJSONFramer, line + b"\n")) == [line]


def test_a12_a_whole_last_line():
    out = read(NDJSONFramer, b'{"a":1}\n{"b":2}')
    assert payloads(out) == [b'{"a":1}', b'{"b":2}']
    assert quirks(out) == ["eof_flush"]


def test_a12_a_cut_last_line():
    out = read(NDJSONFramer, b'{"a":1}\n{"b":')
    assert payloads(out) == [b'{"a":1}']
    assert quirks(out) == ["eof_partial"]
    assert out[-1].data == {"bytes": 5, "offset": 8}


@pytest.mark.parametrize(("limits", "name"), [(Limits(line=8), "line"), (Limits(frame=8), "frame")])
def test_j06_limits(limits, name):
    out = read(lambda: NDJSONFramer(limits), b'{"a":12}\n{"a":123}\n{}\n')
    assert payloads(out) == [b'{"a":12}']
    assert isinstance(out[-1], Halt)
    assert (out[-1].error.limit, out[-1].error.size, out[-1].error.offset) == (name, 9, 9)


def test_j06_a_line_without_end_is_not_kept():
    framer = NDJSONFramer(Limits(line=100))
    out = through(framer, [b"x" * 30] * 10)
    assert [type(item) for item in out] == [Halt]


@given(st.lists(st.sampled_from([b"{}", b'{"a":1}', b"", b"\r", b" ", b"x", b"\n", b"\n"]), max_size=20))
def test_a22_any_chunking_gives_the_same(parts):
    body = b"".join(parts)
    whole = through(NDJSONFramer(), [body])
    assert through(NDJSONFramer(), parts) == whole
    assert through(NDJSONFramer(), pieces(body, 1)) == whole
    assert all(body[frame.offset :].lstrip().startswith(frame.data) for frame in frames(whole))
