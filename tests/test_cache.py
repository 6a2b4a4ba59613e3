"""Bytes by content and releases by name."""

import pytest
import trio
import trio.testing

from vibes_trio.cache import ENTRY_BYTES, AssetCache, Flights, Kept, NameCache, Remembered


def test_the_least_recently_used_bytes_go_first():
    cache = AssetCache(max_bytes=8 * (10 + ENTRY_BYTES))
    for key in "abcdefgh":
        cache.put(key, b"0123456789")
    assert cache.get("a") is not None

    cache.put("i", b"0123456789")

    assert cache.get("b") is None
    assert cache.get("a") == b"0123456789"
    assert cache.size_bytes == 8 * (10 + ENTRY_BYTES)


def test_bytes_that_would_empty_the_cache_are_not_kept():
    cache = AssetCache(max_bytes=8 * (10 + ENTRY_BYTES))

    cache.put("big", b"x" * 11)

    assert cache.get("big") is None
    assert cache.size_bytes == 0


def test_storing_the_same_key_again_counts_once():
    cache = AssetCache(max_bytes=8 * (10 + ENTRY_BYTES))

    cache.put("a", b"12345")
    cache.put("a", b"12345")

    assert cache.size_bytes == 5 + ENTRY_BYTES


def test_a_cache_of_no_bytes_keeps_nothing():
    cache = AssetCache(max_bytes=0)

    cache.put("a", b"1")

    assert cache.get("a") is None


def test_a_dropped_group_is_forgotten_whole_and_alone():
    names = NameCache[int](10)
    names.put("app", "latest", 1)
    names.put("app", "z1", 2)
    names.put("other", "latest", 3)

    names.drop("app")

    assert names.get("app", "latest") is None
    assert names.get("app", "z1") is None
    assert names.get("other", "latest") == 3


def test_the_least_recently_used_group_makes_room():
    names = NameCache[int](2)
    names.put("a", 1, 1)
    names.put("b", 1, 1)
    assert names.get("a", 1) == 1

    names.put("c", 1, 1)

    assert names.get("b", 1) is None
    assert names.get("a", 1) == 1


def test_a_name_cache_of_no_entries_keeps_nothing_and_can_be_cleared():
    names = NameCache[int](0)
    names.put("a", 1, 1)
    assert names.get("a", 1) is None

    full = NameCache[int](2)
    full.put("a", 1, 1)
    full.put("a", 1, 2)
    assert full.get("a", 1) == 2
    full.clear()

    assert full.get("a", 1) is None


def test_heavy_values_take_the_room_of_many():
    names = NameCache[int](10)
    names.put("a", 1, 1, weight=4)
    names.put("a", 1, 2, weight=6)
    names.put("b", 1, 3, weight=4)
    assert (names.get("a", 1), names.get("b", 1)) == (2, 3)

    names.put("c", 1, 4)
    names.put("d", 1, 5, weight=11)

    assert names.get("a", 1) is None
    assert (names.get("b", 1), names.get("c", 1), names.get("d", 1)) == (3, 4, None)


def test_forgetting_makes_a_new_version():
    names = NameCache[int](2)

    versions = [names.version]
    names.drop("a")
    versions.append(names.version)
    names.clear()
    versions.append(names.version)

    assert versions == [0, 1, 2]


async def test_what_many_want_at_once_is_made_once():
    cache, made, got = AssetCache(max_bytes=10_000), [], []
    go = trio.Event()

    async def make():
        made.append(1)
        await go.wait()
        return b"made"

    async def want():
        got.append(await cache.get_or_make("a", make))

    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(want)
        await trio.testing.wait_all_tasks_blocked()
        go.set()

    assert (made, got) == ([1], [b"made"] * 5)
    assert await cache.get_or_make("a", make) == b"made"
    assert cache.get("a") == b"made"
    assert len(made) == 1


async def test_what_is_too_large_to_keep_is_given_to_all_who_waited():
    cache, made, got = AssetCache(max_bytes=0), [], []

    async def make():
        made.append(1)
        await trio.testing.wait_all_tasks_blocked()
        return b"made"

    async def want():
        got.append(await cache.get_or_make("a", make))

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(want)

    assert (made, got) == ([1], [b"made"] * 3)


async def test_when_the_one_who_makes_it_is_cancelled_or_fails_the_next_does():
    cache, made, got = AssetCache(max_bytes=10_000), [], []
    cancelled = trio.CancelScope()

    async def make():
        made.append(1)
        if len(made) == 1:
            await trio.sleep_forever()
        if len(made) == 2:
            await trio.testing.wait_all_tasks_blocked()
            raise ValueError("deliberate")
        return b"made"

    async def want():
        try:
            got.append(await cache.get_or_make("a", make))
        except ValueError as error:
            got.append(str(error).encode())

    async def want_for_a_while():
        with cancelled:
            await want()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(want_for_a_while)
        await trio.testing.wait_all_tasks_blocked()
        for _ in range(3):
            nursery.start_soon(want)
        await trio.testing.wait_all_tasks_blocked()
        cancelled.cancel()

    assert sorted(got) == [b"deliberate", b"made", b"made"]
    assert len(made) == 3


def test_how_large_one_may_be_is_said_or_an_eighth():
    eighth, said = AssetCache(8 * 1000), AssetCache(8 * 1000, 5000)
    for cache in (eighth, said):
        cache.put("a", b"x" * (5000 - ENTRY_BYTES))
        cache.put("b", b"x" * (1000 - ENTRY_BYTES))
        cache.put("c", b"x" * (5001 - ENTRY_BYTES))

    assert [key for key in "abc" if eighth.has(key)] == ["b"]
    assert [key for key in "abc" if said.has(key)] == ["a", "b"]


def test_what_was_used_last_stays_and_what_is_too_heavy_for_all_goes():
    kept = Kept(10, len)
    for name in ("four", "3ab", "2a"):
        kept.put(name, name)
    assert kept.get("four") == "four"

    kept.put("new", "new")

    assert [name in kept for name in ("four", "3ab", "2a", "new")] == [True, False, True, True]
    kept.put("huge", "x" * 11)
    assert kept.weight == 0


def test_a_value_in_place_of_another_weighs_for_itself():
    kept = Kept(10, len)

    kept.put("a", "12345")
    kept.put("a", "1")

    assert kept.weight == 1
    assert (kept.pop("a"), kept.pop("a"), kept.weight) == ("1", None, 0)


async def test_who_asks_while_it_is_made_gets_the_same():
    flights, calls, got = Flights(), [], []

    async def make():
        calls.append(1)
        await trio.testing.wait_all_tasks_blocked()
        return object()

    async def ask():
        got.append(await flights.join("a", make))

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(ask)

    assert len(calls) == 1
    assert len({id(made) for made in got}) == 1
    assert "a" not in flights


async def test_where_it_fails_the_next_who_waits_makes_it():
    flights, calls, got = Flights(), [], []

    async def make():
        calls.append(1)
        await trio.testing.wait_all_tasks_blocked()
        if len(calls) == 1:
            raise ValueError("no")
        return None

    async def ask():
        try:
            got.append(await flights.join("a", make))
        except ValueError:
            got.append("failed")

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(ask)

    assert (len(calls), sorted(map(str, got))) == (2, ["None", "None", "failed"])


async def test_what_is_remembered_is_made_once_for_a_while_and_a_failure_is_not(autojump_clock):
    made = []

    async def make():
        made.append(len(made))
        await trio.sleep(1)
        if len(made) == 1:
            raise OSError
        return made[-1]

    kept = Remembered[int](10.0)
    with pytest.raises(OSError):
        await kept.get(make)
    found = []

    async def get():
        found.append(await kept.get(make))

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(get)
    await get()
    await trio.sleep(10)
    await get()

    assert found == [1, 1, 1, 1, 2]
