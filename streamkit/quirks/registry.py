"""The registry: one quirk, one function.

The function's name is the quirk's id, its docstring the text, its body yields every place in a healthy recording where
the fault can be planted. Catalogue, fuzzing, tests and documentation all come from it.

```python
@quirk("chat", effect="repaired", catalogue="D03")
def tool_index_missing(tape: Tape) -> Iterator[Edit]:
    \"\"\"Tool call fragments arrive without `index`; the id, or the last open call, decides.\"\"\"
    ...
```

Stages announce it: `yield tool_index_missing.seen(item_id=..., detail=...)`.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import get_args

from streamkit.events import Effect, QuirkSeen
from streamkit.jsontypes import Json
from streamkit.masking import mask
from streamkit.quirks.tape import Edit, Tape

__all__ = ["REGISTRY", "Planter", "Quirk", "quirk", "shown"]

Planter = Callable[[Tape], Iterable[Edit]]

REGISTRY: dict[str, "Quirk"] = {}
"""All quirks by id, in the order of their definition."""

DETAIL_LENGTH = 200
MASKED_LENGTH = 2 * DETAIL_LENGTH
"""Characters of a detail that are looked at: a key that begins among those shown is whole among these."""
EVERY_DIALECT = ("any",)
EFFECTS: tuple[Effect, ...] = get_args(Effect)


class Quirk:
    """One registered deviation."""

    def __init__(
        self,
        plant: Planter,
        *,
        dialects: tuple[str, ...],
        effect: Effect,
        catalogue: tuple[str, ...],
        sources: tuple[str, ...],
        fields: tuple[str, ...],
        advice: str,
        nowhere: str,
        known_in: tuple[str, ...] | None = None,
    ) -> None:
        self.id = plant.__name__
        self.module = plant.__module__
        self.text = "\n".join(line.strip() for line in (plant.__doc__ or "").strip().split("\n"))
        self.dialects = dialects
        self.effect: Effect = effect
        self.catalogue = catalogue
        self.sources = sources
        self.fields = fields
        self.advice = advice
        self.nowhere = nowhere
        self.known_in = dialects if known_in is None else known_in
        self._plant = plant

    def __repr__(self) -> str:
        return f"<quirk {self.id} ({', '.join(self.catalogue)}): {self.effect}>"

    @property
    def summary(self) -> str:
        """The first line of the text."""
        return self.text.split("\n", 1)[0]

    def seen(self, *, item_id: str = "", detail: str = "", data: Json = None) -> QuirkSeen:
        """The event that announces one occurrence.

        Keys in `detail` are masked (J10); it is escaped and cut to a readable length (J09).
        """
        detail = printable(mask(detail[:MASKED_LENGTH])) if detail else ""
        return QuirkSeen(quirk=self.id, effect=self.effect, item_id=item_id, detail=detail, data=data)

    def plant(self, tape: Tape) -> Iterator[Edit]:
        """Every place in a healthy recording where this deviation can be planted, one edit each."""
        yield from self._plant(tape)

    def fits(self, dialect: str) -> bool:
        """Whether the quirk can occur in this dialect."""
        return dialect in self.dialects or self.dialects == EVERY_DIALECT

    def known(self, dialect: str) -> bool:
        """Whether a server is known that shows the quirk, as it is planted, in this dialect; others tolerate it too."""
        return self.fits(dialect) and (dialect in self.known_in or self.known_in == EVERY_DIALECT)


def printable(text: str, length: int = DETAIL_LENGTH) -> str:
    """`text` safe for a terminal or a log: control, bidi and surrogate characters escaped, cut to `length` (J09)."""
    if len(text) > length:
        text = text[:length] + "…"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def shown(value: Json, length: int = 60) -> str:
    """A value of the wire as Python writes it, cut to `length`: for a detail."""
    try:
        return f"{value!r:.{length}}"
    except RecursionError:  # read at the very limit of depth (J05)
        return "nested too deeply to be shown"


def quirk(
    *dialects: str,
    effect: Effect,
    catalogue: str | tuple[str, ...],
    sources: Iterable[str] = (),
    fields: Iterable[str] = (),
    advice: str = "",
    nowhere: str = "",
    known_in: Iterable[str] | None = None,
) -> Callable[[Planter], Quirk]:
    """Register a deviation of these dialects (`"any"`: of all).

    Args:
        dialects: names of dialects, or `any`.
        effect: `harmless` (same events), `repaired` (same response), `guessed` (the named `fields` may differ) or
            `lossy` (something named is gone).
        catalogue: id or ids in the catalogue of known provider quirks.
        sources: where it was met.
        fields: the response's members that may differ, for `guessed` and `lossy`.
        advice: what a reader can do about it, where there is more to say than the effect says.
        nowhere: why no recording has a place for it, for a function that yields nothing.
        known_in: those of the dialects in which a server is known to send what is planted; all, if it is not given.
            In the others it is tolerated, but no other client is asked to.

    Raises:
        ValueError: two quirks with one id, an effect that is none, no docstring, no dialect.
    """
    if not dialects:
        raise ValueError('a quirk names its dialects, or "any"')
    if effect not in EFFECTS:
        raise ValueError(f"{effect!r} is no effect: {', '.join(EFFECTS)}")

    def register(plant: Planter) -> Quirk:
        entry = Quirk(
            plant,
            dialects=dialects,
            effect=effect,
            catalogue=(catalogue,) if isinstance(catalogue, str) else catalogue,
            sources=tuple(sources),
            fields=tuple(fields),
            advice=advice,
            nowhere=nowhere,
            known_in=None if known_in is None else tuple(known_in),
        )
        if not entry.text:
            raise ValueError(f"the quirk {entry.id} of {plant.__module__} has no docstring, which is its text")
        if entry.id in REGISTRY:
            places = f"in {REGISTRY[entry.id].module} and in {plant.__module__}"
            raise ValueError(f"two quirks are called {entry.id}: {places}")
        REGISTRY[entry.id] = entry
        return entry

    return register
