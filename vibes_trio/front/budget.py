"""The one budget of memory for what clients make the server hold: counted before it is kept, taken back when scarce.

Counted are heads and bodies that arrive, messages until they are answered, answers until they are sent; bytes that
several connections send (a file out of the cache) once. As long as there is room anybody may use all of it: whoever
comes through a proxy comes from the proxy's address, and headers that name another are not believed, as anybody
can write them. When there is none, connections that have stopped are cut, then of the client that holds most the
one that stands still, or else is the slowest for what it holds. So those that stop make room for those that move on,
of others and of the same client, and who holds little is not asked. What is being answered is not taken back; a
client may have half of what others leave of the budget in that state.
"""

import socket
from collections.abc import Callable, Iterator, Mapping
from heapq import heapify, heappop, heappush
from weakref import WeakValueDictionary

import msgspec
import trio

Buffer = bytes | bytearray | memoryview
"""What is sent."""

PACE_S = 1.0
"""How long a time the speed of a connection is told from."""
STILL_S = 0.5
"""A connection stands still when nothing has moved for so long."""
STOPPED_S = 2.0
"""It has stopped when it has stood still for so long, and gives first, whoever it is of."""
SPARE_PART = 32
"""When room has to be made, this part of the budget is, too: who holds what is looked through once for many reads."""


class Held(msgspec.Struct, frozen=True):
    """What is held now, in bytes: in all, and by each client. What several share counts for each, but once in all."""

    total: int
    clients: Mapping[str, int]


class Budget:
    """What all connections hold together.

    Mutable state: `bytes`, of which `pinned` can't be taken back; the accounts that have connections; and how
    often each body is lent, by its identity.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.bytes = 0
        self.pinned = 0
        self._accounts: WeakValueDictionary[str, Account] = WeakValueDictionary()
        self._lent: dict[int, int] = {}

    @property
    def clients(self) -> int:
        """How many clients have connections."""
        return len(self._accounts)

    def open(self, client: str, sock: socket.socket | None = None) -> "Holding":
        """Return what counts for one connection of *client*; who waits for *sock* is woken when it is taken back."""
        account = self._accounts.get(client)
        if account is None:
            account = self._accounts[client] = Account(self, client)
        return Holding(account, sock)

    def held(self) -> Held:
        """Return what is held now."""
        weights = {account.client: account.weight for account in self._accounts.values() if account.weight}
        return Held(self.bytes, weights)

    def make_room(self, asker: "Holding") -> bool:
        """Take back what others hold until all is within the limit; returns False if *asker* has to give first."""
        goal = self.limit_bytes - self.limit_bytes // SPARE_PART
        for victim in self._in_turn(trio.current_time()):
            if victim is asker and self.bytes <= self.limit_bytes:
                return True
            victim.take_back()
            if victim is asker:
                return False
            if self.bytes <= goal:
                return True
        return self.bytes <= self.limit_bytes

    def _in_turn(self, now: float) -> Iterator["Holding"]:
        """Yield who has to give, one after another; each has given before the next is looked for."""
        holders = [account for account in self._accounts.values() if account.holdings]
        for account in sorted(holders, key=lambda account: account.weight, reverse=True):
            stopped = [holding for holding in account.holdings if holding.still_s(now) > STOPPED_S]
            yield from sorted(stopped, key=lambda holding: holding.still_s(now), reverse=True)
        order = {account.client: sorted(account.holdings, key=lambda h: h.cost(now)) for account in holders}
        heaviest = [(-account.weight, account.client, account) for account in holders if account.holdings]
        heapify(heaviest)
        while heaviest:
            _, client, account = heappop(heaviest)
            yield order[client].pop()
            if order[client]:
                heappush(heaviest, (-account.weight, client, account))

    def lend(self, key: int, size: int) -> None:
        """Count *size* bytes under *key*, but for the first time only."""
        self._lent[key] = self._lent.get(key, 0) + 1
        if self._lent[key] == 1:
            self.bytes += size

    def give_back(self, key: int, size: int) -> None:
        """Undo one `lend`."""
        self._lent[key] -= 1
        if not self._lent[key]:
            del self._lent[key]
            self.bytes -= size


class Account:
    """What one client's connections hold.

    Mutable state: *weight*, all its bytes, *pinned* ones among them; *holdings*, those of which something can be
    taken back; and how often each body is lent to it.
    """

    __slots__ = ("__weakref__", "_lent", "budget", "client", "holdings", "pinned", "weight")

    def __init__(self, budget: Budget, client: str) -> None:
        self.budget = budget
        self.client = client
        self.weight = 0
        self.pinned = 0
        self.holdings: set[Holding] = set()
        self._lent: dict[int, int] = {}

    def count(self, size: int) -> None:
        """Count *size* bytes more, or less."""
        self.weight += size
        self.budget.bytes += size

    def exceeds_share(self, size: int) -> bool:
        """Whether *size* bytes more are beyond what of this client may be answered at once; one message never is."""
        if not self.pinned:
            return False
        left = self.budget.limit_bytes - (self.budget.pinned - self.pinned)
        return self.pinned + size > left // 2

    def lend(self, key: int, size: int) -> None:
        """As `Budget.lend`, for the client and for all."""
        self._lent[key] = self._lent.get(key, 0) + 1
        if self._lent[key] == 1:
            self.weight += size
            self.budget.lend(key, size)

    def give_back(self, key: int, size: int) -> None:
        """Undo one `lend`."""
        self._lent[key] -= 1
        if not self._lent[key]:
            del self._lent[key]
            self.weight -= size
            self.budget.give_back(key, size)


class Holding:
    """What one connection holds.

    Mutable state: *bytes* that can be taken back, and *pinned* ones; the size and identity of a body that is lent;
    whether all was *taken_back*, after which nothing more may be held and the connection is to end; *on_taken*, called
    then; and what its speed is told from.
    """

    __slots__ = (
        "_account",
        "_lent",
        "_moved",
        "_moved_at",
        "_rate",
        "_socket",
        "_window_at",
        "bytes",
        "on_taken",
        "pinned",
        "taken_back",
    )

    def __init__(self, account: Account, sock: socket.socket | None) -> None:
        self._account = account
        self._socket = sock
        self._lent: tuple[int, int] | None = None
        self._window_at = self._moved_at = self._rate = 0.0
        self._moved = 0
        self.bytes = 0
        self.pinned = 0
        self.taken_back = False
        self.on_taken: Callable[[], None] | None = None

    @property
    def client(self) -> str:
        """Whose connection it is: an address."""
        return self._account.client

    @property
    def is_alone(self) -> bool:
        """Whether all connections that are open are that client's."""
        return self._account.budget.clients == 1

    def set(self, size: int) -> bool:
        """Hold *size* bytes beside the pinned ones. Returns False if there is no room: let go of all of it then.

        To hold more is taken as a sign of life, as `moved`.
        """
        grown, self.bytes = size - self.bytes, size
        if self.taken_back:
            return not size
        account = self._account
        account.weight += grown
        account.budget.bytes += grown
        if grown > 0:
            if size == grown:
                self._enlist(grown)
            else:
                self.moved(grown)
            return account.budget.bytes <= account.budget.limit_bytes or account.budget.make_room(self)
        if not size and self._lent is None:
            account.holdings.discard(self)
        return True

    def add(self, size: int) -> bool:
        """Hold *size* bytes more, or less; see `set`."""
        return self.set(self.bytes + size)

    def moved(self, size: int) -> None:
        """Note that so many bytes came in or went out."""
        now = trio.current_time()
        if (elapsed := now - self._window_at) >= PACE_S:
            self._rate = self._moved / elapsed
            self._window_at, self._moved = now, 0
        self._moved += size
        self._moved_at = now

    def still_s(self, now: float) -> float:
        """Return for how long nothing has moved."""
        return now - self._moved_at

    def cost(self, now: float) -> tuple[bool, float]:
        """Return whether it stands still, and how many seconds its bytes take at the speed of late."""
        speed = (self._rate * PACE_S + self._moved) / (PACE_S + now - self._window_at)
        size = self.bytes + (self._lent[1] if self._lent else 0)
        return self.still_s(now) > STILL_S, size / (speed + 1)

    def pin(self, size: int) -> bool:
        """Let *size* bytes of what is held be answered. Returns False if the client has its share of that already."""
        account, budget = self._account, self._account.budget
        if self.taken_back or account.exceeds_share(size):
            return False
        self.bytes -= size
        if not self.bytes and self._lent is None:
            account.holdings.discard(self)
        self.pinned += size
        account.pinned += size
        budget.pinned += size
        return True

    def add_pinned(self, size: int) -> bool:
        """Hold *size* bytes more, which are answered at once: as `add` and `pin`, in fewer steps."""
        account, budget = self._account, self._account.budget
        if budget.bytes + size > budget.limit_bytes or self.taken_back or account.exceeds_share(size):
            return self.add(size) and self.pin(size)
        self.pinned += size
        account.pinned += size
        account.weight += size
        budget.pinned += size
        budget.bytes += size
        return True

    def unpin(self, size: int) -> None:
        """Hold *size* of the pinned bytes no more."""
        account, budget = self._account, self._account.budget
        self.pinned -= size
        account.pinned -= size
        account.weight -= size
        budget.pinned -= size
        budget.bytes -= size

    def lend(self, body: Buffer) -> bool:
        """Hold *body* in place of what was lent before; see `set`."""
        self.give_back()
        if self.taken_back:
            return False
        whole = body.obj if isinstance(body, memoryview) else body
        self._lent = (id(whole), memoryview(whole).nbytes)
        self._account.lend(*self._lent)
        if not self.bytes:
            self._enlist(len(body))
        budget = self._account.budget
        return budget.bytes <= budget.limit_bytes or budget.make_room(self)

    def give_back(self) -> None:
        """Hold what was lent no more."""
        if self._lent is None:
            return
        self._account.give_back(*self._lent)
        self._lent = None
        if not self.bytes:
            self._account.holdings.discard(self)

    def take_back(self) -> None:
        """Count nothing more but the pinned bytes, and have the connection end."""
        self.give_back()
        self.taken_back = True
        self._account.count(-self.bytes)
        self._account.holdings.discard(self)
        if self.on_taken is not None:
            self.on_taken()
        if self._socket is not None:
            trio.lowlevel.notify_closing(self._socket)

    def close(self) -> None:
        """Hold nothing more."""
        self.give_back()
        self.set(0)
        self.unpin(self.pinned)

    def _enlist(self, moved: int) -> None:
        """Have it looked at when room is needed; from now on, as if *moved* bytes had moved."""
        self._account.holdings.add(self)
        self._window_at = self._moved_at = trio.current_time()
        self._rate, self._moved = 0.0, moved
