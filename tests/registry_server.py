"""A `FakeRegistry` behind a real socket, which can hold archives back: a slow registry, and one that goes away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import trio
from fake_registry import FakeRegistry


class Gate:
    """Lets so many archives through, then holds the others. Its state: how many may still pass, and who waits."""

    def __init__(self, passes: float = float("inf")) -> None:
        self.passes = passes
        self._opened = trio.Event()

    async def wait(self) -> None:
        """Return when an archive may go out."""
        if self.passes < 1:
            await self._opened.wait()
        self.passes -= 1

    def open(self) -> None:
        """Let all through from now on."""
        self.passes = float("inf")
        self._opened.set()


@asynccontextmanager
async def serve_registry(registry: FakeRegistry, gate: Gate | None = None) -> AsyncIterator[str]:
    """Serve *registry* on loopback, one request a connection; gives its address."""
    gate = gate or Gate()

    async def answer(stream: trio.SocketStream) -> None:
        async with stream:
            data = b""
            while b"\r\n\r\n" not in data:
                received = await stream.receive_some(65536)
                if not received:
                    return
                data += received
            path = data.split(b" ", 2)[1].decode()
            registry.asked.append(path)
            if path.endswith(".tgz"):
                await gate.wait()
            found = registry.answers.get(path, httpx2.Response(404))
            lines = [
                f"HTTP/1.1 {found.status_code} X",
                f"content-length: {len(found.content)}",
                "connection: close",
            ]
            try:
                await stream.send_all("\r\n".join([*lines, "", ""]).encode() + found.content)
            except trio.BrokenResourceError:
                return  # who asked has ended

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(trio.serve_tcp, answer, 0)
        port = listeners[0].socket.getsockname()[1]
        yield f"http://127.0.0.1:{port}/"
        nursery.cancel_scope.cancel()
