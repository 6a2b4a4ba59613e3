"""A file that the reference made, with the rows that it was recorded to leave, is opened, served and continued."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from chat_rows import list_sections
from recorded import REFERENCE_SCHEMA
from releases import release

from vibes_trio.config import Limits
from vibes_trio.errors import NotOwner, SlugTaken
from vibes_trio.exchange import AppSlug, FsId, UserId, UserSlug
from vibes_trio.storage.apps import find_latest, find_release, list_latest, save_release
from vibes_trio.storage.assets import find_asset, list_garbage, remove_garbage
from vibes_trio.storage.chats import NewSection, append_sections, ensure_context
from vibes_trio.storage.slugs import bind_app_slug, bind_user_slug
from vibes_trio.storage.sqlite.engine import SqliteDatabase

VECTORS = Path(__file__).parents[2] / "conformance"

TABLES = ("Assets", "UserSlugBindings", "AppSlugBindings", "Apps", "ChatContexts", "ChatSections")
Rows = dict[str, list[dict[str, Any]]]


def recorded(file: str, scenario: str) -> Rows:
    """The rows at the end of a recorded scenario: of each table the last that were noted."""
    (found,) = (
        s
        for s in json.loads((VECTORS / f"{file}.json").read_text())["scenarios"]
        if s["scenario"] == scenario
    )
    rows: Rows = {}
    for vector in found["vectors"]:
        rows |= vector.get("db_after", {})
    return rows


def make_file(path: Path, rows: Rows) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(REFERENCE_SCHEMA)
        second = 0
        for table in TABLES:
            for row in rows.get(table, []):
                second += 1
                cells = {name: json.dumps(v) if isinstance(v, list | dict) else v for name, v in row.items()}
                cells["created"] = f"2025-01-01T00:{second // 60:02}:{second % 60:02}.000Z"
                if "size" in cells:
                    cells["content"] = bytes(cells.pop("size"))
                marks = ", ".join("?" * len(cells))
                connection.execute(
                    f"INSERT INTO {table} ({', '.join(cells)}) VALUES ({marks})", tuple(cells.values())
                )
        connection.commit()


def dump(db: SqliteDatabase) -> Rows:
    """All rows in the reference's columns, in order of insertion."""
    with closing(sqlite3.connect(db.path)) as connection:
        connection.row_factory = sqlite3.Row
        found = {
            name: [dict(row) for row in connection.execute(f"SELECT * FROM {name} ORDER BY rowid")]
            for name in TABLES
        }
    for row in found["Apps"]:
        assert row.pop("extras") is None
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(REFERENCE_SCHEMA)
        columns = {
            name: [row[1] for row in connection.execute(f"PRAGMA table_info({name})")] for name in TABLES
        }
    return {name: [{c: row[c] for c in columns[name]} for row in rows] for name, rows in found.items()}


def open_file(path: Path) -> SqliteDatabase:
    db = SqliteDatabase(path, Limits(reserve_bytes=0), now=lambda: 1_769_064_695.123, inline=True)
    db.open()
    return db


SCENARIOS = [
    *[
        ("ensure-app-slug", f"ensure-{name}")
        for name in ("defaults", "given-slugs", "order", "redeploy-clerk-user", "redeploy-device-user")
    ],
    *[("ensure-app-slug", f"ensure-{name}") for name in ("file-types", "foreign-slugs", "odd-slugs")],
    ("limits", "limit-apps-evict"),
    *[("chat", f"chat-{name}") for name in ("context", "append", "block-types", "timestamps")],
]


def complete(rows: Rows) -> Rows:
    """With the rows that others refer to, where the vectors noted only some tables."""
    owners = {row["userSlug"]: row["userId"] for row in rows.get("Apps", [])}
    rows.setdefault("UserSlugBindings", [{"userSlug": s, "userId": u} for s, u in owners.items()])
    bound = {(row["userSlug"], row["appSlug"]) for row in rows.get("Apps", [])}
    rows.setdefault("AppSlugBindings", [{"userSlug": u, "appSlug": a} for u, a in sorted(bound)])
    contexts = {row["contextId"] for row in rows.get("ChatSections", [])}
    rows.setdefault("ChatContexts", [{"contextId": c, "userId": "user-a"} for c in sorted(contexts)])
    return rows


@pytest.mark.parametrize(("file", "scenario"), SCENARIOS, ids=[name for _, name in SCENARIOS])
async def test_rows_stay_as_they_are_and_releases_are_found(tmp_path: Path, file: str, scenario: str) -> None:
    make_file(tmp_path / "theirs.db", complete(recorded(file, scenario)))
    with closing(sqlite3.connect(tmp_path / "theirs.db")) as connection:
        connection.row_factory = sqlite3.Row
        before = {
            name: [dict(row) for row in connection.execute(f"SELECT * FROM {name} ORDER BY rowid")]
            for name in TABLES
        }
        owner = {row["userSlug"]: row["userId"] for row in before["UserSlugBindings"]}

    db = open_file(tmp_path / "theirs.db")

    after = dump(db)
    assert after["AppSlugBindings"][: len(before["AppSlugBindings"])] == before["AppSlugBindings"]
    assert {**after, "AppSlugBindings": None} == {**before, "AppSlugBindings": None}
    for row in before["Apps"]:
        found = db.points.get(
            find_release, AppSlug(row["appSlug"]), UserSlug(row["userSlug"]), FsId(row["fsId"])
        )
        if row["userId"] != owner[row["userSlug"]]:
            assert found is None
            continue
        assert found is not None
        assert (found.release_seq, found.mode, found.env_json) == (row["releaseSeq"], row["mode"], row["env"])
        assert (found.file_system_json, found.extras_json) == (row["fileSystem"], None)
    for row in before["Assets"]:
        assert db.points.get(find_asset, row["assetId"]) == row["content"]
    db.close()


async def test_live_release_is_served_and_the_next_one_numbered_after_it(tmp_path: Path) -> None:
    rows = recorded("ensure-app-slug", "ensure-redeploy-clerk-user")
    make_file(tmp_path / "theirs.db", complete(rows))
    mine = [row for row in rows["Apps"] if row["userId"] == rows["Apps"][0]["userId"]]
    app, owner = AppSlug(mine[0]["appSlug"]), UserSlug(mine[0]["userSlug"])
    user = UserId(mine[0]["userId"])
    live = max(
        (row for row in mine if row["mode"] == "production" and row["appSlug"] == app),
        key=lambda row: row["releaseSeq"],
    )
    highest = max(row["releaseSeq"] for row in mine if row["appSlug"] == app)
    db = open_file(tmp_path / "theirs.db")

    shown = db.points.get(find_latest, app, owner)
    assert shown is not None
    assert (shown.fs_id, shown.release_seq) == (live["fsId"], live["releaseSeq"])
    assert shown in db.points.get(list_latest, 10)

    saved = await db.write(
        save_release, release("zNew", "production", user=user, owner=owner, app=app), limit=50
    )

    assert saved.release.release_seq == highest + 1
    assert db.points.get(find_latest, app, owner) == saved.release
    db.close()


async def test_app_slug_under_a_second_user_slug_no_longer_clashes(tmp_path: Path) -> None:
    """There the key of Apps has no user slug, so such a deploy failed."""
    rows = recorded("ensure-app-slug", "ensure-given-slugs")
    make_file(tmp_path / "theirs.db", complete(rows))
    theirs = rows["Apps"][0]
    db = open_file(tmp_path / "theirs.db")
    user, app = UserId(theirs["userId"]), AppSlug(theirs["appSlug"])

    second = await db.write(
        bind_user_slug, user, UserSlug("second"), limit=10, attempts=0, words=lambda: "unused"
    )
    await db.write(bind_app_slug, user, second, app, limit=10, attempts=0, words=lambda: "unused")
    saved = await db.write(
        save_release, release(theirs["fsId"], "production", user=user, owner="second", app=app), limit=50
    )

    assert saved.release.release_seq == 1
    first = db.points.get(find_release, app, UserSlug(theirs["userSlug"]), FsId(theirs["fsId"]))
    assert first is not None
    assert first.file_system_json == json.dumps(theirs["fileSystem"])
    db.close()


async def test_release_without_binding_gets_one_of_its_owner(tmp_path: Path) -> None:
    """Those under somebody else's user slug get none: they would count against the owner's limit."""
    app = {"releaseSeq": 3, "env": {}, "fileSystem": [], "mode": "production"}
    make_file(
        tmp_path / "theirs.db",
        {
            "UserSlugBindings": [{"userSlug": "ada", "userId": "ada-id"}],
            "Apps": [
                {"appSlug": "todo", "userSlug": "ada", "userId": "ada-id", "fsId": "z1", **app},
                {"appSlug": "spam", "userSlug": "ada", "userId": "bob-id", "fsId": "z2", **app},
                {"appSlug": "lost", "userSlug": "nobody", "userId": "bob-id", "fsId": "z3", **app},
            ],
        },
    )

    db = open_file(tmp_path / "theirs.db")

    bindings = db.points.get(
        lambda tx: tx.execute("SELECT userSlug, appSlug, lastReleaseSeq FROM AppSlugBindings")
    )
    assert bindings == [("ada", "todo", 3)]
    assert db.points.get(find_latest, AppSlug("todo"), UserSlug("ada")) is not None
    assert db.points.get(find_latest, AppSlug("spam"), UserSlug("ada")) is None
    with pytest.raises(SlugTaken):
        await db.write(
            bind_user_slug, UserId("bob-id"), UserSlug("ada"), limit=9, attempts=0, words=lambda: "unused"
        )
    db.close()


async def test_apps_of_one_name_are_numbered_apart(tmp_path: Path) -> None:
    app = {"appSlug": "todo", "fsId": "z1", "env": {}, "fileSystem": [], "mode": "production"}
    make_file(
        tmp_path / "theirs.db",
        complete(
            {
                "Apps": [
                    {"userSlug": "ada", "userId": "ada-id", "releaseSeq": 2, **app},
                    {"userSlug": "bob", "userId": "bob-id", "releaseSeq": 7, **app},
                ]
            }
        ),
    )
    db = open_file(tmp_path / "theirs.db")

    adas = await db.write(save_release, release("z2"), limit=50)
    bobs = await db.write(save_release, release("z2", user=UserId("bob-id"), owner="bob"), limit=50)

    assert (adas.release.release_seq, bobs.release.release_seq) == (3, 8)
    db.close()


async def test_section_after_a_gap_comes_last(tmp_path: Path) -> None:
    sections = [{"contextId": "c", "seq": seq, "origin": "user", "blocks": []} for seq in (0, 2)]
    make_file(tmp_path / "theirs.db", complete({"ChatSections": sections}))
    db = open_file(tmp_path / "theirs.db")

    assert await db.submit_item(append_sections, NewSection(UserId("user-a"), "c", "user", "[]")).wait() == 3
    db.close()


async def test_chats_go_on_where_they_were(tmp_path: Path) -> None:
    rows = recorded("chat", "chat-append")
    user = UserId(rows["ChatContexts"][0]["userId"])
    context = rows["ChatContexts"][0]["contextId"]
    for row in rows["ChatSections"]:
        row["contextId"] = context
    make_file(tmp_path / "theirs.db", rows)
    db = open_file(tmp_path / "theirs.db")

    assert await db.write(ensure_context, user, context, lambda: "unused") == context
    seq = await db.submit_item(append_sections, NewSection(user, context, "user", "[]")).wait()

    assert seq == len(rows["ChatSections"])
    sections = db.points.get(list_sections, user, context, limit=100)
    assert [section.seq for section in sections] == list(range(seq + 1))
    assert [json.loads(section.blocks_json) for section in sections] == [
        *(row["blocks"] for row in rows["ChatSections"]),
        [],
    ]
    with pytest.raises(NotOwner):
        await db.submit_item(
            append_sections, NewSection(UserId("someone-else"), context, "user", "[]")
        ).wait()
    db.close()


async def test_sweep_keeps_every_asset_that_the_reference_serves(tmp_path: Path) -> None:
    rows = recorded("ensure-app-slug", "ensure-defaults")
    served = {
        cid
        for row in rows["Apps"]
        for item in row["fileSystem"]
        for cid in (item["assetId"], item.get("transform", {}).get("transformedAssetId"))
        if cid
    }
    rows["Assets"] = [{"assetId": cid, "size": 3} for cid in sorted(served)] + [
        {"assetId": "zLeft", "size": 3}
    ]
    make_file(tmp_path / "theirs.db", complete(rows))
    db = open_file(tmp_path / "theirs.db")

    idle = await db.read(lambda tx: list_garbage(tx, older_than=tx.now, at_most=99, max_bytes=10**9))
    await db.write(remove_garbage, idle)
    assert len(idle) == 1
    assert all(db.points.get(find_asset, cid) is not None for cid in served)
    db.close()
