import msgspec
import pytest

from streamkit.dialects.json_text import json_text
from streamkit.dialects.reshaping import reshape
from streamkit.jsontypes import Json
from tests.dialects.driving import quirks


class Inner(msgspec.Struct, tag_field="kind", tag="inner"):
    n: int = 0


class Other(msgspec.Struct, tag_field="kind", tag="other"):
    s: str = ""


class Shape(msgspec.Struct, rename="camel"):
    text: str | None = None
    big_number: int = 0
    yes: bool | None = None
    ratio: float | None = None
    either: str | int | None = None
    names: list[str] = []
    parts: list[Inner | Other] | None = None
    table: dict[str, int] = {}
    rest: Json = None


class Needs(msgspec.Struct):
    index: int
    more: Shape | None = None


class Holder(msgspec.Struct):
    one: Needs | None = None
    either: Inner | Other | None = None
    listed: list[Inner] | Inner | None = None


SHAPE = msgspec.json.Decoder(Shape)
NEEDS = msgspec.json.Decoder(Needs)
COERCED, UNREADABLE = "member_coerced", "member_unreadable"


@pytest.mark.parametrize(
    ("payload", "expected", "named"),
    [
        ({"text": "x", "bigNumber": 2**70, "unknown": 1}, Shape(text="x", big_number=2**70), []),
        ({"text": None, "bigNumber": None, "names": None}, Shape(), []),
        ({"text": 5}, Shape(text="5"), [COERCED]),
        ({"text": True}, Shape(), [UNREADABLE]),
        ({"bigNumber": " 7 "}, Shape(big_number=7), [COERCED]),
        ({"bigNumber": 7.0}, Shape(big_number=7), [COERCED]),
        ({"bigNumber": 7.5}, Shape(), [UNREADABLE]),
        ({"bigNumber": "9" * 30}, Shape(), [UNREADABLE]),
        ({"bigNumber": True}, Shape(), [UNREADABLE]),
        ({"yes": "true"}, Shape(yes=True), [COERCED]),
        ({"yes": 0}, Shape(yes=False), [COERCED]),
        ({"yes": 2}, Shape(), [UNREADABLE]),
        ({"ratio": 1}, Shape(ratio=1.0), []),
        ({"ratio": "1"}, Shape(), [UNREADABLE]),
        ({"either": 3}, Shape(either=3), []),
        ({"either": 2.5}, Shape(either="2.5"), [COERCED]),
        ({"names": "x"}, Shape(), [UNREADABLE]),
        ({"names": ["x", 1, None, []]}, Shape(names=["x", "1"]), [COERCED, UNREADABLE]),
        ({"parts": {"kind": "inner", "n": "1"}}, Shape(parts=[Inner(1)]), [COERCED, COERCED]),
        ({"parts": [{"kind": "other"}, {"kind": "third"}]}, Shape(parts=[Other()]), [UNREADABLE]),
        ({"table": {"a": 1}}, Shape(table={"a": 1}), []),
        ({"table": [1]}, Shape(), [UNREADABLE]),
        ({"rest": [1, {}]}, Shape(rest=[1, {}]), []),
    ],
)
def test_what_means_the_same_is_converted_and_the_rest_left_out(payload, expected, named):
    found, seen = reshape(payload, SHAPE)
    assert found == expected
    assert quirks(seen) == named


def test_what_is_left_out_is_kept_in_the_quirk():
    _, seen = reshape({"names": {"a": 1}, "bigNumber": [1]}, SHAPE)
    assert [(quirk.quirk, quirk.data) for quirk in seen if quirk.quirk == UNREADABLE] == [
        (UNREADABLE, [1]),
        (UNREADABLE, {"a": 1}),
    ]


@pytest.mark.parametrize("payload", [{}, {"index": None}, {"index": []}, [], "x", None])
def test_a_member_that_must_be_there(payload):
    assert reshape(payload, NEEDS)[0] is None


def test_deep_inside():
    found, seen = reshape({"index": 1, "more": {"text": 5}}, NEEDS)
    assert found == Needs(index=1, more=Shape(text="5"))
    assert seen[0].detail == "$.more.text: 5"


def test_values_that_msgspec_cannot_hold_are_refused():
    found, _ = reshape({"table": {"a": "x"}}, SHAPE)
    assert found is None


def test_json_text_is_compact_and_keeps_order():
    assert json_text({"b": [1, 2.5, None], "a": "é"}) == '{"b":[1,2.5,null],"a":"é"}'


def test_json_text_writes_half_a_character_as_an_escape():
    assert json_text({"a": "\ud83d"}) == '{"a":"\\ud83d"}'


@pytest.mark.parametrize(
    ("payload", "expected", "named"),
    [
        ({"one": [{"index": 1}]}, Holder(one=Needs(1)), [COERCED]),
        ({"one": [{"index": 1}, {"index": 2}]}, Holder(), [UNREADABLE]),
        ({"one": []}, Holder(), [UNREADABLE]),
        ({"one": ["x"]}, Holder(), [UNREADABLE]),
        ({"either": [{"kind": "other", "s": "x"}]}, Holder(either=Other("x")), [COERCED]),
        ({"either": [{"kind": "third"}]}, Holder(), [COERCED, UNREADABLE]),
        ({"listed": [{"kind": "inner", "n": 1}]}, Holder(listed=[Inner(1)]), []),
    ],
)
def test_an_array_of_one_is_read_where_an_object_is_due(payload, expected, named):
    found, noted = reshape(payload, msgspec.json.Decoder(Holder))
    assert (found, quirks(noted)) == (expected, named)
