"""Ends what browsers do whose session is over: at once where it ended here, else soon (`limits.session_poll_s`)."""

from dataclasses import replace

import trio

from vibes_trio.background.periodic import every, repeat
from vibes_trio.context import App
from vibes_trio.storage.feed import SESSIONS, listening


async def watch_sessions(app: App, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
    """Look at the sessions of open connections until cancelled."""
    assert app.sessions is not None
    limits = app.config.limits
    with listening(app.db.feed, [SESSIONS], most=1) as changes:
        task_status.started()
        work = every("the look at sessions", limits.session_poll_s, app.sessions.look, limits)
        await repeat(replace(work, wake=changes.wait), app.counts.cells("periodic_runs"))
