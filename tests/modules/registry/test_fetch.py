"""Exact versions of packages, fetched once, checked always."""

import hashlib
from pathlib import Path

import httpx2
import pytest
from fake_registry import REGISTRY, FakeRegistry, integrity_of, pack

from vibes_trio.config import Limits
from vibes_trio.errors import FetchFailed, ModuleFailed
from vibes_trio.modules.registry.fetch import ensure_document, ensure_package, parse_integrity, rebase
from vibes_trio.outbound import open_outbound

LIMITS = Limits(fetch_tries=1)
FILES = {"package.json": '{"name": "pkg"}', "lib/x.js": "export {}"}


async def fetch(registry: FakeRegistry, folder: Path, name: str = "pkg", version: str = "1.2.3") -> Path:
    async with open_outbound(REGISTRY, LIMITS, {}, registry.transport) as outbound:
        document = await ensure_document(outbound, folder, name, version, LIMITS)
        return await ensure_package(outbound, folder, document, LIMITS)


def written(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


async def test_package_is_unpacked_under_its_hash(tmp_path):
    registry, archive = FakeRegistry(), pack(FILES)
    registry.add("pkg", "1.2.3", archive)

    folder = await fetch(registry, tmp_path)

    assert folder == tmp_path / "packages" / hashlib.sha512(archive).hexdigest()[:40]
    assert written(folder) == ["lib/x.js", "package.json"]
    assert registry.asked == ["/pkg/1.2.3", "/pkg/-/pkg-1.2.3.tgz"]


async def test_scoped_package_has_its_own_address_and_file(tmp_path):
    registry = FakeRegistry()
    registry.add("@own/pkg", "1.2.3", pack(FILES))

    await fetch(registry, tmp_path, "@own/pkg")

    assert registry.asked == ["/@own%2Fpkg/1.2.3", "/@own/pkg/-/pkg-1.2.3.tgz"]
    assert (tmp_path / "documents" / "@own+pkg@1.2.3.json").is_file()


async def test_what_is_there_is_never_asked_for_again(tmp_path):
    registry = FakeRegistry()
    registry.add("pkg", "1.2.3", pack(FILES))
    await fetch(registry, tmp_path)

    await fetch(FakeRegistry(), tmp_path)
    async with open_outbound(None, LIMITS, {}, FakeRegistry().transport) as outbound:
        document = await ensure_document(outbound, tmp_path, "pkg", "1.2.3", LIMITS)

    assert document.name == "pkg"


async def test_dependencies_are_remembered(tmp_path):
    registry = FakeRegistry()
    registry.add("pkg", "1.2.3", pack(FILES), dependencies={"a": "^1"}, peerDependencies={"react": ">=18"})
    async with open_outbound(REGISTRY, LIMITS, {}, registry.transport) as outbound:
        for _ in range(2):
            document = await ensure_document(outbound, tmp_path, "pkg", "1.2.3", LIMITS)

            assert document.dependencies == {"a": "^1"}
            assert document.peer_dependencies == {"react": ">=18"}


async def test_damaged_document_is_fetched_again(tmp_path):
    registry = FakeRegistry()
    registry.add("pkg", "1.2.3", pack(FILES))
    await fetch(registry, tmp_path)
    (tmp_path / "documents" / "pkg@1.2.3.json").write_text("{")

    await fetch(registry, tmp_path)

    assert registry.asked.count("/pkg/1.2.3") == 2


@pytest.mark.parametrize("taken", ["documents", "documents/pkg@1.2.3.json/x", "packages"])
async def test_a_folder_that_can_not_be_used_is_a_module_that_failed(tmp_path, taken):
    registry = FakeRegistry()
    registry.add("pkg", "1.2.3", pack(FILES))
    (tmp_path / taken).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / taken).touch()

    with pytest.raises(ModuleFailed, match=r"can't be (read|written)"):
        await fetch(registry, tmp_path)


async def test_types_and_source_maps_are_not_kept(tmp_path):
    registry = FakeRegistry()
    registry.add("pkg", "1.2.3", pack(FILES | {"x.d.ts": "", "lib/x.js.map": "{}", "x.ts": ""}))

    assert written(await fetch(registry, tmp_path)) == ["lib/x.js", "package.json", "x.ts"]


GOOD = pack(FILES)
DIST = {"tarball": "https://public.test/pkg/-/pkg-1.2.3.tgz", "integrity": integrity_of(GOOD)}
HOSTILE_DOCUMENTS = {
    "no JSON": b"<html>",
    "a list": b"[]",
    "no dist": {"name": "pkg", "version": "1.2.3"},
    "another package": {"name": "evil", "version": "1.2.3", "dist": DIST},
    "another version": {"name": "pkg", "version": "1.2.4", "dist": DIST},
    "no hash": {"name": "pkg", "version": "1.2.3", "dist": DIST | {"integrity": ""}},
    "a weak hash": {"name": "pkg", "version": "1.2.3", "dist": DIST | {"integrity": "sha1-qqqq"}},
    "half a hash": {"name": "pkg", "version": "1.2.3", "dist": DIST | {"integrity": "sha512-qqqq"}},
    "a hash that is no base64": {"name": "pkg", "version": "1.2.3", "dist": DIST | {"integrity": "sha512-!"}},
    "dependencies of the wrong type": {"name": "pkg", "version": "1.2.3", "dist": DIST, "dependencies": [1]},
    "a number as archive": {"name": "pkg", "version": "1.2.3", "dist": DIST | {"tarball": 3}},
    "a file as archive": {
        "name": "pkg",
        "version": "1.2.3",
        "dist": DIST | {"tarball": "file:///etc/passwd"},
    },
    "a path that climbs": {"name": "pkg", "version": "1.2.3", "dist": DIST | {"tarball": "https://a/x/../y"}},
    "an archive nowhere": {"name": "pkg", "version": "1.2.3", "dist": DIST | {"tarball": "https://[x/"}},
    "no archive address": {"name": "pkg", "version": "1.2.3", "dist": DIST | {"tarball": ""}},
}


@pytest.mark.parametrize("kind", HOSTILE_DOCUMENTS)
async def test_hostile_document_is_refused_and_no_package_is_kept(tmp_path, kind):
    registry, told = FakeRegistry(), HOSTILE_DOCUMENTS[kind]
    registry.add("pkg", "1.2.3", GOOD)
    registry.answers["/pkg/1.2.3"] = (
        httpx2.Response(200, content=told) if isinstance(told, bytes) else httpx2.Response(200, json=told)
    )

    with pytest.raises(ModuleFailed):
        await fetch(registry, tmp_path)

    assert not (tmp_path / "packages").exists()


@pytest.mark.parametrize(
    ("name", "version"),
    [("../evil", "1.2.3"), ("pkg", "../../x"), ("pkg", "latest"), ("", "1.2.3"), ("a/b", "1.0.0")],
)
async def test_name_and_version_that_are_none_reach_neither_disk_nor_registry(tmp_path, name, version):
    registry = FakeRegistry()

    with pytest.raises(ModuleFailed, match="no package with an exact version"):
        await fetch(registry, tmp_path, name, version)

    assert registry.asked == []
    assert written(tmp_path) == []


async def test_archive_with_another_hash_is_refused(tmp_path):
    registry = FakeRegistry()
    registry.add("pkg", "1.2.3", pack(FILES))
    registry.answers["/pkg/-/pkg-1.2.3.tgz"] = httpx2.Response(200, content=pack({"evil.js": ""}))

    with pytest.raises(ModuleFailed, match=r"pkg@1\.2\.3: the archive's sha512"):
        await fetch(registry, tmp_path)

    assert written(tmp_path) == ["documents/pkg@1.2.3.json"]


async def test_hostile_archive_leaves_nothing_although_its_hash_is_right(tmp_path):
    registry = FakeRegistry()
    registry.add("pkg", "1.2.3", pack({"good.js": "", "../../../evil.js": ""}))

    with pytest.raises(ModuleFailed, match=r"pkg@1\.2\.3: .*no name"):
        await fetch(registry, tmp_path / "inside")

    assert written(tmp_path) == ["inside/documents/pkg@1.2.3.json"]


async def test_file_and_folder_of_one_name_leave_nothing(tmp_path):
    registry = FakeRegistry()
    registry.add("pkg", "1.2.3", pack({"a": "", "a/b": ""}))

    with pytest.raises(ModuleFailed, match="can't be written"):
        await fetch(registry, tmp_path)

    assert written(tmp_path) == ["documents/pkg@1.2.3.json"]


async def test_archive_over_the_size_is_refused(tmp_path):
    registry, archive = FakeRegistry(), pack({"x": bytes(range(256)) * 10})
    registry.add("pkg", "1.2.3", archive)
    limits = Limits(package_bytes=len(archive) - 1)

    async with open_outbound(REGISTRY, limits, {}, registry.transport) as outbound:
        document = await ensure_document(outbound, tmp_path, "pkg", "1.2.3", limits)
        with pytest.raises(FetchFailed, match="more than"):
            await ensure_package(outbound, tmp_path, document, limits)


async def test_unknown_package_is_a_failed_fetch(tmp_path):
    with pytest.raises(FetchFailed, match="404"):
        await fetch(FakeRegistry(), tmp_path)


async def test_without_a_registry_what_is_missing_is_named(tmp_path):
    registry = FakeRegistry()
    registry.add("pkg", "1.2.3", GOOD)
    async with open_outbound(REGISTRY, LIMITS, {}, registry.transport) as outbound:
        document = await ensure_document(outbound, tmp_path, "pkg", "1.2.3", LIMITS)

    async with open_outbound(None, LIMITS, {}, registry.transport) as outbound:
        with pytest.raises(FetchFailed, match=r"pkg@1\.2\.4: this server asks no package registry"):
            await ensure_document(outbound, tmp_path, "pkg", "1.2.4", LIMITS)
        with pytest.raises(FetchFailed, match=r"pkg@1\.2\.3: this server asks no package registry"):
            await ensure_package(outbound, tmp_path, document, LIMITS)


@pytest.mark.parametrize(
    ("tarball", "registry", "address"),
    [
        ("https://public.test/p/-/p-1.tgz", "https://own.test/", "https://own.test/p/-/p-1.tgz"),
        ("https://public.test/p/-/p-1.tgz", "https://own.test/npm/", "https://own.test/npm/p/-/p-1.tgz"),
        ("https://own.test/npm/p/-/p-1.tgz", "https://own.test/npm/", "https://own.test/npm/p/-/p-1.tgz"),
        ("http://public.test/@a/p/-/p-1.tgz?x=1#y", "http://127.0.0.1:9/", "http://127.0.0.1:9/@a/p/-/p-1.tgz"),
        ("https://public.test/@a%2fp/-/p-1.tgz", "https://own.test/", "https://own.test/@a%2fp/-/p-1.tgz"),
    ],
)  # fmt: skip
def test_archives_come_from_the_configured_registry(tarball, registry, address):
    assert rebase(tarball, registry) == address


def test_strongest_hash_is_found_among_others():
    digest = hashlib.sha512(b"x").digest()

    assert parse_integrity(f"sha1-abc sha512-!! {integrity_of(b'x')}?opt sha384-x") == digest
