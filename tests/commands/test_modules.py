"""`vibes-trio modules`: what is local and why, filling a store, carrying it elsewhere, clearing it up."""

import json
import os
import shutil
import time
from pathlib import Path

import httpx2
import pytest
import trio
from fake_registry import REGISTRY, FakeRegistry, pack
from font_packages import add_fonts

from vibes_trio.commands import modules
from vibes_trio.commands.database import open_database, write
from vibes_trio.commands.output import CommandFailed
from vibes_trio.config import Limits, load_config
from vibes_trio.exchange import AppSlug, FsId, UserId, UserSlug
from vibes_trio.modules.store.addresses import Built
from vibes_trio.modules.store.fonts import find_font, note_address
from vibes_trio.modules.store.holder import hold_store
from vibes_trio.modules.store.local import JSON, WOFF2, open_store
from vibes_trio.modules.store.page_files import TAILWIND
from vibes_trio.outbound import open_outbound
from vibes_trio.services.releases import Extras
from vibes_trio.storage import apps, slugs
from vibes_trio.storage.release_rows import NewRelease
from vibes_trio.wire.base import encode

# Read now: the tests see no setting from outside.
ESBUILD = os.environ.get("VIBES_ESBUILD") or shutil.which("esbuild")
needs_esbuild = pytest.mark.skipif(not ESBUILD, reason="no esbuild: name a binary in VIBES_ESBUILD")
ADDRESS = "/~esm/clsx@2.0.0/~abc"


@pytest.fixture
def release(options, data_dir):
    """Save a release of garden--ada with the given notes."""
    data_dir.mkdir()

    def save(extras: Extras, mode: str = "production", fs_id: str = "z1") -> None:
        def save_in(tx) -> None:
            user = slugs.bind_user_slug(
                tx, UserId("u"), UserSlug("ada"), limit=9, attempts=1, words=lambda: "a-b-c"
            )
            name = slugs.bind_app_slug(
                tx, UserId("u"), user, AppSlug("garden"), limit=9, attempts=1, words=lambda: "a-b-c"
            )
            new = NewRelease(
                app_slug=name,
                user_slug=user,
                user_id=UserId("u"),
                fs_id=FsId(fs_id),
                mode=mode,
                env_json="{}",
                file_system_json="[]",
                extras_json=encode(extras).decode(),
            )
            apps.save_release(tx, new, limit=9)

        with open_database(load_config({}, options().settings)) as db:
            write(db, save_in)

    return save


def put_module(data_dir: Path) -> None:
    open_store(data_dir, Limits()).put(Built(ADDRESS, "k", b"export default 1", ()), "r")


LOCKED = Extras(
    packages=("clsx", "zod"),
    modules={"clsx": ADDRESS},
    not_local={"zod": "it is broken"},
)


def test_status_tells_what_is_local_and_why_the_rest_is_not(options, data_dir, release, capsys):
    release(LOCKED)
    put_module(data_dir)

    modules.status(options({"VIBES_MODULES": "local"}, app="garden--ada", json=True))

    assert json.loads(capsys.readouterr().out) == [
        {"app": "garden--ada", "import": "clsx", "from": ADDRESS, "why": ""},
        {"app": "garden--ada", "import": "zod", "from": "nowhere", "why": "it is broken"},
    ]
    opened = {"VIBES_MODULES": "local", "VIBES_PAGE_HOSTS": "https://esm.sh"}
    modules.status(options(opened, app="garden", json=True))
    assert json.loads(capsys.readouterr().out)[1]["from"] == "CDN"


@pytest.mark.parametrize(
    ("settings", "package", "told", "words"),
    [
        ({"VIBES_REGISTRY_URL": "none"}, "d3@7", "CDN", "asks no package registry"),
        ({"VIBES_REGISTRY_URL": "none"}, "d3", "nowhere", r"write one (d3@1.2.3)"),
        ({}, "d3", "CDN", "the next start asks the registry"),
        ({"VIBES_MODULES": "cdn"}, "d3", "CDN", "VIBES_MODULES=cdn"),
    ],
)
def test_status_of_a_server_whose_pages_use_the_cdn_says_so(
    options, release, capsys, settings, package, told, words
):
    """What every page needs is not in the store, so pages load all from the CDN."""
    release(Extras(packages=(package,)))

    modules.status(options(settings, app="garden", json=True))

    (row,) = json.loads(capsys.readouterr().out)
    assert row["from"] == told
    assert words in row["why"]


def test_status_tells_when_what_failed_is_tried_again(options, release, capsys):
    release(Extras(packages=("clsx",), not_local={"": "no registry"}, next_try=1_795_340_000.0))

    modules.status(options({"VIBES_MODULES": "local"}, app="garden"))

    at = time.strftime("%H:%M:%S", time.localtime(1_795_340_000))
    assert f"no registry; from {at} on it is tried again when somebody looks at the app" in (
        capsys.readouterr().out
    )


def test_status_tells_what_is_being_built(options, data_dir, release, capsys):
    release(LOCKED)

    async def look_while_it_is_built() -> None:
        async with hold_store(data_dir / "modules", "garden--ada", 1):
            modules.status(options({"VIBES_MODULES": "local"}, app="garden"))

    trio.run(look_while_it_is_built)
    assert capsys.readouterr().out.count("is being built now") == 2

    modules.status(options({"VIBES_MODULES": "local"}, app="garden"))
    assert "its module is lost" in capsys.readouterr().out


def test_status_shows_what_was_tried_out_since_under_its_own_address(options, release, capsys):
    release(Extras(packages=("old",)), "dev", "z0")
    release(Extras(packages=("clsx",)))
    release(Extras(packages=("zod",)), "dev", "z2")
    release(Extras(packages=("d3",)), "dev", "z3")

    modules.status(options({"VIBES_MODULES": "local"}, app="garden", json=True))

    shown = json.loads(capsys.readouterr().out)
    assert [(row["app"], row["import"]) for row in shown] == [
        ("garden--ada/~z3~", "d3"),
        ("garden--ada", "clsx"),
    ]


def test_status_shows_a_package_that_is_not_there(options, release, capsys):
    release(Extras(not_local={"typo": "the registry has none of that name", "": "no registry"}))

    modules.status(options({"VIBES_MODULES": "local"}, app="garden--ada", json=True))

    (row,) = json.loads(capsys.readouterr().out)
    assert (row["import"], row["why"]) == ("typo", "the registry has none of that name")


def test_status_sees_that_a_module_is_lost(options, release, capsys):
    release(LOCKED)

    modules.status(options({"VIBES_MODULES": "local"}, app="garden"))

    assert "its module is lost" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("not_local", "words"), [({}, "waits for being built"), ({"": "no registry"}, "no registry")]
)
def test_status_tells_of_what_waits(options, release, capsys, not_local, words):
    release(Extras(packages=("clsx",), not_local=not_local))

    modules.status(options({"VIBES_MODULES": "local"}, app="garden"))

    assert words in capsys.readouterr().out


def test_status_of_an_app_that_is_not_there(options, data_dir):
    data_dir.mkdir()

    with pytest.raises(CommandFailed, match="no such app"):
        modules.status(options(app="nothing"))


def test_a_store_is_carried_to_another_folder(options, data_dir, tmp_path, capsys):
    put_module(data_dir)
    file, other = str(tmp_path / "store.tar"), tmp_path / "other"

    modules.export(options(file=file))
    modules.take_in(options({"VIBES_DATA_DIR": str(other)}, file=file))

    assert open_store(other, Limits()).find(ADDRESS).content == b"export default 1"
    assert capsys.readouterr().out.splitlines() == [f"1 modules: {file}", f"1 modules from {file}"]


def test_gc_keeps_what_releases_use(options, data_dir, release, capsys):
    release(LOCKED)
    put_module(data_dir)
    store = open_store(data_dir, Limits())
    store.put(Built("/~esm/old@1.0.0/~x", "k", b"old", ()), "r")
    store.put_file(TAILWIND.address, b"tailwind", TAILWIND.content_type)
    for path in (data_dir / "modules").rglob("*"):
        os.utime(path, (1000, 1000))

    modules.gc(options())

    left = open_store(data_dir, Limits())
    assert capsys.readouterr().out == "removed 1 modules and 0 packages\n"
    assert left.find(ADDRESS) is not None
    assert left.find("/~esm/old@1.0.0/~x") is None
    assert left.find(TAILWIND.address) is not None


def test_gc_keeps_the_fonts_that_releases_name(options, data_dir, release):
    release(Extras(fonts={"Alpha Sans": ("wght",)}))
    store = open_store(data_dir, Limits())
    for font_id in ("alpha-sans", "beta"):
        store.put_file(f"/~esm/{font_id}.woff2", b"f", WOFF2)
        store.put_file(note_address(font_id, "wght"), font_id.encode(), JSON, (f"/~esm/{font_id}.woff2",))
    for path in (data_dir / "modules").rglob("*"):
        os.utime(path, (1000, 1000))

    modules.gc(options())

    left = open_store(data_dir, Limits())
    assert left.find(note_address("alpha-sans", "wght")) is not None
    assert left.find("/~esm/alpha-sans.woff2") is not None
    assert left.find(note_address("beta", "wght")) is None


@pytest.fixture
def registry(monkeypatch) -> FakeRegistry:
    """The registry that the command finds; it has all that every page needs, and `tiny`."""
    registry = FakeRegistry()
    plain = {"package.json": "{}", "index.js": "exports.a = 1"}
    parts = {"jsx-runtime.js": "exports.b = 1", "client.js": "exports.c = 1"}
    for name, version in (("react", "19.2.1"), ("react-dom", "19.2.1"), ("scheduler", "0.27.0")):
        registry.add(name, version, pack(plain | parts))
    registry.add("tiny", "1.2.0", pack(plain | {"part.js": "exports.d = 1"}))

    async def find_registry(config, env):
        return REGISTRY

    def open_fake(at, limits, env):
        return open_outbound(at, limits, {}, registry.transport)

    monkeypatch.setattr(modules, "find_registry", find_registry)
    monkeypatch.setattr(modules, "open_outbound", open_fake)
    return registry


@needs_esbuild
def test_prefetch_fills_the_store_and_a_second_time_needs_no_registry(options, data_dir, registry, capsys):
    settings = {"VIBES_ESBUILD": str(ESBUILD)}

    first = modules.prefetch(options(settings, packages=["tiny@^1", "tiny@^1/part"]))
    printed = capsys.readouterr().out
    registry.answers = {path: httpx2.Response(503) for path in registry.answers}
    second = modules.prefetch(options(settings, packages=["tiny@^1", "tiny@^1/part"]))

    assert (first, second) == (0, 0)
    assert capsys.readouterr().out == printed
    assert [line.split()[0] for line in printed.splitlines()] == ["tiny", "tiny/part"]
    address = printed.split()[1]
    assert open_store(data_dir, Limits()).find(address) is not None


@needs_esbuild
def test_prefetch_says_what_could_not_be_had(options, registry, capsys):
    code = modules.prefetch(options({"VIBES_ESBUILD": str(ESBUILD)}, packages=["tiny", "gone"]))

    said = capsys.readouterr()
    assert code == 1
    assert "gone: " in said.err
    assert said.out.startswith("tiny ")


@needs_esbuild
def test_prefetch_of_the_platform_s_packages_brings_what_they_need_from_npm(options, registry, capsys):
    settings = {"VIBES_ESBUILD": str(ESBUILD)}

    code = modules.prefetch(options(settings, packages=["use-fireproof", "img-gen", "call-ai"]))

    assert code == 1
    assert capsys.readouterr().err.startswith("@fireproof/use-fireproof: ")
    assert "/@fireproof%2Fuse-fireproof/0.24.19" in registry.asked


@needs_esbuild
def test_prefetch_of_fonts_brings_them_by_name(options, data_dir, registry, capsys):
    add_fonts(registry)
    names = ["font:Alpha Sans", "font:Nope"]

    code = modules.prefetch(options({"VIBES_ESBUILD": str(ESBUILD)}, packages=names))

    said = capsys.readouterr()
    assert code == 1
    assert said.out == "font:Alpha Sans  /~esm/@fonts/alpha-sans\n"
    assert "font:Nope: the registry has no package @fontsource/nope" in said.err
    assert find_font(open_store(data_dir, Limits()), "alpha-sans", frozenset()) is not None


def test_prefetch_takes_names_of_fonts_only(options):
    with pytest.raises(CommandFailed, match="no name of a family"):
        modules.prefetch(options(packages=["font:"]))


def test_prefetch_takes_names_of_packages_only(options):
    with pytest.raises(CommandFailed, match="no name of a package"):
        modules.prefetch(options(packages=["./x"]))
