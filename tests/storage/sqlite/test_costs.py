"""What statements of repositories cost: counted in steps of SQLite's machine, or read from its plans."""

import contextlib
import json
import sqlite3
from collections.abc import Callable

import pytest
from releases import ADA, publish, release

from vibes_trio.exchange import AppSlug, Cid, FsId, UserSlug
from vibes_trio.storage import Tx
from vibes_trio.storage.app_states import AppsAsked, AppState, find_app, list_apps
from vibes_trio.storage.apps import find_latest, find_release, list_live, save_release
from vibes_trio.storage.assets import list_garbage, put_asset, remove_garbage
from vibes_trio.storage.certificates import list_of_user
from vibes_trio.storage.deletions import find_expired, list_deletions
from vibes_trio.storage.handles import list_app_slugs, list_handles
from vibes_trio.storage.members import find_role, list_invites, list_memberships, list_requests
from vibes_trio.storage.release_assets import note_assets
from vibes_trio.storage.shares import find_link, list_links
from vibes_trio.storage.sqlite.engine import SqliteDatabase
from vibes_trio.storage.sqlite.tx import SqliteTx
from vibes_trio.storage.versions import find_published_seq, list_versions

TODO, ADAS = AppSlug("todo"), UserSlug("ada")


def fill_from(releases: int, part: int) -> Callable[[Tx], None]:
    """Return a write of so many releases of 20 files each, all in use, the users a hundred."""

    def run(tx: Tx) -> None:
        for number in range(releases):
            seq = part * 1000 + number
            cids = [f"z{seq}x{file}" for file in range(20)]
            for cid in cids:
                put_asset(tx, Cid(cid), b"x")
            tx.execute(
                "INSERT INTO Apps (appSlug, userId, userSlug, releaseSeq, fsId, env, fileSystem, mode, created, extras)"
                " VALUES ('todo', ?, 'ada', ?, ?, '{}', ?, 'dev', ?, NULL)",
                (
                    f"user{seq % 100}",
                    seq,
                    f"r{seq}",
                    files := json.dumps([{"assetId": c} for c in cids]),
                    tx.now,
                ),
            )
            note_assets(tx, ("todo", f"user{seq % 100}", "ada", seq), files, None)

    return run


def count_steps(db: SqliteDatabase, fn: Callable[[Tx], object]) -> int:
    """Return how many steps of SQLite's machine *fn* takes, to ten."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 10
        return 0

    with contextlib.closing(sqlite3.connect(db.path, isolation_level=None)) as connection:
        connection.set_progress_handler(count, 10)
        fn(SqliteTx(connection, 2e9))
    return steps


async def test_a_sweep_costs_what_changed_and_not_what_is_there(inline: SqliteDatabase) -> None:
    """Counted in steps of SQLite's machine: with a look at every manifest, as it was, these are hundred times as many
    for ten times as much."""
    costs = []
    for releases in (50, 450):  # 1,000 and 10,000 files in all
        await inline.write(fill_from(releases, len(costs)))
        await inline.write(put_asset, Cid("zNobodys"), b"x")
        later = await inline.get(lambda tx: tx.later(3600))
        look = count_steps(
            inline,
            lambda tx, later=later: list_garbage(tx, older_than=later, at_most=200, max_bytes=4_000_000),
        )
        sweep_it = count_steps(inline, lambda tx: remove_garbage(tx, (Cid("zNobodys"),)))
        costs.append((look, sweep_it))

    assert costs[1][0] <= costs[0][0] + 20
    assert costs[1][1] <= costs[0][1] + 50
    assert costs[1][1] < 1500


async def test_the_youngest_live_releases_are_found_without_passing_over_others(
    inline: SqliteDatabase,
) -> None:
    """Without the index on production, every dev release that is younger is read first."""
    await inline.write(publish, release("z1", "production", owner="adas"))
    costs = []
    for part, releases in enumerate((50, 450)):
        await inline.write(fill_from(releases, part))
        costs.append(count_steps(inline, lambda tx: list_live(tx, 1000)))

    assert costs[1] <= costs[0] + 20


@pytest.mark.parametrize("lookup", ["find_latest", "find_release", "save"])
async def test_lookups_go_by_an_index(inline: SqliteDatabase, lookup: str) -> None:
    """A point read runs in the event loop, so it must not grow with the table."""
    seen: list[str] = []

    class Explained(SqliteTx):
        def execute(self, sql, params=()):
            seen.extend(row[3] for row in super().execute("EXPLAIN QUERY PLAN " + sql, params))
            return super().execute(sql, params)

    def look(tx: Tx) -> None:
        explained = Explained(tx._connection, 0)
        if lookup == "find_latest":
            find_latest(explained, TODO, ADAS)
        elif lookup == "find_release":
            find_release(explained, TODO, ADAS, FsId("z1"))
        else:
            save_release(explained, release("z2", "production"), limit=1)

    await inline.write(publish, release("z1"))
    await inline.write(look)

    assert seen
    assert [step for step in seen if step.startswith("SCAN")] == []
    if lookup == "find_latest":  # not even sorted: the index has the order
        assert not any("TEMP B-TREE" in step for step in seen)


LISTS: dict[str, Callable[[Tx], object]] = {
    "recent": lambda tx: list_apps(tx, ADA, AppsAsked(order="recent", limit=100)),
    "next recent": lambda tx: list_apps(
        tx, ADA, AppsAsked(order="recent", limit=100, after=("", "2026", "a", "b"))
    ),
    "found": lambda tx: list_apps(tx, ADA, AppsAsked(order="recent", limit=100, search="x")),
    "by name": lambda tx: list_apps(tx, ADA, AppsAsked(order="name", limit=100, with_unpublished=False)),
    "versions": lambda tx: list_versions(tx, todo(tx), limit=100),
    "published": lambda tx: list_versions(tx, todo(tx), below=9, limit=100, published_only=True),
    "live": lambda tx: find_published_seq(tx, todo(tx)),
    "handles": lambda tx: list_handles(tx, ADA, limit=100),
    "slugs of a handle": lambda tx: list_app_slugs(tx, ADAS, 100),
    "deletions": lambda tx: list_deletions(tx, ADA, limit=100),
    "expired": find_expired,
    "invitations": lambda tx: list_invites(tx, todo(tx), limit=100),
    "requests": lambda tx: list_requests(tx, todo(tx), limit=100),
    "memberships": lambda tx: list_memberships(tx, ADA, limit=100),
    "role": lambda tx: find_role(tx, ADAS, TODO, ADA),
    "links": lambda tx: list_links(tx, todo(tx), limit=100),
    "link": lambda tx: find_link(tx, "hash"),
    "devices": lambda tx: list_of_user(tx, ADA, limit=100),
}
"""Every list, by what is listed: each page goes by an index that has its order."""


def todo(tx: Tx) -> AppState:
    state = find_app(tx, TODO, ADAS)
    assert state is not None
    return state


@pytest.mark.parametrize("name", LISTS)
async def test_lists_go_by_an_index_that_has_their_order(inline: SqliteDatabase, name: str) -> None:
    seen: list[str] = []

    class Explained(SqliteTx):
        def execute(self, sql, params=()):
            seen.extend(row[3] for row in super().execute("EXPLAIN QUERY PLAN " + sql, params))
            return super().execute(sql, params)

    await inline.write(publish, release("z1"))
    await inline.write(lambda tx: LISTS[name](Explained(tx._connection, 0)))

    assert seen
    assert [step for step in seen if step.startswith("SCAN") or "TEMP B-TREE" in step] == []


async def test_a_page_of_versions_costs_the_same_however_many_there_are(inline: SqliteDatabase) -> None:
    costs = []
    for part, more in enumerate((200, 2000)):
        await inline.write(publish, release(f"z{part}"))
        await inline.write(
            lambda tx, part=part, more=more: [
                tx.execute(
                    "INSERT INTO Apps (appSlug, userId, userSlug, releaseSeq, fsId, env, fileSystem, mode, created)"
                    " VALUES ('todo', ?, 'ada', ?, ?, '{}', '[]', 'dev', ?)",
                    (ADA, 10_000 * (part + 1) + number, f"r{part}-{number}", tx.now),
                )
                for number in range(more)
            ]
        )
        costs.append(count_steps(inline, LISTS["versions"]))

    assert costs[1] <= costs[0] + 20


async def test_last_section_is_found_by_index(inline: SqliteDatabase) -> None:
    plan = await inline.get(
        lambda tx: tx.execute("EXPLAIN QUERY PLAN SELECT max(seq) FROM ChatSections WHERE contextId = 'x'")
    )

    assert "ChatSections_contextId (contextId=?)" in plan[0][3]
