"""One server, one control and one browser for all attacks; each attack has profiles of its own."""

import contextlib
import socket
import socketserver
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import pytest
from arena import Arena, Attack, arena, find_failures
from browser import find_chromium
from own_certificate import make_certificate
from unguarded import BASE, unguarded


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="session")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """The server, below which all apps are one site."""
    find_chromium()
    port = _free_port()
    folder = tmp_path_factory.mktemp("attacked")
    with unguarded() as control, arena(folder, control, f"http://{BASE}:{port}", port) as made:
        yield made


@pytest.fixture
def attempt(attacked: Arena, tmp_path: Path) -> Callable[[Sequence[Attack]], Awaitable[None]]:
    """Tries attacks on both: each has to work on the control, and none may on the server."""

    async def act(attacks: Sequence[Attack]) -> None:
        failures = await find_failures(attacked, attacks, tmp_path)
        assert not failures, "\n".join(failures)

    return act


@pytest.fixture
def attempt_with_tls(
    tmp_path: Path,
) -> Iterator[Callable[[Sequence[Attack]], Awaitable[None]]]:
    """As `attempt`, on a server behind a proxy that ends TLS."""
    find_chromium()
    with contextlib.ExitStack() as stack:
        control = stack.enter_context(unguarded())
        port = _free_port()
        tls_port = stack.enter_context(ending_tls(make_certificate(tmp_path / "own.pem"), port))
        made = stack.enter_context(arena(tmp_path, control, f"https://{BASE}:{tls_port}", port))

        async def act(attacks: Sequence[Attack]) -> None:
            failures = await find_failures(made, attacks, tmp_path)
            assert not failures, "\n".join(failures)

        yield act


@contextlib.contextmanager
def ending_tls(certificate: Path, port: int) -> Iterator[int]:
    """Listen with TLS in threads, and pass on what comes to *port*; give where."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    class Passing(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with (
                contextlib.suppress(OSError),
                context.wrap_socket(self.request, server_side=True) as browser,
                socket.create_connection(("127.0.0.1", port)) as server,
            ):
                back = threading.Thread(target=_pump, args=(server, browser), daemon=True)
                back.start()
                _pump(browser, server)
                back.join(5)

    class Listening(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Listening(("127.0.0.1", 0), Passing) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield listening.server_address[1]
        listening.shutdown()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
