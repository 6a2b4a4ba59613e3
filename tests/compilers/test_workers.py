import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import pytest
import trio
import trio.testing

from vibes_trio.compilers.workers import Talk, WorkerFailed, Workers
from vibes_trio.config import Limits, MiB
from vibes_trio.errors import Overloaded

# Answers b"pid" with its id, and does what else it is told.
SCRIPT = """
import os, struct, sys, time
def send(data):
    sys.stdout.buffer.write(struct.pack("<I", len(data)) + data)
    sys.stdout.buffer.flush()
if "greet" in sys.argv: send(b"hello")
while head := sys.stdin.buffer.read(4):
    request = sys.stdin.buffer.read(struct.unpack("<I", head)[0])
    if request == b"pid": send(str(os.getpid()).encode())
    elif request == b"die": sys.exit(3)
    elif request == b"hang": time.sleep(3600)
    elif request == b"flood": send(b"x" * 2000)
    elif request == b"half": os.write(1, b"\\x09\\0\\0\\0abc"); sys.exit(0)
    elif request == b"eat": held = bytearray(400 << 20); send(b"ate")
    elif request == b"weary": held = True; send(b"done")
    elif request == b"anything" and "held" in globals(): sys.exit(3)
    elif request == b"anything": send(b"fine")
    elif request == b"end after": send(b"bye"); sys.exit(0)
"""

LIMITS = replace(Limits(), compile_timeout_s=20.0, compile_at_once=2, max_compiled_bytes=1000)


@asynccontextmanager
async def opened(limits: Limits = LIMITS, *arguments: str, niceness: int = 0) -> AsyncIterator[Workers]:
    command = (sys.executable, "-c", SCRIPT, *arguments)
    workers = Workers(command, {}, limits, greets="greet" in arguments, niceness=niceness)
    try:
        yield workers
    finally:
        await workers.aclose()


def is_running(pid: bytes) -> bool:
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    return True


async def test_worker_is_used_again_and_ends_with_the_pool() -> None:
    async with opened() as workers:
        first, second = await workers.ask(b"pid"), await workers.ask(b"pid")

        assert first == second
        assert is_running(first)
    assert not is_running(first)


async def test_signal_to_the_servers_terminal_does_not_reach_a_worker() -> None:
    async with opened() as workers:
        pid = int(await workers.ask(b"pid"))

        assert os.getpgid(pid) != os.getpgid(0)


async def test_worker_shares_the_processor_with_the_server_and_not_as_a_session_of_its_own() -> None:
    """Of sessions each gets as much as another, however far its processes stand back."""
    async with opened() as workers:
        pid = int(await workers.ask(b"pid"))

        assert os.getsid(pid) == os.getsid(0)


async def test_who_asks_for_several_things_at_once_has_all_but_one_done_by_workers_that_stand_back() -> None:
    found: dict[str, bytes] = {}

    async def ask(name: str, user: str, *, within: trio.Event, after: trio.Event) -> None:
        async def talk(worker: Talk) -> None:
            await worker.send(b"pid")
            found[name] = await worker.receive()
            within.set()
            await after.wait()

        await workers.converse(talk, user)

    limits = replace(LIMITS, compile_at_once=3)
    async with opened(limits, niceness=3) as workers, trio.open_nursery() as nursery:
        end, begun = trio.Event(), [trio.Event() for _ in range(3)]
        for name, user, within in zip(("first", "more", "other"), ("ada", "ada", "bob"), begun, strict=True):
            nursery.start_soon(partial(ask, name, user, within=within, after=end))
            await within.wait()
        own = os.getpriority(os.PRIO_PROCESS, 0)
        back = {name: os.getpriority(os.PRIO_PROCESS, int(pid)) - own for name, pid in found.items()}
        end.set()
    assert back == {"first": 0, "more": 3, "other": 0}


async def test_workers_of_both_kinds_are_used_again() -> None:
    async with opened(replace(LIMITS, compile_for_one=2), niceness=3) as workers:
        seen: set[bytes] = set()

        async def ask(user: str) -> None:
            seen.add(await workers.ask(b"pid", user))

        for users in (("ada", "bob"), ("ada", "ada"), ("ada", "bob"), ("bob", "bob")):
            async with trio.open_nursery() as nursery:
                for user in users:
                    nursery.start_soon(ask, user)

        assert len(seen) == 3


async def test_greeting_is_no_answer() -> None:
    async with opened(LIMITS, "greet") as workers:
        assert (await workers.ask(b"pid")).isdigit()


@pytest.mark.parametrize("request_bytes", [b"die", b"half"])
async def test_worker_that_dies_is_replaced(request_bytes: bytes) -> None:
    async with opened() as workers:
        before = await workers.ask(b"pid")

        with pytest.raises(WorkerFailed, match="gave up"):
            await workers.ask(request_bytes)

        assert await workers.ask(b"pid") != before


async def test_worker_out_of_time_is_killed_and_replaced() -> None:
    async with opened(replace(LIMITS, compile_timeout_s=1.0)) as workers:
        before = await workers.ask(b"pid")

        with pytest.raises(WorkerFailed, match="more than 1 s"):
            await workers.ask(b"hang")

        assert not is_running(before)
        assert await workers.ask(b"pid") != before


async def test_answer_beyond_the_limit_is_refused() -> None:
    async with opened() as workers:
        with pytest.raises(WorkerFailed, match="longer than 1000 bytes"):
            await workers.ask(b"flood")

        assert (await workers.ask(b"pid")).isdigit()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a parent bound a running child")
async def test_worker_out_of_memory_is_replaced() -> None:
    async with opened(replace(LIMITS, compile_memory_bytes=100 * MiB)) as workers:
        with pytest.raises(WorkerFailed, match="memory"):
            await workers.ask(b"eat")

        assert (await workers.ask(b"pid")).isdigit()


async def test_worker_that_ended_while_idle_is_replaced_unnoticed() -> None:
    async with opened() as workers:
        pid = int(await workers.ask(b"pid"))
        assert await workers.ask(b"end after") == b"bye"
        with trio.fail_after(10):
            await trio.to_thread.run_sync(os.waitid, os.P_PID, pid, os.WEXITED | os.WNOWAIT)

        assert int(await workers.ask(b"pid")) != pid


async def test_what_a_worker_dies_of_is_tried_once_more_by_a_new_one() -> None:
    """It may be what it did before: memory that is not given back, or an end that was under way."""
    async with opened() as workers:
        assert await workers.ask(b"weary") == b"done"

        assert await workers.ask(b"anything") == b"fine"
        with pytest.raises(WorkerFailed, match="gave up"):
            await workers.ask(b"die")


async def test_cancelled_request_costs_its_worker_only() -> None:
    async with opened() as workers:
        before = await workers.ask(b"pid")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(workers.ask, b"hang")
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()

        assert not is_running(before)
        assert await workers.ask(b"pid") != before


async def test_no_more_workers_run_than_allowed() -> None:
    async with opened() as workers:
        pids: set[bytes] = set()

        async def ask() -> None:
            pids.add(await workers.ask(b"pid"))

        async with trio.open_nursery() as nursery:
            for _ in range(10):
                nursery.start_soon(ask)

        assert 1 <= len(pids) <= 2


async def test_worker_is_replaced_after_its_share_of_requests() -> None:
    async with opened(replace(LIMITS, compiles_per_worker=2)) as workers:
        pids = [await workers.ask(b"pid") for _ in range(4)]

    assert pids[0] == pids[1] != pids[2] == pids[3]


async def test_command_that_is_not_there_is_told() -> None:
    workers = Workers(("/no/such/compiler",), {}, LIMITS)

    with pytest.raises(WorkerFailed, match="can't be started"):
        await workers.ask(b"pid")


async def test_one_users_work_leaves_a_worker_for_others() -> None:
    """Without turns by user, bob waits until the first of ada's sources has run out of time."""
    limits = replace(LIMITS, compile_at_once=3, compile_for_one=2)
    async with opened(limits) as workers, trio.open_nursery() as nursery:
        for _ in range(10):
            nursery.start_soon(workers.ask, b"hang", "ada")
        await trio.testing.wait_all_tasks_blocked()

        with trio.fail_after(limits.compile_timeout_s / 2):
            assert (await workers.ask(b"pid", "bob")).isdigit()
        nursery.cancel_scope.cancel()


async def test_too_much_that_waits_is_refused_of_one_user_and_not_of_others() -> None:
    limits = replace(LIMITS, compile_for_one=1, compiles_waiting_for_one=2)
    async with opened(limits) as workers, trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(workers.ask, b"hang", "ada")
        await trio.testing.wait_all_tasks_blocked()

        with pytest.raises(Overloaded):
            await workers.ask(b"pid", "ada")
        assert (await workers.ask(b"pid", "bob")).isdigit()
        nursery.cancel_scope.cancel()
