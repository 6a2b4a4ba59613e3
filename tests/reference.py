"""The reference's own command line and client (npm `vibes-diy`, `@vibes.diy/api-impl`), unmodified, on a real server.

`VIBES_TEST_REFERENCE` names the folder that `scripts/setup.d/reference_cli.sh` makes: the packages, and `node`.
"""

import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
STAY = Path(__file__).parent / "reference_cli" / "stay.mjs"
COMMAND_TIMEOUT_S = 240
START_TIMEOUT_S = 60
_LISTENING = re.compile(r"listening on (http://127\.0\.0\.1:\d+)")
_ALREADY = re.compile(r"^Note: VIBES_DEVICE_ID is set but ignored.*\n", re.MULTILINE)
"""Said by every command but the first of a home folder: the first has stored the device there."""

PLAIN_APP = "export default function App() {\n  return <h1>Hello</h1>;\n}\n"


def find_reference() -> Path:
    """Return the folder of the reference's packages; without one the test is skipped, with what is missing."""
    named = os.environ.get("VIBES_TEST_REFERENCE")
    if not named or not os.access(Path(named) / "node", os.X_OK):
        pytest.skip(
            "the reference's command line is not here: VIBES_TEST_REFERENCE is not set (scripts/test sets it "
            "where npm can fetch it)"
        )
    return Path(named).resolve()


@dataclass(frozen=True, slots=True)
class Server:
    """A server in a process of its own. *url* has no path."""

    url: str
    data_dir: Path

    @property
    def device_id(self) -> str:
        """The first user's key file, which is what `VIBES_DEVICE_ID` takes."""
        return (self.data_dir / "devices" / "me.json").read_text()

    def run(self, *args: str) -> str:
        """Run a `vibes-trio` command on its data folder; return what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "vibes_trio", *args],
            env=_own_env(self.data_dir),
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@contextmanager
def serving(data_dir: Path, port: int = 0) -> Iterator[Server]:
    """Run `vibes-trio serve` until the end of the block, then stop it in order. Without *port* on a free one."""
    with (data_dir.parent / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "vibes_trio", "serve", "--host", "127.0.0.1", "--port", str(port)],
            env=_own_env(data_dir),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        yield Server(_read_address(process), data_dir)
        process.send_signal(signal.SIGTERM)
        assert process.wait(START_TIMEOUT_S) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _own_env(data_dir: Path) -> dict[str, str]:
    ours = {"VIBES_DATA_DIR": str(data_dir), "VIBES_MODULES": "cdn", "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    return os.environ | ours


def _read_address(process: subprocess.Popen[str]) -> str:
    for line in process.stdout:
        if match := _LISTENING.search(line):
            return match[1]
    raise AssertionError("the server ended before it listened")


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


class Program:
    """The reference's program, loaded once: that takes it longer than any command. Its code is as it is."""

    def __init__(self, reference: Path) -> None:
        main = reference / "node_modules/vibes-diy/cli/main.js"
        to_read, to_write = os.pipe()
        self._process = subprocess.Popen(
            [str(reference / "node"), str(STAY), str(main), str(to_read)],
            pass_fds=(to_read,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        os.close(to_read)
        self._commands = os.fdopen(to_write, "w")

    def run(self, args: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Done:
        """Run one command; only when it has ended the next begins."""
        self._commands.write(json.dumps({"args": args, "cwd": str(cwd), "env": env}) + "\n")
        self._commands.flush()
        # It says one line, and nothing before it is asked again.
        heard, _, _ = select.select([self._process.stdout], [], [], COMMAND_TIMEOUT_S)
        assert heard, f"{args}: no answer in {COMMAND_TIMEOUT_S} s"
        return Done(**json.loads(self._process.stdout.readline()))

    def stop(self) -> None:
        """End it."""
        self._commands.close()
        self._process.kill()
        self._process.communicate()


@dataclass(frozen=True, slots=True)
class Cli:
    """The reference's command line, as one person has it: a home folder, and one with an app's files.

    Attributes:
        program: what `run` runs commands in.
        reference: see `find_reference`.
        url: of the server; without `/api`.
        device_id: for `VIBES_DEVICE_ID`; empty: none is set.
    """

    reference: Path
    url: str
    device_id: str
    folder: Path
    program: Program | None = None

    @property
    def app(self) -> Path:
        """Where its commands run: the folder of an app."""
        return self.folder / "app"

    def env(self) -> dict[str, str]:
        """Its environment: none of ours, but where the server is and who asks."""
        device = {"VIBES_DEVICE_ID": self.device_id} if self.device_id else {}
        path = f"{self.reference}{os.pathsep}{os.environ['PATH']}"
        return {
            "PATH": path,
            "HOME": str(self.folder / "home"),
            "VIBES_API_URL": f"{self.url}/api",
            "NO_COLOR": "1",
        } | device

    def command(self, *args: str) -> list[str]:
        """Return the command line of `vibes-diy ARGS`."""
        return [
            str(self.reference / "node"),
            str(self.reference / "node_modules/vibes-diy/cli/run.js"),
            *args,
        ]

    def script(self, script: Path) -> list[str]:
        """Return the command line of a module that imports the reference's packages."""
        folder = self.folder / "script"
        if not folder.exists():
            folder.mkdir()
            (folder / "node_modules").symlink_to(self.reference / "node_modules")
        shutil.copy(script, folder / script.name)
        return [str(self.reference / "node"), str(folder / script.name)]

    def run_script(self, script: Path, **env: str) -> list[dict[str, Any]]:
        """Run such a module; return the lines of JSON that it prints."""
        done = subprocess.run(
            self.script(script),
            env=self.env() | env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def write(self, **files: str) -> None:
        """Put *files* into the app's folder; `App_jsx="…"` is App.jsx."""
        for name, text in files.items():
            (self.app / name.replace("_", ".")).write_text(text)

    def run(self, *args: str) -> Done:
        """Run `vibes-diy ARGS` in the app's folder."""
        assert self.program is not None
        done = self.program.run(args, self.app, self.env())
        return replace(done, err=_ALREADY.sub("", done.err))

    def succeed(self, *args: str) -> str:
        """Run `vibes-diy ARGS`, which has to end well; return what it prints."""
        done = self.run(*args)
        assert done.code == 0, (args, done)
        return done.out
