"""What the kernel lets a program see that is kept in its folders."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fake_registry import require_tool

from vibes_trio.config import Limits
from vibes_trio.errors import ModuleFailed
from vibes_trio.modules.build import fenced
from vibes_trio.modules.build.fence import fence_of
from vibes_trio.modules.build.fenced import kept_in, landlock_version
from vibes_trio.modules.build.run import bundle_files

MARK = "a-name-that-nobody-may-see"
FLAGS = ("--bundle", "--format=esm", "--outfile=out.js")

needs_landlock = pytest.mark.skipif(not landlock_version(), reason="the kernel has no Landlock")


@pytest.fixture
def inside(tmp_path) -> Path:
    """A folder of a package; what lies outside says so wherever it is quoted, and has manifests that are broken."""
    outside = tmp_path / MARK / "sub"
    outside.mkdir(parents=True)
    for folder in (tmp_path / MARK, outside):
        (folder / "package.json").write_text(f'{{"{MARK}')
        (folder / "tsconfig.json").write_text(f'{{"extends": "./{MARK}"')
        (folder / f"{MARK}.js").write_text(f"export default '{MARK}'")
    (tmp_path / "known").mkdir()
    (tmp_path / "known" / f"{MARK}.js").write_text("1")
    folder = tmp_path / "work" / "pkg"
    folder.mkdir(parents=True)
    return folder


CLIMBING = {
    "a template": "export default (x) => import(`../../${x}`)",
    "a template with an ending": "export default (x) => import(`../../${x}.js`)",
    "an ending that nothing has": "export default (x) => import(`../../${x}.none`)",
    "a sum": "exports.f = (x) => require('../../' + x)",
    "names in pieces": "exports.f = (x) => require('..' + '/../' + x)",
    "steps up behind a step down": "export default (x) => import(`./a/../../../${x}`)",
    "letters spelt out": "export default (x) => import(`\\x2e\\u002e/../${x}.js`)",
    "a comment between": "export default (x) => import /* */ ( /* */ `../../${x}.js`)",
    "a folder with a name": "export default (x) => import(`../../known/${x}.js`)",
}


async def build(folder: Path, text: str, limits: Limits | None = None) -> str:
    """Return what is said and made of *text*."""
    (folder / "x.js").write_text(text)
    start = [str(folder / "x.js")]
    try:
        await bundle_files(require_tool(), start, FLAGS, folder, limits or Limits(), fence_of(folder))
    except ModuleFailed as error:
        return f"{error} {getattr(error, 'words', '')}"
    return (folder / "out.js").read_text()


@needs_landlock
@pytest.mark.parametrize("kind", CLIMBING)
async def test_folders_outside_are_not_walked_through(tmp_path, inside, kind):
    """Without `kept_in` the manifests there are read: pipes to which nobody writes, so it would take too long."""
    for folder in (tmp_path, tmp_path / MARK / "sub", tmp_path / "known"):
        (folder / "package.json").unlink(missing_ok=True)
        os.mkfifo(folder / "package.json")

    told = await build(inside, CLIMBING[kind], Limits(build_timeout_s=5.0))

    assert "took more than" not in told
    assert "of no package" in told or "Could not resolve" in told
    assert MARK not in told


@pytest.mark.parametrize("kind", CLIMBING)
async def test_without_the_kernel_nothing_from_outside_is_quoted_or_built_in(inside, kind, monkeypatch):
    """As on a system without Landlock: what esbuild has read outside is refused in words that say nothing of it."""
    monkeypatch.setattr("vibes_trio.modules.build.run.kept_in", lambda program, *_: program)

    told = await build(inside, CLIMBING[kind])

    assert MARK not in told


async def test_folders_inside_are_walked_through(inside):
    (inside / "sub").mkdir()
    (inside / "sub" / "a.js").write_text("export default 'from inside'")

    assert "from inside" in await build(inside, "export default (x) => import(`./sub/../sub/${x}.js`)")


async def test_nothing_found_inside_is_no_fault(inside):
    (inside / "sub").mkdir()

    assert "globImport" in await build(inside, "export default (x) => import(`./sub/${x}.js`)")


def run_kept_in(inside: Path, code: str, writable: Path) -> str:
    python = os.path.realpath(sys.executable)
    command = kept_in((python, "-I", "-S", "-c", code), str(writable), [str(inside), sys.base_prefix])
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout.strip()


@needs_landlock
def test_program_sees_its_folders_only(tmp_path, inside):
    code = """
import os
def tried(what, *of):
    try: what(*of)
    except OSError as error: return error.strerror
    return "done"
print([tried(os.listdir, path) for path in {folders!r}], tried(open, {file!r}), tried(open, {new!r}, "w"))
"""
    out = tmp_path / "out"
    out.mkdir()
    folders = [str(inside), str(tmp_path), str(tmp_path / MARK), "/"]
    file, new = str(tmp_path / MARK / "package.json"), str(inside / "new")

    told = run_kept_in(inside, code.format(folders=folders, file=file, new=new), out)

    denied = "Permission denied"
    assert told == f"{['done', denied, denied, denied]} {denied} {denied}"


def test_script_is_run_as_it_is(tmp_path):
    """Nobody knows what it needs; `run` refuses then what it says of what lies outside."""
    script = tmp_path / "tool"
    script.write_text("#!/bin/sh\necho started $1\n")
    script.chmod(0o755)
    (tmp_path / "out").mkdir()

    command = kept_in((str(script), "x"), str(tmp_path / "out"), [])

    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "started x\n"


def test_system_without_it_has_no_version(monkeypatch):
    monkeypatch.setattr(fenced.sys, "platform", "darwin")

    assert landlock_version() == 0
