"""The form of an export: `manifest.json`, a file of JSON lines for each table, and `files/{cid}`.

Lines have the names of columns as keys. Lines of releases stand app by app, those of sections chat by chat. Whoever
makes such a file elsewhere may leave out what a line has a default for: see `check_row`.
"""

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import IO

import msgspec

from vibes_trio import __version__
from vibes_trio.errors import BadRequest
from vibes_trio.storage.carried import (
    APP_CHATS,
    APPS,
    CHATS,
    HANDLES,
    RELEASES,
    RENAMES,
    SECTIONS,
    SETTINGS,
    TURNS,
    UPLOADS,
    USERS,
    CarriedRow,
    Cell,
    Table,
)

FORMAT = "vibes-trio export"
VERSION = 1
MANIFEST = "manifest.json"
FILES = "files/"
LINES: Mapping[Table, str] = {
    USERS: "users.jsonl",
    HANDLES: "handles.jsonl",
    SETTINGS: "settings.jsonl",
    APPS: "apps.jsonl",
    RELEASES: "releases.jsonl",
    RENAMES: "renames.jsonl",
    UPLOADS: "uploads.jsonl",
    CHATS: "chats.jsonl",
    SECTIONS: "sections.jsonl",
    APP_CHATS: "app-chats.jsonl",
    TURNS: "turns.jsonl",
}
MAX_LINE_BYTES = 64 * 1024 * 1024
MAX_MANIFEST_BYTES = 1024 * 1024
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_ID = re.compile(r"z[0-9A-Za-z]{8,127}")
_MAX_SLUG_CHARS = 63
_DEFAULTS: Mapping[str, Cell] = {
    "lastReleaseSeq": 0,
    "updated": "",
    "pinned": "",
    "unpublished": "",
    "visibility": "public",
    "title": "",
    "icon": "",
    "settings": "{}",
    "env": "{}",
    "extras": None,
    "runId": "",
    "message": "",
    "deployedBy": "",
    "sizeBytes": 0,
    "preview": "",
    "appSlug": "",
    "userSlug": "",
    "email": "",
}
_NUMBERS = frozenset({"lastReleaseSeq", "releaseSeq", "sizeBytes", "size", "seq", "firstSeq"})


class Manifest(msgspec.Struct, frozen=True):
    """What the file is. *made*: ISO, UTC."""

    format: str = FORMAT
    version: int = VERSION
    made: str = ""
    program: str = __version__


def _is_json(kind: type[list[object] | dict[str, object]], text: str) -> bool:
    try:
        return isinstance(msgspec.json.decode(text), kind)
    except (msgspec.DecodeError, RecursionError):
        return False


_is_list, _is_object = partial(_is_json, list), partial(_is_json, dict)


_CHECKS: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "fsId": (lambda text: text == "" or _ID.fullmatch(text) is not None, "an id such as `z…`"),
    "assetId": (lambda text: _ID.fullmatch(text) is not None, "an id such as `z…`"),
    "mode": (lambda text: text in ("dev", "production", "codegen", "runtime", "img"), "a mode"),
    "origin": (lambda text: text in ("user", "llm"), "`user` or `llm`"),
    "visibility": (lambda text: text in ("public", "unlisted", "private"), "a visibility"),
    "kind": (lambda text: text in ("codegen", "application"), "a kind of chat"),
    "fileSystem": (_is_list, "a list, as JSON text"),
    "blocks": (_is_list, "a list, as JSON text"),
    "settings": (lambda text: text == "" or _is_object(text), "an object, as JSON text"),
    "icon": (lambda text: text == "" or _is_object(text), "an object, as JSON text"),
    "extras": (_is_object, "an object, as JSON text"),
    "contextId": (lambda text: 0 < len(text) <= 128, "1 to 128 characters"),
    "userId": (lambda text: 0 < len(text) <= 128, "1 to 128 characters"),
}
_SLUGS = frozenset({"userSlug", "appSlug", "newAppSlug"})


def check_row(table: Table, row: object, where: str) -> CarriedRow:
    """Return *row*, read from *where*, with what it left out, if *table* takes it.

    Raises:
        BadRequest: it doesn't; the message says where and why.
    """
    if not isinstance(row, dict):
        raise BadRequest(f"{where}: a JSON object is wanted.")
    checked: CarriedRow = {}
    for name in table.columns:
        value = row.get(name, _DEFAULTS.get(name))
        if value is None and not (name == "extras" and table is RELEASES):
            raise BadRequest(f"{where}: `{name}` is missing.")
        is_number = name in _NUMBERS
        if value is not None and (
            isinstance(value, bool) or not isinstance(value, int if is_number else str)
        ):
            raise BadRequest(f"{where}: `{name}` has to be {'a number' if is_number else 'a text'}.")
        if isinstance(value, str):
            _check_text(table, name, value, where)
        if isinstance(value, int) and not 0 <= value < 2**53:
            raise BadRequest(f"{where}: `{name}` is out of range.")
        checked[name] = value
    return checked


def _check_text(table: Table, name: str, text: str, where: str) -> None:
    if name in _SLUGS:
        may_lack = table in (CHATS, UPLOADS)
        fits = len(text) <= _MAX_SLUG_CHARS and _SLUG.fullmatch(text)
        if not fits and not (may_lack and not text):
            raise BadRequest(f"{where}: `{name}` is no slug: {text[:80]!a}.")
    check, wanted = _CHECKS.get(name, (None, ""))
    if check is not None and not check(text):
        raise BadRequest(f"{where}: `{name}` has to be {wanted}: {text[:80]!a}.")


def read_lines(archive: zipfile.ZipFile, table: Table) -> Iterator[CarriedRow]:
    """Yield the rows of *table*; none where its file is not there.

    Raises:
        BadRequest: one can't be taken.
    """
    name = LINES[table]
    if name not in archive.namelist():
        return
    with archive.open(name) as file:
        for number, line in enumerate(_lines(file, name), 1):
            where = f"{name}, line {number}"
            try:
                row = msgspec.json.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise BadRequest(f"{where}: this is no JSON: {error}.") from error
            yield check_row(table, row, where)


def read_groups(
    archive: zipfile.ZipFile, table: Table, key: Callable[[CarriedRow], str]
) -> Iterator[tuple[str, list[CarriedRow]]]:
    """Yield the rows of *table* by their *key*, which may not come again once another has come.

    Raises:
        BadRequest: it does, or a row can't be taken.
    """
    seen: set[str] = set()
    for name, rows in groupby(read_lines(archive, table), key):
        if name in seen:
            raise BadRequest(f"{LINES[table]}: the lines of {name[:200]!a} have to stand together.")
        seen.add(name)
        yield name, list(rows)


def app_key(row: CarriedRow) -> str:
    """Return what names an app: `handle/slug`."""
    return f"{row['userSlug']}/{row['appSlug']}"


def chat_key(row: CarriedRow) -> str:
    """Return what names a chat."""
    return str(row["contextId"])


def read_manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    """Return what the file at *path* is.

    Raises:
        BadRequest: it is no export that can be read here.
    """
    try:
        info = archive.getinfo(MANIFEST)
        text = archive.read(MANIFEST) if info.file_size <= MAX_MANIFEST_BYTES else b""
        manifest = msgspec.json.decode(text, type=Manifest)
    except (KeyError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"{path}: this is no export of this program.") from error
    if manifest.format != FORMAT:
        raise BadRequest(f"{path}: this is no export of this program.")
    if manifest.version > VERSION:
        raise BadRequest(f"{path}: a newer version of this program made it ({manifest.program}).")
    return manifest


def _lines(file: IO[bytes], name: str) -> Iterator[bytes]:
    while line := file.readline(MAX_LINE_BYTES):
        if len(line) == MAX_LINE_BYTES:
            raise BadRequest(f"{name}: a line has more than {MAX_LINE_BYTES} bytes.")
        if line.strip():
            yield line
