"""The front as a whole: both lanes and WebSockets on one port, and the limit of connections."""

import trio
import trio.testing

from vibes_trio.config import Limits
from vibes_trio.exchange import Reply


async def test_one_port_serves_the_fast_lane_the_full_lane_and_websockets(serve):
    async with serve() as server:
        fast = await server.ask(server.good_request)
        full = await server.ask(b"DELETE /good HTTP/1.1\r\nHost: api.localhost\r\n\r\n")
        socket = await server.websocket()
        await socket.send(b"hello")

        assert (fast.status, fast.json["method"]) == (200, "GET")
        assert (full.status, full.json["method"]) == (200, "DELETE")
        assert await socket.message() == b"hello"
        counts = server.front.counts
        assert (counts.fast, counts.full, counts.websockets) == (1, 1, 1)


async def test_connections_over_the_limit_are_turned_away_in_words(serve):
    async with serve(limits=Limits(max_connections=3)) as server:
        held = [await server.connect() for _ in range(3)]
        await trio.testing.wait_all_tasks_blocked()

        refused = await server.ask(server.good_request)

        assert (refused.status, refused.json["code"]) == (503, "overloaded")
        assert refused.headers["retry-after"] == "1"
        assert refused.headers["connection"] == "close"
        await held[0].say(server.good_request)
        assert (await held[0].response()).status == 200
        await held[0].stream.aclose()
        while server.front.counts.open == 3:
            await trio.testing.wait_all_tasks_blocked()
        assert await server.is_well()


async def test_a_flood_over_the_limit_is_closed_without_a_word(serve):
    async with serve(limits=Limits(max_connections=1, shed_at_once=2)) as server:
        await server.connect()
        await trio.testing.wait_all_tasks_blocked()
        turned_away = [await server.connect() for _ in range(4)]
        await trio.testing.wait_all_tasks_blocked(0.02)
        said = [client.unread or await client.ended() for client in turned_away[2:]]
        assert said == [b"", b""]
        assert server.front.counts.shedding == 2
        assert server.front.counts.shed == 4


async def test_a_thousand_connections_come_and_go(serve):
    async with serve() as server:

        async def one():
            response = await server.ask(server.good_request)
            assert response.status == 200

        for _ in range(10):
            async with trio.open_nursery() as nursery:
                for _ in range(100):
                    nursery.start_soon(one)
        while server.front.counts.open:
            await trio.testing.wait_all_tasks_blocked()
        assert server.front.counts.accepted == 1000


async def test_draining_before_anything_was_asked_ends_the_front(serve):
    with trio.fail_after(5):
        async with serve() as server:
            server.front.draining.set()
            await trio.testing.wait_all_tasks_blocked()


async def test_cancelling_the_front_ends_its_connections(serve):
    async def answer(incoming, turn):
        await trio.sleep_forever()
        return Reply(200)

    with trio.move_on_after(0.2) as scope:
        async with serve(answer) as server:
            client = await server.connect()
            await client.say(server.good_request)
            await trio.sleep_forever()
    assert scope.cancelled_caught
