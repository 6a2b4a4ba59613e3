"""Workers: one per kind, and a failing job ends none."""

import pytest
from fakes import make_app

from vibes_trio.background import worker
from vibes_trio.background.worker import run_worker
from vibes_trio.jobs import Sweep, WarmAll


@pytest.fixture
def ran(monkeypatch):
    """Jobs that were run, in order; those of kind WarmAll fail."""
    seen = []

    async def run(app, job):
        seen.append(job)
        if isinstance(job, WarmAll):
            raise ValueError("a bug in a job")

    monkeypatch.setattr(worker, "RUN", {Sweep: run, WarmAll: run})
    return seen


async def test_a_worker_runs_what_waits_and_ends_with_the_queue(ran):
    app = make_app()
    app.jobs.add(Sweep())
    app.jobs.add(Sweep())
    app.jobs.close()

    await run_worker(app, Sweep)

    assert ran == [Sweep(), Sweep()]


async def test_a_failing_job_is_logged_and_the_next_one_runs(ran, caplog):
    app = make_app()
    app.jobs.add(WarmAll())
    app.jobs.add(WarmAll())
    app.jobs.close()

    await run_worker(app, WarmAll)

    assert ran == [WarmAll(), WarmAll()]
    assert len(caplog.records) == 2
