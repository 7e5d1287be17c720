"""Runs a client against every deviation of a dialect."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence

from streamkit.errors import UsageError
from streamkit.fuzzing.cases import Case, baseline, cases_of
from streamkit.fuzzing.judging import Judgement, judge
from streamkit.fuzzing.outcomes import Outcome
from streamkit.fuzzing.report import Failure, Report, Row, Unfit
from streamkit.fuzzing.shrinking import shrink
from streamkit.fuzzing.targets import Target
from streamkit.fuzzing.wires import Wire, wires_of
from streamkit.quirks.catalogue import all_quirks
from streamkit.quirks.registry import Quirk
from streamkit.testing.server import PlaybackServer

__all__ = ["LIMIT", "WARMING", "Arena", "chosen_quirks", "fuzz"]

LIMIT = 10.0
"""Seconds for one case."""
PLACES = 3
WARMING = 60.0
"""Seconds for the first run in a new process: clients import themselves late."""
COSTLY = frozenset({"hung", "died"})
"""Verdicts that take a time limit or a new process: not worth shrinking."""


class Arena:
    """A client and a server that plays cases to it.

    A new process (the first one, or the one behind a hanging one) reads the healthy wire `warming` before limits count;
    a client that hangs on that wire itself is waited for so long only once.
    Where a process hangs or dies that has read other cases, the case is tried again in a new one: what those left
    behind is no fault of this one.
    """

    def __init__(self, target: Target, server: PlaybackServer, warming: Wire, limit: float = LIMIT) -> None:
        self._target = target
        self._server = server
        self._warming = baseline(warming)
        self._limit = limit
        self._patience = max(limit, WARMING)
        self._cold = True

    def run(self, case: Case) -> tuple[Outcome, Judgement]:
        """What the client makes of this case, and whether that is what can be asked."""
        fresh = self._cold
        outcome = self._tried(case)
        if self._cold and not fresh:
            outcome = self._tried(case)
        return outcome, judge(case.expected, outcome)

    def _tried(self, case: Case) -> Outcome:
        if self._cold and self._play(self._warming, self._patience).hung:
            self._patience = self._limit
        outcome = self._play(case, self._limit)
        self._cold = outcome.hung or outcome.died
        return outcome

    def _play(self, case: Case, limit: float) -> Outcome:
        self._server.play(case.playback)
        return self._target.run(self._server.url, limit)


def chosen_quirks(dialect: str, names: Collection[str] = ()) -> tuple[Quirk, ...]:
    """The quirks that a server is known to show in a dialect, or those of the dialect that are named.

    Raises:
        UsageError: a name is no quirk of this dialect.
    """
    fitting = tuple(quirk for quirk in all_quirks() if quirk.fits(dialect))
    strange = set(names) - {quirk.id for quirk in fitting}
    if strange:
        raise UsageError(f"no quirk of {dialect}: {', '.join(sorted(strange))}; `streamkit quirks` lists them")
    return tuple(quirk for quirk in fitting if (quirk.id in names if names else quirk.known(dialect)))


def fuzz(
    target: Target,
    dialect: str,
    *,
    name: str = "",
    quirks: Collection[str] = (),
    wires: Sequence[Wire] | None = None,
    places: int = PLACES,
    limit: float = LIMIT,
    shrinking: bool = True,
    on_total: Callable[[int], None] = lambda _: None,
    on_case: Callable[[Case], None] = lambda _: None,
) -> Report:
    """How a client fares with every deviation of a dialect.

    Args:
        target: the client.
        dialect: what it speaks.
        name: what to call it in the report.
        quirks: ids; all that a server is known to show in the dialect, if empty.
        wires: healthy wires to plant in; by default the shipped ones.
        places: how many places for each quirk and wire, spread over the wire; 0: all.
        limit: seconds that the client has for one case.
        shrinking: whether the smallest failing wire of each quirk is made smaller still.
        on_total: is told how many cases there are.
        on_case: is called before each.

    Raises:
        UsageError: the client cannot be run, a quirk is not of this dialect, no healthy wire is read well, or a number
            is below what it may be.
    """
    if places < 0 or not limit > 0:
        raise UsageError(f"places={places}, limit={limit}: places must be 0 or more, the limit above 0 seconds")
    chosen = chosen_quirks(dialect, quirks)
    known = wires or wires_of(dialect)
    with PlaybackServer() as server:
        arena = Arena(target, server, known[0], limit)
        fit, unfit = _sorted_out(arena, known)
        work = {quirk.id: [(wire, case) for wire in fit for case in cases_of(quirk, wire, places)] for quirk in chosen}
        on_total(sum(map(len, work.values())))
        rows = [_row(arena, quirk, work[quirk.id], on_case, shrinking=shrinking) for quirk in chosen if work[quirk.id]]
    return Report(
        target=name,
        dialect=dialect,
        rows=tuple(rows),
        wires=tuple(wire.name for wire in fit),
        unfit=unfit,
        unplanted=tuple(quirk.id for quirk in chosen if not work[quirk.id]),
    )


def _sorted_out(arena: Arena, wires: Sequence[Wire]) -> tuple[list[Wire], tuple[Unfit, ...]]:
    fit: list[Wire] = []
    unfit: list[Unfit] = []
    for wire in wires:
        judgement = arena.run(baseline(wire))[1]
        if judgement.survived:
            fit.append(wire)
        else:
            unfit.append(Unfit(wire.name, f"{judgement.verdict}: {judgement.reason}"))
    if not fit:
        raise UsageError(f"the client reads no healthy wire as it should: {unfit[0].wire}: {unfit[0].reason}")
    return fit, tuple(unfit)


def _row(
    arena: Arena,
    quirk: Quirk,
    work: list[tuple[Wire, Case]],
    on_case: Callable[[Case], None],
    *,
    shrinking: bool,
) -> Row:
    verdicts: Counter[str] = Counter()
    smallest: tuple[Wire, Failure] | None = None
    for wire, case in work:
        on_case(case)
        outcome, judgement = arena.run(case)
        if judgement.survived:
            continue
        verdicts[judgement.verdict] += 1
        if smallest is None or len(case.body) < len(smallest[1].case.body):
            smallest = wire, Failure(case=case, outcome=outcome, judgement=judgement, healthy=wire.data)
    if smallest is not None and shrinking and smallest[1].judgement.verdict not in COSTLY:
        smallest = smallest[0], shrink(arena.run, quirk, *smallest)
    return Row(
        quirk=quirk.id,
        catalogue=quirk.catalogue,
        effect=quirk.effect,
        summary=quirk.summary,
        cases=len(work),
        survived=len(work) - verdicts.total(),
        verdicts=dict(verdicts.most_common()),
        failure=smallest[1] if smallest is not None else None,
    )
