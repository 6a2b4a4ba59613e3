"""What `package.json` and the lock files of npm, Yarn, pnpm and Bun ask for; whatever somebody wrote there."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.modules.resolve.wishes import READ, read_ranges

NPM_1 = '{"lockfileVersion": 1, "dependencies": {"icons": {"version": "0.344.0"}, "x": {"version": "9.0.0"}}}'
NPM_3 = """{"lockfileVersion": 3, "packages": {"": {"dependencies": {}}, "node_modules/icons": {"version": "0.344.0"},
  "node_modules/@s/kit": {"version": "2.1.0"}, "node_modules/x/node_modules/icons": {"version": "9.9.9"}}}"""
YARN_1 = """# yarn lockfile v1


"@s/kit@^2.0.0":
  version "2.1.0"
  resolved "https://registry.test/kit.tgz"

icons@^0.300.0, icons@^0.344.0:
  version "0.344.0"
  dependencies:
    version "7.0.0"
"""
YARN_4 = """__metadata:
  version: 8

"@s/kit@npm:^2.0.0":
  version: 2.1.0
  resolution: "@s/kit@npm:2.1.0"

"icons@npm:^0.344.0":
  version: 0.344.0
"""
PNPM_9 = """lockfileVersion: '9.0'

settings:
  autoInstallPeers: true

importers:

  .:
    dependencies:
      '@s/kit':
        specifier: ^2.0.0
        version: 2.1.0(react@18.3.1)
      icons:
        specifier: ^0.344.0
        version: 0.344.0(react@18.3.1)

packages:

  icons@9.9.9:
    resolution: {integrity: sha512-x}
"""
PNPM_5 = """lockfileVersion: 5.4

specifiers:
  '@s/kit': ^2.0.0
  icons: ^0.344.0

dependencies:
  '@s/kit': 2.1.0_react@18.3.1
  icons: 0.344.0

packages:

  /icons/9.9.9:
    version: 9.9.9
"""
BUN = """{
  "lockfileVersion": 1,
  "packages": {
    "@s/kit": ["@s/kit@2.1.0", "", {}, "sha512-x"],
    "icons": ["icons@0.344.0", "", {}, "sha512-x"],
    "x/icons": ["icons@9.9.9", "", {}, "sha512-x"],
  }
}
"""


def asked(manifest: object, **locks: str) -> dict[str, str]:
    files = {"package.json": json.dumps(manifest).encode()}
    return read_ranges(files | {name.replace("__", "."): text.encode() for name, text in locks.items()})


def test_ranges_of_all_kinds_of_dependencies_and_those_of_the_app_itself_count_most():
    manifest = {
        "dependencies": {"a": "^1.2.0", "b": "latest", "c": "npm:other@^3", "@s/d": ">=1 <3"},
        "devDependencies": {"e": "~2.0", "a": "9"},
        "peerDependencies": {"react": ">=18"},
        "overrides": {"e": "2.0.5", "deep": "1", "@s/d": {"x": "1"}},
    }

    assert asked(manifest) == {
        "react": ">=18", "a": "^1.2.0", "b": "latest", "c": "npm:other@^3", "@s/d": ">=1 <3", "e": "2.0.5",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        *("git+https://x.test/y.git", "github:x/y", "x/y", "file:../x", "link:.", "workspace:*", "catalog:"),
        *("http://x.test/y.tgz", "", " ", "]]", "npm:../x@1", "npm:x@file:y", "1 || " * 100, "a" * 300),
    ],
)
def test_what_no_registry_has_is_not_asked_for(text):
    assert asked({"dependencies": {"x": text, "y": "1"}}) == {"y": "1"}


@pytest.mark.parametrize(
    "dependencies", [None, 3, [], "x", {"x": None, "y": 1, "z": {}}, {"../x": "1", "": "1"}]
)
def test_dependencies_that_are_none_ask_for_nothing(dependencies):
    assert asked({"dependencies": dependencies}) == {}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("package-lock__json", NPM_3),
        ("npm-shrinkwrap__json", NPM_3),
        ("yarn__lock", YARN_1),
        ("yarn__lock", YARN_4),
        ("pnpm-lock__yaml", PNPM_9),
        ("pnpm-lock__yaml", PNPM_5.replace("_react@18.3.1", "(react@18.3.1)")),
        ("bun__lock", BUN),
    ],
)
def test_lock_file_says_the_exact_version_of_what_the_manifest_names(name, text):
    found = asked({"dependencies": {"icons": "^0.344.0", "@s/kit": "^2.0.0", "new": "^1"}}, **{name: text})

    assert found == {"icons": "0.344.0", "@s/kit": "2.1.0", "new": "^1"}


def test_old_lock_of_npm_is_read_and_odd_versions_are_not_taken():
    assert asked({"dependencies": {"icons": "^0.344.0"}}, **{"package-lock__json": NPM_1}) == {
        "icons": "0.344.0"
    }
    assert asked({"dependencies": {"@s/kit": "^2"}}, **{"pnpm-lock__yaml": PNPM_5}) == {"@s/kit": "^2"}


def test_lock_file_without_a_manifest_asks_for_nothing():
    assert read_ranges({"yarn.lock": YARN_1.encode()}) == {}


@given(st.sampled_from(sorted(READ)), st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_read(name, content):
    manifest = {"package.json": b'{"dependencies": {"icons": "1"}}'}

    assert set(read_ranges(manifest | {name: content})) <= {"icons"} or name == "package.json"


@pytest.mark.parametrize("manifest", ["[]", "{", "\ud800", '{"a":' * 20_000, "x" * 2_000_000])
def test_broken_or_huge_manifest_asks_for_nothing(manifest):
    assert read_ranges({"package.json": manifest.encode("utf-8", "surrogatepass")}) == {}


def test_number_of_names_is_bounded():
    assert len(asked({"dependencies": {f"d{n}": "1" for n in range(2000)}})) == 500
