"""Our server with what a user has no switch for. Settings come from the environment.

`--full-lane` sends all HTTP through Hypercorn and Quart; `--stall FILE` writes down how late the event loop
comes round, and how much of that was its own work.
"""

import argparse
import json
import os
import time
from functools import partial
from pathlib import Path

import trio

from vibes_trio import server
from vibes_trio.collector import settle_collector
from vibes_trio.config import load_config
from vibes_trio.front.state import Front
from vibes_trio.logs.lines import setup_logs

BEAT_S = 0.005


async def beat(lateness_ms: list[float], work_ms: list[float]) -> None:
    """Note for each beat how late it comes, and for how long of the lateness this thread worked; for ever.

    The rest of the lateness is others': threads that held the interpreter, processes that had the core.
    """
    while True:
        due, worked = trio.current_time() + BEAT_S, time.thread_time()
        await trio.sleep_until(due)
        late_ms = (trio.current_time() - due) * 1000
        lateness_ms.append(late_ms)
        work_ms.append(min(late_ms, (time.thread_time() - worked) * 1000))


async def run(stall: Path | None) -> None:
    """Serve until a signal comes."""
    lateness_ms: list[float] = []
    work_ms: list[float] = []
    async with trio.open_nursery() as nursery:
        if stall is not None:
            nursery.start_soon(beat, lateness_ms, work_ms)
        # As `serve` does: else the collector walks all that the start made, for 50 to 90 ms.
        await server.serve(load_config(os.environ), announce=lambda app: settle_collector())
        nursery.cancel_scope.cancel()
    if stall is not None:
        stall.write_text(json.dumps({"late": lateness_ms, "work": work_ms}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full-lane", action="store_true")
    parser.add_argument("--stall", type=Path)
    arguments = parser.parse_args()
    if arguments.full_lane:
        vars(server)["Front"] = partial(Front, fast=False)  # no setting has it
    setup_logs("info")  # as `serve` does
    trio.run(run, arguments.stall)


main()
