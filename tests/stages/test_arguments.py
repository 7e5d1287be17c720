import json
import math

import pytest
from counted_work import held_linear
from hypothesis import given
from hypothesis import strategies as st

from streamkit.limits import Limits
from streamkit.stages.argument_scan import Brackets
from streamkit.stages.arguments import halved, judge, objects_in, parse_strictly

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=5)


@pytest.mark.parametrize("raw", ["", "  ", "null", "\nnull "])
def test_d15_nothing_is_no_arguments(raw):
    verdict = judge(raw)
    assert (verdict.state, verdict.input, verdict.stages) == ("complete", {}, ("empty",))


def test_a_literal_empty_object_needs_no_stage():
    verdict = judge("{}")
    assert (verdict.state, verdict.input, verdict.stages) == ("complete", {}, ())


@pytest.mark.parametrize(
    ("raw", "value", "stages"),
    [
        ("None", {}, ["none-literal"]),
        ('{"a": "x\ty"}', {"a": "x\ty"}, ["control-chars"]),
        ('{"text":"line1\nline2"}', {"text": "line1\nline2"}, ["control-chars"]),
        ('{"a":1,}', {"a": 1}, ["trailing-commas"]),
        ('{"a":[1,2 , ], "b":{"c":"d",},}', {"a": [1, 2], "b": {"c": "d"}}, ["trailing-commas"]),
        ('{"p":{"q":1}', {"p": {"q": 1}}, ["closed"]),
        ('{"p":["x"', {"p": ["x"]}, ["closed"]),
        ('{"p":true', {"p": True}, ["closed"]),
        ('{"p":[1,]', {"p": [1]}, ["trailing-commas", "closed"]),
        ('{"a":1}}', {"a": 1}, ["trimmed"]),
        ('{"a":1}] }\n]', {"a": 1}, ["trimmed"]),
        ('{"cmd": "a\tb", "n": 1,}}}', {"cmd": "a\tb", "n": 1}, ["control-chars", "trailing-commas", "trimmed"]),
        ('"{\\"p\\":1}"', {"p": 1}, ["double-encoded"]),
        ('"{\\"p\\":1}', None, None),
    ],
)
def test_d23_stages(raw, value, stages):
    verdict = judge(raw)
    if stages is None:
        assert verdict.state == "truncated"
        return
    assert (verdict.state, verdict.input, list(verdict.stages)) == ("repaired", value, stages)
    assert verdict.reason == ", ".join(stages)


def test_d23_at_most_fifty_excess_closers():
    assert judge('{"a":1}' + "}" * 50).state == "repaired"
    assert judge('{"a":1}' + "}" * 51).state == "invalid"


def test_j04_not_a_number_is_read_as_a_repair():
    verdict = judge('{"a":NaN,"b":-Infinity}')
    assert verdict.state == "repaired"
    assert verdict.stages == ("non-finite",)
    assert math.isnan(verdict.input["a"])
    assert verdict.input["b"] == -math.inf


@pytest.mark.parametrize("number", ["1e400", "-1.5E+999", "9" * 400 + ".0"])
def test_j04_nor_is_a_number_beyond_all_doubles_let_pass_as_it_were_json(number):
    raw = f'{{"a":{number}}}'
    assert parse_strictly(raw) == (False, None)
    assert (judge(raw).state, judge(raw).stages) == ("repaired", ("non-finite",))
    assert objects_in(raw + raw) == []
    assert parse_strictly(f'{{"a":1e308,"b":{"9" * 400}}}')[0]


def test_j04_duplicate_keys_and_large_integers():
    assert judge('{"a":1,"a":2}').input == {"a": 2}
    assert judge('{"a":123456789012345678901234567890}').input == {"a": 123456789012345678901234567890}
    assert judge('{"a":' + "9" * 5000 + "}").state == "invalid"


@pytest.mark.parametrize(
    "raw",
    [
        '{"path":"/etc/pas',
        '{"pa',
        '{"path"',
        '{"path":',
        '{"path": "a",',
        "{",
        '{"a":[',
        '{"a":{"b":{',
        '{"n":12',
        '{"n":-',
        '{"n":1.',
        '{"n":1e',
        '{"n":tru',
        '{"n":nul',
        '{"text":"ends in a backslash\\',
        '{"text":"ends in a quote \\"',
        '[1,"',
    ],
)
def test_d24_what_the_text_breaks_off_in_is_never_completed(raw):
    verdict = judge(raw)
    assert (verdict.state, verdict.input) == ("truncated", None)


@pytest.mark.parametrize(
    "raw",
    [
        'p":1}',  # D21
        '":1}',
        '{"a":1}{"b":2}',
        '{"a":[1}',
        '{"a":1]}',
        '{"a":1},',
        "{,}",
        '{"a":,}',
        "[1,,2]",
        '{"a" 1}',
        '{"a"}',
        '{"a":1 "b":2}',
        "{a:1}",
        '{"a":tru}',
        '{"a":01}',
        '{"a":1:2}',
        '{"a":"\\x"}',
        "print(ls())",
        "}",
    ],
)
def test_d21_d23_everything_else_is_invalid(raw):
    verdict = judge(raw)
    assert (verdict.state, verdict.input) == ("invalid", None)


@pytest.mark.parametrize("value", [[1, 2], "ls", 3, True, "[1]", '"{\\"deep\\": 1}"'])
def test_d47_other_values_are_kept_and_invalid(value):
    verdict = judge(json.dumps(value))
    assert (verdict.state, verdict.reason, verdict.input) == ("invalid", "not-an-object", value)


def test_d51_nested_strings_stay_strings():
    verdict = judge('{"todos":"[{\\"title\\":\\"a\\"}]"}')
    assert (verdict.state, verdict.input) == ("complete", {"todos": '[{"title":"a"}]'})


def test_d54_foreign_escapes_are_invalid():
    assert judge('{"t": "<|\\x|>"}').state == "invalid"


def test_j05_depth():
    at_limit = '{"a":' + "[" * 199 + "]" * 199 + "}"
    assert judge(at_limit).state == "complete"
    assert judge('{"a":' + "[" * 200 + "]" * 200 + "}").reason == "too-deep"
    assert judge("[" * 100_000).reason == "too-deep"
    assert judge('{"a":"' + "[" * 1000 + '"}').state == "complete"
    assert judge('{"a":[[1]]}', limits=Limits(depth=2)).reason == "too-deep"
    assert parse_strictly("[" * 100_000) == (False, None)
    inner = json.dumps('{"a":' + "[" * 300 + "]" * 300 + "}")
    assert judge(inner).reason == "not-an-object"


def test_j17_escaped_pairs_stay_whole_on_the_repair_path():
    assert judge('{"t":"\\ud83c\\udf78",}').input == {"t": "🍸"}


def test_d05_objects_in():
    assert objects_in(' {"f":"a"}\n{"f":"b"} ') == [('{"f":"a"}', {"f": "a"}), ('{"f":"b"}', {"f": "b"})]
    assert objects_in('{"f":"a"}[1]') == []
    assert objects_in('{"f":"a"}{') == []
    assert objects_in("[" * 100_000) == []
    assert objects_in("{}{}", limits=Limits(items=1)) == []


@given(OBJECTS, st.sampled_from([None, 1]), st.booleans())
def test_valid_objects_are_complete(value, indent, ascii_only):
    raw = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    verdict = judge(raw)
    assert (verdict.state, verdict.input) == ("complete", value)


def is_part_of(part, whole):
    """Whether `part` holds nothing that `whole` has not."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(k in whole and is_part_of(v, whole[k]) for k, v in part.items())
    if isinstance(part, list):
        return isinstance(whole, list) and len(part) <= len(whole) and all(map(is_part_of, part, whole))
    return type(part) is type(whole) and part == whole


@given(OBJECTS, st.sampled_from([None, 1]), st.booleans(), st.data())
def test_d24_a_cut_object_is_truncated_or_lacks_closers_only(value, indent, ascii_only, data):
    raw = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    cut = raw[: data.draw(st.integers(1, len(raw) - 1))]
    verdict = judge(cut)
    assert verdict.state in ("truncated", "repaired")
    if verdict.state == "repaired":
        assert verdict.stages == ("closed",)
        assert is_part_of(verdict.input, value)
        # a closed string, closer or literal; a number only if something stands behind it
        assert cut.rstrip()[-1] in '"}]el' + ("0123456789" if cut[-1].isspace() else "")
    else:
        assert verdict.input is None


@given(st.text(alphabet='{}[],:"\\ \n1ae-tnf', max_size=60))
def test_nothing_raises_and_a_usable_verdict_is_an_object(raw):
    verdict = judge(raw)
    if verdict.state in ("complete", "repaired"):
        assert isinstance(verdict.input, dict)
    else:
        assert verdict.reason


@pytest.mark.parametrize("text", ['{"a\\"}', '{"a\\\\"}', '{"\\"{"}', '{\\"}"'])
def test_brackets_with_escapes_cut_everywhere(text):
    whole = Brackets()
    whole.read(text)
    for at in range(len(text) + 1):
        pieces = Brackets()
        pieces.read(text[:at])
        pieces.read(text[at:])
        assert (pieces.closed, pieces.depth) == (whole.closed, whole.depth)


@given(st.text(alphabet='{}[]"\\a', max_size=40), st.data())
def test_brackets_do_not_depend_on_the_cuts(text, data):
    at = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    whole, pieces = Brackets(), Brackets()
    whole.read(text)
    for start, end in zip([0, *at], [*at, len(text)], strict=True):
        pieces.read(text[start:end])
    assert (pieces.closed, pieces.depth, pieces.deepest) == (whole.closed, whole.depth, whole.deepest)


def test_j07_broken_text_costs_linear_time():
    def judging(count):
        raw = '{"a":[' + '"x\\"y",1,' * count + '"open'
        assert judge(raw).state == "truncated"
        return lambda: judge(raw)

    held_linear(judging, n=500)


@pytest.mark.parametrize(
    ("raw", "value", "found"),
    [
        (r'{"a\ud83d":["\uDE00"]}', {"a\ufffd": ["\ufffd"]}, True),
        (r'{"a":"\ud83d\ude00"}', {"a": "😀"}, False),
        (r'{"a":"\\ud83d"}', {"a": r"\ud83d"}, False),
    ],
)
def test_j01_halves_of_characters_in_escapes(raw, value, found):
    assert parse_strictly(raw) == (True, value)
    assert judge(raw).input == value
    assert halved(raw) is found
    assert objects_in(raw + raw) == [(raw, value), (raw, value)]
