"""The bounded job queue."""

from vibes_trio.exchange import AppSlug, UserSlug
from vibes_trio.jobs import Jobs, Sweep, WarmRelease


async def test_a_full_queue_drops_the_job_and_counts_it():
    jobs = Jobs(max_waiting=1)

    assert jobs.add(Sweep())
    assert not jobs.add(Sweep())

    assert jobs.dropped == 1


async def test_a_full_kind_leaves_the_other_kinds_alone():
    jobs = Jobs(max_waiting=1)
    jobs.add(Sweep())

    assert jobs.add(WarmRelease(AppSlug("a"), UserSlug("bb")))


async def test_closed_jobs_end_their_readers_after_what_waits():
    jobs = Jobs(max_waiting=2)
    jobs.add(Sweep())
    jobs.close()

    seen = [job async for job in jobs.receive[Sweep]]

    assert seen == [Sweep()]
    assert not jobs.add(Sweep())
