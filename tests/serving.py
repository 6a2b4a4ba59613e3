"""A whole server in this process, on loopback, as `vibes_trio.server.serve` runs it; and clients with real sockets."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trio
from asking import envelope
from recorded import NOW, USERS, package_version
from trio_websocket import WebSocketConnection, wrap_client_stream
from wsproto.utilities import LocalProtocolError

from vibes_trio.config import load_config
from vibes_trio.context import App
from vibes_trio.server import Parts, serve

Json = Any
PackageVersion = Callable[[str], Awaitable[str | None]]


@asynccontextmanager
async def running(
    data_dir: Path, *, package_version: PackageVersion = package_version, **settings: str
) -> AsyncIterator[App]:
    """Give the App of a server that listens; stop it in order at the end. Recorded users may sign in."""
    settings = {
        "VIBES_DATA_DIR": str(data_dir),
        "VIBES_PORT": "0",
        "VIBES_MODULES": "cdn",
        "DEVICE_ID_CA_PRIV_KEY": USERS["ca"]["DEVICE_ID_CA_PRIV_KEY"],
        "DEVICE_ID_CA_CERT": USERS["ca"]["DEVICE_ID_CA_CERT"],
    } | settings
    parts = Parts(now=lambda: NOW, package_version=package_version, env={})
    listening: list[App] = []
    started, stop = trio.Event(), trio.Event()

    def announce(app: App) -> None:
        listening.append(app)
        started.set()

    async def run() -> None:
        await serve(load_config(settings), announce=announce, stop=stop, parts=parts)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(run)
        with trio.fail_after(30):
            await started.wait()
        try:
            yield listening[0]
        finally:
            stop.set()


@dataclass
class HttpClient:
    """One kept-alive connection; answers come one by one, with a Content-Length."""

    stream: trio.SocketStream
    unread: bytes = b""

    async def send(self, method: str, target: str, host: str, body: bytes = b"", **headers: str) -> None:
        lines = [f"{method} {target} HTTP/1.1", f"host: {host}", f"content-length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        await self.stream.send_all("\r\n".join([*lines, "", ""]).encode() + body)

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        while b"\r\n\r\n" not in self.unread:
            self.unread += await self._more()
        head, _, self.unread = self.unread.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        length = int(headers.get("content-length", "0"))
        while len(self.unread) < length:
            self.unread += await self._more()
        body, self.unread = self.unread[:length], self.unread[length:]
        return int(status.split(" ")[1]), headers, body

    async def ask(self, token: str, kind: str, **payload: Json) -> Json:
        """Post a message; return the payload of its reply."""
        body = envelope(token, kind, **payload)
        await self.send("POST", "/v1/api", "localhost", body, content_type="application/json")
        _, _, answered = await self.answer()
        return json.loads(answered)["payload"]

    async def get(self, host: str, target: str = "/", **headers: str) -> tuple[int, dict[str, str], bytes]:
        await self.send("GET", target, host, **headers)
        return await self.answer()

    async def _more(self) -> bytes:
        with trio.fail_after(30):
            data = await self.stream.receive_some(65536)
        assert data, "the server closed the connection"
        return bytes(data)


@asynccontextmanager
async def http_client(port: int) -> AsyncIterator[HttpClient]:
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        yield HttpClient(stream)


@asynccontextmanager
async def websocket(port: int) -> AsyncIterator[WebSocketConnection]:
    """A WebSocket by trio-websocket: another implementation than the server's.

    Its reader answers a ping that comes while it closes with an error: what ends so has ended.
    """
    try:
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream, trio.open_nursery() as nursery:
            socket = await wrap_client_stream(nursery, stream, f"127.0.0.1:{port}", "/v1/ws")
            try:
                yield socket
            finally:
                with trio.move_on_after(5, shield=True):
                    await socket.aclose()
    except* LocalProtocolError as errors:
        if errors.subgroup(lambda error: isinstance(error, LocalProtocolError) and "Pong" not in str(error)):
            raise
