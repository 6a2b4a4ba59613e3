"""Errors of apps' pages, on each engine."""

from releases import Clock, publish, release

from vibes_trio.exchange import AppSlug, FsId, UserSlug
from vibes_trio.storage import Database, Tx
from vibes_trio.storage.app_states import AppState, find_app
from vibes_trio.storage.page_errors import PageError, clear_errors, count_errors, list_errors, note_error
from vibes_trio.storage.renames import rename_app


def app_of(tx: Tx, slug: str = "todo") -> AppState:
    app = find_app(tx, AppSlug(slug), UserSlug("ada"))
    assert app is not None
    return app


async def note(db: Database, key: str, fs_id: str = "z1", *, keep: int = 9) -> None:
    error = PageError(error_key=key, fs_id=FsId(fs_id), message=f"no {key}", file="App.jsx", line=3)
    await db.write(lambda tx: note_error(tx, app_of(tx), error, keep=keep))


async def test_an_error_is_kept_once_with_how_often_and_when(inline: Database, clock: Clock) -> None:
    await inline.write(publish, release("z1"))
    await note(inline, "a")
    clock.seconds += 60
    await note(inline, "a", "z2")

    (found,) = await inline.read(lambda tx: list_errors(tx, app_of(tx)))

    assert (found.count, found.fs_id, found.message, found.file, found.line) == (
        2,
        "z2",
        "no a",
        "App.jsx",
        3,
    )
    assert found.first < found.last


async def test_of_an_app_the_last_are_kept(inline: Database, clock: Clock) -> None:
    await inline.write(publish, release("z1"))
    for key in ("a", "b", "a", "c", "d"):
        clock.seconds += 1
        await note(inline, key, keep=3)

    found = await inline.read(lambda tx: list_errors(tx, app_of(tx)))

    assert [one.error_key for one in found] == ["d", "c", "a"]


async def test_they_follow_their_app_and_are_forgotten(inline: Database) -> None:
    await inline.write(publish, release("z1"))
    await note(inline, "a")
    await inline.write(lambda tx: rename_app(tx, app_of(tx), AppSlug("list"), max_rows=99, old_names=9))

    assert len(await inline.read(lambda tx: list_errors(tx, app_of(tx, "list")))) == 1
    assert await inline.read(lambda tx: count_errors(tx, app_of(tx, "list"))) == 1
    assert await inline.write(lambda tx: clear_errors(tx, app_of(tx, "list"))) == 1
    assert await inline.write(lambda tx: clear_errors(tx, app_of(tx, "list"))) == 0
