"""What a newcomer does, for real: start the server, deploy the example with the command line, open it in a
Chromium that has no network but loopback, click, look.

The server and the browser run in a network namespace that has loopback only: what the page shows can't have come
from anywhere else. Where such a namespace can't be made, the same runs without one, and says so.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trio
from browser import find_chromium, launch_browser

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "vibes_trio" / "example"
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 10
LISTENING = re.compile(r"listening on (http://127\.0\.0\.1:\d+)")
ISOLATED = "VIBES_TEST_ISOLATED"


@dataclass(frozen=True, slots=True)
class Running:
    url: str
    env: dict[str, str]
    data_dir: Path


def command(*args: str) -> list[str]:
    return [sys.executable, "-m", "vibes_trio", *args]


@asynccontextmanager
async def serving(data_dir: Path, **settings: str) -> AsyncIterator[Running]:
    """A server of its own process, as `vibes-trio serve` starts it."""
    env = os.environ | {"VIBES_DATA_DIR": str(data_dir), "PYTHONPATH": str(ROOT), "NO_COLOR": "1"} | settings
    process = subprocess.Popen(
        command("serve", "--host", "127.0.0.1", "--port", "0"),
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines: list[str] = []
    try:
        with trio.fail_after(START_TIMEOUT_S):
            url = await trio.to_thread.run_sync(read_address, process, lines, abandon_on_cancel=True)
        yield Running(url, env, data_dir)
        process.send_signal(signal.SIGTERM)
        with trio.fail_after(STOP_TIMEOUT_S):
            code = await trio.to_thread.run_sync(process.wait, abandon_on_cancel=True)
        assert code == 0, "".join(lines)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def read_address(process: subprocess.Popen[str], lines: list[str]) -> str:
    for line in process.stdout:
        lines.append(line)
        if match := LISTENING.search(line):
            return match[1]
    raise AssertionError("the server ended before it listened:\n" + "".join(lines))


def deploy(running: Running, folder: Path, *args: str) -> str:
    """Deploy with the command line; returns the address that it prints."""
    done = subprocess.run(
        command("deploy", str(folder), "--url", running.url, *args),
        env=running.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (address,) = re.findall(r"http://\S+/~z\w+~/", done.stdout)
    return address


def need_esbuild() -> None:
    if not os.environ.get("VIBES_ESBUILD") and shutil.which("esbuild") is None:
        pytest.skip("no esbuild: VIBES_ESBUILD is not set (scripts/test sets it when it can be had)")


@pytest.mark.browser
async def test_the_example_renders_and_reacts(tmp_path):
    find_chromium()
    need_esbuild()

    async with serving(
        tmp_path / "data", VIBES_MODULES=os.environ.get("VIBES_TEST_MODULES", "local")
    ) as running:
        folder = tmp_path / "my-app"
        shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__*"))
        address = deploy(running, folder, "--app", "habit-garden", "--user", "ada")
        async with launch_browser(tmp_path / "browser") as browser:
            page = await browser.open(address, width=960, height=640)
            await page.wait_for("document.querySelectorAll('.row').length === 3")
            before = await page.evaluate("document.querySelector('.dial text').textContent")
            style = await page.evaluate("getComputedStyle(document.querySelector('.day')).borderRadius")
            logo = await page.evaluate("document.querySelector('header img').naturalWidth")
            await page.click(".day:not(.done)")
            await page.wait_for(f"document.querySelector('.dial text').textContent !== {json.dumps(before)}")

            assert style == "50%"
            assert logo > 0
            assert page.console == []
            assert {
                request.split("/")[2].split(":")[0] for request in page.requests if request.startswith("http")
            } == {"habit-garden--ada.localhost"}


@pytest.mark.browser
def test_the_example_renders_with_no_network_but_loopback(tmp_path):
    """The test above once more, in a namespace; the modules were fetched before, and come from the store."""
    find_chromium()
    need_esbuild()
    if shutil.which("unshare") is None or os.environ.get(ISOLATED):
        pytest.skip("no unshare on this machine: network namespaces can't be made")
    probe = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("this user may not make network namespaces")
    data = tmp_path / "filled"
    fill = subprocess.run(
        [sys.executable, "-c", FILL, str(data)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "VIBES_DATA_DIR": str(data), "VIBES_MODULES": "local"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if fill.returncode:
        pytest.skip(f"the modules can't be fetched here: {fill.stderr.strip().splitlines()[-1:]}")
    inside = (
        "ip link set lo up 2>/dev/null || ifconfig lo up; "
        f"exec {sys.executable} -m pytest -q -p no:cacheprovider --no-header "
        f"{__file__}::test_the_example_from_a_filled_store"
    )

    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", inside],
        env=os.environ | {ISOLATED: str(data)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


FILL = """
import os, sys, trio
from vibes_trio.config import load_config
from vibes_trio.server import open_app

async def main():
    async with open_app(load_config(os.environ).with_port(1)):
        pass

trio.run(main)
"""


@pytest.mark.browser
@pytest.mark.skipif(
    ISOLATED not in os.environ, reason="runs in a network namespace, started by the test before it"
)
async def test_the_example_from_a_filled_store(tmp_path):
    """Runs inside the namespace, started by the test above."""
    filled = os.environ[ISOLATED]
    picture = Path(os.environ.get("VIBES_TEST_PICTURE", tmp_path / "example.png"))  # the README's
    with pytest.raises(OSError):  # whatever it is called
        await trio.open_tcp_stream("192.0.2.1", 80)

    async with serving(Path(filled), VIBES_MODULES="local") as running:
        folder = tmp_path / "my-app"
        shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__*"))
        address = deploy(running, folder)
        async with launch_browser(tmp_path / "browser") as browser:
            page = await browser.open(address, width=960, height=640)
            await page.wait_for("document.querySelectorAll('.row').length === 3")
            await page.screenshot(picture)
            await page.click(".day:not(.done)")
            await page.wait_for("document.querySelectorAll('.day.done').length === 11")

            assert page.console == []
