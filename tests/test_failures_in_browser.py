"""Every way for an app to fail (`tests/failures`), deployed for real by both compilers: the overlay names the author's
file and line. What the overlay does besides is looked at in `content/test_page_in_browser.py`.

Each folder is an app. The line that has to be named ends with the mark `//!`, and `expect.json` says:

    {
      "said": "what the overlay says, in part",
      "line": "data/rows.json:2",     instead of a mark, in a file that can't hold one
      "click": "button",              what has to be clicked before
      "assets": ["/lib/old.js"],      files that are not compiled
      "typescript": true,             only esbuild compiles it
      "refused": true                 it does not compile: the deploy says where
    }
"""

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import trio
from app_runs import PICTURES, ROOM, TABS, compile_with, connect_to
from app_set import EXPECT, USER
from browser import Browser, launch_browser
from content.test_page_in_browser import SHOWN
from serving import running

from vibes_trio.client.api import Api
from vibes_trio.commands.app_files import find_app, read_file
from vibes_trio.config import Limits
from vibes_trio.errors import TransformFailed
from vibes_trio.wire.deploy import ReqEnsureAppSlug
from vibes_trio.wire.files import StrAssetBlock, VibeFile

FOLDER = Path(__file__).parent / "failures"
MARK = re.compile(r"//!\s*$")
SEEN_TIMEOUT_S = 10


@dataclass(frozen=True)
class Failure:
    """One folder of `tests/failures`."""

    name: str

    @cached_property
    def expected(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads((FOLDER / self.name / EXPECT[1:]).read_text("utf-8"))
        return found

    @cached_property
    def place(self) -> str:
        """`file:line` that has to be named; empty: none."""
        for path in (FOLDER / self.name).rglob("*.*s*"):
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                if MARK.search(line):
                    return f"{path.relative_to(FOLDER / self.name).as_posix()}:{number}"
        return str(self.expected.get("line", ""))

    def files(self) -> list[VibeFile]:
        found = [file for file in find_app(FOLDER / self.name, Limits()).files if file.name != EXPECT]
        assets = self.expected.get("assets", ())
        return [
            StrAssetBlock(filename=file.name, content=file.path.read_text("utf-8"))
            if file.name in assets
            else read_file(file)
            for file in found
        ]


ALL = [Failure(path.parent.name) for path in sorted(FOLDER.glob("*/expect.json"))]
SHOWING = [failure for failure in ALL if not failure.expected.get("refused")]
REFUSED = [failure for failure in ALL if failure.expected.get("refused")]


async def no_version(name: str) -> str | None:
    return None


async def deploy(api: Api, failure: Failure) -> str:
    response = await api.request(
        ReqEnsureAppSlug(
            mode="production", app_slug=failure.name, user_slug=USER, file_system=failure.files()
        )
    )
    return response.entry_point_url


async def see(browser: Browser, failure: Failure, address: str, picture: Path) -> str:
    """Return what is wrong with what the page at *address* shows; empty: nothing."""
    page = await browser.open(address)
    try:
        if "click" in failure.expected:
            await page.click(failure.expected["click"])
        try:
            await page.wait_for(f"({SHOWN} ?? []).length", SEEN_TIMEOUT_S)
        except AssertionError:
            return f"no overlay; console: {page.console}"
        await page.screenshot(picture)
        shown = await page.evaluate(SHOWN)
    finally:
        await page.send("Page.close")
    message, *places = shown[0]
    wanted = failure.expected["said"], [failure.place] if failure.place else []
    is_right = wanted[0] in message and places == wanted[1] and len(shown) == 1
    return "" if is_right else f"wanted {wanted}, shown is {shown}"


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("engine", ["esbuild", "esprima"])
async def test_each_failure_is_shown_with_the_authors_file_and_line(
    engine, page_store, tmp_path, monkeypatch
):
    failures = [f for f in SHOWING if engine == "esbuild" or not f.expected.get("typescript")]
    pictures = PICTURES / f"failures-{engine}"
    pictures.mkdir(parents=True, exist_ok=True)
    shutil.copytree(page_store, tmp_path / "data")
    settings = compile_with(engine, monkeypatch) | ROOM | {"VIBES_MODULES": "local"}
    wrong: dict[str, str] = {}

    async with (
        running(tmp_path / "data", package_version=no_version, **settings) as server,
        connect_to(server) as api,
        launch_browser(tmp_path) as browser,
    ):
        addresses = {failure.name: await deploy(api, failure) for failure in failures}
        waiting = iter(failures)

        async def see_next() -> None:
            for failure in waiting:
                picture = pictures / f"{failure.name}.png"
                wrong[failure.name] = await see(browser, failure, addresses[failure.name], picture)

        async with trio.open_nursery() as nursery:
            for _ in range(TABS):
                nursery.start_soon(see_next)

    told = "\n".join(f"{name}: {problem}" for name, problem in wrong.items() if problem)
    assert not told, f"\n{told}"


@pytest.mark.parametrize("failure", REFUSED, ids=lambda failure: failure.name)
@pytest.mark.parametrize("engine", ["esbuild", "esprima"])
async def test_syntax_errors_are_refused_at_the_deploy_with_file_and_line(
    engine, failure, tmp_path, monkeypatch
):
    settings = compile_with(engine, monkeypatch)

    async with running(tmp_path / "data", **settings) as server, connect_to(server) as api:
        with pytest.raises(TransformFailed) as caught:
            await deploy(api, failure)

    assert f"{caught.value.detail['filename']}:{caught.value.line}" == f"/{failure.place}"
