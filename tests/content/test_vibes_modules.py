"""The packages of the platform: which scripts of ours stand in for them, and what comes from npm."""

import re
from pathlib import Path

import pytest

from vibes_trio.config import Config
from vibes_trio.content.import_map import predefined_imports
from vibes_trio.content.static_modules import find_static_module, static_module
from vibes_trio.content.vibes_modules import (
    FIREPROOF,
    FIREPROOF_VERSION,
    is_ours,
    npm_packages,
    our_addresses,
    pinned_addresses,
)

FROM = re.compile(r"""^(?:import|export) [^"]*?from "([^"]+)";$|^export \* from "([^"]+)";$""", re.MULTILINE)
NAMES = ("call-ai.js", "fireproof.js", "images.js", "use-vibes.js", "viewer.js")


def imports_of(name: str) -> set[str]:
    return {one or other for one, other in FROM.findall(static_module(name).content.decode())}


def test_every_address_is_served():
    for address in our_addresses().values():
        assert find_static_module(address) is not None


def test_what_the_predefined_map_sends_to_the_reference_s_site_is_ours_or_npm_s():
    imports = predefined_imports("1")
    on_its_site = {key for key, address in imports.items() if address.startswith("/dist/")}

    elsewhere = pinned_addresses(imports)

    assert elsewhere == {"@vibes.diy/prompts": "https://esm.sh/@vibes.diy/prompts@13.1.2"}
    assert on_its_site == {name for name in on_its_site if is_ours(name)} | elsewhere.keys()


@pytest.mark.parametrize("name", NAMES)
def test_scripts_import_what_every_page_has_or_a_deploy_builds(name):
    npm = imports_of(name) - our_addresses().keys() - {"react"}

    assert npm <= {FIREPROOF}


@pytest.mark.parametrize(
    "specifier", ["use-fireproof", "use-vibes", "@vibes.diy/use-vibes-base", "img-gen", "img-vibes"]
)
def test_what_leads_to_the_database_has_it_from_npm(specifier):
    assert npm_packages([specifier]) == (FIREPROOF,)


def test_what_does_not_lead_to_it_has_nothing_from_npm():
    assert npm_packages(["call-ai"]) == ()


def test_packages_are_wanted_once_and_others_are_themselves():
    assert npm_packages(["d3", "use-vibes", "use-fireproof", "d3", "call-ai"]) == ("d3", FIREPROOF)


def test_scripts_that_lead_to_the_database_are_known():
    """Whoever adds an import to a script must see it in the table."""
    leads = {"fireproof.js"}
    names = {
        specifier: address.split("/")[-1].split(".")[0] + ".js"
        for specifier, address in our_addresses().items()
    }
    for _ in NAMES:
        leads |= {name for name in NAMES if any(names.get(s) in leads for s in imports_of(name))}

    assert {s for s, name in names.items() if name in leads} == {s for s in names if npm_packages([s])}


def test_the_reference_s_version_of_the_database_is_replaced_by_the_tested_one():
    default = Config(Path("data")).fp_version

    addresses = pinned_addresses(predefined_imports(default))

    assert addresses[FIREPROOF] == (
        f"https://esm.sh/{FIREPROOF}@{FIREPROOF_VERSION}?deps=react@19.2.1,react-dom@19.2.1"
    )
    assert {key.split("/")[0] for key in addresses} == {"@fireproof", "@vibes.diy"}
    assert FIREPROOF not in pinned_addresses(predefined_imports("0.24.10"))
    assert pinned_addresses({}) == {}
