import pytest
from plain_wire import DONE, STRANGERS, decode, frame, of, quirks, text_of

from streamkit.dialects.assistants import ASSISTANTS
from streamkit.dialects.base import CERTAIN, NO, DecoderOptions
from streamkit.events import (
    AnnotationAdded,
    ArgumentsDelta,
    ErrorReported,
    ItemStarted,
    MediaAdded,
    MetadataReported,
    RefusalDelta,
    ResponseStarted,
    TextDelta,
    UsageReported,
)
from streamkit.evidence import EndMarker, FinishClaimed, ItemClaimed, PartClaim


def run_state(status, **more):
    members = {"id": "run_1", "object": "thread.run", "thread_id": "th_1", "model": "gpt", "status": status, **more}
    return frame(members, f"thread.run.{status}")


def message(status, *content):
    return frame({"id": "msg_1", "object": "thread.message", "status": status, "content": list(content)})


def said(value, index=0, **more):
    part = {"index": index, "type": "text", "text": {"value": value, **more}}
    return delta(part)


def delta(*parts):
    return frame({"id": "msg_1", "object": "thread.message.delta", "delta": {"content": list(parts)}})


def step(status, *calls):
    details = {"type": "tool_calls", "tool_calls": list(calls)}
    return frame({"id": "step_1", "object": "thread.run.step", "status": status, "step_details": details})


def step_delta(*calls):
    details = {"step_details": {"type": "tool_calls", "tool_calls": list(calls)}}
    return frame({"id": "step_1", "object": "thread.run.step.delta", "delta": details})


def run(*frames):
    return decode(ASSISTANTS, frames)


def test_a_run_that_answers():
    whole = {"type": "text", "text": {"value": "Hello", "annotations": [{"a": 1}]}}
    counts = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    events = run(
        run_state("queued"),
        run_state("in_progress"),
        message("in_progress"),
        message("in_progress"),
        said("Hel", annotations=[]),
        said("lo"),
        message("completed", whole),
        run_state("completed", usage=counts),
        frame(b"[DONE]", "done"),
    )
    assert quirks(events) == []
    assert of(events, ResponseStarted) == [
        ResponseStarted(response_id="run_1", model="gpt", metadata={"thread_id": "th_1"})
    ]
    assert of(events, ItemStarted) == [ItemStarted(key="msg_1", item_id="msg_1", type="message")]
    assert text_of(events) == "Hello"
    (claim,) = of(events, ItemClaimed)
    assert (claim.key, claim.parts, claim.annotations) == ("msg_1", (PartClaim("text", "Hello"),), ({"a": 1},))
    assert of(events, UsageReported)[0].usage.total_tokens == 5
    finish = FinishClaimed(finish_reason="stop", raw_finish_reason="completed", status="completed", terminal=True)
    assert events[-2:] == [finish, EndMarker(name="[DONE]", proof=False)]


def test_the_hot_path_gives_a_one_tuple():
    assert ASSISTANTS.decoder(DecoderOptions()).feed(said("a", 1)) == (TextDelta(key="msg_1", text="a", index=1),)


def test_a_function_is_called_by_the_client():
    function = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "ls", "arguments": ""}}
    more = [{"index": 0, "type": "function", "function": {"arguments": text}} for text in ('{"p":', "1}")]
    listed = {"id": "call_1", "type": "function", "function": {"name": "ls", "arguments": '{"p":1}'}}
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [listed]}}
    events = run(
        step("in_progress"),
        step_delta(function),
        step_delta(more[0]),
        step_delta(more[1]),
        run_state("requires_action", required_action=action),
        DONE,
    )
    key = ("call", "call_1")
    assert of(events, ItemStarted) == [ItemStarted(key=key, type="function_call", name="ls", call_id="call_1")]
    assert of(events, ArgumentsDelta) == [ArgumentsDelta(key=key, text='{"p":'), ArgumentsDelta(key=key, text="1}")]
    (claim,) = of(events, ItemClaimed)
    assert (claim.key, claim.type, claim.parts) == (key, "function_call", (PartClaim("arguments", '{"p":1}'),))
    assert of(events, FinishClaimed)[0].finish_reason == "tool_calls"


def test_a_function_that_was_answered_before_is_not_called_again():
    function = {"name": "ls", "arguments": "{}", "output": "a.txt"}
    (claim,) = of(run(step("completed", {"id": "call_1", "type": "function", "function": function})), ItemClaimed)
    assert (claim.type, claim.name, claim.details["function"]["output"]) == ("function", "ls", "a.txt")
    assert claim.parts == ()


def test_d43_the_code_interpreter_runs_on_the_server():
    def fragment(**about):
        return step_delta({"index": 0, "type": "code_interpreter", "code_interpreter": about})

    first = {"index": 0, "id": "call_1", "type": "code_interpreter", "code_interpreter": {"input": ""}}
    logs = {"index": 0, "type": "logs", "logs": "2"}
    whole = {"id": "call_1", "type": "code_interpreter", "code_interpreter": {"input": "1+1", "outputs": [logs]}}
    events = run(step_delta(first), fragment(input="1+"), fragment(input="1"), fragment(outputs=[logs]))
    assert of(events, ItemStarted)[0].type == "code_interpreter"
    assert "".join(event.text for event in of(events, ArgumentsDelta)) == "1+1"
    assert of(events, AnnotationAdded)[0].annotation == logs
    (claim,) = of(run(step_delta(first), step("completed", whole)), ItemClaimed)
    assert (claim.key, claim.type, claim.details) == (("call", "call_1"), "code_interpreter", whole)


def test_refusals_images_and_citations():
    image = {"file_id": "file_1"}
    events = run(
        delta({"index": 0, "type": "refusal", "refusal": "No."}),
        delta({"index": 1, "type": "image_file", "image_file": image}),
        delta({"index": 2, "type": "image_url", "image_url": {"url": "https://a"}}),
        said("a", 3, annotations=[{"type": "file_citation"}]),
    )
    assert of(events, RefusalDelta) == [RefusalDelta(key="msg_1", text="No.")]
    assert [(e.details, e.url) for e in of(events, MediaAdded)] == [(image, ""), ({"url": "https://a"}, "https://a")]
    assert of(events, AnnotationAdded) == [AnnotationAdded(key="msg_1", annotation={"type": "file_citation"}, index=3)]
    refused = message("incomplete", {"type": "refusal", "refusal": "No."})
    (claim,) = of(run(refused), ItemClaimed)
    assert (claim.status, claim.parts) == ("incomplete", (PartClaim("refusal", "No."),))


@pytest.mark.parametrize(
    ("state", "reason", "raw", "status"),
    [
        (run_state("cancelled"), "cancelled", "cancelled", "cancelled"),
        (run_state("expired"), "error", "expired", "failed"),
        (
            run_state("incomplete", incomplete_details={"reason": "max_completion_tokens"}),
            "length",
            "incomplete:max_completion_tokens",
            "incomplete",
        ),
        (
            run_state("incomplete", incomplete_details={"reason": "content_filter"}),
            "content_filter",
            "incomplete:content_filter",
            "incomplete",
        ),
        (run_state("incomplete", incomplete_details=None), "length", "incomplete", "incomplete"),
    ],
)
def test_other_ends(state, reason, raw, status):
    (claim,) = of(run(state), FinishClaimed)
    assert (claim.finish_reason, claim.raw_finish_reason, claim.status) == (reason, raw, status)


def test_a_failed_run_says_why():
    events = run(run_state("failed", last_error={"code": "rate_limit_exceeded", "message": "slow down"}))
    assert of(events, ErrorReported)[0].error.code == "rate_limit_exceeded"
    assert of(events, FinishClaimed)[0].finish_reason == "error"


def test_an_unknown_end_is_named():
    events = run(run_state("evaporated"))
    assert of(events, FinishClaimed)[0].finish_reason == "unknown"
    assert quirks(events) == ["finish_unknown"]


def test_threads_errors_and_foreign_frames():
    assert run(frame({"id": "th_1", "object": "thread"})) == [MetadataReported(metadata={"thread_id": "th_1"})]
    assert (
        of(run(frame({"message": "boom", "code": "server_error"}, "error")), ErrorReported)[0].error.message == "boom"
    )
    assert quirks(run(frame({"object": "thread.news"}, "thread.news"))) == ["foreign_frame"]


def test_members_of_other_types():
    events = run(delta({"index": "1", "text": {"value": 4}}), delta("noise"), delta({"text": "bare"}))
    assert text_of(events) == "4bare"
    assert set(quirks(events)) == {"member_mended"}
    for payload in (
        {"object": "thread.message.delta"},
        {"object": "thread.run.step.delta", "delta": {"step_details": []}},
    ):
        assert run(frame(payload)) == []


def test_j01_halves_of_a_character():
    text = b'{"id":"msg_1","object":"thread.message.delta","delta":{"content":[{"index":0,"text":{"value":"%s"}}]}}'
    halves = [frame(text % half) for half in (rb"\ud83d", rb"\ude00")]
    assert text_of(run(*halves, said("b"))) == "😀b"
    assert text_of(run(halves[0], said("b"))) == "\ufffdb"
    assert text_of(run(halves[0])) == "\ufffd"
    call = (
        b'{"id":"step_1","object":"thread.run.step.delta","delta":{"step_details":{"tool_calls":'
        b'[{"index":0,"type":"function","function":{"arguments":"%s"}}]}}}'
    )
    events = run(frame(call % rb"\ud83d"), frame(call % rb"\ude00"), frame(call % rb"\ud83d"))
    assert "".join(event.text for event in of(events, ArgumentsDelta)) == "😀\ufffd"


def test_recognise():
    assert ASSISTANTS.recognise(said("a")) == CERTAIN
    assert ASSISTANTS.recognise(run_state("queued")) == CERTAIN
    assert ASSISTANTS.recognise(DONE) == NO
    assert all(ASSISTANTS.recognise(frame(stranger)) == NO for stranger in STRANGERS)
