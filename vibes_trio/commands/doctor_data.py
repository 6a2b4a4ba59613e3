"""What `doctor` looks at of the data: backups and whether they can be restored, people's devices, stored modules."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from vibes_trio.background.expiry import devices_end
from vibes_trio.backups.archive import Wanted, check_files, write_backup
from vibes_trio.backups.kept import folder_of, list_backups, newest_at
from vibes_trio.backups.restoring import restore
from vibes_trio.commands.database import read
from vibes_trio.commands.finding import Finding
from vibes_trio.config import Config
from vibes_trio.content.cid import file_cid
from vibes_trio.errors import ConfigError, VibesError
from vibes_trio.storage.engines import holds_data, make_for_commands

HOUR_S = 3600.0


def look_at_backups(config: Config, *, deep: bool) -> Iterator[Finding]:
    """Look whether there are backups, how old they are and, *deep*, whether the newest can be restored."""
    if not config.data_dir.exists():
        return
    folder, now = folder_of(config), time.time()
    newest = newest_at(folder)
    if newest is None:
        text = f"none in {folder}. Set VIBES_BACKUP_EVERY=24, or run: vibes-trio backup FOLDER"
        yield Finding("backups", "note" if not config.backup_every_h else "problem", text)
    else:
        age_h = (now - newest) / HOUR_S
        late = config.backup_every_h and age_h > 2 * config.backup_every_h
        text = f"the newest in {folder} is {age_h:.0f} hours old"
        yield Finding(
            "backups",
            "problem" if late else "ok",
            f"{text}, though one is due every {config.backup_every_h}. See the server's log"
            if late
            else text,
        )
    if newest is not None and folder.is_relative_to(config.data_dir):
        yield Finding(
            "backups beside the data",
            "note",
            "they are lost with its disk. Set VIBES_BACKUP_DIR to another one",
        )
    if deep:
        yield _try_restore(config, list_backups(folder)[0] if newest is not None else None)


def _try_restore(config: Config, backup: Path | None) -> Finding:
    """Restore *backup*, or one that is made for it, into a folder that is gone afterwards."""
    try:
        with TemporaryDirectory(prefix="vibes-trio-doctor-") as folder:
            if backup is None:
                backup = Path(folder) / "backup.zip"
                write_backup(config, backup, Wanted(), time.time())
            check_files(backup)
            facts = restore(Config(Path(folder) / "data"), backup).facts
    except (ConfigError, OSError) as error:
        return Finding("test restore", "problem", f"{error}. Make a new one: vibes-trio backup FOLDER")
    return Finding("test restore", "ok", f"{facts.releases} releases and {facts.chats} chats came back sound")


def look_at_devices(config: Config) -> Iterator[Finding]:
    """Look which people's devices will soon not sign in any more."""
    try:
        if not holds_data(config):
            return
        db = make_for_commands(config, time.time)
        db.open_for_get()  # nothing is changed, nor brought up to date
        with closing(db):
            ending = read(db, devices_end, config.limits)
    except ConfigError as error:
        yield Finding("data", "problem", str(error))
        return
    except VibesError as error:  # of an earlier version, or locked
        yield Finding("data", "note", f"can't be looked at: {error.message}")
        return
    for text in ending:
        yield Finding("devices", "note", text)


def look_at_built(config: Config, *, deep: bool) -> Iterator[Finding]:
    """Look, *deep*, whether each file in the store of modules is what its name, a hash, says."""
    built = config.data_dir / "modules" / "built"
    if not deep or not built.is_dir():
        return
    files = [path for path in built.iterdir() if path.is_file() and not path.name.startswith(".")]
    wrong = [path for path in files if file_cid(path) != path.name]
    if wrong:
        named = ", ".join(path.name for path in wrong[:3])
        text = f"{len(wrong)} of {len(files)} files are damaged ({named}). Remove them: they are built again"
        yield Finding("module files", "problem", text)
    else:
        yield Finding("module files", "ok", f"{len(files)} files are what their hashes say")
