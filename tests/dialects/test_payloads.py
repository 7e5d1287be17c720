import math

import msgspec
import pytest
from counted_work import work
from hypothesis import given
from hypothesis import strategies as st

from streamkit.dialects.payloads import Reading, SurrogateJoiner, read, scrub
from streamkit.events import KeepAlive
from streamkit.frames import Frame


def reading(data, event="", kind="event"):
    return read(Frame(data if isinstance(data, bytes) else data.encode(), event, kind=kind))


def quirks(found):
    return [item.quirk for item in found.events if hasattr(item, "quirk")]


def test_a_healthy_object_needs_no_tolerance():
    found = reading(' {"type":"x","n":1} ')
    assert found == Reading(objects=[{"type": "x", "n": 1}])


@pytest.mark.parametrize(("data", "detail"), [("", "empty"), ("  \n", "empty"), ("null", "null")])
def test_a10_empty_and_null_payloads_are_skipped(data, detail):
    found = reading(data)
    assert (found.objects, quirks(found), found.events[0].detail) == ([], ["empty_data"], detail)


def test_a11_a_payload_over_several_lines():
    assert reading('{"a":\n{"b":1}}') == Reading(objects=[{"a": {"b": 1}}])


@pytest.mark.parametrize(
    "data", ['data: {"a":1}', 'data:{"a":1}', 'event: x\ndata: {"a":1}', 'data: {"a":\ndata: 1}', 'data: {"a":\n1}']
)
def test_a15_a_doubled_prefix_is_unwrapped(data):
    found = reading(data)
    assert found.objects == [{"a": 1}]
    assert quirks(found) == ["double_prefix"]


def test_a15_before_other_things():
    assert reading("data: [DONE]").done
    assert quirks(reading("data: : ping")) == ["double_prefix", "comment_as_data"]
    assert quirks(reading('data: {"a":NaN}')) == ["double_prefix", "non_finite_number"]


def test_a15_only_once_and_only_before_json():
    assert quirks(reading('data: data: {"a":1}')) == ["corrupt_frame"]
    assert quirks(reading("data: words")) == ["corrupt_frame"]


@pytest.mark.parametrize("data", ["[DONE]", " [DONE] ", "[DONE]\n", "[DONE]\r"])
def test_a16_the_end_marker(data):
    assert reading(data) == Reading(done=True)


@pytest.mark.parametrize("data", ['"[DONE]"', "[done]", ' "[Done]" '])
def test_a16_odd_forms_of_the_end_marker(data):
    found = reading(data)
    assert (found.done, found.objects, quirks(found)) == (True, [], ["done_variant"])


@pytest.mark.parametrize("name", ["data", "result", "response"])
def test_a24_an_envelope_is_opened(name):
    found = reading(f'{{"success":true,"{name}":{{"choices":[{{"index":0}}]}}}}')
    assert found.objects == [{"choices": [{"index": 0}]}]
    assert quirks(found) == ["envelope"]


@pytest.mark.parametrize(
    "data",
    [
        '{"success":false,"data":{"choices":[]},"message":"no"}',
        '{"error":{"message":"no"},"data":{"choices":[]}}',
        '{"choices":[],"data":{"choices":[1]}}',
        '{"response":{"output":[]}}',
        '{"data":[1]}',
    ],
)
def test_a24_what_is_no_envelope_stays_as_it_is(data):
    assert reading(data) == Reading(objects=[msgspec.json.decode(data)])


@pytest.mark.parametrize("data", ['"keep-alive"', "0", "1.5", "true", "[]", "[1,2]"])
def test_a32_scalars_are_skipped(data):
    found = reading(data)
    assert (found.objects, quirks(found), found.done) == ([], ["non_object_data"], False)


def test_a32_the_objects_of_an_array():
    found = reading('[{"a":1},7,{"a":2}]')
    assert found.objects == [{"a": 1}, {"a": 2}]
    assert quirks(found) == ["non_object_data"]


@pytest.mark.parametrize("between", ["", " ", "\n", "data: ", "\ndata:"])
def test_a33_documents_one_after_another(between):
    found = reading(f'{{"a":"}}{{"}}{between}{{"a":2}}{between}{{"a":3}}')
    assert found.objects == [{"a": "}{"}, {"a": 2}, {"a": 3}]
    assert quirks(found) == ["joined_json"]


def test_a33_the_end_marker_behind_a_document():
    found = reading('{"a":1}[DONE]')
    assert (found.objects, found.done, quirks(found)) == ([{"a": 1}], True, ["joined_json"])


def test_a33_a_whole_document_before_a_broken_one_is_kept():
    found = reading('{"a":1}{"b":')
    assert found.objects == [{"a": 1}]
    assert quirks(found) == ["corrupt_frame"]
    assert found.events[0].detail == '{"b":'


@pytest.mark.parametrize("data", [": OPENROUTER PROCESSING", ":OPENROUTER PROCESSING"])
def test_a35_a_comment_as_payload(data):
    found = reading(data)
    assert found.events[1:] == [KeepAlive(comment="OPENROUTER PROCESSING")]
    assert quirks(found) == ["comment_as_data"]


@pytest.mark.parametrize("data", ["{'choices': []}", '{"a":1', "words", '{"a":1,}', "{]", "\\"])
def test_g10_what_is_no_json_is_corrupt(data):
    found = reading(data)
    assert (found.objects, quirks(found), found.error_text) == ([], ["corrupt_frame"], "")
    assert found.events[0].effect == "lossy"


def test_g10_two_hundred_characters_are_shown_escaped():
    found = reading("x\x1b" + "y" * 5000)
    assert found.events[0].detail == "x\\x1b" + "y" * 198


def test_g10_the_words_of_an_error_event():
    assert reading("upstream connect error", "error") == Reading(error_text="upstream connect error")
    assert reading('"overloaded"', "error") == Reading(error_text="overloaded")
    assert reading("it broke", "InternalFailure", "exception") == Reading(error_text="it broke")
    assert reading('{"message":"x"}', "error") == Reading(objects=[{"message": "x"}])


def test_j01_half_a_surrogate_pair():
    found = reading(r'{"content":"a\ud83d"}')
    assert found.objects == [{"content": "a\ud83d"}]
    assert found.surrogates
    assert quirks(found) == ["lone_surrogate"]
    assert reading(r'{"content":"\uDE00"}').surrogates


def test_j01_whole_pairs_and_escaped_backslashes_are_none():
    found = reading(r'{"content":"\ud83d\ude00 \\ud83d","x":NaN}')
    assert found.objects[0]["content"] == "😀 \\ud83d"
    assert not found.surrogates
    assert quirks(found) == ["non_finite_number"]


def test_j04_numbers_that_json_does_not_have():
    found = reading('{"a":NaN,"b":-Infinity,"c":1e999,"d":1e5}')
    assert math.isnan(found.objects[0]["a"])
    assert (found.objects[0]["b"], found.objects[0]["c"], found.objects[0]["d"]) == (-math.inf, math.inf, 1e5)
    assert quirks(found) == ["non_finite_number"]


def test_j04_whole_numbers_of_any_size():
    assert reading('{"a":99999999999999999999}') == Reading(objects=[{"a": 99999999999999999999}])
    found = reading('{"a":' + "9" * 5000 + "}")
    assert found.objects == [{"a": "9" * 5000}]
    assert quirks(found) == ["oversized_number"]


def test_j04_members_that_come_twice():
    found = reading('{"type":"a","x":1,"x":2,"type":"b"}')
    assert found.objects == [{"type": "b", "x": 2}]
    assert quirks(found) == ["duplicate_key"]
    assert quirks(reading('{"x":1,"x":2,"a":{"type":1},"type":2}')) == []
    assert quirks(reading('{"choices":[1],"choices":[NaN]}')) == ["duplicate_key", "non_finite_number"]


def test_j04_odd_member_names_are_plain_data():
    assert reading('{"__proto__":{"x":1},"":2}') == Reading(objects=[{"__proto__": {"x": 1}, "": 2}])


def test_j05_deep_nesting_is_corrupt():
    for data in (
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 100_000,
        '{"b":NaN,"a":' + "[" * 100_000 + "]" * 100_000 + "}",
    ):
        found = reading(data)
        assert (found.objects, quirks(found)) == ([], ["corrupt_frame"])


def test_j14_bytes_that_are_not_utf8():
    found = reading(b'{"content":"a\xc4b"}')
    assert found.objects == [{"content": "a\ufffdb"}]
    assert quirks(found) == ["invalid_utf8"]
    assert quirks(reading(b"\xff\xfe")) == ["invalid_utf8", "corrupt_frame"]


# halves of surrogate pairs


def test_j01_halves_of_one_channel_are_joined():
    joiner = SurrogateJoiner()
    assert joiner.join("a", "x\ud83d") == "x"
    assert joiner.pending
    assert joiner.join("b", "healthy") == "healthy"
    assert joiner.join("a", "\ude00y") == "😀y"
    assert not joiner.pending
    assert joiner.flush() == []


def test_j01_halves_that_stay_alone():
    joiner = SurrogateJoiner()
    assert joiner.join(1, "\ude00a\ud83d") == "\ufffda"
    assert joiner.join(1, "") == ""
    assert joiner.join(1, "b\ud83d\ud83d\ude00") == "\ufffdb\ufffd😀"
    assert joiner.join((2, "x"), "\ud800") == ""
    assert joiner.flush() == [((2, "x"), "\ufffd")]
    assert not joiner.pending


def test_j06_no_more_than_a_thousand_halves_are_held_back():
    joiner = SurrogateJoiner()
    assert {joiner.join(channel, "\ud83d") for channel in range(1000)} == {""}
    assert [joiner.join(channel, "a\ud83d") for channel in (1000, 1001)] == ["a\ufffd", "a\ufffd"]
    assert joiner.join(7, "\ude00\ud83d") == "😀"
    assert len(joiner.flush()) == 1000


@given(st.text(st.sampled_from("a\ud83d\ude00😀\udfff\ud800"), max_size=12), st.lists(st.integers(0, 12)))
def test_j01_joined_deltas_say_what_the_whole_text_says(text, cuts):
    joiner = SurrogateJoiner()
    at = sorted(cut for cut in cuts if cut <= len(text))
    deltas = [text[a:b] for a, b in zip([0, *at], [*at, len(text)], strict=True)]
    said = "".join(joiner.join("", delta) for delta in deltas) + "".join(half for _, half in joiner.flush())
    assert said == scrub(text)
    said.encode()


# whatever comes

TOKENS = st.sampled_from(
    [b"{", b"}", b"[", b"]", b'"', b":", b",", b"\\", b"NaN", b"1", b"data:", b" ", b"\n", b'"type"', b"\xff"]
) | st.sampled_from([b'{"a":1}', b"[DONE]", b"null", b"event: x", b"\\ud83d"])


@given(st.one_of(st.binary(max_size=60), st.lists(TOKENS, max_size=15).map(b"".join)), st.sampled_from(["", "error"]))
def test_nothing_raises_and_nothing_is_passed_over_in_silence(data, event):
    found = reading(data, event)
    assert found.objects or found.events or found.done or found.error_text or event == "error"


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(), st.integers(-(10**30), 10**30), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=6,
)


@given(st.dictionaries(st.text("ab", max_size=3), VALUES, min_size=1, max_size=3))
def test_both_readers_say_the_same(value):
    import json

    text = json.dumps(value)
    assert repr(reading(text).objects) == repr([value])
    assert repr(reading(text.replace("{", '{"z":NaN,', 1)).objects) == repr([{"z": math.nan, **value}])


def test_j01_half_a_character_in_a_name_is_replaced_wherever_the_name_stands():
    found = reading(r'{"a\ud83d":[{"\ude00b":1,"\ud83d\ude00":2}],"c":3}')
    assert found.objects == [{"a\ufffd": [{"\ufffdb": 1, "😀": 2}], "c": 3}]
    assert quirks(found) == ["lone_surrogate"]


def test_j01_what_never_comes_in_pieces_is_cleaned_at_once_and_running_text_is_left_to_be_joined():
    found = reading(
        r'{"id":"r\ud83d","model":"m\ud83d","list":[[{"name":"n\ude00","delta":"x\ud83d","args":{"k":["\ud83d"]}}]]}'
    )
    inner = {"name": "n\ufffd", "delta": "x\ud83d", "args": {"k": ["\ufffd"]}}
    assert found.objects == [{"id": "r\ufffd", "model": "m\ufffd", "list": [[inner]]}]


def test_j01_half_a_character_in_the_words_of_an_error():
    assert reading(r'"it broke \ud83d"', "error").error_text == "it broke \ufffd"


@pytest.mark.parametrize("character", ["\t", "\x0b", "\x0c", "\x1c", "\x1e", "\n", "\0"])
def test_a04_raw_control_characters_are_characters_of_the_text(character):
    found = reading(f'{{"a":"one{character}two"}}')
    assert (found.objects, quirks(found)) == ([{"a": f"one{character}two"}], ["raw_control_characters"])
    assert found.events[0].effect == "repaired"


def test_a04_the_character_in_the_string_is_shown_not_the_white_space_before_it():
    found = read(Frame(b'{\n\t"a": "x\x01y\x02"\n}', "", 0))
    assert found.objects == [{"a": "x\x01y\x02"}]
    assert [event.detail for event in found.events] == [r"'\x01'"]


def test_a04_raw_control_characters_in_one_of_two_documents():
    found = reading('{"a":1}{"b":"\x0b"}')
    assert found.objects == [{"a": 1}, {"b": "\x0b"}]
    assert quirks(found) == ["raw_control_characters", "joined_json"]


def test_a04_many_documents_with_raw_control_characters_cost_no_more_each_j08():
    few, many = (work(lambda text='{"a":"\x0b"}' * count: reading(text)) for count in (100, 1_000))
    assert many < 15 * few


@pytest.mark.parametrize("data", ['{"a":\x0b1}', '{"a":"\x0b', "\x0bwords"])
def test_a04_control_characters_do_not_make_json_of_anything_else(data):
    assert quirks(reading(data))[-1:] == ["corrupt_frame"]
