"""Messages by POST, one request each: for where something between this machine and the server passes no WebSocket."""

from __future__ import annotations

import secrets
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import msgspec
import trio

from vibes_trio.client.clock import calc_ahead_s
from vibes_trio.client.connection import TID_BYTES, Feed, Progress, write_envelope
from vibes_trio.client.failures import CannotConnect, ConnectionLost, NotSent, RequestTimedOut
from vibes_trio.config import Limits
from vibes_trio.errors import BadEnvelope, BadJson
from vibes_trio.late import late
from vibes_trio.wire.base import read_head

if TYPE_CHECKING:
    import httpx2
else:
    httpx2 = late("httpx2")

WANTED = "a proxy has to pass the headers Upgrade, Connection and Host on"
_TOO_LARGE = 413


class Posts:
    """Requests and replies by POST to *url*; has what `Connection` has for `Api`.

    Its mutable state: how far this clock was from the server's at the last answer.
    """

    def __init__(self, client: httpx2.AsyncClient, url: str, limits: Limits, hint: str) -> None:
        self.hint = hint
        self.clock_ahead_s: float | None = None
        self.lost = trio.Event()  # set by `give_up` alone: each message has a connection of its own
        self._client = client
        self._url = url
        self._limits = limits
        self._slots = trio.Semaphore(limits.in_flight_per_connection)

    async def exchange(
        self, payload: msgspec.Struct, *, tid: str = "", on_progress: Progress | None = None
    ) -> msgspec.Raw:
        """Send *payload* in an envelope; return the payload of the reply, whatever it is. No progress is told.

        Raises:
            TooLarge: no server takes a message of that size.
            NotSent: nobody took the connection.
            ConnectionLost: no reply came, or something that is none.
            RequestTimedOut: no reply within `limits.message_timeout_s`.
        """
        tid = tid or secrets.token_urlsafe(TID_BYTES)
        text = write_envelope(tid, payload, self._limits.max_frame_bytes)
        try:
            with trio.fail_after(self._limits.message_timeout_s):
                async with self._slots:
                    status, body = await self._post(text.encode())
        except trio.TooSlowError:
            raise RequestTimedOut(
                f"No reply within {self._limits.message_timeout_s:g} s. The server may be busy; what was asked for may "
                "have been done all the same."
            ) from None
        try:
            return read_head(body).envelope.payload
        except (BadJson, BadEnvelope) as error:
            why = (
                "; whatever is before the server takes no message of this size"
                if status == _TOO_LARGE
                else ""
            )
            raise ConnectionLost(f"{self._url}: answers with HTTP status {status}{why}.") from error

    async def open_feed(self, payload: msgspec.Struct) -> Feed:
        """Refuse: what comes later has no way here.

        Raises:
            CannotConnect: always.
        """
        raise CannotConnect(f"{self._url}: what happens can only be followed over a WebSocket. {self.hint}")

    def give_up(self, why: str) -> None:
        """Say that it is used no more."""
        self.lost.set()

    async def is_there(self) -> bool:
        """Return whether a server of ours answers, before anything is sent that is not for everybody's eyes."""
        try:
            with trio.fail_after(self._limits.head_timeout_s):
                _, body = await self._post(b"{}")
            return isinstance(msgspec.json.decode(body, type=_Refusal).code, str)
        except (ConnectionLost, msgspec.DecodeError, trio.TooSlowError):
            return False

    async def _post(self, data: bytes) -> tuple[int, bytes]:
        asked_at = time.time()
        try:
            async with self._client.stream(
                "POST", self._url, content=data, headers={"content-type": "application/json"}
            ) as answer:
                self.clock_ahead_s = calc_ahead_s(answer.headers.raw, asked_at, time.time())
                body = bytearray()
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    if len(body) > self._limits.hard_frame_bytes:
                        await answer.aclose()  # see outbound._read_body
                return answer.status_code, bytes(body)
        except httpx2.ConnectError as error:
            raise NotSent(f"{self._url}: {error or type(error).__name__}.") from error
        except httpx2.HTTPError as error:
            raise ConnectionLost(f"{self._url}: {error or type(error).__name__}.") from error


class _Refusal(msgspec.Struct, tag_field="type", tag="error"):
    """What a server of ours answers to JSON that is no envelope."""

    code: str


@asynccontextmanager
async def open_posts(url: str, limits: Limits, refused: CannotConnect) -> AsyncIterator[Posts]:
    """Hold a client open that posts to *url* (`http:` or `https:`), as no WebSocket was to be had there.

    Raises:
        CannotConnect: a POST isn't answered by a server of ours either.
    """
    timeout = httpx2.Timeout(None, connect=limits.head_timeout_s)  # all else is bounded above
    async with httpx2.AsyncClient(
        verify=ssl.create_default_context(), timeout=timeout, trust_env=False
    ) as client:
        posts = Posts(client, url, limits, f"{refused} Messages go by POST; for WebSockets {WANTED}.")
        if not await posts.is_there():
            raise CannotConnect(f"{refused} If the server is behind a proxy: {WANTED}.") from refused
        yield posts
