"""What is kept in memory: bytes by content, bounded in bytes; and releases by name, bounded in number.

Bytes are keyed by what they are (a CID and an encoding), so they are never stale. The URL tier maps (app slug,
user slug, fs_id or None for the latest) to a release taken apart; that can change, so whoever changes
releases drops the names. Answers are the same with both switched off (size 0).
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class AssetCache:
    """Bytes by key, the least recently used going first when *max_bytes* is reached."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._content: OrderedDict[Hashable, bytes] = OrderedDict()

    @property
    def size_bytes(self) -> int:
        """How many bytes of content are held now."""
        return self._bytes

    def get(self, key: Hashable) -> bytes | None:
        """Return what is stored under *key*, or None."""
        content = self._content.get(key)
        if content is not None:
            self._content.move_to_end(key)
        return content

    def put(self, key: Hashable, content: bytes) -> None:
        """Store *content*; what is larger than an eighth of the cache is not kept."""
        if len(content) * 8 > self._max_bytes or key in self._content:
            return
        self._content[key] = content
        self._bytes += len(content)
        while self._bytes > self._max_bytes:
            _, evicted = self._content.popitem(last=False)
            self._bytes -= len(evicted)


class NameCache(Generic[V]):
    """Values by key, at most *max_entries*; dropped by group when what they were made from changes."""

    def __init__(self, max_entries: int) -> None:
        self._max_entries = max_entries
        self._groups: OrderedDict[Hashable, dict[Hashable, V]] = OrderedDict()
        self._entries = 0
        self.version = 0
        """Grows whenever something is forgotten because it may be true no longer."""

    def get(self, group: Hashable, key: Hashable) -> V | None:
        """Return what is stored under *key* of *group*, or None."""
        values = self._groups.get(group)
        if values is None:
            return None
        self._groups.move_to_end(group)
        return values.get(key)

    def put(self, group: Hashable, key: Hashable, value: V) -> None:
        """Store *value*; whole groups, the least recently used first, make room."""
        if self._max_entries <= 0:
            return
        values = self._groups.setdefault(group, {})
        self._groups.move_to_end(group)
        self._entries += key not in values
        values[key] = value
        while self._entries > self._max_entries:
            _, evicted = self._groups.popitem(last=False)
            self._entries -= len(evicted)

    def drop(self, group: Hashable) -> None:
        """Forget all of *group*."""
        self.version += 1
        self._entries -= len(self._groups.pop(group, {}))

    def clear(self) -> None:
        """Forget everything."""
        self.version += 1
        self._groups.clear()
        self._entries = 0
