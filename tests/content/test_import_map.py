import json
from pathlib import Path
from typing import Any

import pytest

from vibes_trio.content.cid import calc_cid
from vibes_trio.content.import_map import (
    MAX_MAPPED_CHARS,
    PREDEFINED,
    ImportMap,
    build_import_map,
    mapped_to,
    package_lookups,
    predefined_imports,
)

CONFORMANCE = Path(__file__).parents[1] / "conformance"
TRANSFORMS = json.loads((CONFORMANCE / "transforms.json").read_text("utf-8"))
REGISTRY = json.loads((CONFORMANCE / "users.json").read_text("utf-8"))["registry"]
FP_VERSION = "0.24.8-dev-test-device-id"
REACT_DEPS = "?deps=react@19.2.1,react-dom@19.2.1"
CDN = "https://esm.sh/"

# What our map has instead of the recorded `added`.
DIFFERENT: dict[str, dict[str, str]] = {
    entry["entry"]: entry["added"]
    for entry in json.loads((CONFORMANCE / "differences.json").read_text("utf-8"))["import_maps"]
}


def build(specifiers: list[str]) -> ImportMap:
    versions = {
        name: None if name in REGISTRY["unknown_packages"] else REGISTRY["default_version"]
        for name in package_lookups(specifiers)
    }
    return build_import_map(specifiers, versions, FP_VERSION)


def added(text: str) -> dict[str, str]:
    return {key: value for key, value in json.loads(text)["imports"].items() if key not in PREDEFINED}


RECORDED = [
    (row["name"], row.get("imports", row.get("imports_in_source")), row["import_map"])
    for row in (*TRANSFORMS["jsx"], *TRANSFORMS["js"])
    if row["status"] == 200
]


def test_the_map_of_an_app_without_imports_is_the_recorded_one() -> None:
    base = TRANSFORMS["base_import_map"]

    assert build([]) == ImportMap(base["text"], ())
    assert calc_cid(base["text"].encode()) == base["asset_id"]


@pytest.mark.parametrize(("name", "specifiers", "recorded"), RECORDED, ids=[row[0] for row in RECORDED])
def test_maps_are_the_recorded_ones_or_differ_for_a_reason(
    name: str,
    specifiers: list[str],
    recorded: dict[str, Any],  # Any: recorded JSON
) -> None:
    text = build(specifiers).text

    if name in DIFFERENT:
        entries = DIFFERENT[name]
        assert added(text) == entries != recorded["added"]
    else:
        assert (len(text.encode()), added(text)) == (recorded["size"], recorded["added"])
        assert calc_cid(text.encode()) == recorded["asset_id"]


def test_every_difference_is_recorded() -> None:
    assert set(DIFFERENT) <= {name for name, _, _ in RECORDED}


def test_lookups_are_packages_without_a_version_each_once() -> None:
    specifiers = ["a/x", "b@1", "@s/p", "a", "react/y", "zod", "./a", "/react", "node:fs", "c d"]

    assert package_lookups(specifiers) == ["a", "@s/p"]


def test_packages_of_the_platform_are_looked_up_nowhere_and_lead_to_the_database() -> None:
    names = ["img-gen", "img-vibes", "call-ai", "use-vibes"]

    made = build(names)

    assert package_lookups([*names, "img-gen/part"]) == []
    assert made.warnings == ()
    assert added(made.text) == {}
    assert made.packages == ("@fireproof/use-fireproof",)


def test_a_part_of_node_is_told_as_one() -> None:
    warnings = build_import_map(["fs"], {"fs": None}, FP_VERSION).warnings

    assert warnings == ('import "fs": browsers can\'t load fs, a part of Node',)


def test_a_server_that_asks_nobody_says_so_and_what_to_write() -> None:
    (warning,) = build_import_map(["d3"], {"d3": None}, FP_VERSION, asks=False).warnings

    assert warning == (
        'import "d3": this server asks no package registry (VIBES_REGISTRY_URL=none), so it knows no version of d3:'
        " write one (d3@1.2.3), which pages then load from the CDN, name a registry there, or bring the package with"
        " `vibes-trio modules import FILE`"
    )


def test_fireproof_has_the_version_of_the_setting() -> None:
    assert predefined_imports("9.9")["@fireproof/vendor"] == f"{CDN}@fireproof/vendor@9.9{REACT_DEPS}"


def test_a_folder_of_a_package_has_an_address_that_ends_with_a_slash() -> None:
    text = build(["lodash/", "posthog-js/", "react/"]).text

    assert added(text) == {
        "lodash/": CDN + "lodash@1.2.3/",
        "posthog-js/": CDN + "posthog-js/",
        "react/": CDN + "react@19.2.1/",
    }


@pytest.mark.parametrize(
    ("specifier", "words"),
    [
        (
            "no-such-package",
            "the package registry gave no version of no-such-package; is the name right, and the registry in reach?",
        ),
        ("use-vibes/x", "use-vibes is one file here and has no parts; import use-vibes itself"),
        ("@/components/ui/card", "this app has no such file"),
        ("a b", "this is no name of a package; a file of the app starts with ./, ../ or /"),
        ("", "this is no name of a package; a file of the app starts with ./, ../ or /"),
        ("node:fs", "browsers can't load node: modules"),
    ],
)
def test_what_will_not_load_has_no_entry_and_a_warning(specifier: str, words: str) -> None:
    found = build([specifier, specifier])

    assert added(found.text) == {}
    assert found.warnings == (f'import "{specifier}": {words}',)


def test_a_part_of_node_that_no_package_has_the_name_of_is_called_so() -> None:
    found = build_import_map(["fs", "events"], {"fs": None, "events": "3.3.0"}, FP_VERSION)

    assert found.warnings == ('import "fs": browsers can\'t load fs, a part of Node',)
    assert added(found.text) == {"events": f"{CDN}events@3.3.0"}


@pytest.mark.parametrize("specifier", ["./a", "/a", "HTTPS://x.test/a.js", "data:text/javascript,1", "//x/a"])
def test_what_needs_no_entry_has_no_warning(specifier: str) -> None:
    assert build([specifier]) == build([])


def test_the_apps_own_files_stand_among_the_packages_in_collation_order() -> None:
    imports = {"./b.js": "./B", "react": "./no", "7": "./seven"}
    scopes = {"./B": {"./y": "./z", "10": "./ten", "./x": "./z"}, "./a": {"./x": "./w"}}

    text = build_import_map(["b"], {"b": "1"}, FP_VERSION, imports=imports, scopes=scopes).text

    assert added(text) == {"./b.js": "./B", "7": "./seven", "b": CDN + "b@1"}
    assert text.startswith('{"imports":{"7":"./seven","./b.js":"./B","@adviser/cement":')
    assert text.endswith('},"scopes":{"./a":{"./x":"./w"},"./B":{"10":"./ten","./x":"./z","./y":"./z"}}}')
    assert json.loads(text)["imports"]["react"] == CDN + "react@19.2.1"


def test_only_what_the_page_needs_is_fetched_and_warned_of() -> None:
    """The map is the same: it is what the deploy stores."""
    texts, versions = ["d3", "vitest", "no-such"], {"d3": "7.0.0", "vitest": "4.0.0"}

    needed = build_import_map(texts, versions, FP_VERSION, needed=["d3"])

    assert needed.packages == ("d3",)
    assert needed.warnings == ()
    assert needed.text == build_import_map(texts, versions, FP_VERSION).text


@pytest.mark.parametrize(
    ("text", "address"),
    [("a", "1"), ("a/b", "2b"), ("a/b/c", "3c"), ("a/", "2"), ("ab", ""), ("b/x", ""), ("", "")],
)
def test_a_map_sends_a_name_to_its_address_or_into_the_longest_folder(text, address):
    assert mapped_to({"a": "1", "a/": "2", "a/b/": "3", "b": "4"}, text) == address


def test_what_is_too_long_lies_in_no_folder_of_a_map():
    assert mapped_to({"a/": "1/"}, "a/" + "b" * MAX_MAPPED_CHARS) == ""
