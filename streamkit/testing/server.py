"""A loopback HTTP server that plays answers and breaks connections in every way that a real one does.

```python
with PlaybackServer() as server:
    server.play(Playback(body=chunks, faults=(Reset(at=120),)))
    my_client(base_url=server.url)
    assert server.requests[0].json["model"] == "m"
```

It speaks HTTP/1.1 over plain sockets in threads of its own, so that any client will do, synchronous or not. Every POST,
whatever its path, gets the next of the answers to play; the last one repeats. It stops for sure: hanging answers are
bounded, and `stop` closes every connection.
"""

import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Self

from streamkit.testing.playback import Abort, Finish, Playable, Playback, Send, Wait, as_playback, steps
from streamkit.testing.requests import Request, RequestReader

__all__ = ["PlaybackServer"]

NOT_FOUND = Playback(body=b'{"error":{"message":"only POST is played"}}', content_type="application/json", status=404)
IDLE = Playback(body=b'{"error":{"message":"nothing to play"}}', content_type="application/json", status=500)
LOOK = 0.02
"""Seconds between two looks at whether a hanging client has gone."""
PATIENCE = 5.0
"""Seconds that `stop` waits for each of its threads; a closed socket ends them at once."""


class PlaybackServer:
    """Plays answers to POST requests on 127.0.0.1; a context manager."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        """Every request, in the order of arrival, secrets masked."""
        self.connections = 0
        """How many connections were opened."""
        self.aborted = 0
        """How many answers the client did not wait for."""
        self._answers: list[Playback] = []
        self._released = threading.Event()
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None

    @property
    def port(self) -> int:
        """The port it listens on; 0 while it is not running."""
        return int(self._listener.getsockname()[1]) if self._listener is not None else 0

    @property
    def url(self) -> str:
        """Its base address, without a slash at the end: `http://127.0.0.1:PORT`."""
        return f"http://127.0.0.1:{self.port}"

    def play(self, answer: Playback | Playable | bytes | str | Iterable[bytes], *more: Playback | Playable) -> None:
        """Answer the next request like this, the ones after it like `more`; the last answer repeats.

        What was still to be played is forgotten.
        """
        with self._changed:
            self._answers = [as_playback(answer), *map(as_playback, more)]

    def release(self) -> None:
        """Let all hanging answers go on, now and from now on."""
        self._released.set()

    def wait_for_requests(self, count: int = 1, timeout: float = 10.0) -> bool:
        """Wait until so many requests have come; whether they have."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.requests) >= count, timeout)

    def wait_for_abort(self, count: int = 1, timeout: float = 10.0) -> bool:
        """Wait until clients have given up on so many answers; whether they have."""
        with self._changed:
            return self._changed.wait_for(lambda: self.aborted >= count, timeout)

    def start(self) -> Self:
        """Begin to listen."""
        self._stopping.clear()
        self._released.clear()
        listener = self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._spawn(self._accept, listener)
        return self

    def stop(self) -> None:
        """Close everything; harmless when called again."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        self._stopping.set()
        with suppress(OSError), socket.create_connection(listener.getsockname(), timeout=1):
            pass  # wakes `accept` on every system
        with self._changed:
            for connection in self._sockets:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            threads, self._threads = self._threads, []
        for thread in threads:
            thread.join(PATIENCE)
        listener.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # threads

    def _spawn(self, run: Callable[[socket.socket], None], sock: socket.socket) -> None:
        thread = threading.Thread(target=run, args=(sock,), name="streamkit-playback", daemon=True)
        with self._changed:
            self._threads = [other for other in self._threads if other.is_alive()]
            self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            with self._changed:
                if self._stopping.is_set():
                    connection.close()
                    return
                self.connections += 1
                self._sockets.add(connection)
            self._spawn(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = RequestReader(connection)
        try:
            with suppress(OSError, ValueError):
                while (request := reader.read()) is not None and self._answer(connection, self._take(request)):
                    pass
        finally:
            with self._changed:
                self._sockets.discard(connection)
            connection.close()

    def _take(self, request: Request) -> Playback:
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
            if request.method != "POST":
                return NOT_FOUND
            if not self._answers:
                return IDLE
            return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def _answer(self, connection: socket.socket, playback: Playback) -> bool:
        """Play it; whether the connection may be used again."""
        try:
            for step in steps(playback):
                match step:
                    case Send(data):
                        connection.sendall(data)
                    case Wait(seconds, held):
                        if not self._wait(connection, seconds, held=held):
                            return False
                    case Abort():
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        return False
                    case Finish(reusable):
                        return reusable
        except OSError:
            self._gave_up()
        return False

    def _wait(self, connection: socket.socket, seconds: float, *, held: bool) -> bool:
        """Wait that long; False where the connection is to be closed: it is gone, or was held for too long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self._stopping.is_set():
                return False
            if held and self._released.is_set():
                return True
            readable, _, _ = select.select([connection], [], [], min(LOOK, left))
            if readable and not connection.recv(1, socket.MSG_PEEK):
                self._gave_up()
                return False
            if readable:  # the client sends something while it waits: nothing to look at until it is answered
                self._stopping.wait(min(LOOK, left))
        return not held

    def _gave_up(self) -> None:
        if self._stopping.is_set():
            return
        with self._changed:
            self.aborted += 1
            self._changed.notify_all()
