"""The files of an app, read from a folder the way `deploy` sends them."""

import codecs
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from msgspec.structs import replace

from vibes_trio.commands.ignore_file import read_choice
from vibes_trio.commands.output import CommandFailed
from vibes_trio.config import Limits, MiB
from vibes_trio.content.filenames import check_filename, lang_of
from vibes_trio.content.left_out import (
    LOCK_FILES,
    SECRET,
    Choice,
    LeftOut,
    describe,
    is_any_meant,
    is_lock_too_large,
)
from vibes_trio.content.secret_files import MAX_SECRET_BYTES, holds_secret
from vibes_trio.content.sent_files import find_page, is_of_page, is_read_as_text, shows_nothing
from vibes_trio.content.sizes import shown_size
from vibes_trio.errors import BadRequest
from vibes_trio.wire.files import CodeBlock, StrAssetBlock, Uint8AssetBlock, VibeFile, write_bytes

BIG_FILE_BYTES = 1 * MiB


@dataclass(frozen=True, slots=True)
class FoundFile:
    """One file of an app: its name there (`/parts/Row.jsx`), where it lies, its size in bytes."""

    name: str
    path: Path
    size: int


@dataclass(frozen=True, slots=True)
class FoundApp:
    """The files of an app in the order of their names, what to tell whoever deploys them, and what is not sent."""

    files: tuple[FoundFile, ...]
    warnings: tuple[str, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


@dataclass(slots=True)
class _Walk:
    """What was found so far in a folder, and how many entries were looked at."""

    files: list[Path] = field(default_factory=list)
    links: list[Path] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    seen: int = 0


def find_app(path: Path, limits: Limits, include: Sequence[str] = ()) -> FoundApp:
    """Return the files of the app in the folder *path*, or the one file *path*.

    Left out is what `left_out` says, what its content gives away as secret, and links, which may lead out of it.

    Args:
        include: patterns of what is sent although it would be left out; links never are.

    Raises:
        CommandFailed: there is nothing, too much, or a name or pattern that can't be; says which.
    """
    if not path.exists():
        raise CommandFailed(f"{path}: there is no such folder or file.")
    root = path if path.is_dir() else path.parent
    walk = _walk_folder(path, read_choice(path, include), limits) if path.is_dir() else _Walk([path])
    files = tuple(_found(root, found, limits) for found in walk.files)
    if not files:
        rest = f": {'; '.join(describe(walk.left_out))}" if walk.left_out else ""
        raise CommandFailed(f"{path}: there is no file in it to deploy{rest}.")
    warnings = [*_warnings(files, walk.links, root), *_unused(include, root, files)]
    app = FoundApp(files, tuple(warnings), tuple(walk.left_out))
    if app.size > limits.max_release_bytes:
        raise CommandFailed(
            f"{path}: {shown_size(app.size)} are more than the {shown_size(limits.max_release_bytes)} that "
            f"an app may have. Largest: {_largest(files)}."
        )
    return app


def _walk_folder(folder: Path, choice: Choice, limits: Limits) -> _Walk:
    walk = _Walk()
    for current, folders, names in os.walk(folder, onerror=_raise):
        here = Path(current)
        walk.seen += len(folders) + len(names)
        if walk.seen > limits.folder_entries:
            raise CommandFailed(
                f"{folder}: holds more than {limits.folder_entries} files and folders. Is this the app's own folder?"
            )
        folders[:] = [name for name in sorted(folders) if _look(walk, folder, here / name, choice, "/")]
        for name in sorted(names):
            if _look(walk, folder, here / name, choice) and not _is_secret_or_large(
                walk, folder, here / name, choice, limits
            ):
                walk.files.append(here / name)
        if len(walk.files) > limits.max_files:
            raise CommandFailed(
                f"{folder}: more than {limits.max_files} files. Deploy the app's own folder, without what a build "
                "leaves behind, or name in a .vibesignore what is no part of it."
            )
    return walk


def _look(walk: _Walk, root: Path, path: Path, choice: Choice, end: str = "") -> bool:
    """Return whether *path* is to be sent by its name; note it if it isn't."""
    name = path.relative_to(root).as_posix() + end
    reason = choice.why_left_out(name)
    if reason:
        walk.left_out.append(LeftOut(name, reason))
    elif path.is_symlink():
        walk.links.append(path)
    else:
        return True
    return False


def _is_secret_or_large(walk: _Walk, root: Path, path: Path, choice: Choice, limits: Limits) -> bool:
    """Return whether *path* is left out for what is in it; note it if it is."""
    name = path.relative_to(root).as_posix()
    if choice.is_asked_for(name):
        return False
    size = path.stat().st_size
    if is_lock_too_large(name, size, limits):
        walk.left_out.append(LeftOut(name, f"over {shown_size(limits.max_lock_bytes)}"))
        return True
    # What the page is made of is sent, with a warning: without it the app would not work, and nobody knew why.
    if size > MAX_SECRET_BYTES or is_of_page(name) or not holds_secret(name, path.read_bytes()):
        return False
    walk.left_out.append(LeftOut(name, SECRET))
    return True


def _raise(error: OSError) -> None:
    raise error


def _found(root: Path, path: Path, limits: Limits) -> FoundFile:
    name = f"/{PurePath(path).relative_to(root).as_posix()}"
    try:
        check_filename(name, limits.max_filename_chars, str(path))
        name.encode()
    except BadRequest as error:
        raise CommandFailed(error.message) from error
    except UnicodeEncodeError as error:
        raise CommandFailed(f"{os.fsencode(path)!r}: the file's name is no UTF-8. Rename it.") from error
    size = path.stat().st_size
    if size > limits.max_file_bytes:
        raise CommandFailed(
            f"{path}: {shown_size(size)} are more than the {shown_size(limits.max_file_bytes)} that one file may have."
        )
    return FoundFile(name, path, size)


def _warnings(files: Sequence[FoundFile], links: Sequence[Path], root: Path) -> Iterator[str]:
    for file in files:
        if file.size > BIG_FILE_BYTES and file.path.name not in LOCK_FILES:
            yield f"{file.path}: {shown_size(file.size)} make a slow page."
        is_small = file.size <= MAX_SECRET_BYTES
        if is_small and is_of_page(file.name) and holds_secret(file.name, file.path.read_bytes()):
            yield f"{file.path}: holds a private key, and everybody who opens the app can read it."
    for link in links:
        yield f"{link}: is a link, which is not followed; put the file itself into {root}."
    pages = [file.name for file in files if file.name.lower().endswith((".html", ".htm"))]
    if shows_nothing([file.name for file in files]):
        which = f" Name the page that is meant: --entry {pages[0].removeprefix('/')}." if pages else ""
        yield f"There is no module (.jsx, .js, …) and no index.html: the page will be empty.{which}"


def _unused(include: Sequence[str], root: Path, files: Sequence[FoundFile]) -> Iterator[str]:
    """Warn of patterns that mean none of *files*: a word that is misspelt, most of the time."""
    for pattern in include:
        if not is_any_meant(pattern, (file.name.removeprefix("/") for file in files)):
            yield f"--include {pattern}: there is no such file in {root}."


def _largest(files: Sequence[FoundFile]) -> str:
    top = sorted(files, key=lambda file: -file.size)[:3]
    return ", ".join(f"{file.path} ({shown_size(file.size)})" for file in top)


def read_files(app: FoundApp, entry: str = "") -> list[VibeFile]:
    """Return the files of *app* as they are sent, the one called *entry* (empty: none) flagged as what is shown.

    An `index.html` is flagged as the app's page if nothing beside it has to be compiled. Where something has, it is
    a bundler's, which names sources, and the page that the server makes is the one that works.

    Raises:
        CommandFailed, OSError: see `read_file`; CommandFailed, too: there is no file *entry*.
    """
    if entry:
        return _with_entry(
            [read_file(file) for file in app.files], f"/{entry.removeprefix('./').lstrip('/')}"
        )
    page = find_page([file.name for file in app.files])
    files = [read_file(file) for file in app.files]
    return [replace(file, entry_point=True) if file.filename == page else file for file in files]


def _with_entry(files: Sequence[VibeFile], name: str) -> list[VibeFile]:
    if all(file.filename != name for file in files):
        raise CommandFailed(
            f"--entry {name.removeprefix('/')}: there is no such file among those that are sent."
        )
    return [replace(file, entry_point=True) if file.filename == name else file for file in files]


def read_file(file: FoundFile) -> VibeFile:
    """Return *file* as it is sent: a module's source, text, or bytes as base64.

    Raises:
        CommandFailed: a module that is neither UTF-8 nor UTF-16.
        OSError: it can't be read.
    """
    content = file.path.read_bytes()
    lang = lang_of(file.name)
    try:
        text = _decode(content) if is_read_as_text(file.name) else content.decode("utf-8")
    except UnicodeDecodeError as error:
        if lang is not None:
            raise CommandFailed(
                f"{file.path}: is no UTF-8 text at byte {error.start}. Save it as UTF-8."
            ) from error
        return Uint8AssetBlock(filename=file.name, content=write_bytes(content))
    if lang is not None:
        return CodeBlock(filename=file.name, lang=lang, content=text)
    if "\0" in text:
        return Uint8AssetBlock(filename=file.name, content=write_bytes(content))
    return StrAssetBlock(filename=file.name, content=text)


def _decode(content: bytes) -> str:
    """Return the text of a file: UTF-8, or UTF-16 as editors and shells of Windows write it, with its mark.

    Raises:
        UnicodeDecodeError: it is none.
    """
    for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        if content.startswith(mark):
            return content.decode("utf-16")
    return content.decode("utf-8")
