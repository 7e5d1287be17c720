"""A scripted HTTP/1.1 server on 127.0.0.1: each connection is handed to the test's own function."""

import socket
import struct
from contextlib import asynccontextmanager

import anyio
from anyio.abc import SocketAttribute
from anyio.streams.tls import TLSListener

SSE = "text/event-stream"


class Connection:
    def __init__(self, stream, server):
        self.stream = stream
        self.server = server
        self.method = self.target = ""
        self.headers = {}
        self.body = b""

    async def read_request(self):
        data = b""
        while b"\r\n\r\n" not in data:
            data += await self.stream.receive()
        head, _, rest = data.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        self.method, self.target, _ = first.split(" ")
        self.headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
        while len(rest) < int(self.headers.get("content-length", 0)):
            rest += await self.stream.receive()
        self.body = rest
        self.server.requests.append(self)
        self.server.asked.set()

    async def send(self, data):
        await self.stream.send(data)

    async def head(self, status=200, headers=None, kind=SSE):
        lines = [f"HTTP/1.1 {status} X"] + ([f"content-type: {kind}"] if kind else [])
        lines += [f"{k}: {v}" for k, v in (headers or {}).items()]
        if "content-length" not in (headers or {}):
            lines.append("transfer-encoding: chunked")
        await self.send(("\r\n".join(lines) + "\r\n\r\n").encode())

    async def chunk(self, data):
        await self.send(b"%x\r\n%s\r\n" % (len(data), data))

    async def end(self):
        await self.send(b"0\r\n\r\n")

    async def answer(self, status=200, body=b"", headers=None, kind=SSE):
        """A whole answer; the connection may be used again."""
        await self.head(status, {"content-length": str(len(body)), **(headers or {})}, kind)
        await self.send(body)

    def reset(self):
        raw = self.stream.extra(SocketAttribute.raw_socket)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    async def until_closed(self):
        """Wait until the client has closed its side."""
        try:
            while True:
                await self.stream.receive()
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            self.server.closed.set()


class Server:
    def __init__(self, port, scheme="http"):
        self.url = f"{scheme}://127.0.0.1:{port}"
        self.port = port
        self.requests = []
        self.connections = 0
        self.asked = anyio.Event()
        self.closed = anyio.Event()


@asynccontextmanager
async def serving(*handlers, host="127.0.0.1", tls=None):
    """The n-th request goes to the n-th handler, later ones to the last. `tls`: the server's context."""
    listener = await anyio.create_tcp_listener(local_host=host)
    server = Server(listener.extra(SocketAttribute.local_port), "http" if tls is None else "https")
    if tls is not None:
        listener = TLSListener(listener, tls, standard_compatible=False)

    async def handle(stream):
        server.connections += 1
        async with stream:
            try:
                while True:
                    connection = Connection(stream, server)
                    await connection.read_request()
                    handler = handlers[min(len(server.requests), len(handlers)) - 1]
                    if await handler(connection) is False:
                        break
            except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
                pass

    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, handle)
        try:
            yield server
        finally:
            group.cancel_scope.cancel()
