"""What is done by time comes at its interval, and ends nothing, whatever becomes of it."""

from dataclasses import replace

import pytest
import trio
from fakes import make_app

from vibes_trio.background.periodic import Periodic, every, periodic_work, repeat, run_all
from vibes_trio.config import Limits
from vibes_trio.counts import Cells
from vibes_trio.errors import Overloaded
from vibes_trio.jobs import RetryBuilds, Sweep


class Runs:
    """Notes when it is run; each run does the next of *acts*, then nothing."""

    def __init__(self, *acts):
        self.times = []
        self._acts = list(acts)

    async def __call__(self):
        self.times.append(trio.current_time())
        if self._acts:
            await self._acts.pop(0)()


async def take_for_ever():
    await trio.sleep_forever()


async def refuse():
    raise Overloaded("the disk is away")


async def break_down():
    raise ZeroDivisionError("a bug")


def work(run, **changes) -> Periodic:
    return replace(every("tea", 60.0, run, Limits(periodic_jitter=0.0, periodic_deadline_s=20.0)), **changes)


async def run_for(seconds: float, periodic: Periodic) -> dict[str, int]:
    """Repeat it for so long; return how the runs ended."""
    runs = Cells()
    with trio.move_on_after(seconds):
        await repeat(periodic, runs)
    assert {name for name, _ in runs} == {"tea"}
    return {ended: cell.value for (_, ended), cell in runs.items()}


async def test_it_runs_at_once_and_then_at_its_interval(autojump_clock):
    run, start = Runs(), trio.current_time()

    assert await run_for(150, work(run)) == {"done": 3}
    assert [time - start for time in run.times] == [0, 60, 120]


async def test_intervals_differ_by_the_jitter(autojump_clock):
    run = Runs()

    await run_for(6000, work(run, jitter=0.5))

    pauses = [after - before for before, after in zip(run.times, run.times[1:], strict=False)]
    assert all(30 <= pause <= 90 for pause in pauses)
    assert max(pauses) - min(pauses) > 10


async def test_a_run_that_takes_too_long_is_broken_off_and_told(autojump_clock, caplog):
    run = Runs(take_for_ever)

    assert await run_for(100, work(run)) == {"late": 1, "done": 1}
    assert run.times[1] - run.times[0] == 80
    assert "tea took more than 20 s" in caplog.text


@pytest.mark.parametrize(("act", "told"), [(refuse, "the disk is away"), (break_down, "a bug")])
async def test_what_fails_is_told_once_until_it_succeeds(autojump_clock, caplog, act, told):
    run = Runs(act, act, act, trio.lowlevel.checkpoint, act)

    assert await run_for(290, work(run)) == {"failed": 4, "done": 1}
    assert caplog.text.count("tea failed") == 2
    assert told in caplog.text


async def test_what_there_is_to_do_is_done_before_the_interval_is_over(autojump_clock):
    run, start = Runs(), trio.current_time()

    async def wake():
        await trio.sleep(7)

    await run_for(20, work(run, wake=wake))

    assert [time - start for time in run.times] == [0, 7, 14]


async def test_a_server_sweeps_and_tries_builds_again(autojump_clock):
    app = make_app(limits=Limits(sweep_interval_s=60))

    with trio.move_on_after(150):
        await run_all(app)

    assert [len(app.jobs.queues[kind]) for kind in (Sweep, RetryBuilds)] == [3, 3]
    assert {work.name for work in periodic_work(app)} == {
        name for name, _ in app.counts.cells("periodic_runs")
    }
