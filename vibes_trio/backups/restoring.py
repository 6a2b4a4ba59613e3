"""A backup put back into an empty data folder, whole or not at all.

What is taken out lies in a folder of its own within the data folder until all of it is there and sound; then it is
moved into place, the data last. As long as anything is in there no server and no command opens the data
(`storage.engines`); a restore that was interrupted is run again. (Another name for the whole folder would not do: it
may be a mount.)
"""

import shutil
from pathlib import Path

from vibes_trio.backups.archive import (
    DATA,
    DEVICES,
    MODULES,
    Manifest,
    check_files,
    is_known,
    open_backup,
    take_out,
)
from vibes_trio.config import Config
from vibes_trio.errors import ConfigError, ModuleFailed
from vibes_trio.modules.carry import import_store
from vibes_trio.storage.engines import HALF_RESTORED, check_data, is_half_restored, private_files
from vibes_trio.whole_files import sync_folder

_OTHERS = frozenset({"lost+found", HALF_RESTORED})
"""What the system puts into an empty disk, and what is left where nothing was put yet."""


def restore(config: Config, path: Path) -> Manifest:
    """Put the backup at *path* into the data folder of *config*, which is empty or not there; return its manifest.

    Raises:
        ConfigError: the backup is damaged or none, or there is something in the folder. Nothing was changed then.
        OSError: the disk refuses. Run it again.
    """
    folder = config.data_dir
    check_empty(folder)
    check_files(path)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = folder / HALF_RESTORED
    _clear(folder, half)
    half.mkdir(mode=0o700)
    sync_folder(folder)
    try:
        with open_backup(path) as (archive, manifest):
            for entry in manifest.files:
                take_out(archive, entry, half / entry.name, path)
        check_data(half / DATA)
        if (half / MODULES).exists():
            import_store(half / "modules", half / MODULES, config.limits)
            (half / MODULES).unlink()
    except (ConfigError, ModuleFailed) as error:
        shutil.rmtree(half)
        raise ConfigError(str(error)) from error
    (data,) = private_files(config)
    (half / DATA).rename(half / data.name)
    names = sorted((made.name for made in half.iterdir()), key=lambda name: name == data.name)
    for name in names:
        (half / name).rename(folder / name)
    sync_folder(folder)
    half.rmdir()
    sync_folder(folder)
    return manifest


def check_empty(folder: Path) -> None:
    """Refuse a *folder* that has anything in it but what an interrupted restore has left.

    Raises:
        ConfigError: it has.
    """
    if not folder.exists() or is_half_restored(folder):
        return
    if not folder.is_dir():
        raise ConfigError(f"{folder} is no folder.")
    there = sorted(path.name for path in folder.iterdir() if path.name not in _OTHERS)
    if there:
        raise ConfigError(
            f"{folder} is not empty: {', '.join(there[:3])}{' …' if there[3:] else ''}. A backup is put into an empty "
            "data folder alone: name another with --data-dir, or move this one away."
        )


def _clear(folder: Path, half: Path) -> None:
    """Remove what an interrupted restore has left in *folder*: nothing else got in beside it."""
    if not is_half_restored(folder):
        if half.exists():
            half.rmdir()
        return
    for path in folder.iterdir():
        if path.name in (DEVICES, "modules"):
            shutil.rmtree(path)
        elif path.is_file() and is_known(path.name):
            path.unlink()
    shutil.rmtree(half)
