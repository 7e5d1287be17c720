import pytest

from streamkit.stages.claims import settle

KINDS = ["text", "refusal", "reasoning", "summary", "arguments"]


def row(kind, streamed, claim):
    action, text, quirk = settle(kind, streamed, claim)
    return action, text, quirk.id if quirk is not None else None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("streamed", "claim", "settled"),
    [
        ("x", "x", ("keep", "", None)),
        ("", "", ("keep", "", None)),
        ("", None, ("keep", "", None)),
        ("", "x", ("append", "x", "done_fills")),
        ("ab", "abc", ("append", "c", "done_extends")),
        ("ab", "a", ("keep", "", "done_shorter")),
        ("ab", "", ("keep", "", "done_shorter")),
        ("ab", None, ("keep", "", "done_shorter")),
        ("ab", "xy", ("replace", "xy", "done_differs")),
        ("ab", "b", ("replace", "b", "done_differs")),
        ("ab", "xab", ("replace", "xab", "done_differs")),
    ],
)
def test_the_claims_table(kind, streamed, claim, settled):
    assert row(kind, streamed, claim) == settled


@pytest.mark.parametrize(
    ("streamed", "claim", "settled"),
    [
        ('{"a":1}', '{"b":', ("keep", "", "done_differs")),
        ('{"a":1}', '{"b":2}', ("replace", '{"b":2}', "done_differs")),
        ('{"a":', '{"b":2}', ("replace", '{"b":2}', "done_differs")),
        ('{"a":', '{"b":', ("replace", '{"b":', "done_differs")),
        ("\ud800", "{}", ("replace", "{}", "done_differs")),
    ],
)
def test_of_two_argument_texts_the_one_that_parses_stands(streamed, claim, settled):
    assert row("arguments", streamed, claim) == settled


def test_that_holds_for_arguments_only():
    assert row("text", '{"a":1}', '{"b":') == ("replace", '{"b":', "done_differs")


def test_arguments_that_are_nested_too_deeply_to_be_read_do_not_parse():
    deep = '{"a":' + "[" * 3000 + "]" * 3000 + "}"
    assert settle("arguments", deep, '{"a":1}')[:2] == ("replace", '{"a":1}')
    assert settle("arguments", '{"a":1}', deep)[0] == "keep"
