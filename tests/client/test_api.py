import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
import trio
from trio_websocket import ConnectionClosed, WebSocketRequest, serve_websocket

from vibes_trio import errors
from vibes_trio.client.api import connect, read_error, response_type, websocket_url
from vibes_trio.client.connection import CannotConnect, ConnectionLost
from vibes_trio.wire.auth import DashAuth
from vibes_trio.wire.base import ErrorReply
from vibes_trio.wire.chat import ReqEnsureChatContext, ResEnsureChatContext
from vibes_trio.wire.deploy import ReqEnsureAppSlug, ResEnsureAppSlug

Answer = Callable[[dict[str, Any]], dict[str, Any] | None]


def credentials() -> DashAuth:
    return DashAuth(type="device-id", token="t")


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[str]:
    """Run a WebSocket server on loopback that answers each payload; None hangs up."""

    async def serve(request: WebSocketRequest) -> None:
        socket = await request.accept()
        try:
            while True:
                message = json.loads(await socket.get_message())
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

    async with serving(answer) as url, connect(url, credentials) as api:
        res = await api.request(ReqEnsureChatContext(context_id="ctx"))

    assert res == ResEnsureChatContext(context_id="ctx")
    assert asked[0]["auth"] == {"type": "device-id", "token": "t"}


async def test_an_error_reply_is_raised_as_itself_through_the_connection() -> None:
    refusal = {"type": "vibes.diy.res-error", "message": "taken", "code": "slug-taken", "error": {}}

    async with serving(lambda payload: refusal) as url:
        with pytest.raises(errors.SlugTaken, match="taken"):
            async with connect(url, credentials) as api:
                await api.request(ReqEnsureChatContext())


async def test_a_server_that_hangs_up_is_a_lost_connection() -> None:
    async with serving(lambda payload: None) as url:
        with pytest.raises(ConnectionLost, match="restarting"):
            async with connect(url, credentials) as api:
                await api.request(ReqEnsureChatContext())


async def test_a_reply_of_another_type_is_refused() -> None:
    async with serving(lambda payload: {"type": "vibes.diy.res-other"}) as url:
        with pytest.raises(errors.VibesError, match="none to this message"):
            async with connect(url, credentials) as api:
                await api.request(ReqEnsureChatContext())


@pytest.mark.parametrize(
    ("request_type", "response"),
    [(ReqEnsureChatContext, ResEnsureChatContext), (ReqEnsureAppSlug, ResEnsureAppSlug)],
)
def test_a_request_names_its_response(request_type: Any, response: type) -> None:
    assert response_type(request_type) is response


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:8787", "ws://localhost:8787/v1/ws"),
        ("https://apps.example/", "wss://apps.example/v1/ws"),
        ("ws://[::1]:80/socket?x=1", "ws://[::1]:80/socket?x=1"),
    ],
)
def test_the_socket_of_a_server(url: str, expected: str) -> None:
    assert websocket_url(url) == expected


@pytest.mark.parametrize("url", ["localhost:8787", "ftp://host", "http://", "http://host:port", "http://[::"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(CannotConnect, match="is no address"):
        websocket_url(url)


@pytest.mark.parametrize("kind", [*errors.VibesError.__subclasses__()])
def test_every_code_becomes_its_class(kind: type[errors.VibesError]) -> None:
    payload = {"message": "what went wrong", "code": kind.code, "limit": 10}

    error = read_error(ErrorReply(message="what went wrong", code=kind.code), payload)

    assert type(error) is kind


def test_a_transform_failure_keeps_its_place_and_says_it_once() -> None:
    told = errors.TransformFailed("Unexpected token", filename="/App.jsx", line=3, column=7)
    payload = {"message": told.message, "code": told.code, **told.detail}

    error = read_error(ErrorReply(message=told.message, code=told.code), payload)

    assert isinstance(error, errors.TransformFailed)
    assert (error.message, error.detail, error.words) == (told.message, told.detail, told.words)


def test_an_unknown_code_is_carried_along() -> None:
    error = read_error(
        ErrorReply(message="m", code="brand-new"), {"message": "m", "code": "brand-new", "x": 1}
    )

    assert type(error) is errors.VibesError
    assert error.detail == {"code": "brand-new", "x": 1}


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
        async with connect(f"http://127.0.0.1:{port}", credentials) as api:
            hint = api.hint
        nursery.cancel_scope.cancel()

    assert "HTTP status 503 instead of a WebSocket" in hint
    assert api.clock_ahead_s is None
