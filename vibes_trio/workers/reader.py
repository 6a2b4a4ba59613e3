"""A reader: a process that answers visitors of apps beside the owner of the data (`workers/owner.py`).

Run by the owner as `python -m vibes_trio.workers.reader CHANNEL CELLS INDEX PROCESSES`: the numbers of two open files,
its end of the channel and the cells of `workers/balance.py`; which cell is its own; how many there are.

It opens the database and the store of modules to read, keeps what it has read in memory as the owner does, and
writes nothing anywhere. What it keeps about releases is forgotten when the owner says so, and at the latest
`limits.reader_poll_s` after they changed.
"""

import logging
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

import trio

from vibes_trio.auth.device_id import DeviceTrust, DeviceVerifier
from vibes_trio.background.periodic import every, repeat
from vibes_trio.beside.pool import Packed, Question
from vibes_trio.cache import AssetCache, NameCache
from vibes_trio.collector import settle_collector
from vibes_trio.compilers.bundles import Bundle, Material
from vibes_trio.compilers.interface import Compiled, Source
from vibes_trio.compressor import Compressor
from vibes_trio.config import Limits
from vibes_trio.context import App
from vibes_trio.errors import Internal, VibesError
from vibes_trio.exchange import UserId
from vibes_trio.exposition import encode, take
from vibes_trio.front.access import Access, open_access
from vibes_trio.front.answer import answer_soon
from vibes_trio.front.ready import ReadyAnswers
from vibes_trio.front.serve import serve_front
from vibes_trio.front.state import Front, report
from vibes_trio.handlers import PIPELINE, order_key
from vibes_trio.interpreter import share_interpreter
from vibes_trio.jobs import Jobs
from vibes_trio.live import Live
from vibes_trio.logs.lines import setup_logs
from vibes_trio.modules.progress import Builds
from vibes_trio.modules.store.local import open_store
from vibes_trio.services.counted import report as report_app
from vibes_trio.services.releases import forget_changed
from vibes_trio.storage.apps import get_releases_version
from vibes_trio.storage.chat_index import ToIndex
from vibes_trio.storage.engines import make_database
from vibes_trio.storage.feed import EVERYTHING, Change
from vibes_trio.storage.feed import Releases as ReleasesChanged
from vibes_trio.wire.large import LargeHead
from vibes_trio.workers.balance import Balance
from vibes_trio.workers.channel import Channel, Frame, Kind
from vibes_trio.workers.owner import Orders, decode_check, decode_orders

log = logging.getLogger(__name__)


def main() -> None:
    """Serve until the owner says to stop, or ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the owner's business
    channel, cells, index, processes = map(int, sys.argv[1:])
    balance = Balance(cells, index, processes)
    try:
        trio.run(run_reader, socket.socket(fileno=channel), balance)
    finally:
        balance.close()


async def run_reader(sock: socket.socket, balance: Balance) -> None:
    """Serve as the owner at the other end of *sock* orders."""
    channel = Channel(sock, Limits().send_timeout_s)
    try:
        await channel.send(Frame(Kind.HELLO))
        start = await channel.receive()
        if start is None or start.kind is not Kind.START:
            return  # the owner stops already
        orders = decode_orders(start.data)
        setup_logs(orders.log_level)
        async with open_reading_app(orders, f"reader {balance.index}") as app:
            settle_collector()
            share_interpreter()
            with open_access(orders.config.access_log) as access:
                await _serve(app, channel, balance, start.sockets, access)
    except* trio.BrokenResourceError:
        pass  # the owner has ended
    finally:
        channel.close()


@asynccontextmanager
async def open_reading_app(orders: Orders, process: str = "") -> AsyncIterator[App]:
    """Hold open what answering visitors needs. What only the owner does is there in name, and fails.

    *process*: as what its figures are told.
    """
    config = orders.config
    db = make_database(config, time.time)
    db.open_for_get()
    try:
        modules = None
        if orders.local_modules:
            modules = await trio.to_thread.run_sync(open_store, config.data_dir, config.limits)
        app = App(
            config=config,
            db=db,
            assets=AssetCache(config.limits.cache_bytes, config.limits.cached_file_bytes),
            releases=NameCache(config.limits.cached_files),
            verifiers={},
            devices=DeviceVerifier(DeviceTrust(cas=()), time.time),
            compiler=_NoCompiler(),
            compressor=Compressor(config.limits),
            beside=_NoMessages(),
            package_version=_no_package_version,
            modules=modules,
            home=None,
            builds=Builds(config.limits),
            notes=(),
            jobs=Jobs(replace(config.limits, jobs_waiting=0)),
            random_slug=_no_slug,
            now=time.time,
            draining=trio.Event(),
            live=Live(config.limits),
            to_index=ToIndex(config.limits.chats_to_index),
        )
        report_app(app, process)
        db.feed.hear_all(partial(forget_changed, app.releases))
        yield app
    finally:
        db.close()


@dataclass(slots=True)
class Releases:
    """What is kept about releases, and the version of them that it was read from or after."""

    app: App
    version: int

    async def refresh(self) -> None:
        """Forget what is kept if releases have changed that the owner has not told of.

        Raises:
            VibesError: the database can't be read at the moment.
        """
        version = await self.app.db.get(get_releases_version)
        if version != self.version:
            self.version = version
            self.app.db.feed.publish([EVERYTHING])

    async def take(self, changes: Sequence[Change]) -> None:
        """Pass on what the owner tells of. Where its counter shows that others did something, too, that may be all."""
        for change in changes:
            if isinstance(change, ReleasesChanged) and change.version:
                if change.version <= self.version:
                    continue
                if change.version > self.version + 1:
                    await self._start_anew()
                    continue
                self.version = change.version
            self.app.db.feed.publish([change])

    async def _start_anew(self) -> None:
        try:
            await self.refresh()
        except VibesError:
            self.app.db.feed.publish([EVERYTHING])  # what has changed is not known: so nothing is


async def _serve(
    app: App,
    channel: Channel,
    balance: Balance,
    listeners: Sequence[socket.socket],
    access: Access | None = None,
) -> None:
    releases = Releases(app, await app.db.get(get_releases_version))
    ready = ReadyAnswers(app.config.limits.ready_bytes, lambda: app.releases.version)
    front = Front(
        partial(answer_soon, app, PIPELINE),
        order_key,
        app.config.limits,
        app.draining,
        ready,
        partial(_hand_over, channel),
        balance,
        app.site,
        access=access,
    )
    report(front, app.counts)
    async with trio.open_nursery() as watchers:
        await watchers.start(_drain_on_signal, app)
        watchers.start_soon(_follow, channel, releases, watchers.cancel_scope)
        # A sweep's, or another program's.
        limits = app.config.limits
        look = every("the look for changed releases", limits.reader_poll_s, releases.refresh, limits)
        watchers.start_soon(repeat, look, app.counts.cells("periodic_runs"))
        async with trio.open_nursery() as connections:
            await connections.start(serve_front, front, listeners)
            await channel.send(Frame(Kind.SERVING))
        watchers.cancel_scope.cancel()


async def _hand_over(channel: Channel, sock: socket.socket, received: bytes) -> None:
    await channel.send(Frame(Kind.CONNECTION, received, (sock,)))


async def _follow(channel: Channel, releases: Releases, everything: trio.CancelScope) -> None:
    """Do as the owner says; end at once when it has ended."""
    while (frame := await channel.receive()) is not None:
        if frame.kind is Kind.DRAIN:
            releases.app.draining.set()
        elif frame.kind is Kind.CHECK:
            number, changes = decode_check(frame.data)
            await releases.take(changes)
            await channel.send(Frame(Kind.SEEN, number))
        elif frame.kind is Kind.COUNT:
            counted = encode(take(releases.app.counts))
            await channel.send(Frame(Kind.COUNTED, frame.data + counted))
    everything.cancel()


async def _drain_on_signal(
    app: App, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    """Drain at SIGTERM: whoever ends a whole service sends it to all its processes."""
    with trio.open_signal_receiver(signal.SIGTERM) as signals:
        task_status.started()
        async for _ in signals:
            app.draining.set()


# -- what only the owner does -----------------------------------------------------------------------------


class _NoCompiler:
    version = "none"
    can_bundle = False

    async def compile(self, source: Source, user: str = "") -> Compiled:
        raise Internal("A process that only reads was asked to compile.")

    async def bundle(
        self, entries: Sequence[tuple[str, str]], flags: Sequence[str], material: Material, user: str = ""
    ) -> Bundle:
        raise Internal("A process that only reads was asked to build an app.")


class _NoMessages:
    async def look(self, message: bytes, client: str) -> LargeHead:
        raise Internal("A process that only reads was given a message.")

    async def ask(self, question: Question, about: bytes, user: UserId) -> Packed:
        raise Internal("A process that only reads was given a message.")


async def _no_package_version(name: str) -> str | None:
    raise Internal("A process that only reads was asked for a package's version.")


def _no_slug() -> str:
    raise Internal("A process that only reads was asked for a slug.")


if __name__ == "__main__":
    main()
