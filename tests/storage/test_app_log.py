"""What happened to apps is kept with them: so much of each, for so long."""

from dataclasses import replace

from releases import publish, release

from vibes_trio.exchange import AppSlug, UserSlug
from vibes_trio.storage import Database
from vibes_trio.storage.app_log import (
    Kept,
    NewEntry,
    add_entry,
    add_to_all,
    count_entries,
    get_end,
    list_entries,
    list_from,
)
from vibes_trio.storage.feed import AppLogged, of_app_log
from vibes_trio.storage.sqlite.tx import SqliteTx

TODO = (AppSlug("todo"), UserSlug("ada"))
KEPT = Kept(entries=20, seconds=100.0, chars=10)
ENTRY = NewEntry(kind="deployed", by="U", fs_id="z1", release_seq=1, mode="dev", code="", words="a" * 50)
ALL = {"since": "", "below": 2**62, "limit": 99, "kept": KEPT}


async def add(db: Database, count: int, **of: object) -> None:
    for _ in range(count):
        await db.write(add_entry, TODO, replace(ENTRY, **of), KEPT)  # type: ignore[arg-type]


async def numbers(db: Database, **asked: object) -> list[int]:
    return [entry.number for entry in await db.read(list_entries, TODO, **(ALL | asked))]  # type: ignore[arg-type]


async def test_entries_are_numbered_and_listed_newest_first_with_what_they_tell(
    inline: Database, clock
) -> None:
    await add(inline, 3)
    clock.seconds += 10
    await add(inline, 1, kind="refused", words="short")

    assert await numbers(inline) == [4, 3, 2, 1]
    assert await numbers(inline, below=3) == [2, 1]
    assert await numbers(inline, limit=2) == [4, 3]
    newest, first = (await inline.read(list_entries, TODO, **(ALL | {"limit": 2})))[:2]
    assert (newest.kind, newest.words, first.words) == ("refused", "short", "a" * 10)
    assert await numbers(inline, since=newest.created) == [4]
    assert [e.number for e in await inline.read(list_from, TODO, 3, 9)] == [3, 4]
    assert await inline.read(get_end, TODO) == 5


async def test_the_oldest_go_while_others_are_added(inline: Database) -> None:
    await add(inline, 64)

    assert await numbers(inline) == list(range(64, 44, -1))


async def test_what_is_too_old_is_told_no_more_and_goes_but_numbers_go_on(inline: Database, clock) -> None:
    await add(inline, 15)
    clock.seconds += 200

    assert await numbers(inline) == []
    assert await inline.read(get_end, TODO) == 16
    await add(inline, 1)
    assert [e.number for e in await inline.read(list_from, TODO, 0, 99)] == [16]


async def test_what_is_added_is_told_to_who_listens(inline: Database) -> None:
    heard: list[object] = []
    inline.feed.hear_all(heard.append)

    await add(inline, 1)

    assert heard == [AppLogged(*TODO, 1)]


async def test_who_listens_to_the_log_of_an_app_hears_of_that_alone(inline: Database) -> None:
    heard: list[object] = []
    end = inline.feed.listen(of_app_log(*TODO), heard.append)
    inline.feed.listen(of_app_log(AppSlug("other"), TODO[1]), heard.append)

    await add(inline, 1)
    end()
    await add(inline, 1)

    assert heard == [AppLogged(*TODO, 1)]


async def test_entries_of_a_kind_about_a_release_are_counted(inline: Database) -> None:
    await add(inline, 2)
    await add(inline, 1, fs_id="z2")
    await add(inline, 1, kind="refused")

    assert await inline.read(count_entries, TODO, "deployed", "z1") == 2


async def test_all_apps_of_a_handle_are_noted_at_once(inline: Database) -> None:
    await inline.write(publish, release("z1", "production"))
    await add(inline, 2)

    await inline.write(add_to_all, TODO[1], replace(ENTRY, kind="deleted"), KEPT)

    newest, *_ = await inline.read(list_entries, TODO, **ALL)
    assert (newest.number, newest.kind) == (3, "deleted")


async def test_entries_follow_their_app_and_go_with_it(inline: Database) -> None:
    await inline.write(publish, release("z1", "production"))
    await add(inline, 1)

    await inline.write(lambda tx: tx.execute("UPDATE AppSlugBindings SET appSlug = 'done'"))
    assert await inline.read(get_end, (AppSlug("done"), TODO[1])) == 2
    await inline.write(lambda tx: tx.execute("DELETE FROM AppSlugBindings"))

    assert await inline.read(get_end, (AppSlug("done"), TODO[1])) == 1


async def test_an_entry_is_one_statement_and_seldom_two(inline: Database) -> None:
    """A deploy pays for it."""
    said: list[str] = []

    class Counted:
        def __init__(self, tx: SqliteTx) -> None:
            self._tx = tx

        def __getattr__(self, name: str) -> object:
            return getattr(self._tx, name)

        def execute(self, sql: str, params=()):
            said.append(sql)
            return self._tx.execute(sql, params)

    for _ in range(16):
        await inline.write(lambda tx: add_entry(Counted(tx), TODO, ENTRY, KEPT))  # type: ignore[arg-type]

    assert len(said) == 17
