"""Recordings to replay in tests: a file of wire bytes, with or without a fixture's note beside it.

```python
recording = find_recording("chat/openai-two-calls")       # a fixture, or a path
assert recording.response().tool_calls
server.play(recording.planted("tool_index_missing"))
```
"""

import pathlib
from collections.abc import Iterable, Iterator

import msgspec

from streamkit.errors import CaptureError, UsageError
from streamkit.events import Event
from streamkit.jsontypes import JsonObject
from streamkit.quirks.catalogue import all_quirks
from streamkit.quirks.tape import Tape
from streamkit.response import Response
from streamkit.sync import assemble, iter_events
from streamkit.testing.fixtures import SUFFIXES, load
from streamkit.testing.playback import CONTENT_TYPES, Playback

__all__ = ["Recording", "find_recording", "load_recording"]

FRAMINGS = {".sse": "sse", ".ndjson": "ndjson"}
"""Framing by suffix, where nothing else says it."""


class Recording(msgspec.Struct, kw_only=True, frozen=True):
    """The body of an answer."""

    data: bytes
    dialect: str | None = None
    """None: recognised from the bytes."""
    framing: str = "sse"
    path: str = ""
    """Where it was read from."""
    expected: JsonObject = {}
    """What must come of it, where its note says so (see `streamkit.testing.fixtures`)."""

    def response(self) -> Response:
        """What it amounts to; errors are in `errors`."""
        return assemble(self.data, self.dialect, on_error="event")

    def events(self, chunks: Iterable[bytes] | None = None) -> Iterator[Event]:
        """Its events, read in one piece or in these chunks."""
        return iter_events(self.data if chunks is None else chunks, self.dialect, on_error="event")

    def tape(self) -> Tape:
        """The recording as ground for planting faults."""
        return Tape(self.data, self.dialect or "", self.framing)

    def planted(self, quirk: str, place: int = 0) -> "Recording":
        """The recording with this quirk planted.

        Args:
            quirk: id of the quirk.
            place: which of the places where it can be planted.

        Raises:
            UsageError: there is no such quirk, or it cannot be planted there.
        """
        found = next((entry for entry in all_quirks() if entry.id == quirk), None)
        if found is None:
            raise UsageError(f"there is no quirk {quirk!r}; `streamkit quirks` lists them")
        tape = self.tape()
        edits = list(found.plant(tape))
        if not 0 <= place < len(edits):
            raise UsageError(
                f"{quirk} can be planted at {len(edits)} places of this recording, {place} is none of them"
            )
        return msgspec.structs.replace(self, data=tape.apply([edits[place]]), expected={})

    def playback(self) -> Playback:
        """The answer for a `PlaybackServer`."""
        return Playback(body=self.data, content_type=CONTENT_TYPES.get(self.framing, ""))


def load_recording(path: str | pathlib.Path) -> Recording:
    """The recording in this file: a fixture's body or note, or bare wire bytes.

    Raises:
        CaptureError: there is no such file, or its note is not what it should be.
    """
    path = pathlib.Path(path)
    if path.suffix == ".json" or (path.suffix in SUFFIXES and path.with_suffix(".json").is_file()):
        fixture = load(path)
        return Recording(
            data=fixture.data,
            dialect=fixture.dialect,
            framing=fixture.framing,
            path=str(fixture.path),
            expected=fixture.expected,
        )
    if not path.is_file():
        raise CaptureError(f"{path}: no such recording")
    return Recording(data=path.read_bytes(), framing=FRAMINGS.get(path.suffix, "sse"), path=str(path))


def find_recording(name: str, folders: Iterable[str | pathlib.Path] = ()) -> Recording:
    """The recording of this name: a path, as it is or below one of the folders, its suffix left out or not.

    Args:
        name: a path or the beginning of one: `answers/two-calls.sse`, `answers/two-calls`.
        folders: searched in this order, the working directory first.

    Raises:
        CaptureError: there is none.
    """
    searched = [pathlib.Path(), *map(pathlib.Path, folders)]
    for folder in searched:
        for suffix in ("", *SUFFIXES):
            candidate = folder / f"{name}{suffix}"
            if candidate.is_file():
                return load_recording(candidate)
    looked = ", ".join(str(folder.resolve()) for folder in searched)
    raise CaptureError(f"no recording {name!r} (also with {', '.join(SUFFIXES)}) in {looked}")
