from dataclasses import replace

import pytest

from vibes_trio.compilers.interface import Source, encode_source
from vibes_trio.config import Limits
from vibes_trio.errors import TooLarge, TransformFailed


def test_source_is_utf8() -> None:
    assert encode_source(Source("a.js", "js", "é\U0001f600"), Limits()) == b"\xc3\xa9\xf0\x9f\x98\x80"


def test_size_counts_in_bytes_and_the_limit_is_named() -> None:
    limits = replace(Limits(), max_source_bytes=4)
    assert encode_source(Source("a.js", "js", "éé"), limits)

    with pytest.raises(TooLarge) as caught:
        encode_source(Source("a.js", "js", "ééa"), limits)

    assert caught.value.detail == {"limit": "max_source_bytes", "value": 4}


def test_lone_surrogate_is_placed() -> None:
    with pytest.raises(TransformFailed) as caught:
        encode_source(Source("a.js", "js", "a\nbc\ud800"), Limits())

    assert (caught.value.line, caught.value.column) == (2, 3)
