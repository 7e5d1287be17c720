"""JSON values back to text, whatever was read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamkit.dialects.json_text import json_text, json_word
from streamkit.dialects.surrogates import scrub_all


def nested(depth, core):
    for number in range(depth):
        core = [core] if number % 2 else {"a": core, "b": 1}
    return core


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": [1, None, True, 0.5], "a": {}}, '{"b":[1,null,true,0.5],"a":{}}'),
        ({"a": "\ud83d", "é\ud83d": [[], {}, [""]]}, '{"a":"\\ud83d","\\u00e9\\ud83d":[[],{},[""]]}'),
        (["\ude00", 10**400], '["\\ude00",1' + "0" * 400 + "]"),
        ("\ud83d", '"\\ud83d"'),
        (float("nan"), "null"),
    ],
)
def test_values_as_compact_text(value, text):
    assert json_text(value) == text


def test_j05_values_that_are_nested_too_deeply_for_recursion_are_written_whole():
    assert json_text(nested(50_000, "x")).count('{"a":') == 25_000
    assert json_text(nested(4, "\ud83d")) == '[{"a":[{"a":"\\ud83d","b":1}],"b":1}]'


def test_objects_that_are_no_json_are_asked_for():
    class Pieces:
        pass

    assert json_text({"a": Pieces(), "b": "\ud83d"}, lambda _: "joined") == '{"a":"joined","b":"\\ud83d"}'


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_what_is_written_reads_as_it_was(value):
    assert json.loads(json_text([value, "\ud83d"])) == [value, "\ud83d"]


@pytest.mark.parametrize(("value", "word"), [("a", "a"), (None, ""), ("", ""), ([], ""), (3, "3"), (["a"], '["a"]')])
def test_words(value, word):
    assert json_word(value) == word


def test_j01_halves_are_taken_out_of_whole_values_however_deep():
    value = {"a\ud83d": ["\ud83d\ude00", {"b": "\ude00"}, 3, None], "c": "x"}
    assert scrub_all(value) == {"a\ufffd": ["😀", {"b": "\ufffd"}, 3, None], "c": "x"}
    assert scrub_all("\ud83d") == "\ufffd"
    deep = scrub_all(nested(50_000, "\ud83d"))
    for _ in range(25_000):
        deep = deep[0]["a"]
    assert deep == "\ufffd"
