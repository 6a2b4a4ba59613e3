"""The pinned hashes."""

import base64

from vibes_trio.compilers.choose import ESBUILD_VERSION
from vibes_trio.modules.registry.esbuild_hashes import SHA512, SHA512_VERSION


def test_hashes_are_of_the_version_that_is_installed():
    assert SHA512_VERSION == ESBUILD_VERSION


def test_each_of_the_platforms_has_its_own_sha512():
    digests = [base64.b64decode(text, validate=True) for text in SHA512.values()]

    assert len(SHA512) == len(set(digests)) == 26
    assert {len(digest) for digest in digests} == {64}
