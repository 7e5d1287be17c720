"""The pytest plugin of streamkit: a server that plays answers, and recordings to replay.

It is a module of its own, beside the package, so that pytest loads it without importing streamkit: the package is
imported when a test asks for a fixture.

```python
@pytest.mark.streamkit("answers/two-calls")            # a recording, below the test's folder or pytest's root
def test_my_client(streamkit_server, streamkit_replay):
    reply = my_client(base_url=streamkit_server.url)    # plays the recording
    assert len(reply.calls) == len(streamkit_replay.response().tool_calls)
```
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    from streamkit.testing.plugin import Replay
    from streamkit.testing.server import PlaybackServer

__all__ = ["pytest_configure", "streamkit_replay", "streamkit_server"]

MARKER = (
    "streamkit(recording, *, quirk=None, place=0, faults=()): what streamkit_server plays and streamkit_replay reads: "
    "a file of wire bytes, with a quirk planted or faults of the transport where they are given"
)
