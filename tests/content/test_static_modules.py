"""The scripts of our own."""

import hashlib

import pytest

from vibes_trio.content.static_modules import (
    ADDRESS_PREFIX,
    find_newer_module,
    find_static_module,
    static_module,
)


@pytest.mark.parametrize("name", ["boot.js", "mount.js", "jsx-dev-runtime.js", "call-ai.js", "use-vibes.js"])
def test_address_holds_the_hash_of_the_bytes(name):
    module = static_module(name)

    digest = hashlib.sha256(module.content).hexdigest()

    assert module.address == f"{ADDRESS_PREFIX}{name[:-3]}.{digest[:16]}.js"
    assert find_static_module(module.address) is module


@pytest.mark.parametrize(
    "path", ["", "/~esm/@vibes/mount.js", "/~esm/@vibes/", "/~esm/@vibes/mount.0000000000000000.js"]
)
def test_other_paths_hold_nothing(path):
    assert find_static_module(path) is None


@pytest.mark.parametrize("name", ["boot.js", "mount.js", "jsx-dev-runtime.js", "call-ai.js", "use-vibes.js"])
def test_address_of_another_version_leads_to_the_module_of_today(name):
    """A page in a browser's cache may ask for it after an upgrade."""
    module = static_module(name)

    assert find_newer_module(f"{ADDRESS_PREFIX}{name[:-3]}.0123456789abcdef.js") is module
    assert find_newer_module(module.address) is module


@pytest.mark.parametrize(
    "path",
    [
        "/~esm/@vibes/other.0123456789abcdef.js",
        "/~esm/@vibes/mount.js",
        "/~esm/@vibes/mount.0123456789abcde.js",
        "/~esm/@vibes/mount.0123456789ABCDEF.js",
        "/~esm/@vibes/mount.0123456789abcdef.js/",
        "/~esm/@vibes/../mount.0123456789abcdef.js",
        "/x/~esm/@vibes/mount.0123456789abcdef.js",
        "/~esm/@vibesXmount.0123456789abcdef.js",
    ],
)
def test_no_other_path_leads_to_a_module(path):
    assert find_newer_module(path) is None
