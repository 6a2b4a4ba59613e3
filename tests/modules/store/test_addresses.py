"""Addresses of modules."""

import pytest

from vibes_trio.modules.store.addresses import address_of, version_in


@pytest.mark.parametrize(
    ("name", "version", "subpath"),
    [("react", "19.2.1", ""), ("@scope/one", "1.0.0-rc.1", "a/b"), ("three", "0.170.0", "addons/x@2")],
)
def test_an_address_tells_the_version_of_its_package(name, version, subpath):
    assert version_in(address_of(name, version, subpath)) == version


def test_what_is_no_address_tells_none():
    assert version_in("") == version_in("/~esm/react") == ""
