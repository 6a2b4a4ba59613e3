"""Write into the data folder so that no reader, other process or crash meets half a file or folder."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import trio

from vibes_trio.errors import ModuleFailed
from vibes_trio.whole_files import beside_of, whole_file

_FEW = 4


def write_file(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Put *content* at *path*, replacing what is there in one step. Folders are made.

    Raises:
        ModuleFailed: the disk refuses.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path, mode) as file:
            file.write(content)
    except OSError as error:
        raise ModuleFailed(f"{path.name} can't be written: {error.strerror}") from error


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Do what `write_file` does for several files at once.

    One sync for all: a sync a file takes a second per thousand.

    Raises:
        ModuleFailed: the disk refuses; some may be written.
    """
    if len(contents) <= _FEW:
        for path, content in contents.items():
            write_file(path, content)
        return
    new = {beside_of(path): path for path in contents}
    try:
        for folder in {path.parent for path in contents}:
            folder.mkdir(parents=True, exist_ok=True)
        for made, path in new.items():
            made.write_bytes(contents[path])
        os.sync()
        for made, path in new.items():
            made.replace(path)
    except OSError as error:
        for made in new:
            with contextlib.suppress(OSError):
                made.unlink()
        raise ModuleFailed(f"files can't be written: {error.strerror}") from error


def copy_file(source: Path, path: Path) -> None:
    """Put the content of *source*, which may be large, at *path*, in one step; an existing file is kept.

    Raises:
        ModuleFailed: the disk refuses.
    """
    if path.is_file():
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as given, whole_file(path) as file:
            shutil.copyfileobj(given, file)
    except OSError as error:
        raise ModuleFailed(f"{path.name} can't be written: {error.strerror}") from error


def make_folder(path: Path, fill: Callable[[Path], None]) -> None:
    """Make the folder *path* with what *fill* writes into it, in one step; an existing one is kept.

    All of it is on the disk before it has its name, so that no crash leaves a folder of empty files.

    Raises:
        ModuleFailed: *fill* or the disk refuses; nothing is left.
    """
    if path.is_dir():
        return
    new = beside_of(path)
    try:
        new.mkdir(parents=True)
        fill(new)
        os.sync()  # once for all: a sync a file takes a second per thousand
        new.rename(path)
    except OSError as error:
        if not path.is_dir():  # else another process was faster, with the same content
            raise ModuleFailed(f"{path.name} can't be written: {error.strerror}") from error
    finally:
        shutil.rmtree(new, ignore_errors=True)


@asynccontextmanager
async def temporary_folder(parent: Path | None = None, prefix: str = "vibes-build-") -> AsyncIterator[Path]:
    """Hold a folder in *parent* (the system's place for such, without it), and remove it with all that is in it.

    In a thread: packages have thousands of files, and to remove these takes as long as to write them.
    """
    make = partial(tempfile.mkdtemp, prefix=prefix, dir=parent)
    folder = Path(await trio.to_thread.run_sync(make))
    try:
        yield folder
    finally:
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(partial(shutil.rmtree, folder, ignore_errors=True))
