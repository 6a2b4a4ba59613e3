"""What is compared with and what makes the load: found on this machine or fetched from the package registries.

Everything lands in `.build/`; nothing is installed into the system. What can't be had is left out, with a note.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / ".build"
PYTHON = Path(sys.executable)

FETCH_TIMEOUT_S = 900
DEBIAN_PACKAGES = ("wrk", "nginx", "libluajit-5.1-2")


@dataclass(slots=True)
class Tools:
    """Where each tool is; None: not to be had, and *notes* says why."""

    wrk: Path | None = None
    nginx: Path | None = None
    node: Path | None = None
    node_packages: Path | None = None
    esbuild: Path | None = None
    other_python: Path | None = None
    ws_load: Path | None = None
    notes: list[str] = field(default_factory=list)


def get_tools() -> Tools:
    """Find or fetch all tools."""
    BUILD.mkdir(exist_ok=True)
    tools = Tools()
    tools.ws_load = _compile_ws_load(tools)
    tools.wrk, tools.nginx = _get_from_debian(tools)
    node = shutil.which("node")
    if node is None:
        tools.notes.append("Node is missing: its sides are left out.")
    else:
        tools.node = Path(node)
        tools.node_packages = _get_node_packages(tools)
    if tools.node_packages:
        tools.esbuild = tools.node_packages.parent / "node_modules" / ".bin" / "esbuild"
    tools.other_python = _get_other_python(tools)
    tools.notes.append("PocketBase is in no package registry: that side is left out.")
    return tools


def tool_env() -> dict[str, str]:
    """Return the environment for programs unpacked from Debian's packages: they find their libraries in it."""
    libraries = ":".join(str(path) for path in (BUILD / "debian" / "usr" / "lib").glob("*-linux-gnu*"))
    return {**os.environ, "LD_LIBRARY_PATH": libraries}


def _run(tools: Tools, what: str, command: Sequence[str | Path], cwd: Path) -> bool:
    """Run *command* quietly; False, with a note that *what* is left out, if it fails."""
    try:
        done = subprocess.run(
            command, cwd=cwd, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        tools.notes.append(f"{what}: {error}.")
        return False
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        tools.notes.append(f"{what}: {command[0]} failed: {said[-1] if said else done.returncode}")
    return done.returncode == 0


def _compile_ws_load(tools: Tools) -> Path | None:
    compiler = shutil.which("cc") or shutil.which("gcc")
    source, program = HERE / "ws_load.c", BUILD / "ws_load"
    if compiler is None:
        tools.notes.append("No C compiler: rows over WebSockets are left out.")
        return None
    if program.exists() and program.stat().st_mtime > source.stat().st_mtime:
        return program
    command: list[str | Path] = [compiler, "-O2", "-Wall", "-o", program, source]
    return program if _run(tools, "rows over WebSockets are left out", command, HERE) else None


def _get_from_debian(tools: Tools) -> tuple[Path | None, Path | None]:
    """Return wrk and nginx: those of the system, else unpacked beside it, so that no service is started."""
    folder = BUILD / "debian"
    places = {"wrk": folder / "usr" / "bin" / "wrk", "nginx": folder / "usr" / "sbin" / "nginx"}
    found = {name: shutil.which(name) for name in places}
    if not all(found[name] or places[name].exists() for name in places) and shutil.which("apt-get"):
        folder.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            _run(tools, "Debian's package lists may be old", ["apt-get", "update", "-qq"], folder)
        _run(tools, "wrk, nginx", ["apt-get", "download", "-qq", *DEBIAN_PACKAGES], folder)
        for package in sorted(folder.glob("*.deb")):
            _run(tools, package.name, ["dpkg-deb", "-x", package, folder], folder)
    result: list[Path | None] = []
    for name, place in places.items():
        system = found[name]
        result.append(Path(system) if system else place if place.exists() else None)
        if result[-1] is None:
            tools.notes.append(f"{name} can't be had: what needs it is left out.")
    return result[0], result[1]


def _get_node_packages(tools: Tools) -> Path | None:
    """Return the package.json beside which ws, better-sqlite3 and esbuild are installed."""
    folder, names = BUILD / "bench-node", ("package.json", "package-lock.json")
    folder.mkdir(exist_ok=True)
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in names)).hexdigest()
    stamp = folder / "installed"
    if not stamp.exists() or stamp.read_text() != digest:
        for name in names:
            shutil.copy(HERE / name, folder / name)
        npm = shutil.which("npm") or "npm"
        what = "rows with ws, better-sqlite3 and esbuild are left out"
        if not _run(tools, what, [npm, "ci", "--no-audit", "--no-fund"], folder):
            return None
        stamp.write_text(digest)
    return folder / "package.json"


def _get_other_python(tools: Tools) -> Path | None:
    """Return the interpreter of an environment with uvicorn and matplotlib; ours must not hold them."""
    folder, wanted = BUILD / "bench-venv", HERE / "requirements.txt"
    python, stamp = folder / "bin" / "python", folder / "installed"
    if stamp.exists() and stamp.read_text() == wanted.read_text():
        return python
    venv.create(folder, clear=True, symlinks=True, with_pip=True)
    command: list[str | Path] = [python, "-m", "pip", "install", "-q", "-r", wanted]
    if not _run(tools, "uvicorn and the picture are left out", command, folder):
        return None
    stamp.write_text(wanted.read_text())
    return python
