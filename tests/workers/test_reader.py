"""What a reader makes of what the owner tells of, and of what its database shows that nobody told of."""

import pytest
from fakes import make_app, open_database

from vibes_trio.errors import Overloaded
from vibes_trio.storage import apps
from vibes_trio.storage.feed import EVERYTHING, Settings
from vibes_trio.storage.feed import Releases as Changed
from vibes_trio.workers.reader import Releases

GARDEN, POND = ("garden", "ada", "U"), ("pond", "ada", "U")


@pytest.fixture
def app(tmp_path):
    made = make_app(open_database(tmp_path))
    for app, user, _ in (GARDEN, POND):
        made.releases.put((app, user), None, f"release of {app}")
    yield made
    made.db.close()


def kept(app):
    return {name for name, user, _ in (GARDEN, POND) if app.releases.get((name, user), None) is not None}


async def count(app, times):
    for _ in range(times):
        await app.db.write(lambda tx: apps.count_up(tx, "releases"))


async def test_only_the_app_that_was_changed_is_forgotten(app):
    releases = Releases(app, 4)

    await releases.take([Changed(5, (GARDEN,))])

    assert (kept(app), releases.version) == ({"pond"}, 5)


async def test_a_change_that_was_seen_already_is_nothing_new(app):
    releases = Releases(app, 5)

    await releases.take([Changed(5, (GARDEN,))])

    assert kept(app) == {"garden", "pond"}


async def test_what_is_no_step_of_the_counter_is_forgotten_all_the_same(app):
    releases = Releases(app, 5)

    await releases.take([Changed(0, (POND,)), Settings("U")])

    assert (kept(app), releases.version) == ({"garden"}, 5)


async def test_where_another_program_changed_something_in_between_all_is_forgotten(app):
    await count(app, 7)
    heard = []
    app.db.feed.hear_all(heard.append)
    releases = Releases(app, 5)

    await releases.take([Changed(7, (GARDEN,))])

    assert (kept(app), releases.version, heard) == (set(), 7, [EVERYTHING])


async def test_where_that_cannot_be_seen_all_is_forgotten_too(app, monkeypatch):
    async def refuse(*args):
        raise Overloaded("The database is in use.")

    monkeypatch.setattr(type(app.db), "get", refuse)
    releases = Releases(app, 5)

    await releases.take([Changed(9, (GARDEN,))])

    assert kept(app) == set()


async def test_what_nobody_told_of_is_found_by_looking(app):
    await count(app, 1)
    releases = Releases(app, 0)

    await releases.refresh()
    first = kept(app)
    app.releases.put(("garden", "ada"), None, "again")
    await releases.refresh()

    assert (first, kept(app)) == (set(), {"garden"})
