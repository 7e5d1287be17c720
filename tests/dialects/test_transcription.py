from driving import assembled
from plain_wire import DONE, ERROR, STRANGERS, decode, frame, of, quirks, text_of

from streamkit.dialects.base import CERTAIN, NO, DecoderOptions
from streamkit.dialects.transcription import TRANSCRIPTION
from streamkit.events import AnnotationAdded, ErrorReported, MetadataReported, TextDelta, UsageReported
from streamkit.evidence import EndMarker, FinishClaimed, ItemClaimed, PartClaim


def delta(text):
    return {"type": "transcript.text.delta", "delta": text}


def run(*payloads):
    return decode(TRANSCRIPTION, payloads)


def test_a_whole_stream():
    usage = {"type": "tokens", "input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
    events = run(delta("Ruby"), delta(" is"), {"type": "transcript.text.done", "text": "Ruby is", "usage": usage}, DONE)
    assert text_of(events) == "Ruby is"
    assert of(events, ItemClaimed)[0].parts == (PartClaim("text", "Ruby is"),)
    assert of(events, UsageReported)[0].usage.total_tokens == 5
    assert of(events, FinishClaimed) == [FinishClaimed(finish_reason="stop", terminal=True)]
    assert events[-1] == EndMarker(name="[DONE]", proof=False)
    assert quirks(events) == []


def test_the_hot_path_gives_a_one_tuple():
    assert TRANSCRIPTION.decoder(DecoderOptions()).feed(frame(delta("a"))) == (TextDelta(key=0, text="a"),)


def test_seconds_are_no_token_counts():
    usage = {"type": "duration", "seconds": 9}
    events = run({"type": "transcript.text.done", "text": "a", "usage": usage})
    assert of(events, UsageReported) == []
    assert of(events, MetadataReported) == [MetadataReported(metadata={"usage": usage})]


def test_log_probabilities_come_once_and_the_languages_are_told():
    one, two = ({"token": word, "logprob": -0.5, "bytes": []} for word in ("Ruby", " is"))
    whole = {"type": "transcript.text.done", "text": "Ruby is", "logprobs": [one, two], "languages": [{"code": "en"}]}
    body = [{**delta("Ruby"), "logprobs": [one]}, {**delta(" is"), "logprobs": [two]}, whole]
    response = assembled(TRANSCRIPTION, *body)
    assert (response.text, response.items[0].logprobs, response.quirks) == ("Ruby is", (one, two), ())
    assert response.metadata == {"languages": [{"code": "en"}]}
    assert assembled(TRANSCRIPTION, delta("Ruby"), delta(" is"), whole).items[0].logprobs == (one, two)
    odd = frame({"delta": 4, "logprobs": [one]}, "transcript.text.delta")
    assert assembled(TRANSCRIPTION, odd, {"type": "transcript.text.done", "text": None}).items[0].logprobs == (one,)


def test_segments_are_remarks():
    segment = {"type": "transcript.text.segment", "speaker": "A", "start": 0.0, "end": 1.5, "text": "a"}
    assert run(segment) == [AnnotationAdded(key=0, annotation=segment)]
    del segment["type"]
    assert run(frame(segment, "transcript.text.segment")) == [AnnotationAdded(key=0, annotation=segment)]


def test_type_from_the_event_name_odd_members_and_errors():
    bare = frame({"delta": "a"}, "transcript.text.delta")
    events = run(bare, delta(4), delta(None), {"type": "transcript.text.done", "text": None}, {"type": "x"}, ERROR)
    assert text_of(events) == "a4"
    assert of(events, ItemClaimed)[0].parts == ()
    assert quirks(events) == ["member_mended", "foreign_frame"]
    assert of(events, ErrorReported)[0].error.message == "boom"


def test_j01_halves_of_a_character():
    halves = [frame(b'{"type":"transcript.text.delta","delta":"%s"}' % text) for text in (rb"\ud83d", rb"\ude00")]
    whole = frame(rb'{"type":"transcript.text.done","text":"\ud83d"}')
    assert text_of(run(*halves, delta("b"))) == "😀b"
    assert text_of(run(halves[0], delta("b"))) == "\ufffdb"
    assert of(run(whole), ItemClaimed)[0].parts == (PartClaim("text", "\ufffd"),)


def test_recognise():
    assert TRANSCRIPTION.recognise(frame(delta("a"))) == CERTAIN
    assert all(TRANSCRIPTION.recognise(frame(stranger)) == NO for stranger in STRANGERS)
