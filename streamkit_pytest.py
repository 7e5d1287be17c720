"""The pytest plugin of streamkit: a server that plays answers, and recordings to replay.

It is a module of its own, beside the package, so that pytest loads it without importing streamkit; the package is
imported when a test asks for a fixture.

```python
@pytest.mark.streamkit("answers/two-calls", quirk="tool_index_missing")
def test_my_client(streamkit_server, streamkit_replay):
    reply = my_client(base_url=streamkit_server.url)
    assert len(reply.calls) == len(streamkit_replay().response().tool_calls)
```
"""

from collections.abc import Iterator

import pytest

__all__ = ["pytest_configure", "streamkit_replay", "streamkit_server"]

MARKER = (
    "streamkit(recording, *, quirk='', place=0, dialect=None, faults=()): what streamkit_server plays and "
    "streamkit_replay reads: a file of wire bytes, with a quirk planted or faults of the transport where they are given"
)


def pytest_configure(config: pytest.Config) -> None:
    """Announce the marker."""
    config.addinivalue_line("markers", MARKER)


@pytest.fixture
def streamkit_server(request: pytest.FixtureRequest) -> Iterator[object]:
    """A running `streamkit.testing.server.PlaybackServer`; it plays the marked recording, if the test has one."""
    from streamkit.testing.plugin import serving  # noqa: PLC0415 - nothing is imported until it is used

    with serving(request.node) as server:
        yield server


@pytest.fixture
def streamkit_replay(request: pytest.FixtureRequest) -> object:
    """`streamkit.testing.plugin.Replay`: call it with a recording's name, or without one for the marked recording."""
    from streamkit.testing.plugin import Replay  # noqa: PLC0415 - nothing is imported until it is used

    return Replay(request.node)
