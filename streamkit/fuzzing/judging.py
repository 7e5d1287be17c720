"""Judges a client: what a wire means, what may be asked of anybody who reads it, and whether an outcome meets that.

What is asked is fair, not strict: streamkit's own way of reading a deviation is asked of nobody where it is a guess.

- harmless, repaired: text and calls are those of the healthy stream.
- guessed, lossy: the fields that the quirk names, and those that streamkit itself reads otherwise, are not compared.
- think blocks and other markup in visible text may be taken out or left in: both are ways to read them.
- raising is right where the answer is not all there any more (a cut, a lost frame), where text or calls are disputed,
  and where an error was sent, even behind the answer.
- not raising is wrong where the provider reported an error before it had said why the answer stopped.
- where a call was cut, it may be left out or returned as text that is no JSON; other arguments than those sent may not
  be made of it.
"""

from typing import Literal

import msgspec

from streamkit.fuzzing.outcomes import Call, Outcome, runnable
from streamkit.quirks.registry import Quirk, printable
from streamkit.response import Response

__all__ = ["Expectation", "Judgement", "Verdict", "expectation", "healthy_expectation", "judge"]

Verdict = Literal["survived", "raised", "hung", "died", "silent", "text", "calls"]
"""`raised`: although the answer could be read. `silent`: an error was swallowed. `text`, `calls`: they are wrong."""

ENDED_WELL = frozenset({"completed", "incomplete"})
ERROR_BEHIND = "error_after_terminal"
"""The quirk that says that an error came when the answer was over."""
SHOWN = 160
"""Characters of a value in a reason."""


class Expectation(msgspec.Struct, kw_only=True, frozen=True):
    """What is asked of a client that reads one wire."""

    text: str | None = None
    """None: disputed, not compared."""
    verbatim: str | None = None
    """The text with the markup that streamkit takes out, where it has any; as good as `text`."""
    tool_calls: tuple[Call, ...] | None = None
    """Name and arguments; None: disputed, not compared."""
    only_calls: tuple[Call, ...] | None = None
    """Where a call was cut: no call with other arguments may be run."""
    may_raise: bool = False
    must_raise: bool = False


class Judgement(msgspec.Struct, frozen=True):
    """A verdict, and why."""

    verdict: Verdict
    reason: str = ""

    @property
    def survived(self) -> bool:
        """Whether the client did what can be asked."""
        return self.verdict == "survived"


def healthy_expectation(response: Response) -> Expectation:
    """What is asked of a client that reads a healthy stream: all of it."""
    return Expectation(text=response.text, tool_calls=_calls(response))


def expectation(quirk: Quirk, healthy: Response, planted: Response, verbatim: str | None = None) -> Expectation | None:
    """What is asked where `quirk` was planted, so that streamkit reads `planted` instead of `healthy`.

    `verbatim` is the planted text with its markup, if it has any.

    None where the planted wire is no ground to judge anybody: the quirk does not show, or its own effect does not hold.
    """
    if all(tally.id != quirk.id for tally in planted.quirks):
        return None
    if planted.ending == "failed" and planted.errors and planted.errors[0].kind not in ("wire", "limit"):
        finished = bool(planted.raw_finish_reason) and planted.raw_finish_reason == healthy.raw_finish_reason
        return Expectation(may_raise=True, must_raise=not finished)
    wanted = _calls(healthy)
    same_text, same_calls = planted.text == healthy.text, _same(_calls(planted), wanted)
    loose = quirk.effect in ("guessed", "lossy")
    if not loose and not (same_text and same_calls):
        return None
    cut = quirk.effect == "lossy" and bool(planted.dropped_calls)
    text = healthy.text if same_text and not (loose and "text" in quirk.fields) else None
    return Expectation(
        text=text,
        verbatim=verbatim if text is not None else None,
        tool_calls=wanted if same_calls and not (loose and "tool_calls" in quirk.fields) else None,
        only_calls=wanted if cut else None,
        may_raise=not (same_text and same_calls) or _excused(quirk, planted),
    )


def _excused(quirk: Quirk, planted: Response) -> bool:
    """Whether it is right to raise, although text and calls could be read: something else is amiss with the answer."""
    if planted.ending not in ENDED_WELL:
        return True
    if quirk.effect in ("guessed", "lossy") and {"text", "tool_calls"} & set(quirk.fields):
        return True  # nobody can know what was meant, or that what was lost was nothing
    late = any(tally.id == ERROR_BEHIND for tally in planted.quirks)
    return late or bool(planted.errors) or (quirk.effect == "lossy" and not quirk.fields)


def judge(expected: Expectation, outcome: Outcome) -> Judgement:
    """Whether the outcome is what is asked."""
    if outcome.hung:
        return Judgement("hung", "it did not come to an end")
    if outcome.died:
        return Judgement("died", outcome.error)
    if outcome.error:
        return Judgement("survived") if expected.may_raise else Judgement("raised", outcome.error)
    if expected.must_raise:
        return Judgement("silent", "the provider's error was not reported")
    if expected.text is not None and outcome.text not in (expected.text, expected.verbatim):
        return Judgement("text", f"{_shown(outcome.text)} instead of {_shown(expected.text)}")
    if expected.tool_calls is not None and not _same(outcome.tool_calls, expected.tool_calls):
        return Judgement("calls", f"{_listed(outcome.tool_calls)} instead of {_listed(expected.tool_calls)}")
    for call in outcome.tool_calls if expected.only_calls is not None else ():
        if call.name and runnable(call.arguments) is not None and not _among(call, expected.only_calls or ()):
            return Judgement("calls", f"a call was cut, and {_listed((call,))} was made of it")
    return Judgement("survived")


def _calls(response: Response) -> tuple[Call, ...]:
    return tuple(Call(call.name, call.arguments) for call in response.tool_calls)


def _equal(one: Call, other: Call) -> bool:
    if one.name != other.name:
        return False
    ours, theirs = runnable(one.arguments), runnable(other.arguments)
    return one.arguments == other.arguments if ours is None or theirs is None else ours == theirs


def _same(some: tuple[Call, ...], others: tuple[Call, ...]) -> bool:
    return len(some) == len(others) and all(map(_equal, some, others))


def _among(call: Call, calls: tuple[Call, ...]) -> bool:
    return any(_equal(call, other) for other in calls)


def _shown(text: str) -> str:
    return f"“{printable(text, SHOWN)}”"


def _listed(calls: tuple[Call, ...]) -> str:
    return ", ".join(f"{call.name or '(no name)'}({_arguments(call)})" for call in calls) or "no call"


def _arguments(call: Call) -> str:
    arguments = call.arguments
    text = arguments if isinstance(arguments, str) else msgspec.json.encode(arguments).decode()
    return printable(text, SHOWN)
