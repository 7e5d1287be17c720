import pytest
from plain_wire import decode, frame, of, quirks

from streamkit.dialects.completions import COMPLETIONS
from streamkit.dialects.plain import PlainDecoder, whole_number, words
from streamkit.dialects.transcription import TRANSCRIPTION
from streamkit.events import ErrorReported


def test_the_shared_decoder_is_no_dialect_by_itself():
    with pytest.raises(TypeError):
        PlainDecoder(None)


def test_an_error_event_of_plain_text():
    (error,) = of(decode(TRANSCRIPTION, [frame(b"upstream connect error", "error")]), ErrorReported)
    assert error.error.message == "upstream connect error"


def test_g25_a_warning_is_no_error():
    events = decode(COMPLETIONS, [{"type": "warning", "message": "slow"}, {"type": ["odd"]}])
    assert quirks(events) == ["provider_warning", "foreign_frame"]
    assert of(events, ErrorReported) == []


@pytest.mark.parametrize(
    ("value", "text", "noted"),
    [("a", "a", False), (None, "", False), (4, "4", True), (True, "true", True), ({"a": ["é"]}, '{"a":["é"]}', True)],
)
def test_words(value, text, noted):
    notes = []
    assert words(value, notes) == text
    assert bool(notes) is noted


@pytest.mark.parametrize(
    ("value", "number", "noted"), [(2, 2, False), (None, 0, False), ("3", 3, True), ("x", 0, True), (True, 0, True)]
)
def test_whole_number(value, number, noted):
    notes = []
    assert whole_number(value, notes) == number
    assert bool(notes) is noted
