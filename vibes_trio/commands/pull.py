"""`vibes-trio pull`: the files of a release, as they were deployed, into a folder."""

import binascii
import fcntl
import os
import shutil
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trio

from vibes_trio.client.paging import Pages
from vibes_trio.commands.output import OK, USAGE, CommandFailed, print_json, tell
from vibes_trio.commands.session import AppName, Session, ask_server
from vibes_trio.commands.versions import find_release
from vibes_trio.config import Limits
from vibes_trio.content.filenames import check_filename
from vibes_trio.content.sizes import shown_size
from vibes_trio.errors import BadRequest
from vibes_trio.wire.versions import FilePiece, ReqGetReleaseFiles, ResGetReleaseFiles

PART = ".part"


def main(options: Namespace) -> int:
    """Write the files of an app's release, of the one that is shown unless one is named, into a folder."""

    async def work(session: Session) -> tuple[Path, dict[str, int]]:
        app = await session.app(options.app)
        folder = Path(options.folder or app.slug)
        check_folder(folder, force=options.force)
        fs_id = (await find_release(session, app, options.release)).fs_id if options.release else ""
        return folder, await pull(session, app, fs_id, folder)

    folder, sizes = ask_server(options, work)
    if options.json:
        print_json({"folder": str(folder), "files": [{"name": n, "size": s} for n, s in sizes.items()]})
    else:
        number = f"{len(sizes)} file{'' if len(sizes) == 1 else 's'}"
        tell(f"{number}, {shown_size(sum(sizes.values()))}")
        print(folder, flush=True)
    return OK


def check_folder(folder: Path, *, force: bool) -> None:
    """Raises CommandFailed: *folder* has something in it that would be written over, and *force* isn't said."""
    if folder.exists() and not folder.is_dir():
        raise CommandFailed(f"{folder}: is no folder. Name another.", USAGE)
    if folder.exists() and any(folder.iterdir()) and not force:
        raise CommandFailed(
            f"{folder}: isn't empty. Name another folder, or write over what is in it: --force.", USAGE
        )


async def pull(session: Session, app: AppName, fs_id: str, folder: Path) -> dict[str, int]:
    """Write the files of a release into *folder*; return their names and sizes in bytes.

    All are fetched into a folder beside first, so that what is there stays as it was if something goes wrong.

    Raises:
        CommandFailed: a name that leads out of the folder, or more than the server may have sent; another pull
            writes there.
        NotFound: there is no such app or release.
    """
    with folder_beside(folder) as beside:
        request = ReqGetReleaseFiles(owner_handle=app.handle, app_slug=app.slug, fs_id=fs_id)
        sizes = await _fetch(session.pages(request), beside, session.limits)
        await trio.to_thread.run_sync(_move, beside, folder)
        return sizes


async def _fetch(pages: Pages[ResGetReleaseFiles], beside: Path, limits: Limits) -> dict[str, int]:
    sizes: dict[str, int] = {}
    async for page in pages:
        for piece in page.files:
            sizes[piece.file_name] = piece.size
            if len(sizes) > limits.max_files or sum(sizes.values()) > limits.max_release_bytes:
                raise CommandFailed("The server sends more files than a release may have. Is it one of ours?")
            await trio.to_thread.run_sync(_write, _path_of(beside, piece.file_name, limits), piece)
    return sizes


def _path_of(folder: Path, name: str, limits: Limits) -> Path:
    """Return where the file *name* of an app goes. A server is trusted with its files, and with no others."""
    try:
        check_filename(name, limits.max_filename_chars, name)
    except BadRequest as error:
        raise CommandFailed(f"The server sends a file whose name can't be one: {error.message}") from error
    path = folder / name.lstrip("/")
    if not path.resolve().is_relative_to(folder.resolve()):
        raise CommandFailed(f"The server sends a file that would lie outside the folder: {name!r}.")
    return path


def _write(path: Path, piece: FilePiece) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o666), "wb") as file:
        file.seek(piece.offset)
        file.write(binascii.a2b_base64(piece.data))


def _move(beside: Path, folder: Path) -> None:
    """Move what was fetched to where it belongs: a new folder at once, else file by file."""
    if not folder.exists():
        beside.replace(folder)
        return
    for path in sorted(beside.rglob("*")):
        target = folder / path.relative_to(beside)
        if path.is_dir():
            target.mkdir(exist_ok=True)
        else:
            path.replace(target)


@contextmanager
def folder_beside(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside *folder*, for this pull alone; what is in it at the end, or from before, is removed.

    Raises:
        CommandFailed: another pull has it.
    """
    whole = folder.resolve()
    beside = whole.with_name(f".{whole.name}{PART}")
    beside.mkdir(parents=True, exist_ok=True)
    lock = os.open(beside, os.O_RDONLY)
    try:
        if not _try_lock(lock) or not _is_at(lock, beside):
            raise CommandFailed(f"{folder}: another pull writes there. Let it end, then try again.")
        _empty(beside)
        yield beside
    finally:
        # Moved to where it belongs it is no longer there; what is there then is another pull's.
        if _try_lock(lock) and _is_at(lock, beside):
            shutil.rmtree(beside, ignore_errors=True)
        os.close(lock)


def _try_lock(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(opened: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(opened), path.stat())
    except FileNotFoundError:
        return False


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
