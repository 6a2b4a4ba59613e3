"""Compression of what visitors ask for, within bounds.

A long one takes some tens of MiB beside its content while it is made, and a part of a second: so these are made one
after another, and shorter ones beside them, so that a page's scripts don't wait for somebody's megabytes. What waits is
in memory meanwhile; if that is too much already, others are better sent as they are.
"""

import gzip
from collections.abc import Callable, Mapping

import brotli
import trio
import zstandard

from vibes_trio.config import Limits

HERE_BYTES = 32 * 1024
"""Up to so much is compressed in the event loop, in less than a millisecond."""

ENCODERS: Mapping[str, Callable[[bytes], bytes]] = {
    "zstd": lambda body: zstandard.ZstdCompressor(level=3).compress(body),
    "br": lambda body: brotli.compress(body, quality=5),
    "gzip": lambda body: gzip.compress(body, compresslevel=6, mtime=0),
}
"""In order of preference: zstd costs a tenth of the others for about the same size (performance.md 8)."""


class Compressor:
    """Compresses in threads: one long content at a time, and one shorter.

    Mutable state: how many bytes of each sort wait or are in work.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._held = {False: 0, True: 0}
        self._one = {False: trio.CapacityLimiter(1), True: trio.CapacityLimiter(1)}

    def has_room(self, size_bytes: int) -> bool:
        """Whether so much may wait beside what does already."""
        held = self._held[self._is_long(size_bytes)]
        return size_bytes <= HERE_BYTES or not held or held + size_bytes <= self._limits.compressed_bytes

    async def compress(self, encoding: str, body: bytes) -> bytes:
        """Return *body* in *encoding*, one of ENCODERS."""
        size = len(body)
        if size <= HERE_BYTES:
            return ENCODERS[encoding](body)
        is_long = self._is_long(size)
        self._held[is_long] += size
        try:
            return await trio.to_thread.run_sync(ENCODERS[encoding], body, limiter=self._one[is_long])
        finally:
            self._held[is_long] -= size

    def _is_long(self, size_bytes: int) -> bool:
        return size_bytes > self._limits.long_content_bytes
