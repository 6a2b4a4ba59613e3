"""Rows that go from one server to another with the user whose they are: which tables and columns, and how they get in.

What follows from other rows is made anew (what a release names, what is searched). What is the server's own, or a key
to something, stays: see LEFT. Rows are taken as they are but for names that are taken; `portable` finds others.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec

from vibes_trio.exchange import AppSlug, UserId, UserSlug
from vibes_trio.storage.apps import count_change
from vibes_trio.storage.feed import Sections
from vibes_trio.storage.interface import Tx, Value
from vibes_trio.storage.release_assets import find_assets, note_assets
from vibes_trio.storage.slices import marks, packs

Cell: TypeAlias = str | int | None
CarriedRow: TypeAlias = dict[str, Cell]
"""A row by the names of its columns."""


class Table(msgspec.Struct, frozen=True):
    """A table that goes along. *whole*: of its rows those alone that this condition says; *left*: columns that stay."""

    name: str
    columns: tuple[str, ...]
    whole: str = ""
    left: frozenset[str] = frozenset()


USERS = Table("Users", ("userId", "name", "email", "created"), left=frozenset({"role"}))
"""No file makes anybody an operator."""
HANDLES = Table(
    "UserSlugBindings", ("userSlug", "userId", "created"), "deletion = ''", frozenset({"deletion"})
)
APPS = Table(
    "AppSlugBindings",
    (
        "userSlug",
        "appSlug",
        "userId",
        "created",
        "lastReleaseSeq",
        "updated",
        "pinned",
        "unpublished",
        "visibility",
        "title",
        "icon",
        "settings",
    ),
    "deletion = ''",
    frozenset({"deletion"}),
)
RELEASES = Table(
    "Apps",
    (
        "userSlug",
        "appSlug",
        "userId",
        "releaseSeq",
        "fsId",
        "mode",
        "created",
        "env",
        "fileSystem",
        "extras",
        "runId",
        "message",
        "deployedBy",
        "sizeBytes",
    ),
    "deletion = ''",
    frozenset({"deletion"}),
)
RENAMES = Table("Renames", ("userSlug", "appSlug", "newAppSlug", "created"))
UPLOADS = Table(
    "Uploads",
    (
        "uploadId",
        "userId",
        "userSlug",
        "appSlug",
        "grantHash",
        "mimeType",
        "created",
        "expires",
        "assetId",
        "size",
    ),
    "assetId <> ''",
)
CHATS = Table(
    "ChatContexts",
    ("contextId", "userId", "created", "updated", "title", "preview", "appSlug", "userSlug"),
    "deleted = ''",
    frozenset({"deleted", "indexed"}),  # it is looked through there anew
)
SECTIONS = Table("ChatSections", ("contextId", "seq", "origin", "blocks", "created"))
APP_CHATS = Table("AppChats", ("contextId", "userId", "userSlug", "appSlug", "mode", "kind", "created"))
TURNS = Table("ChatTurns", ("contextId", "promptId", "firstSeq", "prompt", "fsId", "created"))
SETTINGS = Table("UserSettings", ("userId", "settings", "created", "updated"))

CARRIED = (
    USERS,
    HANDLES,
    SETTINGS,
    APPS,
    RELEASES,
    RENAMES,
    UPLOADS,
    CHATS,
    SECTIONS,
    APP_CHATS,
    TURNS,
)

LEFT: Mapping[str, str] = {
    "Assets": "go along as files",
    "AssetUses": "follows from others",
    "UserAssets": "follows from others",
    "UserUsage": "follows from others",
    "ReleaseAssets": "follows from the releases",
    "ChatNumbers": "follows from the chats",
    "ChatText": "is made anew",
    "ChatTerms": "is made anew",
    "Meta": "the server's own",
    "Certificates": "keys to a server are its own",
    "UserInvites": "keys to a server are its own",
    "Invites": "keys to a server are its own",
    "Sessions": "keys to a server are its own",
    "Passkeys": "keys to a server are its own",
    "ShareLinks": "keys to an app, by the server's address",
    "AppInvites": "others' places in an app, who may not be there",
    "AccessRequests": "others' wishes, who may not be there",
    "AppSecrets": "sealed with the server's own key",
    "Deletions": "what was deleted stays behind",
    "UploadParts": "of uploads that were not finished",
    "AppEntries": "keys to an app, by the server's address",
    "PageErrors": "what happened where it was",
    "AppLog": "what happened where it was",
}
"""Tables that stay, and why."""


def list_rows(tx: Tx, table: Table, column: str, value: str, *more: str) -> list[CarriedRow]:
    """Return the rows of *table* whose *column* is *value*; *more*: further columns and values in turn."""
    wanted = dict(zip((column, *more[::2]), (value, *more[1::2]), strict=True))
    conditions = [*(f"{name} = ?" for name in wanted), *([table.whole] if table.whole else [])]
    rows = tx.execute(
        f"SELECT {', '.join(table.columns)} FROM {table.name} WHERE {' AND '.join(conditions)}",
        tuple(wanted.values()),
    )
    return [dict(zip(table.columns, row, strict=True)) for row in rows]


def list_owners(tx: Tx) -> list[UserId]:
    """Return all who have anything: users, and who only signed in."""
    union = " UNION ".join(f"SELECT userId FROM {t.name}" for t in (USERS, HANDLES, CHATS, SETTINGS))
    return [UserId(user_id) for (user_id,) in tx.execute(f"{union} ORDER BY 1")]


def named_assets(rows: Mapping[Table, Sequence[CarriedRow]]) -> dict[str, bool]:
    """Return the ids of all assets that *rows* name: whether it is a file's, or may only look like one."""
    named: dict[str, bool] = {}
    for row in rows.get(RELEASES, ()):
        extras = row["extras"]
        found = find_assets(str(row["fileSystem"]), None if extras is None else str(extras))
        named |= {asset_id: bool(owned) or named.get(asset_id, False) for asset_id, owned in found.items()}
    for row in rows.get(UPLOADS, ()):
        named[str(row["assetId"])] = True
    for row in rows.get(APPS, ()):
        named |= dict.fromkeys(find_assets(str(row["icon"]), None), True)
    return named


def put_rows(tx: Tx, table: Table, rows: Sequence[CarriedRow]) -> int:
    """Add *rows* to *table*, but for those whose key is taken; return how many were."""
    added = 0
    for some in packs(rows):
        each = ", ".join([f"({marks(len(table.columns))})"] * len(some))
        values: list[Value] = [row.get(name) for row in some for name in table.columns]
        added += len(
            tx.execute(
                f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES {each}"
                f" ON CONFLICT DO NOTHING RETURNING 1",
                values,
            )
        )
    return added


def put_app(tx: Tx, app: CarriedRow, rows: Mapping[Table, Sequence[CarriedRow]]) -> bool:
    """Add *app* with its releases and uploads; its assets have to be put before. False: there is one of its name."""
    if not put_rows(tx, APPS, [app]):
        return False
    for table in (RELEASES, RENAMES, UPLOADS):
        put_rows(tx, table, rows.get(table, ()))
    for row in rows.get(RELEASES, ()):
        key = (str(row["appSlug"]), str(row["userId"]), str(row["userSlug"]), int(row["releaseSeq"] or 0))
        extras = row["extras"]
        note_assets(tx, key, str(row["fileSystem"]), None if extras is None else str(extras))
    name = AppSlug(str(app["appSlug"])), UserSlug(str(app["userSlug"])), UserId(str(app["userId"]))
    count_change(tx, [name])
    return True


def put_chat(tx: Tx, chat: CarriedRow, rows: Mapping[Table, Sequence[CarriedRow]]) -> bool:
    """Add *chat* with its sections and turns. False: there is one of its id."""
    if not put_rows(tx, CHATS, [chat]):
        return False
    for table in (SECTIONS, APP_CHATS, TURNS):
        put_rows(tx, table, rows.get(table, ()))
    tx.tell(Sections(str(chat["contextId"]), len(rows.get(SECTIONS, ()))))
    return True


def who_has(tx: Tx, table: Table, column: str, value: str) -> str | None:
    """Return whose the row of *table* is that has *value*, deleted or not; None: it is free."""
    rows = tx.execute(f"SELECT userId FROM {table.name} WHERE {column} = ?", (value,))
    return str(rows[0][0]) if rows else None
