"""Backups that the server makes by itself: in a process of their own, which stands back behind the server."""

import logging
import os
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

import trio

from vibes_trio.backups.kept import folder_of, name_at, newest_at, prune
from vibes_trio.config import Config, without_secrets
from vibes_trio.context import App
from vibes_trio.errors import Internal

log = logging.getLogger(__name__)

MAX_SAID_CHARS = 500


async def back_up_if_due(app: App) -> None:
    """Make a backup if the newest is older than the setting says; then remove those that are too many.

    Raises:
        VibesError: it could not be made; the next look tries again.
    """
    folder, now = folder_of(app.config), app.now()
    try:
        await _back_up_if_due(app, folder, now)
    except OSError as error:
        raise Internal(f"the backup to {folder} failed: {error.strerror or error}") from error


async def _back_up_if_due(app: App, folder: Path, now: float) -> None:
    newest = await trio.to_thread.run_sync(newest_at, folder)
    if newest is not None and 0 <= now - newest < app.config.backup_every_h * 3600:
        app.counts.give_one("last_backup_seconds", partial(float, newest))
        return
    await trio.to_thread.run_sync(partial(folder.mkdir, 0o700, parents=True, exist_ok=True))
    await _run(app.config, folder / name_at(now))
    gone = await trio.to_thread.run_sync(prune, folder, app.config.backup_keep, now)
    app.counts.give_one("last_backup_seconds", lambda: now)
    log.info("backed up to %s; %d older files removed", folder / name_at(now), len(gone))


async def _run(config: Config, target: Path) -> None:
    """Run the command that makes a backup; killed when cancelled, which leaves no backup.

    Raises:
        Internal: it failed.
    """
    command = [sys.executable, "-m", "vibes_trio", "backup", str(target), "--data-dir", str(config.data_dir)]
    ended: list[subprocess.CompletedProcess[bytes]] = []

    async def run(*, task_status: trio.TaskStatus[trio.Process]) -> None:
        ended.append(
            await trio.run_process(
                command,
                capture_stdout=True,
                capture_stderr=True,
                check=False,
                env=without_secrets(os.environ),
                deliver_cancel=_kill,
                task_status=task_status,
            )
        )

    async with trio.open_nursery() as nursery:
        process: trio.Process = await nursery.start(run)
        with suppress(OSError):  # it has ended already
            os.setpriority(os.PRIO_PROCESS, process.pid, config.limits.backup_niceness)
    if ended[0].returncode:
        said = ended[0].stderr.decode("utf-8", "replace").strip()[-MAX_SAID_CHARS:]
        raise Internal(f"the backup to {target} failed: {said or ended[0].returncode}")


async def _kill(process: trio.Process) -> None:
    process.kill()
