"""What clients may make the server hold: counting, whose turn it is to give, and both seen over real sockets."""

import contextlib
import json
import socket as sockets

import pytest
import trio
import trio.testing
from msgspec import structs
from websockets.frames import CloseCode, Opcode

from vibes_trio.config import KiB, Limits, MiB
from vibes_trio.errors import BadEnvelope
from vibes_trio.exchange import HttpIncoming, MessageIncoming, Reply
from vibes_trio.front import lane
from vibes_trio.front.budget import STILL_S, STOPPED_S, Budget
from vibes_trio.front.ready import ReadyAnswers
from vibes_trio.steps import let_go

LIMITS = Limits(held_bytes=8 * MiB)
HEAD = b"POST / HTTP/1.1\r\nHost: api.localhost\r\nContent-Length: %d\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: api.localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
OTHER = "127.0.0.2"

both_lanes = pytest.mark.parametrize("fast", [True, False], ids=["fast lane", "full lane"])
both_sources = pytest.mark.parametrize("source", [None, OTHER], ids=["same address", "other address"])


async def until(condition):
    with trio.fail_after(10):
        while not condition():
            await trio.testing.wait_all_tasks_blocked(0.001)


async def count_in(incoming, turn):
    """Answer with how much came."""
    data = incoming.data if isinstance(incoming, MessageIncoming) else incoming.body
    return Reply(200, (), b"%d" % len(data))


# The budget alone


async def test_what_is_held_is_told_in_all_and_by_client():
    budget = Budget(1000)
    one, two, three = budget.open("a"), budget.open("a"), budget.open("b")
    one.set(100)
    two.set(50)
    three.set(7)
    two.pin(20)
    assert budget.held().total == 157
    assert budget.held().clients == {"a": 150, "b": 7}

    two.unpin(20)
    for holding in (one, two, three):
        holding.close()
    assert budget.held().total == 0
    assert budget.held().clients == {}


async def test_clients_that_have_left_are_forgotten():
    budget = Budget(1000)
    for number in range(100):
        budget.open(str(number)).close()

    assert not budget._accounts


async def test_bytes_that_many_send_count_once():
    budget, body = Budget(10_000), bytes(1000)
    holdings = [budget.open(client) for client in ("a", "a", "b")]
    for holding in holdings:
        assert holding.lend(body)
        assert holding.lend(memoryview(body)[100:200])  # in place of that
    assert (budget.bytes, budget.held().clients) == (1000, {"a": 1000, "b": 1000})

    for holding in holdings[:2]:
        holding.give_back()
        holding.give_back()
    assert (budget.bytes, budget.held().clients) == (1000, {"b": 1000})
    holdings[2].close()
    assert (budget.bytes, budget._lent) == (0, {})


async def test_the_client_that_holds_most_gives_first():
    """Without shares by client the one that stands still longest gives, whoever that is."""
    budget = Budget(1000)
    heavy, light, asker = budget.open("heavy"), budget.open("light"), budget.open("asker")
    light.set(300)
    heavy.set(600)

    assert asker.set(200)

    assert [heavy.taken_back, light.taken_back] == [True, False]
    assert (budget.bytes, budget.held().clients) == (500, {"light": 300, "asker": 200})


async def test_of_one_client_a_connection_that_stands_still_gives_before_one_that_moves(autojump_clock):
    """Without looking at what moves, the largest gives: a deploy that is nearly there."""
    budget = Budget(1000)
    moving, still, asker = (budget.open("a") for _ in range(3))
    still.set(100)
    for _ in range(8):
        moving.add(100)
        await trio.sleep(1)

    assert asker.set(110)

    assert [moving.taken_back, still.taken_back] == [False, True]


async def test_of_those_that_move_the_slowest_for_what_it_holds_gives(autojump_clock):
    """Without speed, who drips a byte now and then is as good as who sends all that he can."""
    budget = Budget(1000)
    dripping, quick, asker = (budget.open("a") for _ in range(3))
    dripping.set(400)
    for _ in range(20):
        await trio.sleep(STILL_S / 2)
        dripping.add(1)
    quick.set(500)

    assert asker.set(200)

    assert [dripping.taken_back, quick.taken_back] == [True, False]


async def test_who_has_stopped_gives_before_all_others_whoever_it_is_of(autojump_clock):
    """Without this, many clients that hold little each lock out the one that sends most."""
    budget = Budget(1000)
    stopped, moving, asker = budget.open("light"), budget.open("heavy"), budget.open("heavy")
    stopped.set(300)
    await trio.sleep(STOPPED_S + 1)
    moving.set(600)

    assert asker.set(200)

    assert [stopped.taken_back, moving.taken_back, asker.taken_back] == [True, False, False]


async def test_who_asks_is_refused_if_it_is_the_first_to_give():
    budget = Budget(1000)
    small, large = budget.open("a"), budget.open("a")
    small.set(100)

    assert not large.set(1000)

    assert [small.taken_back, large.taken_back] == [False, True]
    assert (budget.bytes, large.set(0), large.set(1), large.pin(1), large.lend(b"x")) == (
        100,
        True,
        False,
        False,
        False,
    )
    large.close()
    assert budget.bytes == 100


async def test_what_is_being_answered_is_not_taken_back():
    budget = Budget(1000)
    answering, asker = budget.open("a"), budget.open("b")
    answering.set(900)
    assert answering.pin(900)

    assert not asker.set(200)
    answering.unpin(900)
    assert (answering.taken_back, budget.bytes) == (False, 0)


async def test_a_client_may_have_half_of_what_others_leave_answered():
    """Without the share one client's messages fill the budget, and nothing of them can be taken back."""
    budget = Budget(1000)
    one, two = budget.open("a"), budget.open("b")
    one.set(501)
    assert one.pin(300)
    assert one.pin(200)
    assert not one.pin(1)
    two.set(499)
    assert two.pin(249)
    assert not two.pin(2)


async def test_what_is_given_back_in_one_go_is_more_than_was_asked_for():
    """Without something to spare, all that is held is looked through for each read."""
    budget = Budget(64_000)
    holdings = [budget.open("a") for _ in range(640)]
    for holding in holdings:
        holding.set(100)

    assert budget.open("b").set(1)

    assert sum(holding.taken_back for holding in holdings) == 21  # 2,000 bytes, of 64,000


# Uploads


@both_sources
@both_lanes
@pytest.mark.parametrize("kind", ["bodies", "messages"])
async def test_uploads_that_stop_lock_nobody_out(serve, fast, kind, source):
    """Without taking back, 17 connections that need no sign-in refuse all deploys of everybody."""
    async with serve(count_in, limits=LIMITS, fast=fast) as server:
        for _ in range(17):
            if kind == "bodies":
                client = await server.connect()
                await client.say(HEAD % MiB + bytes(MiB - 100))
            else:
                socket = await server.websocket()
                await socket.send(b"x" * (MiB - 100), fin=False)
        await until(lambda: server.front.budget.bytes > 6 * MiB)
        assert server.front.budget.bytes <= LIMITS.held_bytes

        for _ in range(3):
            good = await server.connect(source)
            await good.say(HEAD % (2 * MiB) + bytes(2 * MiB))
            answered = await good.response()
            assert answered is not None
            assert (answered.status, answered.body) == (200, b"%d" % (2 * MiB))
            await good.stream.aclose()
        assert server.front.budget.bytes <= LIMITS.held_bytes


@both_lanes
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunks"])
async def test_who_is_cut_hears_why(serve, fast, chunked):
    async with serve(count_in, limits=LIMITS, fast=fast) as server:
        stopped = await server.connect()
        await stopped.say(
            (CHUNKED + b"%x\r\n" % (5 * MiB) if chunked else HEAD % (5 * MiB)) + bytes(5 * MiB - 1)
        )
        await until(lambda: server.front.budget.bytes > 5 * MiB - 100 * KiB)

        good = await server.connect(OTHER)
        await good.say(HEAD % (4 * MiB) + bytes(4 * MiB))
        answered = await good.response()
        refused = await stopped.response()

        assert answered is not None
        assert answered.status == 200
        assert refused is not None
        assert (refused.status, json.loads(refused.body)["code"]) == (503, "overloaded")
        assert refused.headers["retry-after"] == "1"
        assert refused.headers["connection"] == "close"


async def test_of_a_body_that_is_cut_nothing_is_kept_while_its_client_is_told(serve, monkeypatch):
    """Without it the traceback of the refusal holds the body until the client has left, seconds later."""
    told = []
    refuse = lane._refuse

    async def record(front, line, refused):
        told.append(refused.__traceback__)
        await refuse(front, line, refused)

    monkeypatch.setattr(lane, "_refuse", record)
    async with serve(count_in, limits=LIMITS) as server:
        client = await server.connect()
        await client.say(HEAD % 5)
        await client.stream.send_eof()
        assert (await client.response()).status == 400

    assert told == [None]


@pytest.mark.parametrize("fin", [True, False], ids=["one frame", "fragments"])
async def test_a_websocket_that_is_cut_is_asked_to_come_later(serve, fin):
    async with serve(count_in, limits=LIMITS) as server:
        stopped, good = await server.websocket(), await server.websocket(source=OTHER)
        if fin:
            await stopped.raw(b"\x81\xff" + (5 * MiB).to_bytes(8) + bytes(4 + 5 * MiB - 1))
        else:
            await stopped.send(b"x" * (5 * MiB - 1), fin=False)
        await until(lambda: server.front.budget.bytes > 5 * MiB - 200 * KiB)

        await good.send(b"x" * (4 * MiB))

        assert await good.message() == b"%d" % (4 * MiB)
        assert await stopped.close_code() == CloseCode.TRY_AGAIN_LATER
        await until(lambda: server.front.budget.bytes == 0)


async def test_heads_that_have_begun_to_arrive_count(serve):
    """Without counting, 15,000 connections hold 32 KiB each."""
    async with serve() as server:
        client = await server.connect()
        await client.say(b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000)
        await until(lambda: server.front.budget.bytes > 20_000)
        await client.say(b"\r\nHost: api.localhost\r\n\r\n")
        assert (await client.response()).status == 200
        assert server.front.budget.bytes == 0


async def test_requests_that_wait_behind_one_that_is_answered_count(serve):
    may_go = trio.Event()

    async def answer(incoming, turn):
        await may_go.wait()
        return Reply(200, (), b"done")

    async with serve(answer) as server:
        client = await server.connect()
        await client.say(server.good_request + b"GET /second HTTP/1.1\r\nX: " + b"x" * 10_000)
        await until(lambda: server.front.budget.bytes > 10_000)
        may_go.set()
        assert (await client.response()).body == b"done"
        await until(lambda: server.front.budget.bytes > 10_000)
        await client.stream.aclose()
        await until(lambda: server.front.budget.bytes == 0)


# Answering


@both_lanes
async def test_a_body_counts_until_it_is_answered_and_is_not_taken_back_meanwhile(serve, fast):
    may_go = trio.Event()

    async def answer(incoming, turn):
        if len(incoming.body) == 4 * MiB:
            await may_go.wait()
        return Reply(200, (), b"done")

    async with serve(answer, limits=LIMITS, fast=fast) as server:
        first, second = await server.connect(), await server.connect(OTHER)
        await first.say(HEAD % (4 * MiB) + bytes(4 * MiB))
        await until(lambda: server.front.budget.pinned == 4 * MiB)

        with contextlib.suppress(trio.BrokenResourceError):  # it is cut while it still speaks
            await second.say(HEAD % (5 * MiB) + bytes(5 * MiB))
        await second.ended()
        may_go.set()
        assert (await first.response()).body == b"done"
        await until(lambda: server.front.budget.bytes == 0)


@both_lanes
async def test_a_client_of_which_too_much_is_being_answered_is_asked_to_wait(serve, fast):
    may_go = trio.Event()

    async def answer(incoming, turn):
        await may_go.wait()
        return Reply(200, (), b"done")

    async with serve(answer, limits=LIMITS, fast=fast) as server:
        first, second, third = [await server.connect(source) for source in (None, None, OTHER)]
        await first.say(HEAD % (4 * MiB) + bytes(4 * MiB))
        await until(lambda: server.front.budget.pinned == 4 * MiB)
        await second.say(HEAD % MiB + bytes(MiB))
        assert (await second.response()).json["code"] == "overloaded"
        await third.say(HEAD % MiB + bytes(MiB))
        await until(lambda: server.front.budget.pinned == 5 * MiB)
        may_go.set()
        assert (await third.response()).body == b"done"


async def test_messages_count_until_they_are_answered(serve):
    may_go = trio.Event()

    async def answer(incoming, turn):
        await may_go.wait()
        return Reply(200, (), b"done")

    async with serve(answer, limits=LIMITS) as server:
        socket = await server.websocket()
        await socket.send(b"x" * MiB)
        await until(lambda: server.front.budget.pinned == MiB)

        may_go.set()
        assert await socket.message() == b"done"
        await until(lambda: server.front.budget.bytes == 0)


async def test_a_message_of_a_client_of_which_too_much_is_being_answered_is_refused_by_its_tid(serve):
    may_go = trio.Event()

    async def answer(incoming, turn):
        await may_go.wait()
        return Reply(200, (), b"done")

    async with serve(answer, limits=LIMITS) as server:
        socket = await server.websocket()
        envelope = {
            "tid": "second",
            "src": "a",
            "dst": "b",
            "ttl": 1,
            "payload": {"type": "x", "pad": "x" * MiB},
        }
        await socket.send(b"x" * (4 * MiB))
        await socket.send(json.dumps(envelope).encode())
        await socket.send(b"no envelope" * 100_000)

        refusals = [json.loads(await socket.message()) for _ in range(2)]
        assert refusals[0]["tid"] == "second"
        assert [refusals[0]["payload"]["code"], refusals[1]["code"]] == ["overloaded", "overloaded"]
        may_go.set()
        assert await socket.message() == b"done"


async def test_a_long_message_of_which_is_not_known_yet_what_it_is_counts_once(serve, autojump_clock):
    """It is looked at again after each heartbeat that comes meanwhile."""
    may_go, looks = trio.Event(), []

    async def look(incoming):
        looks.append(len(incoming.data))
        await may_go.wait()
        return incoming

    async with serve(count_in, limits=LIMITS) as server:
        object.__setattr__(server.front, "look", look)
        socket = await server.websocket()
        await socket.send(b"x" * MiB)
        with trio.move_on_after(50):
            await socket.message()
        assert looks == [MiB] * 3
        assert (server.front.budget.bytes, server.front.budget.pinned) == (MiB, MiB)
        may_go.set()
        assert await socket.message() == b"%d" % MiB
        assert server.front.budget.bytes == 0


# Answers


@both_lanes
async def test_many_that_stop_to_read_the_same_file_hold_it_once(serve, fast):
    """With a copy for each of them 40 readers of an 8 MiB file cost 320 MiB."""
    file = bytes(8 * MiB)

    async def answer(incoming, turn):
        return Reply(200, (), file, repeatable=True)

    ready = ReadyAnswers(128 * MiB, lambda: 1)
    async with serve(answer, fast=fast, ready=ready) as server:
        for _ in range(40):
            client = await server.connect()
            await client.say(b"GET /file HTTP/1.1\r\nHost: a--b.localhost\r\n\r\n")
        await until(
            lambda: server.front.counts.ready + server.front.counts.fast + server.front.counts.full == 40
        )
        await until(lambda: server.front.budget.bytes)
        await trio.testing.wait_all_tasks_blocked(0.05)

        assert 8 * MiB <= server.front.budget.bytes < 9 * MiB


async def test_parts_of_a_file_are_no_copies(serve):
    file = bytes(8 * MiB)

    async def answer(incoming, turn):
        return Reply(206, (), memoryview(file)[int(incoming.target[1:]) :])

    async with serve(answer) as server:
        for start in range(20):
            client = await server.connect()
            await client.say(b"GET /%d HTTP/1.1\r\nHost: a--b.localhost\r\n\r\n" % start)
        await until(lambda: server.front.counts.fast == 20)
        await trio.testing.wait_all_tasks_blocked(0.05)

        assert server.front.budget.bytes == 8 * MiB


@both_lanes
async def test_who_does_not_read_is_cut_when_its_room_is_needed(serve, fast):
    """Without taking back answers, those who don't read lock the others out, for the send timeout and again."""

    async def answer(incoming, turn):
        return Reply(200, (), bytes(6 * MiB) if incoming.method == "GET" else b"done")

    async with serve(answer, limits=LIMITS, fast=fast) as server:
        stuck = await server.connect()
        stuck.stream.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        await stuck.say(server.good_request)
        await until(lambda: server.front.budget.bytes >= 6 * MiB)

        good = await server.connect(OTHER)
        await good.say(HEAD % (3 * MiB) + bytes(3 * MiB))

        assert (await good.response()).body == b"done"
        await until(lambda: server.front.budget.bytes == 0)
        assert server.front.counts.faults == 0


@both_lanes
async def test_a_slow_reader_gets_all_of_a_large_file(serve, fast):
    file = bytes(range(256)) * 32_768

    async def answer(incoming, turn):
        return Reply(200, (), file)

    async with serve(answer, limits=Limits(held_bytes=9 * MiB), fast=fast) as server:
        slow = await server.connect()
        await slow.say(server.good_request)
        while len(slow.unread) < len(file):
            await trio.testing.wait_all_tasks_blocked()
            more = await slow._more()
            assert more
            slow.unread += more
        answered = await slow.response()
        assert answered is not None
        assert answered.body == file


async def test_replies_that_a_websocket_does_not_read_count_and_are_dropped_when_room_is_needed(serve):
    """Without counting, 40 sockets that don't read hold a reply of 15 MiB each."""

    async def answer(incoming, turn):
        return Reply(200, (), b"done" if isinstance(incoming, HttpIncoming) else bytes(5 * MiB))

    async with serve(answer, limits=Limits(held_bytes=16 * MiB)) as server:
        budget = server.front.budget
        while budget.bytes < 9 * MiB:  # of each the system takes a part
            stuck = await server.websocket()
            await stuck.send(b"x")
            await trio.testing.wait_all_tasks_blocked(0.01)
        before = server.front.counts.open

        good = await server.connect(OTHER)
        await good.say(HEAD % (8 * MiB) + bytes(8 * MiB))

        assert (await good.response()).body == b"done"
        await until(lambda: server.front.counts.open < before + 1)
        assert budget.bytes < 16 * MiB


async def test_replies_that_are_made_and_wait_for_room_count(serve):
    """Without counting, 64 answers of any size wait behind one that is not read."""

    async def answer(incoming, turn):
        return Reply(200, (), bytes(3 * MiB))

    async with serve(answer, limits=LIMITS) as server:
        stuck = await server.websocket()
        for _ in range(10):
            await stuck.send(b"x")

        assert await stuck.close_code() == 1006
        await until(lambda: server.front.budget.bytes == 0)


async def test_a_message_in_fragments_is_let_go_although_its_connection_waits_for_slots(serve):
    may_go = trio.Event()

    async def answer(incoming, turn):
        await may_go.wait()
        return Reply(200, (), b"done")

    async with serve(answer, limits=Limits(held_bytes=8 * MiB, in_flight_per_connection=1)) as server:
        full, good = await server.websocket(), await server.connect(OTHER)
        await full.send(b"x")
        await full.send(b"y" * (7 * MiB))
        await until(lambda: server.front.budget.bytes >= 7 * MiB)
        await good.say(HEAD % (3 * MiB) + bytes(3 * MiB))
        await until(lambda: server.front.budget.pinned == 3 * MiB + 1)
        assert server.front.budget.bytes == 3 * MiB + 1
        may_go.set()
        assert await full.message() == b"done"
        assert await full.close_code() == CloseCode.TRY_AGAIN_LATER


async def test_a_message_that_is_turned_away_is_gone_at_once_whatever_it_is(serve):
    """What a long message was found to be is kept with it: raised, an error holds the frames that hold both."""
    may_go, error = trio.Event(), BadEnvelope("no envelope")

    async def look(incoming):
        await trio.lowlevel.checkpoint()
        return structs.replace(incoming, looked=error) if incoming.data.startswith(b"y") else incoming

    async def answer(incoming, turn):
        await may_go.wait()
        return Reply(200, (), b"done")

    async with serve(answer, limits=LIMITS) as server:
        object.__setattr__(server.front, "look", look)
        first, second = await server.websocket(), await server.websocket()
        await first.send(b"x" * (3 * MiB))
        await until(lambda: server.front.budget.pinned == 3 * MiB)
        await second.send(b"y" * (2 * MiB))

        assert json.loads(await second.message())["code"] == "overloaded"
        assert error.__traceback__ is None
        may_go.set()
        assert await first.message() == b"done"


@both_lanes
async def test_a_body_that_is_let_go_while_it_is_answered_counts_until_then(serve, fast):
    """Counted by what is left of it, most of it would count for ever."""
    seen = []

    async def answer(incoming, turn):
        await let_go(incoming.body)
        seen.append((len(incoming.body) < 3 * MiB, server.front.budget.pinned))
        return Reply(200, (), b"done")

    async with serve(answer, limits=LIMITS, fast=fast) as server:
        assert (await server.ask(HEAD % (3 * MiB) + bytes(3 * MiB))).body == b"done"

        assert seen == [(True, 3 * MiB)]
        await until(lambda: server.front.budget.bytes == 0)
        assert server.front.budget.pinned == 0


async def test_all_is_given_back_in_the_end(serve):
    async with serve(count_in) as server:
        socket = await server.websocket()
        await socket.send(b"x" * MiB)
        await socket.send(b"y" * 1000, Opcode.BINARY)
        assert {await socket.message(), await socket.message()} == {b"1000", b"%d" % MiB}
        assert (await server.ask(HEAD % 5 + b"hello")).body == b"5"
        await socket.stream.aclose()
        await until(lambda: server.front.counts.open == 0)
        assert server.front.budget.held().clients == {}
        assert not server.front.budget._accounts


async def test_what_is_answered_at_once_counts_in_one_step_as_in_two():
    """A client's further messages are pinned without being held first, up to its share; then as by `add` and `pin`."""
    budget = Budget(1000)
    first, second = budget.open("ada"), budget.open("ada")

    assert first.add_pinned(400)
    assert second.add_pinned(100)
    assert (budget.bytes, budget.pinned, second.pinned) == (500, 500, 100)
    assert not second.add_pinned(1)  # half of what others leave is all that one client has being answered

    assert (budget.bytes, budget.pinned, second.bytes) == (501, 500, 1)
    for holding in (first, second):
        holding.close()
    assert (budget.bytes, budget.pinned, budget.held().clients) == (0, 0, {})


def test_a_holding_tells_whether_its_client_is_the_only_one():
    budget = Budget(1000)
    one, twin = budget.open("a"), budget.open("a")
    assert (one.is_alone, twin.is_alone, one.client) == (True, True, "a")
    other = budget.open("b")
    assert (one.is_alone, other.is_alone) == (False, False)
