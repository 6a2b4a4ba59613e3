import pytest
from releases import ADA, BOB, Clock, publish, release

from vibes_trio.exchange import Cid, UserId
from vibes_trio.storage import Database, Tx
from vibes_trio.storage.assets import (
    find_asset,
    list_garbage,
    list_owned_assets,
    put_asset,
    put_assets,
    remove_garbage,
)

ONE, TWO, THREE = Cid("zOneOneOne"), Cid("zTwoTwoTwo"), Cid("zThree")


def sweep(tx: Tx, older_than: str) -> int:
    return sweep_assets(tx, older_than=older_than, at_most=10, max_bytes=1000)


def sweep_assets(tx: Tx, *, older_than: str, at_most: int, max_bytes: int) -> int:
    """One step of a sweep; its two halves are transactions of their own as a rule."""
    idle = list_garbage(tx, older_than=older_than, at_most=at_most, max_bytes=max_bytes)
    remove_garbage(tx, idle)
    return len(idle)


def kept(tx: Tx) -> set[str]:
    return {row[0] for row in tx.execute("SELECT assetId FROM Assets")}


async def test_asset_is_kept_once_as_it_first_came(inline: Database, clock: Clock) -> None:
    await inline.write(put_asset, ONE, b"\x00first")
    clock.seconds += 60
    await inline.write(put_asset, ONE, b"other")

    assert await inline.get(find_asset, ONE) == b"\x00first"
    assert await inline.get(lambda tx: tx.execute("SELECT created FROM Assets")) == [
        ("2026-01-22T06:51:35.123Z",)
    ]


async def test_many_assets_are_kept_with_few_statements(inline: Database) -> None:
    """At each statement the thread waits for the loop: with one a file, an app of many files holds up all who write."""
    contents = {Cid(f"zMany{n}"): bytes([n % 256]) * (n % 7) for n in range(500)}
    long = {Cid(f"zLong{n}"): bytes([n]) * (200_000 * (n + 1)) for n in range(3)}
    asked: list[str] = []

    def put(tx: Tx) -> None:
        real = tx.execute
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(tx), "execute", lambda tx, sql, params: asked.append(sql) or real(sql, params))
            put_assets(tx, contents | long)

    await inline.write(put)

    assert len(asked) == 3
    assert {cid: await inline.get(find_asset, cid) for cid in contents | long} == contents | long
    stored = await inline.get(lambda tx: tx.execute("SELECT content FROM Assets"))
    assert {type(content) for (content,) in stored} == {bytes}


async def test_of_many_assets_those_that_are_there_stay_as_they_are(inline: Database) -> None:
    await inline.write(put_asset, ONE, b"first")

    await inline.write(put_assets, {ONE: b"other", TWO: b"new"})
    await inline.write(put_assets, {})

    assert [await inline.get(find_asset, cid) for cid in (ONE, TWO)] == [b"first", b"new"]


async def test_unknown_asset_is_none(inline: Database) -> None:
    assert await inline.get(find_asset, ONE) is None


async def test_empty_asset_is_an_asset(inline: Database) -> None:
    await inline.write(put_asset, ONE, b"")

    assert await inline.get(find_asset, ONE) == b""


async def test_text_that_another_program_stored_is_read_as_bytes(inline: Database) -> None:
    await inline.write(lambda tx: tx.execute("INSERT INTO Assets VALUES (?, 'é', '2026')", (ONE,)))

    assert await inline.get(find_asset, ONE) == "é".encode()


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

    assert await inline.get(list_owned_assets, ADA, [ONE, THREE]) == {ONE}
    assert await inline.get(list_owned_assets, BOB, [ONE, THREE]) == set()


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

    assert await inline.get(list_owned_assets, ADA, [ONE]) == set()


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
    assert await inline.get(kept) == {"zSource", "zMade", "zMap", "zNote"}


async def test_sweep_spares_what_was_put_within_the_grace(inline: Database, clock: Clock) -> None:
    await inline.write(put_asset, ONE, b"old")
    clock.seconds += 3600
    await inline.write(put_asset, TWO, b"new")
    edge = await inline.write(lambda tx: tx.now)

    assert await inline.write(lambda tx: sweep(tx, edge)) == 1
    assert await inline.get(kept) == {TWO}


async def test_sweep_frees_the_assets_of_an_evicted_release(inline: Database, clock: Clock) -> None:
    await inline.write(put_asset, ONE, b"1")
    await inline.write(put_asset, TWO, b"2")
    await inline.write(publish, release("z1", files=[{"assetId": ONE}, {"assetId": TWO}]), limit=1)
    clock.seconds += 1
    await inline.write(publish, release("z2", files=[{"assetId": TWO}]), limit=1)

    assert await inline.write(lambda tx: sweep(tx, tx.now)) == 1
    assert await inline.get(kept) == {TWO}


# -- uses, and what a sweep costs -----------------------------------------------------------------------------


def uses(tx: Tx) -> dict[str, int]:
    return dict(tx.execute("SELECT assetId, uses FROM AssetUses"))


async def test_a_sweep_goes_in_steps_by_number_and_bytes(inline: Database, clock: Clock) -> None:
    for name, size in (("zA", 10), ("zB", 10), ("zC", 10), ("zD", 900), ("zE", 900), ("zF", 10)):
        await inline.write(put_asset, Cid(name), b"x" * size)
        clock.seconds += 1

    def step(tx: Tx) -> int:
        return sweep_assets(tx, older_than=tx.now, at_most=2, max_bytes=500)

    removed = [await inline.write(step) for _ in range(6)]

    assert removed == [2, 1, 1, 1, 1, 0]
    assert await inline.get(kept) == set()
    assert await inline.get(uses) == {}


async def test_a_sweep_spares_what_a_release_has_come_to_name_since_it_looked(
    inline: Database, clock: Clock
) -> None:
    await inline.write(put_asset, ONE, b"one")
    await inline.write(put_asset, TWO, b"two")
    clock.seconds += 1
    idle = await inline.get(lambda tx: list_garbage(tx, older_than=tx.now, at_most=9, max_bytes=9))
    await inline.write(publish, release("zNew", files=[{"fileName": "/b", "assetId": ONE}]))

    await inline.write(remove_garbage, idle)

    assert set(idle) == {ONE, TWO}
    assert await inline.get(kept) == {ONE}


async def test_what_is_found_idle_is_removed_with_two_statements(inline: Database, clock: Clock) -> None:
    """At each row that is read, as at each statement, the thread waits for the loop, and all who write for it."""
    for number in range(50):
        await inline.write(put_asset, Cid(f"z{number}"), b"x")
    clock.seconds += 1
    idle = await inline.get(lambda tx: list_garbage(tx, older_than=tx.now, at_most=50, max_bytes=99))
    asked: list[str] = []

    def remove(tx: Tx) -> None:
        real = tx.execute
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(tx), "execute", lambda tx, sql, params: asked.append(sql) or real(sql, params))
            remove_garbage(tx, idle)

    await inline.write(remove)

    assert len(asked) == 2
    assert await inline.get(kept) == set()
