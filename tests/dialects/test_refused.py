"""Members that no type names are skipped without a close look; what is wrong with them must not raise later."""

import pytest

import streamkit
from streamkit.testing import grammar
from streamkit.testing.fixtures import all_fixtures

ODD = {
    "no UTF-8": b'"zz":"\xff\xed02"',
    "half a character": rb'"zz":"\ud83d"',
    "a number out of range": b'"zz":1e999',
    "a number of many digits": b'"zz":' + b"9" * 5000,
    "no number": b'"zz":NaN',
    "deep nesting": b'"zz":' + b"[" * 3000 + b"]" * 3000,
}
HEALTHY = {
    fixture.dialect: fixture for fixture in all_fixtures() if fixture.healthy and fixture.framing != "aws-eventstream"
}


def spoiled(data, odd):
    """The recording with the odd member in one object after the other."""
    for at in [at for at, byte in enumerate(data) if byte == ord("{")][:12]:
        behind = data[at + 1 :]
        yield data[: at + 1] + odd + (b"" if behind.startswith(b"}") else b",") + behind


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("fixture", HEALTHY.values(), ids=HEALTHY)
def test_odd_members_never_raise(fixture, odd):
    for body in spoiled(fixture.data, odd):
        for dialect in (fixture.dialect, None):
            grammar.check(streamkit.iter_events(body, dialect, on_error="event"))


@pytest.mark.parametrize("dialect", ["cohere", "chat", "responses"])
def test_values_that_are_read_at_the_very_limit_of_depth_never_raise(dialect):
    for depth in range(820, 1000):
        nest = "[" * depth + "]" * depth
        body = f'data: {{"error":{{"message":{nest}}},"usage":{{"a":{nest}}}}}\n\n'.encode()
        grammar.check(streamkit.iter_events(body, dialect, on_error="event"))
