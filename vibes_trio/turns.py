"""Fair turns: places for work, given to those who wait user by user, so that nobody's flood keeps others out.

A user's work is done in its order; between users one piece is taken of each in turn. One user holds at most a
part of all places, so that there is one for whoever comes. Some work takes several places at once: while such
a piece waits for them to become free, smaller ones may pass it only in what it leaves over.
"""

from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import msgspec
import trio

from vibes_trio.errors import Overloaded

T = TypeVar("T")


class Places(msgspec.Struct, frozen=True):
    """How many places there are, and how many may wait for them.

    Attributes:
        in_all, for_one: places, of one user at once. Whoever holds none may take as many as a piece needs.
        waiting_in_all, waiting_for_one: pieces that wait, of one user.
    """

    in_all: int
    for_one: int
    waiting_in_all: int
    waiting_for_one: int


class TurnQueue(Generic[T]):
    """Pieces of work that wait for their turn. Plain state, no waiting: for `Turns` and `jobs`.

    Its mutable state: by user, the next to have a turn first, what waits and how many places each piece takes;
    and the places that are held, by user, each piece's in a list.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._waiting: OrderedDict[str, deque[tuple[T, int]]] = OrderedDict()
        self._held: dict[str, list[int]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, user: str, piece: T, places: int = 1) -> bool:
        """Let *piece* wait. False, and nothing done: too many wait, of this user or in all."""
        queue = self._waiting.get(user)
        too_many = queue is not None and len(queue) >= self._places.waiting_for_one
        if too_many or self._count >= self._places.waiting_in_all:
            return False
        self._waiting.setdefault(user, deque()).append((piece, places))
        self._count += 1
        return True

    def take(self) -> tuple[str, T, int] | None:
        """Return whose turn it is: user, piece and the places that it holds from now on until `give_back`."""
        if sum(self._all_held()) >= self._places.in_all:
            return None  # without a look at those who wait, who may be thousands
        spare: int | None = None
        for user, queue in self._waiting.items():
            piece, places = queue[0]
            if not self._is_within_share(user, places):
                continue
            if not self._has_room(places, spare):
                spare = self._places.in_all - places if spare is None else spare
                continue
            queue.popleft()
            self._count -= 1
            self._held.setdefault(user, []).append(places)
            self._waiting.move_to_end(user)
            if not queue:
                del self._waiting[user]
            return user, piece, places
        return None

    def give_back(self, user: str, places: int) -> None:
        """Free the places of a piece of *user*."""
        held = self._held[user]
        held.remove(places)
        if not held:
            del self._held[user]

    def has(self, user: str) -> bool:
        """Whether *user* holds places, or waits for some."""
        return user in self._held or user in self._waiting

    def remove(self, user: str, piece: T) -> None:
        """Forget *piece*, which waits."""
        queue = self._waiting[user]
        left = deque(item for item in queue if item[0] is not piece)
        self._count -= len(queue) - len(left)
        self._waiting[user] = left
        if not left:
            del self._waiting[user]

    def _is_within_share(self, user: str, places: int) -> bool:
        held = self._held.get(user)
        return held is None or sum(held) + places <= self._places.for_one

    def _has_room(self, places: int, spare: int | None) -> bool:
        """Whether so many are free; *spare*: what a larger piece that waits leaves to those like this one."""
        all_held = self._all_held()
        if sum(all_held) + places > self._places.in_all:
            return False
        return spare is None or sum(each for each in all_held if each <= places) + places <= spare

    def _all_held(self) -> list[int]:
        return [each for held in self._held.values() for each in held]


@dataclass(slots=True, eq=False)
class _Waiter:
    called: trio.Event = field(default_factory=trio.Event)


class Turns:
    """Places that tasks hold while they work.

    Its mutable state is its queue, of those who wait and what is held; changed only between awaits.
    """

    def __init__(self, places: Places, what: str) -> None:
        self._queue: TurnQueue[_Waiter] = TurnQueue(places)
        self._what = what

    def has(self, user: str) -> bool:
        """Whether *user* holds places, or waits for some."""
        return self._queue.has(user)

    @asynccontextmanager
    async def hold(self, user: str, places: int = 1) -> AsyncIterator[None]:
        """Hold *places* for *user*, waiting for his turn first.

        Raises:
            Overloaded: too many wait already.
        """
        waiter = _Waiter()
        if not self._queue.put(user, waiter, places):
            raise Overloaded(f"Too much waits to be {self._what}: try again in a moment.")
        self._call_next()
        try:
            await waiter.called.wait()
        except BaseException:
            if waiter.called.is_set():
                self._give_back(user, places)
            else:
                self._queue.remove(user, waiter)
                self._call_next()  # what it kept from passing may be next
            raise
        try:
            yield
        finally:
            self._give_back(user, places)

    def _give_back(self, user: str, places: int) -> None:
        self._queue.give_back(user, places)
        self._call_next()

    def _call_next(self) -> None:
        while (found := self._queue.take()) is not None:
            found[1].called.set()


class KeyedLock:
    """A lock for each key, there as long as somebody holds it or waits. Its mutable state: these, with how many."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[trio.Lock, int]] = {}

    @asynccontextmanager
    async def hold(self, key: str) -> AsyncIterator[None]:
        """Hold the lock of *key*."""
        lock, count = self._locks.get(key, (trio.Lock(), 0))
        self._locks[key] = lock, count + 1
        try:
            async with lock:
                yield
        finally:
            lock, count = self._locks.pop(key)
            if count > 1:
                self._locks[key] = lock, count - 1
