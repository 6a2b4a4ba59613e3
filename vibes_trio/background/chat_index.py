"""Looks chats through behind their appends, while nothing else is appended."""

import logging

import trio

from vibes_trio.context import App
from vibes_trio.errors import VibesError
from vibes_trio.services.chat_search import find_unindexed, index_chat

log = logging.getLogger(__name__)


async def run_chat_index(app: App, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
    """Look through what chats have more, until cancelled: when nothing was appended for a moment, or it waits long."""
    app.db.feed.hear_all(app.to_index.hear)
    task_status.started()
    limits = app.config.limits
    waits_since: float | None = None
    while True:
        await trio.sleep(limits.index_quiet_s)
        if not app.to_index and not app.to_index.all:
            waits_since = None
            continue
        now = trio.current_time()
        waits_since = now if waits_since is None else waits_since
        is_quiet = now - app.to_index.appended_at >= limits.index_quiet_s
        if is_quiet or now - waits_since >= limits.index_wait_s:
            waits_since = None
            await _index_all(app)


async def _index_all(app: App) -> None:
    try:
        if app.to_index.all:
            await find_unindexed(app)
        # As many as there are now: those that come meanwhile have their turn when it is quiet again.
        for _ in range(len(app.to_index)):
            chat = app.to_index.take()
            if chat is None:
                return
            await index_chat(app, chat)
    except VibesError as error:
        log.warning("chats can't be looked through at the moment: %s", error.message)
    except Exception:  # as of what is done by time: it ends nothing
        log.exception("chats can't be looked through at the moment")
