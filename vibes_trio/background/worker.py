"""Runs jobs: workers for each kind, so that a slow kind holds up no other; a failing job ends none."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import trio

from vibes_trio.context import App
from vibes_trio.jobs import BuildModules, FetchFont, Job, RetryBuilds, Sweep, WarmAll, WarmRelease
from vibes_trio.services.fonts import fetch_font
from vibes_trio.services.packages import build_modules
from vibes_trio.services.upkeep import retry_builds, sweep, warm_all, warm_release

log = logging.getLogger(__name__)

# The values take the very class that is their key.
RUN: Mapping[type[Job], Callable[[App, Any], Awaitable[None]]] = {
    WarmRelease: warm_release,
    WarmAll: warm_all,
    Sweep: sweep,
    RetryBuilds: retry_builds,
    BuildModules: build_modules,
    FetchFont: fetch_font,
}


async def run_worker(
    app: App, kind: type[Job], *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    """Run the jobs of *kind*, as many at once as its places say, until the queue is closed and empty."""
    queue = app.jobs.queues[kind]
    async with trio.open_nursery() as workers:
        for _ in range(queue.places.in_all):
            workers.start_soon(_work, app, kind)
        task_status.started()


async def _work(app: App, kind: type[Job]) -> None:
    queue, ended = app.jobs.queues[kind], app.counts.cells("jobs")
    while (taken := await queue.take()) is not None:
        user, job = taken
        try:
            await RUN[kind](app, job)
            ended[kind.__name__, "done"].value += 1
        except Exception:
            ended[kind.__name__, "failed"].value += 1
            log.exception("job failed: %s", job)
        finally:
            queue.done(user)
