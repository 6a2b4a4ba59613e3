"""Runs jobs: one worker per kind, so that a slow kind holds up no other; a failing job ends none."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import trio

from vibes_trio.context import App
from vibes_trio.jobs import BuildModules, FetchFonts, Job, Sweep, WarmAll, WarmRelease
from vibes_trio.services.fonts import fetch_fonts
from vibes_trio.services.packages import build_modules
from vibes_trio.services.upkeep import sweep, warm_all, warm_release

log = logging.getLogger(__name__)

# The values take the very class that is their key.
RUN: Mapping[type[Job], Callable[[App, Any], Awaitable[None]]] = {
    WarmRelease: warm_release,
    WarmAll: warm_all,
    Sweep: sweep,
    BuildModules: build_modules,
    FetchFonts: fetch_fonts,
}


async def run_worker(
    app: App, kind: type[Job], *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    """Run the jobs of *kind* until the queue is closed and empty."""
    task_status.started()
    async for job in app.jobs.receive[kind]:
        try:
            await RUN[kind](app, job)
        except Exception:
            log.exception("job failed: %s", job)


async def run_sweeps(app: App, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
    """Queue a sweep now and then, at the interval of the settings, until cancelled."""
    task_status.started()
    while True:
        app.jobs.add(Sweep())
        await trio.sleep(app.config.limits.sweep_interval_s)
