"""What is kept in memory: bytes by content, bounded in bytes; and releases by name, bounded in their files.

Bytes are keyed by what they are (a CID and an encoding), so they are never stale. The URL tier maps (app slug,
user slug, fs_id or None for the latest) to a release taken apart; that can change, so who
holds one follows the feed of the database. Answers are the same with both switched off (size 0).
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

import msgspec
import trio

V = TypeVar("V")

ENTRY_BYTES = 256
"""What an entry costs beside its bytes: key, links, the bytes' own head."""


class _Making(msgspec.Struct):
    """Bytes that are being made; None when that is *over*: it failed."""

    over: trio.Event
    content: bytes | None = None


class AssetCache:
    """Bytes by key, the least recently used going first when *max_bytes* is reached.

    State beside those: what is being made, so that many who want it at once make it once.

    Args:
        largest_bytes: what is larger is not kept; without it an eighth of all.
    """

    def __init__(self, max_bytes: int, largest_bytes: int | None = None) -> None:
        self._max_bytes = max_bytes
        self._largest_bytes = min(max_bytes, max_bytes // 8 if largest_bytes is None else largest_bytes)
        self._bytes = 0
        self.hits = self.misses = 0
        self._content: OrderedDict[Hashable, bytes] = OrderedDict()
        self._making: dict[Hashable, _Making] = {}

    @property
    def size_bytes(self) -> int:
        """How many bytes are held now, entries included."""
        return self._bytes

    def get(self, key: Hashable) -> bytes | None:
        """Return what is stored under *key*, or None."""
        content = self._content.get(key)
        if content is not None:
            self._content.move_to_end(key)
            self.hits += 1
        else:
            self.misses += 1
        return content

    def has(self, key: Hashable) -> bool:
        """Whether something is stored under *key*, or is being made."""
        return key in self._content or key in self._making

    async def get_or_make(self, key: Hashable, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """Return what is stored under *key*; else what *make* returns, which is stored.

        Who asks meanwhile waits for the same. If the one who makes it fails or is cancelled, the next makes it.
        """
        while (content := self.get(key)) is None:
            making = self._making.get(key)
            if making is None:
                return await self._make(key, make)
            await making.over.wait()
            if making.content is not None:
                return making.content
        return content

    async def _make(self, key: Hashable, make: Callable[[], Awaitable[bytes]]) -> bytes:
        making = self._making[key] = _Making(trio.Event())
        try:
            making.content = await make()
            self.put(key, making.content)
            return making.content
        finally:
            del self._making[key]
            making.over.set()

    def put(self, key: Hashable, content: bytes) -> None:
        """Store *content*, unless it is too large."""
        if len(content) + ENTRY_BYTES > self._largest_bytes or key in self._content:
            return
        self._content[key] = content
        self._bytes += len(content) + ENTRY_BYTES
        while self._bytes > self._max_bytes:
            _, evicted = self._content.popitem(last=False)
            self._bytes -= len(evicted) + ENTRY_BYTES


class NameCache(Generic[V]):
    """Values by key, together no heavier than *max_weight*; dropped by group when what they say changes."""

    def __init__(self, max_weight: int) -> None:
        self._max_weight = max_weight
        self._groups: OrderedDict[Hashable, dict[Hashable, tuple[V, int]]] = OrderedDict()
        self._weight = 0
        self.hits = self.misses = 0
        self.version = 0
        """Grows whenever something is forgotten because it may be true no longer."""

    def get(self, group: Hashable, key: Hashable) -> V | None:
        """Return what is stored under *key* of *group*, or None."""
        values = self._groups.get(group)
        found = None
        if values is not None:
            self._groups.move_to_end(group)
            found = values.get(key)
        if found is None:
            self.misses += 1
            return None
        self.hits += 1
        return found[0]

    def put(self, group: Hashable, key: Hashable, value: V, weight: int = 1) -> None:
        """Store *value*; whole groups, the least recently used first, make room."""
        if weight > self._max_weight:
            return
        values = self._groups.setdefault(group, {})
        self._groups.move_to_end(group)
        replaced = values.get(key)
        self._weight += weight - (replaced[1] if replaced else 0)
        values[key] = value, weight
        while self._weight > self._max_weight:
            _, evicted = self._groups.popitem(last=False)
            self._weight -= _weight_of(evicted)

    def drop(self, group: Hashable) -> None:
        """Forget all of *group*."""
        self.version += 1
        self._weight -= _weight_of(self._groups.pop(group, {}))

    def clear(self) -> None:
        """Forget everything."""
        self.version += 1
        self._groups.clear()
        self._weight = 0


def _weight_of(values: dict[Hashable, tuple[V, int]]) -> int:
    return sum(weight for _, weight in values.values())
