"""Long messages are read in processes: right, bounded, in turn, and gone when the server is."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import trio
from asking import APPEND, DEPLOY, text
from trio.testing import wait_all_tasks_blocked

from vibes_trio.beside import pool
from vibes_trio.beside.pool import Packed, Question, open_beside, raise_told
from vibes_trio.config import KiB, Limits
from vibes_trio.errors import BadEnvelope, BadJson, BadRequest, TooLarge
from vibes_trio.exchange import UserId
from vibes_trio.services.given import unpack_deploy, unpack_section

ADA = UserId("ada")


def message(kind: str, **payload: object) -> bytes:
    auth = {"type": "device-id", "token": "t"}
    envelope = {"tid": "1", "src": "a", "dst": "b", "ttl": 6}
    return json.dumps(envelope | {"payload": {"type": kind, "auth": auth} | payload}).encode()


async def test_a_message_is_looked_at_and_then_read():
    content = "é" * 200_000
    data = message(DEPLOY, mode="dev", fileSystem=[text("/a.txt", content), text("/b.txt", "b")])
    async with open_beside(Limits()) as beside:
        head = await beside.look(data, "client")
        packed = await beside.ask(Question("read", DEPLOY), data, ADA)

    assert (head.type, head.auth and head.auth.token) == (DEPLOY, "t")
    assert len(packed.text) < 2 * KiB
    deploy = unpack_deploy(packed)
    assert [(file.name, file.content) for file in deploy.files] == [
        ("/a.txt", content.encode()),
        ("/b.txt", b"b"),
    ]


async def test_a_section_comes_back_as_it_is_stored():
    block = {"type": "block.begin", "blockId": "b", "streamId": "s", "seq": 0, "blockNr": 0}
    data = message(
        APPEND, contextId="c", origin="llm", blocks=[block | {"timestamp": 0, "more": "x" * 100_000}]
    )
    async with open_beside(Limits()) as beside:
        head = await beside.look(data, "client")
        section = unpack_section(await beside.ask(Question("read", APPEND), data, ADA))

    assert head.order_key == "c"
    assert (section.context_id, section.origin) == ("c", "llm")
    assert json.loads(section.blocks_json)[0]["timestamp"] == "1970-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"[" * 200_000, BadJson),
        (b'{"x":[' + b"[]," * 100_000 + b"1]}", BadEnvelope),
        (message("x", **{"pad": "x" * 70_000}).replace(b'"1"', b'"%b"' % (b"t" * 70_000)), BadEnvelope),
    ],
)
async def test_what_is_no_message_is_refused_in_words(data, error):
    async with open_beside(Limits()) as beside:
        with pytest.raises(error):
            await beside.look(data, "client")


async def test_what_is_wrong_with_a_payload_is_told_with_its_detail():
    limits = Limits()
    async with open_beside(limits) as beside:
        with pytest.raises(BadRequest, match=r"mode"):
            await beside.ask(Question("read", DEPLOY), message(DEPLOY, mode="x" * 100_000), ADA)
        files = [text(f"/{number}", "") for number in range(limits.max_files + 1)]
        with pytest.raises(TooLarge) as many:
            await beside.ask(Question("read", DEPLOY), message(DEPLOY, mode="dev", fileSystem=files), ADA)

    assert many.value.detail == {"limit": "max_files", "value": limits.max_files}


async def test_a_message_that_takes_too_much_is_refused_and_the_next_is_read(monkeypatch, tmp_path):
    """Time and memory alike: the process is killed, and another answers."""
    once = tmp_path / "once"
    hang = f"import pathlib, time\nmark = pathlib.Path({str(once)!r})\n"
    hang += "if not mark.exists(): mark.touch(); time.sleep(3600)\n"
    run = "import runpy; runpy.run_module('vibes_trio.services.beside', run_name='__main__')"
    monkeypatch.setattr(pool, "COMMAND", (sys.executable, "-c", f"{hang}{run}"))
    async with open_beside(replace(Limits(), beside_timeout_s=4.0)) as beside:
        with pytest.raises(TooLarge, match="too much time or memory"):
            await beside.look(message("x"), "client")

        assert (await beside.look(message("x"), "client")).type == "x"


class BusyWorkers:
    """Stands in for `Workers`: who converses waits until *gate* is set."""

    def __init__(self) -> None:
        self.gate = trio.Event()
        self.busy = 0

    async def converse(self, talk: object, user: str = "") -> object:
        self.busy += 1
        await self.gate.wait()
        return pool.Answer(found=msgspec.Raw(b'{"tid":"","src":"","dst":"","ttl":1,"type":""}')), ()


async def test_long_messages_hold_up_neither_short_ones_nor_who_has_signed_in():
    limits = Limits()
    workers = BusyWorkers()
    processes = pool.Processes(workers, workers, limits)  # type: ignore[arg-type]
    async with trio.open_nursery() as nursery:
        for number in range(5):
            nursery.start_soon(processes.look, bytes(limits.beside_short_bytes + 1), f"client {number}")
        await wait_all_tasks_blocked()
        assert workers.busy == 1

        nursery.start_soon(processes.look, b"short", "client")
        nursery.start_soon(processes.ask, Question("read", DEPLOY), b"", ADA)
        await wait_all_tasks_blocked()
        assert workers.busy == 3
        workers.gate.set()


async def test_nothing_is_left_running_when_the_server_ends():
    before = _children()  # a browser, say, that the tests of this process share
    async with open_beside(Limits()) as beside:
        await beside.look(message("x"), "client")
        assert _children() - before
    assert not _children() - before


def _children() -> set[str]:
    tasks = Path("/proc/self/task").glob("*/children")  # of each thread that started some
    return {child for task in tasks for child in task.read_text("ascii").split()}


def test_an_error_that_was_told_is_raised_as_it_was():
    with pytest.raises(TooLarge) as raised:
        raise_told(pool.Told("too-large", "words", {"limit": "l", "value": 1}))

    assert (raised.value.message, raised.value.detail) == ("words", {"limit": "l", "value": 1})


def test_a_short_answer_has_no_parts():
    assert Packed(b"{}").parts == ()
