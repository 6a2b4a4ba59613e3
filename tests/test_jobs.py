"""The bounded job queue."""

import trio

from vibes_trio.config import Limits
from vibes_trio.exchange import AppSlug, FsId, UserSlug
from vibes_trio.jobs import BuildModules, Jobs, Sweep, WarmRelease


async def test_a_full_queue_drops_the_job_and_counts_it():
    jobs = Jobs(Limits(jobs_waiting=1))

    assert jobs.add(Sweep())
    assert not jobs.add(Sweep())

    assert jobs.dropped == 1


async def test_a_full_kind_leaves_the_other_kinds_alone():
    jobs = Jobs(Limits(jobs_waiting=1))
    jobs.add(Sweep())

    assert jobs.add(WarmRelease(AppSlug("a"), UserSlug("bb")))


async def test_closed_jobs_end_their_readers_after_what_waits():
    jobs = Jobs(Limits(jobs_waiting=2))
    jobs.add(Sweep())
    jobs.close()

    queue = jobs.queues[Sweep]
    assert await queue.take() == ("", Sweep())
    queue.done("")
    assert await queue.take() is None
    assert not jobs.add(Sweep())


def build(name: str) -> BuildModules:
    return BuildModules(AppSlug(name), UserSlug("x"), FsId("z1"))


def taken(jobs: Jobs) -> list[str]:
    """Return the apps of all builds that may run at once, in their turn."""
    queue, found = jobs.queues[BuildModules], []
    while (job := queue.take_nowait()) is not None:
        found.append(job[1].app)
    return found


async def test_users_take_turns_at_builds_and_none_takes_all_places():
    """Without turns, ada's builds go first, all of them; without a share of the places she holds each."""
    jobs = Jobs(Limits(build_jobs=4, build_jobs_for_one=2))
    for number in range(5):
        jobs.add(build(f"ada{number}"), "ada")
    jobs.add(build("bob"), "bob")
    jobs.add(build("eve"), "eve")

    assert taken(jobs) == ["ada0", "bob", "eve", "ada1"]

    jobs.queues[BuildModules].done("bob")
    assert taken(jobs) == [], "a place is free, and not for her"
    jobs.add(build("bob2"), "bob")
    jobs.queues[BuildModules].done("ada")
    assert taken(jobs) == ["ada2", "bob2"]


async def test_one_users_builds_leave_room_for_others_to_wait():
    jobs = Jobs(Limits(jobs_waiting=4, jobs_waiting_for_one=2))

    added = [jobs.add(build("a"), "ada") for _ in range(3)]

    assert added == [True, True, False]
    assert jobs.add(build("b"), "bob")


async def test_who_waits_for_a_job_gets_it_when_it_comes_and_hears_of_the_end(autojump_clock):
    jobs, seen = Jobs(Limits()), []

    async def work():
        while (job := await jobs.queues[Sweep].take()) is not None:
            seen.append(job)
            await trio.sleep(1)
            jobs.queues[Sweep].done("")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(work)
        nursery.start_soon(work)
        await trio.sleep(1)
        jobs.add(Sweep())
        jobs.add(Sweep())
        await trio.sleep(0.5)
        assert len(seen) == 1, "there is one place"
        jobs.close()

    assert len(seen) == 2


async def test_how_many_run_is_told():
    jobs = Jobs(Limits())
    queue = jobs.queues[Sweep]
    jobs.add(Sweep(), "ada")
    assert queue.running == 0

    queue.take_nowait()
    assert (queue.running, queue.take_nowait()) == (1, None)
    queue.done("ada")

    assert queue.running == 0
