import pytest
from driving import assembled
from plain_wire import STRANGERS, decode, frame, of, quirks, text_of

from streamkit.dialects.base import CERTAIN, NO, DecoderOptions
from streamkit.dialects.watsonx import WATSONX
from streamkit.events import ErrorReported, MetadataReported, ResponseStarted, TextDelta, UsageReported
from streamkit.evidence import FinishClaimed


def result(text, generated, consumed=0, stop="not_finished"):
    counts = {"generated_token_count": generated, "input_token_count": consumed}
    return {"generated_text": text, **counts, "stop_reason": stop}


def generation(*results, **more):
    return {"model_id": "ibm/granite", "results": list(results), **more}


WARNING = {"warnings": [{"id": "disclaimer_warning"}]}
STREAM = [
    generation(result("", 0, 8), system=WARNING),
    generation(result("the", 1)),
    generation(result(" sun", 2)),
    generation(result("", 3, stop="eos_token")),
]


def test_a_whole_stream():
    events = decode(WATSONX, STREAM)
    assert quirks(events) == []
    assert of(events, ResponseStarted) == [ResponseStarted(model="ibm/granite")]
    assert of(events, MetadataReported) == [MetadataReported(metadata={"system": WARNING})]
    assert text_of(events) == "the sun"
    assert of(events, FinishClaimed) == [FinishClaimed(finish_reason="stop", raw_finish_reason="eos_token")]
    assert of(events, UsageReported)[0].usage.input_tokens == 8
    assert of(events, UsageReported)[0].usage.output_tokens == 3


def test_a_cut_stream_keeps_its_counts_and_claims_no_finish():
    events = decode(WATSONX, STREAM[:-1])
    assert of(events, FinishClaimed) == []
    assert [(e.usage.input_tokens, e.usage.output_tokens) for e in of(events, UsageReported)] == [(8, 2)]
    assert of(decode(WATSONX, [generation(result("a", 0))]), UsageReported) == []


def test_the_hot_path_gives_a_one_tuple():
    decoder = WATSONX.decoder(DecoderOptions())
    decoder.feed(frame(STREAM[0]))
    assert decoder.feed(frame(STREAM[1])) == (TextDelta(text="the"),)


def test_max_tokens_is_length():
    assert (
        of(decode(WATSONX, [generation(result("a", 1, stop="max_tokens"))]), FinishClaimed)[0].finish_reason == "length"
    )


def test_the_time_limit_of_the_request_cuts_the_text_and_is_no_failure():
    response = assembled(WATSONX, generation(result("a", 1)), generation(result("b", 2, stop="time_limit")))
    assert (response.text, response.status, response.finish_reason) == ("ab", "incomplete", "length")
    assert (response.raw_finish_reason, response.errors) == ("time_limit", ())


def test_errors_and_odd_members():
    error = {"errors": [{"code": "model_not_supported", "message": "no such model"}], "status_code": 404}
    odd = {"results": [{"generated_text": 4, "stop_reason": None, "generated_token_count": "x"}, None]}
    events = decode(WATSONX, [STREAM[0], odd, {"news": 1}, error])
    assert text_of(events) == "4"
    assert quirks(events)[:3] == ["usage_unreadable", "member_mended", "foreign_frame"]
    assert of(events, ErrorReported)[0].error.message == "no such model"


@pytest.mark.parametrize("written", [float, str, lambda count: f"{count}.0"])
def test_j13_counts_that_are_no_integers(written):
    def again(result):
        return {name: written(value) if name.endswith("_count") else value for name, value in result.items()}

    events = decode(WATSONX, [{**each, "results": [again(each["results"][0])]} for each in STREAM])
    assert (text_of(events), quirks(events)) == ("the sun", ["usage_coerced"])
    usage = of(events, UsageReported)[-1].usage
    assert (usage.input_tokens, usage.output_tokens) == (8, 3)
    odd = decode(WATSONX, [generation(result("a", True, 4.5, stop="eos_token"))])
    assert (quirks(odd), of(odd, UsageReported)) == (["usage_unreadable"], [])


def test_recognise():
    assert WATSONX.recognise(frame(STREAM[1], "message")) == CERTAIN
    assert all(WATSONX.recognise(frame(stranger)) == NO for stranger in STRANGERS)


@pytest.mark.parametrize("odd", [[result("TEXT", 1)], {"data": result("TEXT", 1)}])
def test_a_result_in_a_wrapping_of_its_own_is_read_f19(odd):
    events = decode(WATSONX, [generation(odd)])
    assert (text_of(events), quirks(events)) == ("TEXT", ["member_mended"])


@pytest.mark.parametrize("odd", ["TEXT", {"data": {"words": "TEXT"}}, [[result("TEXT", 1)]]])
def test_what_is_no_result_is_named_f19(odd):
    events = decode(WATSONX, [generation(result("a", 1), odd)])
    assert text_of(events) == "a"
    assert [each.data for each in events if getattr(each, "quirk", "") == "member_unreadable"] == [
        odd[0] if isinstance(odd, list) else odd
    ]
