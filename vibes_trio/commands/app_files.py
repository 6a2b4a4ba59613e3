"""The files of an app, read from a folder the way `deploy` sends them."""

import codecs
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from msgspec.structs import replace

from vibes_trio.commands.output import CommandFailed
from vibes_trio.config import KiB, Limits, MiB
from vibes_trio.content.filenames import check_filename, lang_of
from vibes_trio.content.slugs import MAX_LABEL_CHARS
from vibes_trio.errors import BadRequest
from vibes_trio.wire.files import CodeBlock, StrAssetBlock, Uint8AssetBlock, VibeFile, write_bytes

BIG_FILE_BYTES = 1 * MiB
LEFT_OUT = frozenset({"node_modules", "__pycache__"})
MAX_APP_NAME_CHARS = 30
PAGE = "/index.html"
# What is read as text wherever it comes to.
_TEXTS = (".css", ".json", ".html", ".htm", ".svg")


@dataclass(frozen=True, slots=True)
class FoundFile:
    """One file of an app: its name there (`/parts/Row.jsx`), where it lies, its size in bytes."""

    name: str
    path: Path
    size: int


@dataclass(frozen=True, slots=True)
class FoundApp:
    """The files of an app in the order of their names, and what to tell whoever deploys them."""

    files: tuple[FoundFile, ...]
    warnings: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def find_app(path: Path, limits: Limits) -> FoundApp:
    """Return the files of the app in the folder *path*, or the one file *path*.

    Left out: names that start with a dot, node_modules, and links, which may lead out of the folder.

    Raises:
        CommandFailed: there is nothing, too much, or a name that can't be; says which.
    """
    if not path.exists():
        raise CommandFailed(f"{path}: there is no such folder or file.")
    root = path if path.is_dir() else path.parent
    paths, links = _walk(path, limits) if path.is_dir() else ([path], [])
    files = tuple(_found(root, found, limits) for found in paths)
    if not files:
        raise CommandFailed(f"{path}: there is no file in it to deploy.")
    app = FoundApp(files, tuple(_warnings(files, links, root)))
    if app.size > limits.max_frame_bytes:
        raise CommandFailed(
            f"{path}: {shown_size(app.size)} are more than the {shown_size(limits.max_frame_bytes)} that fit into "
            f"one deploy. Largest: {_largest(files)}."
        )
    return app


def _walk(folder: Path, limits: Limits) -> tuple[list[Path], list[Path]]:
    """Return the files to send, and the links that are passed over."""
    files: list[Path] = []
    links: list[Path] = []
    for current, folders, names in os.walk(folder, onerror=_raise):
        here = Path(current)
        links += [here / name for name in sorted(folders) if _is_wanted(name) and (here / name).is_symlink()]
        folders[:] = sorted(name for name in folders if _is_wanted(name))
        for name in filter(_is_wanted, sorted(names)):
            target = links if (here / name).is_symlink() else files
            target.append(here / name)
        if len(files) > limits.max_files:
            raise CommandFailed(
                f"{folder}: more than {limits.max_files} files. Deploy the app's own folder, without what a build "
                "leaves behind."
            )
    return files, links


def _raise(error: OSError) -> None:
    raise error


def _is_wanted(name: str) -> bool:
    return not name.startswith(".") and name not in LEFT_OUT


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
        if file.size > BIG_FILE_BYTES:
            yield f"{file.path}: {shown_size(file.size)} make a slow page."
    for link in links:
        yield f"{link}: is a link, which is not followed; put the file itself into {root}."
    if not any(lang_of(file.name) or file.name == PAGE for file in files):
        yield "There is no module (.jsx, .js, …) and no index.html: the page will be empty."


def _largest(files: Sequence[FoundFile]) -> str:
    top = sorted(files, key=lambda file: -file.size)[:3]
    return ", ".join(f"{file.path} ({shown_size(file.size)})" for file in top)


def read_files(app: FoundApp) -> list[VibeFile]:
    """Return the files of *app* as they are sent.

    An `index.html` is flagged as the app's page if nothing beside it has to be compiled. Where something has, it is
    a bundler's, which names sources, and the page that the server makes is the one that works.

    Raises:
        CommandFailed, OSError: see `read_file`.
    """
    is_site = all(lang_of(file.name) in (None, "js") for file in app.files)
    files = [read_file(file) for file in app.files]
    return [replace(file, entry_point=True) if is_site and file.filename == PAGE else file for file in files]


def read_file(file: FoundFile) -> VibeFile:
    """Return *file* as it is sent: a module's source, text, or bytes as base64.

    Raises:
        CommandFailed: a module that is neither UTF-8 nor UTF-16.
        OSError: it can't be read.
    """
    content = file.path.read_bytes()
    lang = lang_of(file.name)
    try:
        is_read = lang is not None or file.name.lower().endswith(_TEXTS)
        text = _decode(content) if is_read else content.decode("utf-8")
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


def slug_of(name: str, max_chars: int = MAX_LABEL_CHARS) -> str:
    """Return *name* as a part of a host name: small letters, digits, single hyphens. Empty if nothing is left."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:max_chars].strip("-")


def shown_size(size: int) -> str:
    """Return *size* in bytes as people read it."""
    if size < KiB:
        return f"{size} bytes"
    return f"{size / KiB:.1f} KiB" if size < MiB else f"{size / MiB:.1f} MiB"
