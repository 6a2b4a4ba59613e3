"""Sections of one chat context: numbered without gap or twin, however many clients append at once, by whatever way."""

import json

import trio
from asking import APPEND, ENSURE_CHAT, envelope
from recorded import read_table, token
from serving import http_client, running, websocket

CLIENTS = 32
SECTIONS = 1000
CONTEXT = "one-for-all"


def block(text):
    return {
        "type": "block.toplevel.line",
        "blockId": "b",
        "streamId": "s",
        "seq": 0,
        "blockNr": 0,
        "sectionId": "t",
        "lineNr": 0,
        "timestamp": 1700000000000,
        "line": text,
    }


def shares():
    """How many of the sections each client sends: they add up to all."""
    return [SECTIONS // CLIENTS + (client < SECTIONS % CLIENTS) for client in range(CLIENTS)]


async def post_sections(port, name, share, acknowledged):
    async with http_client(port) as client:
        for turn in range(share):
            line = f"{name}.{turn}"
            reply = await client.ask(
                token("A"), APPEND, contextId=CONTEXT, origin="user", blocks=[block(line)]
            )
            assert reply["type"] == "vibes.diy.res-append-chat-section", reply
            acknowledged[reply["seq"]] = line


def frame(tid, line, origin="llm"):
    message = json.loads(envelope(token("A"), APPEND, contextId=CONTEXT, origin=origin, blocks=[block(line)]))
    return json.dumps(message | {"tid": tid})


async def speak_sections(port, name, share, acknowledged):
    """Send all at once, then read the replies in whatever order they come."""
    async with websocket(port) as socket:
        for turn in range(share):
            await socket.send_message(frame(f"{name}.{turn}", f"{name}.{turn}"))
        for _ in range(share):
            reply = json.loads(await socket.get_message())
            assert reply["payload"]["type"] == "vibes.diy.res-append-chat-section", reply
            acknowledged[reply["payload"]["seq"]] = reply["tid"]


async def make_context(port):
    async with http_client(port) as client:
        await client.ask(token("A"), ENSURE_CHAT, contextId=CONTEXT)


def stored_lines(app):
    """Return the text of each section by its number; no number may be there twice."""
    found = read_table(app.db.path, "ChatSections")
    lines = {row["seq"]: row["blocks"][0]["line"] for row in found}
    assert len(lines) == len(found)
    return lines


async def test_32_clients_append_1000_sections_by_http_and_1000_by_websocket_to_one_context(tmp_path):
    acknowledged: dict[int, str] = {}

    async with running(tmp_path) as app:
        port = app.config.port
        await make_context(port)
        with trio.fail_after(120):
            async with trio.open_nursery() as nursery:
                for client, share in enumerate(shares()):
                    nursery.start_soon(post_sections, port, f"http{client}", share, acknowledged)
                    nursery.start_soon(speak_sections, port, f"ws{client}", share, acknowledged)

    lines = stored_lines(app)
    assert sorted(lines) == list(range(2 * SECTIONS))
    assert lines == acknowledged


async def test_what_one_connection_sends_without_waiting_is_stored_in_that_order(tmp_path):
    sent = [f"line {number}" for number in range(200)]

    async with running(tmp_path) as app:
        await make_context(app.config.port)
        async with websocket(app.config.port) as socket:
            for line in sent:
                await socket.send_message(frame(line, line))
            replies = [json.loads(await socket.get_message()) for _ in sent]

    assert [line for _, line in sorted(stored_lines(app).items())] == sent
    assert {reply["tid"]: reply["payload"]["seq"] for reply in replies} == {
        line: number for number, line in enumerate(sent)
    }


async def test_a_message_that_is_refused_lets_none_overtake_the_slow_ones_before_it(tmp_path):
    async with running(tmp_path) as app:
        await make_context(app.config.port)
        verify = app.verifiers["device-id"]
        refused = trio.Event()

        class Slow:
            def at_once(self, text):
                return None if text == token("A") and not refused.is_set() else verify.at_once(text)

            async def __call__(self, text):
                if self.at_once(text) is None:
                    await refused.wait()
                return await verify(text)

        app.verifiers["device-id"] = Slow()
        async with websocket(app.config.port) as socket:
            await socket.send_message(frame("slow", "slow"))
            await socket.send_message(frame("refused", "refused").replace(token("A"), "nobody"))
            reply = json.loads(await socket.get_message())
            app.verifiers["device-id"] = verify
            await socket.send_message(frame("fast", "fast"))
            await socket.send_message(json.dumps({"what": "no envelope"}))
            await socket.get_message()
            refused.set()
            await socket.get_message()
            await socket.get_message()

    assert (reply["tid"], reply["payload"]["code"]) == ("refused", "require-login")
    assert stored_lines(app) == {0: "slow", 1: "fast"}


async def test_a_connection_that_breaks_off_leaves_neither_gap_nor_lost_acknowledgement(tmp_path):
    async with running(tmp_path) as app:
        port = app.config.port
        await make_context(port)
        acknowledged = {}
        async with websocket(port) as socket:
            for number in range(60):
                await socket.send_message(frame(f"broken.{number}", f"broken.{number}"))
            reply = json.loads(await socket.get_message())
            acknowledged[reply["payload"]["seq"]] = reply["tid"]
        async with http_client(port) as client:
            reply = await client.ask(
                token("A"), APPEND, contextId=CONTEXT, origin="user", blocks=[block("last")]
            )

    lines = stored_lines(app)
    assert sorted(lines) == list(range(len(lines)))
    assert acknowledged.items() <= lines.items()
    assert lines[reply["seq"]] == "last"
    broken = [line for _, line in sorted(lines.items()) if line.startswith("broken")]
    assert broken == [f"broken.{number}" for number in range(len(broken))]


async def test_what_is_acknowledged_is_there_after_a_restart(tmp_path):
    async with running(tmp_path) as app:
        await make_context(app.config.port)
        async with websocket(app.config.port) as socket:
            await socket.send_message(frame("t", "first"))
            await socket.get_message()

    async with running(tmp_path) as app, http_client(app.config.port) as client:
        reply = await client.ask(
            token("A"), APPEND, contextId=CONTEXT, origin="user", blocks=[block("second")]
        )

    assert reply["seq"] == 1
    assert stored_lines(app) == {0: "first", 1: "second"}


async def test_long_and_short_sections_of_one_connection_are_stored_in_the_order_they_were_sent(tmp_path):
    """The long ones are read in another process, and take longer; one of them is refused."""
    sizes = [10, 3_000_000, 10, 200_000, 10, 10, 900_000, 10]
    async with running(tmp_path) as app:
        async with http_client(app.config.port) as client:
            await client.ask(token("A"), ENSURE_CHAT, contextId=CONTEXT)
        async with websocket(app.config.port) as socket:
            for number, size in enumerate(sizes):
                await socket.send_message(frame(f"{number}", f"{number} {'x' * size}"))
                await socket.send_message(frame("refused", "x" * size, origin="nobody"))
            replies = [json.loads(await socket.get_message()) for _ in range(2 * len(sizes))]

    seqs = {reply["tid"]: reply["payload"]["seq"] for reply in replies if reply["tid"] != "refused"}
    assert seqs == {str(number): number for number in range(len(sizes))}
    refused = [reply["payload"] for reply in replies if reply["tid"] == "refused"]
    assert {payload["code"] for payload in refused} == {"bad-request"}
    stored = read_table(app.db.path, "ChatSections")
    assert [row["blocks"][0]["line"].split()[0] for row in stored] == [
        str(number) for number in range(len(sizes))
    ]
