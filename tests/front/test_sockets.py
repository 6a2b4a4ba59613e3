"""Listening, accepting and single connections, on loopback and with a fake listener."""

import errno
import socket
import struct

import pytest
import trio
import trio.testing

from vibes_trio.config import Limits
from vibes_trio.front.sockets import Line, accept_from, close_listeners, open_listeners

LIMITS = Limits()


def pair() -> tuple[Line, socket.socket]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    return Line(ours, 10), theirs


async def test_a_listener_takes_a_free_port_and_sets_the_options_of_its_connections():
    listeners = await open_listeners("127.0.0.1", 0, LIMITS)
    try:
        port = listeners[0].getsockname()[1]
        assert port > 0
        accepted: list[socket.socket] = []
        async with trio.open_nursery() as nursery:
            nursery.start_soon(accept_from, listeners[0], accepted.append)
            with socket.create_connection(("127.0.0.1", port)):
                await trio.testing.wait_all_tasks_blocked(0.01)
                (connection,) = accepted
                assert connection.getblocking() is False
                assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
                assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 20_000
                connection.close()
            nursery.cancel_scope.cancel()
    finally:
        close_listeners(listeners)
        close_listeners(listeners)  # once more does no harm


async def test_who_has_read_all_waits_before_it_tries_again(monkeypatch):
    line, theirs = pair()
    theirs.send(b"now")
    assert await line.receive_later(2) == b"no"
    line.buffer = b"before "
    assert await line.receive_later(10) == b"before "
    assert await line.receive_later(10) == b"w"

    async def wake_too_early(sock):
        await trio.lowlevel.checkpoint()
        theirs.close()
        monkeypatch.undo()

    monkeypatch.setattr(trio.lowlevel, "wait_readable", wake_too_early)
    assert await line.receive_later(10) == b""
    line.close()


async def test_a_reset_is_an_end_for_who_waited():
    listener = socket.create_server(("127.0.0.1", 0))
    theirs = socket.create_connection(listener.getsockname())
    ours, _ = listener.accept()
    ours.setblocking(False)
    line = Line(ours, 10)
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    theirs.close()

    assert await line.receive_later(10) == b""
    line.close()
    listener.close()


async def test_all_addresses_of_a_host_share_one_port(monkeypatch):
    async def two(host, port, **rest):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"127.0.0.{i}", port)) for i in (1, 2)]

    monkeypatch.setattr(trio.socket, "getaddrinfo", two)
    listeners = await open_listeners("both", 0, LIMITS)
    names = [listener.getsockname() for listener in listeners]
    close_listeners(listeners)
    assert [name[0] for name in names] == ["127.0.0.1", "127.0.0.2"]
    assert names[0][1] == names[1][1] > 0


async def test_a_port_in_use_is_an_error_and_leaves_nothing_open():
    (first,) = await open_listeners("127.0.0.1", 0, LIMITS)
    with pytest.raises(OSError, match="in use"):
        await open_listeners("127.0.0.1", first.getsockname()[1], LIMITS)
    close_listeners([first])


class FakeListener:
    """Raises what it is told to, in order; then accepts nothing any more."""

    def __init__(self, *errors: int) -> None:
        self.errors = list(errors)
        self.waiting, self._keeps_quiet = socket.socketpair()

    def accept(self):
        if not self.errors:
            raise BlockingIOError
        raise OSError(self.errors.pop(0), "deliberate")

    def fileno(self):
        return self.waiting.fileno()

    def close(self):
        self.waiting.close()
        self._keeps_quiet.close()


async def test_accepting_pauses_when_out_of_descriptors_and_goes_on(autojump_clock, caplog):
    listener = FakeListener(errno.EMFILE, errno.ENFILE, errno.ECONNABORTED, errno.ENOMEM)
    with trio.move_on_after(5):
        await accept_from(listener, lambda sock: None)
    assert listener.errors == []
    assert len(caplog.records) == 3  # the client that left before it was served is not worth a word
    listener.close()


async def test_accepting_does_not_swallow_other_errors():
    listener = FakeListener(errno.EBADF)
    with pytest.raises(OSError, match="deliberate"):
        await accept_from(listener, lambda sock: None)
    listener.close()


async def test_what_was_put_back_is_received_first():
    line, theirs = pair()
    theirs.send(b"socket")
    line.buffer = b"buffer"
    assert await line.read() == b"socket"
    assert await line.receive() == b"buffer"
    theirs.close()
    assert await line.receive() == b""
    line.close()


async def test_a_reset_reads_as_the_end(monkeypatch):
    line, theirs = pair()
    theirs.close()
    assert await line.receive() == b""
    with pytest.raises(trio.BrokenResourceError):
        await line.send_all(b"x" * 10)
    line.close()


async def test_reading_without_waiting_still_lets_others_run():
    line, theirs = pair()
    turns = 0

    async def other():
        nonlocal turns
        while True:
            turns += 1
            await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(other)
        for _ in range(160):
            theirs.send(b"x")
            assert await line.receive() == b"x"
        assert turns >= 9
        nursery.cancel_scope.cancel()
    theirs.close()
    line.close()


async def test_more_than_the_socket_takes_is_sent_while_the_peer_reads():
    line, theirs = pair()
    theirs.setblocking(False)
    data = bytes(range(256)) * 20_000
    got = bytearray()

    async def read():
        while len(got) < len(data):
            await trio.lowlevel.wait_readable(theirs)
            got.extend(theirs.recv(65536))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        await line.send_all(data)
    assert got == data
    theirs.close()
    line.close()


async def test_a_peer_that_takes_nothing_breaks_the_line(autojump_clock):
    line, theirs = pair()
    started = trio.current_time()
    with pytest.raises(trio.BrokenResourceError, match="does not read"):
        await line.send_all(bytes(10_000_000))
    assert trio.current_time() - started == pytest.approx(10)
    theirs.close()
    line.close()


async def test_lingering_ends_with_the_peer_with_time_or_with_enough_bytes(autojump_clock):
    for say, end, took_s in [(b"", True, 0), (b"x" * 100, False, 2), (b"x" * 100_000, False, 0)]:
        line, theirs = pair()
        theirs.send(say)
        if end:
            theirs.shutdown(socket.SHUT_WR)
        started = trio.current_time()
        await line.linger(2)
        assert trio.current_time() - started == pytest.approx(took_s)
        assert theirs.recv(1) == b""
        theirs.close()
        line.close()


async def test_ending_a_line_whose_peer_is_gone_is_no_error():
    line, theirs = pair()
    theirs.close()
    line.end()
    line.cut()
    line.cut()
    line.close()
