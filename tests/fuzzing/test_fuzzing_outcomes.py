from types import SimpleNamespace

import msgspec
import pytest

from streamkit.errors import UsageError
from streamkit.fuzzing.outcomes import Call, Outcome, encoded, outcome_of, runnable

CALL = Call("f", '{"a":1}')


@pytest.mark.parametrize(
    "value",
    [
        {"text": "Hi", "tool_calls": [{"name": "f", "arguments": '{"a":1}'}]},
        ("Hi", [("f", '{"a":1}')]),
        ("Hi", ({"name": "f", "arguments": '{"a":1}', "id": "c1"},)),
        SimpleNamespace(text="Hi", tool_calls=[SimpleNamespace(name="f", arguments='{"a":1}')]),
    ],
    ids=["mapping", "tuple", "tuple of mappings", "object"],
)
def test_what_a_target_may_return(value):
    assert outcome_of(value) == Outcome(text="Hi", tool_calls=(CALL,))


def test_less_than_everything():
    assert outcome_of("Hi") == Outcome(text="Hi")
    assert outcome_of({"text": None, "tool_calls": None}) == Outcome()
    assert outcome_of({"text": "x", "error": "overloaded"}) == Outcome(text="x", error="overloaded")
    assert outcome_of({"text": 3}) == Outcome(text="3")


@pytest.mark.parametrize("value", [7, None, {"answer": 1}, ("a", "b"), ("a", 3), ("a", [{"arguments": "{}"}])])
def test_what_it_may_not_return(value):
    with pytest.raises(UsageError):
        outcome_of(value)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ('{"a": 1}', {"a": 1}),
        ({"a": 1}, {"a": 1}),
        ("", {}),
        (" ", {}),
        (None, {}),
        ("null", {}),
        ('{"a":', None),
        ("[1]", None),
        ([1], None),
        ("\ud83d", None),
    ],
)
def test_what_a_tool_would_be_run_with(arguments, expected):
    assert runnable(arguments) == expected


def test_what_json_cannot_carry_is_escaped():
    outcome = Outcome(text="\ud83d", tool_calls=(Call("f", {"\ude00": ["\ud83d", 1]}),))
    back = msgspec.json.decode(encoded(outcome), type=Outcome)
    assert back == Outcome(text="\\ud83d", tool_calls=(Call("f", {"\\ude00": ["\\ud83d", 1]}),))


def test_what_cannot_be_written_is_an_error():
    loop = []
    loop.append(loop)
    back = msgspec.json.decode(encoded(Outcome(tool_calls=(Call("f", loop),))), type=Outcome)
    assert "RecursionError" in back.error
