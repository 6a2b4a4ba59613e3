"""A home for packages that builds at once, and what tests of it need: an app, a deployed import, its jobs run."""

import json
import re
from dataclasses import replace
from pathlib import Path

from asking import get

from vibes_trio.background.worker import run_worker
from vibes_trio.config import Limits
from vibes_trio.jobs import BuildModules, Jobs
from vibes_trio.modules.resolve.package_lock import Lock, Package
from vibes_trio.modules.store.addresses import Built
from vibes_trio.modules.store.local import open_store
from vibes_trio.modules.store.page_files import PAGE_FILES

MAP = re.compile(rb'<script type="importmap">(.*?)</script>', re.DOTALL)
FACTS = re.compile(rb'<script type="application/json" id="vibes-p\w+">(.*?)</script>', re.DOTALL)
CODE = 'import a from "clsx";\nimport b from "zod";\nexport default () => null;\n'
PACKAGE = Package(name="clsx", version="2.0.0", integrity="sha512-", tarball="https://public.test/c.tgz")
ADDRESS = "/~esm/clsx@2.0.0/~abc"


class FakeHome:
    """Builds `clsx` and, once it is mended, `zod`. Its state: what it was asked for, what it fails with."""

    def __init__(self, store) -> None:
        self.store = store
        self.asked = []
        self.error = None
        self.zod = "it is broken"
        self.known = None
        self.ahead = (), {}
        self.wishes = None
        self.progress = None

    async def fetch_page_files(self):
        return "there is no registry"

    async def find_known(self, wanted, wishes=None):
        return self.known

    async def look_ahead(self, wanted, wishes=None):
        return self.ahead

    async def ensure(self, wanted, lock=None, progress=None, label="", wishes=None, user=""):
        self.asked.append(dict(wanted))
        self.wishes = wishes
        self.progress = progress
        if self.error is not None:
            raise self.error
        modules = {"clsx": ADDRESS} | ({} if self.zod else {"zod": "/~esm/zod@4.0.0/~def"})
        for address in modules.values():
            self.store.put(Built(address, "key", b"export default 1", ()), "recipe")
        shared = {name: address.split("/")[2] for name, address in modules.items()}
        made = Lock(packages={"clsx@2.0.0": PACKAGE}, shared=shared, modules=modules)
        return made, {s: self.zod for s in wanted if s not in modules}


def open_home(folder: Path) -> FakeHome:
    """Return a home whose store has what every page loads."""
    store = open_store(folder / "store", Limits())
    for file in PAGE_FILES:
        store.put_file(file.address, b"", file.content_type)
    return FakeHome(store)


async def run_jobs(app, kind=BuildModules):
    """Run what waits of *kind*, and leave the queue open."""
    jobs = replace(app, jobs=Jobs(app.config.limits))
    while (taken := app.jobs.queues[kind].take_nowait()) is not None:
        jobs.jobs.add(taken[1], taken[0])
        app.jobs.queues[kind].done(taken[0])
    jobs.jobs.close()
    await run_worker(jobs, kind)


async def imports_of(app, path="/"):
    """Return the import map of a page, and the headers it came with."""
    page = await get(app, path)
    return json.loads(MAP.search(page.body)[1])["imports"], dict(page.headers)


def facts_of(page):
    """Return the facts that stand in a page."""
    return json.loads(FACTS.search(page.body)[1])
