import pytest
from plain_wire import DONE, ERROR, STRANGERS, decode, frame, of, quirks, text_of

from streamkit.dialects.base import CERTAIN, LIKELY, NO, DecoderOptions
from streamkit.dialects.completions import COMPLETIONS
from streamkit.events import ErrorReported, MetadataReported, ProviderEvent, ResponseStarted, TextDelta, UsageReported
from streamkit.evidence import EndMarker, FinishClaimed
from streamkit.quirks.plain_text import foreign_frame, member_mended
from streamkit.quirks.tape import Tape


def chunk(text, index=0, finish=None, **more):
    choice = {"text": text, "index": index, "logprobs": None, "finish_reason": finish}
    return {"id": "cmpl-1", "object": "text_completion", "model": "davinci", "choices": [choice], **more}


def run(*payloads):
    return decode(COMPLETIONS, payloads)


def test_text_finish_usage_and_end():
    counts = {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5}
    ending = {"id": "cmpl-1", "object": "text_completion", "choices": [], "usage": counts}
    events = run(chunk(" a", usage=None), chunk("b"), chunk("c", finish="length"), ending, DONE)
    assert quirks(events) == []
    assert of(events, ResponseStarted) == [ResponseStarted(response_id="cmpl-1", model="davinci")]
    assert text_of(events) == " abc"
    assert of(events, FinishClaimed) == [FinishClaimed(finish_reason="length", raw_finish_reason="length")]
    (usage,) = of(events, UsageReported)
    assert (usage.usage.input_tokens, usage.usage.output_tokens, usage.usage.raw) == (2, 3, counts)
    assert events[-1] == EndMarker(name="[DONE]")


def test_the_hot_path_gives_a_one_tuple():
    decoder = COMPLETIONS.decoder(DecoderOptions())
    decoder.feed(frame(chunk("a")))
    assert decoder.feed(frame(chunk("b"))) == (TextDelta(text="b"),)
    assert decoder.feed(frame(chunk(""))) == ()


def test_b30_choices_are_kept_apart():
    events = run(chunk("A"), chunk("B", 1), chunk("a"), chunk("", 1, "stop"), chunk("", 0, "length"), DONE)
    assert (text_of(events, 0), text_of(events, 1)) == ("Aa", "B")
    assert [(c.choice, c.finish_reason) for c in of(events, FinishClaimed)] == [(1, "stop"), (0, "length")]


def test_several_choices_in_one_frame():
    both = chunk("A")
    both["choices"].append({"text": "B", "index": 1, "finish_reason": "stop"})
    events = run(chunk("x"), both)
    assert (text_of(events, 0), text_of(events, 1)) == ("xA", "B")


@pytest.mark.parametrize(("word", "reason"), [("eos_token", "stop"), ("stop", "stop"), ("abort", "error")])
def test_finish_words(word, reason):
    assert of(run(chunk("a", finish=word)), FinishClaimed)[0].finish_reason == reason


def test_an_empty_finish_word_is_none_and_an_unknown_one_is_named():
    assert of(run(chunk("a", finish=""), chunk("b")), FinishClaimed) == []
    assert quirks(run(chunk("a", finish="bored"))) == ["finish_unknown"]


def test_the_stop_string_of_vllm_is_kept():
    payload = chunk("a", finish="stop")
    payload["choices"][0]["stop_reason"] = "END"
    assert of(run(payload), FinishClaimed)[0].details == {"stop_reason": "END"}


def test_c22_counts_on_each_frame_are_given_out_once():
    running = [chunk("a", usage={"completion_tokens": n}) for n in (1, 2, 3)]
    for events in (run(*running), run(*running, DONE), run(*running, chunk("", finish="stop"))):
        assert [event.usage.output_tokens for event in of(events, UsageReported)] == [3]


def test_counts_come_with_the_finish():
    decoder = COMPLETIONS.decoder(DecoderOptions())
    assert of(decoder.feed(frame(chunk("a", finish="stop", usage={"completion_tokens": 1}))), UsageReported)


def test_b32_an_empty_id_first():
    first = {"id": "", "model": "", "choices": [], "prompt_filter_results": [{"a": 1}]}
    events = run(first, chunk("a"), chunk("b"))
    assert of(events, ResponseStarted, MetadataReported) == [
        ResponseStarted(),
        MetadataReported(metadata={"prompt_filter_results": [{"a": 1}]}),
        MetadataReported(response_id="cmpl-1", model="davinci"),
    ]


def test_members_of_other_types():
    odd = {
        "id": 7,
        "choices": [{"text": 4, "index": "0"}, "noise", {"text": None, "index": 0, "finish_reason": "stop"}],
    }
    events = run(chunk("a"), odd)
    assert text_of(events) == "a4"
    assert set(quirks(events)) == {"member_mended"}
    assert of(events, FinishClaimed)[0].finish_reason == "stop"
    assert of(run({"choices": None, "usage": {"prompt_tokens": 1}}), UsageReported)[0].usage.input_tokens == 1


def test_errors():
    for payload in (ERROR, {**chunk("b"), **ERROR}, {"choices": [], **ERROR}):
        (error,) = of(run(chunk("a"), payload), ErrorReported)
        assert error.error.message == "boom"
    assert text_of(run(chunk("a"), {**chunk("b"), **ERROR})) == "ab"


def test_foreign_frames_are_passed_on():
    events = run(chunk("a"), {"hook_results": {}}, {"choices": [{"index": 0}]})
    assert quirks(events) == ["foreign_frame", "foreign_frame"]
    assert of(events, ProviderEvent)[0].data == {"hook_results": {}}


def test_j01_halves_of_a_character():
    halves = [frame(b'{"choices":[{"text":"%s","index":0}]}' % text) for text in (rb"\ud83d", rb"\ude00")]
    assert text_of(run(chunk("a"), *halves, chunk("b"))) == "a😀b"
    assert text_of(run(chunk("a"), halves[0], chunk("b"))) == "a\ufffdb"
    assert text_of(run(chunk("a"), halves[0])) == "a\ufffd"


@pytest.mark.parametrize("quirk", [foreign_frame, member_mended], ids=lambda quirk: quirk.id)
def test_planted_quirks_are_seen(quirk):
    payloads = [chunk("a"), chunk("b"), chunk("", finish="stop")]
    tape = Tape(b"".join(b"data: " + frame(payload).data + b"\n\n" for payload in payloads), "completions")
    edits = list(quirk.plant(tape))
    assert edits
    for edit in edits:
        damaged = Tape(tape.apply([edit]), "completions")
        events = run(*(frame(f.data) for f in damaged.frames))
        assert set(quirks(events)) == {quirk.id}
        assert text_of(events) == "ab"


def test_recognise():
    assert COMPLETIONS.recognise(frame(chunk("a"))) == CERTAIN
    assert COMPLETIONS.recognise(frame({"choices": [{"index": 0, "text": "a"}]})) == LIKELY
    assert all(COMPLETIONS.recognise(frame(stranger)) == NO for stranger in STRANGERS)
