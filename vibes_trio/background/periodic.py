"""What is done again and again by time: a record each. What the server does so stands in `periodic_work`."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from random import SystemRandom

import trio

from vibes_trio.background.backups import back_up_if_due
from vibes_trio.background.expiry import warn_of_expiry
from vibes_trio.config import Limits
from vibes_trio.context import App
from vibes_trio.counts import Cells
from vibes_trio.errors import VibesError, forget_traces
from vibes_trio.jobs import RetryBuilds, Sweep
from vibes_trio.services.server_status import take_sample

log = logging.getLogger(__name__)

DONE, FAILED, LATE = "done", "failed", "late"


@dataclass(frozen=True, slots=True)
class Periodic:
    """One thing that is done at once and then at its interval, for as long as the process lives.

    Attributes:
        name: for the log and the counts.
        interval_s: from the end of one run to the next.
        run: what is done; what it raises is logged, once until it succeeds, and ends nothing.
        deadline_s: a run that takes longer is broken off.
        jitter: by which part of the interval it may come earlier or later, so that what many servers, or processes of
            one, do does not fall together.
        wake: returns when there is something to do before the interval is over.
    """

    name: str
    interval_s: float
    run: Callable[[], Awaitable[None]]
    deadline_s: float
    jitter: float
    wake: Callable[[], Awaitable[object]] = trio.sleep_forever


def every(name: str, interval_s: float, run: Callable[[], Awaitable[None]], limits: Limits) -> Periodic:
    """Return the record with the usual deadline and jitter."""
    return Periodic(name, interval_s, run, limits.periodic_deadline_s, limits.periodic_jitter)


def periodic_work(app: App) -> tuple[Periodic, ...]:
    """Return all that the server does by time, but for what waits for an event as well (`trust.py`)."""
    limits = app.config.limits
    backups = Periodic(
        "backup",
        limits.backup_look_s,
        partial(back_up_if_due, app),
        limits.backup_deadline_s,
        limits.periodic_jitter,
    )
    return (
        every("look at what expires", limits.expiry_look_s, partial(warn_of_expiry, app), limits),
        *((backups,) if app.config.backup_every_h else ()),
        every("sweep", limits.sweep_interval_s, partial(_queue, app, Sweep()), limits),
        every("samples", limits.sample_interval_s, partial(take_sample, app), limits),
        every("retry of builds", limits.sweep_interval_s, partial(_queue, app, RetryBuilds()), limits),
    )


async def _queue(app: App, job: Sweep | RetryBuilds) -> None:
    """Leave it to the worker of its kind: a run that takes long holds up none."""
    app.jobs.add(job)


async def run_all(app: App, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
    """Do all of `periodic_work` until cancelled."""
    async with trio.open_nursery() as nursery:
        for work in periodic_work(app):
            nursery.start_soon(repeat, work, app.counts.cells("periodic_runs"))
        task_status.started()


async def repeat(work: Periodic, runs: Cells) -> None:
    """Do *work* until cancelled; *runs* counts how it went, by name and end."""
    told = False
    while True:
        ended = await _run(work, told)
        told = ended == FAILED
        runs[work.name, ended].value += 1
        with trio.move_on_after(work.interval_s * SystemRandom().uniform(1 - work.jitter, 1 + work.jitter)):
            await work.wake()


async def _run(work: Periodic, told: bool) -> str:
    """Run it once; return how that ended. *told*: that it fails is in the log already."""
    try:
        with trio.move_on_after(work.deadline_s) as scope:
            await work.run()
    except VibesError as error:
        if not told:
            log.error("%s failed, and is tried again: %s", work.name, error.message)
        forget_traces(error)
        return FAILED
    except Exception:
        if not told:
            log.exception("%s failed, and is tried again", work.name)
        return FAILED
    if scope.cancelled_caught:
        log.error("%s took more than %g s and was broken off", work.name, work.deadline_s)
        return LATE
    return DONE
