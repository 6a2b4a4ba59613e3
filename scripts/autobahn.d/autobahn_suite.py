"""Autobahn|Testsuite itself: found or fetched into `.build/autobahn`, and run.

It is Python 2 code (the newer package as well, whatever its metadata says), so it gets a Python 2.7 and a
folder of its own. Nothing is installed into that Python.
"""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import trio

HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements.lock"
FOLDER = HERE.parents[1] / ".build" / "autobahn"
PACKAGES, REPORTS, LOG = FOLDER / "packages", FOLDER / "reports", FOLDER / "wstest.log"
AGENT = "vibes_trio"

FETCH_TIMEOUT_S = 180
PYTHON_TIMEOUT_S = 10
RUN_TIMEOUT_S = 600


class Missing(Exception):
    """The suite can't be run here; the message says why."""


class SuiteFailed(Exception):
    """The suite itself failed, or did not end in time."""


def find_python() -> Path:
    """Return a Python 2.7: $PYTHON2, one on the path, or one that pyenv has.

    Raises:
        Missing: there is none.
    """
    names = filter(None, (os.environ.get("PYTHON2"), "python2.7", "python2"))
    found = [path for name in names if (path := shutil.which(name))]
    found += sorted(map(str, Path.home().glob(".pyenv/versions/2.7*/bin/python2.7")))
    for path in found:
        # Asked, not believed: a shim may be there and have nothing behind it.
        command = [path, "-c", "import sys; sys.exit(sys.version_info[:2] != (2, 7))"]
        with contextlib.suppress(subprocess.TimeoutExpired):
            asked = subprocess.run(command, capture_output=True, check=False, timeout=PYTHON_TIMEOUT_S)
            if asked.returncode == 0:
                return Path(path)
    raise Missing("there is no Python 2.7 (set PYTHON2 to one), and Autobahn runs on nothing newer")


def is_set_up() -> bool:
    """Return whether the suite is in its folder, as the lock file has it."""
    stamp = FOLDER / "installed"
    return stamp.exists() and stamp.read_text() == _stamp()


def set_up(python: Path) -> None:
    """Fetch the suite and what it needs from the package registry, hashes checked, unless it is there.

    Raises:
        Missing: that failed.
    """
    if is_set_up():
        return
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_PYTHON_VERSION_WARNING": "1"}
    pip: list[str | Path] = [python, "-m", "pip", "install", "-q", "--target", PACKAGES]
    command = [*pip, "--require-hashes", "--no-deps", "-r", LOCK]
    try:
        subprocess.run(
            command,
            env={**os.environ, **quiet},
            check=True,
            capture_output=True,
            text=True,
            timeout=FETCH_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired as error:
        raise Missing(f"fetching it took longer than {FETCH_TIMEOUT_S} s") from error
    except subprocess.CalledProcessError as error:
        raise Missing(f"it could not be fetched: {error.stderr.strip()[-500:]}") from error
    # A namespace package is found through a .pth file, which only works in a site folder.
    (PACKAGES / "zope" / "__init__.py").touch()
    (FOLDER / "installed").write_text(_stamp())


def _stamp() -> str:
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()


async def run(python: Path, port: int, cases: Sequence[str]) -> Path:
    """Run *cases* (patterns like `7.*`) against the echo server at *port*; return the index of the reports.

    Raises:
        SuiteFailed: there are no reports.
    """
    shutil.rmtree(REPORTS, ignore_errors=True)
    server = {"agent": AGENT, "url": f"ws://127.0.0.1:{port}", "options": {"version": 18}}
    spec = {"outdir": str(REPORTS), "servers": [server], "cases": list(cases), "exclude-cases": []}
    plan = FOLDER / "fuzzingclient.json"
    plan.write_text(json.dumps({**spec, "exclude-agent-cases": {}}))
    command: list[str | Path] = [
        python,
        "-W",
        "ignore",
        "-m",
        "autobahntestsuite.wstest",
        "-m",
        "fuzzingclient",
        "-s",
        plan,
    ]
    environment = {**os.environ, "PYTHONPATH": str(PACKAGES)}
    code: int | None = None
    with LOG.open("wb") as log, trio.move_on_after(RUN_TIMEOUT_S):
        done = await trio.run_process(
            command, env=environment, check=False, stdout=log, stderr=log, cwd=FOLDER
        )
        code = done.returncode
    index = REPORTS / "index.json"
    if code != 0 or not index.exists():
        why = f"did not end in {RUN_TIMEOUT_S} s" if code is None else f"ended with {code}"
        raise SuiteFailed(f"Autobahn {why}; {LOG} ends so:\n{LOG.read_text('utf-8', 'replace')[-2000:]}")
    return index
