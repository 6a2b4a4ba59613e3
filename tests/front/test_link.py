"""What others say to the client of a WebSocket, while its own task sleeps, answers, or says goodbye."""

import pytest
import trio
import trio.lowlevel
import trio.testing
from websockets.frames import CloseCode

from vibes_trio.config import Limits
from vibes_trio.exchange import MessageIncoming, Reply
from vibes_trio.front.link import text_head

BIG = b"x" * 300_000


class Talker:
    """Answers each message with itself, and keeps the link that it came by."""

    def __init__(self):
        self.links = []
        self.after = []
        self.ended = []

    def answer(self, incoming, turn):
        assert isinstance(incoming, MessageIncoming)
        if incoming.link not in self.links:
            self.links.append(incoming.link)
        return Reply(200, (), incoming.data, after=lambda: self.after.append(incoming.data))

    async def answer_later(self, incoming, turn):
        await trio.lowlevel.checkpoint()
        return self.answer(incoming, turn)


class Ends:
    def __init__(self, ended):
        self.ended = ended

    def end(self):
        self.ended.append(self)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 300_000])
def test_a_frames_head_says_that_it_is_a_whole_text_and_how_long(size):
    head = text_head(size)

    assert head[0] == 0x81
    short = head[1] if len(head) == 2 else int.from_bytes(head[2:])
    assert short == size
    assert len(head) == (2 if size < 126 else 4 if size < 65536 else 10)


@pytest.mark.parametrize("later", [False, True])
async def test_more_than_one_frame_can_be_said_and_after_the_reply_something_begins(serve, later):
    talker = Talker()
    async with serve(talker.answer_later if later else talker.answer) as server:
        socket = await server.websocket()
        await socket.send(b"hello")
        assert await socket.message() == b"hello"
        assert talker.after == [b"hello"]
        (link,) = talker.links

        for parts in ((b"one",), (b"t", b"w", b"o"), (BIG, b"!")):
            link.send(*parts)

        assert [await socket.message() for _ in range(3)] == [b"one", b"two", BIG + b"!"]
        await socket.send(b"again")
        assert await socket.message() == b"again"
    assert len(talker.links) == 1


async def test_what_a_sleeping_connection_can_not_send_at_once_is_sent_as_the_client_reads(serve):
    talker = Talker()
    async with serve(talker.answer) as server:
        socket = await server.websocket()
        await socket.send(b"hello")
        await socket.message()
        (link,) = talker.links
        sent = 0
        while not link.waiting_bytes:
            link.send(BIG)
            sent += 1
        link.send(b"last")

        assert [await socket.message() for _ in range(sent)] == [BIG] * sent
        assert await socket.message() == b"last"
        await link.drained(1)
        await socket.send(b"again")
        assert await socket.message() == b"again"


async def test_who_waits_for_room_has_it_once_the_client_has_read_enough(serve):
    talker = Talker()
    async with serve(talker.answer) as server:
        socket = await server.websocket()
        await socket.send(b"hello")
        await socket.message()
        (link,) = talker.links
        while link.waiting_bytes < 2 * len(BIG):
            link.send(BIG)
        waited = []

        async def wait():
            await link.drained(len(BIG))
            waited.append(link.waiting_bytes)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait)
            await trio.testing.wait_all_tasks_blocked()
            assert waited == []
            while not waited:
                await socket.message()

    assert waited[0] < len(BIG)


@pytest.mark.parametrize("conversing", [False, True])
async def test_a_client_that_takes_too_little_is_cut_with_a_code_a_reason_and_counted(serve, conversing):
    talker = Talker()
    async with serve(talker.answer_later if conversing else talker.answer) as server:
        socket = await server.websocket()
        await socket.send(b"hello")
        await socket.message()
        (link,) = talker.links
        kept = Ends(talker.ended)
        link.kept["a"] = kept
        while not link.waiting_bytes:
            link.send(BIG)

        for _ in range(2):
            link.cut("too little is taken")
        link.send(b"nothing more")
        assert await socket.close_code() == CloseCode.TRY_AGAIN_LATER
        assert socket.protocol.close_rcvd.reason == "too little is taken"
        await trio.testing.wait_all_tasks_blocked()
        assert server.front.counts.cut == 1
        assert talker.ended == [kept]
    assert b"nothing more" not in [frame.data for frame in socket.frames]


async def test_one_that_reads_nothing_at_all_is_gone_after_its_time_with_what_waited(serve, autojump_clock):
    talker = Talker()
    async with serve(talker.answer, limits=Limits()) as server:
        socket = await server.websocket()
        await socket.send(b"hello")
        await socket.message()
        (link,) = talker.links
        while link.waiting_bytes < 3 * len(BIG):
            link.send(BIG)

        link.cut("too little is taken")
        with trio.fail_after(60):
            await link.drained(1)
            while not link.over:  # noqa: ASYNC110 - the server's doing
                await trio.sleep(1)

        assert server.front.budget.bytes == 0


async def test_nothing_is_said_to_who_has_left(serve):
    talker = Talker()
    async with serve(talker.answer) as server:
        socket = await server.websocket()
        await socket.send(b"hello")
        await socket.message()
        (link,) = talker.links
        await socket.stream.aclose()
        while not link.over:
            await trio.lowlevel.checkpoint()

        link.send(b"anybody?")
        link.cut("gone")

        assert (link.waiting_bytes, server.front.counts.cut) == (0, 0)


async def test_a_fault_of_a_peer_that_reads_nothing_does_not_keep_the_loop_busy(serve, autojump_clock):
    """Fails where what waits for such a peer is tried to be sent again and again without a pause."""
    talker = Talker()
    async with serve(talker.answer) as server:
        socket = await server.websocket()
        await socket.send(b"hello")
        await socket.message()
        (link,) = talker.links
        while not link.waiting_bytes:
            link.send(BIG)
        await socket.raw(b"\xff\xff")  # no frame
        passes = 0

        class Passes(trio.abc.Instrument):
            def before_io_wait(self, timeout):
                nonlocal passes
                passes += 1

        watch = Passes()
        trio.lowlevel.add_instrument(watch)
        await trio.sleep(1)
        trio.lowlevel.remove_instrument(watch)

    assert passes < 100
