"""What a user keeps is counted exactly, whatever changes it, and as a database that was there is."""

import contextlib
import json
import sqlite3
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from releases import ADA, BOB, put, release, save

from vibes_trio.exchange import Cid, UserId
from vibes_trio.storage import Database, Tx
from vibes_trio.storage.apps import replace_extras
from vibes_trio.storage.chats import NewSection, append_sections, ensure_context
from vibes_trio.storage.sqlite.migrate import load_migrations, migrate
from vibes_trio.storage.usage import Usage, get_usage

ONE, TWO = "zOneOneOne", "zTwoTwoTwo"


def counted_anew(tx: Tx, user_id: UserId) -> Usage:
    """The same by reading everything: the definition that the triggers have to agree with."""
    manifests = tx.execute("SELECT fileSystem, env, extras FROM Apps WHERE userId = ?", (user_id,))
    assets = dict(tx.execute("SELECT assetId, length(content) FROM Assets"))
    named = {text for row in manifests for cell in row for text in texts(json.loads(cell or "null"))}
    sections = tx.execute(
        "SELECT blocks FROM ChatSections JOIN ChatContexts USING (contextId) WHERE userId = ?", (user_id,)
    )
    return Usage(
        sum(len((cell or "").encode()) for row in manifests for cell in row)
        + sum(assets.get(text, 0) for text in named),
        tx.execute("SELECT count(*) FROM ChatContexts WHERE userId = ?", (user_id,))[0][0],
        len(sections),
        sum(len(blocks.encode()) for (blocks,) in sections),
    )


def texts(value: object) -> set[str]:
    if isinstance(value, dict | list):
        members = value.values() if isinstance(value, dict) else value
        return set().union(*map(texts, members))
    return {value} if isinstance(value, str) else set()


def check(tx: Tx) -> None:
    for user in (ADA, BOB):
        assert get_usage(tx, user) == counted_anew(tx, user)


def test_an_unknown_user_keeps_nothing(inline: Database) -> None:
    assert inline.get(get_usage, ADA) == Usage()


async def test_an_asset_counts_once_a_user_and_in_full_for_each(inline: Database) -> None:
    """The rule that is fair: nobody counts for others, and nobody's going makes another's share grow."""
    await inline.write(put, "a1", {ONE: 1000})
    alone = inline.get(get_usage, ADA).release_bytes
    await inline.write(put, "b1", {ONE: 1000}, user=BOB)
    await inline.write(put, "a2", {ONE: 1000, TWO: 500})

    assert inline.get(get_usage, BOB).release_bytes == alone
    assert 1500 < inline.get(get_usage, ADA).release_bytes < 1500 + 2 * alone - 2000 + 100
    inline.get(check)

    await inline.write(lambda tx: tx.execute("DELETE FROM Apps WHERE fsId IN ('b1', 'a2')"))
    assert inline.get(get_usage, ADA).release_bytes == alone
    assert inline.get(get_usage, BOB).release_bytes == 0
    assert inline.get(lambda tx: tx.execute("SELECT assetId, userId FROM UserAssets")) == [(ONE, ADA)]


async def test_an_asset_that_comes_after_the_release_that_names_it_counts(inline: Database) -> None:
    """Else one could name it first, under a file's type for instance, and keep it for nothing."""
    await inline.write(save, release("r", files=[{"mimeType": ONE}]))
    before = inline.get(get_usage, ADA).release_bytes

    await inline.write(put, "b", {ONE: 1000}, user=BOB)
    assert inline.get(get_usage, ADA).release_bytes == before + 1000

    await inline.write(lambda tx: tx.execute("DELETE FROM Assets"))
    assert inline.get(get_usage, ADA).release_bytes == before


async def test_notes_that_are_replaced_count_as_they_are(inline: Database) -> None:
    there = (await inline.write(put, "r", {ONE: 10})).release
    await inline.write(
        replace_extras, there, json.dumps({"lockId": TWO, "more": "é" * 50}), {Cid(TWO): b"lock"}
    )
    inline.get(check)

    await inline.write(put, "r", {TWO: 4})
    inline.get(check)


async def test_damaged_manifests_break_no_count(inline: Database) -> None:
    await inline.write(put, "r", {ONE: 10})

    await inline.write(lambda tx: tx.execute("UPDATE Apps SET fileSystem = '{', extras = NULL"))
    assert inline.get(get_usage, ADA).release_bytes == len("{{}")

    await inline.write(lambda tx: tx.execute("DELETE FROM Apps"))
    assert inline.get(get_usage, ADA) == Usage()


async def test_chats_count_by_their_bytes(inline: Database) -> None:
    await inline.write(ensure_context, ADA, "one", str)
    await inline.write(ensure_context, ADA, "two", str)
    await inline.write(ensure_context, ADA, "two", str)
    for context_id, blocks in (("one", "[]"), ("one", '["é😀"]'), ("two", "[1]")):
        await inline.submit_item(append_sections, NewSection(ADA, context_id, "user", blocks)).wait()

    assert inline.get(get_usage, ADA) == Usage(0, 2, 3, 2 + 10 + 3)
    inline.get(check)

    await inline.write(lambda tx: tx.execute("DELETE FROM ChatSections"))
    await inline.write(lambda tx: tx.execute("DELETE FROM ChatContexts"))
    assert inline.get(get_usage, ADA) == Usage()


async def test_a_refused_transaction_counts_nothing(inline: Database) -> None:
    def fail(tx: Tx) -> None:
        put(tx, "r", {ONE: 10})
        raise ValueError("stopped")

    with contextlib.suppress(ValueError):
        await inline.write(fail)

    assert inline.get(get_usage, ADA) == Usage()


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
        tx = Tx(connection, 0.0)
        for user, fs_id, files, goes in steps:
            if goes:
                tx.execute("DELETE FROM Apps WHERE userId = ? AND fsId = ?", (user, fs_id))
            else:
                put(tx, fs_id, files, user=user)
            check(tx)


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
        tx = Tx(connection, 0.0)

        check(tx)
        assert get_usage(tx, UserId("only chats")) == Usage(contexts=1)
        rows = tx.execute("SELECT assetId, userId, bytes, uses, owned FROM UserAssets ORDER BY 1, 2")
        tx.execute("DELETE FROM Apps")
        assert get_usage(tx, ADA).release_bytes == get_usage(tx, BOB).release_bytes == 0

    assert rows == [(ONE, ADA, 100, 2, 2), (TWO, ADA, 2, 2, 0), ("zX", BOB, 0, 1, 0)]
