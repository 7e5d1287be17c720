import msgspec
import pytest
from counted_work import held_linear
from cutting import frames, payloads, pieces, quirks, read, through
from hypothesis import given
from hypothesis import strategies as st

from streamkit.evidence import Halt
from streamkit.frames import Frame
from streamkit.framing.json_array import DocumentsFramer, JSONArrayFramer
from streamkit.limits import Limits


def test_a14_each_element_is_a_frame():
    out = read(JSONArrayFramer, b'[{"a":1}\n,\r\n{"b":[1,{"c":"]}"}]}]\n')
    assert out == [Frame(b'{"a":1}', "", 1), Frame(b'{"b":[1,{"c":"]}"}]}', "", 12)]


def test_a14_an_element_comes_out_at_its_closing_bracket():
    framer = JSONArrayFramer()
    assert framer.feed(b'[{"a":{"b":1}') == []
    assert framer.feed(b"}") == [Frame(b'{"a":{"b":1}}', "", 1)]
    assert framer.feed(b',{"a":2}') == [Frame(b'{"a":2}', "", 15)]


def test_a14_pretty_printed_elements():
    first = b'{\r\n  "text": "say \\"}\\\\",\r\n  "n": [\r\n    1\r\n  ]\r\n}'
    assert payloads(read(JSONArrayFramer, b"[\r\n" + first + b"\r\n,\r\n" + first + b"\r\n]\r\n")) == [first, first]


def test_a14_an_empty_array():
    assert read(JSONArrayFramer, b"[]") == []
    assert read(JSONArrayFramer, b" [ \n ] ") == []


def test_a32_elements_that_are_no_objects():
    out = read(JSONArrayFramer, b'["a,]\\"b", 12 ,null,[1,[2]],{"a":1},true]')
    assert payloads(out) == [b'"a,]\\"b"', b"12", b"null", b"[1,[2]]", b'{"a":1}', b"true"]


def test_two_arrays_one_after_the_other():
    assert payloads(read(JSONArrayFramer, b'[{"a":1}]\n[{"b":2}]')) == [b'{"a":1}', b'{"b":2}']


@pytest.mark.parametrize(
    ("tail", "size"), [(b',{"a":', 5), (b",", 0), (b"", 0), (b',{"a":"x\\', 8), (b',"ab', 3), (b",12", 2)]
)
def test_a12_half_an_array_keeps_what_was_whole(tail, size):
    out = read(JSONArrayFramer, b'[{"a":1}' + tail)
    assert payloads(out) == [b'{"a":1}']
    assert quirks(out) == ["eof_partial"]
    assert out[-1].data["bytes"] == size


def test_g26_text_behind_the_array():
    out = read(JSONArrayFramer, b'[{"a":1}]\nupstream error: connection reset by peer')
    assert payloads(out) == [b'{"a":1}']
    assert quirks(out) == ["stray_line"]
    assert out[-1].data["code"] == "upstream_cut"


def test_a17_documents_over_several_lines():
    out = read(DocumentsFramer, b'{\n  "a": [\n    {"b": "}"}\n  ]\n}\n{"c": 1}{"d": 2}\n')
    assert payloads(out) == [b'{\n  "a": [\n    {"b": "}"}\n  ]\n}', b'{"c": 1}', b'{"d": 2}']
    assert quirks(out) == []


def test_a17_half_a_document():
    out = read(DocumentsFramer, b'{\n "a": 1,')
    assert quirks(out) == ["eof_partial"]


def test_j06_an_element_beyond_the_limit():
    out = read(lambda: JSONArrayFramer(Limits(frame=8)), b'[{"a":12},{"a":123},{}]')
    assert payloads(out) == [b'{"a":12}']
    assert isinstance(out[-1], Halt)
    assert (out[-1].error.limit, out[-1].error.size, out[-1].error.offset) == ("frame", 9, 10)


@pytest.mark.parametrize("inside", [b"a", b"\\n", b'{"a":[', b'","'])
def test_j07_work_is_linear(inside):
    def reading(size):
        chunks = pieces(b'[{"a":"' + inside * (size // len(inside)), 1000)
        return lambda: through(JSONArrayFramer(), chunks)

    held_linear(reading, n=20_000)


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 500), st.text('ab"\\{}[], \n', max_size=6)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text('x"]', max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.lists(VALUES, max_size=5), st.sampled_from([b",", b"\n,\r\n", b" , "]), st.integers(1, 9))
def test_a22_any_array_in_any_chunking(values, comma, size):
    elements = [msgspec.json.encode(value) for value in values]
    body = b"[" + comma.join(elements) + b"]"
    out = through(JSONArrayFramer(), pieces(body, size))
    assert payloads(out) == elements
    assert all(body[frame.offset :].startswith(frame.data) for frame in frames(out))
    assert quirks(out) == []


@given(st.lists(st.sampled_from([b"[", b"]", b"{", b"}", b'"', b"\\", b",", b"1", b" ", b"x"]), max_size=25))
def test_a22_odd_bytes_in_any_chunking(parts):
    for make in (JSONArrayFramer, DocumentsFramer):
        assert through(make(), parts) == through(make(), [b"".join(parts)])
