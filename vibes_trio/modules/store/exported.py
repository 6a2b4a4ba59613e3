"""Which names the modules of packages export: kept when they are built, so that a deploy can tell what is missing.

Under `<data>/modules/exports`: one file an entry of an exact version, `{name}@{version}{/subpath}.json`.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from vibes_trio.config import Limits
from vibes_trio.modules.folder import write_file
from vibes_trio.modules.store.local import index_name

FOLDER = "exports"


class ExportList(msgspec.Struct, frozen=True):
    """The names that the entry *subpath* of the package *key* (`name@version`) exports."""

    key: str
    subpath: str
    names: tuple[str, ...]


def keep_exports(modules_dir: Path, lists: Iterable[ExportList], limits: Limits) -> None:
    """Keep *lists*; the oldest make room. Writes to the disk; call it from a thread.

    Raises:
        ModuleFailed: the disk refuses.
    """
    folder = modules_dir / FOLDER
    for one in lists:
        path = folder / _file_name(one.key, one.subpath)
        if not path.is_file():
            write_file(path, msgspec.json.encode(one))
    kept = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
    for path in kept[: -limits.kept_exports]:
        path.unlink(missing_ok=True)


def find_exports(modules_dir: Path, key: str, subpath: str) -> frozenset[str] | None:
    """Return the names that an entry exports; None: it was not built here yet. Reads the disk."""
    found = _read(modules_dir / FOLDER / _file_name(key, subpath))
    return frozenset(found.names) if found and (found.key, found.subpath) == (key, subpath) else None


def find_lists(modules_dir: Path, package: str, subpath: str) -> list[ExportList]:
    """Return what is known of an entry of *package*, in all versions. Reads the disk."""
    start = _file_name(f"{package}@", "").removesuffix(".json")
    paths = [path for path in (modules_dir / FOLDER).glob("*.json") if path.name.startswith(start)]
    lists = [found for path in paths if (found := _read(path)) is not None]
    return [one for one in lists if one.subpath == subpath and one.key.rpartition("@")[0] == package]


def is_export_list(name: str, content: bytes) -> bool:
    """Return whether *content* is a list that is kept in a file called *name*."""
    try:
        found = msgspec.json.decode(content, type=ExportList)
    except msgspec.DecodeError:
        return False
    return name == _file_name(found.key, found.subpath)


def _read(path: Path) -> ExportList | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=ExportList)
    except (OSError, msgspec.DecodeError):
        return None


def _file_name(key: str, subpath: str) -> str:
    return index_name(f"{key}/{subpath}" if subpath else key)
