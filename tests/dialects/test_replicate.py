import pytest
from plain_wire import STRANGERS, decode, frame, of, quirks, text_of

import streamkit
from streamkit.dialects.base import LIKELY, NO, POSSIBLE, DecoderOptions
from streamkit.dialects.replicate import REPLICATE
from streamkit.events import ErrorReported, MetadataReported, ProviderEvent, TextDelta
from streamkit.evidence import FinishClaimed


def output(text, **more):
    return frame(text.encode(), "output", **more)


def run(*frames):
    return decode(REPLICATE, frames)


def test_text_is_text_whatever_it_looks_like():
    events = run(
        output(""), output(" a"), output("\n\n"), output('{"error": 1}'), output("[DONE]"), frame(b"{}", "done")
    )
    assert text_of(events) == ' a\n\n{"error": 1}[DONE]'
    assert len(of(events, TextDelta)) == 4
    assert events[-1] == FinishClaimed(finish_reason="stop", terminal=True)
    assert quirks(events) == []


def test_the_hot_path_gives_a_one_tuple():
    assert REPLICATE.decoder(DecoderOptions()).feed(output("a")) == (TextDelta(text="a"),)


@pytest.mark.parametrize(("word", "reason"), [("canceled", "cancelled"), ("error", "error")])
def test_reasons(word, reason):
    (claim,) = of(run(frame({"reason": word}, "done")), FinishClaimed)
    assert (claim.finish_reason, claim.raw_finish_reason) == (reason, word)


def test_done_without_json():
    assert of(run(frame(b"", "done")), FinishClaimed)[0].finish_reason == "stop"


def test_errors_logs_and_other_events():
    assert of(run(frame({"detail": "out of memory"}, "error")), ErrorReported)[0].error.message == "out of memory"
    assert of(run(frame(b"out of memory", "error")), ErrorReported)[0].error.message == "out of memory"
    assert run(frame(b"step 1", "logs")) == [MetadataReported(metadata={"logs": "step 1"})]
    quirk, passed = run(frame(b"x", "news"))
    assert (quirk.quirk, quirk.detail) == ("foreign_frame", "news")
    assert passed == ProviderEvent(name="news", data="x")


def test_a_stream_of_foreign_frames_alone_is_not_called_empty():
    response = streamkit.assemble([b'data: {"foo":1}\n\n'], "replicate", on_error="event")
    assert [error.code for error in response.errors] == ["unreadable_stream"]


def test_j14_invalid_utf8():
    events = run(frame(b"a\xff", "output"))
    assert text_of(events) == "a\ufffd"
    assert quirks(events) == ["invalid_utf8"]


def test_recognise():
    assert REPLICATE.recognise(output("a", id="1707756341:0")) == LIKELY
    assert REPLICATE.recognise(output("a")) == POSSIBLE
    assert REPLICATE.recognise(frame(b"[DONE]", "done")) == NO
    assert all(REPLICATE.recognise(frame(stranger)) == NO for stranger in STRANGERS)
