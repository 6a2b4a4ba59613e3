"""What a user keeps is counted exactly, whatever changes it, and as a database that was there is."""

import contextlib
import json

from releases import ADA, BOB, check_usage, put, release, save

from vibes_trio.exchange import Cid
from vibes_trio.storage import Database, Tx
from vibes_trio.storage.apps import replace_extras
from vibes_trio.storage.chats import NewSection, append_sections, ensure_context
from vibes_trio.storage.usage import Usage, get_usage

ONE, TWO = "zOneOneOne", "zTwoTwoTwo"


async def test_an_unknown_user_keeps_nothing(inline: Database) -> None:
    assert await inline.get(get_usage, ADA) == Usage()


async def test_an_asset_counts_once_a_user_and_in_full_for_each(inline: Database) -> None:
    """The rule that is fair: nobody counts for others, and nobody's going makes another's share grow."""
    await inline.write(put, "a1", {ONE: 1000})
    alone = (await inline.get(get_usage, ADA)).release_bytes
    await inline.write(put, "b1", {ONE: 1000}, user=BOB)
    await inline.write(put, "a2", {ONE: 1000, TWO: 500})

    assert (await inline.get(get_usage, BOB)).release_bytes == alone
    assert 1500 < (await inline.get(get_usage, ADA)).release_bytes < 1500 + 2 * alone - 2000 + 100
    await inline.get(check_usage)

    await inline.write(lambda tx: tx.execute("DELETE FROM Apps WHERE fsId IN ('b1', 'a2')"))
    assert (await inline.get(get_usage, ADA)).release_bytes == alone
    assert (await inline.get(get_usage, BOB)).release_bytes == 0
    assert await inline.get(lambda tx: tx.execute("SELECT assetId, userId FROM UserAssets")) == [(ONE, ADA)]


async def test_an_asset_that_comes_after_the_release_that_names_it_counts(inline: Database) -> None:
    """Else one could name it first, under a file's type for instance, and keep it for nothing."""
    await inline.write(save, release("r", files=[{"mimeType": ONE}]))
    before = (await inline.get(get_usage, ADA)).release_bytes

    await inline.write(put, "b", {ONE: 1000}, user=BOB)
    assert (await inline.get(get_usage, ADA)).release_bytes == before + 1000

    await inline.write(lambda tx: tx.execute("DELETE FROM Assets"))
    assert (await inline.get(get_usage, ADA)).release_bytes == before


async def test_notes_that_are_replaced_count_as_they_are(inline: Database) -> None:
    there = (await inline.write(put, "r", {ONE: 10})).release
    await inline.write(
        replace_extras, there, json.dumps({"lockId": TWO, "more": "é" * 50}), {Cid(TWO): b"lock"}
    )
    await inline.get(check_usage)

    await inline.write(put, "r", {TWO: 4})
    await inline.get(check_usage)


async def test_damaged_manifests_break_no_count(inline: Database) -> None:
    """What a release names is known from its deploy, whatever becomes of its manifest."""
    await inline.write(put, "r", {ONE: 10})

    await inline.write(lambda tx: tx.execute("UPDATE Apps SET fileSystem = '{', extras = NULL"))
    assert (await inline.get(get_usage, ADA)).release_bytes == len("{{}") + 10

    await inline.write(lambda tx: tx.execute("DELETE FROM Apps"))
    assert await inline.get(get_usage, ADA) == Usage()


async def test_chats_count_by_their_bytes(inline: Database) -> None:
    await inline.write(ensure_context, ADA, "one", str)
    await inline.write(ensure_context, ADA, "two", str)
    await inline.write(ensure_context, ADA, "two", str)
    for context_id, blocks in (("one", "[]"), ("one", '["é😀"]'), ("two", "[1]")):
        await inline.submit_item(append_sections, NewSection(ADA, context_id, "user", blocks)).wait()

    assert await inline.get(get_usage, ADA) == Usage(0, 2, 3, 2 + 10 + 3)
    await inline.get(check_usage)

    await inline.write(lambda tx: tx.execute("DELETE FROM ChatSections"))
    await inline.write(lambda tx: tx.execute("DELETE FROM ChatContexts"))
    assert await inline.get(get_usage, ADA) == Usage()


async def test_a_refused_transaction_counts_nothing(inline: Database) -> None:
    def fail(tx: Tx) -> None:
        put(tx, "r", {ONE: 10})
        raise ValueError("stopped")

    with contextlib.suppress(ValueError):
        await inline.write(fail)

    assert await inline.get(get_usage, ADA) == Usage()
