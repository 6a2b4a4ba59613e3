import contextlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from releases import ADA, BOB, Clock, publish, release

from vibes_trio.exchange import Cid, UserId
from vibes_trio.storage import Database, Tx
from vibes_trio.storage.apps import list_live, replace_extras
from vibes_trio.storage.assets import (
    find_asset,
    has_garbage,
    list_owned_assets,
    put_asset,
    put_assets,
    sweep_assets,
)
from vibes_trio.storage.migrate import load_migrations, migrate

ONE, TWO, THREE = Cid("zOneOneOne"), Cid("zTwoTwoTwo"), Cid("zThree")


def sweep(tx: Tx, older_than: str) -> int:
    return sweep_assets(tx, older_than=older_than, at_most=10, max_bytes=1000)


def kept(tx: Tx) -> set[str]:
    return {row[0] for row in tx.execute("SELECT assetId FROM Assets")}


async def test_asset_is_kept_once_as_it_first_came(inline: Database, clock: Clock) -> None:
    await inline.write(put_asset, ONE, b"\x00first")
    clock.seconds += 60
    await inline.write(put_asset, ONE, b"other")

    assert inline.get(find_asset, ONE) == b"\x00first"
    assert inline.get(lambda tx: tx.execute("SELECT created FROM Assets")) == [("2026-01-22T06:51:35.123Z",)]


async def test_many_assets_are_kept_with_few_statements(inline: Database) -> None:
    """At each statement the thread waits for the loop: with one a file, an app of many files holds up all who write."""
    contents = {Cid(f"zMany{n}"): bytes([n % 256]) * (n % 7) for n in range(500)}
    long = {Cid(f"zLong{n}"): bytes([n]) * (200_000 * (n + 1)) for n in range(3)}
    asked: list[str] = []

    def put(tx: Tx) -> None:
        real = tx.execute
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Tx, "execute", lambda tx, sql, params: asked.append(sql) or real(sql, params))
            put_assets(tx, contents | long)

    await inline.write(put)

    assert len(asked) == 3
    assert {cid: inline.get(find_asset, cid) for cid in contents | long} == contents | long
    assert inline.get(lambda tx: tx.execute("SELECT DISTINCT typeof(content) FROM Assets")) == [("blob",)]


async def test_of_many_assets_those_that_are_there_stay_as_they_are(inline: Database) -> None:
    await inline.write(put_asset, ONE, b"first")

    await inline.write(put_assets, {ONE: b"other", TWO: b"new"})
    await inline.write(put_assets, {})

    assert [inline.get(find_asset, cid) for cid in (ONE, TWO)] == [b"first", b"new"]


async def test_unknown_asset_is_none(inline: Database) -> None:
    assert inline.get(find_asset, ONE) is None


async def test_empty_asset_is_an_asset(inline: Database) -> None:
    await inline.write(put_asset, ONE, b"")

    assert inline.get(find_asset, ONE) == b""


async def test_text_that_another_program_stored_is_read_as_bytes(inline: Database) -> None:
    await inline.write(lambda tx: tx.execute("INSERT INTO Assets VALUES (?, 'é', '2026')", (ONE,)))

    assert inline.get(find_asset, ONE) == "é".encode()


@pytest.mark.parametrize(
    "item",
    [
        {"fileName": "/a.png", "assetId": ONE},
        {"fileName": "/App.jsx", "assetId": TWO, "transform": {"transformedAssetId": ONE}},
        {"fileName": "/main.js", "assetId": TWO, "transform": {"importMapAssetId": ONE}},
    ],
    ids=["source", "transformed", "import map"],
)
async def test_owner_of_a_release_may_refer_to_what_it_holds(inline: Database, item: object) -> None:
    await inline.write(put_asset, ONE, b"1")
    await inline.write(publish, release("z1", files=[{"fileName": "/b", "assetId": TWO}, item]))

    assert inline.get(list_owned_assets, ADA, [ONE, THREE]) == {ONE}
    assert inline.get(list_owned_assets, BOB, [ONE, THREE]) == set()


@pytest.mark.parametrize(
    "files",
    [
        [],
        [{"fileName": ONE, "mimeType": ONE, "assetURI": ONE, "assetId": TWO}],
        [{"fileName": "/m", "assetId": TWO, "transform": {"type": "import-map", "fromAssetIds": [ONE]}}],
    ],
    ids=["no file", "members that the user chooses", "file names of an import map"],
)
async def test_knowing_a_cid_gives_no_right_to_its_bytes(inline: Database, files: object) -> None:
    await inline.write(put_asset, ONE, b"1")
    await inline.write(publish, release("z1", files=files))

    assert inline.get(list_owned_assets, ADA, [ONE]) == set()


async def test_sweep_takes_old_assets_that_no_release_refers_to(inline: Database, clock: Clock) -> None:
    for name in ("zSource", "zMade", "zMap", "zNote", "zNobodys", "zNobodys2"):
        await inline.write(put_asset, Cid(name), name.encode())
    await inline.write(
        publish,
        release(
            "z1",
            files=[
                {"assetId": "zSource", "transform": {"transformedAssetId": "zMade"}},
                {"assetId": "zMap", "mimeType": "application/importmap+json"},
            ],
            extras={"sources": {"/App.jsx": "zNote"}},
        ),
    )
    await inline.write(publish, release("z2", user=UserId("bob"), owner="bob", extras=None))
    clock.seconds += 10

    gone = await inline.write(lambda tx: sweep(tx, tx.now))

    assert gone == 2
    assert inline.get(kept) == {"zSource", "zMade", "zMap", "zNote"}


async def test_sweep_spares_what_was_put_within_the_grace(inline: Database, clock: Clock) -> None:
    await inline.write(put_asset, ONE, b"old")
    clock.seconds += 3600
    await inline.write(put_asset, TWO, b"new")
    edge = await inline.write(lambda tx: tx.now)

    assert await inline.write(lambda tx: sweep(tx, edge)) == 1
    assert inline.get(kept) == {TWO}


async def test_sweep_frees_the_assets_of_an_evicted_release(inline: Database, clock: Clock) -> None:
    await inline.write(put_asset, ONE, b"1")
    await inline.write(put_asset, TWO, b"2")
    await inline.write(publish, release("z1", files=[{"assetId": ONE}, {"assetId": TWO}]), limit=1)
    clock.seconds += 1
    await inline.write(publish, release("z2", files=[{"assetId": TWO}]), limit=1)

    assert await inline.write(lambda tx: sweep(tx, tx.now)) == 1
    assert inline.get(kept) == {TWO}


# -- uses, and what a sweep costs -----------------------------------------------------------------------------


def uses(tx: Tx) -> dict[str, int]:
    return dict(tx.execute("SELECT assetId, uses FROM AssetUses"))


async def test_uses_follow_whatever_changes_a_release(inline: Database) -> None:
    """Without one of the triggers of migration 5, a count is off: bytes are lost, or kept for ever."""
    await inline.write(put_asset, ONE, b"1")
    there = await inline.write(
        publish, release("r1", files=[{"assetId": ONE}, {"assetId": ONE, "more": {"assetId": TWO}}])
    )
    assert inline.get(uses) == {ONE: 1, TWO: 1}

    await inline.write(publish, release("r2", files=[{"assetId": ONE}], extras={"lockId": THREE}))
    assert inline.get(uses) == {ONE: 2, TWO: 1, THREE: 1}

    await inline.write(replace_extras, there, json.dumps({"lockId": THREE}), {THREE: b"3"})
    assert inline.get(uses) == {ONE: 2, TWO: 1, THREE: 2}

    await inline.write(publish, release("r1", files=[{"assetId": TWO}], extras={"roots": []}))
    assert inline.get(uses) == {ONE: 1, TWO: 1, THREE: 1}

    await inline.write(lambda tx: tx.execute("UPDATE Apps SET fileSystem = '{' WHERE fsId = 'r1'"))
    await inline.write(lambda tx: tx.execute("DELETE FROM Apps WHERE fsId = 'r2'"))
    assert inline.get(uses) == {ONE: 0, TWO: 0, THREE: 0}

    await inline.write(lambda tx: tx.execute("DELETE FROM Apps"))
    assert inline.get(uses) == {ONE: 0, TWO: 0, THREE: 0}


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


async def test_a_sweep_goes_in_steps_by_number_and_bytes(inline: Database, clock: Clock) -> None:
    for name, size in (("zA", 10), ("zB", 10), ("zC", 10), ("zD", 900), ("zE", 900), ("zF", 10)):
        await inline.write(put_asset, Cid(name), b"x" * size)
        clock.seconds += 1

    def step(tx: Tx) -> int:
        return sweep_assets(tx, older_than=tx.now, at_most=2, max_bytes=500)

    removed = [await inline.write(step) for _ in range(6)]

    assert removed == [2, 1, 1, 1, 1, 0]
    assert inline.get(kept) == set()
    assert inline.get(uses) == {}


def fill_from(releases: int, part: int) -> Callable[[Tx], None]:
    """Return a write of so many releases of 20 files each, all in use, the users a hundred."""

    def run(tx: Tx) -> None:
        for number in range(releases):
            seq = part * 1000 + number
            cids = [f"z{seq}x{file}" for file in range(20)]
            for cid in cids:
                put_asset(tx, Cid(cid), b"x")
            tx.execute(
                "INSERT INTO Apps VALUES ('todo', ?, 'ada', ?, ?, '{}', ?, 'dev', ?, NULL)",
                (f"user{seq % 100}", seq, f"r{seq}", json.dumps([{"assetId": c} for c in cids]), tx.now),
            )

    return run


def count_steps(db: Database, fn: Callable[[Tx], object]) -> int:
    """Return how many steps of SQLite's machine *fn* takes, to ten."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 10
        return 0

    with contextlib.closing(sqlite3.connect(db.path, isolation_level=None)) as connection:
        connection.set_progress_handler(count, 10)
        fn(Tx(connection, 2e9))
    return steps


async def test_a_sweep_costs_what_changed_and_not_what_is_there(inline: Database) -> None:
    """Counted in steps of SQLite's machine: with a look at every manifest, as it was, these are hundred times as many
    for ten times as much."""
    costs = []
    for releases in (50, 450):  # 1,000 and 10,000 files in all
        await inline.write(fill_from(releases, len(costs)))
        await inline.write(put_asset, Cid("zNobodys"), b"x")
        later = inline.get(lambda tx: tx.later(3600))
        look = count_steps(inline, lambda tx, later=later: has_garbage(tx, older_than=later))
        sweep_it = count_steps(
            inline,
            lambda tx, later=later: sweep_assets(tx, older_than=later, at_most=200, max_bytes=4_000_000),
        )
        costs.append((look, sweep_it))

    assert costs[1][0] <= costs[0][0] + 20
    assert costs[1][1] <= costs[0][1] + 50
    assert costs[1][1] < 1000


async def test_the_youngest_live_releases_are_found_without_passing_over_others(inline: Database) -> None:
    """Without the index on production, every dev release that is younger is read first."""
    await inline.write(publish, release("z1", "production", owner="adas"))
    costs = []
    for part, releases in enumerate((50, 450)):
        await inline.write(fill_from(releases, part))
        costs.append(count_steps(inline, lambda tx: list_live(tx, 1000)))

    assert costs[1] <= costs[0] + 20
