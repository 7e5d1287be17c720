"""What the pytest plugin's fixtures give; `streamkit_pytest` announces them, and imports this when a test asks.

The marker `@pytest.mark.streamkit(recording, *, quirk="", place=0, dialect=None, faults=())` names a recording: a path,
its suffix left out or not, as it is, below the test's own folder, or below pytest's root.
"""

import pathlib
from collections.abc import Generator, Iterable
from contextlib import contextmanager

import msgspec
import pytest

from streamkit.errors import UsageError
from streamkit.testing.playback import AnyFault, Playback
from streamkit.testing.replay import Recording, find_recording
from streamkit.testing.server import PlaybackServer

__all__ = ["Marked", "Replay", "marked", "serving"]


class Marked(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What a test's marker asks for."""

    recording: str
    quirk: str = ""
    """Id of a quirk to plant."""
    place: int = 0
    """Which of its places."""
    dialect: str | None = None
    """For recordings that do not say it themselves; None: recognised."""
    faults: tuple[AnyFault, ...] = ()
    """Faults of the transport (`streamkit.testing.faults`)."""


def marked(node: pytest.Item) -> Marked | None:
    """What the closest marker of this test asks for, None where it has none.

    Raises:
        UsageError: the marker has arguments that it cannot have.
    """
    marker = node.get_closest_marker("streamkit")
    if marker is None:
        return None
    try:
        (recording,) = marker.args
        asked = {"recording": str(recording), **marker.kwargs, "faults": tuple(marker.kwargs.get("faults", ()))}
        return msgspec.convert(asked, Marked, strict=True, from_attributes=True)
    except (ValueError, msgspec.ValidationError) as error:
        raise UsageError(f"{node.nodeid}: @pytest.mark.streamkit(recording, *, quirk, place, …): {error}") from None


class Replay:
    """Finds recordings for one test."""

    def __init__(self, node: pytest.Item) -> None:
        self._node = node

    def __call__(self, name: str = "", *, quirk: str = "", place: int = 0, dialect: str | None = None) -> Recording:
        """The recording of this name, or the marked one; with a quirk planted where one is given.

        Raises:
            CaptureError: there is no such recording.
            UsageError: no name was given and the test has no marker, or the quirk cannot be planted.
        """
        asked = Marked(recording=name, quirk=quirk, place=place, dialect=dialect) if name else marked(self._node)
        if asked is None:
            raise UsageError(
                f"{self._node.nodeid} names no recording: give one, or mark it with @pytest.mark.streamkit"
            )
        recording = find_recording(asked.recording, self._folders())
        if asked.dialect is not None:
            recording = msgspec.structs.replace(recording, dialect=asked.dialect)
        return recording.planted(asked.quirk, asked.place) if asked.quirk else recording

    def _folders(self) -> Iterable[pathlib.Path]:
        return (self._node.path.parent, self._node.config.rootpath)

    def playback(self) -> Playback | None:
        """What the server is to play, None where the test has no marker."""
        asked = marked(self._node)
        return None if asked is None else msgspec.structs.replace(self().playback(), faults=asked.faults)


@contextmanager
def serving(node: pytest.Item) -> Generator[PlaybackServer]:
    """A running server that plays what the test's marker names."""
    with PlaybackServer() as server:
        playback = Replay(node).playback()
        if playback is not None:
            server.play(playback)
        yield server
