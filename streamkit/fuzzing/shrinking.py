"""Makes a failing wire smaller: leaves frames out as long as the rest is healthy and the client still fails alike."""

from collections.abc import Callable

from streamkit.fuzzing.cases import Case, baseline, cases_of
from streamkit.fuzzing.judging import Judgement
from streamkit.fuzzing.outcomes import Outcome
from streamkit.fuzzing.report import Failure
from streamkit.fuzzing.wires import Wire
from streamkit.quirks.registry import Quirk

__all__ = ["shrink"]

ATTEMPTS = 60
"""Runs of the client that one failure is worth."""
TRIED = 4
"""Places that are tried in each smaller wire."""

Run = Callable[[Case], tuple[Outcome, Judgement]]


class _Purse:
    """Counts the runs that are left."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.left = ATTEMPTS

    def __call__(self, case: Case) -> tuple[Outcome, Judgement]:
        self.left -= 1
        return self._run(case)


def shrink(run: Run, quirk: Quirk, wire: Wire, failure: Failure) -> Failure:
    """The same failure on a wire with fewer frames, where there is one that the client reads in its healthy form."""
    spend = _Purse(run)
    at = len(wire.tape.frames) - 1
    while at >= 0 and spend.left > TRIED:
        smaller = _without(wire, at)
        found = _fails(spend, quirk, smaller, failure) if smaller is not None else None
        if smaller is not None and found is not None:
            wire, failure = smaller, found
        at -= 1
    return failure


def _without(wire: Wire, at: int) -> Wire | None:
    tape = wire.tape
    return wire.cut_to(tape.apply([tape.delete(tape.frames[at])]))


def _fails(run: Run, quirk: Quirk, wire: Wire, failure: Failure) -> Failure | None:
    """The failure with the same verdict on this wire, if the client reads the wire's healthy form."""
    cases = list(cases_of(quirk, wire, TRIED))
    if not cases or not run(baseline(wire))[1].survived:
        return None
    for case in cases:
        outcome, judgement = run(case)
        if judgement.verdict == failure.judgement.verdict and len(case.body) < len(failure.case.body):
            return Failure(case=case, outcome=outcome, judgement=judgement, healthy=wire.data)
    return None
