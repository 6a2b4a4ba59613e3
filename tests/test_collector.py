"""The garbage collector of a process that serves."""

import ctypes
import gc
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trio
from asking import envelope
from raw_client import post, talk

from vibes_trio.collector import THRESHOLDS, give_memory_back, settle_collector, spare_collector

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def collector_as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.enable()
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_is_alive_is_left_alone_and_rounds_are_rarer() -> None:
    settle_collector()

    assert gc.get_freeze_count() > 0
    assert gc.get_threshold()[:2] == THRESHOLDS[:2]


def test_no_round_is_made_while_modules_load_and_they_are_left_alone() -> None:
    with spare_collector():
        assert not gc.isenabled()

    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


def test_a_c_library_that_knows_no_such_thing_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())

    assert not give_memory_back()


def resident_mb(pid: int) -> int:
    (line,) = (line for line in Path(f"/proc/{pid}/status").read_text().split("\n") if "VmRSS" in line)
    return int(line.split()[1]) // 1024


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_a_server_has_no_more_memory_after_a_thousand_refusals(tmp_path: Path) -> None:
    """Without `del outcome` in `dispatch.py` it keeps hundreds of megabytes; without `give_memory_back` the largest."""
    message = envelope("", "vibes.diy.no-such", pad="x" * 1024 * 1024)
    short = envelope("", "vibes.diy.no-such", pad="x" * 50_000)
    long = envelope("", "vibes.diy.no-such", pad="x" * 15 * 1024 * 1024)
    with serving(tmp_path) as (pid, port):
        for _ in range(3):
            await talk(port, post(long))
        before = resident_mb(pid)

        for said in (post(message), post(short)):
            for _ in range(50):
                async with trio.open_nursery() as nursery:
                    for _ in range(10):
                        nursery.start_soon(talk, port, said)
        for _ in range(20):
            await talk(port, post(long))
        after = resident_mb(pid)

    assert after - before < 20


@contextmanager
def serving(data_dir: Path) -> Iterator[tuple[int, int]]:
    """Give process id and port of a server, which logs into a file: a full pipe would stop it."""
    command = [sys.executable, "-m", "vibes_trio", "serve", "--data-dir", str(data_dir), "--port", "0"]
    env = os.environ | {"VIBES_MODULES": "cdn", "VIBES_REGISTRY_URL": "none", "PYTHONPATH": str(ROOT)}
    with (
        (data_dir / "log").open("wb") as log,
        subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=log) as process,
    ):
        try:
            assert process.stdout is not None
            listening = re.search(rb"listening on http://127\.0\.0\.1:(\d+)", process.stdout.readline())
            assert listening is not None
            yield process.pid, int(listening[1])
        finally:
            process.kill()
