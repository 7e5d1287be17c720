"""The healthy wires that faults are planted in: a few small ones come with the package."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec

import streamkit
from streamkit.errors import UsageError
from streamkit.pipeline import Pipeline
from streamkit.quirks.tape import Tape
from streamkit.recipe import standard
from streamkit.response import Response
from streamkit.stages.leaked_markup import LeakedMarkup
from streamkit.stages.think_tags import ThinkTags
from streamkit.testing.fixtures import all_fixtures

__all__ = ["Wire", "shipped_dialects", "wires_of"]

SHIPPED = Path(__file__).with_name("wires")


class Wire(msgspec.Struct, kw_only=True, frozen=True):
    """A healthy stream and what it means."""

    name: str
    dialect: str
    framing: str
    data: bytes
    response: Response

    @property
    def tape(self) -> Tape:
        """The wire as places where faults can be planted."""
        return Tape(self.data, self.dialect, self.framing)

    def cut_to(self, data: bytes) -> "Wire | None":
        """The same wire with other bytes, if those are healthy too."""
        response = read(data, self.dialect)
        if not sound(response):
            return None
        return Wire(name=self.name, dialect=self.dialect, framing=self.framing, data=data, response=response)


def read(data: bytes, dialect: str) -> Response:
    """What streamkit reads."""
    return streamkit.assemble([data], dialect, on_error="event")


def verbatim(data: bytes, dialect: str) -> str:
    """The visible text with all markup that streamkit takes out of it."""
    stages = (stage for stage in standard(dialect).stages if not isinstance(stage, (ThinkTags, LeakedMarkup)))
    pipeline: Pipeline[Any, Any] = Pipeline(*stages)
    return Response.from_events([*pipeline.feed(data), *pipeline.close()]).text


def sound(response: Response) -> bool:
    """Whether a stream ended well and without a quirk."""
    return response.ending == "completed" and not response.quirks and not response.errors


def shipped_dialects() -> tuple[str, ...]:
    """The dialects that wires come with."""
    return tuple(sorted(folder.name for folder in SHIPPED.iterdir() if folder.is_dir()))


def wires_of(dialect: str, folder: str | Path | None = None, only: Collection[str] = ()) -> tuple[Wire, ...]:
    """The healthy wires of a dialect, the shortest first.

    Args:
        dialect: its name.
        folder: fixtures to use instead of the shipped ones: `FOLDER/<dialect>/NAME.sse` with `NAME.json` beside it.
        only: names of wires; all, if empty.

    Raises:
        UsageError: there are none.
        CaptureError: the folder, or a fixture in it, is not what it should be.
    """
    wires = [
        Wire(name=fixture.name, dialect=dialect, framing=fixture.framing, data=fixture.data, response=response)
        for fixture in all_fixtures(folder or SHIPPED, dialect)
        if fixture.healthy and (not only or fixture.name in only)
        if sound(response := read(fixture.data, dialect))
    ]
    if not wires:
        known = ", ".join(shipped_dialects())
        raise UsageError(
            f"no healthy wire of {dialect!r}; wires of {known} come with streamkit, for others name a folder"
        )
    return tuple(sorted(wires, key=lambda wire: (len(wire.data), wire.name)))
