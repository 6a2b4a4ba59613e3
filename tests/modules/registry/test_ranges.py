"""Ranges and dist-tags: which version npm would take, and what is refused."""

import json
from pathlib import Path

import httpx2
import pytest
from fake_registry import REGISTRY, FakeRegistry, pack

from vibes_trio.config import Limits
from vibes_trio.errors import FetchFailed, ModuleFailed
from vibes_trio.modules.registry.ranges import (
    Spec,
    choose_document,
    find_kept,
    fits,
    parse_spec,
    pick_version,
)
from vibes_trio.outbound import open_outbound

LIMITS = Limits(fetch_tries=1)
VERSIONS = ("1.0.0", "1.2.0", "1.10.0", "2.0.0", "3.0.0-beta.1", "odd")
TAGS = {"latest": "1.2.0", "next": "3.0.0-beta.1", "gone": "9.9.9"}


@pytest.mark.parametrize(
    ("wanted", "version"),
    [
        ("*", "1.2.0"),
        ("latest", "1.2.0"),
        ("next", "3.0.0-beta.1"),
        ("gone", None),
        ("nowhere", None),
        ("^1.0.0", "1.2.0"),
        (">=1.3 <2", "1.10.0"),
        ("1", "1.2.0"),
        ("^2 || ^1", "1.2.0"),
        ("~2.0", "2.0.0"),
        (">=3", None),
        ("^3.0.0-beta.0", "3.0.0-beta.1"),
    ],
)
def test_the_version_is_the_one_that_npm_takes(wanted, version):
    assert pick_version(VERSIONS, TAGS, wanted) == version


def test_any_version_means_latest_even_when_that_is_no_release():
    assert pick_version(("2.0.0-rc.1",), {"latest": "2.0.0-rc.1"}, "*") == "2.0.0-rc.1"


def test_a_dist_tag_holds_no_version():
    assert fits("1.5.0", "^1") is True
    assert fits("1.5.0", "latest") is False


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("^1", Spec("a", "^1")),
        ("", Spec("a", "*")),
        (" 1.x ", Spec("a", "1.x")),
        ("npm:b@^2", Spec("b", "^2")),
        ("npm:@s/b@1", Spec("@s/b", "1")),
        ("npm:b", Spec("b", "*")),
        ("npm:@s/b", Spec("@s/b", "*")),
    ],
)
def test_a_dependency_names_a_package_and_a_range(text, spec):
    assert parse_spec("a", text) == spec


@pytest.mark.parametrize(
    "text",
    [
        *("git+https://host.test/a.git", "https://host.test/a.tgz", "file:../a", "workspace:*", "user/repo"),
        *("npm:../b@1", "npm:@s/../b", "1" * 300, "npm:b c@1"),
    ],
)
def test_what_comes_from_elsewhere_is_refused(text):
    with pytest.raises(ModuleFailed, match="no range of a package in the registry"):
        parse_spec("a", text)


async def choose(folder: Path, registry: FakeRegistry, spec: Spec, limits: Limits = LIMITS):
    async with open_outbound(REGISTRY, limits, {}, registry.transport) as outbound:
        return await choose_document(outbound, folder, spec, limits)


@pytest.fixture
def registry() -> FakeRegistry:
    registry = FakeRegistry()
    registry.add("@s/a", "1.0.0", pack({}))
    registry.add(
        *("@s/a", "1.1.0", pack({})),
        dependencies={"b": "^1", "native": "1"},
        optionalDependencies={"native": "1"},
        peerDependencies={"react": ">=18", "vue": "3"},
        peerDependenciesMeta={"vue": {"optional": True}},
    )
    return registry


async def test_what_is_chosen_is_kept_so_that_the_exact_version_needs_no_network(tmp_path, registry):
    chosen = await choose(tmp_path, registry, Spec("@s/a", "^1"))

    assert (chosen.name, chosen.version) == ("@s/a", "1.1.0")
    assert chosen.dependencies == {"b": "^1"}
    assert (chosen.peer_dependencies["react"], chosen.optional_peers) == (">=18", ("vue",))
    assert await choose(tmp_path, FakeRegistry(), Spec("@s/a", "1.1.0")) == chosen
    assert await choose(tmp_path, FakeRegistry(), Spec("@s/a", "v1.1.0")) == chosen


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html>", "no list of versions"),
        (b"[]", "no list of versions"),
        (b'{"name":"a","dist-tags":{"latest":"1.0.0"},"versions":{}}', "no version of it fits"),
        (b'{"name":"a","dist-tags":{"latest":"1.0.0"},"versions":{"1.0.0":{}}}', "no list of versions"),
        (b'{"name":"a","dist-tags":{"latest":"../x"},"versions":{"../x":{}}}', "no version of it fits"),
        (
            json.dumps(
                {
                    "name": "a",
                    "dist-tags": {"latest": "1.0.0"},
                    "versions": {"1.0.0": {"name": "b", "version": "1.0.0", "dist": {"tarball": ""}}},
                }
            ).encode(),
            "answered with b@1.0.0",
        ),
        (
            json.dumps(
                {
                    "name": "a",
                    "dist-tags": {"latest": "1.0.0"},
                    "versions": {"1.0.0": {"name": "a", "version": "1.0.0", "dist": {"tarball": ""}}},
                }
            ).encode(),
            "announces no sha512",
        ),
    ],
)
async def test_an_answer_that_can_not_be_used_is_a_typed_error_and_leaves_nothing(
    tmp_path, registry, body, words
):
    registry.answers["/a"] = httpx2.Response(200, content=body)

    with pytest.raises(ModuleFailed, match=words):
        await choose(tmp_path, registry, Spec("a", "*"))

    assert list(tmp_path.rglob("*.json")) == []


async def test_a_list_over_its_bound_is_cut_off(tmp_path, registry):
    registry.answers["/a"] = httpx2.Response(200, content=b" " * 200)

    with pytest.raises(FetchFailed, match="more than 100 bytes"):
        await choose(tmp_path, registry, Spec("a", "*"), Limits(fetch_tries=1, package_list_bytes=100))


async def test_without_a_registry_a_range_can_not_be_chosen(tmp_path):
    async with open_outbound(None, LIMITS, {}) as outbound:
        with pytest.raises(FetchFailed, match="asks no package registry"):
            await choose_document(outbound, tmp_path, Spec("a", "^1"), LIMITS)


async def test_when_the_registry_is_down_what_was_chosen_before_will_do(tmp_path, registry):
    chosen = await choose(tmp_path, registry, Spec("@s/a", "^1"))
    down = FakeRegistry()
    down.answers["/@s%2Fa"] = httpx2.Response(503)

    assert await choose(tmp_path, down, Spec("@s/a", "1.x")) == chosen
    assert await choose(tmp_path, down, Spec("@s/a", "latest")) == chosen
    with pytest.raises(FetchFailed, match="503"):
        await choose(tmp_path, down, Spec("@s/a", "^2"))
    with pytest.raises(
        FetchFailed, match="@s/a: the package registry has none of that name; is it spelt right"
    ):
        await choose(tmp_path, FakeRegistry(), Spec("@s/a", "^1"))


def test_kept_versions_are_found_by_whole_names(tmp_path):
    (tmp_path / "documents").mkdir()
    for name in ("a@1.0.0.json", "a@1.2.0.json", "a-b@3.0.0.json", "@s+a@4.0.0.json", "a@odd.json"):
        (tmp_path / "documents" / name).touch()

    assert find_kept(tmp_path, "a") == "1.2.0"
    assert find_kept(tmp_path, "a", "~1.0") == "1.0.0"
    assert find_kept(tmp_path, "@s/a") == "4.0.0"
    assert find_kept(tmp_path, "b") is None
    assert find_kept(tmp_path, "../a") is None


@pytest.fixture
def canvas() -> FakeRegistry:
    """A registry with a package that follows React: each version wants another one of it."""
    registry = FakeRegistry()
    for version, react in (
        ("18.2.9", "^18"),
        ("19.0.0", "^19.0"),
        ("19.2.0", ">=19 <19.3"),
        ("19.10.0", "^19.3"),
    ):
        registry.add("canvas", version, pack({"package.json": "{}"}), peerDependencies={"react": react})
    return registry


@pytest.mark.parametrize(
    ("wanted", "react", "version"),
    [
        ("latest", "19.2.1", "19.2.0"),
        ("*", "19.2.1", "19.2.0"),
        ("^19", "19.2.1", "19.2.0"),
        ("latest", "18.3.1", "18.2.9"),
        ("latest", "19.3.0", "19.10.0"),
        ("^19", "18.3.1", "19.10.0"),
        ("19.10.0", "19.2.1", "19.10.0"),
        ("latest", "17.0.0", "19.10.0"),
    ],
)
async def test_the_newest_version_is_taken_that_works_with_the_react_of_the_page(
    tmp_path, canvas, wanted, react, version
):
    """None may: then npm's choice is as good as any, and is told of. An exact version is never another one."""
    async with open_outbound(REGISTRY, LIMITS, {}, canvas.transport) as outbound:
        page = {"react": react, "react-dom": react}
        document = await choose_document(outbound, tmp_path, Spec("canvas", wanted), LIMITS, page)

    assert document.version == version


async def test_a_tag_is_not_outrun_by_a_newer_version(tmp_path, canvas):
    canvas.lists["/canvas"]["dist-tags"]["latest"] = "19.0.0"
    canvas.answers["/canvas"] = httpx2.Response(200, json=canvas.lists["/canvas"])

    async with open_outbound(REGISTRY, LIMITS, {}, canvas.transport) as outbound:
        page = {"react": "18.3.1"}
        assert (
            await choose_document(outbound, tmp_path, Spec("canvas", "latest"), LIMITS, page)
        ).version == "18.2.9"
        page = {"react": "19.2.1"}
        assert (
            await choose_document(outbound, tmp_path, Spec("canvas", "latest"), LIMITS, page)
        ).version == "19.0.0"


@pytest.mark.parametrize(
    ("newest", "react", "version"),
    [
        ("^16.8.3 || ^17.0.0-0 || ^18.0.0", "19.2.1", "7.8.0"),
        ("<19", "19.2.1", "7.8.0"),
        ("^19.3.0 || ^20", "19.2.1", "6.0.0"),
        ("odd", "19.2.1", "7.8.0"),
    ],
)
async def test_an_older_version_is_taken_only_where_the_newest_wants_a_newer_react(
    tmp_path, newest, react, version
):
    """A package that nobody looks after any more wants an old one; its versions before it are no better. Nor is one
    that says nothing of React."""
    registry = FakeRegistry()
    for one, peers in (("2.0.1", {}), ("6.0.0", {"react": "*"}), ("7.8.0", {"react": newest})):
        registry.add("table", one, pack({"package.json": "{}"}), peerDependencies=peers)

    async with open_outbound(REGISTRY, LIMITS, {}, registry.transport) as outbound:
        spec = Spec("table", "latest")
        assert (await choose_document(outbound, tmp_path, spec, LIMITS, {"react": react})).version == version
