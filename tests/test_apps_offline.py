"""Apps that import npm packages, deployed and used where there is no network: the proof that a server needs none.

What they import is fetched before, by `vibes-trio modules prefetch`, into a store kept in `.build`. Then a server
that has a database of its own, but that store, and a Chromium run in a network namespace with loopback only. Where
no such namespace can be made the same runs without one: what the pages ask is looked at all the same.
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

ROOT = Path(__file__).parents[1]
STORES = ROOT / ".build" / "stores"
STORE = "VIBES_TEST_STORE"
ALONE = "VIBES_TEST_ALONE"
PREFETCH_TIMEOUT_S = 300
RUN_TIMEOUT_S = 400
WITH_PACKAGES = [app for app in all_apps() if app.packages]
NAMES = sorted({name for app in WITH_PACKAGES for name in app.packages})


def ensure_store() -> Path:
    """Return a data folder with all that the apps import, made anew when what makes it has changed.

    Versions stay as they were when it was made. Skips the calling test if it isn't there and can't be made.
    """
    folder = STORES / store_key()
    if folder.exists():
        return folder
    shutil.rmtree(STORES, ignore_errors=True)
    STORES.mkdir(parents=True)
    trio.run(require_registry, STORES)
    shutil.rmtree(STORES)
    being_filled = STORES / f"new-{os.getpid()}"
    done = subprocess.run(
        [sys.executable, "-m", "vibes_trio", "modules", "prefetch", *NAMES],
        env=os.environ
        | {"PYTHONPATH": str(ROOT), "VIBES_DATA_DIR": str(being_filled), "VIBES_MODULES": "local"},
        capture_output=True,
        text=True,
        timeout=PREFETCH_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return being_filled.rename(folder)


def store_key() -> str:
    """Return what changes with whatever decides what a store holds."""
    parts = [*NAMES, sys.platform]
    for folder in ("modules", "content", "compilers"):
        parts += [path.read_text("utf-8") for path in sorted((ROOT / "vibes_trio" / folder).rglob("*.py"))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def namespace() -> list[str]:
    """Return what to put before a command so that it has loopback only; nothing where that can't be done."""
    if shutil.which("unshare") is None:
        return []
    probe = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    loopback = 'ip link set lo up 2>/dev/null || ifconfig lo up; exec "$@"'
    return [] if probe.returncode else ["unshare", "--net", "sh", "-c", loopback, "sh"]


@pytest.mark.browser
@pytest.mark.slow
def test_apps_with_packages_render_and_work_with_no_network_but_loopback():
    find_chromium()
    require_esbuild()
    store = ensure_store()
    before = namespace()
    test = f"{__file__}::{test_apps_with_packages_from_a_filled_store.__name__}"

    done = subprocess.run(
        [*before, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-header", test],
        env=os.environ | {STORE: str(store), ALONE: "yes" if before else ""},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=RUN_TIMEOUT_S,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


@pytest.mark.browser
@pytest.mark.skipif(STORE not in os.environ, reason="is run by the test above, without a network")
async def test_apps_with_packages_from_a_filled_store(tmp_path):
    if os.environ[ALONE]:
        with pytest.raises(OSError):  # whatever it is called
            await trio.open_tcp_stream("192.0.2.1", 80)
    data = tmp_path / "data"
    data.mkdir()
    (data / "modules").symlink_to(Path(os.environ[STORE]) / "modules")
    settings = ROOM | {"VIBES_MODULES": "local", "VIBES_ESBUILD": require_esbuild()}

    async with running(data, package_version=None, **settings) as server:
        wrong = await run_apps(server, WITH_PACKAGES, tmp_path, PICTURES / "packages")

    assert not wrong, f"\n{wrong}"
