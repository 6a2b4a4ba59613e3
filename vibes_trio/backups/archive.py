"""The file of a backup: a zip with the database, what was asked for beside it, and a manifest with the hash of each.

It is there whole or not at all, is read again before it gets its name, and only its owner may read it.
"""

import hashlib
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from vibes_trio import __version__
from vibes_trio.auth.keys import FILE_NAME as KEYS
from vibes_trio.auth.sealing import FILE_NAME as SEAL_KEY
from vibes_trio.config import Config
from vibes_trio.errors import ConfigError
from vibes_trio.modules.carry import export_store
from vibes_trio.storage.engines import check_data, copy_data, describe_engine
from vibes_trio.storage.interface import DataFacts, iso_utc
from vibes_trio.whole_files import PRIVATE, beside_of, sync_folder, whole_file

FORMAT = "vibes-trio backup"
VERSION = 1
MANIFEST = "manifest.json"
DATA = "data.sqlite3"
MODULES = "modules.tar"
SETTINGS = "config.toml"
DEVICES = "devices"
_SECRET_FILES = (KEYS, SEAL_KEY, SETTINGS)
MAX_MANIFEST_BYTES = 1024 * 1024
MAX_DEVICES = 10_000
_PIECE_BYTES = 1024 * 1024
_LEVEL = 1
"""Of compression: quick, as it runs beside a server."""
# What reading a zip may raise that is damaged, or none.
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, KeyError)


class Entry(msgspec.Struct, frozen=True):
    """A file in a backup."""

    name: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, rename="camel"):
    """What a backup is.

    Attributes:
        made: the moment that it shows: ISO, UTC.
        program, engine: what made it, with versions.
        facts: of the data.
        with_keys: the server's own keys and settings, and key files of devices, are in it.
        with_modules: built packages are in it; else they are built anew from the registry, in the same versions.
    """

    format: str
    version: int
    made: str
    program: str
    engine: str
    facts: DataFacts
    with_keys: bool
    with_modules: bool
    files: tuple[Entry, ...]


class Wanted(msgspec.Struct, frozen=True):
    """What is to be in a backup beside the data; see `Manifest`."""

    keys: bool = False
    modules: bool = False


def no_breath() -> None:
    """Take none: nobody waits."""


def write_backup(
    config: Config, target: Path, wanted: Wanted, now: float, breathe: Callable[[], None] = no_breath
) -> Manifest:
    """Write a backup of the data folder to the new file *target* and return its manifest. Beside a server that runs.

    Args:
        now: Unix seconds.
        breathe: called every few megabytes; what it raises ends it, and nothing is left.

    Raises:
        ConfigError: there are no data, they can't be read, or are damaged.
        FileExistsError: *target* is there.
        OSError: the disk refuses.
    """
    if target.exists():
        raise FileExistsError(f"{target} is there already.")
    with _removed(beside_of(target)) as copy, whole_file(target, PRIVATE) as file:
        copy_data(config, copy, breathe)
        facts = check_data(copy)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
            entries = [_put(archive, DATA, copy, breathe)]
            if wanted.keys:
                entries += [_put(archive, name, path, breathe) for name, path in _secrets_of(config.data_dir)]
            if wanted.modules:
                entries.append(_put_modules(archive, config, target, breathe))
            manifest = Manifest(
                FORMAT,
                VERSION,
                iso_utc(now),
                __version__,
                f"{describe_engine().name} {describe_engine().version}",
                facts,
                wanted.keys,
                wanted.modules,
                tuple(entries),
            )
            archive.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        file.flush()
        with open_backup(Path(file.name)) as (_, written):
            assert written == manifest
        check_files(Path(file.name), breathe)
    sync_folder(target.parent)
    return manifest


@contextmanager
def open_backup(path: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """Give the archive at *path* and its manifest. The files are not looked at.

    Raises:
        ConfigError: it is no backup that can be read here.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive, _read_manifest(archive, path)
    except _UNREADABLE as error:
        raise ConfigError(f"{path}: this is no whole backup: {error}.") from error
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror or error}.") from error


def check_files(path: Path, breathe: Callable[[], None] = no_breath) -> Manifest:
    """Return the manifest of the backup at *path*, whose files are all as it says.

    Raises:
        ConfigError: they aren't, or it is no backup.
    """
    with open_backup(path) as (archive, manifest):
        for entry in manifest.files:
            with archive.open(entry.name) as file:
                _check(entry, copy_hashed(file, None, breathe), path)
        return manifest


def take_out(archive: zipfile.ZipFile, entry: Entry, target: Path, path: Path) -> None:
    """Write a file of the backup at *path* to *target*, brought to the disk, for this user alone.

    Raises:
        ConfigError: it is not as its manifest says.
    """
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with archive.open(entry.name) as file, whole_file(target, PRIVATE) as out:
        _check(entry, copy_hashed(file, out), path)


def copy_hashed(
    source: IO[bytes], target: IO[bytes] | None, breathe: Callable[[], None] = no_breath
) -> tuple[int, str]:
    """Copy *source* to *target*, if there is one; return how many bytes, and their hash."""
    digest, size = hashlib.sha256(), 0
    while piece := source.read(_PIECE_BYTES):
        digest.update(piece)
        size += len(piece)
        if target is not None:
            target.write(piece)
        breathe()
    return size, digest.hexdigest()


def _check(entry: Entry, found: tuple[int, str], path: Path) -> None:
    if found != (entry.bytes, entry.sha256):
        raise ConfigError(f"{path}: {entry.name} is not as it was written: the file is damaged.")


def _read_manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    if archive.getinfo(MANIFEST).file_size > MAX_MANIFEST_BYTES:
        raise ConfigError(f"{path}: this is no backup of this program.")
    try:
        manifest = msgspec.json.decode(archive.read(MANIFEST), type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: this is no backup of this program: {error}.") from error
    if manifest.format != FORMAT:
        raise ConfigError(f"{path}: this is no backup of this program.")
    if manifest.version > VERSION:
        raise ConfigError(f"{path}: a newer version of this program made it ({manifest.program}). Take that.")
    for entry in manifest.files:
        if not is_known(entry.name):
            raise ConfigError(f"{path}: {entry.name[:100]!a} is no file of a backup.")
    if DATA not in {entry.name for entry in manifest.files}:
        raise ConfigError(f"{path}: the data are not in it.")
    return manifest


def is_known(name: str) -> bool:
    """Whether *name* is that of a file that a backup may have. None leads out of a folder."""
    folder, _, device = name.rpartition("/")
    is_device = folder == DEVICES and device not in ("", ".", "..") and "\\" not in device
    return name in (DATA, MODULES, *_SECRET_FILES) or is_device


def _secrets_of(data_dir: Path) -> Iterator[tuple[str, Path]]:
    for name in _SECRET_FILES:
        if (data_dir / name).is_file():
            yield name, data_dir / name
    devices = data_dir / DEVICES
    if devices.is_dir():
        for path in sorted(devices.iterdir())[:MAX_DEVICES]:
            if path.is_file() and not path.name.startswith("."):
                yield f"{DEVICES}/{path.name}", path


def _put(archive: zipfile.ZipFile, name: str, source: Path, breathe: Callable[[], None]) -> Entry:
    with source.open("rb") as file, archive.open(name, "w", force_zip64=True) as out:
        return Entry(name, *copy_hashed(file, out, breathe))


def _put_modules(
    archive: zipfile.ZipFile, config: Config, target: Path, breathe: Callable[[], None]
) -> Entry:
    with _removed(beside_of(target)) as tar:
        export_store(config.data_dir / "modules", tar)
        return _put(archive, MODULES, tar, breathe)


@contextmanager
def _removed(path: Path) -> Iterator[Path]:
    """Give *path*, where something is made that is gone in the end; nobody else may read it."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))
    try:
        yield path
    finally:
        for made in (path, *(path.with_name(path.name + end) for end in ("-journal", "-wal", "-shm"))):
            made.unlink(missing_ok=True)
