"""Messages by POST, where a proxy passes no WebSocket."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2
import pytest
import trio

from vibes_trio.client.failures import CannotConnect, ConnectionLost, NoWebSocket, RequestTimedOut
from vibes_trio.client.posts import Posts, open_posts
from vibes_trio.config import Limits
from vibes_trio.errors import TooLarge
from vibes_trio.wire.chat import ReqEnsureChatContext

REFUSED = NoWebSocket("ws://x: answers, but with HTTP status 503 instead of a WebSocket.")
NO_ENVELOPE = b'{"type":"error","message":"m","code":"bad-envelope"}'
Respond = Callable[[bytes], tuple[int, bytes]]


@dataclass
class Peer:
    """Something that answers POST: its address, and the bodies that came."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)


@asynccontextmanager
async def serving(respond: Respond) -> AsyncIterator[Peer]:
    """Answer each request on loopback by its body."""
    peer = Peer()

    async def handle(stream: trio.SocketStream) -> None:
        async with stream:
            data = b""
            while b"\r\n\r\n" not in data:
                data += await stream.receive_some(65536)
            head, _, body = data.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            while len(body) < length:
                body += await stream.receive_some(65536)
            peer.bodies.append(body)
            status, answer = respond(body)
            lines = f"HTTP/1.1 {status} X\r\ncontent-length: {len(answer)}\r\nconnection: close\r\n"
            date = "date: Sun, 09 Sep 2001 01:46:40 GMT\r\n"
            await stream.send_all(f"{lines}{date}\r\n".encode() + answer)

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(trio.serve_tcp, handle, 0)
        peer.url = f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}/v1/ws"
        yield peer
        nursery.cancel_scope.cancel()


def reply(body: bytes) -> tuple[int, bytes]:
    """Answer as a server of ours does."""
    if body == b"{}":
        return 400, NO_ENVELOPE
    asked = json.loads(body)
    payload = {"type": "vibes.diy.res-ensure-chat-context", "contextId": asked["payload"]["contextId"]}
    return 200, json.dumps({**asked, "payload": payload}).encode()


async def test_a_message_is_a_post_and_its_reply_the_answer() -> None:
    async with serving(reply) as peer, open_posts(peer.url, Limits(), REFUSED) as posts:
        payload = await posts.exchange(ReqEnsureChatContext(context_id="c"))

    assert json.loads(bytes(payload))["contextId"] == "c"
    assert "503" in posts.hint
    assert "Upgrade, Connection and Host" in posts.hint
    assert posts.clock_ahead_s is not None
    assert posts.clock_ahead_s > 7e8, "the peer lives in 2001"


@pytest.mark.parametrize(
    ("status", "body"),
    [(502, b"<html>"), (200, b"{}"), (200, b'{"type": "error"}'), (400, b'{"type": "other", "code": "x"}')],
)
async def test_nothing_of_an_app_is_sent_to_what_is_no_server_of_ours(status: int, body: bytes) -> None:
    async with serving(lambda _: (status, body)) as peer:
        with pytest.raises(CannotConnect, match=r"503 instead.*a proxy has to pass the headers Upgrade"):
            async with open_posts(peer.url, Limits(), REFUSED):
                pass

    assert peer.bodies == [b"{}"]


async def test_nobody_there_is_no_server_of_ours() -> None:
    with pytest.raises(CannotConnect):
        async with open_posts("http://127.0.0.1:9/", Limits(), REFUSED):
            pass


@pytest.mark.parametrize(("status", "words"), [(413, "no message of this size"), (504, "HTTP status 504")])
async def test_an_answer_that_is_none_is_told(status: int, words: str) -> None:
    async with (
        serving(lambda body: reply(body) if body == b"{}" else (status, b"<html>")) as peer,
        open_posts(peer.url, Limits(), REFUSED) as posts,
    ):
        with pytest.raises(ConnectionLost, match=words):
            await posts.exchange(ReqEnsureChatContext(context_id="c"))


async def test_a_message_over_the_limit_is_not_sent() -> None:
    async with (
        serving(reply) as peer,
        open_posts(peer.url, Limits(max_frame_bytes=10), REFUSED) as posts,
    ):
        with pytest.raises(TooLarge):
            await posts.exchange(ReqEnsureChatContext(context_id="c"))

    assert len(peer.bodies) == 1


async def test_an_endless_answer_is_cut_off() -> None:
    async with (
        serving(lambda body: (200, b" " * 5000)) as peer,
        httpx2.AsyncClient() as client,
    ):
        posts = Posts(client, peer.url, Limits(hard_frame_bytes=1000), "")
        with pytest.raises(ConnectionLost):
            await posts.exchange(ReqEnsureChatContext(context_id="c"))


async def test_a_reply_that_never_comes_is_not_waited_for_for_ever(autojump_clock: trio.abc.Clock) -> None:
    async def never(request: httpx2.Request) -> httpx2.Response:
        await trio.sleep_forever()

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(never)) as client:
        posts = Posts(client, "http://x.test/", Limits(message_timeout_s=5), "")
        with pytest.raises(RequestTimedOut, match="5 s"):
            await posts.exchange(ReqEnsureChatContext(context_id="c"))
        assert not await posts.is_there()
