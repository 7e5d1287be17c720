import msgspec
import pytest

from streamkit.errors import UsageError
from streamkit.fuzzing.outcomes import Outcome
from streamkit.fuzzing.worker import call, load, serve


def fine(url):
    return {"text": url}


async def later(url):
    return {"text": url, "tool_calls": [{"name": "f", "arguments": {}}]}


def failing(_):
    raise LookupError("no such server")


class Box:
    @staticmethod
    def inside(url):
        return url.upper()


def said(place, *urls):
    lines = []
    serve(f"{__name__}:{place}", urls, lines.append)
    return [msgspec.json.decode(line) for line in lines]


def test_functions_are_found():
    assert load(f"{__name__}:Box.inside")("a") == "A"


@pytest.mark.parametrize("place", ["no_such_module:f", "os:no_such_name", "os:sep", "os"])
def test_what_is_none_is_refused(place):
    with pytest.raises(UsageError):
        load(place)


def test_what_a_function_returns_or_raises():
    assert call(fine, "u") == Outcome(text="u")
    assert call(later, "u").tool_calls[0].name == "f"
    assert call(failing, "u") == Outcome(error="LookupError: no such server")


def test_a_long_message_is_cut():
    def shouting(_):
        raise ValueError("x" * 9999)

    assert len(call(shouting, "u").error) == 500


def test_one_line_for_each_address():
    ready, *outcomes = said("fine", "http://a\n", "http://b\n")
    assert ready == {}
    assert [outcome["text"] for outcome in outcomes] == ["http://a", "http://b"]


def test_a_target_that_cannot_be_used_says_so_and_stops():
    assert said("nothing", "u") == [{"unusable": f"{__name__}:nothing: module {__name__!r} has no attribute 'nothing'"}]
    lines = said("Box.inside", "a")
    assert lines[1]["text"] == "A"
    assert "unusable" in said("len", "a")[0]
