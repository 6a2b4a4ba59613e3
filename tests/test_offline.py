"""Apps on a machine that no registry can be reached from: what was fetched or carried there before is enough.

The registry is a small server on loopback, there while a store is filled and gone afterwards.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import trio
from asking import DEPLOY, jsx
from fake_registry import FakeRegistry, pack, react_registry, require_esbuild
from local_home import MAP
from recorded import token
from registry_server import serve_registry
from serving import HttpClient, http_client, running

from vibes_trio.config import Limits
from vibes_trio.context import App
from vibes_trio.modules.store.local import open_store

HOST = "garden--ada.localhost"
NOWHERE = "http://127.0.0.1:9/"  # nobody listens there
CODE = """
import { up } from "loud";
import part from "kit/part.js";
import { one } from "kit";
export default () => <p>{up(part)}{one}</p>;
"""


def some_registry() -> FakeRegistry:
    registry = react_registry()
    plain = {"package.json": "{}"}
    registry.add("low", "1.2.0", pack(plain | {"index.js": "export const low = (s) => s.toLowerCase()"}))
    registry.add(
        *("loud", "2.1.0"),
        pack(plain | {"index.js": "import { low } from 'low'; export const up = (s) => low(s) + '!'"}),
        dependencies={"low": "^1.0.0"},
    )
    registry.add(
        *("kit", "3.0.0"),
        pack(plain | {"index.js": "export const one = 1", "part.js": "export default 'PART'"}),
    )
    return registry


async def vibes(data_dir: Path, *args: str, **settings: str) -> str:
    """Run `vibes-trio modules` in a process of its own; return what it prints."""
    env = (
        os.environ
        | {"VIBES_DATA_DIR": str(data_dir), "PYTHONPATH": str(Path(__file__).parents[1])}
        | settings
    )
    done = await trio.run_process(
        [sys.executable, "-m", "vibes_trio", "modules", *args],
        env=env,
        capture_stdout=True,
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode()
    return done.stdout.decode()


@pytest.fixture
async def filled(tmp_path) -> Path:
    """A data folder for which `modules prefetch` was run while there was a registry."""
    data_dir = tmp_path / "filled"
    async with serve_registry(some_registry()) as url:
        settings = {"VIBES_REGISTRY_URL": url, "VIBES_ESBUILD": require_esbuild(), "VIBES_MODULES": "local"}
        await vibes(data_dir, "prefetch", "loud", "kit", "kit/part.js", **settings)
    return data_dir


async def deploy(client: HttpClient, code: str, name: str = "garden"):
    wanted = {"mode": "production", "appSlug": name, "userSlug": "ada", "fileSystem": [jsx(content=code)]}
    return await client.ask(token("A"), DEPLOY, **wanted)


async def page_of(app: App, host: str = HOST):
    """Return the app's import map once it is built, or can't be."""
    async with http_client(app.config.port) as client:
        with trio.fail_after(20):
            while (answer := await client.get(host))[0] == 202:
                build = next(iter(app.builds._open.values()), None)
                if build is not None:
                    await build.finished.wait()
    assert answer[0] == 200
    return json.loads(MAP.search(answer[2])[1])["imports"]


def local(url: str, **settings: str) -> dict[str, str]:
    return {"VIBES_MODULES": "local", "VIBES_REGISTRY_URL": url} | settings


@pytest.mark.parametrize("url", ["none", NOWHERE])
async def test_a_new_app_has_what_was_prefetched_at_once(filled, url):
    settings = local(url, VIBES_ESBUILD=require_esbuild())
    async with running(filled, package_version=None, **settings) as app:
        async with http_client(app.config.port) as client:
            started = trio.current_time()
            reply = await deploy(client, CODE)
            took_s = trio.current_time() - started
            status, _, _ = await client.get(HOST)
        imports = await page_of(app)

    assert "warnings" not in reply
    assert status == 200
    assert took_s < Limits().lookup_timeout_s
    assert imports["loud"].startswith("/~esm/loud@2.1.0/~")
    assert imports["kit/part.js"].startswith("/~esm/kit@3.0.0/~")


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('import { up } from "loud";\nexport default up;\n', {"loud": "/~esm/loud@2.1.0/~"}),
        ('import { up } from "loud@^2";\nexport default up;\n', {"loud@^2": "/~esm/loud@2.1.0/~"}),
        ('import part from "kit/part.js";\nexport default part;\n', {"kit/part.js": "/~esm/kit@3.0.0/~"}),
        ('import { low } from "low";\nexport default low;\n', {"low": "/~esm/low@1.2.0/~"}),
    ],
    ids=["fewer", "a range", "a part", "what only another package used"],
)
async def test_other_choices_of_what_was_fetched_are_built_from_it(filled, code, found):
    async with running(filled, package_version=None, **local("none", VIBES_ESBUILD=require_esbuild())) as app:
        async with http_client(app.config.port) as client:
            await deploy(client, code)
        imports = await page_of(app)

    assert {name: imports[name][: len(address)] for name, address in found.items()} == found


async def test_what_was_never_fetched_is_told(filled):
    async with running(filled, package_version=None, **local("none", VIBES_ESBUILD=require_esbuild())) as app:
        async with http_client(app.config.port) as client:
            reply = await deploy(client, 'import x from "three@0.170.0";\nexport default x;\n')
        imports = await page_of(app)
        async with http_client(app.config.port) as client:
            again = await deploy(client, 'import x from "three@0.170.0";\nexport default x;\n')

    assert "three@0.170.0" not in imports
    (warning,) = reply["warnings"]
    assert again["warnings"] == [warning]
    assert warning == (
        "import 'three@0.170.0': could not be built: three@0.170.0: this server asks no package registry"
        " (VIBES_REGISTRY_URL=none): name one there, bring what was fetched elsewhere with `vibes-trio modules import"
        " FILE`, or have pages load from the CDN (VIBES_MODULES=cdn)"
    )


async def test_a_carried_store_serves_the_same_bytes_and_renders_old_and_new_apps(
    filled, tmp_path, monkeypatch
):
    """To a machine with neither registry nor esbuild, where the database of the first comes later."""
    async with running(filled, package_version=None, **local("none", VIBES_ESBUILD=require_esbuild())) as app:
        async with http_client(app.config.port) as client:
            await deploy(client, CODE)
        before = await page_of(app)
    await vibes(filled, "export", str(tmp_path / "store.tar"))
    empty = tmp_path / "empty"
    await vibes(empty, "import", str(tmp_path / "store.tar"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("VIBES_ESBUILD", raising=False)

    async with running(empty, package_version=None, **local("none")) as app:
        async with http_client(app.config.port) as client:
            reply = await deploy(
                client, 'import { up } from "loud";\nexport default () => up("x");\n', "other"
            )
        fresh = await page_of(app, "other--ada.localhost")
        for path in sorted(filled.glob("vibes.sqlite3*")):
            shutil.copy(path, tmp_path)
        addresses = sorted(open_store(filled, Limits())._records)
        async with http_client(app.config.port) as client:
            served = {address: (await client.get("localhost", address))[2] for address in addresses}
    for name in ("vibes.sqlite3", "vibes.sqlite3-wal", "vibes.sqlite3-shm"):
        (empty / name).unlink(missing_ok=True)
        if (filled / name).exists():
            shutil.copy(filled / name, empty / name)
    async with running(empty, package_version=None, **local("none")) as app:
        after = await page_of(app)

    assert "warnings" not in reply or reply["warnings"][0].startswith("packages: being built")
    assert fresh["loud"] == before["loud"]
    store = open_store(filled, Limits())
    assert len(addresses) > 5
    assert served == {address: store.find(address).content for address in addresses}
    assert after == before
