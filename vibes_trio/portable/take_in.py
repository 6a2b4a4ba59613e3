"""An export taken in: looked through as a whole, then app by app and chat by chat, each whole or not at all.

Ids stay as they are where they are free. A handle that somebody else has here, or a chat's id, gets a number behind it.
What is here already stays as it is, so that an import which was interrupted is simply run again.
"""

import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from vibes_trio.config import Limits
from vibes_trio.content.cid import calc_cid
from vibes_trio.content.slugs import check_slug_pair
from vibes_trio.errors import BadRequest
from vibes_trio.exchange import AppSlug, Cid, UserSlug
from vibes_trio.portable.form import (
    FILES,
    LINES,
    UNREADABLE,
    app_key,
    chat_key,
    read_groups,
    read_lines,
    read_manifest,
)
from vibes_trio.storage.assets import put_missing
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
    Table,
    named_assets,
    put_app,
    put_chat,
    put_rows,
    who_has,
)
from vibes_trio.storage.interface import Tx

P = ParamSpec("P")
T = TypeVar("T")
MOST_NAMES = 1000
"""Tried for a handle or a chat whose name is taken."""


class Write(Protocol):
    """Runs a function in a transaction of its own."""

    def __call__(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T: ...


@dataclass
class Taken:
    """What was taken in. *there*: what was here already, and stayed as it is; *renamed*: from → to."""

    users: int = 0
    apps: int = 0
    releases: int = 0
    chats: int = 0
    there: list[str] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)


@dataclass
class _Names:
    """What things of the file are called here. *user*: whose all is to be; None: whose it was."""

    user: str | None
    handles: dict[str, str] = field(default_factory=dict)

    def of(self, row: CarriedRow) -> CarriedRow:
        """Return *row* as it is to be here."""
        changed = dict(row)
        if self.user is not None and "userId" in row:
            changed["userId"] = self.user
        if row.get("userSlug"):
            handle = str(row["userSlug"])
            changed["userSlug"] = self.handles.get(handle, handle)
        return changed


def check_export(path: Path, limits: Limits) -> frozenset[str]:
    """Look the whole file at *path* through; return whose things it holds.

    Raises:
        BadRequest: it is no export, damaged, or holds what can't be taken.
    """
    with open_export(path) as archive:
        owners: set[str] = set()
        for table in LINES:
            key = {RELEASES: app_key, SECTIONS: chat_key}.get(table)
            rows = (
                read_lines(archive, table)
                if key is None
                else (row for _, some in read_groups(archive, table, key) for row in some)
            )
            owners |= {str(row["userId"]) for row in rows if "userId" in row}
        _check_apps(archive)
        _check_chats(archive)
        for info in archive.infolist():
            if info.filename.startswith(FILES):
                _read_file(archive, info.filename.removeprefix(FILES), limits)
        return frozenset(owners)


def _check_apps(archive: zipfile.ZipFile) -> None:
    """Refuse apps under a handle that is another's, and releases of an app that is."""
    owners = {str(row["userSlug"]): row["userId"] for row in read_lines(archive, HANDLES)}
    apps = {app_key(row): row for row in read_lines(archive, APPS)}
    for key, app in apps.items():
        check_slug_pair(AppSlug(str(app["appSlug"])), UserSlug(str(app["userSlug"])))
        if owners.get(str(app["userSlug"])) != app["userId"]:
            raise BadRequest(f"{LINES[APPS]}: the handle of {key} is not its owner's, or not in the file.")
    for key, releases in _groups_of(archive, RELEASES, app_key, apps):
        if any(row["userId"] != apps[key]["userId"] for row in releases):
            raise BadRequest(f"{LINES[RELEASES]}: {key} has releases of another user.")


def _check_chats(archive: zipfile.ZipFile) -> None:
    """Refuse sections with a gap, or of no chat."""
    chats = {chat_key(row): row for row in read_lines(archive, CHATS)}
    for key, sections in _groups_of(archive, SECTIONS, chat_key, chats):
        if [row["seq"] for row in sections] != list(range(len(sections))):
            raise BadRequest(
                f"{LINES[SECTIONS]}: the sections of {key!a} are not numbered from 0 without a gap."
            )


def take_in(path: Path, write: Write, limits: Limits, user: str | None = None) -> Taken:
    """Add what the export at *path* holds, which was looked through before.

    Args:
        user: whose all is to be; None: whose it was.

    Raises:
        BadRequest: it was changed meanwhile, or there is no name left for something.
    """
    taken, names = Taken(), _Names(user)
    with open_export(path) as archive:
        if user is None:
            _take_users(archive, write, taken)
        _take_handles(archive, write, names, taken)
        _take_apps(archive, write, names, taken, limits)
        _take_chats(archive, write, names, taken)
    return taken


@contextmanager
def open_export(path: Path) -> Iterator[zipfile.ZipFile]:
    """Give the archive at *path*.

    Raises:
        BadRequest: it is no export, or damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            read_manifest(archive, path)
            yield archive
    except UNREADABLE as error:
        raise BadRequest(f"{path}: this is no whole export: {error}.") from error
    except OSError as error:
        raise BadRequest(f"{path}: can't be read: {error.strerror or error}.") from error


def _take_users(archive: zipfile.ZipFile, write: Write, taken: Taken) -> None:
    for user in read_lines(archive, USERS):
        name = str(user["name"])
        for attempt in _attempts(name):
            if write(put_rows, USERS, [user | {"name": attempt}]):
                taken.users += 1
                _note(taken, f"user {name}", f"user {attempt}")
                break
            if write(who_has, USERS, "userId", str(user["userId"])) is not None:
                taken.there.append(f"user {name}")
                break


def _take_handles(archive: zipfile.ZipFile, write: Write, names: _Names, taken: Taken) -> None:
    for row in read_lines(archive, HANDLES):
        handle, wanted = str(row["userSlug"]), names.of(row)
        for attempt in _attempts(handle):
            added = write(put_rows, HANDLES, [wanted | {"userSlug": attempt}])
            if added or write(who_has, HANDLES, "userSlug", attempt) == wanted["userId"]:
                names.handles[handle] = attempt
                _note(taken, f"handle {handle}", f"handle {attempt}")
                break
    for row in read_lines(archive, SETTINGS):
        write(put_rows, SETTINGS, [names.of(row)])


def _take_apps(archive: zipfile.ZipFile, write: Write, names: _Names, taken: Taken, limits: Limits) -> None:
    apps = {app_key(row): row for row in read_lines(archive, APPS)}
    others = {table: _by(read_lines(archive, table), app_key) for table in (RENAMES, UPLOADS)}
    for key, releases in _groups_of(archive, RELEASES, app_key, apps):
        app = apps[key]
        rows = {RELEASES: releases, **{table: by_app.get(key, []) for table, by_app in others.items()}}
        changed = {table: [names.of(row) for row in some] for table, some in rows.items()}
        new = names.of(app)
        _put_files(archive, write, named_assets({**changed, APPS: [new]}), limits)
        if write(put_app, new, changed):
            taken.apps += 1
            taken.releases += len(releases)
        else:
            taken.there.append(f"app {app_key(new)}")


def _take_chats(archive: zipfile.ZipFile, write: Write, names: _Names, taken: Taken) -> None:
    chats = {chat_key(row): row for row in read_lines(archive, CHATS)}
    others = {table: _by(read_lines(archive, table), chat_key) for table in (APP_CHATS, TURNS)}
    for key, sections in _groups_of(archive, SECTIONS, chat_key, chats):
        chat = names.of(chats[key])
        rows = {SECTIONS: sections, **{table: by_chat.get(key, []) for table, by_chat in others.items()}}
        changed = {table: [names.of(row) for row in some] for table, some in rows.items()}
        for attempt in _attempts(key):
            named = {table: [row | {"contextId": attempt} for row in some] for table, some in changed.items()}
            if write(put_chat, chat | {"contextId": attempt}, named):
                taken.chats += 1
                _note(taken, f"chat {key}", f"chat {attempt}")
                break
            if write(who_has, CHATS, "contextId", attempt) == chat["userId"]:
                taken.there.append(f"chat {attempt}")
                break


def _groups_of(
    archive: zipfile.ZipFile,
    table: Table,
    key: Callable[[CarriedRow], str],
    owners: Mapping[str, CarriedRow],
) -> Iterator[tuple[str, list[CarriedRow]]]:
    """Yield the rows of *table* that each of *owners* has, one by one; last those that have none."""
    left = dict(owners)
    for name, rows in read_groups(archive, table, key):
        if left.pop(name, None) is None:
            raise BadRequest(f"{LINES[table]}: nothing else in the file knows {name[:200]!a}.")
        yield name, rows
    for name in left:
        yield name, []


def _put_files(archive: zipfile.ZipFile, write: Write, asset_ids: Iterable[str], limits: Limits) -> None:
    there = set(archive.namelist())
    for asset_id in asset_ids:
        if f"{FILES}{asset_id}" in there:
            content = _read_file(archive, asset_id, limits)
            write(put_missing, {Cid(asset_id): content})


def _read_file(archive: zipfile.ZipFile, asset_id: str, limits: Limits) -> bytes:
    name, most = f"{FILES}{asset_id}", limits.max_upload_bytes
    with archive.open(name) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise BadRequest(f"{name}: a file has {most} bytes at most.")
    if calc_cid(content) != asset_id:
        raise BadRequest(f"{name}: its content is not what its name says: the file is damaged.")
    return content


def _by(rows: Iterable[CarriedRow], key: Callable[[CarriedRow], str]) -> Mapping[str, list[CarriedRow]]:
    found: dict[str, list[CarriedRow]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found


def _attempts(name: str) -> Iterator[str]:
    """Yield *name*, then with numbers behind it.

    Raises:
        BadRequest: many were tried.
    """
    yield name
    for number in range(2, MOST_NAMES):
        yield f"{name}-{number}"
    raise BadRequest(f"{name}: no such name is left here.")


def _note(taken: Taken, before: str, after: str) -> None:
    if before != after:
        taken.renamed[before] = after
