"""Compression within bounds. Without the limiters the first test has all of them at work at once."""

import threading
from functools import partial

import pytest
import trio
import trio.testing

from vibes_trio import compressor
from vibes_trio.compressor import HERE_BYTES, Compressor
from vibes_trio.config import KiB, Limits, MiB

LIMITS = Limits(long_content_bytes=1 * MiB, compressed_bytes=4 * MiB)


class Gate:
    """An encoder that says how many contents of which size are in work, and goes on when the test says so."""

    def __init__(self) -> None:
        self.busy: list[int] = []
        self.most: list[list[int]] = []
        self.open = threading.Semaphore(0)

    def encode(self, body: bytes) -> bytes:
        self.busy.append(len(body))
        self.most.append(sorted(self.busy))
        assert self.open.acquire(timeout=10)
        self.busy.remove(len(body))
        return b"made"


@pytest.fixture
def gate(monkeypatch):
    gate = Gate()
    monkeypatch.setattr(compressor, "ENCODERS", {"br": gate.encode})
    return gate


async def test_one_long_content_is_compressed_at_a_time_and_a_shorter_beside_it(gate):
    made = Compressor(LIMITS)

    async with trio.open_nursery() as nursery:
        for size in (2 * MiB, 2 * MiB + 1, 100 * KiB, 101 * KiB):
            nursery.start_soon(made.compress, "br", bytes(size))
        gate.open.release(4)

    assert all(len([size for size in sizes if size > 1 * MiB]) <= 1 for sizes in gate.most)
    assert all(len([size for size in sizes if size < 1 * MiB]) <= 1 for sizes in gate.most)
    assert len(gate.most) == 4


async def test_only_so_much_may_wait(gate):
    made = Compressor(LIMITS)
    assert made.has_room(8 * MiB), "one may be longer than that"

    async with trio.open_nursery() as nursery:
        nursery.start_soon(made.compress, "br", bytes(3 * MiB))
        await trio.testing.wait_all_tasks_blocked()
        assert not made.has_room(2 * MiB)
        assert made.has_room(900 * KiB), "others than long ones do not wait for it"
        assert made.has_room(HERE_BYTES)
        gate.open.release()

    assert made.has_room(8 * MiB)


async def test_who_is_cancelled_waits_no_more(gate):
    made = Compressor(LIMITS)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(made.compress, "br", bytes(3 * MiB))
        await trio.testing.wait_all_tasks_blocked()
        with trio.move_on_after(0) as scope:
            await made.compress("br", bytes(1 * MiB + 1))
        assert scope.cancelled_caught
        assert not made.has_room(2 * MiB)
        gate.open.release()

    assert made.has_room(3 * MiB)


async def test_short_content_is_compressed_at_once():
    made = partial(Compressor(LIMITS).compress, "gzip")

    with trio.testing.assert_no_checkpoints():
        assert len(await made(b"x" * HERE_BYTES)) < 1000
