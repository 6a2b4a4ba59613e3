import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
import trio
from trio_websocket import ConnectionClosed, WebSocketRequest, serve_websocket

from vibes_trio import errors
from vibes_trio.client.api import open_api, open_connections
from vibes_trio.client.failures import CannotConnect, ConnectionLost
from vibes_trio.config import Limits
from vibes_trio.wire.auth import DashAuth
from vibes_trio.wire.chat import ReqEnsureChatContext, ResEnsureChatContext

Answer = Callable[[dict[str, Any]], dict[str, Any] | None]


def credentials() -> DashAuth:
    return DashAuth(type="device-id", token="t")


@dataclass
class Counted:
    """What a server saw: how many connections, and the `tid`s of all messages."""

    connections: int = 0
    tids: list[str] = field(default_factory=list)


@asynccontextmanager
async def serving(answer: Answer, counted: Counted | None = None) -> AsyncIterator[str]:
    """Run a WebSocket server on loopback that answers each payload; None hangs up."""

    counted = counted or Counted()

    async def serve(request: WebSocketRequest) -> None:
        counted.connections += 1
        socket = await request.accept()
        try:
            while True:
                message = json.loads(await socket.get_message())
                counted.tids.append(message["tid"])
                payload = answer(message["payload"])
                if payload is None:
                    return await socket.aclose(1001, "restarting")
                reply = {"tid": message["tid"], "src": "s", "dst": "c", "ttl": 10, "payload": payload}
                await socket.send_message(json.dumps(reply))
        except ConnectionClosed:
            return None

    async with trio.open_nursery() as nursery:
        server = await nursery.start(partial(serve_websocket, serve, "127.0.0.1", 0, ssl_context=None))
        try:
            yield f"http://127.0.0.1:{server.port}"
        finally:
            nursery.cancel_scope.cancel()


async def test_a_request_gets_the_response_of_its_type_over_a_real_socket() -> None:
    asked: list[dict[str, Any]] = []

    def answer(payload: dict[str, Any]) -> dict[str, Any]:
        asked.append(payload)
        return {"type": "vibes.diy.res-ensure-chat-context", "contextId": payload["contextId"]}

    async with serving(answer) as url, open_api(url, credentials) as api:
        res = await api.request(ReqEnsureChatContext(context_id="ctx"))

    assert res == ResEnsureChatContext(context_id="ctx")
    assert asked[0]["auth"] == {"type": "device-id", "token": "t"}


async def test_an_error_reply_is_raised_as_itself_through_the_connection() -> None:
    refusal = {"type": "vibes.diy.res-error", "message": "taken", "code": "slug-taken", "error": {}}

    async with serving(lambda payload: refusal) as url:
        with pytest.raises(errors.SlugTaken, match="taken"):
            async with open_api(url, credentials) as api:
                await api.request(ReqEnsureChatContext())


async def test_a_server_that_hangs_up_is_a_lost_connection() -> None:
    async with serving(lambda payload: None) as url:
        with pytest.raises(ConnectionLost, match="restarting"):
            async with open_api(url, credentials) as api:
                await api.request(ReqEnsureChatContext())


async def test_a_reply_of_another_type_is_refused() -> None:
    async with serving(lambda payload: {"type": "vibes.diy.res-other"}) as url:
        with pytest.raises(errors.VibesError, match="none to this message"):
            async with open_api(url, credentials) as api:
                await api.request(ReqEnsureChatContext())


async def test_where_only_http_gets_through_messages_go_by_post() -> None:
    async def handle(stream: trio.SocketStream) -> None:
        async with stream:
            data = bytes(await stream.receive_some(65536))
            if data.startswith(b"POST"):
                answer = b'{"type":"error","message":"m","code":"bad-envelope"}'
                head = (
                    f"HTTP/1.1 400 X\r\ncontent-length: {len(answer)}\r\nconnection: close\r\n\r\n".encode()
                )
                await stream.send_all(head + answer)
            else:
                await stream.send_all(b"HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n")

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(trio.serve_tcp, handle, 0)
        port = listeners[0].socket.getsockname()[1]
        async with open_api(f"http://127.0.0.1:{port}", credentials) as api:
            hint = api.hint
        nursery.cancel_scope.cancel()

    assert "HTTP status 503 instead of a WebSocket" in hint
    assert api.clock_ahead_s is None


async def test_many_requests_are_under_way_at_once_on_one_connection() -> None:
    """Each waits for its own answer, whichever comes first."""

    def answer(payload: dict[str, Any]) -> dict[str, Any]:
        return {"type": "vibes.diy.res-ensure-chat-context", "contextId": payload["contextId"]}

    async with serving(answer) as url, open_api(url, credentials) as api, trio.open_nursery() as nursery:

        async def ask(name: str) -> None:
            assert (await api.request(ReqEnsureChatContext(context_id=name))).context_id == name

        for number in range(200):
            nursery.start_soon(ask, f"c{number}")


async def test_users_share_the_connection_to_an_address() -> None:
    seen: set[str] = set()

    def answer(payload: dict[str, Any]) -> dict[str, Any]:
        seen.add(payload["auth"]["token"])
        return {"type": "vibes.diy.res-ensure-chat-context", "contextId": "c"}

    counted = Counted()
    async with serving(answer, counted) as url, open_connections() as connections:
        for name in ("ada", "eve"):
            api = await connections.api(url, name)
            await api.request(ReqEnsureChatContext())

    assert seen == {"ada", "eve"}
    assert counted.connections == 1


async def test_there_is_a_bound_on_addresses() -> None:
    async with (
        serving(lambda payload: {}) as url,
        open_connections(Limits(client_addresses=1)) as connections,
    ):
        await connections.api(url)
        await connections.api(url)
        with pytest.raises(CannotConnect, match="connections to 1 servers already"):
            await connections.api(url + "/other")


async def test_what_reads_is_asked_again_over_a_new_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server hangs up on the first message, as one does that is restarted."""
    answers: list[dict[str, Any] | None] = [
        None,
        {"type": "vibes.diy.res-ensure-chat-context", "contextId": "c"},
    ]
    counted = Counted()
    limits = Limits(reconnect_base_s=0.001)
    async with serving(lambda payload: answers.pop(0), counted) as url, open_api(url, limits=limits) as api:
        res = await api.request(ReqEnsureChatContext(context_id="c"))

    assert res.context_id == "c"
    assert counted.connections == 2
    assert len(set(counted.tids)) == 1, "the second try is the same message"


async def test_a_server_that_always_hangs_up_is_asked_so_many_times() -> None:
    counted = Counted()
    limits = Limits(reconnect_base_s=0.001, request_tries=3)
    async with serving(lambda payload: None, counted) as url, open_api(url, limits=limits) as api:
        with pytest.raises(ConnectionLost, match="restarting"):
            await api.request(ReqEnsureChatContext(context_id="c"))

    assert len(counted.tids) == 3


async def test_what_makes_something_is_not_sent_twice_and_the_next_request_finds_a_connection() -> None:
    answers: list[dict[str, Any] | None] = [
        None,
        {"type": "vibes.diy.res-ensure-chat-context", "contextId": "c"},
    ]
    limits = Limits(reconnect_base_s=0.001)
    async with serving(lambda payload: answers.pop(0)) as url, open_api(url, limits=limits) as api:
        with pytest.raises(ConnectionLost, match="restarting"):
            await api.request(ReqEnsureChatContext())
        assert api.clock_ahead_s is None or api.hint == ""

        assert (await api.request(ReqEnsureChatContext())).context_id == "c"
