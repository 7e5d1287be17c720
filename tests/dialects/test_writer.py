from plain_wire import ERROR, STRANGERS, decode, frame, of, quirks, text_of

from streamkit.dialects.base import CERTAIN, NO, DecoderOptions
from streamkit.dialects.writer import WRITER
from streamkit.events import ErrorReported, MetadataReported, TextDelta
from streamkit.evidence import FinishClaimed


def test_values_are_text_and_the_end_is_not_invented():
    events = decode(WRITER, [{"value": "Sure"}, {"value": ""}, {"value": ",\n"}])
    assert events == [TextDelta(text="Sure"), TextDelta(text=",\n")]
    assert of(events, FinishClaimed) == []
    assert WRITER.wants_finish is False


def test_the_hot_path_gives_a_one_tuple():
    assert WRITER.decoder(DecoderOptions()).feed(frame({"value": "a"})) == (TextDelta(text="a"),)


def test_odd_values_foreign_frames_and_errors():
    events = decode(WRITER, [{"value": 4}, {"value": None}, {"value": "a", "x": 1}, {"x": 1}, ERROR])
    assert text_of(events) == "4a"
    assert [event.metadata for event in of(events, MetadataReported)] == [{"x": 1}]
    assert quirks(events) == ["member_mended", "foreign_frame"]
    assert of(events, ErrorReported)[0].error.message == "boom"


def test_j01_halves_of_a_character():
    halves = [frame(b'{"value":"%s"}' % text) for text in (rb"\ud83d", rb"\ude00")]
    assert text_of(decode(WRITER, halves)) == "😀"
    assert text_of(decode(WRITER, [halves[0], {"value": "b"}])) == "\ufffdb"


def test_recognise():
    assert WRITER.recognise(frame({"value": 'a "quoted" b'})) == CERTAIN
    assert WRITER.recognise(frame({"value": "a", "type": "x"})) == NO
    assert WRITER.recognise(frame({"value": 1})) == NO
    assert all(WRITER.recognise(frame(stranger)) == NO for stranger in STRANGERS)
