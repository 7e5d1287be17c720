import msgspec
import pytest

from streamkit.errors import ErrorInfo
from streamkit.fuzzing.judging import Expectation, expectation, healthy_expectation, judge
from streamkit.fuzzing.outcomes import Call, Outcome
from streamkit.items import ToolCall
from streamkit.quirks.registry import Quirk
from streamkit.response import QuirkTally, Response

F = Call("f", '{"a": 1}')
G = Call("g", "{}")


def called(call, state="complete"):
    return ToolCall(call_id="c", name=call.name, arguments=call.arguments, state=state)


def answer(text="Hi", calls=(F,), *, seen=("q",), ending="completed", errors=(), dropped=()):
    return Response(
        text=text,
        tool_calls=tuple(called(call) for call in calls),
        dropped_calls=tuple(called(call, "truncated") for call in dropped),
        quirks=tuple(QuirkTally(id=name, effect="harmless", count=1) for name in seen),
        ending=ending,
        errors=errors,
    )


def fault(effect, *fields):
    def q(_):
        """A fault."""

    return Quirk(
        q, dialects=("chat",), effect=effect, catalogue=("X1",), sources=(), fields=fields, advice="", nowhere=""
    )


HEALTHY = answer(seen=())
FAILED = ErrorInfo(kind="provider", code="overloaded", message="busy")


@pytest.mark.parametrize("effect", ["harmless", "repaired"])
def test_what_is_harmless_or_repaired_asks_for_everything(effect):
    asked = expectation(fault(effect), HEALTHY, answer())
    assert asked == Expectation(text="Hi", tool_calls=(F,)) == healthy_expectation(HEALTHY)


def test_what_does_not_show_or_hold_judges_nobody():
    assert expectation(fault("repaired"), HEALTHY, answer(seen=("other",))) is None
    assert expectation(fault("repaired"), HEALTHY, answer("Ho")) is None
    assert expectation(fault("harmless"), HEALTHY, answer(calls=())) is None


def test_disputed_fields_are_not_compared():
    asked = expectation(fault("guessed", "text"), HEALTHY, answer(), "<think>Hi")
    assert asked == Expectation(text=None, tool_calls=(F,), may_raise=True)
    asked = expectation(fault("guessed", "tool_calls", "items"), HEALTHY, answer(calls=(G,)))
    assert asked == Expectation(text="Hi", tool_calls=None, may_raise=True)
    undeclared = expectation(fault("lossy"), HEALTHY, answer("H"))
    assert undeclared == Expectation(text=None, tool_calls=(F,), may_raise=True)


def test_raising_is_right_where_something_is_gone():
    assert expectation(fault("lossy", "status"), HEALTHY, answer(ending="truncated")).may_raise
    assert expectation(fault("lossy"), HEALTHY, answer()).may_raise
    assert expectation(fault("lossy", "text"), HEALTHY, answer()).may_raise
    assert not expectation(fault("lossy", "usage"), HEALTHY, answer()).may_raise
    assert not expectation(fault("guessed", "usage"), HEALTHY, answer()).may_raise
    assert expectation(fault("guessed", "tool_calls"), HEALTHY, answer()).may_raise


def test_think_blocks_are_read_in_two_ways():
    asked = expectation(fault("repaired"), HEALTHY, answer(), "<think>So</think>Hi")
    assert asked == Expectation(text="Hi", verbatim="<think>So</think>Hi", tool_calls=(F,))
    for text, verdict in (("Hi", "survived"), ("<think>So</think>Hi", "survived"), ("</think>Hi", "text")):
        assert judge(asked, Outcome(text=text, tool_calls=(F,))).verdict == verdict


def test_an_error_must_be_told_and_one_behind_the_answer_may_be():
    asked = expectation(fault("guessed", "errors"), HEALTHY, answer("", (), ending="failed", errors=(FAILED,)))
    assert asked == Expectation(may_raise=True, must_raise=True)
    whole = msgspec.structs.replace(HEALTHY, raw_finish_reason="stop")
    finished = answer("", (), ending="failed", errors=(FAILED,))
    for reason, must in (("stop", False), ("error", True)):
        told = msgspec.structs.replace(finished, raw_finish_reason=reason)
        assert expectation(fault("guessed", "errors"), whole, told).must_raise == must
    for effect in ("harmless", "guessed"):
        late = expectation(fault(effect, "errors"), HEALTHY, answer(seen=("q", "error_after_terminal")))
        assert (late.may_raise, late.must_raise, late.text) == (True, False, "Hi")
    ours = ErrorInfo(kind="limit", code="limit_exceeded", message="too long")
    assert not expectation(fault("lossy"), HEALTHY, answer("", ending="failed", errors=(ours,))).must_raise


def test_a_cut_call_may_not_be_run_with_other_arguments():
    cut = Call("f", '{"a": ')
    asked = expectation(fault("lossy", "tool_calls"), HEALTHY, answer(calls=(), dropped=(cut,)))
    assert asked.only_calls == (F,)
    assert judge(asked, Outcome(text="Hi")).survived
    assert judge(asked, Outcome(text="Hi", tool_calls=(cut,))).survived
    assert judge(asked, Outcome(text="Hi", tool_calls=(F,))).survived
    assert judge(asked, Outcome(text="Hi", tool_calls=(Call("", "{}"),))).survived
    made = judge(asked, Outcome(text="Hi", tool_calls=(Call("f", {}),)))
    assert made.verdict == "calls"
    assert "f({})" in made.reason


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (Outcome(text="Hi", tool_calls=(F,)), "survived"),
        (Outcome(text="Hi", tool_calls=(Call("f", {"a": 1}),)), "survived"),
        (Outcome(text="Ho", tool_calls=(F,)), "text"),
        (Outcome(text="Hi", tool_calls=(G,)), "calls"),
        (Outcome(text="Hi", tool_calls=(F, F)), "calls"),
        (Outcome(text="Hi", tool_calls=(Call("f", '{"a": 1'),)), "calls"),
        (Outcome(error="ValueError: no"), "raised"),
        (Outcome(hung=True), "hung"),
        (Outcome(died=True, error="its process ended with 7"), "died"),
    ],
)
def test_verdicts_on_a_readable_answer(outcome, verdict):
    assert judge(healthy_expectation(HEALTHY), outcome).verdict == verdict


def test_verdicts_on_an_error():
    asked = Expectation(may_raise=True, must_raise=True)
    assert judge(asked, Outcome(error="APIError")).survived
    assert judge(asked, Outcome(text="Hi")).verdict == "silent"
    assert judge(asked, Outcome(hung=True)).verdict == "hung"


def test_reasons_are_safe_to_print():
    reason = judge(healthy_expectation(HEALTHY), Outcome(text="\x1b[31m" + "x" * 1000, tool_calls=(F,))).reason
    assert reason.isprintable()
    assert len(reason) < 400
