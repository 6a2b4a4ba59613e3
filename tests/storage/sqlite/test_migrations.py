"""What the triggers count, and what migrations make of a database that was there."""

import contextlib
import json
import sqlite3
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from releases import ADA, BOB, Clock, check_usage, publish, put, release

from vibes_trio.config import Limits
from vibes_trio.exchange import Cid, UserId
from vibes_trio.storage import Database, Tx
from vibes_trio.storage.apps import replace_extras
from vibes_trio.storage.assets import put_asset
from vibes_trio.storage.chat_index import list_unindexed, look_through, note_looked
from vibes_trio.storage.interface import SearchAsked
from vibes_trio.storage.release_assets import find_assets
from vibes_trio.storage.sqlite.engine import SqliteDatabase
from vibes_trio.storage.sqlite.migrate import load_migrations, migrate
from vibes_trio.storage.sqlite.tx import SqliteTx
from vibes_trio.storage.usage import Usage, get_usage

ONE, TWO, THREE = Cid("zOneOneOne"), Cid("zTwoTwoTwo"), Cid("zThree")


def uses(tx: Tx) -> dict[str, int]:
    return dict(tx.execute("SELECT assetId, uses FROM AssetUses"))


async def test_uses_follow_whatever_changes_a_release(inline: Database) -> None:
    """Without one of the triggers a count is off: bytes are lost, or kept for ever."""
    await inline.write(put_asset, ONE, b"1")
    there = await inline.write(
        publish, release("r1", files=[{"assetId": ONE}, {"assetId": ONE, "more": {"assetId": TWO}}])
    )
    assert await inline.get(uses) == {ONE: 1, TWO: 1}

    await inline.write(publish, release("r2", files=[{"assetId": ONE}], extras={"lockId": THREE}))
    assert await inline.get(uses) == {ONE: 2, TWO: 1, THREE: 1}

    await inline.write(replace_extras, there, json.dumps({"lockId": THREE}), {THREE: b"3"})
    assert await inline.get(uses) == {ONE: 2, TWO: 1, THREE: 2}

    await inline.write(publish, release("r1", files=[{"assetId": TWO}], extras={"roots": []}))
    assert await inline.get(uses) == {ONE: 1, TWO: 1, THREE: 1}

    await inline.write(
        publish, release("r2", "production", files=[{"assetId": ONE}], extras={"lockId": THREE})
    )
    await inline.write(publish, release("r1", "production", files=[{"assetId": TWO}], extras={"roots": []}))
    await inline.write(lambda tx: tx.execute("UPDATE Apps SET fileSystem = '{' WHERE fsId = 'r1'"))
    await inline.write(lambda tx: tx.execute("DELETE FROM Apps WHERE fsId = 'r2'"))
    assert await inline.get(uses) == {ONE: 0, TWO: 1, THREE: 0}

    await inline.write(lambda tx: tx.execute("DELETE FROM Apps"))
    assert await inline.get(uses) == {ONE: 0, TWO: 0, THREE: 0}


async def test_uses_of_a_database_that_was_there_are_those_that_triggers_would_count(
    tmp_path: Path, clock: Clock
) -> None:
    path = tmp_path / "old.sqlite3"
    steps = load_migrations()
    manifest = json.dumps([{"assetId": ONE}, {"assetId": ONE}, {"transform": {"fromAssetIds": [TWO]}}])
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection, steps[:4])
        connection.executemany(
            "INSERT INTO Assets VALUES (?, 'x', '2026')", [(ONE,), (TWO,), (THREE,), ("zNobodys",)]
        )
        connection.executemany(
            "INSERT INTO Apps VALUES ('todo', 'ada', 'ada', ?, ?, '{}', ?, 'dev', '2026', ?)",
            [
                (1, "r1", manifest, None),
                (2, "r2", manifest, json.dumps({"lock": THREE})),
                (3, "r3", "{", "{"),
            ],
        )
        migrate(connection, steps)

        rows = connection.execute("SELECT assetId, uses, created FROM AssetUses ORDER BY 1").fetchall()

    assert rows == [("zNobodys", 0, "2026"), (ONE, 2, "2026"), (THREE, 1, "2026"), (TWO, 2, "2026")]


Step = tuple[UserId, str, dict[str, int], bool]
STEPS = st.lists(
    st.tuples(
        st.sampled_from([ADA, BOB]),
        st.sampled_from(["r1", "r2", "r3"]),
        st.dictionaries(st.sampled_from(["zA", "zB", "zC"]), st.integers(0, 40), max_size=3),
        st.booleans(),
    ),
    max_size=12,
)


@given(STEPS)
@settings(max_examples=40, deadline=None)
def test_any_order_of_deploys_and_evictions_is_counted_exactly(
    steps: list[tuple[UserId, str, dict[str, int], bool]],
) -> None:
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, load_migrations())
        tx = SqliteTx(connection, 0.0)
        for user, fs_id, files, goes in steps:
            if goes:
                tx.execute("DELETE FROM Apps WHERE userId = ? AND fsId = ?", (user, fs_id))
            else:
                put(tx, fs_id, files, user=user)
            check_usage(tx)


async def test_a_database_that_was_there_is_counted_as_triggers_would(tmp_path: Path) -> None:
    items = json.dumps([{"assetId": ONE, "mimeType": TWO}, {"assetId": ONE}, {"fileName": "/é"}])
    with contextlib.closing(sqlite3.connect(tmp_path / "old", isolation_level=None)) as connection:
        migrate(connection, load_migrations()[:5])
        connection.executemany("INSERT INTO Assets VALUES (?, ?, '2026')", [(ONE, b"x" * 100), (TWO, b"yy")])
        connection.executemany(
            "INSERT INTO Apps VALUES ('todo', ?, 'ada', ?, ?, '{}', ?, 'dev', '2026', ?)",
            [
                (ADA, 1, "r1", items, None),
                (ADA, 2, "r2", items, "{}"),
                (BOB, 1, "r3", "[]", '{"lockId":"zX"}'),
            ],
        )
        connection.execute("INSERT INTO ChatContexts VALUES ('c', ?, ''), ('d', 'only chats', '')", (ADA,))
        connection.execute("INSERT INTO ChatSections VALUES ('c', 0, 'user', '[\"é\"]', '')")
        migrate(connection, load_migrations())
        tx = SqliteTx(connection, 0.0)

        check_usage(tx)
        assert get_usage(tx, UserId("only chats")) == Usage(contexts=1)
        rows = tx.execute("SELECT assetId, userId, bytes, uses, owned FROM UserAssets ORDER BY 1, 2")
        tx.execute("DELETE FROM Apps")
        assert get_usage(tx, ADA).release_bytes == get_usage(tx, BOB).release_bytes == 0

    assert rows == [(ONE, ADA, 100, 2, 2), (TWO, ADA, 2, 2, 0), ("zX", BOB, 0, 1, 0)]


MANIFESTS = st.lists(
    st.fixed_dictionaries(
        {
            "assetId": st.sampled_from(["zA", "zB", "no", "z é"]),
            "fileName": st.sampled_from(["zA", 'x"zB', "zC"]),
        },
        optional={"transform": st.fixed_dictionaries({"transformedAssetId": st.sampled_from(["zC", "zD"])})},
    ),
    max_size=4,
)


@given(
    MANIFESTS,
    st.dictionaries(st.sampled_from(["lockId", "zE"]), st.sampled_from(["zE", "zF"])),
    st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_releases_that_were_there_name_what_a_deploy_would_note(
    items: list[dict[str, object]], extras: dict[str, str], damaged: bool
) -> None:
    file_system, notes = json.dumps(items), json.dumps(extras)
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, load_migrations()[:6])
        connection.executemany(
            "INSERT INTO Apps VALUES ('todo', 'ada', 'ada', ?, ?, '{}', ?, 'dev', '2026', ?)",
            [(1, "r1", file_system, notes), (2, "r2", "{" if damaged else "[]", None)],
        )

        migrate(connection, load_migrations())

        rows = connection.execute(
            "SELECT releaseSeq, assetId, owned FROM ReleaseAssets ORDER BY 1, 2"
        ).fetchall()
    assert rows == [(1, *named) for named in sorted(find_assets(file_system, notes).items())]


async def test_chats_that_were_looked_through_are_so_again_for_the_index_of_beginnings(
    tmp_path: Path,
) -> None:
    path = tmp_path / "chats.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection, load_migrations()[:17])
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(
            "INSERT INTO ChatContexts (contextId, userId, created, updated, indexed) VALUES ('one', 'ada', '1', '2', 1)"
        )
        connection.execute(
            "INSERT INTO ChatSections (contextId, seq, origin, blocks, created) VALUES ('one', 0, 'user', 'roses', '2')"
        )
        connection.execute("INSERT INTO ChatText (rowid, owner, words) VALUES (1 << 30, 'old', 'roses')")
    db = SqliteDatabase(path, Limits(), now=lambda: 1.7e9, inline=True)
    db.open()
    try:
        _, left = await db.read(list_unindexed, "", 9)
        looked = await db.read(look_through, "one", 9, str)
        assert looked is not None
        await db.write(note_looked, db.chat_search, looked)
        found = await db.read(db.chat_search.find, UserId("ada"), SearchAsked(("rose",), 9))
    finally:
        db.close()

    assert left == ("one",)
    assert [hit.context_id for hit in found] == ["one"]
