"""Lists that are longer than one answer."""

from typing import Any

import msgspec

from vibes_trio.client.paging import Pages


class Page(msgspec.Struct, frozen=True):
    items: tuple[int, ...]
    next_cursor: str = ""


class Listing(msgspec.Struct, frozen=True):
    """No `Request`: that would be taken for a message that the server has."""

    cursor: str = ""


def three_pages() -> tuple[Pages[Any], list[str]]:
    """Three answers of two numbers each, and the cursors that were asked for."""
    asked: list[str] = []

    async def answer(request: Any) -> Page:
        asked.append(request.cursor)
        start = int(request.cursor or 0)
        return Page((start, start + 1), str(start + 2) if start < 4 else "")

    return Pages(answer, Listing()), asked  # type: ignore[arg-type]


async def test_a_list_is_read_to_its_end() -> None:
    pages, asked = three_pages()

    assert [item async for page in pages for item in page.items] == [0, 1, 2, 3, 4, 5]
    assert asked == ["", "2", "4"]
    assert [page async for page in pages] == []


async def test_what_is_not_wanted_is_not_asked_for() -> None:
    pages, asked = three_pages()

    async for page in pages:
        if page.items[0] == 2:
            break

    assert asked == ["", "2"]
