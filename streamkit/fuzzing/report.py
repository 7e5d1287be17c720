"""The survival report: per quirk how many cases a client survived, and the smallest wire that it did not."""

import msgspec

from streamkit.events import Effect
from streamkit.fuzzing.cases import Case
from streamkit.fuzzing.judging import Judgement
from streamkit.fuzzing.outcomes import Outcome

__all__ = ["Failure", "Report", "Row", "Unfit"]


class Failure(msgspec.Struct, kw_only=True, frozen=True):
    """A case that the client did not survive, as small as it was found."""

    case: Case
    outcome: Outcome
    judgement: Judgement
    healthy: bytes
    """The wire without the deviation, which the client reads well."""

    @property
    def wire(self) -> str:
        """The bytes for people: text, with what is no UTF-8 escaped."""
        return self.case.body.decode("utf-8", "backslashreplace")


class Row(msgspec.Struct, kw_only=True, frozen=True):
    """One quirk."""

    quirk: str
    catalogue: tuple[str, ...]
    effect: Effect
    summary: str
    cases: int
    survived: int
    verdicts: dict[str, int]
    """Of the failed cases: verdict → how many."""
    failure: Failure | None = None

    @property
    def passed(self) -> bool:
        """Whether every case was survived."""
        return self.survived == self.cases


class Unfit(msgspec.Struct, frozen=True):
    """A healthy wire that the client does not read as it should; nothing is planted in it."""

    wire: str
    reason: str


class Report(msgspec.Struct, kw_only=True, frozen=True):
    """How a client fared."""

    target: str
    dialect: str
    rows: tuple[Row, ...]
    """In the order of the catalogue."""
    wires: tuple[str, ...]
    """The healthy wires that were used."""
    unfit: tuple[Unfit, ...] = ()
    unplanted: tuple[str, ...] = ()
    """Quirks of the dialect that none of the wires has a place for."""

    @property
    def cases(self) -> int:
        """All cases that were run."""
        return sum(row.cases for row in self.rows)

    @property
    def survived(self) -> int:
        """All cases that were survived."""
        return sum(row.survived for row in self.rows)

    @property
    def quirks_survived(self) -> int:
        """Quirks of which every case was survived."""
        return sum(row.passed for row in self.rows)
