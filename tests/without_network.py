"""Runs a test once more where there is loopback only, so that what it shows can't have come from anywhere else."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import trio

ROOT = Path(__file__).parents[1]
ALONE = "VIBES_TEST_ALONE"
"""Set where a test runs so: not empty, if there is a network namespace in fact."""


def namespace() -> list[str]:
    """Return what to put before a command so that it has loopback only; nothing where that can't be done."""
    if shutil.which("unshare") is None:
        return []
    probe = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    loopback = 'ip link set lo up 2>/dev/null || ifconfig lo up; exec "$@"'
    return [] if probe.returncode else ["unshare", "--net", "sh", "-c", loopback, "sh"]


def run_without_network(
    file: str, test: Callable[..., object], env: Mapping[str, str], timeout_s: float
) -> None:
    """Run the one *test* of *file* with *env* besides; where there can be no namespace, without one. It has to pass."""
    before = namespace()

    done = subprocess.run(
        [
            *(*before, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-header"),
            f"{file}::{test.__name__}",
        ],
        env=os.environ | env | {ALONE: "yes" if before else ""},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


async def make_sure_that_nobody_is_there() -> None:
    """Try to reach another machine, which has to fail where there is a namespace."""
    if os.environ[ALONE]:
        with pytest.raises(OSError):  # whatever it is called
            await trio.open_tcp_stream("192.0.2.1", 80)
