"""Log probabilities of a choice's tokens, each behind the text that it is of."""

from streamkit.dialects.logprobs import kinds_of_logprobs
from streamkit.dialects.surrogates import scrub_all
from streamkit.dialects.values import digest
from streamkit.events import Event, LogprobsAdded, QuirkSeen, ReasoningDelta
from streamkit.items import PartKind
from streamkit.jsontypes import Json, is_same
from streamkit.quirks.chat import logprobs_shape

__all__ = ["TokenReader"]


class TokenReader:
    """Remembers how many were given out, so that a message that repeats the answer does not bring them again (F06)."""

    def __init__(self) -> None:
        self._given: dict[tuple[int, PartKind], tuple[int, Json]] = {}
        """By choice and kind: how many, and the first."""

    @property
    def any(self) -> bool:
        """Whether this stream has log probabilities."""
        return bool(self._given)

    def note(self, choice: int, kind: PartKind, told: tuple[Json, ...]) -> None:
        """Some more were given out."""
        count, first = self._given.get((choice, kind), (0, told[0]))
        self._given[choice, kind] = (count + len(told), first)

    def read(
        self, value: Json, choice: int, said: list[Event], *, whole: bool, halves: bool
    ) -> tuple[list[Event], list[QuirkSeen]]:
        """What a choice says, with its log probabilities, and what is odd about their shape.

        Args:
            value: the choice's `logprobs`.
            choice: its index.
            said: the events of its text.
            whole: it has a message, which may repeat what was streamed.
            halves: strings may hold halves of characters (J01).
        """
        found, known = kinds_of_logprobs(scrub_all(value) if halves else value)
        out = list(said)
        for kind, every in found.items():
            count, first = self._given.get((choice, kind), (0, every[0]))
            told = every[count:] if whole and len(every) >= count and is_same(every[0], first) else every
            if not told:
                continue
            self.note(choice, kind, told)
            event = LogprobsAdded(choice=choice, logprobs=told, kind=kind)
            thoughts = [at for at, each in enumerate(out) if isinstance(each, ReasoningDelta)]
            out.insert(thoughts[-1] + 1 if kind == "reasoning" and thoughts else len(out), event)
        return out, [] if known else [logprobs_shape.seen(detail=digest(value))]
