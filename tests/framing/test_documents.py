import pytest

from streamkit.framing.documents import depth_change, is_complete, is_end_marker


@pytest.mark.parametrize(
    "data",
    [
        b"{}",
        b' {"a":[1]} \n',
        b"[]",
        b'"x"',
        b"null",
        b"true",
        b"[DONE]",
        b'"[done]"',
        b'{"a":NaN}',
        b'{"a":"\\ud83d"}',
    ],
)
def test_whole_documents(data):
    assert is_complete(data)


@pytest.mark.parametrize(
    "data", [b"", b"{", b'{"a":1}}', b'{"a":1}{}', b"12", b"nul", b'"x', b"[DONE", b"{'a'}", b"[" * 100_000]
)
def test_what_is_no_whole_document(data):
    assert not is_complete(data)


@pytest.mark.parametrize("data", [b"[DONE]", b" [DONE]\r\n", b'"[DONE]"', b"[done]"])
def test_the_end_marker(data):
    assert is_end_marker(data)
    assert not is_end_marker(data + b"x")


@pytest.mark.parametrize(
    ("data", "change"), [(b"", 0), (b'{"a":[', 2), (b'"}"}', -1), (b'{"\\"]": "}", "b": [1, {}]', 1), (b"]]", -2)]
)
def test_depth_is_counted_outside_of_strings(data, change):
    assert depth_change(data) == change


@pytest.mark.parametrize(
    ("data", "change"), [(b'{"a', 1), (b'{"a\\"}', 1), (b'["\\', 1), (b'{"' + b'\\"' * 500_000, 1)]
)
def test_a_string_without_end_ends_with_the_data(data, change):
    assert depth_change(data) == change
