import pytest
from plain_wire import decode, frame, of, quirks

from streamkit.dialects.anthropic import ANTHROPIC
from streamkit.dialects.anthropic_completions import ANTHROPIC_COMPLETIONS
from streamkit.dialects.assistants import ASSISTANTS
from streamkit.dialects.completions import COMPLETIONS
from streamkit.dialects.ollama import OLLAMA
from streamkit.dialects.plain import PlainDecoder, whole_number, words
from streamkit.dialects.replicate import REPLICATE
from streamkit.dialects.transcription import TRANSCRIPTION
from streamkit.dialects.watsonx import WATSONX
from streamkit.events import ErrorReported
from tests.dialects.driving import assembled


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


def piece(text, word=None, index=0, **members):
    return {"id": "c1", "model": "m", "choices": [{"text": text, "index": index, "finish_reason": word}], **members}


@pytest.mark.parametrize(
    ("dialect", "frames", "code", "retryable"),
    [
        (COMPLETIONS, [piece("a"), piece("", "abort"), frame(b"[DONE]")], "abort", True),
        (COMPLETIONS, [piece("a"), piece("", "abort")], "abort", True),
        (ANTHROPIC_COMPLETIONS, [{"completion": "a"}, {"completion": "", "stop_reason": "timeout"}], "timeout", True),
        (WATSONX, [{"results": [{"generated_text": "a", "stop_reason": "error"}]}], "", True),
        (
            OLLAMA,
            [{"model": "m", "message": {"content": "a"}, "done": True, "done_reason": "aborted"}],
            "aborted",
            True,
        ),
        (ASSISTANTS, [{"object": "thread.run", "id": "run_1", "status": "expired"}], "expired", None),
        (REPLICATE, [frame(b"a", "output"), frame({"reason": "error"}, "done")], "", None),
        (
            ANTHROPIC,
            [
                {"type": "message_start", "message": {"id": "msg_1", "role": "assistant", "content": []}},
                {"type": "message_delta", "delta": {"stop_reason": "malformed_tool_use"}},
                {"type": "message_stop"},
            ],
            "malformed_tool_call",
            True,
        ),
    ],
)
def test_d38_a_finish_word_that_reports_a_failure_is_an_error(dialect, frames, code, retryable):
    response = assembled(dialect, *(each if hasattr(each, "data") else frame(each) for each in frames))
    (error,) = response.errors
    assert (error.code, error.retryable, error.kind) == (code, retryable, "provider")
    assert (response.finish_reason, response.status) == ("error", "failed")
    assert response.raw_finish_reason in error.message


def test_d38_what_the_wire_says_of_a_failure_is_the_only_error():
    failed = piece("", "error", error={"message": "boom", "code": "x"})
    response = assembled(COMPLETIONS, frame(piece("a")), frame(failed), frame(b"[DONE]"))
    assert ([error.message for error in response.errors], response.finish_reason) == (["boom"], "error")


def test_d38_a_failure_of_one_alternative_is_told_too():
    other = piece("b", "abort", index=1)
    response = assembled(COMPLETIONS, frame(piece("a", "stop")), frame(other), frame(b"[DONE]"))
    assert [(choice.finish_reason) for choice in response.choices] == ["stop", "error"]
    assert [error.code for error in response.errors] == ["abort"]
