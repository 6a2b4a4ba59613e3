"""The lock: what is shared, what is private, and that the same answers make the same lock."""

from collections.abc import Mapping

import pytest

from vibes_trio.config import Limits
from vibes_trio.errors import FetchFailed, ModuleFailed
from vibes_trio.modules.registry.fetch import Document
from vibes_trio.modules.registry.ranges import Spec, fits, pick_version
from vibes_trio.modules.resolve.package_lock import Adopted, Lock, find_adoptable, resolve_lock

PINNED = {"react": "19.2.1"}


class Shelf:
    """Packages in memory. Its state: the documents, by name and version."""

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, Document]] = {}
        for version in ("18.0.0", "19.2.1"):
            self.add("react", version)

    def add(self, name, version, needs=None, peers=None, optional=()):
        self.documents.setdefault(name, {})[version] = Document(
            name=name,
            version=version,
            tarball=f"https://public.test/{name}-{version}.tgz",
            integrity=f"sha512-{name}{version}",
            dependencies=needs or {},
            peer_dependencies=peers or {},
            optional_peers=optional,
        )

    async def choose(self, spec: Spec, decided: Mapping[str, str]) -> Document:
        there = self.documents.get(spec.package, {})
        suiting = {
            v: d
            for v, d in there.items()
            if all(fits(has, d.peer_dependencies.get(n, has)) for n, has in decided.items())
        }
        there = suiting or there
        latest = list(there)[-1] if there else ""
        version = pick_version(there, {"latest": latest}, spec.range)
        if version is None:
            raise FetchFailed(f"{spec.package}: status 404", 404)
        return there[version]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


async def lock_of(shelf: Shelf, *roots: str, limits: Limits | None = None) -> Lock:
    wanted = dict(root.split("@") for root in roots)
    return await resolve_lock(shelf.choose, wanted, PINNED, limits or Limits())


async def test_dependencies_are_private_and_peers_are_shared(shelf):
    shelf.add("util", "1.0.0")
    shelf.add("chart", "3.0.0", {"util": "^1"}, {"react": ">=18", "react-is": "^19"})
    shelf.add("react-is", "19.0.0")

    lock = await lock_of(shelf, "chart@*")

    assert lock.shared == {"chart": "chart@3.0.0", "react": "react@19.2.1", "react-is": "react-is@19.0.0"}
    assert lock.packages["chart@3.0.0"].uses == {
        "react": "react@19.2.1",
        "react-is": "react-is@19.0.0",
        "util": "util@1.0.0",
    }
    assert lock.packages["util@1.0.0"].integrity == "sha512-util1.0.0"


async def test_what_the_app_imports_itself_is_shared_where_its_version_fits(shelf):
    for version in ("5.0.0", "7.0.0", "7.1.0"):
        shelf.add("d3", version)
    shelf.add("old", "1.0.0", {"d3": "^5"})
    shelf.add("new", "1.0.0", {"d3": "^7.1"})

    lock = await lock_of(shelf, "d3@^7", "old@*", "new@*")

    assert lock.packages["new@1.0.0"].uses == {"d3": "d3@7.1.0"}
    assert lock.packages["old@1.0.0"].uses == {"d3": "d3@5.0.0"}
    assert lock.shared["d3"] == "d3@7.1.0"


async def test_there_is_one_react_whatever_is_asked_for_and_a_note_says_so(shelf):
    shelf.add("dated", "1.0.0", {"react": "^18"})
    shelf.add("strict", "1.0.0", peers={"react": "^18"})

    lock = await lock_of(shelf, "dated@*", "strict@*", "react@*")

    assert [key for key in lock.packages if key.startswith("react@")] == ["react@19.2.1"]
    assert lock.notes == (
        "dated@1.0.0 asks for react ^18; the page has 19.2.1",
        "strict@1.0.0 asks for react ^18; the page has 19.2.1",
    )


async def test_a_peer_found_late_becomes_shared_everywhere(shelf):
    shelf.add("three", "0.1.0")
    shelf.add("early", "1.0.0", {"three": "^0.1.0"})
    shelf.add("wrapper", "1.0.0", {"inner": "1"})
    shelf.add("inner", "1.0.0", peers={"three": "*"})

    lock = await lock_of(shelf, "early@*", "wrapper@*")

    assert lock.shared["three"] == "three@0.1.0"
    assert lock.packages["early@1.0.0"].uses == {"three": "three@0.1.0"}


async def test_an_optional_peer_is_used_if_the_app_has_it_and_left_out_otherwise(shelf):
    shelf.add("extra", "1.0.0")
    shelf.add("lib", "1.0.0", peers={"extra": "1"}, optional=("extra",))

    without, with_it = await lock_of(shelf, "lib@*"), await lock_of(shelf, "lib@*", "extra@*")

    assert "extra@1.0.0" not in without.packages
    assert with_it.packages["lib@1.0.0"].uses == {"extra": "extra@1.0.0"}


async def test_an_alias_is_known_by_its_own_name(shelf):
    shelf.add("real", "2.0.0")
    shelf.add("lib", "1.0.0", {"nickname": "npm:real@^2"})

    lock = await lock_of(shelf, "lib@*")

    assert lock.packages["lib@1.0.0"].uses == {"nickname": "real@2.0.0"}


async def test_a_second_version_of_a_package_has_a_name_of_its_own(shelf):
    for version in ("6.0.0", "7.0.0"):
        shelf.add("d3", version)
        shelf.add("@own/x", version)

    wanted = {"d3": "7", "d3@6": "6", "@own/x": "6", "@own/x@7": "7"}
    lock = await resolve_lock(shelf.choose, wanted, PINNED, Limits())

    assert lock.shared == {
        "d3": "d3@7.0.0",
        "d3@6": "d3@6.0.0",
        "@own/x": "@own/x@6.0.0",
        "@own/x@7": "@own/x@7.0.0",
    }
    assert lock.notes == ()


async def test_what_is_a_peer_stays_one_whatever_versions_the_app_writes(shelf):
    for version in ("1.0.0", "2.0.0"):
        shelf.add("three", version)
    shelf.add("fiber", "1.0.0", peers={"three": "*"})

    wanted = {"three": "2", "three@1": "1", "fiber": "1", "react": "18", "react@19": "19"}
    lock = await resolve_lock(shelf.choose, wanted, PINNED, Limits())

    assert (lock.shared["three"], lock.shared["three@1"]) == ("three@2.0.0", "three@2.0.0")
    assert (lock.shared["react"], lock.shared["react@19"]) == ("react@19.2.1", "react@19.2.1")
    assert "three@1.0.0" not in lock.packages
    assert lock.notes == ("the app imports three@1; others share three@2.0.0, which it gets",)


async def test_another_version_of_what_is_pinned_is_had_for_its_files_and_shared_with_nobody(shelf):
    shelf.add("react-dom", "19.2.1", peers={"react": "^19"})

    wanted = {"react": "*", "react@18.0.0": "18.0.0", "react-dom": "*"}
    lock = await resolve_lock(shelf.choose, wanted, PINNED, Limits())

    assert (lock.shared["react"], lock.shared["react@18.0.0"]) == ("react@19.2.1", "react@18.0.0")
    assert lock.packages["react-dom@19.2.1"].uses == {"react": "react@19.2.1"}
    assert lock.notes == ()


async def test_cycles_end(shelf):
    shelf.add("a", "1.0.0", {"b": "1"})
    shelf.add("b", "1.0.0", {"a": "1"})

    lock = await lock_of(shelf, "a@*")

    assert lock.reachable("b@1.0.0") == ["a@1.0.0", "b@1.0.0"]


async def test_the_same_answers_make_the_same_lock(shelf):
    shelf.add("util", "1.0.0")
    shelf.add("lib", "1.0.0", {"util": "1"})

    assert await lock_of(shelf, "lib@*") == await lock_of(shelf, "lib@*")


async def test_a_peer_that_a_package_can_do_without_is_there_when_named_or_imported(shelf):
    shelf.add("styles", "11.0.0")
    shelf.add("styles", "12.0.0")
    shelf.add("kit", "1.0.0", {}, {"styles": "^11"}, ("styles",))
    roots = {"kit": "*"}

    without = await resolve_lock(shelf.choose, roots, PINNED, Limits())
    imported = Adopted(imported={"kit": frozenset({"styles"})})
    named = Adopted(named={"styles": "^12"})
    with_it = await resolve_lock(shelf.choose, roots, PINNED, Limits(), imported)
    as_named = await resolve_lock(shelf.choose, roots, PINNED, Limits(), named)

    assert (without.shared, without.packages["kit@1.0.0"].optional) == (
        {"kit": "kit@1.0.0"},
        {"styles": "^11"},
    )
    assert with_it.packages["kit@1.0.0"].uses == {"styles": "styles@11.0.0"}
    assert as_named.shared["styles"] == "styles@12.0.0"
    assert as_named.notes == ("kit@1.0.0 asks for styles ^11; the page has 12.0.0",)


async def test_what_is_imported_without_being_declared_is_what_the_page_shares(shelf):
    shelf.add("three", "1.0.0")
    shelf.add("kit", "1.0.0")
    adopted = Adopted(imported={"kit": frozenset({"three", "nowhere"})})

    lock = await resolve_lock(shelf.choose, {"kit": "*", "three": "*"}, PINNED, Limits(), adopted)

    assert lock.packages["kit@1.0.0"].uses == {"three": "three@1.0.0"}


async def test_a_package_that_nobody_pinned_is_the_one_that_others_of_its_family_need(shelf):
    """As `lexical` and `@lexical/react`, which ask for each other exactly and are published one after the other."""
    shelf.add("core", "0.52.0")
    shelf.add("core", "0.53.0")
    shelf.add("kit", "0.52.0", {"core": "0.52.0"})
    shelf.add("old", "3.0.0")
    shelf.add("old", "7.0.0")
    shelf.add("user", "1.0.0", {"old": "^3"})
    roots = {"core": "*", "kit": "*", "old": "*", "user": "*"}

    free = Adopted(free=frozenset(roots))
    lock = await resolve_lock(shelf.choose, roots, PINNED, Limits(), free)
    pinned = await resolve_lock(shelf.choose, roots, PINNED, Limits())

    assert lock.shared["core"] == "core@0.52.0"
    assert lock.packages["kit@0.52.0"].uses == {"core": "core@0.52.0"}
    assert lock.shared["old"] == "old@7.0.0"
    assert pinned.shared["core"] == "core@0.53.0"


async def test_versions_that_nobody_asks_for_suit_those_that_the_app_does(shelf):
    """As of Angular, whose packages are each for one version of its core; also where only a peer brings them in."""
    for version in ("17.3.0", "20.1.0"):
        shelf.add("core", version)
        shelf.add("motion", version, {}, {"core": version})
        shelf.add("forms", version, {}, {"core": version})
    shelf.add("grid", "1.0.0", {}, {"forms": ">=16"})
    roots = {"core": "^17", "motion": "latest", "grid": "latest"}

    lock = await resolve_lock(
        shelf.choose, roots, PINNED, Limits(), Adopted(free=frozenset({"motion", "grid"}))
    )

    assert lock.shared == {
        "core": "core@17.3.0",
        "motion": "motion@17.3.0",
        "grid": "grid@1.0.0",
        "forms": "forms@17.3.0",
    }
    assert not lock.notes


async def test_only_optional_peers_and_what_is_shared_can_be_adopted_and_once(shelf):
    shelf.add("three", "1.0.0")
    shelf.add("kit", "1.0.0", {}, {"styles": "*"}, ("styles",))
    lock = await lock_of(shelf, "kit@*", "three@*")
    unmet = {"kit": frozenset({"styles", "three", "fs"}), "gone": frozenset({"three"})}

    assert find_adoptable(lock, unmet, {}) == {"kit": {"styles", "three"}}
    assert find_adoptable(lock, unmet, {"kit": frozenset({"styles", "three"})}) == {}


async def test_what_is_not_there_is_named_and_the_rest_is_locked(shelf):
    shelf.add("lib", "1.0.0", {"gone": "1", "there": "1", "odd": "git:x"}, {"absent": "*"})
    shelf.add("there", "1.0.0")

    lock = await lock_of(shelf, "lib@*")

    assert sorted(lock.packages) == ["lib@1.0.0", "there@1.0.0"]
    assert sorted(lock.missing) == [f"{name} (needed by lib@1.0.0)" for name in ("absent", "gone", "odd")]


async def test_an_app_whose_own_import_is_not_there_has_no_lock(shelf):
    with pytest.raises(FetchFailed, match="gone"):
        await lock_of(shelf, "gone@*")


async def test_a_peer_has_the_version_that_most_ask_for(shelf):
    for version in ("0.1.0", "0.2.0"):
        shelf.add("core", version)
    shelf.add("plugin", "1.0.0", peers={"core": "0.x"})
    shelf.add("whole", "1.0.0", {"core": "0.1.0", "plugin": "1"})

    lock = await lock_of(shelf, "whole@*")

    assert lock.shared["core"] == "core@0.1.0"
    assert lock.packages["whole@1.0.0"].uses["core"] == "core@0.1.0"
    assert lock.notes == ()


async def test_too_many_packages_are_refused(shelf):
    for number in range(5):
        shelf.add(f"p{number}", "1.0.0", {f"p{number + 1}": "1"})
    shelf.add("p5", "1.0.0")

    with pytest.raises(ModuleFailed, match="more than 3 packages"):
        await lock_of(shelf, "p0@*", limits=Limits(packages_per_lock=3))


async def test_of_inner_parts_of_react_that_others_depend_on_nothing_is_told(shelf):
    """npm lays another version out for them, which has the same interface; whose peer it is, minds."""
    shelf.add("scheduler", "0.27.0")
    shelf.add("scene", "8.0.0", {"scheduler": "^0.21.0"})
    shelf.add("strict", "1.0.0", peers={"scheduler": "^0.21.0"})
    pinned = PINNED | {"scheduler": "0.27.0"}

    lock = await resolve_lock(shelf.choose, {"scene": "*", "strict": "*"}, pinned, Limits())

    assert lock.packages["scene@8.0.0"].uses == {"scheduler": "scheduler@0.27.0"}
    assert lock.notes == ("strict@1.0.0 asks for scheduler ^0.21.0; the page has 0.27.0",)


async def test_what_a_package_asks_a_host_for_while_it_runs_lies_beside_it(shelf):
    shelf.add("@fontsource/inter", "5.3.0")
    shelf.add("troika-three-text", "0.52.0")

    lock = await lock_of(shelf, "troika-three-text@*")

    assert "@fontsource/inter@5.3.0" in lock.packages
