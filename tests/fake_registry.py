"""A package registry that is a function, archives made on the spot, and this machine's React and esbuild.

`VIBES_TEST_NODE_MODULES` names a folder with react, react-dom, scheduler, @tailwindcss/browser and
@fontsource-variable/inter installed by npm; `VIBES_ESBUILD` a binary of esbuild. Tests that need one skip
without it, and say so.
"""

import base64
import hashlib
import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
import trio

from vibes_trio.config import Config
from vibes_trio.modules.prepare import prepare_local_modules
from vibes_trio.modules.registry.toolchain import Tool
from vibes_trio.modules.store.page_files import PAGE_FILES
from vibes_trio.outbound import Registry, open_outbound

REGISTRY = Registry("https://registry.test/")
NODE_MODULES = Path(os.environ.get("VIBES_TEST_NODE_MODULES", "/nowhere"))


SASS = os.environ.get("VIBES_SASS", "")


def require_sass() -> str:
    """Return the path of a Dart Sass; skip the calling test without one."""
    if not SASS:
        pytest.skip("no Dart Sass on this machine: name one in VIBES_SASS")
    return SASS


def require_esbuild() -> str:
    """Return the path of an esbuild; skip the calling test without one."""
    found = os.environ.get("VIBES_ESBUILD") or shutil.which("esbuild")
    if not found:
        pytest.skip("no esbuild on this machine: name a binary in VIBES_ESBUILD")
    return found


def require_tool() -> Tool:
    """Return that esbuild with its version."""
    path = Path(require_esbuild())
    version = subprocess.run([path, "--version"], capture_output=True, check=True, text=True).stdout.strip()
    return Tool(path, version)


def require_packages(*names: str) -> dict[str, dict[str, bytes]]:
    """Return name → files of packages that npm has installed; skip the calling test without them."""
    folder = NODE_MODULES
    if not all((folder / name / "package.json").is_file() for name in names):
        pytest.skip(f"VIBES_TEST_NODE_MODULES names no folder with {', '.join(names)}")
    return {
        name: {
            path.relative_to(folder / name).as_posix(): path.read_bytes()
            for path in sorted((folder / name).rglob("*"))
            if path.is_file()
        }
        for name in names
    }


def pack(files: Mapping[str, bytes | str]) -> bytes:
    """Return the archive of a package with *files*."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz", compresslevel=1) as tar:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return made.getvalue()


def integrity_of(archive: bytes) -> str:
    """Return what a registry announces of *archive*."""
    return f"sha512-{base64.b64encode(hashlib.sha512(archive).digest()).decode()}"


class FakeRegistry:
    """Answers for packages that were added. Its state: its answers by path, the lists of
    versions that some of them are made of, and the paths asked for. What was added last is `latest`."""

    def __init__(self) -> None:
        self.answers: dict[str, httpx2.Response] = {}
        self.lists: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []

    def add(self, name: str, version: str, archive: bytes, **document: object) -> None:
        """Serve *archive* as *version* of package *name*; *document* replaces members of its document."""
        tarball = f"/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
        dist = {"tarball": f"https://public.test{tarball}", "integrity": integrity_of(archive)}
        whole = {"name": name, "version": version, "dist": dist} | document
        path = f"/{name.replace('/', '%2F')}"
        self.answers[f"{path}/{version}"] = self.answers[f"{path}/latest"] = httpx2.Response(200, json=whole)
        self.answers[tarball] = httpx2.Response(200, content=archive)
        listed = self.lists.setdefault(path, {"name": name, "versions": {}})
        listed["versions"][version] = whole
        listed["dist-tags"] = {"latest": version}
        self.answers[path] = httpx2.Response(200, json=listed)

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        assert request.url.host == "registry.test", "only the configured registry is asked"
        path = request.url.raw_path.decode()
        self.asked.append(path)
        return self.answers.get(path, httpx2.Response(404))

    @property
    def transport(self) -> httpx2.MockTransport:
        """What httpx2 uses instead of sockets."""
        return httpx2.MockTransport(self)


def react_registry() -> FakeRegistry:
    """Return a registry with the React that npm has installed, and Tailwind and the pages' font if it has those;
    skip the calling test without React."""
    registry = FakeRegistry()
    for name, files in require_packages("react", "react-dom", "scheduler").items():
        version = {"scheduler": "0.27.0"}.get(name, "19.2.1")
        registry.add(name, version, pack(files))
    files_of: dict[tuple[str, str], dict[str, bytes]] = {}
    for file in PAGE_FILES:
        path = NODE_MODULES / file.name / file.path
        if path.is_file():
            files_of.setdefault((file.name, file.version), {})[file.path] = path.read_bytes()
    for (name, version), files in files_of.items():
        registry.add(name, version, pack(files))
    return registry


def fill_store(data_dir: Path) -> None:
    """Build what every page is made of into the store in *data_dir*; skip the calling test without React."""
    registry = react_registry()
    config = Config(data_dir, modules="local", esbuild=require_esbuild())

    async def build() -> None:
        async with open_outbound(REGISTRY, config.limits, {}, registry.transport) as outbound:
            await prepare_local_modules(config, outbound)

    trio.run(build)
