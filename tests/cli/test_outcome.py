from typing import get_args

import pytest

from streamkit.cli.outcome import EXIT_CODES, exit_code
from streamkit.errors import ErrorInfo
from streamkit.events import Ending
from streamkit.response import Response


def fault(kind):
    return (ErrorInfo(kind=kind, message="boom"),)


@pytest.mark.parametrize(
    ("ending", "errors", "code"),
    [
        ("completed", (), 0),
        ("incomplete", (), 3),
        ("truncated", fault("truncated"), 4),
        ("stalled", fault("stall"), 4),
        ("disconnected", fault("transport"), 4),
        (None, (), 4),
        ("failed", fault("provider"), 5),
        ("failed", (), 5),
        ("failed", fault("wire"), 6),
        ("failed", fault("limit"), 6),
        ("failed", fault("stall"), 4),
        ("refused", fault("quirk"), 7),
        ("cancelled", (), 130),
    ],
)
def test_codes(ending, errors, code):
    assert exit_code(Response(ending=ending, errors=errors)) == code


def test_every_ending_has_a_code_and_only_a_completed_answer_has_none():
    assert set(get_args(Ending)) <= set(EXIT_CODES)
    assert [name for name, code in EXIT_CODES.items() if code == 0] == ["completed"]
