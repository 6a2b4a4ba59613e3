"""Builds of releases: one at a time for each, and pauses after those that failed."""

import math

import pytest
import trio

from vibes_trio.config import Limits
from vibes_trio.modules.progress import Builds

NAME = ("garden", "ada", "z1")
OTHER = ("garden", "ada", "z2")


@pytest.fixture
def builds():
    return Builds(Limits(build_retry_s=30, build_retry_max_s=100, failed_builds=2))


async def test_a_release_has_one_build_at_a_time(builds):
    build = builds.begin(NAME, ("d3",))

    assert builds.find(NAME) is build
    assert not builds.may_begin(NAME)
    assert builds.may_begin(OTHER)

    builds.end(NAME, 0)

    assert build.finished.is_set()
    assert builds.find(NAME) is None
    assert builds.may_begin(NAME)


async def test_pauses_double_up_to_their_limit_and_end(builds, autojump_clock):
    pauses = []
    for _ in range(4):
        builds.begin(NAME, ())
        pauses.append(builds.next_pause_s(NAME))
        builds.end(NAME, pauses[-1])
        assert not builds.may_begin(NAME)
        await trio.sleep(pauses[-1])
        assert builds.may_begin(NAME)

    assert pauses == [30, 60, 100, 100]

    builds.begin(NAME, ())
    builds.end(NAME, 0)
    assert builds.next_pause_s(NAME) == 30


async def test_what_is_hopeless_waits_for_a_deploy(builds, autojump_clock):
    builds.begin(NAME, ())
    builds.end(NAME, math.inf)
    await trio.sleep(86_000)

    assert not builds.may_begin(NAME)
    builds.forgive(NAME)
    assert builds.may_begin(NAME)


async def test_failures_that_are_remembered_are_bounded(builds):
    for number in range(3):
        builds.end(("garden", "ada", f"z{number}"), 100)

    assert [builds.may_begin(("garden", "ada", f"z{number}")) for number in range(3)] == [True, False, False]
