"""The layouts in which apps come (`tests/layouts`), each with routes, style sheets, Tailwind, values of its own,
pictures and packages in versions of its own: sent by the command line and by one POST, and used in a Chromium, where
there is no network. One with Sass is left out where there is no compiler of it.

What they import is fetched before by a server that may ask the registry, and carried over: `vibes-trio modules export`,
and then, in a network namespace with loopback only, `import`. Where no such namespace can be made the same runs without
one: what the pages ask is looked at all the same. Pictures are kept in `.build/pictures/layouts`.
"""

import json
import os
import shutil
import subprocess
import urllib.request
from pathlib import Path

import msgspec
import pytest
import trio
from app_runs import PICTURES, ROOM, compilers, run_apps
from app_set import EXPECT, TestApp, all_apps, draw_contact_sheet, use
from browser import find_chromium, launch_browser
from fake_registry import SASS
from serving import running
from test_apps_offline import modules
from test_end_to_end import Running, command, deploy, serving
from test_packages_in_browser import require_registry
from without_network import make_sure_that_nobody_is_there, run_without_network

from vibes_trio.config import Config
from vibes_trio.modules.registry.npm_settings import find_registry
from vibes_trio.wire.deploy import ReqEnsureAppSlug

ROOT = Path(__file__).parents[1]
LAYOUTS = [app for app in all_apps(Path(__file__).parent / "layouts") if SASS or not app.is_sass]
CARRIED = "VIBES_TEST_LAYOUTS"
BUILD_TIMEOUT_S, RUN_TIMEOUT_S = 240, 300


async def fill(folder: Path, page_store: Path) -> Path:
    """Return a file with all that the layouts take, after they were used with a registry: that works as well."""
    await require_registry(folder)
    registry = await find_registry(Config(folder), os.environ)
    assert registry is not None, "it was asked just now"
    data = folder / "filled"
    shutil.copytree(page_store, data)
    settings = ROOM | compilers() | {"VIBES_REGISTRY_URL": registry.url}
    async with running(data, package_version=None, VIBES_MODULES="local", **settings) as server:
        wrong = await run_apps(server, LAYOUTS, folder, folder / "pictures", built_s=BUILD_TIMEOUT_S)
    assert not wrong, f"\n{wrong}"
    await trio.to_thread.run_sync(lambda: modules("export", str(folder / "carried"), data_dir=data))
    return folder / "carried"


@pytest.mark.browser
@pytest.mark.slow
async def test_layouts_open_with_no_network_but_loopback(page_store, tmp_path):
    carried = await fill(tmp_path, page_store)
    env = {CARRIED: str(carried)}
    await trio.to_thread.run_sync(
        run_without_network, __file__, test_layouts_from_a_carried_store, env, RUN_TIMEOUT_S
    )


@pytest.mark.browser
@pytest.mark.skipif(CARRIED not in os.environ, reason="is run by the test above, without a network")
async def test_layouts_from_a_carried_store(tmp_path):
    find_chromium()
    await make_sure_that_nobody_is_there()
    settings = compilers() | {"VIBES_REGISTRY_URL": "none", "VIBES_MODULES": "local"}
    modules("import", os.environ[CARRIED], data_dir=tmp_path / "data", **settings)
    pictures = PICTURES / "layouts"
    pictures.mkdir(parents=True, exist_ok=True)
    problems: list[str] = []

    async with serving(tmp_path / "data", **settings) as server, launch_browser(tmp_path) as browser:
        for layout in LAYOUTS:
            by_command = by_command_line(server, layout, tmp_path / layout.name)
            by_post, said = by_one_post(server, layout)
            for way, address in (("command", by_command), ("post", by_post)):
                wrong = await use(browser, layout, address, pictures / f"{layout.name}-{way}.png")
                problems += (f"{layout.name} by {way}: {problem}" for problem in wrong)
            problems += (f"{layout.name}: {text}" for text in said if not text.startswith("read as"))
        await draw_contact_sheet(browser, sorted(pictures.glob("*-*.png")), pictures / "all.png")

    assert not problems, "\n" + "\n".join(problems)


def by_command_line(server: Running, layout: TestApp, folder: Path) -> str:
    """Send a copy of *layout*, made at *folder*, as people do; return its address."""
    shutil.copytree(layout.folder, folder, ignore=shutil.ignore_patterns(EXPECT.strip("/")))
    env = [word for name, value in layout.env.items() for word in ("--env", f"{name}={value}")]
    return deploy(server, folder, "--app", f"{layout.name}-cli", "--user", "ada", *env)


def by_one_post(server: Running, layout: TestApp) -> tuple[str, list[str]]:
    """Send *layout* in one request, as a script may; return its address, and the warnings."""
    token = subprocess.run(
        command("token", "--url", server.url), env=server.env, capture_output=True, text=True, check=True
    ).stdout.strip()
    request = ReqEnsureAppSlug(
        mode="production", app_slug=layout.name, user_slug="ada", file_system=layout.files(), env=layout.env
    )
    payload = msgspec.to_builtins(request) | {"auth": {"type": "device-id", "token": token}}
    message = {"tid": "1", "src": "me", "dst": "server", "ttl": 6, "payload": payload}
    asked = urllib.request.Request(
        f"{server.url}/v1/api", json.dumps(message).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(asked, timeout=60) as answer:
        reply = json.load(answer)["payload"]
    return reply["entryPointUrl"], reply.get("warnings", [])
