"""What is kept in memory, bounded, and what is made once for many (`Kept`, `Flights`): bytes by content, bounded in
bytes; releases by name, bounded in their files.

Bytes are keyed by what they are (a CID and an encoding), so they are never stale. The URL tier maps (app slug,
user slug, fs_id or None for the latest) to a release taken apart; that can change, so who
holds one follows the feed of the database. Answers are the same with both switched off (size 0).
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

import trio

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

ENTRY_BYTES = 256
"""What an entry costs beside its bytes: key, links, the bytes' own head."""


class Kept(Generic[K, V]):
    """Values by key, together no heavier than *most*: the least recently used go first.

    Args:
        weigh: what a value weighs, the same each time; without it each weighs 1.
    """

    def __init__(self, most: int, weigh: Callable[[V], int] = lambda value: 1) -> None:
        self.weight = 0
        self._most = most
        self._weigh = weigh
        self._values: OrderedDict[K, V] = OrderedDict()

    def __contains__(self, key: K) -> bool:
        return key in self._values

    def get(self, key: K) -> V | None:
        """Return what is kept under *key*, which is used by that, or None."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> None:
        """Keep *value* in place of what there was."""
        self.pop(key)
        self._values[key] = value
        self.weight += self._weigh(value)
        while self.weight > self._most:
            self.weight -= self._weigh(self._values.popitem(last=False)[1])

    def pop(self, key: K) -> V | None:
        """Forget, and return, what is kept under *key*."""
        value = self._values.pop(key, None)
        if value is not None:
            self.weight -= self._weigh(value)
        return value


@dataclass(slots=True)
class _Flight(Generic[V]):
    """Something that is being made; *made* holds it once it is."""

    over: trio.Event
    made: tuple[V] | None = None


class Flights(Generic[K, V]):
    """What is being made, by key, so that many who want it at once make it once."""

    def __init__(self) -> None:
        self._flights: dict[K, _Flight[V]] = {}

    def __contains__(self, key: K) -> bool:
        return key in self._flights

    async def join(self, key: K, make: Callable[[], Awaitable[V]]) -> V:
        """Return what *make* returns; who asks meanwhile waits for the same.

        If the one who makes it fails or is cancelled, the next makes it; so *make* looks first whether it is there.
        """
        while (flight := self._flights.get(key)) is not None:
            await flight.over.wait()
            if flight.made is not None:
                return flight.made[0]
        flight = self._flights[key] = _Flight(trio.Event())
        try:
            made = await make()
            flight.made = (made,)
            return made
        finally:
            del self._flights[key]
            flight.over.set()


class Remembered(Generic[V]):
    """One value that is made when it is wanted, once for all who want it then, and kept for *kept_s* seconds.

    State: the value with the time at which it was made, by trio's clock; None: there is none yet.
    """

    def __init__(self, kept_s: float) -> None:
        self._kept_s = kept_s
        self._made: tuple[float, V] | None = None
        self._flights: Flights[None, V] = Flights()

    async def get(self, make: Callable[[], Awaitable[V]]) -> V:
        """Return the value; *make* makes it anew."""

        async def make_it() -> V:
            if self._made is None or self._made[0] + self._kept_s <= trio.current_time():
                made = await make()
                self._made = trio.current_time(), made
            return self._made[1]

        return await self._flights.join(None, make_it)


class AssetCache:
    """Bytes by key, the least recently used going first when *max_bytes* is reached.

    Args:
        largest_bytes: what is larger is not kept; without it an eighth of all.
    """

    def __init__(self, max_bytes: int, largest_bytes: int | None = None) -> None:
        self._largest_bytes = min(max_bytes, max_bytes // 8 if largest_bytes is None else largest_bytes)
        self._kept: Kept[Hashable, bytes] = Kept(max_bytes, lambda content: len(content) + ENTRY_BYTES)
        self._flights: Flights[Hashable, bytes] = Flights()
        self.hits = self.misses = 0

    @property
    def size_bytes(self) -> int:
        """How many bytes are held now, entries included."""
        return self._kept.weight

    def get(self, key: Hashable) -> bytes | None:
        """Return what is stored under *key*, or None."""
        content = self._kept.get(key)
        if content is None:
            self.misses += 1
        else:
            self.hits += 1
        return content

    def has(self, key: Hashable) -> bool:
        """Whether something is stored under *key*, or is being made."""
        return key in self._kept or key in self._flights

    async def get_or_make(self, key: Hashable, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """Return what is stored under *key*; else what *make* returns, which is stored: see `Flights.join`."""
        content = self.get(key)
        return await self._flights.join(key, partial(self._make, key, make)) if content is None else content

    async def _make(self, key: Hashable, make: Callable[[], Awaitable[bytes]]) -> bytes:
        content = self._kept.get(key)
        if content is None:
            content = await make()
            self.put(key, content)
        return content

    def put(self, key: Hashable, content: bytes) -> None:
        """Store *content*, unless it is too large."""
        if len(content) + ENTRY_BYTES <= self._largest_bytes and key not in self._kept:
            self._kept.put(key, content)


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
