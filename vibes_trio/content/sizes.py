"""Sizes as people read them."""

from vibes_trio.config import GiB, KiB, MiB


def shown_size(size: int) -> str:
    """Return *size* in bytes as people read it."""
    if size < KiB:
        return f"{size} bytes"
    if size < MiB:
        return f"{size / KiB:.1f} KiB"
    return f"{size / MiB:.1f} MiB" if size < GiB else f"{size / GiB:.1f} GiB"
