"""The default registry comes from the library that knows where packages live."""

import pytest

from vibes_trio.modules.registry import public_registry as tested
from vibes_trio.modules.registry.public_registry import public_registry
from vibes_trio.outbound import parse_address


def test_it_is_an_address_of_packages():
    url = parse_address(public_registry())

    assert url is not None
    assert (url.scheme, url.path, url.query) == ("https", "/", b"")


@pytest.mark.parametrize(
    ("told", "url"),
    [
        ("https://other.test/npm/react/-/react-19.2.1.tgz", "https://other.test/npm/"),
        ("https://other.test/download?react", ""),
        (None, ""),
    ],
)
def test_what_the_library_says_counts(monkeypatch, told, url):
    monkeypatch.setattr(tested.purl2url, "get_download_url", lambda purl: told)

    assert public_registry() == url
