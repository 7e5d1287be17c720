"""Fixtures: wire bytes and, beside them, what must come out.

`fixtures/<dialect>/NAME.sse` (or `.ndjson`, `.bin`) has the bytes as they were on the wire; `NAME.json` says what they
show, where they come from and what a reader must make of them:

```json
{"about": "…", "source": "hand: after C01", "dialect": "responses", "framing": "sse",
 "catalogue": ["C01"], "quirks": ["terminal_output_null"],
 "expected": {"status": "completed", "finish_reason": "stop", "text": "…", "tool_calls": [], "error": null}}
```

What `expected` does not name is not promised. Members of `expected`:

- `status`, `finish_reason`, `raw_finish_reason`, `text`, `reasoning`, `refusal`: as in `Response`.
- `items`: the types of all items, in order.
- `tool_calls`: call id, name and arguments of each call that may be run (an object is compared with the parsed
  arguments, a string with their exact text); `state` and `kind` where they matter.
- `dropped_calls`: name and state of each call that must not be run; `arguments` as exact text.
- `logprobs`: the log probabilities of all items, in order, as the wire says them.
- `usage`: null, or the counts that are promised.
- `error`: null, or what is promised of the first error (`kind`, `code`, `param`, `status`, `retry_after`, …).
- `choices`: per choice, where there are several: any of `index`, `text`, `finish_reason`.
"""

import pathlib
from collections.abc import Iterator
from typing import Literal

import msgspec

from streamkit.errors import CaptureError
from streamkit.jsontypes import Json, JsonObject

__all__ = ["SUFFIXES", "Fixture", "all_fixtures", "load"]

SUFFIXES = (".sse", ".ndjson", ".bin")
"""What a file of wire bytes may be called: server-sent events, JSON lines, anything else."""

_CHECKOUT = pathlib.Path(__file__).resolve().parents[2] / "fixtures"


class _Call(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    call_id: str | msgspec.UnsetType = msgspec.UNSET
    arguments: Json = msgspec.UNSET
    state: str | msgspec.UnsetType = msgspec.UNSET
    kind: str | msgspec.UnsetType = msgspec.UNSET


class _Choice(msgspec.Struct, forbid_unknown_fields=True):
    index: int
    text: str | msgspec.UnsetType = msgspec.UNSET
    finish_reason: str | msgspec.UnsetType = msgspec.UNSET


class _Expected(msgspec.Struct, forbid_unknown_fields=True):
    """The shape of `expected`; only checked, the members themselves stay plain JSON."""

    status: str | msgspec.UnsetType = msgspec.UNSET
    finish_reason: str | msgspec.UnsetType = msgspec.UNSET
    raw_finish_reason: str | msgspec.UnsetType = msgspec.UNSET
    text: str | msgspec.UnsetType = msgspec.UNSET
    reasoning: str | msgspec.UnsetType = msgspec.UNSET
    refusal: str | msgspec.UnsetType = msgspec.UNSET
    items: list[str] | msgspec.UnsetType = msgspec.UNSET
    tool_calls: list[_Call] | msgspec.UnsetType = msgspec.UNSET
    dropped_calls: list[_Call] | msgspec.UnsetType = msgspec.UNSET
    logprobs: list[JsonObject] | msgspec.UnsetType = msgspec.UNSET
    usage: dict[str, int | None] | msgspec.UnsetType | None = msgspec.UNSET
    error: JsonObject | msgspec.UnsetType | None = msgspec.UNSET
    choices: list[_Choice] | msgspec.UnsetType = msgspec.UNSET


class _Note(msgspec.Struct, forbid_unknown_fields=True):
    """The `.json` file."""

    about: str
    source: str
    dialect: str
    framing: Literal["sse", "ndjson", "json-array", "aws-eventstream"]
    expected: JsonObject
    catalogue: list[str] = []
    quirks: list[str] | None = None


class Fixture(msgspec.Struct, kw_only=True, frozen=True):
    """One recording and what must come of it."""

    name: str
    """Provider and what is shown: `relay-output-null`."""
    dialect: str
    framing: str
    path: pathlib.Path
    """The file of wire bytes."""
    data: bytes
    about: str
    source: str
    """`recorded: <server and version>` or `hand: after <catalogue id>`."""
    catalogue: tuple[str, ...] = ()
    """Ids in the catalogue of provider quirks that it shows."""
    quirks: tuple[str, ...] | None = None
    """Ids of the registered quirks that must be named, no others: none for a healthy stream. None: not promised."""
    expected: JsonObject
    """See the module's text."""

    @property
    def id(self) -> str:
        """`<dialect>/<name>`, unique among all fixtures."""
        return f"{self.dialect}/{self.name}"

    @property
    def healthy(self) -> bool:
        """Whether it keeps to its dialect and came to a good end: ground for planting faults."""
        return self.quirks == () and self.expected.get("status") == "completed"


def load(path: str | pathlib.Path) -> Fixture:
    """The fixture that this file (of wire bytes, or the `.json` beside it) belongs to.

    Raises:
        CaptureError: a file is missing, or the `.json` is not what it should be.
    """
    path = pathlib.Path(path)
    note = path.with_suffix(".json")
    bodies = [body for suffix in SUFFIXES if (body := path.with_suffix(suffix)).is_file()]
    if len(bodies) != 1:
        raise CaptureError(
            f"{note}: there must be one file of wire bytes beside it ({', '.join(SUFFIXES)}), there are {len(bodies)}"
        )
    try:
        told = msgspec.json.decode(note.read_bytes(), type=_Note)
        msgspec.convert(told.expected, _Expected)
    except FileNotFoundError:
        raise CaptureError(f"{bodies[0]}: {note.name} is missing beside it") from None
    except msgspec.DecodeError as error:
        raise CaptureError(f"{note}: {error}") from error
    if told.dialect != path.parent.name:
        raise CaptureError(f"{note}: it is of dialect {told.dialect!r} and lies in the folder {path.parent.name!r}")
    return Fixture(
        name=path.stem,
        dialect=told.dialect,
        framing=told.framing,
        path=bodies[0],
        data=bodies[0].read_bytes(),
        about=told.about,
        source=told.source,
        catalogue=tuple(told.catalogue),
        quirks=None if told.quirks is None else tuple(told.quirks),
        expected=told.expected,
    )


def all_fixtures(root: str | pathlib.Path | None = None, dialect: str | None = None) -> Iterator[Fixture]:
    """Every fixture below `root`, ordered by dialect and name.

    Args:
        root: a folder with one folder for each dialect; by default `fixtures/` of the checkout that this module was
            imported from (an installed streamkit has none).
        dialect: only those of this dialect.

    Raises:
        CaptureError: there is no such folder, or a fixture in it is not what it should be.
    """
    folder = _CHECKOUT if root is None else pathlib.Path(root)
    if not folder.is_dir():
        raise CaptureError(f"{folder}: no such folder; fixtures come with a checkout, name the folder otherwise")
    stems = {
        (file.parent.name, file.stem): file
        for file in folder.glob(f"{dialect or '*'}/*")
        if file.suffix in (".json", *SUFFIXES)
    }
    for key in sorted(stems):
        yield load(stems[key])
