"""A client of a WebSocket that subscribes, without the socket: a `Link` in memory, and one that reads a real one."""

import json
from typing import Any

import trio
from answering import answer
from asking import envelope

from vibes_trio.context import App
from vibes_trio.exchange import Kept, MessageIncoming
from vibes_trio.handlers import PIPELINE

Json = Any

SUBSCRIBE = "vibes.diy.req-subscribe-chat-sections"
SUBSCRIBE_RELEASES = "vibes.diy.req-subscribe-releases"
SUBSCRIBE_APPS = "vibes.diy.req-subscribe-apps"
UNSUBSCRIBE = "vibes.diy.req-unsubscribe"


class FakeLink:
    """A client that takes all at once, or, *stuck*, nothing. State: what it was told, and whether it was cut."""

    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}
        self.frames: list[Json] = []
        self.over = False
        self.stuck = False
        self.waiting_bytes = 0
        self.cut_for = ""
        self._changed = trio.Event()

    def send(self, *parts: bytes) -> None:
        if self.over:
            return
        text = b"".join(parts)
        self.frames.append(json.loads(text))
        if self.stuck:
            self.waiting_bytes += len(text)
        self._tell()

    def cut(self, reason: str) -> None:
        self.cut_for = reason
        self.end()

    def take(self, size: int) -> None:
        """Take *size* bytes of what waits."""
        self.waiting_bytes = max(0, self.waiting_bytes - size)
        self._tell()

    def end(self) -> None:
        self.over = True
        while self.kept:
            self.kept.popitem()[1].end()
        self._tell()

    async def drained(self, below_bytes: int) -> None:
        while self.waiting_bytes >= below_bytes and not self.over:
            await self._changed.wait()

    async def until(self, count: int) -> list[Json]:
        """Return the payloads of the first *count* frames, once they are there."""
        with trio.fail_after(10):
            while len(self.frames) < count:
                await self._changed.wait()
        return [frame["payload"] for frame in self.frames[:count]]

    async def ask(self, app: App, user: str, kind: str, **payload: Json) -> Json:
        """Send a message; return the reply's payload, which stands among the frames, too."""
        incoming = MessageIncoming(envelope(user, kind, **payload), link=self)
        reply = await answer(app, PIPELINE, incoming)
        self.send(bytes(reply.body))
        if reply.after is not None:
            reply.after()
        return json.loads(reply.body)["payload"]

    def _tell(self) -> None:
        self._changed.set()
        self._changed = trio.Event()
