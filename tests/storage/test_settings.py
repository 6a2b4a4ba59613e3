"""What users set, for themselves and for their apps."""

from releases import ADA, BOB, Clock, publish, release

from vibes_trio.exchange import AppSlug, UserSlug
from vibes_trio.storage import Database, Tx
from vibes_trio.storage.app_states import find_app
from vibes_trio.storage.feed import Change, Settings
from vibes_trio.storage.settings import AppChange, change_app, get_user_settings, put_user_settings


async def test_what_a_user_sets_replaces_what_was_set(inline: Database, clock: Clock) -> None:
    assert (await inline.read(get_user_settings, ADA)).settings_json == "[]"

    first = await inline.write(put_user_settings, ADA, "[1]")
    clock.seconds += 1
    second = await inline.write(put_user_settings, ADA, "[2]")

    assert await inline.read(get_user_settings, ADA) == second
    assert (second.settings_json, second.created) == ("[2]", first.created)
    assert second.updated > first.updated
    assert (await inline.read(get_user_settings, BOB)).created == ""


async def test_who_listens_hears_of_it(inline: Database) -> None:
    heard: list[Change] = []
    inline.feed.hear_all(heard.append)

    await inline.write(put_user_settings, ADA, "[]")

    assert heard == [Settings(ADA)]


async def test_what_is_set_of_an_app_is_found_with_it(inline: Database) -> None:
    await inline.write(publish, release("z1"))

    def change(tx: Tx) -> None:
        app = find_app(tx, AppSlug("todo"), UserSlug("ada"))
        assert app is not None
        change_app(tx, app, AppChange("To do", '{"cid":"z"}', '{"a":1}', "private"))

    await inline.write(change)

    app = await inline.get(find_app, AppSlug("todo"), UserSlug("ada"))
    assert app is not None
    assert (app.title, app.icon_json, app.settings_json) == (
        "To do",
        '{"cid":"z"}',
        '{"a":1}',
    )
