"""CIDs are the same, whoever calculates them."""

import pytest

from vibes_trio.content.cid import calc_cid
from vibes_trio.services.cids import HASHED_HERE_BYTES, find_cid


@pytest.mark.parametrize("size", [0, HASHED_HERE_BYTES, HASHED_HERE_BYTES + 1])
async def test_long_and_short_contents_have_the_same_cid_as_ever(size):
    content = b"x" * size

    assert await find_cid(content) == calc_cid(content)
