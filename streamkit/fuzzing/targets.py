"""Targets: the client under test, as a function or as a shell command, run with a time limit."""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO, Any, Protocol

import msgspec

from streamkit.errors import UsageError
from streamkit.fuzzing.outcomes import Outcome, outcome_of

__all__ = ["CommandTarget", "FunctionTarget", "Target", "target_named"]

PLACE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
LOADING = 120.0
"""Seconds that a module may take to be imported."""
LONGEST_MESSAGE = 500
LOOPBACK = "127.0.0.1"


class Target(Protocol):
    """A client that can be run against a server."""

    def run(self, url: str, limit: float) -> Outcome:
        """What it makes of the server at this base URL, within `limit` seconds.

        Raises:
            UsageError: it cannot be run, or returns something else than an outcome.
        """
        ...

    def close(self) -> None:
        """Free what it holds."""
        ...


def target_named(name: str) -> Target:
    """The target that the command line names: `module:function`, or else a shell command."""
    return FunctionTarget(name) if PLACE.fullmatch(name) else CommandTarget(name)


class FunctionTarget:
    """`module:function`, called with a base URL in a process of its own, which is replaced when it hangs or dies."""

    def __init__(self, place: str) -> None:
        self.place = place
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: queue.Queue[bytes] = queue.Queue()

    def run(self, url: str, limit: float) -> Outcome:
        """Call it."""
        process = self._started()
        try:
            _pipe(process.stdin).write(url.encode() + b"\n")
            _pipe(process.stdin).flush()
            line = self._lines.get(timeout=limit)
        except queue.Empty:
            self.close()
            return Outcome(hung=True)
        except OSError:
            line = b""
        if not line:
            code = process.wait()
            self.close()
            return Outcome(died=True, error=f"its process ended with {code}")
        return msgspec.json.decode(_usable(line), type=Outcome)

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    _pipe(pipe).close()

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is not None:
            return self._process
        command = [sys.executable, "-m", "streamkit.fuzzing.worker", self.place]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment())  # noqa: S603 - the caller's own code is what is to be run
        self._process = process
        self._lines = queue.Queue()
        reader = threading.Thread(target=_read, args=(_pipe(process.stdout), self._lines), daemon=True)
        reader.start()
        try:
            line = self._lines.get(timeout=LOADING)
        except queue.Empty:
            self.close()
            raise UsageError(f"{self.place} was not loaded within {LOADING:.0f} s") from None
        if not line:
            self.close()
            raise UsageError(f"{self.place} could not be loaded: its process ended")
        try:
            _usable(line)
        except UsageError:
            self.close()
            raise
        return process


class CommandTarget:
    """A shell command: `{url}` in it, and `$STREAMKIT_URL`, are the base URL; it prints one JSON object."""

    def __init__(self, command: str) -> None:
        self.command = command

    def run(self, url: str, limit: float) -> Outcome:
        """Run it; an exit code other than 0 counts as raising, with the end of standard error as the message."""
        process = subprocess.Popen(  # noqa: S602 - a shell command is what the caller named
            self.command.replace("{url}", url),
            shell=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**_environment(), "STREAMKIT_URL": url},
            start_new_session=True,
        )
        try:
            out, err = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            _kill(process)
            process.communicate()
            return Outcome(hung=True)
        if process.returncode:
            message = err.decode("utf-8", "replace").strip()[-LONGEST_MESSAGE:]
            return Outcome(error=message or f"exit code {process.returncode}")
        try:
            return outcome_of(msgspec.json.decode(out))
        except msgspec.DecodeError:
            raise UsageError(f"the command printed no JSON: {out[:80].decode('utf-8', 'replace')!r}") from None

    def close(self) -> None:
        """Nothing is held."""


def _read(pipe: IO[bytes], lines: "queue.Queue[bytes]") -> None:
    for line in pipe:
        lines.put(line)
    lines.put(b"")


def _usable(line: bytes) -> bytes:
    told: Any = msgspec.json.decode(line)
    if "unusable" in told:
        raise UsageError(told["unusable"])
    return line


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise RuntimeError("a pipe that was asked for is missing")
    return pipe


def _environment() -> dict[str, str]:
    """This process's environment, with no proxy between the client and the loopback server."""
    environment = dict(os.environ)
    for name in ("NO_PROXY", "no_proxy"):
        environment[name] = ",".join(filter(None, (environment.get(name), LOOPBACK)))
    return environment


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End a shell and what it started."""
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
