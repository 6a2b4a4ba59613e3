"""Which entries are built together, and that addresses change with all that decides what comes out."""

from dataclasses import replace

from msgspec.structs import replace as with_members

from vibes_trio.modules.build.groups import Group, file_address, find_groups, without
from vibes_trio.modules.resolve.package_lock import Lock, Package

GIVEN = {"react": "/~esm/react@19.2.1"}


def lock_of(*roots: str, **uses: str) -> Lock:
    """Return a lock of packages in version 1.0.0 (React apart), the first of them *roots*; *uses* is name → names."""
    names = {*roots, *uses, *(used for of in uses.values() for used in of.split())}
    version = {"react": "19.2.1"}
    key = {name: f"{name}@{version.get(name, '1.0.0')}" for name in names}
    packages = {
        key[name]: Package(
            name=name,
            version=version.get(name, "1.0.0"),
            integrity=f"sha512-{name}",
            tarball="",
            uses={used: key[used] for used in uses.get(name, "").split()},
        )
        for name in names
    }
    return Lock(packages=packages, shared={name: key[name] for name in (*roots, "react") if name in key})


def groups_of(lock: Lock, *specifiers: str, tool: str = "1") -> list[Group]:
    return find_groups(lock, specifiers, GIVEN, tool)


def test_entries_of_one_package_belong_together():
    [group] = groups_of(lock_of("three"), "three/addons/b", "three", "three/addons/a")

    assert group.specifiers == ("three", "three/addons/a", "three/addons/b")


def test_packages_that_use_a_third_belong_together_and_others_do_not():
    lock = lock_of("a", "b", "c", "d", a="shared", b="middle", middle="shared", d="own")

    groups = groups_of(lock, "a", "b", "c", "d")

    assert [group.specifiers for group in groups] == [("a", "b"), ("c",), ("d",)]
    assert groups[0].keys == ("a@1.0.0", "b@1.0.0", "middle@1.0.0", "shared@1.0.0")


def test_a_third_package_may_tie_two_groups_together():
    lock = lock_of("a", "b", "z", a="one", b="two", z="one two")

    assert [group.specifiers for group in groups_of(lock, "a", "b", "z")] == [("a", "b", "z")]


def test_what_every_page_has_ties_nothing_together_but_other_parts_of_it_are_built():
    lock = lock_of("a", "b", a="react", b="react")

    groups = groups_of(lock, "a", "b", "react/extra")

    assert [group.specifiers for group in groups] == [("a",), ("b",), ("react/extra",)]


def test_the_order_of_imports_changes_nothing():
    lock = lock_of("three", "kit", kit="three")

    assert groups_of(lock, "three", "kit", "three/addons") == groups_of(lock, "three/addons", "kit", "three")


def test_what_else_the_app_imports_changes_nothing_but_an_entry_more_does():
    alone, together = lock_of("three"), lock_of("three", "other")

    assert groups_of(alone, "three")[0] in groups_of(together, "three", "other")
    assert groups_of(alone, "three")[0].hash != groups_of(alone, "three", "three/addons")[0].hash


def test_addresses_change_with_whatever_decides_what_comes_out():
    lock = lock_of("a", a="b")
    other = lock_of("a", a="b")
    changed = with_members(other.packages["b@1.0.0"], integrity="sha512-other")
    other = with_members(other, packages=other.packages | {"b@1.0.0": changed})
    [group] = groups_of(lock, "a")
    both = groups_of(lock, "a", "a/part")[0]

    hashes = [
        group.hash,
        groups_of(other, "a")[0].hash,
        groups_of(lock, "a", tool="2")[0].hash,
        find_groups(lock, ["a"], {}, "1")[0].hash,
        both.hash,
    ]

    assert len(set(hashes)) == len(hashes)
    assert without(both, ["a/part"], lock, GIVEN, "1") == group
    assert group.address(lock, "a") == f"/~esm/a@1.0.0/~{group.hash}"
    assert both.address(lock, "a/part") == f"/~esm/a@1.0.0/~{both.hash}/part"
    assert replace(group, hash="x").chunks(lock) == "/~esm/a@1.0.0/~x/~c"


def test_files_have_addresses_of_their_own_that_name_their_place():
    package = lock_of("a").packages["a@1.0.0"]

    address = file_address("a@1.0.0", package, "dist/a b.wasm")

    assert address.startswith("/~esm/a@1.0.0/~file-")
    assert address.endswith("/dist/a%20b.wasm")
    assert file_address("a@1.0.0", with_members(package, integrity="sha512-b"), "dist/a b.wasm") != address
