"""A package registry and another host on real sockets that answer byte for byte what a test wants, and a folder
of which one can tell what was written where."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import trio
from fake_registry import integrity_of

from vibes_trio.config import Limits
from vibes_trio.modules.registry.fetch import ensure_package
from vibes_trio.modules.registry.ranges import choose_document, parse_spec
from vibes_trio.outbound import Outbound, Registry

LIMITS = Limits(
    fetch_tries=1,
    package_timeout_s=30.0,
    document_bytes=100_000,
    package_list_bytes=5_000_000,
    package_bytes=1_000_000,
    package_unpacked_bytes=2_000_000,
    package_files=200,
    packages_per_lock=50,
)
SECRET = "the words of this server alone"
Reply = bytes | Callable[[trio.SocketStream], Awaitable[None]]


def answer(body: bytes | Any = b"", status: int = 200, **headers: str) -> bytes:
    """Return an answer with the JSON of *body*, or its bytes."""
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    named = {"content-length": str(len(content)), "connection": "close"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status} Odd\r\n{lines}\r\n".encode() + content


class Server:
    """Answers each connection once. Its state: its answers by path, and the paths asked for."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answers: dict[str, Reply] = {}
        self.asked: list[str] = []

    async def __call__(self, stream: trio.SocketStream) -> None:
        with suppress(trio.BrokenResourceError):
            head = b""
            while b"\r\n\r\n" not in head:
                if not (data := await stream.receive_some(4096)):
                    return  # a client that was stopped before it asked
                head += data
            path = head.decode().split()[1]
            self.asked.append(path)
            reply = self.answers.get(path, answer(b"", 404))
            await (stream.send_all(reply) if isinstance(reply, bytes) else reply(stream))


@dataclass(slots=True)
class World:
    """What a case takes place in. *before* is what was there beside the modules folder."""

    folder: Path
    registry: Server
    other: Server
    outbound: Outbound
    limits: Limits
    before: dict[str, bytes] = field(default_factory=dict)

    @property
    def modules_dir(self) -> Path:
        return self.folder / "data" / "modules"

    def add(self, name: str, version: str, archive: bytes, **changes: object) -> dict[str, Any]:
        """Serve *archive* as *version* of package *name*, its only one; return its document with *changes*."""
        path = f"/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
        dist = {"tarball": f"https://public.test{path}", "integrity": integrity_of(archive)}
        document = {"name": name, "version": version, "dist": dist} | changes
        listed = {"name": name, "dist-tags": {"latest": version}, "versions": {version: document}}
        start = f"/{name.replace('/', '%2F')}"
        self.registry.answers |= {
            f"{start}/{version}": answer(document),
            start: answer(listed),
            path: answer(archive),
        }
        return document

    async def bring(self, name: str, wanted: str) -> Path:
        """Return the folder with the package that *name* and the range *wanted* mean."""
        spec = parse_spec(name, wanted)
        document = await choose_document(self.outbound, self.modules_dir, spec, self.limits)
        return await ensure_package(self.outbound, self.modules_dir, document, self.limits)

    def written(self) -> set[str]:
        """Return the names of all files in the modules folder, once nothing else was touched or left behind.

        Only documents and whole packages are there: no half ones, nothing under a temporary name.
        """
        files = {path.relative_to(self.folder).as_posix(): path for path in self.folder.rglob("*")}
        inside = {name for name in files if name.startswith("data/modules/")}
        rest = {name: files[name].read_bytes() for name in files.keys() - inside if files[name].is_file()}
        assert rest == self.before, "something was written beside the store"
        assert not [name for name in files if name.endswith(".new")], "something half was left behind"
        assert not [name for name, path in files.items() if path.is_symlink()], "there is a link"
        return {name.removeprefix("data/modules/") for name in inside if files[name].is_file()}


@asynccontextmanager
async def hostile_world(
    folder: Path, limits: Limits = LIMITS, *, asks_others: bool = False
) -> AsyncIterator[World]:
    """Hold both servers open, and a client whose registry is the first; the other may be asked by *asks_others*."""
    (folder / "data").mkdir()
    (folder / "data" / "keys.json").write_text(f'{{"secret": "{SECRET}"}}')
    (folder / "data" / "secret.css").write_text(f"a::after {{ content: '{SECRET}' }}")
    async with trio.open_nursery() as nursery:
        servers = []
        for _ in range(2):
            [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
            servers.append(Server(listener.socket.getsockname()[1]))
            nursery.start_soon(trio.serve_listeners, servers[-1], [listener])
        registry, other = servers
        where = Registry(
            f"http://127.0.0.1:{registry.port}/",
            credentials={f"//127.0.0.1:{registry.port}/": "Bearer for-the-registry-alone"},
        )
        # As `open_outbound` makes it, but for the list of trusted certificates, which takes long to read.
        plain = httpx2.AsyncHTTPTransport(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        async with httpx2.AsyncClient(transport=plain, trust_env=False, timeout=None) as client:
            outbound = Outbound(client, where, limits)
            world = World(folder, registry, other, outbound, limits)
            world.before = {
                path.relative_to(folder).as_posix(): path.read_bytes()
                for path in folder.rglob("*")
                if path.is_file()
            }
            yield world
        nursery.cancel_scope.cancel()
    assert asks_others or other.asked == [], "another host was asked"
