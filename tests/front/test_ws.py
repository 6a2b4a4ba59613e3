"""WebSockets on loopback, with fake answers."""

import contextlib
import json
import struct
import time

import pytest
import trio
import trio.testing
from outcome import Error, Value
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from vibes_trio.config import Limits
from vibes_trio.exchange import Later, Reply, of_value
from vibes_trio.front import ws as ws_module
from vibes_trio.front.protocol import FRAMES_AT_ONCE
from vibes_trio.front.runqueue import SLICE_S
from vibes_trio.front.sockets import BODY_READ_BYTES, Line
from vibes_trio.urls import Site


def masked(data, opcode=Opcode.TEXT):
    """Return the bytes of a frame as a client sends it."""
    return Frame(opcode, data).serialize(mask=True)


class Gate:
    """An answer that waits to be let through, and remembers the order in which messages came and went."""

    def __init__(self):
        self.started = []
        self.finished = []
        self.opened = trio.Event()

    async def answer(self, incoming, turn):
        self.started.append(incoming.data)
        await self.opened.wait()
        return self.finish(incoming)

    def finish(self, incoming):
        self.finished.append(incoming.data)
        return Reply(200, (), incoming.data)

    def open(self):
        self.opened.set()


class TellingGate(Gate):
    """One whose answers need no task to wait for them: it tells of them when it opens."""

    def __init__(self):
        super().__init__()
        self.hearers = []

    def answer(self, incoming, turn):
        self.started.append(incoming.data)
        return Later(self, of_value(lambda _: self.finish(incoming)))

    def tell(self, hear):
        if self.opened.is_set():
            hear(Value(None))
        else:
            self.hearers.append(hear)

    def give_up(self, error):
        for hear in self.hearers:
            hear(Error(error))
        self.hearers = []

    def open(self):
        self.opened.set()
        for hear in self.hearers:
            hear(Value(None))


@pytest.fixture(params=[Gate, TellingGate])
async def gate(request):
    return request.param()


async def test_a_text_and_a_binary_message_are_answered_by_one_text_frame_each(serve):
    async with serve() as server:
        socket = await server.websocket()
        await socket.send(b'{"a":1}')
        assert await socket.message() == b'{"a":1}'
        await socket.send('{"ü":2}'.encode(), Opcode.BINARY)
        assert await socket.message() == '{"ü":2}'.encode()


async def test_any_path_of_an_api_host_takes_websockets(serve):
    async with serve() as server:
        for path in ("/", "/v1/ws", "/any/where?x=1", "/api?shard=a~1", "/api/app?vibe=ada--garden"):
            for opcode in (Opcode.TEXT, Opcode.BINARY):
                socket = await server.websocket(path=path)
                await socket.send(b"x", opcode)
                assert await socket.message() == b"x"


async def test_fragments_of_one_message_are_answered_once(serve):
    async with serve() as server:
        socket = await server.websocket()
        word = "größer".encode()
        await socket.send(word[:3], fin=False)  # in the middle of a letter
        await socket.send(b"", Opcode.PING)
        await socket.send(word[3:5], Opcode.CONT, fin=False)
        await socket.send(word[5:], Opcode.CONT)
        assert await socket.message() == word
        assert [frame.opcode for frame in socket.frames] == [Opcode.PONG]


async def test_an_empty_message_is_a_message(serve):
    async with serve() as server:
        socket = await server.websocket()
        await socket.send(b"", Opcode.BINARY)
        assert await socket.message() == b""


@pytest.mark.parametrize("pieces", [[b"x" * 101], [b"x" * 60, b"y" * 41], [b"x" * 99, b"", b"yy"]])
async def test_a_message_over_the_limit_is_refused_and_the_next_one_answered(serve, pieces):
    async with serve(limits=Limits(max_frame_bytes=100, hard_frame_bytes=1000)) as server:
        socket = await server.websocket()
        for index, piece in enumerate(pieces):
            opcode = Opcode.CONT if index else Opcode.TEXT
            await socket.send(piece, opcode, fin=index == len(pieces) - 1)
        refusal = json.loads(await socket.message())
        assert (refusal["type"], refusal["code"]) == ("error", "too-large")
        assert "100" in refusal["message"]
        await socket.send(b"z" * 100)
        assert await socket.message() == b"z" * 100


@pytest.mark.parametrize("pieces", [[1001], [600, 401]])
async def test_a_message_over_the_hard_limit_closes_with_1009(serve, pieces):
    async with serve(limits=Limits(max_frame_bytes=100, hard_frame_bytes=1000)) as server:
        socket = await server.websocket()
        for index, size in enumerate(pieces):
            opcode = Opcode.CONT if index else Opcode.TEXT
            await socket.send(b"x" * size, opcode, fin=index == len(pieces) - 1)
        assert await socket.close_code() == 1009


@pytest.mark.parametrize("pieces", [[b"\xff"], [b"ok", b"\xff"], [b"\xc3", b""], [b"\xc3", b"x"]])
async def test_text_that_is_no_utf8_closes_with_1007(serve, pieces):
    async with serve() as server:
        socket = await server.websocket()
        for index, piece in enumerate(pieces):
            opcode = Opcode.CONT if index else Opcode.TEXT
            await socket.send(piece, opcode, fin=index == len(pieces) - 1)
        assert await socket.close_code() == 1007


async def test_bytes_that_are_no_utf8_are_the_answers_own_business_in_a_binary_message(serve):
    got = []

    async def answer(incoming, turn):
        got.append(incoming)
        return Reply(400, (), b"no")

    async with serve(answer) as server:
        socket = await server.websocket()
        await socket.send(b"\xff", Opcode.BINARY)
        assert await socket.message() == b"no"
        assert [incoming.data for incoming in got] == [b"\xff"]


async def test_a_message_right_behind_the_handshake_is_answered(serve):
    async with serve() as server:
        socket = await server.websocket()
        second = await server.connect()
        request = socket.protocol.connect()
        socket.protocol.send_text(b"early")
        frame = b"".join(socket.protocol.data_to_send())
        await second.say(request.serialize() + frame)
        while b"early" not in second.unread:
            data = await second._more()
            assert data
            second.unread += data


async def test_compression_is_not_negotiated_even_if_offered(serve):
    async with serve() as server:
        client = await server.connect()
        await client.say(
            b"GET / HTTP/1.1\r\nHost: a.b\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
        )
        head = b""
        while b"\r\n\r\n" not in head:
            head += await client._more()
        assert head.startswith(b"HTTP/1.1 101 ")
        assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head  # RFC 6455, section 1.3
        assert b"extensions" not in head.lower()
        assert b"access-control-allow-origin: *" in head.lower()


async def test_an_apps_host_has_no_websocket(serve):
    async with serve() as server:
        response = await server.ask(
            b"GET / HTTP/1.1\r\nHost: app--user.localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert response.status == 404
        assert response.json["code"] == "not-found"
        assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    ("origin", "status"), [(None, 101), ("https://chat.test", 101), ("https://evil.test", 403), ("null", 403)]
)
async def test_a_page_of_another_origin_gets_no_websocket_where_the_operator_says_so(serve, origin, status):
    """Programs name no origin; without the check all four are accepted."""
    asks = (
        "GET / HTTP/1.1\r\nHost: api.localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    )
    asks += f"Origin: {origin}\r\n" if origin else ""

    async with serve(site=Site(origins=frozenset({"https://chat.test"}))) as server:
        client = await server.connect()
        await client.say(f"{asks}\r\n".encode())
        head = await client._more()

    assert head.split()[1] == b"%d" % status


async def test_any_page_may_open_a_websocket_unless_origins_are_named(serve):
    async with serve() as server:
        client = await server.connect()
        await client.say(
            b"GET / HTTP/1.1\r\nHost: api.localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Origin: https://anywhere.test\r\n\r\n"
        )
        assert (await client._more()).split()[1] == b"101"


async def test_a_handshake_without_key_is_refused_in_words(serve):
    async with serve() as server:
        response = await server.ask(
            b"GET / HTTP/1.1\r\nHost: a.b\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\n\r\n"
        )
        assert response.status == 400
        assert "Sec-WebSocket-Key" in response.json["message"]


async def test_replies_may_overtake_each_other(serve):
    first_may_go = trio.Event()

    async def answer(incoming, turn):
        if incoming.data == b"first":
            await first_may_go.wait()
        return Reply(200, (), incoming.data)

    async with serve(answer) as server:
        socket = await server.websocket()
        await socket.send(b"first")
        await socket.send(b"second")
        assert await socket.message() == b"second"
        first_may_go.set()
        assert await socket.message() == b"first"


async def test_no_more_than_64_messages_are_answered_at_once_and_none_is_lost(serve, gate):
    async with serve(gate.answer) as server:
        socket = await server.websocket()
        messages = [b"%d" % i for i in range(200)]
        for message in messages:
            await socket.send(message)
        await trio.testing.wait_all_tasks_blocked(0.05)
        assert sorted(gate.started) == sorted(messages[:64])
        gate.open()
        assert sorted([await socket.message() for _ in messages]) == sorted(messages)


async def test_a_connection_without_free_slot_is_not_read(serve, gate):
    async with serve(gate.answer, limits=Limits(in_flight_per_connection=1)) as server:
        socket = await server.websocket()
        accepted = 0
        with trio.move_on_after(0.5):
            while accepted < 200 * 2**20:
                await socket.send(b"x" * 2**20)
                accepted += 2**20
        assert accepted < 50 * 2**20
        assert len(gate.started) == 1
        gate.open()


async def test_messages_with_one_key_take_turns_in_the_order_they_were_sent(serve):
    stored = []

    async def answer(incoming, turn):
        key, number = incoming.data.split(b" ")
        assert (turn is None) == (key == b"free")
        for _ in range(10 - int(number) % 10):  # later ones would be first
            await trio.lowlevel.checkpoint()
        if turn is not None:
            await turn.wait()
            stored.append(incoming.data)
            turn.pass_on()
        return Reply(200, (), incoming.data)

    def order_key(data):
        key = data.split(b" ")[0].decode()
        return None if key == "free" else key

    async with serve(answer, order_key=order_key) as server:
        socket = await server.websocket()
        messages = [b"%s %d" % (key, i) for i in range(100) for key in (b"a", b"free", b"b")]
        for message in messages:
            await socket.send(message)
        for _ in messages:
            await socket.message()
        assert [m for m in stored if m[:1] == b"a"] == [b"a %d" % i for i in range(100)]
        assert [m for m in stored if m[:1] == b"b"] == [b"b %d" % i for i in range(100)]


async def test_a_turn_that_its_answer_forgot_is_passed_on(serve):
    async def answer(incoming, turn):
        if incoming.data != b"0":
            await turn.wait()
        return Reply(200, (), incoming.data)

    async with serve(answer, order_key=lambda data: "k") as server:
        socket = await server.websocket()
        for i in range(3):
            await socket.send(b"%d" % i)
        assert sorted([await socket.message() for _ in range(3)]) == [b"0", b"1", b"2"]


async def test_draining_answers_what_is_in_flight_and_then_closes_with_1001(serve, gate):
    async with serve(gate.answer, limits=Limits(in_flight_per_connection=2)) as server:
        socket = await server.websocket()
        for i in range(5):  # in one piece: two get a slot, three are read but wait for theirs
            socket.protocol.send_text(b"%d" % i)
        await socket.raw(b"".join(socket.protocol.data_to_send()))
        await trio.testing.wait_all_tasks_blocked(0.02)
        server.front.draining.set()
        await trio.testing.wait_all_tasks_blocked(0.02)
        assert len(gate.finished) == 0
        gate.open()
        assert sorted([await socket.message() for _ in range(5)]) == [b"0", b"1", b"2", b"3", b"4"]
        assert await socket.close_code() == 1001


async def test_draining_closes_an_idle_websocket_at_once(serve):
    async with serve() as server:
        socket = await server.websocket()
        server.front.draining.set()
        with trio.fail_after(1):
            assert await socket.close_code() == 1001


async def test_a_client_that_closes_gets_its_code_back(serve):
    async with serve() as server:
        socket = await server.websocket()
        socket.protocol.send_close(4321, "enough")
        await socket.flush()
        assert await socket.close_code() == 4321
        while server.front.counts.open:
            await trio.testing.wait_all_tasks_blocked(0.005)


async def test_what_a_client_has_sent_is_answered_although_it_has_left(serve, gate):
    async with serve(gate.answer) as server:
        socket = await server.websocket()
        await socket.send(b"keep this")
        while not gate.started:
            await trio.testing.wait_all_tasks_blocked()
        await socket.stream.aclose()
        await trio.testing.wait_all_tasks_blocked(0.02)
        gate.open()
        while server.front.counts.open:
            await trio.testing.wait_all_tasks_blocked()
        assert gate.finished == [b"keep this"]
        assert server.front.counts.faults == 0


async def test_a_bug_closes_its_own_connection_with_1011_and_no_other(serve):
    async def answer(incoming, turn):
        if incoming.data == b"bug":
            raise RuntimeError("deliberate")
        return Reply(200, (), incoming.data)

    async with serve(answer) as server:
        other, socket = await server.websocket(), await server.websocket()
        await socket.send(b"bug")
        assert await socket.close_code() == 1011
        await other.send(b"fine")
        assert await other.message() == b"fine"
        assert server.front.counts.faults == 1


async def test_a_client_that_pongs_is_kept(serve, autojump_clock):
    async with serve() as server:
        socket = await server.websocket()
        with trio.move_on_after(200) as waited:
            while await socket.read():
                pass
        assert waited.cancelled_caught
        assert [frame.opcode for frame in socket.frames].count(Opcode.PING) >= 9
        await socket.send(b"still here")
        assert await socket.message() == b"still here"


async def test_a_silent_peer_is_dropped_within_two_heartbeats(serve, autojump_clock):
    async with serve() as server:
        socket = await server.websocket()
        await socket.send(b"last words")
        assert await socket.message() == b"last words"
        silent_since = trio.current_time()
        socket.pongs = False
        while await socket.read():
            pass
        assert trio.current_time() - silent_since <= 45
        assert [frame.opcode for frame in socket.frames] == [Opcode.PING] * 2
        assert server.front.counts.dropped == 1


async def test_a_message_that_stops_to_arrive_ends_the_connection(serve, autojump_clock):
    async with serve() as server:
        socket = await server.websocket()
        await socket.send(b"first half", fin=False)
        started = trio.current_time()
        while await socket.read():  # it does answer pings
            pass
        assert 10 <= trio.current_time() - started <= 30


async def test_a_message_that_comes_steadily_is_taken_however_long_it_takes(serve, autojump_clock):
    """With a time for all of it, 30 seconds say, the connection is cut."""
    async with serve() as server:
        socket = await server.websocket()
        socket.pongs = False  # there is no place for one within a frame
        data = masked(b"x" * 20_000)
        async with trio.open_nursery() as nursery:

            async def drip():
                for start in range(0, len(data), 150):
                    await socket.raw(data[start : start + 150])
                    await trio.sleep(1)

            nursery.start_soon(drip)
            assert await socket.message() == b"x" * 20_000
        assert trio.current_time() > 100


async def test_many_messages_in_a_row_are_not_one_that_takes_too_long(serve, autojump_clock):
    async with serve() as server:
        socket = await server.websocket()
        frames = b"".join(b"\x81\x83\0\0\0\0abc" for _ in range(100))
        for start in range(0, len(frames), 7):  # each piece ends in mid-frame
            await socket.raw(frames[start : start + 7])
            await trio.sleep(1)
        for _ in range(100):
            assert await socket.message() == b"abc"


async def test_a_message_in_flight_at_the_shutdown_timeout_does_not_cost_the_farewell(
    serve, gate, autojump_clock
):
    async with serve(gate.answer) as server:
        socket = await server.websocket()
        await socket.send(b"never answered")
        await trio.testing.wait_all_tasks_blocked()
        server.front.draining.set()
        assert await socket.close_code() == 1001


async def test_empty_fragments_do_not_pile_up(serve):
    async with serve(limits=Limits(empty_frames_per_ping=10_000)) as server:
        socket = await server.websocket()
        await socket.send(b"a", fin=False)
        await socket.raw(b"\x00\x80\0\0\0\0" * 10_000)
        await socket.send(b"b", Opcode.CONT)
        assert await socket.message() == b"ab"


async def test_a_peer_is_not_dropped_while_its_messages_wait_for_slots(serve, gate, autojump_clock):
    async with serve(gate.answer, limits=Limits(in_flight_per_connection=1, message_timeout_s=200)) as server:
        socket = await server.websocket()
        await socket.send(b"1")
        await socket.send(b"2")
        with trio.move_on_after(100):  # pongs are not read meanwhile
            await socket.close_code()
        gate.open()
        assert [await socket.message(), await socket.message()] == [b"1", b"2"]


async def test_a_peer_that_never_reads_is_cut_and_others_are_served_meanwhile(serve, autojump_clock):
    reply = b"x" * 2**20

    async def answer(incoming, turn):
        return Reply(200, (), reply if incoming.data == b"much" else incoming.data)

    async with serve(answer) as server:
        stuck, other = await server.websocket(), await server.websocket()
        for _ in range(64):
            await stuck.send(b"much")
        await other.send(b"fine")
        assert await other.message() == b"fine"
        await trio.sleep(13)  # the send timeout, and two seconds for the farewell
        assert server.front.counts.open == 1
        await other.send(b"fine still")
        assert await other.message() == b"fine still"


async def test_pings_of_a_peer_that_never_reads_do_not_pile_up(serve):
    async with serve(limits=Limits(outbox_bytes=64 * 1024)) as server:
        socket = await server.websocket()
        sent = 0
        with trio.move_on_after(0.5):
            while sent < 100 * 2**20:
                await socket.raw(b"\x89\xfd\0\0\0\0" + b"p" * 125)
                sent += 131
                if sent > 60 * 2**20:
                    break
        assert sent < 60 * 2**20  # it stopped reading: the answers had nowhere to go


async def test_a_close_frame_sent_in_mid_message_is_a_close_like_any_other(serve):
    async with serve() as server:
        socket = await server.websocket()
        await socket.send(b"half", fin=False)
        await socket.send(struct.pack("!H", 1000), Opcode.CLOSE)
        assert await socket.close_code() == 1000
        assert socket.protocol.state is State.CLOSED


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (b"\xa1\x80\0\0\0\0", 1002),
        (masked(b"of nothing", Opcode.CONT), 1002),
        (masked(b"\xff"), 1007),
        (masked(b"x" * 1001), 1009),
    ],
    ids=["a reserved bit", "what goes on with nothing", "text that is no UTF-8", "a message over its limit"],
)
async def test_what_was_said_before_a_fault_is_answered_before_the_close(serve, gate, fault, code):
    limits = Limits(max_frame_bytes=100, hard_frame_bytes=1000, in_flight_per_connection=2)
    async with serve(gate.answer, limits=limits) as server:
        socket = await server.websocket()
        said = [b"%d" % i for i in range(5)]  # more than have a slot
        await socket.raw(b"".join([*map(masked, said), fault, masked(b"never heard")]))
        await trio.testing.wait_all_tasks_blocked(0.02)
        gate.open()
        assert sorted([await socket.message() for _ in said]) == said
        assert await socket.close_code() == code
        assert sorted(gate.finished) == said
        assert not [frame for frame in socket.frames if frame.opcode is Opcode.TEXT]


async def test_a_flood_of_tiny_frames_is_taken_in_small_portions_with_a_turn_for_others_between(
    serve, monkeypatch
):
    """Without portions 16 KiB of frames of 6 bytes are taken apart before anybody else has a turn: tens of ms."""
    portions, since_turn = [], [0.0]
    take = ws_module._take_frames

    def record(ws, frames):
        started = time.thread_time()
        portions.append(len(frames))
        take(ws, frames)
        since_turn[-1] += time.thread_time() - started

    async def count():
        while True:
            since_turn.append(0.0)
            await trio.lowlevel.checkpoint()

    monkeypatch.setattr(ws_module, "_take_frames", record)
    limits = Limits(empty_frames_per_ping=20_000)
    async with serve(limits=limits) as server, trio.open_nursery() as nursery:
        socket = await server.websocket()
        nursery.start_soon(count)
        await socket.raw(masked(b"", Opcode.PONG) * 20_000 + masked(b"{}"))
        assert await socket.message() == b"{}"
        nursery.cancel_scope.cancel()

    assert sum(portions) > 20_000
    assert max(portions) <= FRAMES_AT_ONCE
    assert max(since_turn) < 5 * SLICE_S


@pytest.mark.parametrize(
    "frame",
    [masked(b"", Opcode.PING), masked(b"", Opcode.PONG), b"\x00\x80\0\0\0\0"],
    ids=["ping", "pong", "nothing"],
)
async def test_a_peer_that_floods_with_frames_of_nothing_is_told_to_stop(serve, frame):
    """Without the bound it keeps the loop busy for as long as it likes."""
    async with serve(limits=Limits(empty_frames_per_ping=1000)) as server:
        socket = await server.websocket()
        await socket.send(b"begin", fin=False)
        await socket.raw(frame * 990)
        await socket.send(b" end", Opcode.CONT)
        assert await socket.message() == b"begin end"

        with contextlib.suppress(trio.BrokenResourceError):
            await socket.send(b"begin", fin=False)
            await socket.raw(frame * 100_000)
        assert await socket.close_code() == 1008


async def test_a_ping_now_and_then_is_answered_for_ever(serve, autojump_clock):
    """Without a new count at each heartbeat the connection of a peer with a heartbeat of its own ends one day."""
    async with serve(limits=Limits(empty_frames_per_ping=30)) as server:
        socket = await server.websocket()
        for _ in range(100):
            await socket.send(b"", Opcode.PING)
            await trio.sleep(1)
            await socket.read()
        await socket.send(b"still here")
        assert await socket.message() == b"still here"


async def test_a_large_message_is_read_in_large_portions(serve, monkeypatch):
    wanted = []
    receive = Line.receive
    monkeypatch.setattr(
        Line, "receive", lambda line, most=0: wanted.append(most) or receive(line, most or BODY_READ_BYTES)
    )
    async with serve() as server:
        socket = await server.websocket()
        await socket.send(b"x" * 2_000_000)
        assert await socket.message() == b"x" * 2_000_000

    assert BODY_READ_BYTES in wanted


async def test_what_can_be_answered_at_once_is_in_order_and_in_the_readers_own_task(serve):
    tasks, turns = set(), []

    def answer(incoming, turn):
        tasks.add(trio.lowlevel.current_task())
        turns.append(turn)
        return Reply(200, (), incoming.data)

    async with serve(answer, order_key=lambda data: data[-1:].decode()) as server:
        socket = await server.websocket()
        said = [b"%d" % i for i in range(100)]
        await socket.raw(b"".join(map(masked, said)))
        assert [await socket.message() for _ in said] == said

    assert len(tasks) == 1
    assert all(turn.passed for turn in turns)
    assert server.front.budget.bytes == 0


async def test_others_have_a_turn_between_many_answers_at_once(serve):
    ticks = []

    def answer(incoming, turn):
        ticks.append(count)
        return Reply(200, (), b"x")

    count = 0
    async with serve(answer) as server, trio.open_nursery() as nursery:

        async def tick():
            nonlocal count
            while True:
                count += 1
                await trio.lowlevel.checkpoint()

        nursery.start_soon(tick)
        socket = await server.websocket()
        await socket.raw(masked(b"?") * 64)
        for _ in range(64):
            await socket.message()
        nursery.cancel_scope.cancel()

    assert max(ticks.count(tick) for tick in ticks) <= 2 * ws_module.ANSWERS_AT_ONCE  # Trio shuffles turns


async def test_replies_at_once_to_a_peer_that_never_reads_do_not_pile_up(serve, autojump_clock):
    held = []

    def answer(incoming, turn):
        held.append(len(incoming.data))
        return Reply(200, (), b"x" * 2**20)

    async with serve(answer, limits=Limits(outbox_bytes=2**20)) as server:
        socket = await server.websocket()
        await socket.raw(masked(b"?") * 1000)
        await trio.sleep(9)
        assert len(held) < 100
        await trio.sleep(10)  # the send timeout, and two seconds for the farewell
        assert server.front.counts.open == 0


async def test_a_peer_that_reads_late_gets_all_replies_that_were_made_at_once(serve):
    def answer(incoming, turn):
        return Reply(200, (), incoming.data * 2**18)

    async with serve(answer, limits=Limits(outbox_bytes=2**20)) as server:
        socket = await server.websocket()
        said = [b"%08d" % i for i in range(20)]
        await socket.raw(b"".join(map(masked, said)))
        await trio.testing.wait_all_tasks_blocked(0.02)
        assert [(await socket.message())[:8] for _ in said] == said


async def test_a_connection_is_one_task_until_an_answer_waits_and_again_when_all_is_quiet(
    serve, autojump_clock
):
    def answer(incoming, turn):
        return slow(incoming) if incoming.data == b"slow" else Reply(200, (), incoming.data)

    async def slow(incoming):
        await trio.sleep(1)
        return Reply(200, (), incoming.data)

    def tasks():
        return trio.lowlevel.current_statistics().tasks_living

    async with serve(answer) as server:
        socket = await server.websocket()
        await trio.sleep(2)  # the full lane has been loaded
        before = tasks()
        for said, more in ((b"quick", 0), (b"slow", 1), (b"quick", 1)):
            await socket.send(said)
            assert await socket.message() == said
            await trio.testing.wait_all_tasks_blocked()
            assert (said, tasks()) == (said, before + more)
        with trio.move_on_after(50):
            await socket.close_code()
        assert tasks() == before
        await socket.send(b"slow")
        assert await socket.message() == b"slow"


async def test_a_peer_that_breaks_the_protocol_and_leaves_is_not_waited_for(serve, autojump_clock):
    async with serve() as server:
        socket = await server.websocket()
        socket.pongs = False
        await socket.raw(b"\xf1\x80mask")
        await socket.stream.send_eof()
        assert await socket.close_code() == 1002
        await trio.sleep(0.1)
        assert server.front.counts.open == 0


async def test_an_answer_that_is_told_needs_no_task_of_its_own(serve, autojump_clock):
    gate = TellingGate()
    async with serve(gate.answer) as server:
        socket = await server.websocket()
        await trio.sleep(2)  # the full lane has been loaded
        before = trio.lowlevel.current_statistics().tasks_living
        await socket.send(b"one")
        await socket.send(b"two")
        await trio.testing.wait_all_tasks_blocked()
        assert gate.started == [b"one", b"two"]
        assert trio.lowlevel.current_statistics().tasks_living == before
        gate.open()
        assert [await socket.message(), await socket.message()] == [b"one", b"two"]


async def test_an_answer_of_which_nobody_tells_is_given_up_after_its_time(serve, autojump_clock):
    gate = TellingGate()

    def answer(incoming, turn):
        gate.answer(incoming, turn)
        return Later(gate, lambda got: Value(Reply(200, (), str(got.error).encode())))

    async with serve(answer, limits=Limits(message_timeout_s=30, ping_interval_s=20)) as server:
        socket = await server.websocket()
        began = trio.current_time()
        await socket.send(b"slow")
        assert await socket.message() == b"This took too long; try again later."
        assert 30 <= trio.current_time() - began <= 51
        await socket.send(b"slower")
        assert await socket.message() == b"This took too long; try again later."


async def test_nobody_waits_longer_for_an_answer_to_a_peer_that_has_said_goodbye(serve, autojump_clock):
    gate = TellingGate()
    async with serve(gate.answer, limits=Limits(message_timeout_s=30, ping_interval_s=20)) as server:
        socket = await server.websocket()
        await socket.send(b"slow")
        await socket.raw(masked(b"\x03\xe8", Opcode.CLOSE))
        await trio.sleep(29)
        waiting = server.front.counts.open
        await trio.sleep(25)
        assert (waiting, server.front.counts.open, server.front.budget.held().total) == (1, 0, 0)


async def test_answers_that_are_told_reach_a_peer_that_reads_late(serve):
    """More than the socket takes: fails where the reader is not woken to make way for a writer."""
    gate = TellingGate()
    gate.finish = lambda incoming: Reply(200, (), incoming.data * 2**19)
    async with serve(gate.answer, limits=Limits(outbox_bytes=2**20)) as server:
        socket = await server.websocket()
        said = [b"%08d" % i for i in range(10)]
        await socket.raw(b"".join(map(masked, said)))
        await trio.testing.wait_all_tasks_blocked(0.02)
        gate.open()
        await trio.testing.wait_all_tasks_blocked(0.02)
        assert [(await socket.message())[:8] for _ in said] == said


async def test_an_answer_that_is_told_too_late_holds_nothing(serve, autojump_clock):
    gate = TellingGate()
    async with serve(gate.answer, limits=Limits(shutdown_timeout_s=1)) as server:
        socket = await server.websocket()
        await socket.send(b"slow")
        await trio.testing.wait_all_tasks_blocked()
        held = server.front.budget.held().total
        server.front.draining.set()
        await trio.sleep(10)
        gate.open()
        assert (held, server.front.budget.held().total) == (4, 0)
        assert gate.finished == [b"slow"]


async def test_a_bug_in_an_answer_that_is_told_closes_its_own_connection_with_1011(serve):
    def fail(incoming):
        raise RuntimeError("deliberate")

    gate = TellingGate()
    gate.finish = fail
    async with serve(gate.answer) as server:
        socket = await server.websocket()
        await socket.send(b"bug")
        await trio.testing.wait_all_tasks_blocked(0.02)
        gate.open()
        assert await socket.close_code() == 1011
        assert server.front.counts.faults == 1
