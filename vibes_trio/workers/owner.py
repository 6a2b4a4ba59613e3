"""Several processes behind one port: the owner's part.

The owner alone writes the database, does the background work, and holds WebSockets and the full lane. Readers
accept from the same listening sockets, answer what reads an app, and hand every other connection to the
owner. A reader that ends is replaced, one that hangs is killed and replaced; each sees the owner's end as the end
of its channel, and follows it.
"""

import logging
import os
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
import trio

from vibes_trio.config import Config, without_secrets
from vibes_trio.errors import ConfigError
from vibes_trio.exchange import Answer, Incoming, Later, Reply, Soon, Turn
from vibes_trio.exposition import Snapshot, add_up, decode, encode, what_lasts
from vibes_trio.front.serve import Take
from vibes_trio.storage.feed import EVERYTHING, AppLogged, Change, Revocations, Sections, SessionsEnded
from vibes_trio.workers.balance import Balance, make_cells
from vibes_trio.workers.channel import Channel, Frame, Kind

log = logging.getLogger(__name__)

READER = "vibes_trio.workers.reader"
_NUMBER_BYTES = 8


@dataclass(frozen=True, slots=True)
class Orders:
    """What a reader has to know to answer as the owner does. *config* comes without its private key.

    Attributes:
        local_modules: pages load packages from this server; the store is filled.
        log_level: a name that `logging` knows.
    """

    config: Config
    local_modules: bool
    log_level: str


_orders_decoder = msgspec.json.Decoder(Orders, dec_hook=lambda _, text: Path(text))


def encode_orders(orders: Orders) -> bytes:
    """Return *orders* as the data of a START frame."""
    return msgspec.json.encode(orders, enc_hook=str)


def decode_orders(data: bytes) -> Orders:
    """Return what `encode_orders` was given."""
    return _orders_decoder.decode(data)


_changes_decoder = msgspec.json.Decoder(tuple[Change, ...])


def decode_check(data: bytes) -> tuple[bytes, tuple[Change, ...]]:
    """Return the number of a CHECK frame, and what it tells of."""
    return data[:_NUMBER_BYTES], _changes_decoder.decode(data[_NUMBER_BYTES:])


class _Reader:
    """A running reader, the questions that it has not answered yet, and what it said last that it counted."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._asked = 0
        self._open: dict[int, trio.Event] = {}
        self.counted: Snapshot = {}

    async def check(self, changes: Sequence[Change] = ()) -> None:
        """Tell the reader of *changes*; return when it knows them and all before, or has ended."""
        await self._ask(Kind.CHECK, msgspec.json.encode(changes))

    async def _ask(self, kind: Kind, data: bytes = b"") -> None:
        """Send *data* behind a number; return when that came back, or the reader has ended."""
        self._asked += 1
        number, seen = self._asked, trio.Event()
        self._open[number] = seen
        try:
            await self.channel.send(Frame(kind, number.to_bytes(_NUMBER_BYTES) + data))
            await seen.wait()
        except trio.BrokenResourceError:
            pass  # it is ending, and answers nobody any more
        finally:
            del self._open[number]

    async def count(self) -> None:
        """Return when `counted` is what the reader counts now, or it has ended."""
        await self._ask(Kind.COUNT)

    def heard(self, data: bytes) -> None:
        """Take the answer to one `count`."""
        self.counted = decode(data[_NUMBER_BYTES:])
        self.seen(int.from_bytes(data[:_NUMBER_BYTES]))

    def seen(self, number: int) -> None:
        """Take the answer to one question."""
        if number in self._open:
            self._open[number].set()

    def ended(self) -> None:
        """Let go of all who wait for it."""
        for seen in self._open.values():
            seen.set()


class Readers:
    """The readers of one server. State: which of them run; what those counted that have ended; what has changed that
    they were not told yet; how many changes were heard, and of how many all readers know.

    Args:
        count: how many to keep running.
        draining: when set, they are told to stop and none is started any more.

    `balance` is the owner's own; `close` gives its memory back.
    """

    def __init__(
        self, count: int, orders: Orders, listeners: Sequence[socket.socket], draining: trio.Event
    ) -> None:
        self._count = count
        self._cells = make_cells(1 + count)
        self.balance = Balance(self._cells.fileno(), 0, 1 + count)
        self._orders = encode_orders(orders)
        self._limits = orders.config.limits
        self._listeners = listeners
        self._draining = draining
        self._running: set[_Reader] = set()
        self._ended: Snapshot = {}
        self._untold: list[Change] = []
        self._told = 0
        self._news = trio.lowlevel.ParkingLot()
        self._settled = trio.lowlevel.ParkingLot()
        self.heard = 0

    def hear(self, change: Change) -> None:
        """Take what readers have to know of: what they keep, or wait for. A `feed.Hear`."""
        if isinstance(change, Sections | AppLogged | Revocations | SessionsEnded):
            return  # they have neither chats nor logs nor tokens
        self.heard += 1
        self._untold.append(change)
        if len(self._untold) > self._limits.changes_waiting:
            self._untold = [EVERYTHING]
        self._news.unpark_all()

    async def serve(self, take: Take, *, task_status: trio.TaskStatus[None]) -> None:
        """Keep the readers running until `draining` is set and the last of them has ended.

        Started: all of them accept connections. What they hand over goes to *take*.

        Raises:
            ConfigError: one ended before it could serve.
        """
        async with trio.open_nursery() as telling:
            telling.start_soon(self._tell)
            async with trio.open_nursery() as lasting:
                async with trio.open_nursery() as starting:
                    for index in range(1, 1 + self._count):
                        starting.start_soon(lasting.start, self._keep_one, index, take)
                task_status.started()
            telling.cancel_scope.cancel()

    async def settle(self) -> None:
        """Return when every reader knows of all that has changed until now.

        One that keeps silent for `limits.reader_settle_s` is not waited for: it looks by itself soon.
        """
        until = self.heard
        with trio.move_on_after(self._limits.reader_settle_s):
            while self._told < until and self._running:
                await self._settled.park()

    async def count(self) -> Sequence[bytes]:
        """Return what the readers have counted, those that have ended included; see `counts.OfOthers`.

        Of one that keeps silent for `limits.reader_settle_s` it is what it said before.
        """
        with trio.move_on_after(self._limits.reader_settle_s):
            async with trio.open_nursery() as nursery:
                for reader in self._running:
                    nursery.start_soon(reader.count)
        return [encode(add_up((self._ended, *(reader.counted for reader in self._running))))]

    async def _tell(self) -> None:
        """Tell all readers what has changed, as it is heard, until cancelled."""
        while True:
            while not self._untold:
                await self._news.park()
            changes, self._untold, until = self._untold, [], self.heard
            with trio.move_on_after(self._limits.reader_settle_s) as scope:
                async with trio.open_nursery() as nursery:
                    for reader in self._running:
                        nursery.start_soon(reader.check, changes)
            if scope.cancelled_caught:
                log.warning("a reading process did not confirm a change in time")
            self._told = until
            self._settled.unpark_all()

    def close(self) -> None:
        """Give the memory back; after `serve`, and the last connection."""
        self.balance.close()
        self._cells.close()

    async def _keep_one(self, index: int, take: Take, *, task_status: trio.TaskStatus[None]) -> None:
        """Keep one reader running; a new one after a pause that doubles while they end young."""
        limits, pause_s, has_served = self._limits, self._limits.reader_restart_s, False

        def serves() -> None:
            nonlocal has_served
            if not has_served:
                has_served = True
                task_status.started()

        while not self._draining.is_set():
            since, status = trio.current_time(), None
            try:
                status = await self._run_one(index, take, serves)
            except* OSError as group:
                log.error("a reading process can't be started: %s", group.exceptions[0])
            if self._draining.is_set():
                break
            if not has_served:
                raise ConfigError(f"VIBES_WORKERS: a reading process can't start (exit status {status}).")
            if trio.current_time() - since > limits.reader_restart_max_s:
                pause_s = limits.reader_restart_s
            log.error("a reading process ended (status %s); another starts in %g s", status, pause_s)
            with trio.move_on_after(pause_s):
                await self._draining.wait()
            pause_s = min(2 * pause_s, limits.reader_restart_max_s)
        serves()

    async def _run_one(self, index: int, take: Take, serves: Callable[[], None]) -> int | None:
        """Start a reader and serve it to its end; return its exit status."""
        ours, theirs = socket.socketpair()
        channel = Channel(ours, self._limits.send_timeout_s)
        reader = _Reader(channel)
        try:
            async with trio.open_nursery() as nursery:
                with theirs:
                    process = await nursery.start(self._run_process, index, theirs.fileno())
                nursery.start_soon(self._end_when_draining, channel, process)
                nursery.start_soon(self._watch, reader, process)
                await self._hear(reader, take, serves)
                with trio.move_on_after(self._limits.close_timeout_s):
                    await process.wait()
                nursery.cancel_scope.cancel()
        finally:
            self._running.discard(reader)
            self._ended = add_up((self._ended, what_lasts(reader.counted)))
            self.balance.drop(index)
            reader.ended()
            channel.close()
        status: int | None = process.returncode
        return status

    async def _run_process(
        self, index: int, channel_fd: int, *, task_status: trio.TaskStatus[trio.Process]
    ) -> None:
        """Run a reader; killed when cancelled. Started: it runs."""
        cells_fd = self._cells.fileno()
        numbers = (channel_fd, cells_fd, index, 1 + self._count)
        await trio.run_process(
            [sys.executable, "-m", READER, *map(str, numbers)],
            stdin=subprocess.DEVNULL,
            check=False,
            pass_fds=[channel_fd, cells_fd],
            env=without_secrets(os.environ),
            # Ctrl-C at the terminal is for the owner, which tells the readers to drain.
            start_new_session=True,
            deliver_cancel=_kill,
            task_status=task_status,
        )

    async def _hear(self, reader: _Reader, take: Take, serves: Callable[[], None]) -> None:
        """Do what the frames of *reader* ask for, until it has ended."""
        while (frame := await reader.channel.receive()) is not None:
            if frame.kind is Kind.CONNECTION:
                for sock in frame.sockets:
                    sock.setblocking(False)
                    take(sock, frame.data)
            elif frame.kind is Kind.SEEN:
                reader.seen(int.from_bytes(frame.data))
            elif frame.kind is Kind.COUNTED:
                reader.heard(frame.data)
            elif frame.kind is Kind.SERVING:
                serves()
            elif frame.kind is Kind.HELLO and not self._draining.is_set():
                # From here on it may keep releases in memory, so it takes part in `settle`.
                self._running.add(reader)
                with suppress(trio.BrokenResourceError):
                    await reader.channel.send(Frame(Kind.START, self._orders, self._listeners))

    async def _watch(self, reader: _Reader, process: trio.Process) -> None:
        """Kill a reader that runs but leaves a check without an answer: whoever it accepted waits in vain."""
        limits = self._limits
        while not self._draining.is_set():
            await trio.sleep(limits.reader_watch_s)
            if reader not in self._running:
                continue
            with trio.move_on_after(limits.reader_hung_s) as scope:
                await reader.check()
            if scope.cancelled_caught and not self._draining.is_set():
                log.error("a reading process has not answered for %g s and is killed", limits.reader_hung_s)
                process.kill()
                return

    async def _end_when_draining(self, channel: Channel, process: trio.Process) -> None:
        """Tell the reader to drain when that is due; kill it if it is still there after its time."""
        await self._draining.wait()
        with suppress(trio.BrokenResourceError):
            await channel.send(Frame(Kind.DRAIN))
        await trio.sleep(self._limits.shutdown_timeout_s)
        process.kill()


def answer_settled(
    version: Callable[[], int],
    settle: Callable[[], Awaitable[None]],
    answer: Answer,
    incoming: Incoming,
    turn: Turn | None,
) -> Soon[Reply]:
    """Return *answer*'s reply; if something changed meanwhile (the *version*), once every reader knows that.

    So whoever has the reply to a deploy sees what was deployed, whichever process is asked.
    """
    reply = answer(incoming, turn)
    # What is answered at once has written nothing; what is promised is in a chat, of which readers keep nothing. And a
    # promise has to stay one: its connection gives it up when its time is over.
    return reply if isinstance(reply, Reply | Later) else _settle_after(reply, version, settle)


async def _settle_after(
    answered: Awaitable[Reply], version: Callable[[], int], settle: Callable[[], Awaitable[None]]
) -> Reply:
    before = version()
    reply = await answered
    if version() != before:
        await settle()
    return reply


async def _kill(process: trio.Process) -> None:
    process.kill()
