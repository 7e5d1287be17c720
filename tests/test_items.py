import pytest

from streamkit.items import Item, Part, ToolCall, Usage, is_client_call

ITEM = Item(
    id="i1",
    type="message",
    parts=(
        Part("reasoning", "raw "),
        Part("text", "a"),
        Part("summary", "short"),
        Part("plan", "first this"),
        Part("refusal", "no"),
        Part("text", "b", 1),
        Part("transcript", "spoken"),
    ),
)


def test_characters_by_kind():
    assert (ITEM.text, ITEM.reasoning, ITEM.text_of("refusal"), ITEM.text_of("plan", "transcript")) == (
        "ab",
        "raw short",
        "no",
        "first thisspoken",
    )
    assert ITEM.text_of() == ""


@pytest.mark.parametrize(
    ("kind", "is_call"),
    [
        ("function_call", True),
        ("custom_tool_call", True),
        ("web_search_call", False),
        ("mcp_call", False),
        ("computer_call", False),
        ("message", False),
        ("", False),
    ],
)
def test_calls_of_the_client_d43(kind, is_call):
    assert is_client_call(kind) is is_call


def test_unknown_counts_are_none_c31():
    usage = Usage()
    assert [getattr(usage, name) for name in Usage.__struct_fields__] == [None] * len(Usage.__struct_fields__)


@pytest.mark.parametrize("value", [ITEM, Usage(), Part("text", "a"), ToolCall(call_id="c", name="n", arguments="")])
def test_values_are_frozen(value):
    name = value.__struct_fields__[0]
    with pytest.raises(AttributeError):
        setattr(value, name, "x")
