"""What one process of a server tells another: frames and sockets whole and in order, or the end."""

import os
import socket
from contextlib import closing
from dataclasses import replace

import msgspec
import pytest
import trio
import trio.testing

from vibes_trio.config import Limits, load_config
from vibes_trio.exchange import Later, MessageIncoming, Reply
from vibes_trio.front.serve import serve_front
from vibes_trio.front.sockets import open_listeners
from vibes_trio.front.state import Front
from vibes_trio.storage.feed import EVERYTHING, AppLogged, Releases, Revocations, Sections, Settings
from vibes_trio.workers.channel import Channel, Frame, Kind
from vibes_trio.workers.owner import (
    Orders,
    Readers,
    answer_settled,
    decode_check,
    decode_orders,
    encode_orders,
)


class Pair:
    """Two channels, or one and the bare socket at its other end."""

    def __init__(self, timeout_s=5.0):
        self.raw, self.raw_there = socket.socketpair()
        self.here, self.there = Channel(self.raw, timeout_s), Channel(self.raw_there, timeout_s)


@pytest.fixture
async def pair():
    made = Pair()
    yield made
    made.here.close()
    made.there.close()


def open_descriptors():
    return len(os.listdir("/proc/self/fd"))


# -- the channel --------------------------------------------------------------------------------------------


async def test_frames_of_many_senders_come_whole_and_each_with_its_own_socket(pair):
    """Far more bytes than the system's buffer holds, so frames are sent in pieces."""
    sockets = {number: socket.socketpair() for number in range(40)}
    sizes = {number: number * 7919 % 70_000 for number in sockets}

    async def send(number):
        data = number.to_bytes(2) + bytes([number]) * sizes[number]
        carried = (sockets[number][0],) if number % 3 else ()
        await pair.here.send(Frame(Kind.CONNECTION, data, carried))

    received = []
    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            for number in sockets:
                nursery.start_soon(send, number)
            for _ in sockets:
                received.append(await pair.there.receive())

    for frame in received:
        number = int.from_bytes(frame.data[:2])
        assert frame.data[2:] == bytes([number]) * sizes[number]
        assert len(frame.sockets) == (1 if number % 3 else 0)
        for carried in frame.sockets:
            assert not carried.get_inheritable()
            carried.sendall(bytes([number]))
            assert sockets[number][1].recv(9) == bytes([number])
            carried.close()
    assert len(received) == len(sockets)
    for ends in sockets.values():
        ends[0].close()
        ends[1].close()


async def test_what_was_sent_before_the_end_is_received_and_then_none(pair):
    await pair.here.send(Frame(Kind.CHECK, b"1"))
    await pair.here.send(Frame(Kind.DRAIN))
    pair.raw.shutdown(socket.SHUT_WR)

    received = [await pair.there.receive() for _ in range(3)]

    assert received == [Frame(Kind.CHECK, b"1"), Frame(Kind.DRAIN), None]


@pytest.mark.parametrize("length", range(1, 12))
async def test_half_a_frame_is_none_and_leaves_no_socket_open(pair, length):
    """As when the other process is killed while it sends."""
    carried, other = socket.socketpair()
    before = open_descriptors()
    frame = bytes([Kind.CONNECTION, 1, 0, 0, 0, 6]) + b"GET / "

    socket.send_fds(pair.raw, [frame[:length]], [carried.fileno()])
    pair.raw.shutdown(socket.SHUT_WR)
    received = await pair.there.receive()

    assert received is None
    assert open_descriptors() == before
    carried.close()
    other.close()


async def test_a_frame_whose_socket_got_lost_comes_without_and_the_next_is_right(pair):
    """The system drops descriptors that the receiver has no room for."""
    carried, other = socket.socketpair()
    pair.raw.sendall(bytes([Kind.CONNECTION, 1, 0, 0, 0, 4]) + b"lost")
    await pair.here.send(Frame(Kind.CONNECTION, b"right", (carried,)))

    lost, right = await pair.there.receive(), await pair.there.receive()

    assert lost == Frame(Kind.CONNECTION, b"lost")
    assert (right.data, len(right.sockets)) == (b"right", 1)
    for sock in (carried, other, *right.sockets):
        sock.close()


async def test_nobody_waits_for_ever_for_one_that_does_not_read():
    pair = Pair(timeout_s=0.05)

    with trio.fail_after(10), pytest.raises(trio.BrokenResourceError):
        await pair.here.send(Frame(Kind.CHECK, b"x" * 5_000_000))

    pair.here.close()
    assert await pair.there.receive() is None
    pair.there.close()


async def test_one_that_is_gone_is_told_of_when_something_is_sent(pair):
    pair.there.close()

    with pytest.raises(trio.BrokenResourceError):
        await pair.here.send(Frame(Kind.HELLO))
    assert await pair.here.receive() is None


async def test_a_cancelled_sender_leaves_no_half_frame_behind(pair):
    """The socket's buffer is full in the middle of its frame."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(pair.here.send, Frame(Kind.CHECK, b"y" * 2_000_000))
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
        with trio.CancelScope(shield=True):
            whole = await pair.there.receive()
    await pair.here.send(Frame(Kind.DRAIN))

    assert whole.data == b"y" * 2_000_000
    assert await pair.there.receive() == Frame(Kind.DRAIN)


# -- orders, and a deploy's reply ---------------------------------------------------------------------------


def test_orders_arrive_as_they_were_given(tmp_path):
    env = {
        "VIBES_DATA_DIR": str(tmp_path),
        "CALLAI_API_KEY": "k",
        "CLERK_PUB_JWT_KEY": "p",
        "VIBES_WORKERS": "3",
    }
    config = load_config(env).with_port(80)
    orders = Orders(replace(config, limits=Limits(max_connections=3, send_timeout_s=0.5)), True, "debug")

    assert decode_orders(encode_orders(orders)) == orders


@pytest.mark.parametrize("changed", [True, False])
async def test_a_reply_waits_for_the_readers_only_if_releases_changed(changed):
    version = 1
    steps = []

    async def answer(incoming, turn):
        nonlocal version
        version += changed
        steps.append("answered")
        return Reply(200, (), b"done")

    async def settle():
        steps.append("settled")

    reply = await answer_settled(lambda: version, settle, answer, MessageIncoming(b""), None)

    assert reply.body == b"done"
    assert steps == (["answered", "settled"] if changed else ["answered"])


def test_what_is_promised_stays_so_that_its_connection_can_give_it_up():
    promised = Later(None, lambda got: got)

    async def settle():
        raise AssertionError("readers keep nothing of chats")

    reply = answer_settled(lambda: 1, settle, lambda incoming, turn: promised, MessageIncoming(b""), None)

    assert reply is promised


@pytest.mark.parametrize("beyond", [False, True])
async def test_readers_are_told_what_they_keep_and_no_more_than_a_bound(beyond):
    config = load_config({"VIBES_DATA_DIR": "/nowhere"})
    config = replace(config, limits=Limits(changes_waiting=3))

    with closing(Readers(1, Orders(config, False, "info"), (), trio.Event())) as readers:
        changes = [Settings(f"U{number}") for number in range(4 if beyond else 3)]
        for change in (*changes, Sections("z1", 1), Revocations(), AppLogged("garden", "ada", 1)):
            readers.hear(change)

        assert readers._untold == ([EVERYTHING] if beyond else changes)
        assert readers.heard == len(changes)


async def test_what_a_check_tells_comes_out_as_it_was():
    changes = (Releases(3, (("garden", "ada", "U"),)), Settings("U"), EVERYTHING)

    assert decode_check(b"12345678" + msgspec.json.encode(changes)) == (b"12345678", changes)


async def test_without_readers_there_is_nothing_to_wait_for():
    orders = Orders(load_config({"VIBES_DATA_DIR": "/nowhere"}), False, "info")

    with trio.fail_after(1), closing(Readers(1, orders, (), trio.Event())) as readers:
        await readers.settle()


# -- handing over -------------------------------------------------------------------------------------------


async def say_who(name, incoming, turn):
    return Reply(200, (), f"{name} {incoming.method} {incoming.target}".encode())


async def test_a_front_that_hands_over_answers_reading_of_apps_alone():
    """Two fronts in one process, one handing over to the other."""
    limits, draining, pair = Limits(), trio.Event(), Pair()
    owner = Front(lambda i, t: say_who("owner", i, t), lambda _: None, limits, draining)

    async def hand_over(sock, received):
        await pair.here.send(Frame(Kind.CONNECTION, received, (sock,)))

    reader = replace(owner, answer=lambda i, t: say_who("reader", i, t), hand_over=hand_over)

    async def source(take, *, task_status):
        task_status.started()
        while frame := await pair.there.receive():
            frame.sockets[0].setblocking(False)
            take(frame.sockets[0], frame.data)

    requests = [
        (b"GET /a HTTP/1.1\r\nHost: app--user.localhost\r\n\r\n", "reader GET /a"),
        (b"HEAD /~esm/a HTTP/1.1\r\nHost: localhost\r\n\r\n", ""),
        (b"GET /~esm/b HTTP/1.1\r\nHost: localhost\r\n\r\n", "reader GET /~esm/b"),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", "owner GET /healthz"),
        (b"GET /c HTTP/1.1\r\nHost: app--user.localhost\r\n\r\n", "owner GET /c"),  # there it stays
    ]
    listeners = await open_listeners("127.0.0.1", 0, limits)
    answers = b""
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_front, owner, (), source)
        await nursery.start(serve_front, reader, listeners)
        stream = await trio.open_tcp_stream(*listeners[0].getsockname())
        async with stream:
            await stream.send_all(b"".join(request for request, _ in requests))
            with trio.fail_after(5):
                while not answers.endswith(b"owner GET /c"):
                    answers += await stream.receive_some()
        draining.set()
        pair.here.end()
    pair.here.close()
    pair.there.close()

    places = [answers.index(said.encode()) for _, said in requests if said]
    assert places == sorted(places)
    assert answers.count(b"HTTP/1.1 200") == len(requests)


async def test_a_front_whose_owner_is_gone_ends_the_connection():
    limits, draining = Limits(), trio.Event()

    async def hand_over(sock, received):
        raise trio.BrokenResourceError

    front = Front(lambda i, t: say_who("reader", i, t), lambda _: None, limits, draining, hand_over=hand_over)
    listeners = await open_listeners("127.0.0.1", 0, limits)
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_front, front, listeners)
        async with await trio.open_tcp_stream(*listeners[0].getsockname()) as stream:
            await stream.send_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            with trio.fail_after(5):
                received = await stream.receive_some()
        draining.set()

    assert received == b""
    assert (front.counts.handed_over, front.counts.dropped, front.counts.faults) == (1, 1, 0)
