"""Apps that import npm packages, deployed and used where there is no network: the proof that a server needs none.

What they import is fetched before and carried over, as the README says: `vibes-trio modules prefetch`, `export`, and
then, in a network namespace with loopback only, `import` into an empty data folder. There a server starts, the apps
are deployed, and a Chromium uses them. Where no such namespace can be made the same runs without one: what the pages
ask is looked at all the same. Pictures are kept in `.build/pictures/packages`.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import trio
from app_runs import PICTURES, ROOM, run_apps
from app_set import all_apps
from browser import find_chromium
from fake_registry import require_esbuild
from serving import running
from test_packages_in_browser import require_registry
from without_network import make_sure_that_nobody_is_there, run_without_network

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "vibes_trio"
KEPT = ROOT / ".build" / "carried"
CARRIED = "VIBES_TEST_CARRIED"
PREFETCH_TIMEOUT_S = 300
RUN_TIMEOUT_S = 400
WITH_PACKAGES = [app for app in all_apps() if app.packages]
NAMES = sorted({name for app in WITH_PACKAGES for name in app.packages})


def modules(command: str, *args: str, data_dir: Path, **settings: str) -> None:
    """Run a command of `vibes-trio modules`, and have it succeed."""
    env = os.environ | {"PYTHONPATH": str(ROOT), "VIBES_DATA_DIR": str(data_dir), "VIBES_MODULES": "local"}
    done = subprocess.run(
        [sys.executable, "-m", "vibes_trio", "modules", command, *args],
        env=env | settings,
        capture_output=True,
        text=True,
        timeout=PREFETCH_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def ensure_carried(folder: Path) -> Path:
    """Return a file with all that the apps import, made anew, in *folder*, when what makes it has changed.

    Versions stay as they were when it was made. Skips the calling test if it isn't there and can't be made.
    """
    kept = KEPT / f"{kept_key()}.modules"
    if not kept.exists():
        trio.run(require_registry, folder)
        modules("prefetch", *NAMES, data_dir=folder / "filled")
        modules("export", str(folder / "carried"), data_dir=folder / "filled")
        shutil.rmtree(KEPT, ignore_errors=True)
        KEPT.mkdir(parents=True)
        shutil.copyfile(folder / "carried", kept.with_suffix(".new"))
        kept.with_suffix(".new").rename(kept)
    return kept


def kept_key() -> str:
    """Return what changes with whatever decides what is fetched and built."""
    parts = [*NAMES, sys.platform]
    sources = [*sorted((PACKAGE / "modules").rglob("*.py")), PACKAGE / "content" / "vibes_modules.py"]
    parts += [path.read_text("utf-8") for path in sources]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def test_what_is_kept_is_made_anew_when_a_room_below_changes(tmp_path, monkeypatch):
    """Most of what decides lies in the rooms of `modules`, not beside them."""
    shutil.copytree(PACKAGE / "modules", tmp_path / "modules")
    (tmp_path / "content").mkdir()
    shutil.copy(PACKAGE / "content" / "vibes_modules.py", tmp_path / "content")
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path)
    before = kept_key()

    with (tmp_path / "modules" / "build" / "bundle.py").open("a") as file:
        file.write("# changed\n")

    assert kept_key() != before


@pytest.mark.browser
@pytest.mark.slow
def test_apps_with_packages_render_and_work_with_no_network_but_loopback(tmp_path):
    find_chromium()
    require_esbuild()
    carried = ensure_carried(tmp_path)
    run_without_network(
        __file__, test_apps_with_packages_from_a_carried_store, {CARRIED: str(carried)}, RUN_TIMEOUT_S
    )


@pytest.mark.browser
@pytest.mark.skipif(CARRIED not in os.environ, reason="is run by the test above, without a network")
async def test_apps_with_packages_from_a_carried_store(tmp_path):
    await make_sure_that_nobody_is_there()
    data = tmp_path / "data"
    settings = {"VIBES_REGISTRY_URL": "none", "VIBES_ESBUILD": require_esbuild()}
    modules("import", os.environ[CARRIED], data_dir=data, **settings)

    async with running(data, package_version=None, VIBES_MODULES="local", **ROOM, **settings) as server:
        wrong = await run_apps(server, WITH_PACKAGES, tmp_path, PICTURES / "packages")

    assert not wrong, f"\n{wrong}"
