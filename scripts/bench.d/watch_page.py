"""`deploy --watch` beside a browser, as a program: `watch_page.py URL DEVICE FOLDER SAVES` prints JSON.

A real Chromium has the page of an app open whose folder is watched. A list: how long it took from a save until the page
showed it, in milliseconds, for each of SAVES. It uses the browser of the tests, so that it needs what these need.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

try:
    import pytest
    import trio
    from browser import find_chromium, launch_browser
except ImportError as error:
    sys.exit(f"the packages of tests/requirements.lock are not here: {error}")

HTML = '<!doctype html><title>t</title><link rel=icon href="data:,"><h1>{}</h1>'
SHOWN = "document.querySelector('h1')?.textContent === '{}'"
PAUSE_S = 0.3


async def run(url: str, device: str, folder: Path, saves: int) -> list[float]:
    """Return what was measured."""
    page = folder / "app" / "index.html"
    page.parent.mkdir()
    page.write_text(HTML.format("first"))
    command = [sys.executable, "-m", "vibes_trio", "deploy", str(page.parent), "--app", "bench-watch"]
    command += ["--watch", "--url", url, "--device", device]
    took: list[float] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as watching:
        try:
            assert watching.stdout is not None
            printed = (await trio.to_thread.run_sync(watching.stdout.readline)).strip()
            where = urlsplit(printed)  # the bench's base names no port
            address = where._replace(netloc=f"{where.hostname}:{urlsplit(url).port}").geturl()
            async with launch_browser(folder) as browser:
                shown = await browser.open(address)
                await shown.wait_for(SHOWN.format("first"))
                for number in range(saves):
                    await trio.sleep(PAUSE_S)
                    since = time.perf_counter()
                    page.write_text(HTML.format(f"save {number}"))
                    await shown.wait_for(SHOWN.format(f"save {number}"))
                    took.append((time.perf_counter() - since) * 1000)
        finally:
            watching.kill()
    return took


def main() -> None:
    url, device, _, saves = sys.argv[1:5]
    try:
        find_chromium()
    except pytest.skip.Exception as error:
        sys.exit(str(error))
    with tempfile.TemporaryDirectory(dir=sys.argv[3]) as folder:
        print(json.dumps(trio.run(run, url, device, Path(folder), int(saves))))


if __name__ == "__main__":
    main()
