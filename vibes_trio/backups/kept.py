"""The backups in a folder: what each is called, when it was made, and which are kept."""

import re
import time
from calendar import timegm
from collections.abc import Sequence
from pathlib import Path

from vibes_trio.config import Config

_FORM = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"vibes-trio-(\d{8}T\d{6}Z)\.zip")
_UNFINISHED = re.compile(r"\.vibes-trio-\d{8}T\d{6}Z\.zip\.[0-9a-f]{12}\.new(?:-journal|-wal|-shm)?")
UNFINISHED_S = 86400.0
"""A backup that is being made is younger than that; what is older was interrupted."""


def folder_of(config: Config) -> Path:
    """Return where the server's own backups lie."""
    return Path(config.backup_dir).absolute() if config.backup_dir else config.data_dir / "backups"


def name_at(now: float) -> str:
    """Return what a backup of *now*, Unix seconds, is called."""
    return f"vibes-trio-{time.strftime(_FORM, time.gmtime(now))}.zip"


def made_at(path: Path) -> float | None:
    """Return when the backup at *path* was made, by its name; None: it is called otherwise."""
    match = _NAME.fullmatch(path.name)
    try:
        return float(timegm(time.strptime(match[1], _FORM))) if match else None
    except ValueError:
        return None


def list_backups(folder: Path) -> Sequence[Path]:
    """Return the backups in *folder*, newest first; those that go by another name aside."""
    found = [(made, path) for path in folder.iterdir() if (made := made_at(path)) is not None]
    return [path for _, path in sorted(found, reverse=True)]


def newest_at(folder: Path) -> float | None:
    """Return when the newest backup in *folder* was made; None: there is none."""
    try:
        found = list_backups(folder)
    except FileNotFoundError:
        return None
    return made_at(found[0]) if found else None


def prune(folder: Path, keep: int, now: float) -> Sequence[Path]:
    """Remove all but the newest *keep* backups of *folder*, and what interrupted ones have left; return what went."""
    gone = list(list_backups(folder)[keep:])
    for path in folder.iterdir():
        if _UNFINISHED.fullmatch(path.name) and now - path.stat().st_mtime > UNFINISHED_S:
            gone.append(path)
    for path in gone:
        path.unlink(missing_ok=True)
    return gone
