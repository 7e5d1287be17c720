from plain_wire import STRANGERS, decode, frame, of, quirks, text_of

from streamkit.dialects.anthropic_completions import ANTHROPIC_COMPLETIONS
from streamkit.dialects.base import CERTAIN, NO, DecoderOptions
from streamkit.events import ErrorReported, KeepAlive, ResponseStarted, TextDelta, UsageReported
from streamkit.evidence import FinishClaimed


def piece(text, **more):
    return {"type": "completion", "id": "compl_1", "completion": text, "stop_reason": None, "model": "claude-2", **more}


def run(*payloads):
    return decode(ANTHROPIC_COMPLETIONS, payloads)


def test_a_whole_stream():
    last = piece("", stop_reason="stop_sequence", stop="\n\nHuman:")
    events = run(piece(" a"), frame({"type": "ping"}, "ping"), piece("b"), last)
    assert events == [
        ResponseStarted(response_id="compl_1", model="claude-2"),
        TextDelta(key=0, text=" a"),
        KeepAlive(comment="ping"),
        TextDelta(key=0, text="b"),
        FinishClaimed(finish_reason="stop", raw_finish_reason="stop_sequence", details={"stop_sequence": "\n\nHuman:"}),
    ]


def test_the_hot_path_gives_a_one_tuple():
    decoder = ANTHROPIC_COMPLETIONS.decoder(DecoderOptions())
    decoder.feed(frame(piece("a")))
    assert decoder.feed(frame(piece("b"))) == (TextDelta(key=0, text="b"),)


def test_inside_bedrock_it_has_no_type_and_brings_counts():
    metrics = {"inputTokenCount": 3, "outputTokenCount": 4}
    last = {"completion": "", "stop_reason": "max_tokens", "amazon-bedrock-invocationMetrics": metrics}
    events = run({"completion": "a", "stop_reason": None}, last)
    assert of(events, UsageReported)[0].usage.input_tokens == 3
    assert of(events, FinishClaimed)[0].finish_reason == "length"


def test_errors_odd_members_and_foreign_frames():
    error = frame({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, "error")
    events = run(piece("a"), piece(4, id=None), {"type": "news"}, error)
    assert text_of(events) == "a4"
    assert quirks(events) == ["member_mended", "foreign_frame"]
    assert of(events, ErrorReported)[0].error.status == 529


def test_recognise():
    assert ANTHROPIC_COMPLETIONS.recognise(frame(piece("a"), "completion")) == CERTAIN
    assert ANTHROPIC_COMPLETIONS.recognise(frame({"completion": "a", "stop_reason": None})) == CERTAIN
    assert ANTHROPIC_COMPLETIONS.recognise(frame({"type": "ping"}, "ping")) == NO
    assert all(ANTHROPIC_COMPLETIONS.recognise(frame(stranger)) == NO for stranger in STRANGERS)
