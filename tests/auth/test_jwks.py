import json
from pathlib import Path

import pytest
import trio
import trio.testing

from vibes_trio.auth.jwks import JwksSource
from vibes_trio.auth.key_settings import read_jwks
from vibes_trio.config import Limits
from vibes_trio.errors import FetchFailed

VECTORS = json.loads((Path(__file__).parents[1] / "conformance" / "auth-vectors.json").read_text("utf-8"))
JWKS = json.dumps(VECTORS["clerk"]["jwks"]).encode()
FIRST_ONLY = json.dumps({"keys": VECTORS["clerk"]["jwks"]["keys"][:1]}).encode()
ADDRESS = "https://clerk.test.example/.well-known/jwks.json"


class Address:
    """Stands in for the JWKS address: answers after a second, with `answer`, and counts."""

    def __init__(self, answer):
        self.answer = answer
        self.fetches = 0

    async def fetch(self, address):
        assert address == ADDRESS
        self.fetches += 1
        await trio.sleep(1)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def address():
    return Address(JWKS)


@pytest.fixture
def source(address):
    return JwksSource(ADDRESS, address.fetch, Limits())


async def test_keys_are_fetched_once_in_thirty_minutes(address, source, autojump_clock):
    await source.refresh()
    assert source.keys == read_jwks(JWKS)

    await trio.sleep(1799)
    await source.refresh()
    assert address.fetches == 1

    await trio.sleep(1)
    address.answer = FIRST_ONLY
    await source.refresh()
    assert address.fetches == 2
    assert source.keys == read_jwks(FIRST_ONLY)


async def test_all_who_wait_share_one_fetch(address, source, autojump_clock):
    async with trio.open_nursery() as nursery:
        for _ in range(50):
            nursery.start_soon(source.refresh)

    assert address.fetches == 1
    assert len(source.keys) == 2


async def test_all_who_wait_share_one_failure(address, source, autojump_clock):
    address.answer = FetchFailed("down")

    async with trio.open_nursery() as nursery:
        for _ in range(50):
            nursery.start_soon(source.refresh)

    assert address.fetches == 1
    assert source.keys == ()


async def test_waiter_fetches_itself_when_the_fetching_task_is_cancelled(address, source, autojump_clock):
    async with trio.open_nursery() as nursery:
        gone = trio.CancelScope()

        async def leave_early():
            with gone:
                await source.refresh()

        nursery.start_soon(leave_early)
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(source.refresh)
        await trio.testing.wait_all_tasks_blocked()
        gone.cancel()

    assert address.fetches == 2
    assert source.keys == read_jwks(JWKS)


@pytest.mark.parametrize(
    "answer",
    [
        FetchFailed("status 404"),
        b"",
        b"<html>",
        b"[]",
        b'{"keys":[]}',
        b'{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}',
        VECTORS["clerk"]["jwks"]["keys"][0],
        JWKS + b" " * (64 * 1024),
    ],
    ids=lambda answer: repr(answer)[:40],
)
async def test_last_good_keys_stay_when_the_address_fails_and_the_failure_lasts_ten_seconds(
    address, source, autojump_clock, answer
):
    await source.refresh()
    await trio.sleep(1800)
    address.answer = json.dumps(answer).encode() if isinstance(answer, dict) else answer

    await source.refresh()
    await trio.sleep(9)
    await source.refresh()
    assert address.fetches == 2
    assert source.keys == read_jwks(JWKS)

    await trio.sleep(1)
    address.answer = FIRST_ONLY
    await source.refresh()
    assert address.fetches == 3
    assert source.keys == read_jwks(FIRST_ONLY)


async def test_unforeseen_error_is_not_swallowed(address, source, autojump_clock):
    address.answer = KeyError("a bug")

    with pytest.raises(KeyError):
        await source.refresh()


async def test_refetch_happens_once_a_minute(address, source, autojump_clock):
    await source.refresh()

    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(source.refetch)
    assert address.fetches == 2

    await trio.sleep(58)
    await source.refetch()
    assert address.fetches == 2
    await trio.sleep(2)
    await source.refetch()
    assert address.fetches == 3


async def test_refetch_waits_after_a_failure(address, source, autojump_clock):
    address.answer = FetchFailed("down")
    await source.refresh()

    await source.refetch()

    assert address.fetches == 1


async def test_refetch_counts_as_a_fetch(address, source, autojump_clock):
    await source.refresh()
    await trio.sleep(1000)
    await source.refetch()

    await trio.sleep(1000)
    await source.refresh()

    assert address.fetches == 2
