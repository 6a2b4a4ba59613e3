"""Sizes as people read them."""

import pytest

from vibes_trio.content.sizes import shown_size


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1536, "1.5 KiB"),
        (1 << 20, "1.0 MiB"),
        (5 << 30, "5.0 GiB"),
    ],
)
def test_sizes_are_readable(size: int, shown: str) -> None:
    assert shown_size(size) == shown
