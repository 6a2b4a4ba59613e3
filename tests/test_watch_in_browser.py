"""A file is saved, and the page that is open shows it: `deploy --watch`, as whoever makes an app has it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio
from browser import find_chromium, launch_browser
from fake_registry import fill_store
from served import Served, serving_people

pytestmark = pytest.mark.browser

HTML = '<!doctype html><title>t</title><link rel=icon href="data:,"><h1>{}</h1>'


@pytest.fixture
def people(tmp_path: Path) -> Iterator[Served]:
    if find_chromium() is None:
        pytest.skip("Chromium is not installed")
    (tmp_path / "served" / "data").mkdir(parents=True)
    fill_store(tmp_path / "served" / "data")
    with serving_people(tmp_path / "served", modules="local") as served:
        yield served


async def test_what_is_saved_is_shown_by_the_page_that_is_open(people: Served, tmp_path: Path) -> None:
    page = tmp_path / "app" / "index.html"
    page.parent.mkdir()
    page.write_text(HTML.format("one"))
    command = [sys.executable, "-m", "vibes_trio", "deploy", str(page.parent), "--app", "garden", "--watch"]
    who = ["--url", people.url, "--device", str(people.folder / "ada.json")]
    with subprocess.Popen([*command, *who], stdout=subprocess.PIPE, text=True) as watching:
        try:
            assert watching.stdout is not None
            url = (await trio.to_thread.run_sync(watching.stdout.readline)).strip()
            async with launch_browser(tmp_path) as browser:
                shown = await browser.open(url)
                await shown.wait_for("document.querySelector('h1')?.textContent === 'one'")
                took = []
                for word in ("two", "three", "four"):
                    started = trio.current_time()
                    page.write_text(HTML.format(word))
                    await shown.wait_for(f"document.querySelector('h1')?.textContent === '{word}'")
                    took.append(trio.current_time() - started)
        finally:
            watching.kill()
    print("from the save to the page, in ms:", [round(seconds * 1000) for seconds in took])
    assert min(took) < 3
