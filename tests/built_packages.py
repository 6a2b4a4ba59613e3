"""Have packages of a fake registry built, and run what comes out in Node."""

import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from fake_registry import REGISTRY, FakeRegistry

from vibes_trio.config import Config
from vibes_trio.modules.home import Home
from vibes_trio.modules.resolve.package_lock import Lock
from vibes_trio.modules.resolve.wishes import Wishes
from vibes_trio.modules.store.local import LocalModules, open_store
from vibes_trio.outbound import Outbound, open_outbound


@asynccontextmanager
async def home_on(config: Config, registry: FakeRegistry | None) -> AsyncIterator[Home]:
    """A home as one process has it."""
    transport = registry.transport if registry else None
    async with open_outbound(REGISTRY if registry else None, config.limits, {}, transport) as outbound:

        async def get() -> Outbound:
            return outbound

        yield Home(get, open_store(config.data_dir, config.limits), config)


def without_esbuild(config: Config, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv("PATH", str(config.data_dir))
    return replace(config, esbuild="")


async def ensure(
    config: Config,
    registry: FakeRegistry | None,
    *wanted: str,
    lock: Lock | None = None,
    wishes: Wishes | None = None,
):
    """Return the store, the lock for *wanted*, and what failed."""
    async with home_on(config, registry) as home:
        ranges = {w: w[1:].partition("@")[2].partition("/")[0] or "*" for w in wanted}
        made, failed = await home.ensure(ranges, lock, wishes=wishes or Wishes())
    return open_store(config.data_dir, config.limits), made, failed


def code_of(store: LocalModules, lock: Lock, specifier: str) -> str:
    found = store.find(lock.modules[specifier])
    assert found is not None
    return found.content.decode()


def run(store: LocalModules, lock: Lock, script: str, folder: Path) -> str:
    """Return what *script* prints in Node when addresses of modules are files beside it."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node on this machine to run built modules in")
    names = {a: f"./m{n}.mjs" for n, a in enumerate(sorted(addresses(store, lock))) if "/~file-" not in a}
    for address, file in names.items():
        found = store.find(address)
        text = found.content.decode()
        for other, name in sorted(names.items(), reverse=True):
            text = text.replace(f'"{other}"', f'"{name}"')
        (folder / file).write_text(text)
    for specifier, address in lock.modules.items():
        script = script.replace(f'"{specifier}"', f'"{names[address]}"')
    (folder / "main.mjs").write_text(script)
    done = subprocess.run([node, "main.mjs"], cwd=folder, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def addresses(store: LocalModules, lock: Lock) -> set[str]:
    found: set[str] = set()
    to_see = list(lock.modules.values())
    while to_see:
        address = to_see.pop()
        if address not in found:
            found.add(address)
            to_see += store.record(address).imports
    return found
