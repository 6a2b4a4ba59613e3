"""A browser as far as HTTP goes: forms, cookies, and what it says of where it asks from; and codes to sign in."""

import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import trio
from serving import HttpClient, http_client
from trio_websocket import WebSocketConnection, wrap_client_stream

from vibes_trio.auth.codes import hash_code
from vibes_trio.browsers import COOKIE
from vibes_trio.context import App
from vibes_trio.exchange import UserId
from vibes_trio.storage.users import add_invite, add_user, find_user

OPENS = {"accept": "text/html", "sec-fetch-mode": "navigate", "sec-fetch-site": "none"}


@dataclass(frozen=True)
class Answered:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def token(self) -> str:
        """What the browser shows from now on."""
        return self.headers["set-cookie"].partition(";")[0].partition("=")[2]

    def has(self, words: str) -> bool:
        """Whether a page of ours says that, whichever other words stand between."""
        assert self.status == 200, self
        return words in self.text


@dataclass
class PageClient:
    """One browser without scripts. *cookie*: the session that it has."""

    app: App
    http: HttpClient
    cookie: str = ""
    sent: int = field(default=0)

    @property
    def host(self) -> str:
        return self.app.config.hostname_base

    async def get(self, path: str, headers: Mapping[str, str] = OPENS, host: str = "") -> Answered:
        return await self._ask(f"GET {path}", headers, b"", host)

    async def post(
        self, path: str, /, *, headers: Mapping[str, str] | None = None, **fields: str
    ) -> Answered:
        """Post a form of our own page; *headers* in place of its origin."""
        sent = {"origin": f"http://{self.host}"} if headers is None else headers
        return await self._ask(
            f"POST {path}", {"accept": "text/html", **sent}, urlencode(fields).encode(), ""
        )

    async def post_raw(self, path: str, body: bytes) -> Answered:
        """Post *body*, as a script of our own page does."""
        return await self._ask(f"POST {path}", {"origin": f"http://{self.host}"}, body, "")

    async def _ask(self, start: str, headers: Mapping[str, str], body: bytes, host: str) -> Answered:
        lines = [f"{start} HTTP/1.1", f"host: {host or self.host}"]
        lines += [f"{name}: {value}" for name, value in headers.items() if value]
        lines += [f"cookie: {COOKIE}={self.cookie}"] if self.cookie else []
        lines += [f"content-length: {len(body)}"] if start.startswith("POST") else []
        await self.http.stream.send_all("\r\n".join([*lines, "", ""]).encode() + body)
        status, answered, text = await self.http.answer()
        return Answered(status, answered, text.decode())


@asynccontextmanager
async def page_client(app: App) -> AsyncIterator[PageClient]:
    """Give a browser that nobody is signed in with."""
    async with http_client(app.config.port) as http:
        yield PageClient(app, http)


async def sign_in_code(app: App, name: str = "ada", *, valid_s: float = 600) -> str:
    """Return a code of the user *name*, who is added if need be."""
    user = await app.db.get(find_user, name)
    if user is None:
        user = await app.db.write(add_user, UserId(f"user-{name}"), name, f"{name}@example.org")
    code = secrets.token_hex(16)
    await app.db.write(add_invite, user.user_id, hash_code(code), valid_s=valid_s)
    return code


async def signed_in(app: App, name: str = "ada") -> str:
    """Return what a browser shows in which *name* is signed in."""
    async with page_client(app) as client:
        return (await client.post("/sign-in", code=await sign_in_code(app, name))).token


@asynccontextmanager
async def page_socket(
    app: App, cookie: str, origin: str = "", *, name: str = COOKIE, **headers: str
) -> AsyncIterator[WebSocketConnection]:
    """Give the WebSocket that a page of *origin* (our own, unless it is named) opens."""
    host = app.config.hostname_base
    sent = {"cookie": f"{name}={cookie}", "origin": origin or f"http://{host}"}
    sent |= {key.replace("_", "-"): value for key, value in headers.items()}
    fields = [(key.encode(), value.encode()) for key, value in sent.items() if value]
    async with (
        await trio.open_tcp_stream("127.0.0.1", app.config.port) as stream,
        trio.open_nursery() as nursery,
    ):
        socket = await wrap_client_stream(nursery, stream, host, "/v1/api", extra_headers=fields)
        try:
            yield socket
        finally:
            with trio.move_on_after(5, shield=True):
                await socket.aclose()


# Any: JSON.
async def say(socket: WebSocketConnection, kind: str = "vibes.diy.req-who-am-i", **payload: Any) -> Any:
    """Send a message, by default without any credentials; return the payload of its reply."""
    message = {"tid": "t", "src": "page", "dst": "server", "ttl": 1, "payload": {"type": kind, **payload}}
    await socket.send_message(json.dumps(message))
    return json.loads(await socket.get_message())["payload"]
