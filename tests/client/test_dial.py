"""Servers that are there, that are not, and that are something else."""

import contextlib
import ssl
from functools import partial
from pathlib import Path

import pytest
import trio
from own_certificate import make_certificate

from vibes_trio.client.dial import open_connection
from vibes_trio.client.failures import CannotConnect
from vibes_trio.config import Limits

LIMITS = Limits(message_timeout_s=5, in_flight_per_connection=2)


async def test_connecting_where_nobody_listens_says_so() -> None:
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    await listener.aclose()

    with pytest.raises(CannotConnect, match=rf"127\.0\.0\.1:{port}"):
        async with open_connection(f"ws://127.0.0.1:{port}/", LIMITS):
            pytest.fail("nobody is there")


async def test_a_port_that_speaks_another_protocol_says_so() -> None:
    async def refuse(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        await stream.aclose()

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(partial(trio.serve_tcp, refuse, 0, host="127.0.0.1"))
        port = listeners[0].socket.getsockname()[1]

        with pytest.raises(CannotConnect, match="HTTP status 404"):
            async with open_connection(f"ws://127.0.0.1:{port}/", LIMITS):
                pytest.fail("no WebSocket is there")
        nursery.cancel_scope.cancel()


async def test_a_certificate_that_is_not_trusted_is_told_at_once(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(make_certificate(tmp_path / "own.pem"))

    async def handle(plain: trio.SocketStream) -> None:
        stream = trio.SSLStream(plain, context, server_side=True)
        with contextlib.suppress(trio.BrokenResourceError):
            await stream.do_handshake()
        await trio.aclose_forcefully(stream)

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(trio.serve_tcp, handle, 0)
        port = listeners[0].socket.getsockname()[1]
        with pytest.raises(CannotConnect, match=r"CERTIFICATE_VERIFY_FAILED.*SSL_CERT_FILE"):
            async with open_connection(f"wss://127.0.0.1:{port}/", Limits()):
                pass
        nursery.cancel_scope.cancel()


async def test_what_does_not_speak_tls_is_told_at_once() -> None:
    async def handle(stream: trio.SocketStream) -> None:
        await stream.receive_some(4096)
        await stream.send_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(trio.serve_tcp, handle, 0)
        port = listeners[0].socket.getsockname()[1]
        with pytest.raises(CannotConnect, match="no secure connection"):
            async with open_connection(f"wss://127.0.0.1:{port}/", Limits()):
                pass
        nursery.cancel_scope.cancel()
