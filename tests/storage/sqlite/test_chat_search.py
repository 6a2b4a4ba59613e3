"""What is found, in whatever script it is written; what a snippet shows; and that a search costs what it finds."""

from pathlib import Path

import pytest

from vibes_trio.config import Limits
from vibes_trio.exchange import UserId
from vibes_trio.storage.chats import NewSection, append_sections, ensure_context
from vibes_trio.storage.interface import SearchAsked, Text
from vibes_trio.storage.sqlite.chat_search import SqliteChatSearch
from vibes_trio.storage.sqlite.engine import SqliteDatabase
from vibes_trio.storage.sqlite.tx import SqliteTx

ADA = UserId("ada")


@pytest.fixture
def db(tmp_path: Path):
    made = SqliteDatabase(tmp_path / "chats.db", Limits(), now=lambda: 1.7e9, inline=True)
    made.open()
    yield made
    made.close()


async def put(db: SqliteDatabase, *texts: str, context_id: str = "chat", user: UserId = ADA) -> None:
    await db.write(ensure_context, user, context_id, str)
    for text in texts:
        seq = await db.submit_item(append_sections, NewSection(user, context_id, "user", "[]")).wait()
        await db.write(db.chat_search.put, [Text(user, context_id, seq, text)])


async def find(db: SqliteDatabase, *words: str, user: UserId = ADA):
    return await db.read(db.chat_search.find, user, SearchAsked(words, 9))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Café au lait", ["cafe"]),
        ("a garden of roses", ["gard"]),
        ("a garden of roses", ["roses", "gar"]),
        ("今日は良い天気ですね", ["天気"]),
        ("今日は良い天気ですね", ["気"]),
        ("我喜欢红色的玫瑰", ["红色", "玫瑰"]),
        ("ฉันชอบดอกกุหลาบสีแดง", ["กุหลาบ"]),
        ("빨간 장미를 좋아해요", ["장미"]),
        ("const total = items.length;", ["items.length"]),
        ('he said "stop" twice', ['"stop"']),
        ("Übergröße 𠮷野家", ["𠮷野"]),
        ("a nul \0 between", ["between"]),
        ("a nul\0between", ["nul\0between"]),
        ("a nul", ["nul\0"]),
    ],
)
async def test_words_are_found_in_any_script(db: SqliteDatabase, text: str, words: list[str]) -> None:
    await put(db, text, "something else")

    assert [hit.seq for hit in await find(db, *words)] == [0]


@pytest.mark.parametrize(
    "words", [["ardens"], ["气天"], ["roses", "lilies"], ['"', "*"], ["owner"], ["NEAR"], ["^"]]
)
async def test_what_is_not_there_is_not_found_and_no_word_is_a_command(
    db: SqliteDatabase, words: list[str]
) -> None:
    await put(db, "a garden of roses", "天气很好")

    assert await find(db, *words) == ()


async def test_a_snippet_shows_what_was_looked_for_among_what_stands_round_it(db: SqliteDatabase) -> None:
    await put(db, "we plant \x02many\x03 red roses in the garden", "今日は良い天気ですね")

    (hit,) = await find(db, "red", "ros")
    (japanese,) = await find(db, "天気")

    assert [(part.text, part.hit) for part in hit.snippet] == [
        ("we plant many ", False),
        ("red", True),
        (" ", False),
        ("roses", True),
        (" in the garden", False),
    ]
    assert "".join(part.text for part in japanese.snippet).strip() == "今日は良い天気ですね"
    assert [part.text for part in japanese.snippet if part.hit] == ["天気"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("한국어 검색 도구", "검색"),
        ("用 Python 写的 app", "写"),
        ("a\u2003wide blank", "wide"),
        ("two\nlines", "lines"),
        ("東京", "東京"),
    ],
)
async def test_a_snippet_is_the_text_as_it_was_said(db: SqliteDatabase, text: str, word: str) -> None:
    await put(db, text)

    (hit,) = await find(db, word)

    assert "".join(part.text for part in hit.snippet) == text
    assert [part.text for part in hit.snippet if part.hit] == [word]


async def test_a_snippet_goes_on_behind_a_nul(db: SqliteDatabase) -> None:
    await put(db, "before \0 behind")

    (hit,) = await find(db, "before")

    assert [part.text.split() for part in hit.snippet] == [["before"], ["behind"]]


async def test_what_is_put_again_takes_the_place_of_what_was(db: SqliteDatabase) -> None:
    await put(db, "roses")
    await db.write(db.chat_search.put, [Text(ADA, "chat", 0, "tulips")])

    assert await find(db, "roses") == ()
    assert len(await find(db, "tulips")) == 1


async def test_a_page_of_what_is_found_goes_by_the_index_in_its_order(db: SqliteDatabase) -> None:
    plans: list[str] = []

    class Explained(SqliteTx):
        def execute(self, sql, params=()):
            plans.extend(row[3] for row in super().execute("EXPLAIN QUERY PLAN " + sql, params))
            return super().execute(sql, params)

    await put(db, "roses")
    search = SqliteChatSearch()
    db.points.get(
        lambda tx: search.find(Explained(tx._connection, 0), ADA, SearchAsked(("roses",), 9, None, "chat"))
    )

    assert not any("TEMP B-TREE" in step for step in plans)
    assert [step for step in plans if step.startswith("SCAN") and "VIRTUAL TABLE" not in step] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Übergrößen im Lager", ["UBERGRO"]),
        ("Übergrößen im Lager", ["lager", "übergröß"]),
        ("const total = items.length;", ["items.leng"]),
        ("用Python写的", ["Pytho"]),
        ("we draw roses", ["roses", "dra"]),
    ],
)
async def test_a_beginning_is_found_however_it_is_written(
    db: SqliteDatabase, text: str, words: list[str]
) -> None:
    await put(db, text, "something else")

    assert [hit.seq for hit in await find(db, *words)] == [0]


@pytest.mark.parametrize("many", [3, 40])
async def test_a_beginning_finds_all_words_that_begin_so_however_many_they_are(
    db: SqliteDatabase, many: int
) -> None:
    await put(db, *(f"prefix{chr(0x61 + n // 26)}{chr(0x61 + n % 26)}" for n in range(many)), "prefer pref")

    found = await db.read(db.chat_search.find, ADA, SearchAsked(("prefi",), 99))

    assert [hit.seq for hit in found] == list(reversed(range(many)))


@pytest.mark.parametrize("begun", ["ro", "ros", "rosa", "rosari"])
async def test_a_beginning_is_looked_for_by_an_index_or_as_words(db: SqliteDatabase, begun: str) -> None:
    """Else FTS5 puts the sections of all these words together first, which takes the longer the more there are."""
    asked: list[str] = []

    class Noted(SqliteTx):
        def execute(self, sql, params=()):
            asked.extend(str(param) for param in params if str(param).startswith("owner"))
            return super().execute(sql, params)

    await put(db, "rosaries", "rosarium", "roses")
    search = SqliteChatSearch()
    found = db.points.get(lambda tx: search.find(Noted(tx._connection, 0), ADA, SearchAsked((begun,), 9)))

    assert found
    assert ("*" in asked[-1]) == (len(begun) <= 3)


async def test_the_next_page_of_what_begins_so_goes_on(db: SqliteDatabase) -> None:
    await put(db, "rosaries", "rosarium", "roses")

    first = await db.read(db.chat_search.find, ADA, SearchAsked(("rosar",), 1))
    second = await db.read(db.chat_search.find, ADA, SearchAsked(("rosar",), 1, first[0].place))
    third = await db.read(db.chat_search.find, ADA, SearchAsked(("rosar",), 1, second[0].place))

    assert ([hit.seq for hit in first + second], third) == ([1, 0], ())


async def test_a_letter_that_is_none_to_the_index_is_no_word(db: SqliteDatabase) -> None:
    """Of an alphabet that is younger than the index's list of letters."""
    await put(db, "roses")

    assert await find(db, "\u19b0\u19b1") == ()
