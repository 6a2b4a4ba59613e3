"""What the server does and holds, for whoever runs it: a look at its counts, jobs, builds, modules and disk."""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice

import trio

from vibes_trio import __version__
from vibes_trio.backups.kept import folder_of, list_backups, made_at
from vibes_trio.config import Config
from vibes_trio.context import App, Ctx
from vibes_trio.counts import Histogram, Registry
from vibes_trio.samples import SERIES, Samples
from vibes_trio.storage.interface import iso_utc
from vibes_trio.wire.operator import (
    Backups,
    Disk,
    Figure,
    FigureSeries,
    JobKind,
    KeptBackup,
    ModuleStore,
    OpenBuild,
    ReqGetServerStatus,
    ResGetServerStatus,
    SeriesPoint,
)

DISK_FREE = "disk_free_bytes"
"""The series of what the data folder's disk has left."""


async def take_sample(app: App) -> None:
    """Look at the counts, for charts; and at the disk, if that can be had."""
    beside = {}
    with suppress(OSError):
        beside[DISK_FREE] = float((await _look_at_disk(app)).free)
    app.samples.take(app.now(), app.counts, beside)


async def get_server_status(ctx: Ctx, req: ReqGetServerStatus) -> ResGetServerStatus:
    """Return what the server does and holds now.

    Raises:
        NotOperator: it is somebody else who asks.
    """
    app = ctx.app
    disk = await _look_at_disk(app)
    modules = await trio.to_thread.run_sync(_look_at_modules, app)
    now = app.now()
    return ResGetServerStatus(
        version=__version__,
        started=iso_utc(app.started),
        now=iso_utc(now),
        processes=app.config.workers,
        figures=tuple(_figures(app.counts)),
        series=tuple(_series(app.samples)),
        jobs=tuple(_jobs(app)),
        jobs_dropped=app.jobs.dropped,
        builds=tuple(_builds(app)),
        modules=modules,
        disk=disk,
        backups=await trio.to_thread.run_sync(_look_at_backups, app.config),
    )


def _figures(counts: Registry) -> Iterator[Figure]:
    """Yield what is counted; of a histogram how many values there were, and their sum."""
    for name, metric, numbers in counts:
        for labels, value in numbers.items():
            named = dict(zip(metric.labels, map(str, labels), strict=True))
            if isinstance(value, Histogram):
                yield Figure(name=f"{name}_count", labels=named, value=float(sum(value.counts)))
                yield Figure(name=f"{name}_sum", labels=named, value=value.total)
            else:
                yield Figure(name=name, labels=named, value=float(value))


def _series(samples: Samples) -> Iterator[FigureSeries]:
    for name in samples.names():
        points = tuple(
            SeriesPoint(at=int(point.at * 1000), value=point.value) for point in samples.points(name)
        )
        yield FigureSeries(name=name, per_second=name in SERIES and SERIES[name].per_second, points=points)


def _jobs(app: App) -> Iterator[JobKind]:
    for kind, queue in app.jobs.queues.items():
        yield JobKind(
            kind=kind.__name__, waiting=len(queue), running=queue.running, places=queue.places.in_all
        )


def _builds(app: App) -> Iterator[OpenBuild]:
    for (app_slug, handle, fs_id), build in islice(app.builds.items(), app.config.limits.list_items):
        progress = build.progress
        yield OpenBuild(
            app_slug=app_slug,
            owner_handle=handle,
            fs_id=fs_id,
            stage=progress.stage,
            done=len(progress.done),
            parts=len(build.names),
        )


def _look_at_modules(app: App) -> ModuleStore:
    """In a thread: there may be tens of thousands of them."""
    sizes: Iterable[int] = () if app.modules is None else app.modules.sizes()
    known = list(sizes)
    return ModuleStore(
        is_open=app.modules is not None,
        modules=len(known),
        bytes=sum(known),
        note=" ".join(app.notes),
    )


def _look_at_backups(config: Config) -> Backups:
    folder = folder_of(config)
    found: list[KeptBackup] = []
    with suppress(FileNotFoundError):
        for path in list_backups(folder)[: config.limits.list_items]:
            with suppress(FileNotFoundError):  # it made room meanwhile
                size = path.stat().st_size
                found.append(KeptBackup(name=path.name, made=iso_utc(made_at(path) or 0.0), bytes=size))
    return Backups(
        every_h=config.backup_every_h, folder=str(folder), keep=config.backup_keep, items=tuple(found)
    )


async def _look_at_disk(app: App) -> Disk:
    """In a thread: a disk that hangs holds up nobody else."""
    found = await trio.to_thread.run_sync(shutil.disk_usage, app.config.data_dir, abandon_on_cancel=True)
    return Disk(free=found.free, total=found.total, reserve=app.config.disk_reserve)
