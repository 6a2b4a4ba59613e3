"""An export written: all that some users have, or one app of one."""

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

import msgspec

from vibes_trio.exchange import AppSlug, Cid, UserId, UserSlug
from vibes_trio.portable.form import FILES, LINES, MANIFEST, Manifest
from vibes_trio.storage.assets import find_asset
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
    list_rows,
    named_assets,
)
from vibes_trio.storage.interface import Tx


class Scope(msgspec.Struct, frozen=True):
    """What is to be given out: all of *users*, or the one app of one, with its chats."""

    users: tuple[UserId, ...]
    app: tuple[UserSlug, AppSlug] | None = None


class Given(msgspec.Struct, frozen=True):
    """How much was written; *lacking*: files that releases name and nobody has."""

    users: int
    apps: int
    releases: int
    chats: int
    files: int
    lacking: int


def write_export(tx: Tx, scope: Scope, file: IO[bytes], made: str) -> Given:
    """Write what *scope* says, as it is in this transaction, into *file*; *made*: now, ISO."""
    handles = _of_users(tx, HANDLES, scope)
    apps = _of_users(tx, APPS, scope)
    chats = _of_users(tx, CHATS, scope)
    named: dict[str, bool] = {}
    numbers = dict.fromkeys(LINES, 0)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(Manifest(made=made))))
        for table, rows in (
            (USERS, _of_users(tx, USERS, scope)),
            (HANDLES, handles),
            (SETTINGS, [] if scope.app else _of_users(tx, SETTINGS, scope)),
            (APPS, apps),
            (RELEASES, _of_apps(tx, RELEASES, apps)),
            (RENAMES, _of_apps(tx, RENAMES, apps)),
            (UPLOADS, _of_apps(tx, UPLOADS, apps)),
            (CHATS, chats),
            (SECTIONS, _of_chats(tx, SECTIONS, chats)),
            (APP_CHATS, _of_chats(tx, APP_CHATS, chats)),
            (TURNS, _of_chats(tx, TURNS, chats)),
        ):
            with archive.open(LINES[table], "w", force_zip64=True) as out:
                for row in rows:
                    out.write(msgspec.json.encode(row) + b"\n")
                    numbers[table] += 1
                    for asset_id, is_file in named_assets({table: [row]}).items():
                        named[asset_id] = is_file or named.get(asset_id, False)
        put = {asset_id: _put_file(tx, archive, asset_id) for asset_id in named}
    return Given(
        len(scope.users),
        numbers[APPS],
        numbers[RELEASES],
        numbers[CHATS],
        sum(put.values()),
        sum(is_file and not put[asset_id] for asset_id, is_file in named.items()),
    )


def _put_file(tx: Tx, archive: zipfile.ZipFile, asset_id: str) -> bool:
    content = find_asset(tx, Cid(asset_id))
    if content is not None:
        archive.writestr(f"{FILES}{asset_id}", content)
    return content is not None


def _of_users(tx: Tx, table: Table, scope: Scope) -> Sequence[CarriedRow]:
    """Return the rows of *table* within *scope*, user by user."""
    further: tuple[str, ...] = ()
    if scope.app is not None and "userSlug" in table.columns:
        further = ("userSlug", scope.app[0])
        if "appSlug" in table.columns:
            further += ("appSlug", scope.app[1])
    return [row for user in scope.users for row in list_rows(tx, table, "userId", user, *further)]


def _of_apps(tx: Tx, table: Table, apps: Iterable[CarriedRow]) -> Iterator[CarriedRow]:
    for app in apps:
        yield from list_rows(tx, table, "userSlug", str(app["userSlug"]), "appSlug", str(app["appSlug"]))


def _of_chats(tx: Tx, table: Table, chats: Iterable[CarriedRow]) -> Iterator[CarriedRow]:
    for chat in chats:
        rows = list_rows(tx, table, "contextId", str(chat["contextId"]))
        yield from sorted(rows, key=lambda row: int(row.get("seq") or row.get("firstSeq") or 0))
