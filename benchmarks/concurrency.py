"""Many open streams at once, on loopback: what one event costs, what one stream weighs.

Server and client are processes of their own, new for each measurement; what is counted is the client's CPU time. The
server waits until the client has said that every stream is open, then sends each one frame a turn; streams are served
in small groups, a few milliseconds apart, so that reads come spread over time, as they do from a network. Subjects take
turns; ratios are those of one round. The base is aiohttp as it comes: it takes the body's chunks and throws them away.

One measurement takes 20 to 30 seconds at 1,000 streams, most of it waiting for the next turn.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import importlib.metadata
import importlib.util
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from benchmarks.workloads import WORDS, chat_frame

EVENTS = 60
"""Frames with text in each stream."""
GROUPS = 20
"""Groups that the streams are served in, each turn."""
PACE = 0.0003
"""Seconds of a turn for each stream: slower than the subjects, so that frames do not pile up."""
SHORTEST = 0.1
"""Seconds that a turn takes at the least: `GROUPS` groups, a few milliseconds apart."""
LONGEST = 180.0
"""Seconds after which a measurement is given up."""
ROUNDS = 3

BASE = "aiohttp, bytes only"
SUBJECTS: dict[str, tuple[str, ...]] = {
    BASE: ("aiohttp",),
    "streamkit on aiohttp": ("aiohttp",),
    "streamkit on httpx": (),
    "openai": ("openai",),
}
"""Name of a subject → packages that it needs."""


# the server


def _chunked(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


async def _serve(streams: int) -> None:
    """Answer requests when `/go` is asked for, but `/warm` at once; print the port first."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
    head += b"Connection: close\r\n\r\n"
    turns = [_chunked(chat_frame({"content": WORDS[i % len(WORDS)]})) for i in range(EVENTS)]
    last = _chunked(chat_frame({}, "stop") + b"data: [DONE]\n\n") + b"0\r\n\r\n"
    waiting: list[asyncio.StreamWriter] = []
    everyone = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wanted, _, _ = (await reader.readuntil(b"\r\n\r\n")).partition(b"\r\n")
        writer.write(head)
        if b"/warm" in wanted:
            writer.write(b"".join(turns) + last)
            writer.close()
        elif b"/go" in wanted:
            writer.close()
            everyone.set()
        else:
            waiting.append(writer)

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await everyone.wait()
    loop = asyncio.get_running_loop()
    due, step = loop.time(), max(SHORTEST, streams * PACE) / GROUPS
    for turn in (*turns, last):
        for group in range(GROUPS):
            for writer in waiting[group::GROUPS]:
                writer.write(turn)
            due += step
            await asyncio.sleep(max(0.0, due - loop.time()))
    for writer in waiting:
        writer.close()
    await asyncio.sleep(LONGEST)


# the clients

Reader = Callable[[str, Callable[[], None]], Awaitable[int]]
"""Opens one stream under a base address, calls back when its headers have come, gives the number of pieces read."""


async def _with_aiohttp(use: Callable[[Reader], Awaitable[None]]) -> None:
    import aiohttp

    async def read(base: str, opened: Callable[[], None]) -> int:
        count = 0
        async with session.post(base + "/chat/completions", data=b"{}") as response:
            opened()
            async for chunk in response.content.iter_any():
                count += chunk.count(b'"content":')
        return count

    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as session:
        await use(read)


async def _with_streamkit(backend: Any, use: Callable[[Reader], Awaitable[None]]) -> None:
    import streamkit

    async def read(base: str, opened: Callable[[], None]) -> int:
        count = 0
        async with client.stream("chat", json={}, path=base + "/chat/completions") as stream:
            opened()
            async for event in stream:
                count += event.__class__ is streamkit.TextDelta
        return count

    async with streamkit.Client("http://127.0.0.1/v1", backend=backend) as client:
        await use(read)


async def _with_openai(streams: int, use: Callable[[Reader], Awaitable[None]]) -> None:
    import openai

    http = importlib.import_module("httpx2" if _stands_on_httpx2() else "httpx")
    transport = openai.DefaultAsyncHttpxClient(limits=http.Limits(max_connections=streams + 1), timeout=None)
    clients: dict[str, Any] = {}

    async def read(base: str, opened: Callable[[], None]) -> int:
        count = 0
        if base not in clients:
            clients[base] = openai.AsyncOpenAI(base_url=base, api_key="none", http_client=transport, max_retries=0)
        stream = await clients[base].chat.completions.create(model="m", messages=[], stream=True)
        opened()
        async for chunk in stream:
            count += bool(chunk.choices and chunk.choices[0].delta.content)
        return count

    await use(read)


def _stands_on_httpx2() -> bool:
    return any(line.startswith("httpx2") for line in importlib.metadata.requires("openai") or [])


RUNNERS: dict[str, Callable[[int, Callable[[Reader], Awaitable[None]]], Awaitable[None]]] = {
    BASE: lambda _, use: _with_aiohttp(use),
    "streamkit on aiohttp": lambda _, use: _with_streamkit("aiohttp", use),
    "streamkit on httpx": lambda _, use: _with_streamkit("httpx", use),
    "openai": _with_openai,
}


async def _go(port: int) -> None:
    """Tell the server that it may begin."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /go HTTP/1.1\r\n\r\n")
    await writer.drain()
    writer.close()


def _resident() -> float:
    """KiB of memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1024


async def _measure(subject: str, port: int, streams: int) -> None:
    """Open all streams, read them to their ends, print what that took."""
    marks: dict[str, float] = {}
    calls: list[asyncio.Task[None]] = []
    count = 0

    def opened() -> None:
        nonlocal count
        count += 1
        if count == streams:
            calls.append(asyncio.create_task(_go(port)))
            marks["opened"] = time.process_time()

    async def use(read: Reader) -> None:
        await read(f"http://127.0.0.1:{port}/warm", lambda: None)
        gc.collect()
        began, before = time.process_time(), _resident()
        base = f"http://127.0.0.1:{port}/v1"
        counts = await asyncio.gather(*[read(base, opened) for _ in range(streams)])
        done = time.process_time()
        if set(counts) != {EVENTS}:
            raise RuntimeError(f"{subject} read {min(counts)} to {max(counts)} pieces of {EVENTS}")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        taken = {
            "open": (marks["opened"] - began) / streams * 1e6,
            "event": (done - marks["opened"]) / streams / EVENTS * 1e6,
            "kib": max(0.0, peak - before) / streams,
        }
        print(json.dumps(taken), flush=True)

    await RUNNERS[subject](streams, use)


# both together


def _process(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.concurrency", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1])


def _once(subject: str, streams: int) -> dict[str, float]:
    """One measurement, with processes of its own; they are gone when it is over."""
    processes = [_process("server", streams)]
    try:
        assert processes[0].stdout is not None
        port = int(processes[0].stdout.readline())
        processes.append(_process("client", subject, port, streams))
        out, _ = processes[1].communicate(timeout=LONGEST)
        if processes[1].returncode:
            raise SystemExit(f"measuring {subject} failed; what it said stands above")
        taken: dict[str, float] = json.loads(out)
        return taken
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def concurrent_rows(streams: int, rounds: int = ROUNDS) -> list[dict[str, object]]:
    """One row for each subject: medians in µs and KiB, and the cost of an event as a ratio to bare aiohttp and openai.

    What has been measured so far goes to standard error.

    Args:
        streams: open at once.
        rounds: how often every subject is measured, in turns.
    """
    names = [name for name, needs in SUBJECTS.items() if all(map(importlib.util.find_spec, needs))]
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for turn in range(rounds):
        for name in names:
            said = f"round {turn + 1} of {rounds}, {streams} streams, {name}: "
            print(said, end="", file=sys.stderr, flush=True)
            taken[name].append(one := _once(name, streams))
            print(f"{one['event']:.0f} µs an event, {one['kib']:.0f} KiB a stream", file=sys.stderr, flush=True)

    def ratio(name: str, other: str) -> float | None:
        if other not in taken:
            return None
        pairs = zip(taken[name], taken[other], strict=True)
        return statistics.median(one["event"] / two["event"] for one, two in pairs)

    def median(name: str, what: str) -> float:
        return statistics.median(each[what] for each in taken[name])

    return [
        {
            "workload": f"{streams} streams at once",
            "subject": name,
            "microseconds_an_event": median(name, "event"),
            "microseconds_to_open": median(name, "open"),
            "kib_a_stream": median(name, "kib"),
            "to_aiohttp": ratio(name, BASE),
            "to_openai": ratio(name, "openai"),
        }
        for name in names
    ]


def main(role: str, *arguments: str) -> None:
    """The processes' own door: `server STREAMS`, or `client SUBJECT PORT STREAMS`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if role == "server":
        asyncio.run(_serve(int(arguments[0])))
    else:
        asyncio.run(asyncio.wait_for(_measure(arguments[0], int(arguments[1]), int(arguments[2])), LONGEST))


if __name__ == "__main__":
    main(*sys.argv[1:])
