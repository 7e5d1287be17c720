"""The switches of a profile are checked where it is made: none of them may be silently something else."""

import pytest

import streamkit
from streamkit.profile import DEFAULT_PROFILE, Profile


@pytest.mark.parametrize(
    ("switch", "allowed"),
    [
        ({"cumulative": "no"}, "True or False"),
        ({"recover_calls": 1}, "True or False"),
        ({"terminal_flag": None}, "a string"),
        ({"prefill": b"Once"}, "a string"),
        ({"think_names": "think"}, 'a tuple of names such as ("think",)'),
        ({"think_names": ("think", "")}, "a tuple of names"),
        ({"think_names": ("think", 5)}, "a tuple of names"),
        ({"think_names": None}, "a tuple of names"),
        ({"tool_schemas": ["look"]}, "a JSON Schema (an object) for each tool's name"),
        ({"tool_schemas": {"look": 5}}, "a JSON Schema (an object) for each tool's name"),
        ({"tool_schemas": {"look": {"required": True}}}, "a JSON Schema (an object) for each tool's name"),
        ({"tool_schemas": {"look": {"required": [5]}}}, "a JSON Schema (an object) for each tool's name"),
        ({"max_output_tokens": "5"}, "a whole number above 0, or None"),
        ({"context_window": 0}, "a whole number above 0, or None"),
        ({"stop_repetition": -1}, "a whole number, 0 for no bound"),
        ({"stop_repetition": True}, "a whole number, 0 for no bound"),
    ],
)
def test_what_is_no_such_switch_is_refused(switch, allowed):
    with pytest.raises(streamkit.UsageError) as caught:
        Profile(**switch)
    [(name, value)] = switch.items()
    assert str(caught.value).startswith(f"Profile({name}={value!r}) is not allowed: {allowed}")


def test_a_long_value_is_not_shown_whole():
    with pytest.raises(streamkit.UsageError) as caught:
        Profile(tool_schemas=["x" * 1000])
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    "switch",
    [
        {"think_names": ["muse"]},
        {"think_names": ()},
        {"tool_schemas": {}},
        {"tool_schemas": {"look": {}, "find": {"required": ["a"], "properties": {"a": {"type": "string"}}}}},
        {"max_output_tokens": 1, "context_window": 1, "stop_repetition": 20},
    ],
)
def test_what_may_be_given(switch):
    body = b'data: {"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    assert streamkit.assemble(body, "chat", profile=Profile(**switch)).text == "hi"


def test_all_are_off_as_it_is_made():
    assert Profile() == DEFAULT_PROFILE
