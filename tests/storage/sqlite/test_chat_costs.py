"""Lists and pages of chats cost what they show, however many there are: by plan, and in steps of SQLite's machine."""

from pathlib import Path

import pytest

from vibes_trio.config import Limits
from vibes_trio.exchange import AppSlug, UserId, UserSlug
from vibes_trio.storage.chat_list import ChatsAsked, Order, find_expired, list_chats
from vibes_trio.storage.chats import Page, get_end, read_sections
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.sqlite.engine import SqliteDatabase
from vibes_trio.storage.sqlite.tx import SqliteTx

ADA = UserId("ada")
GARDEN = (AppSlug("app1"), UserSlug("ada"))


@pytest.fixture
def inline(tmp_path: Path):
    db = SqliteDatabase(tmp_path / "chats.db", Limits(), now=lambda: 1.7e9, inline=True)
    db.open()
    yield db
    db.close()


def fill(tx: Tx, first: int, last: int) -> None:
    tx.execute(
        "WITH RECURSIVE n (i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
        " INSERT INTO ChatContexts (contextId, userId, created, updated, title, appSlug, userSlug, deleted)"
        " SELECT 'z' || i, 'ada', '2026-' || i, '2026-' || (i * 7 % 1000), 'title ' || (i % 10),"
        " 'app' || (i % 3), 'ada', CASE WHEN i % 5 = 0 THEN '2026-' || i ELSE '' END FROM n",
        (first, last),
    )


def fill_sections(tx: Tx, context_id: str, count: int) -> None:
    tx.execute(
        "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
        " INSERT INTO ChatSections (contextId, seq, origin, blocks, created) SELECT ?, i, 'user', '[]', '' FROM n",
        (count - 1, context_id),
    )


ASKED = [
    ChatsAsked(order=order, limit=21, after=after, handle=of and of[1], app=of and of[0], deleted=deleted)
    for order in ("recent", "created", "title")
    for after in (None, ("2026-5", "z5"))
    for of in (None, GARDEN, (None, GARDEN[1]))
    for deleted in (False, True)
    if not (of and (deleted or order != "recent"))
]


def explain(db: SqliteDatabase, look) -> list[str]:
    seen: list[str] = []

    class Explained(SqliteTx):
        def execute(self, sql, params=()):
            seen.extend(row[3] for row in super().execute("EXPLAIN QUERY PLAN " + sql, params))
            return super().execute(sql, params)

    db.points.get(lambda tx: look(Explained(tx._connection, 0)))
    return seen


def steps(db: SqliteDatabase, look) -> int:
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    def counted(tx: SqliteTx) -> None:
        tx._connection.set_progress_handler(step, 1)
        look(tx)
        tx._connection.set_progress_handler(None, 1)

    db.points.get(counted)
    return count


@pytest.mark.parametrize("asked", ASKED, ids=str)
async def test_lists_go_by_an_index_that_has_their_order(inline: SqliteDatabase, asked: ChatsAsked) -> None:
    await inline.write(fill, 1, 200)

    plan = explain(inline, lambda tx: list_chats(tx, ADA, asked))

    assert plan
    assert [step for step in plan if step.startswith("SCAN") or "TEMP B-TREE" in step] == []


@pytest.mark.parametrize("asked", ASKED, ids=str)
async def test_a_page_of_a_list_costs_the_same_however_long_it_is(
    inline: SqliteDatabase, asked: ChatsAsked
) -> None:
    costs = []
    for first, last in ((1, 500), (501, 5000)):
        await inline.write(fill, first, last)
        costs.append(steps(inline, lambda tx: list_chats(tx, ADA, asked)))

    assert costs[1] <= costs[0] + 300


@pytest.mark.parametrize(
    "page",
    [Page(10, 20, 10_000), Page(190, 20, 10_000, backward=True), Page(2**62, 20, 10_000, backward=True)],
)
async def test_a_page_of_sections_costs_the_same_however_long_the_chat_is(
    inline: SqliteDatabase, page: Page
) -> None:
    await inline.write(fill, 1, 2)
    costs = []
    for context_id, count in (("z1", 200), ("z2", 5000)):
        await inline.write(fill_sections, context_id, count)
        costs.append(steps(inline, lambda tx, at=context_id: read_sections(tx, ADA, at, page)))
    plan = explain(inline, lambda tx: read_sections(tx, ADA, "z2", page))
    plan += explain(inline, lambda tx: get_end(tx, ADA, "z2"))
    plan += explain(inline, lambda tx: find_expired(tx, "2027"))

    assert costs[1] <= costs[0] + 20
    assert [step for step in plan if step.startswith("SCAN") or "TEMP B-TREE" in step] == []


def test_each_order_is_tried() -> None:
    assert {asked.order for asked in ASKED} == set(Order.__args__)  # type: ignore[attr-defined]
