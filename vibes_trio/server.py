"""The program: builds `App`, opens the root nursery, shuts down in order.

Start: settings, database, background work, listeners. Stop is the reverse (ARCHITECTURE.md, *Start and stop*):
no new connections, what is in flight ends, jobs end, the database is closed.
"""

import logging
import os
import random
import signal
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import current_thread, main_thread
from typing import TYPE_CHECKING

import msgspec
import trio

from vibes_trio.allowances import allow_errors, allow_reports
from vibes_trio.auth.clerk import make_clerk_verifier
from vibes_trio.auth.device_id import DeviceVerifier
from vibes_trio.auth.handoff import HAND_OFF, make_hand_off
from vibes_trio.background.chat_index import run_chat_index
from vibes_trio.background.periodic import run_all
from vibes_trio.background.sessions import watch_sessions
from vibes_trio.background.trust import ensure_keys, read_trust, watch_trust
from vibes_trio.background.worker import run_worker
from vibes_trio.beside.pool import open_beside
from vibes_trio.cache import AssetCache, NameCache
from vibes_trio.compilers.choose import WITHOUT, open_compiler
from vibes_trio.compressor import Compressor
from vibes_trio.config import Config, Limits, shared_out
from vibes_trio.content.slugs import random_slug
from vibes_trio.context import App
from vibes_trio.counts import Registry
from vibes_trio.errors import ConfigError, FetchFailed
from vibes_trio.exchange import Answer
from vibes_trio.front.access import Access, open_access
from vibes_trio.front.answer import answer_soon, look
from vibes_trio.front.ready import ReadyAnswers
from vibes_trio.front.serve import serve_front
from vibes_trio.front.sockets import close_listeners, open_listeners
from vibes_trio.front.state import Front, report
from vibes_trio.handlers import PIPELINE, load_the_rest, order_key
from vibes_trio.jobs import KINDS, Jobs, WarmAll
from vibes_trio.late import late
from vibes_trio.live import Live
from vibes_trio.modules.font_home import FontHome
from vibes_trio.modules.home import Home
from vibes_trio.modules.prepare import find_prepared, prepare_local_modules
from vibes_trio.modules.progress import Builds
from vibes_trio.modules.registry.npm_settings import find_registry
from vibes_trio.modules.registry.ranges import find_kept
from vibes_trio.modules.sass_home import SassHome
from vibes_trio.outbound import LateOutbound, Outbound, open_outbound
from vibes_trio.services.counted import report as report_app
from vibes_trio.services.deploys import load_deploys
from vibes_trio.services.releases import forget_changed
from vibes_trio.sessions import Sessions
from vibes_trio.storage.chat_index import ToIndex
from vibes_trio.storage.engines import make_database
from vibes_trio.workers.owner import Orders, Readers, answer_settled

if TYPE_CHECKING:
    import vibes_trio.pages.site as site
else:
    site = late("vibes_trio.pages.site")  # it imports Quart

log = logging.getLogger(__name__)

SECOND_SIGNAL_STATUS = 130
LOAD_REST_AFTER_S = 0.5


_random_slug = partial(random_slug, random.SystemRandom())


class Parts(msgspec.Struct, frozen=True):
    """What a test may put in place of what the outside gives."""

    now: Callable[[], float] = time.time
    package_version: Callable[[str], Awaitable[str | None]] | None = None
    env: Mapping[str, str] | None = None
    random_slug: Callable[[], str] = _random_slug


@asynccontextmanager
async def open_app(config: Config, parts: Parts | None = None) -> AsyncIterator[App]:
    """Hold everything open that messages need: keys, database, outbound HTTP, compiler, modules.

    Raises:
        ConfigError: a setting, the keys or the database can't be used.
    """
    parts = parts or Parts()
    env = os.environ if parts.env is None else parts.env
    _make_data_dir(config.data_dir)
    keys = ensure_keys(config, parts.now())
    counts = Registry()
    db = make_database(config, parts.now, counts)
    db.open()
    try:
        lazy = LateOutbound(partial(_open_outbound, config, env, counts))
        async with (
            aclosing(lazy),
            open_compiler(
                config.limits, config.esbuild, config.data_dir, counts.cells("compiles")
            ) as compiler,
            open_beside(config.limits) as beside,
        ):
            prepared = await find_prepared(config) or await prepare_local_modules(config, await lazy.get())
            outbound = partial(_get_outbound, lazy)
            sessions = Sessions(db, config.limits, parts.now)
            hand_off = make_hand_off(keys.session_secret, parts.now, config.limits)
            devices = DeviceVerifier(await read_trust(config, db, keys.trusted), parts.now)
            app = App(
                config=config,
                db=db,
                assets=AssetCache(config.limits.cache_bytes, config.limits.cached_file_bytes),
                releases=NameCache(config.limits.cached_files),
                verifiers={
                    "device-id": devices,
                    "clerk": make_clerk_verifier(config, lazy.clerk_keys, parts.now),
                    HAND_OFF: hand_off,
                },
                devices=devices,
                compiler=compiler,
                compressor=Compressor(config.limits),
                beside=beside,
                package_version=parts.package_version or partial(_package_version, lazy, config),
                modules=prepared.modules,
                home=Home(outbound, prepared.modules, config) if prepared.modules else None,
                builds=Builds(config.limits),
                notes=(prepared.note, *(() if compiler.can_bundle else (f"Compiler: {WITHOUT}.",))),
                jobs=Jobs(config.limits),
                random_slug=parts.random_slug,
                now=parts.now,
                draining=trio.Event(),
                live=Live(config.limits),
                to_index=ToIndex(config.limits.chats_to_index),
                fonts=FontHome(outbound, prepared.modules, config) if prepared.modules else None,
                sass_home=SassHome(outbound, config),
                counts=counts,
                sessions=sessions,
                started=parts.now(),
                told_errors=allow_errors(config.limits),
                reports=allow_reports(config.limits),
                hand_off=hand_off,
            )
            report_app(app)
            db.feed.hear_all(sessions.hear)
            db.feed.hear_all(partial(forget_changed, app.releases))
            yield app
    finally:
        db.close()


async def _package_version(lazy: LateOutbound, config: Config, name: str) -> str | None:
    """Return what the registry names, else, for pages that load from here, a version that was fetched before."""
    try:
        version = await lazy.package_version(name)
    except ConfigError as error:  # a setting of npm's that came after the start: no reason to refuse a deploy
        log.warning("the package registry can't be asked: %s", error)
        version = None
    if version is None and config.modules != "cdn":
        version = await trio.to_thread.run_sync(find_kept, config.data_dir / "modules", name)
    return version


async def _get_outbound(lazy: LateOutbound) -> Outbound:
    """Return the client; where settings can't be used nothing can be fetched, and all else goes on."""
    try:
        return await lazy.get()
    except ConfigError as error:
        raise FetchFailed(str(error)) from error


async def _open_outbound(
    config: Config, env: Mapping[str, str], counts: Registry
) -> AbstractAsyncContextManager[Outbound]:
    registry = await find_registry(config, env)
    return open_outbound(registry, config.limits, env, ended=counts.cells("outbound"))


async def serve(
    config: Config,
    *,
    announce: Callable[[App], None] = lambda app: None,
    stop: trio.Event | None = None,
    parts: Parts | None = None,
) -> None:
    """Run a server until a signal comes or *stop* is set, then end in order.

    Args:
        announce: called once when the server answers, with the settings as they turned out.

    Raises:
        ConfigError: a setting, the keys or the database can't be used, the address can't be listened on, or a
            reading process can't start.
    """
    if config.workers > 1 and not hasattr(socket, "send_fds"):
        raise ConfigError("VIBES_WORKERS: this system can't hand connections over: use 1.")
    try:
        listeners = await open_listeners(config.host, config.port, config.limits)
    except OSError as error:
        raise ConfigError(
            f"VIBES_HOST, VIBES_PORT: can't listen on {config.host}:{config.port}: {error.strerror or error}."
            " Another server may be listening there: take another port, for example --port 8788."
        ) from error
    owners, readers_limits = shared_out(config.limits, config.workers)
    config = replace(config.with_port(listeners[0].getsockname()[1]), limits=owners)
    try:
        async with open_app(config, parts) as app:
            with (
                open_access(config.access_log) as access,
                _open_readers(app, readers_limits, listeners) as readers,
            ):
                stop = trio.Event() if stop is None else stop
                await _run(app, readers, listeners, announce, stop, access)
    except BaseExceptionGroup as group:
        foreseen, others = group.split(ConfigError)
        if foreseen is None or others is not None:
            raise
        raise _first_of(foreseen) from group
    finally:
        close_listeners(listeners)


def _first_of(group: BaseExceptionGroup[ConfigError]) -> ConfigError:
    first = group.exceptions[0]
    return _first_of(first) if isinstance(first, BaseExceptionGroup) else first


def _make_data_dir(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"VIBES_DATA_DIR: {path} can't be used as a folder: {error.strerror}.") from error
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        raise ConfigError(f"VIBES_DATA_DIR: {path} can't be written to by this user.")


async def _run(
    app: App,
    readers: Readers | None,
    listeners: Sequence[socket.socket],
    announce: Callable[[App], None],
    stop: trio.Event,
    access: Access | None = None,
) -> None:
    ready = ReadyAnswers(app.config.limits.ready_bytes, lambda: app.releases.version)
    answer_it: Answer = partial(answer_soon, app, PIPELINE)
    if readers is not None:
        answer_it = partial(answer_settled, lambda: readers.heard, readers.settle, answer_it)
    front = Front(
        answer_it,
        order_key,
        app.config.limits,
        app.draining,
        ready,
        look=partial(look, app),
        pages=lambda quart, otherwise: site.add_pages(app, quart, otherwise, answer_it),
        balance=readers.balance if readers else None,
        site=app.site,
        access=access,
    )
    report(front, app.counts)
    async with trio.open_nursery() as watchers:
        await watchers.start(_drain_on_signal, app)
        watchers.start_soon(_drain_on, stop, app)
        await watchers.start(watch_trust, app)
        await watchers.start(watch_sessions, app)
        async with trio.open_nursery() as background:
            for kind in KINDS:
                await background.start(run_worker, app, kind)
            async with trio.open_nursery() as periodic:
                await periodic.start(run_all, app)
                await periodic.start(app.live.run)
                await periodic.start(run_chat_index, app)
                app.jobs.add(WarmAll())
                async with trio.open_nursery() as connections:
                    await connections.start(serve_front, front, listeners, readers.serve if readers else None)
                    announce(app)
                    periodic.start_soon(_load_the_rest)
                periodic.cancel_scope.cancel()
            app.jobs.close()
            background.cancel_scope.deadline = trio.current_time() + app.config.limits.job_grace_s
        watchers.cancel_scope.cancel()


@contextmanager
def _open_readers(app: App, limits: Limits, listeners: Sequence[socket.socket]) -> Iterator[Readers | None]:
    """Give what keeps the processes beside this one running; None: there shall be none."""
    if app.config.workers == 1:
        yield None
        return
    orders = Orders(
        config=replace(app.config, device_id_ca_priv_key="", metrics_token="", limits=limits),
        local_modules=app.modules is not None,
        log_level=logging.getLevelName(logging.getLogger().getEffectiveLevel()).lower(),
    )
    with closing(Readers(app.config.workers - 1, orders, listeners, app.draining)) as readers:
        app.db.feed.hear_all(readers.hear)
        app.counts.of_others = readers.count
        yield readers


async def _load_the_rest() -> None:
    # Two threads share one interpreter: who asks while the server starts is answered first.
    await trio.sleep(LOAD_REST_AFTER_S)
    try:
        await load_deploys()
        await load_the_rest()
    except Exception:  # too many open files, say: who asks for it tries again, and all others are answered
        log.exception("a part of the program can't be loaded; it is tried again when it is asked for")


async def _drain_on(stop: trio.Event, app: App) -> None:
    await stop.wait()
    app.draining.set()


async def _drain_on_signal(
    app: App, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    """Drain at the first signal. At a second one end at once: what is acknowledged is on disk anyway."""
    if current_thread() is not main_thread():
        task_status.started()
        return  # no signals come to a server that a test runs in a thread
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        task_status.started()
        async for _ in signals:
            if app.draining.is_set():
                os._exit(SECOND_SIGNAL_STATUS)
            log.info("stopping: requests in flight are answered first; a second signal ends this at once")
            app.draining.set()
