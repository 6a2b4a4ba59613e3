"""Subscriptions over real sockets, in a whole server: who does not read is cut, and all others hear at once."""

import json

import trio
from asking import APPEND, ENSURE_CHAT, envelope
from live_client import SUBSCRIBE
from raw_client import frame, over_websocket
from recorded import token
from serving import running, websocket

from vibes_trio.config import KiB
from vibes_trio.front.state import Front

BLOCK = {"type": "block.begin", "blockId": "b", "streamId": "s", "seq": 0, "blockNr": 0, "timestamp": 1}
PADDED = BLOCK | {"padding": "x" * (40 * KiB)}
SUBSCRIBERS = 40


async def told(socket):
    return json.loads(await socket.get_message())["payload"]


async def subscribe(port, began, seqs, count):
    async with websocket(port) as socket:
        await socket.send_message(envelope(token("A"), SUBSCRIBE, contextId="chat"))
        assert (await told(socket))["type"] == "vibes.diy.res-subscribe-chat-sections"
        began.append(1)
        while len(seqs) < count:
            seqs.append((await told(socket))["seq"])


async def test_one_that_does_not_read_is_cut_and_all_others_hear_everything_in_order(tmp_path, monkeypatch):
    fronts = []

    def front(*args, **kwargs):
        fronts.append(Front(*args, **kwargs))
        return fronts[0]

    monkeypatch.setattr("vibes_trio.server.Front", front)
    count = 200
    async with running(tmp_path) as app:
        port = app.config.port
        limits = app.config.limits
        began, heard = [], [[] for _ in range(SUBSCRIBERS)]
        async with websocket(port) as author:
            await author.send_message(envelope(token("A"), ENSURE_CHAT, contextId="chat"))
            await author.get_message()
            deaf = await trio.open_tcp_stream("127.0.0.1", port)
            said = envelope(token("A"), SUBSCRIBE, contextId="chat")
            await deaf.send_all(over_websocket(frame(said)))
            with trio.fail_after(120):
                async with trio.open_nursery() as nursery:
                    for seqs in heard:
                        nursery.start_soon(subscribe, port, began, seqs, count)
                    while app.live.members < SUBSCRIBERS + 1:  # noqa: ASYNC110 - the server's doing
                        await trio.sleep(0.01)
                    for _ in range(count):
                        await author.send_message(
                            envelope(token("A"), APPEND, contextId="chat", origin="llm", blocks=[PADDED])
                        )
                        assert (await told(author))["type"].startswith("vibes.diy.res-append")
                assert heard == [list(range(count))] * SUBSCRIBERS
                while fronts[0].counts.cut == 0:
                    assert fronts[0].budget.bytes < 2 * limits.subscriber_bytes + 1024 * KiB
                    await trio.sleep(0.05)
            received = bytearray()
            while data := await deaf.receive_some(1 << 20):
                received += data
            await deaf.aclose()

    assert b"you take too little of what you subscribed to" in received[-200:]
    assert (1013).to_bytes(2) in received[-200:]
