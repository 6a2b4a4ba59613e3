"""The scripts by which a fresh machine is set up: their syntax, and when they do nothing."""

import importlib.metadata
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted(
    path
    for path in [*(ROOT / "scripts").iterdir(), ROOT / ".ci" / "run"]
    if path.is_file() and path.read_bytes().startswith((b"#!/bin/sh", b"#!/usr/bin/env bash", b"# Makes"))
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_script_is_sound_shell(script: Path) -> None:
    shell = "bash" if b"env bash" in script.read_bytes().partition(b"\n")[0] else "sh"

    done = subprocess.run([shell, "-n", script], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_scripts_that_the_readme_names_can_be_run() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")

    for name in ("serve", "test", "check", "coverage"):
        assert f"scripts/{name}" in readme
        assert os.access(ROOT / "scripts" / name, os.X_OK)


class Checkout:
    """A project of a lock file, `setup.sh`, an empty environment and a `uv` that notes how it was called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls = folder / "uv-calls"
        (folder / "scripts").mkdir()
        (folder / "tests").mkdir()
        shutil.copy(ROOT / "scripts" / "setup.sh", folder / "scripts")
        shutil.copytree(ROOT / "scripts" / "setup.d", folder / "scripts" / "setup.d")
        (folder / "scripts" / "try").write_text('. "$(dirname -- "$0")/setup.sh"\nsetup_venv "$1"\n')
        (folder / "requirements.lock").write_text("one==1\n")
        (folder / "tests" / "requirements.lock").write_text("one==1\ntwo==2\n")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / ".venv"], check=True)
        (folder / "bin").mkdir()
        (folder / "bin" / "uv").write_text(f'#!/bin/sh\necho "$@" >>"{self.calls}"\n')
        (folder / "bin" / "uv").chmod(0o755)

    def set_up(self, lock: str) -> str:
        """Run `setup_venv` and return the lock file that was installed, if any."""
        self.calls.unlink(missing_ok=True)
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        subprocess.run(
            ["sh", self.folder / "scripts" / "try", lock],
            env={"PATH": path},
            check=True,
            capture_output=True,
        )
        if not self.calls.exists():
            return ""
        called = self.calls.read_text().split()
        assert "--require-hashes" in called
        return str(Path(called[-1]).relative_to(self.folder))


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_what_is_set_up_is_left_alone(checkout: Checkout) -> None:
    assert checkout.set_up("requirements.lock") == "requirements.lock"
    assert checkout.set_up("requirements.lock") == ""


def test_a_changed_lock_is_installed(checkout: Checkout) -> None:
    checkout.set_up("requirements.lock")
    (checkout.folder / "requirements.lock").write_text("one==2\n")

    assert checkout.set_up("requirements.lock") == "requirements.lock"


def test_an_environment_made_for_tests_serves_as_well_but_not_the_other_way_round(checkout: Checkout) -> None:
    checkout.set_up("requirements.lock")

    assert checkout.set_up("tests/requirements.lock") == "tests/requirements.lock"
    assert checkout.set_up("requirements.lock") == ""


def test_the_command_is_the_one_of_this_folder(checkout: Checkout) -> None:
    checkout.set_up("requirements.lock")
    (checkout.folder / "vibes_trio").mkdir()
    (checkout.folder / "vibes_trio" / "cli.py").write_text("def main():\n    print('this one')\n")

    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [checkout.folder / ".venv" / "bin" / "vibes-trio"],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "this one\n"


# -- steps that wait for something outside --------------------------------------------------------------------

WITHIN = ROOT / "scripts" / "setup.d" / "within.py"


def run_within(seconds: float, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, WITHIN, str(seconds), "the registry", *command],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("code", [0, 3])
def test_a_step_that_ends_in_time_is_as_without_a_deadline(code: int) -> None:
    done = run_within(60, "sh", "-c", f"echo out; echo err >&2; exit {code}")

    assert (done.returncode, done.stdout, done.stderr) == (code, "out\n", "err\n")


def test_a_step_that_is_not_there_is_said_so() -> None:
    done = run_within(60, "/no/such/program")

    assert done.returncode == 127
    assert "the registry" in done.stderr


def test_a_step_that_takes_too_long_is_ended_with_all_that_it_started() -> None:
    """A child of a child, that does not heed SIGTERM. It holds our pipe: were it left, we would wait for it here."""
    script = "trap '' TERM; (trap '' TERM; sleep 300) & wait; sleep 300"

    done = run_within(1, "sh", "-c", script)

    assert done.returncode == 124
    assert "the registry: more than 1 s went by" in done.stderr


def test_a_step_that_takes_long_says_what_it_waits_for() -> None:
    done = run_within(60, "sleep", "3.5")

    assert (done.returncode, done.stderr) == (0, "waiting for the registry: 3 of at most 60 s …\n")


OUTSIDE = ("npm install", "npm ci", "pip install", "-m venv", "toolchain install", "autobahn_main.py --setup")


@pytest.mark.parametrize(
    "script", ["setup.sh", "test", "serve", "check", "autobahn", "bench", "coverage", "readme"]
)
def test_every_step_that_waits_for_something_outside_has_a_deadline(script: str) -> None:
    """A step without `within` before it, on its line or on the ones that it goes on from, is found here."""
    text = (ROOT / "scripts" / script).read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]

    waiting = [line.strip() for line in lines if any(step in line for step in OUTSIDE)]

    assert [line for line in waiting if "within " not in line] == []


@pytest.mark.parametrize("lock", ["requirements.lock", "tests/requirements.lock"])
def test_a_lock_pins_packages_with_the_extras_that_others_ask_them_for(lock: str) -> None:
    """Pip before 23.3 reads `pkg==1` and `pkg[extra]>=1` as two packages and refuses the second as not pinned."""
    lines = (ROOT / lock).read_text().splitlines()
    locked = [Requirement(line.removesuffix("\\").strip()) for line in lines if "==" in line]
    pinned = [each for each in locked if not each.marker or each.marker.evaluate()]
    extras = {canonicalize_name(each.name): each.extras for each in pinned}
    for each in pinned:
        for asked in map(Requirement, importlib.metadata.requires(each.name) or ()):
            if asked.extras and (not asked.marker or asked.marker.evaluate({"extra": ""})):
                assert asked.extras <= extras[canonicalize_name(asked.name)], f"{each.name} asks for {asked}"
